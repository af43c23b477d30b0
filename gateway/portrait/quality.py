"""What can be measured of a portrait without knowing what a face is: sharpness, light, size, place."""

from dataclasses import dataclass, replace
from math import isfinite, nan
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.guidance import Guidance, GuidanceCode, guidance
from gateway.portrait.framing import Fit, fitted
from gateway.portrait.head import Head
from gateway.portrait.sharpness import edge_blur

HEAD_WIDTH_MM = 150.0
"""What a blur in millimetres goes by; heads are 135 to 165 wide."""
_LOOK_WIDTH_PX = 360.0
_FACE = 0.8
"""Of the head: without its edge, hair and wall."""
_CLIPPED_LEVEL = 252
_LEAST_LIGHT = 30.0

_SHARP_MM, _BLURRED_MM = 1.5, 2.7
"""Blur that takes nothing off the score, and that leaves nothing of it. The iris is 12 mm wide."""
_DARK, _DIM = 40.0, 90.0
_FRAME_DARK = 110.0
_CLIPPED_PERCENT = 12.0
_UNEVEN_PERCENT = 60.0
_SMALL_PX, _ENOUGH_PX = 60.0, 180.0
"""Width of the head: a face that nobody knows again; what a full frontal image has (ISO/IEC 19794-5:2005, 8.4.1)."""
_LEAST_PX = 110.0
_ROLL_DEG, _MOST_ROLL_DEG = 8.0, 25.0
"""The standard allows 5 degrees (7.2.2); the eyes are found to within about two."""
_OFF_CENTRE_FACTOR, _LARGE_FACTOR, _NO_EYES_FACTOR = 0.5, 0.4, 0.6


@dataclass(frozen=True)
class PortraitQuality:
    """What was measured of one frame; the score is our own, and says nothing of pose, expression or who it is."""

    algorithm: ClassVar[str] = "rekam-portrait"
    version: ClassVar[int] = 1

    score: int
    """0 to 100."""
    head_width: float
    """Pixels, ear to ear."""
    eye_distance: float
    """Pixels; not a number where the eyes were not seen."""
    edge_blur: float
    """Of the worse direction, millimetres at the face; infinity where no edge is seen."""
    brightness: float
    """Mean grey of the face, 0 to 255."""
    highlights: float
    """Grey that a tenth of the face exceeds."""
    clipped: float
    """Percent of the face with a channel at its end."""
    light_balance: float
    """Percent: the darker half of the face over the lighter one."""
    roll: float
    """Degrees; positive where the head leans to the right of the image."""


def assess(pixels: NDArray[np.uint8], head: Head) -> tuple[PortraitQuality, tuple[Guidance, ...], Fit]:
    """Measure a frame with a head in it.

    Parameters
    ----------
    pixels : (height, width, 3) uint8
        sRGB.

    Returns
    -------
    PortraitQuality, tuple of Guidance, Fit
        The most important remark first; and how the head fits into the frame.
    """
    view, face, halves, px_mm = _face_view(pixels, head)
    luma = np.asarray(cv2.cvtColor(view, cv2.COLOR_RGB2GRAY), np.uint8)
    blur = edge_blur(luma, face) / px_mm
    levels, colours = luma[face], view[face]
    brightness = float(levels.mean()) if levels.size else 0.0
    highlights = float(np.percentile(levels, 90)) if levels.size else 0.0
    clipped = 100 * float((colours >= _CLIPPED_LEVEL).any(axis=1).mean()) if levels.size else 0.0
    sides = sorted(float(luma[half].mean()) if half.any() else 0.0 for half in halves)
    balance = 100 * sides[0] / sides[1] if sides[1] > _LEAST_LIGHT else 100.0
    fit = fitted(pixels.shape, head)
    frame_light = float(np.percentile(pixels[::8, ::8, 1], 95))
    dark = highlights < _DARK or (highlights < _DIM and frame_light < _FRAME_DARK)
    quality = PortraitQuality(
        score=0,
        head_width=head.width,
        eye_distance=nan if head.eyes is None else head.eyes.distance,
        edge_blur=blur,
        brightness=brightness,
        highlights=highlights,
        clipped=clipped,
        light_balance=balance,
        roll=head.roll_deg,
    )
    scored = replace(quality, score=_score(quality, fit, dark))
    return scored, tuple(map(guidance, _codes(quality, fit, dark))), fit


def _face_view(
    pixels: NDArray[np.uint8], head: Head
) -> tuple[NDArray[np.uint8], NDArray[np.bool_], tuple[NDArray[np.bool_], NDArray[np.bool_]], float]:
    """The face's surroundings, shrunk where they are large; where the face is in it, its halves; pixels per mm."""
    high, wide = pixels.shape[:2]
    outline = head.outline(_FACE)
    left, top = np.maximum(outline.min(axis=0) - 3, 0)
    right, bottom = np.minimum(outline.max(axis=0) + 4, (wide, high))
    view = pixels[top : max(bottom, top + 1), left : max(right, left + 1)]
    zoom = max(1.0, head.width / _LOOK_WIDTH_PX)
    if zoom > 1:
        size = (max(1, round(view.shape[1] / zoom)), max(1, round(view.shape[0] / zoom)))
        view = np.asarray(cv2.resize(view, size, interpolation=cv2.INTER_AREA), np.uint8)
    face = np.zeros(view.shape[:2], np.uint8)
    cv2.fillConvexPoly(face, np.rint((outline - (left, top)) / zoom).astype(np.int32), 1)
    inside = face.astype(bool)
    columns = np.arange(view.shape[1])[None, :] < (head.centre[0] - left) / zoom
    return view, inside, (inside & columns, inside & ~columns), head.width / zoom / HEAD_WIDTH_MM


def _score(quality: PortraitQuality, fit: Fit, dark: bool) -> int:
    """Product of what each defect leaves: one that makes a portrait useless is not outweighed by others."""
    left: float = _ramp(quality.edge_blur, _BLURRED_MM, _SHARP_MM)
    left *= _ramp(quality.head_width, _SMALL_PX, _ENOUGH_PX) ** 0.5
    left *= _ramp(quality.highlights, 0.4 * _DARK, _DIM) if dark else 1.0
    left *= _ramp(quality.clipped, 4 * _CLIPPED_PERCENT, _CLIPPED_PERCENT)
    left *= _ramp(quality.light_balance, 0.0, _UNEVEN_PERCENT)
    left *= _ramp(abs(quality.roll), _MOST_ROLL_DEG, _ROLL_DEG)
    left *= _LARGE_FACTOR if fit.too_large else _OFF_CENTRE_FACTOR if fit.off_centre else 1.0
    left *= 1.0 if isfinite(quality.eye_distance) else _NO_EYES_FACTOR
    return round(100 * left)


def _codes(quality: PortraitQuality, fit: Fit, dark: bool) -> list[GuidanceCode]:
    found = {
        GuidanceCode.FACE_TOO_DARK: dark,
        GuidanceCode.FACE_TOO_BRIGHT: quality.clipped > _CLIPPED_PERCENT,
        GuidanceCode.HEAD_TOO_SMALL: quality.head_width < _LEAST_PX,
        GuidanceCode.HEAD_TOO_LARGE: fit.too_large,
        GuidanceCode.HEAD_OFF_CENTRE: fit.off_centre,
        GuidanceCode.FACE_BLURRED: quality.edge_blur > (_SHARP_MM + _BLURRED_MM) / 2,
        GuidanceCode.HEAD_TILTED: abs(quality.roll) > _ROLL_DEG,
        GuidanceCode.LIGHT_FROM_ONE_SIDE: quality.light_balance < _UNEVEN_PERCENT,
        GuidanceCode.EYES_NOT_SEEN: not isfinite(quality.eye_distance),
    }
    return [code for code, holds in found.items() if holds]


def _ramp(value: float, none: float, all_: float) -> float:
    """0 at `none` and beyond, 1 at `all_` and beyond, a straight line between."""
    return min(1.0, max(0.0, (value - none) / (all_ - none)))

"""The colour card in frames of a portrait camera: its square, its patches in linear light, and if it may be used."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.camera.square import SquareInFrame, square_in
from calibration.camera.target import PORTRAIT_CARD, CameraTarget
from calibration.errors import (
    Overexposed,
    TargetCovered,
    TargetDirty,
    TargetOffPlace,
    TargetWrong,
    TooFewFrames,
    Underexposed,
)

GREYS = (0.9, 0.59, 0.36, 0.19, 0.09, 0.03)
"""Reflectances of the grey patches, from the left."""
MIN_FRAMES = 4
_GREYS_V, _GREYS_PITCH, _COLOURS_V, _COLOURS_PITCH = -98.0, 40.0, 98.0, 60.0  # mm from the middle of the square
_HALF_MM = 9.0  # of the part of a patch that is looked at: its rims are blurred
_COLOURS = ("red", "green", "blue")
_MOST_UNEVEN = 0.12
_COVERED_UNEVEN = 0.3
_CLIPPED, _LEAST_LEVEL, _LEAST_WHITE = 252.0, 80.0, 0.12


@dataclass(frozen=True, eq=False)
class ColourCard:
    """What is seen of the card.

    Parameters
    ----------
    linear : (n, height, width, 3) float32
        The frames in linear light, 0 to 255.
    square : SquareInFrame
    greys : (6, 3) float64
        Linear light of the grey patches, 0 to 1, from the lightest on.
    colours : (3, 3) float64
        Of the red, the green and the blue patch.
    spread : (6, 3) float64
        Standard uncertainty of `greys`.
    """

    linear: NDArray[np.float32]
    square: SquareInFrame
    greys: NDArray[np.float64]
    colours: NDArray[np.float64]
    spread: NDArray[np.float64]


def colour_card_in(
    frames: Sequence[NDArray[np.uint8]],
    target: CameraTarget = PORTRAIT_CARD,
    distance_mm: float | None = None,
    *,
    least: int = MIN_FRAMES,
) -> ColourCard:
    """Find the card, and see that it is whole, clean, level, upright and well lit.

    Parameters
    ----------
    frames : sequence of (height, width, 3) uint8
        sRGB.
    target : CameraTarget
    distance_mm : float, optional
        About where it is held.
    least : int
        Frames that are averaged at least; 1 while the card is still being placed.

    Raises
    ------
    TooFewFrames, Overexposed, Underexposed
        As their names say.
    MeasurementRefused
        As `square_in`; the patches may be wrong, dirty or covered besides.
    """
    if len(frames) < least or len({frame.shape for frame in frames}) > 1:
        raise TooFewFrames(f"{least} frames of one size are averaged; {len(frames)} were given")
    stack = np.stack(frames)
    if stack.ndim != 4 or stack.shape[3] != 3 or stack.dtype != np.uint8:
        raise ValueError(f"frames are (height, width, 3) uint8, not {stack.shape[1:]} {stack.dtype}")
    if float(np.percentile(stack[0, ..., 1], 95)) < _LEAST_LEVEL:
        raise Underexposed("the frames are nearly black; switch the light on, open the lens, expose longer")
    linear = linear_light(stack)
    mean = linear.mean(axis=0, dtype=np.float64)
    # Luminance of linear sRGB (IEC 61966-2-1): square and dot are black, whatever the light's colour.
    square = square_in(mean @ np.array([0.2126, 0.7152, 0.0722]), target, distance_mm)
    greys, spread = _patches(stack, mean, square, target, [((i - 2.5) * _GREYS_PITCH, _GREYS_V) for i in range(6)])
    colours, _ = _patches(stack, mean, square, target, [((i - 1) * _COLOURS_PITCH, _COLOURS_V) for i in range(3)])
    _check_patches(greys, colours)
    return ColourCard(linear, square, greys, colours, spread)


def linear_light(levels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """sRGB decoded (IEC 61966-2-1), 0 to 255."""
    coded = np.arange(256) / 255
    table = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    return np.asarray((255 * table).astype(np.float32)[levels], np.float32)


def _patches(
    stack: NDArray[np.uint8],
    mean: NDArray[np.float64],
    square: SquareInFrame,
    target: CameraTarget,
    middles: list[tuple[float, float]],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    height, width = mean.shape[:2]
    found, spread = [], []
    for u, v in middles:
        x, y = square.point(u, v, target.side_mm)
        half = max(2, int(_HALF_MM / target.side_mm * square.side_px * 0.8))
        left, top = round(float(x)) - half, round(float(y)) - half
        if left < 0 or top < 0 or left + 2 * half >= width or top + 2 * half >= height:
            raise TargetOffPlace("a patch of the card lies outside of the frame; move the card to the middle")
        area = (slice(top, top + 2 * half + 1), slice(left, left + 2 * half + 1))
        patch = mean[area]
        if float(stack[(slice(None), *area)].mean(axis=(0, 1, 2)).max()) >= _CLIPPED:
            raise Overexposed("a patch of the card is clipped; lower the exposure or the light")
        light = patch.reshape(-1, 3).mean(axis=0)
        uneven = float(patch.mean(axis=2).std() / max(light.mean(), 1.0))
        if uneven > _COVERED_UNEVEN:
            raise TargetCovered("something lies over a patch of the card; take the hand away")
        if uneven > _MOST_UNEVEN:
            raise TargetDirty("a patch of the card is not even; wipe it, and keep shadows and shine off it")
        found.append(light / 255)
        spread.append(patch.reshape(-1, 3).std(axis=0) / 255 / (patch.shape[0] * patch.shape[1]) ** 0.5)
    return np.array(found), np.array(spread)


def _check_patches(greys: NDArray[np.float64], colours: NDArray[np.float64]) -> None:
    luminance = greys.mean(axis=1)
    if float(luminance[0]) < _LEAST_WHITE:
        raise Underexposed(f"the white patch has {100 * luminance[0]:.0f} % of full light; expose longer")
    falling = np.diff(luminance) < 0
    if not falling.all():
        # One step that is wrong is a hand or a shadow; most of them wrong are another card.
        if falling.sum() >= 3:
            raise TargetCovered(
                "the grey patches do not fall from left to right: a hand or a shadow lies over the card"
            )
        raise TargetWrong("the grey patches do not fall from left to right; this is another card")
    white = greys[1] / greys[1].mean()
    for index, name in enumerate(_COLOURS):
        seen = colours[index] / white
        if int(np.argmax(seen)) != index:
            raise TargetWrong(f"the {name} patch does not look {name}: another card, or red and blue are interchanged")

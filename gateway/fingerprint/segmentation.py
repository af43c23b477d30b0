"""Segmentation: where the finger touches."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.fingerprint.normalized import NormalizedSample
from gateway.fingerprint.orientation import RidgeOrientation

_CONTRAST_SHARE = 0.25
_COHERENCE = 0.10
"""Low on purpose: 0.25 doubles the EER on two of five public sets."""
_BLOB_SHARE = 0.15
_RIDGE_COHERENCE = 0.75
_RIDGE_FIT = 0.68
_BELIEVED_COHERENCE, _NOISE_COHERENCE = 0.82, 0.68
_NOISY_SHARE = 0.1
_BELIEF_SIGMA_CELLS = 2.5
_GROUND_PX = 29
"""At 175 ppi: how far around the finger the ground is looked at, 2 mm to each side."""
_RECTANGLE_SHARE = 0.93
_OPENING_PX, _CLOSING_PX = 7, 9
"""At 175 ppi: 1.0 and 1.3 mm."""


def segmentation(
    pixels: NDArray[np.uint8], sample: NormalizedSample, orientation: RidgeOrientation
) -> NDArray[np.bool_]:
    """The foreground: local contrast and a ridge direction, less exactly constant areas, in a few large pieces.

    Parameters
    ----------
    pixels : (h, w) uint8
        The sample at 350 ppi that `sample` and `orientation` were made from.

    Returns
    -------
    (h, w) bool
        All False for a blank image.
    """
    height, width = pixels.shape
    if sample.strong_deviation < 0.5:  # half a grey level: no sensor's ridges
        return np.zeros((height, width), np.bool_)
    # Half the resolution is enough for a shape whose least feature is a millimetre wide.
    half = (max(1, width // 2), max(1, height // 2))
    contrast = cv2.GaussianBlur(cv2.resize(sample.deviation, half, interpolation=cv2.INTER_AREA), (0, 0), 2.0)
    mask = (contrast > _CONTRAST_SHARE * sample.strong_deviation).astype(np.uint8)
    mask &= (cv2.resize(orientation.coherence, half) > _COHERENCE).astype(np.uint8)
    mask &= np.asarray(cv2.resize(1 - _constant_areas(pixels), half, interpolation=cv2.INTER_NEAREST), np.uint8)
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, _disc(_OPENING_PX)).astype(np.uint8)
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, _disc(_CLOSING_PX)).astype(np.uint8)
    return scaled_mask(_large_pieces(mask), (height, width))


def light_ridges(pixels: NDArray[np.uint8], foreground: NDArray[np.bool_]) -> bool:
    """Whether the ridges are light: the ground around the finger is nearer to its darkest grey than to its lightest.

    On 448 public prints the ground's place between the 2nd and 98th percentile of the finger is 0.48 to over 1 (below
    0.6 on three of them). A print that fills the frame shows no ground and is taken to have dark ridges; so is one cut
    off by a rectangle of one grey, which is a border that somebody added.
    """
    height, width = pixels.shape
    half = (max(1, width // 2), max(1, height // 2))
    inside = cv2.resize(foreground.astype(np.uint8), half, interpolation=cv2.INTER_NEAREST).astype(np.uint8)
    grey = np.asarray(cv2.resize(pixels, half, interpolation=cv2.INTER_NEAREST), np.uint8)
    around = cv2.dilate(inside, np.ones((_GROUND_PX, _GROUND_PX), np.uint8)) > inside
    least = 0.02 * inside.size
    if np.count_nonzero(around) < least or not inside.any():
        return False
    varied = around & (_constant_areas(grey) == 0)
    if np.count_nonzero(varied) >= least:
        around = varied
    elif cv2.countNonZero(inside) > _RECTANGLE_SHARE * math.prod(cv2.boundingRect(inside)[2:]):
        return False
    finger, ground = np.sort(grey[inside > 0][::2]), grey[around]
    dark, light = (float(finger[int(share * (len(finger) - 1))]) for share in (0.02, 0.98))
    return float(ground.mean()) < dark + 0.42 * (light - dark)


def believed_foreground(
    foreground: NDArray[np.bool_], before: RidgeOrientation, after: RidgeOrientation
) -> NDArray[np.bool_]:
    """The part of the foreground where enhancement found ridges that run together, in a few large pieces.

    Noise beside the finger passes `segmentation` where it is as strong as the ridges. Averaged over some 2.5 mm, the
    coherence of noise of any grain is 0.08 to 0.15 before enhancement and 0.45 to 0.65 after it; in 99 % of the area
    of prints it is 0.29 and 0.72 or more. The sum of half the one and the other is 0.5 to 0.75, and 0.87 or more.
    Where less than a tenth of the foreground is that poor it is a smudge or a scar, and stays.

    Parameters
    ----------
    foreground : (h, w) bool
    before, after : RidgeOrientation
        Of the normalized sample, and of the first pass of its enhancement.
    """
    height, width = foreground.shape
    coherence = cv2.GaussianBlur(after.coherence + np.float32(0.5) * before.coherence, (0, 0), _BELIEF_SIGMA_CELLS)
    inside = coherence[cv2.resize(foreground.astype(np.uint8), coherence.shape[::-1]) > 0]
    if not inside.size or (inside < _BELIEVED_COHERENCE).mean() <= _NOISY_SHARE:
        return foreground
    # Averaging has carried the finger's coherence into the noise around it: the edge lies half way.
    limit = max(_BELIEVED_COHERENCE, 0.5 * (_NOISE_COHERENCE + float(np.quantile(inside, 0.75))))
    sure = (coherence > limit).astype(np.uint8)
    half = (max(1, width // 2), max(1, height // 2))
    mask = np.asarray(cv2.resize(foreground.astype(np.uint8), half, interpolation=cv2.INTER_NEAREST), np.uint8)
    mask &= (cv2.resize(255 * sure, half) > 127).astype(np.uint8)
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, _disc(_OPENING_PX)).astype(np.uint8)
    return scaled_mask(_large_pieces(mask), (height, width)) & foreground


def ridges_present(
    ridges: NDArray[np.float32],
    lines: NDArray[np.float32],
    orientation: RidgeOrientation,
    foreground: NDArray[np.bool_],
) -> bool:
    """Whether the foreground holds ridges: they run together after enhancement, and are what the sample consists of.

    The first is the mean coherence: 0.56 to 0.69 for noise of any grain, 0.81 and more on 448 public prints. The
    second is the correlation of the enhanced with the normalized sample: 0.50 to 0.62 for text and most noise, 0.77
    and more for prints.

    Parameters
    ----------
    ridges, lines : (h, w) float32
        Normalized sample, and the second pass of its enhancement.
    orientation : RidgeOrientation
        Of the first pass.
    foreground : (h, w) bool
    """
    height, width = foreground.shape
    mask = foreground.astype(np.uint8)
    if cv2.mean(cv2.resize(orientation.coherence, (width, height)), mask)[0] < _RIDGE_COHERENCE:
        return False
    inside = lines * mask
    energy = float(np.vdot(inside, inside)) * cv2.mean(ridges * ridges, mask)[0] * cv2.countNonZero(mask)
    return float(np.vdot(inside, ridges)) > _RIDGE_FIT * math.sqrt(energy)


def scaled_mask(mask: NDArray[np.bool_], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """`mask` at another size of the same area."""
    if mask.shape == shape:
        return mask
    return np.asarray(cv2.resize(mask.astype(np.uint8) * 255, (shape[1], shape[0])) > 127)


def _large_pieces(mask: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """The pieces of a 0/1 mask that have some share of the largest one's area."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    if count < 2:
        return np.zeros(mask.shape, np.bool_)
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    keep = areas >= _BLOB_SHARE * areas.max()
    keep[0] = False
    return np.asarray(keep[labels])


def _constant_areas(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """1 where a whole neighbourhood has one grey value: masked, padded or saturated by the sensor's maker."""
    square = np.ones((5, 5), np.uint8)
    flat = np.asarray(cv2.dilate(pixels, square) == cv2.erode(pixels, square), np.uint8)
    if not flat.any():
        return flat
    grown = cv2.dilate(cv2.morphologyEx(flat, cv2.MORPH_OPEN, square), np.ones((7, 7), np.uint8))
    return np.asarray(grown, np.uint8)


def _disc(side: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)

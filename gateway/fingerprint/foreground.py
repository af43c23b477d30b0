"""Measures of the foreground: how much finger there is, where, how dark, and what lies beside it."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.fingerprint.normalized import WORKING_PPI, NormalizedSample
from gateway.fingerprint.orientation import RidgeOrientation

# Residue is measured at 175 ppi: half the resolution shows it as well.
_FINGER_REACH_PX = 13
_FRAME_PX = 9
"""Left out beside the finger and the frame: pale ridges and the steps of a sensor's edge are no residue."""
_CONTRAST_WINDOW_PX = 5
_RESIDUE_PX = 4
_MIN_RESIDUE_CONTRAST = 3.0


@dataclass(frozen=True)
class ForegroundMeasures:
    """What the part of a sample that a finger covers looks like; zeros where there is no finger.

    Measured at 350 ppi, in grey levels of the sample with dark ridges.
    """

    area_mm2: float
    coverage: float
    """Share of the sample that is foreground, 0 to 1."""
    centroid: tuple[float, float]
    """(x, y) as shares of width and height; (0.5, 0.5) is the middle."""
    offset_mm: tuple[float, float]
    """From the middle of the sample to the centroid, x to the right, y down."""
    cut_share: float
    """Share of the sample's frame that the foreground touches, 0 to 1."""
    mean: float
    """Mean grey."""
    contrast: float
    """Mean local standard deviation of grey, over half a millimetre."""
    coherence: float
    """Mean coherence of the ridge orientation before enhancement, 0 to 1."""
    darkness: float
    """Where the mean grey lies between its 98th (0) and 2nd (1) percentile: 0.4 when well, less when ridges are thin
    and broken (dry, light), more when they are wide (wet, hard)."""
    residue_share: float
    """Share of the sample, beside the finger, whose contrast stands out of the sensor's own noise: residue."""


def foreground_measures(
    pixels: NDArray[np.uint8],
    foreground: NDArray[np.bool_],
    normalized: NormalizedSample,
    orientation: RidgeOrientation,
) -> ForegroundMeasures:
    """Measure (h, w) uint8 `pixels` at 350 ppi, dark ridges, with its (h, w) bool `foreground`."""
    height, width = foreground.shape
    mask = foreground.astype(np.uint8)
    coverage = cv2.countNonZero(mask) / mask.size
    moments = cv2.moments(mask, binaryImage=True)
    area = moments["m00"]
    x, y = ((moments["m10"] / area + 0.5) / width, (moments["m01"] / area + 0.5) / height) if area else (0.5, 0.5)
    mm_per_px = 25.4 / WORKING_PPI
    return ForegroundMeasures(
        area_mm2=coverage * mask.size * mm_per_px**2,
        coverage=coverage,
        centroid=(x, y),
        offset_mm=((x - 0.5) * width * mm_per_px, (y - 0.5) * height * mm_per_px),
        cut_share=cut_share(foreground),
        mean=cv2.mean(pixels, mask)[0],
        contrast=cv2.mean(normalized.deviation, mask)[0],
        coherence=cv2.mean(cv2.resize(orientation.coherence, (width, height)), mask)[0],
        darkness=darkness(pixels[foreground]),
        residue_share=residue_share(normalized.deviation, mask),
    )


def cut_share(foreground: NDArray[np.bool_]) -> float:
    """Share of the frame's outermost pixels that are foreground."""
    edge = np.concatenate([foreground[0], foreground[-1], foreground[1:-1, 0], foreground[1:-1, -1]])
    return float(edge.mean())


def darkness(grey: NDArray[np.uint8]) -> float:
    """Where the mean of `grey`, (n,) uint8, lies between its 98th (0) and its 2nd (1) percentile; 0 without any."""
    if not grey.size:
        return 0.0
    histogram = np.bincount(grey, minlength=256)
    reached = np.cumsum(histogram) / len(grey)
    dark, light = int(np.searchsorted(reached, 0.02)), int(np.searchsorted(reached, 0.98))
    mean = float(histogram @ np.arange(256)) / len(grey)
    return min(1.0, max(0.0, (light - mean) / max(light - dark, 1)))


def residue_share(deviation: NDArray[np.float32], foreground: NDArray[np.uint8]) -> float:
    """Share of a sample that is ground with more than twice its quietest fifth's contrast, in pieces of 0.5 mm.

    Parameters
    ----------
    deviation : (h, w) float32
        Local standard deviation of grey at 350 ppi.
    foreground : (h, w) uint8
        0/1.
    """
    half = (max(1, foreground.shape[1] // 2), max(1, foreground.shape[0] // 2))
    foreground = np.asarray(cv2.resize(foreground, half, interpolation=cv2.INTER_NEAREST), np.uint8)
    variance = cv2.resize(deviation * deviation, half, interpolation=cv2.INTER_AREA)
    height, width = foreground.shape
    if min(height, width) <= 2 * _FRAME_PX:
        return 0.0
    inner = (slice(_FRAME_PX, height - _FRAME_PX), slice(_FRAME_PX, width - _FRAME_PX))
    reach = np.ones((_FINGER_REACH_PX, _FINGER_REACH_PX), np.uint8)
    ground = (cv2.dilate(foreground, reach) == 0)[inner]
    if np.count_nonzero(ground) < 250:
        return 0.0
    contrast = np.sqrt(np.maximum(cv2.blur(variance, (_CONTRAST_WINDOW_PX, _CONTRAST_WINDOW_PX)), 0))[inner]
    noise = float(np.quantile(contrast[ground][::2], 0.2))
    seen = ((contrast > max(_MIN_RESIDUE_CONTRAST, 2 * noise)) & ground).astype(np.uint8)
    seen = cv2.morphologyEx(seen, cv2.MORPH_OPEN, np.ones((_RESIDUE_PX, _RESIDUE_PX), np.uint8)).astype(np.uint8)
    return cv2.countNonZero(seen) / foreground.size

"""Preview: is there a finger, where, how clear, and does it hold still; fast enough for every frame."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.fingerprint.advice import finger_present, looks_like_stripes, sample_guidance
from gateway.fingerprint.flow import FlowMeasures, flow_measures
from gateway.fingerprint.foreground import ForegroundMeasures, foreground_measures
from gateway.fingerprint.normalized import WORKING_PPI, normalized_sample
from gateway.fingerprint.orientation import ridge_orientation
from gateway.fingerprint.sample import check_sample, resampled
from gateway.fingerprint.segmentation import light_ridges, segmentation
from gateway.guidance import Guidance

_STILLNESS_PPI = 200.0
_WEAK_PEAK = 0.03
_BLANK_DEVIATION = 2.0
"""Grey levels; any finger leaves more at 200 ppi."""


@dataclass(frozen=True)
class PreviewQuality:
    """What one preview frame shows; lengths in mm."""

    finger_present: bool
    coverage: float
    """Share of the frame that the finger covers, 0 to 1."""
    area_mm2: float
    clarity: float
    """0 to 100, an estimate of how clear the ridges are."""
    centroid: tuple[float, float]
    """Of the finger, (x, y) in the frame's pixels; the middle of the frame where there is none."""
    guidance: tuple[Guidance, ...]
    """Most important first; empty when all is well."""
    flow: FlowMeasures
    """Of whatever lies there."""
    measures: ForegroundMeasures
    """Of whatever lies there, finger or not: offset, area, darkness (pressure), residue."""


def assess_preview(pixels: NDArray[np.uint8], ppi: float) -> PreviewQuality:
    """Judge a frame without looking for minutiae: 4 ms at 388x374.

    Parameters
    ----------
    pixels : (height, width) uint8
    ppi : float
        250 to 1000.

    Raises
    ------
    ValueError
        As `analyze`.
    """
    check_sample(pixels, ppi)
    working = resampled(pixels, ppi, WORKING_PPI)
    normalized = normalized_sample(working)
    orientation = ridge_orientation(normalized.ridges)
    foreground = segmentation(working, normalized, orientation)
    if light_ridges(working, foreground):
        working, normalized = 255 - working, normalized.negative()
    measures = rejected = foreground_measures(working, foreground, normalized, orientation)
    flow = flow_measures(foreground, orientation, normalized.deviation)
    if not finger_present(measures) or looks_like_stripes(measures, flow):
        foreground = np.zeros_like(foreground)
        measures = foreground_measures(working, foreground, normalized, orientation)
    height, width = pixels.shape
    return PreviewQuality(
        finger_present=finger_present(measures),
        coverage=measures.coverage,
        area_mm2=measures.area_mm2,
        clarity=_clarity(measures, flow),
        centroid=(measures.centroid[0] * width - 0.5, measures.centroid[1] * height - 0.5),
        guidance=sample_guidance(measures, flow=flow, rejected=rejected),
        flow=flow,
        measures=rejected,
    )


def _clarity(measures: ForegroundMeasures, flow: FlowMeasures) -> float:
    """Estimate of the score without minutiae: 11 points of error (rms) on two public sets and all drawn conditions."""
    estimate = (
        -131
        + 33 * math.log1p(measures.area_mm2 * measures.coherence)
        + 0.9 * min(measures.contrast, 30)
        + 32 * (1 - flow.straightness)
        - 2.5 * math.hypot(*measures.offset_mm)
        - 23 * min(flow.smear, 0.3)
    )
    return min(100.0, max(0.0, estimate))


def displacement(previous: NDArray[np.uint8], current: NDArray[np.uint8], ppi: float) -> float:
    """How far the finger moved between two frames of one scanner, in mm; 2 ms at 388x374.

    0 where both frames are blank; infinity where the frames have nothing in common (a finger came or went, or moved
    by more than a third of the frame).

    Raises
    ------
    ValueError
        As `analyze`, or the shapes differ.

    References
    ----------
    C. D. Kuglin, D. C. Hines, The phase correlation image alignment method, 1975.
    """
    check_sample(previous, ppi)
    check_sample(current, ppi)
    if previous.shape != current.shape:
        raise ValueError(f"frames of one scanner have one shape, not {previous.shape} and {current.shape}")
    before, after = (resampled(frame, ppi, _STILLNESS_PPI).astype(np.float32) for frame in (previous, current))
    blank = [float(frame.std()) < _BLANK_DEVIATION for frame in (before, after)]
    if all(blank):
        return 0.0
    if any(blank):
        return math.inf
    (dx, dy), peak = cv2.phaseCorrelate(_windowed(before), _windowed(after))
    if peak < _WEAK_PEAK:
        return math.inf
    return math.hypot(dx, dy) * 25.4 / _STILLNESS_PPI


def _windowed(frame: NDArray[np.float32]) -> NDArray[np.float32]:
    """`frame` fading to 0 at its edges, padded: of odd transforms cv2.phaseCorrelate tells half a pixel too much."""
    across, down = (np.hanning(side + 2)[1:-1] for side in reversed(frame.shape))
    window = (down[:, None] * across).astype(np.float32)
    height, width = (_even_transform(side) - side for side in frame.shape)
    return np.pad((frame - frame.mean()) * window, ((0, height), (0, width)))


def _even_transform(side: int) -> int:
    """Smallest even length from `side` and 16 on whose Fourier transform is fast."""
    length = cv2.getOptimalDFTSize(max(side, 16))
    while length % 2:
        length = cv2.getOptimalDFTSize(length + 1)
    return length

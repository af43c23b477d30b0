"""Quality: measures of one sample, and a score of our own from 0 to 100."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.fingerprint.foreground import ForegroundMeasures
from gateway.fingerprint.minutiae import Minutiae
from gateway.fingerprint.nfiq2.grey import block_mean, trimmed
from gateway.fingerprint.nfiq2.histogram import measure_histogram
from gateway.fingerprint.nfiq2.orientation import CERTAINTY_LIMITS, orientation_certainty
from gateway.fingerprint.normalized import WORKING_PPI
from gateway.fingerprint.quality_score import (
    ALGORITHM,
    ALGORITHM_VERSION,
    QualityParts,
    quality_parts,
    quality_points,
    quality_score,
)
from gateway.fingerprint.sample import ANALYSIS_PPI

MM2_PER_PIXEL = (25.4 / ANALYSIS_PPI) ** 2


@dataclass(frozen=True)
class FingerQuality:
    """What was measured on one sample, at 500 ppi, ridges dark.

    `mean`, `contrast`, `block_mean` and the orientation certainty are those of ISO/IEC 29794-4 as NFIQ 2.3 computes
    them (Mu, UniformImage, MMB, OCL; `nfiq2_measures` has the others); the score is **not** NFIQ 2's.
    """

    score: int
    """0 (useless) to 100, see `quality_score`."""
    mean: float
    """Mean grey of the sample without its blank borders."""
    contrast: float
    """Population standard deviation of those grey values."""
    block_mean: float
    """Mean of the means of 32x32 blocks, those cut by the edge included."""
    orientation_certainty: float
    """Mean over full 32x32 blocks of 1 - (lesser / greater eigenvalue of the gradient covariance); 0 to 1."""
    orientation_certainty_deviation: float
    """Population standard deviation over the same blocks."""
    orientation_certainty_histogram: tuple[int, ...]
    """Blocks in each of NFIQ 2's ten bins."""
    foreground_pixels: int
    """At 500 ppi."""
    foreground_area_mm2: float
    foreground: ForegroundMeasures
    """Where the finger lies and what it looks like."""
    ridge_period_mm: float
    """0 where there is no finger."""
    minutia_count: int
    minutia_quality: float
    """Mean quality of the minutiae, 0 to 1."""
    parts: QualityParts
    """What each part adds to the score, in points; `quality_score.OFFSET` is added to their sum."""
    algorithm: str = ALGORITHM
    version: int = ALGORITHM_VERSION


def measured_quality(
    pixels: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    foreground: ForegroundMeasures,
    frequency: float,
    found: Minutiae,
) -> FingerQuality:
    """Every measure of one sample.

    Parameters
    ----------
    pixels : (h, w) uint8
        At 500 ppi, dark ridges.
    mask : (h, w) bool
        The foreground.
    foreground : ForegroundMeasures
    frequency : float
        Ridges per pixel at 350 ppi.
    found : Minutiae
    """
    inner = trimmed(pixels)
    mean, deviation = (x.item() for x in cv2.meanStdDev(inner)) if inner.size else (255.0, 0.0)
    certainty = measure_histogram(orientation_certainty(inner), CERTAINTY_LIMITS)
    parts = quality_parts(found, foreground)
    count = int(np.count_nonzero(mask))
    return FingerQuality(
        score=quality_score(parts) if len(found.quality) else 0,
        mean=mean,
        contrast=deviation,
        block_mean=block_mean(inner) if inner.size else 255.0,
        orientation_certainty=certainty.mean,
        orientation_certainty_deviation=certainty.deviation,
        orientation_certainty_histogram=certainty.bins,
        foreground_pixels=count,
        foreground_area_mm2=count * MM2_PER_PIXEL,
        foreground=foreground,
        ridge_period_mm=25.4 / WORKING_PPI / frequency if count else 0.0,
        minutia_count=len(found.quality),
        minutia_quality=float(found.quality.mean()) if len(found.quality) else 0.0,
        parts=quality_points(parts),
    )

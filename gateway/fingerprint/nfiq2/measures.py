"""The public measures of NFIQ 2.3 that need no trained model: not its score."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.fingerprint.nfiq2.blocks import BLOCK_PX, gradient_moments, oriented_blocks
from gateway.fingerprint.nfiq2.grey import block_mean, trimmed
from gateway.fingerprint.nfiq2.histogram import MeasureHistogram, measure_histogram
from gateway.fingerprint.nfiq2.orientation import CERTAINTY_LIMITS, FLOW_LIMITS, certainty_levels, orientation_flow
from gateway.fingerprint.nfiq2.profiles import (
    CLARITY_LIMITS,
    FREQUENCY_LIMITS,
    UNIFORMITY_LIMITS,
    frequency_concentration,
    local_clarity,
    ridge_valley_ratios,
)
from gateway.fingerprint.nfiq2.roi import RegionMeasures, region_measures
from gateway.fingerprint.sample import ANALYSIS_PPI, check_sample, resampled


@dataclass(frozen=True)
class Nfiq2Measures:
    """Measures of ISO/IEC 29794-4 as NFIQ 2.3 computes them; equal to NIST's output on its five example images.

    What counts FingerJetFX's minutiae is missing, and with it everything that would need NIST's random forest.
    """

    mu: float
    """Mean grey (Mu)."""
    uniform_image: float
    """Population standard deviation of grey (UniformImage)."""
    mmb: float
    """Mean of block means (MMB)."""
    orientation_certainty: MeasureHistogram
    """OCL."""
    orientation_flow: MeasureHistogram
    """OF."""
    frequency_concentration: MeasureHistogram
    """FDA."""
    local_clarity: MeasureHistogram
    """LCS."""
    ridge_valley_uniformity: MeasureHistogram
    """RVU, called RVUP in NFIQ 2's output."""
    region: RegionMeasures
    """ImgProcROIArea_Mean, OrientationMap_ROIFilter_CoherenceSum and _CoherenceRel."""


def nfiq2_measures(pixels: NDArray[np.uint8], ppi: float) -> Nfiq2Measures:
    """Compute them: 20 ms of CPU for 388x374.

    NFIQ 2 is defined at 500 ppi: other samples are resampled first, and their measures are estimates. Its upper limit
    of 800x1000 pixels is not applied. A blank sample has mean 255 and no blocks.

    Parameters
    ----------
    pixels : (height, width) uint8
        Dark ridges on a light ground.
    ppi : float
        250 to 1000.

    Raises
    ------
    ValueError
        As `analyze`.

    References
    ----------
    ISO/IEC 29794-4; usnistgov/NFIQ2 at d005084 (version 2.3) for the facts.
    """
    check_sample(pixels, ppi)
    inner = np.ascontiguousarray(trimmed(resampled(pixels, ppi, ANALYSIS_PPI)))
    if not inner.size:
        nothing = measure_histogram(np.zeros(0), CERTAINTY_LIMITS)
        blank = RegionMeasures(255.0, 0.0, 0.0)
        return Nfiq2Measures(255.0, 0.0, 255.0, nothing, nothing, nothing, nothing, nothing, blank)
    blocks, moments = oriented_blocks(inner), gradient_moments(inner)
    certainty = certainty_levels(moments.first(inner.shape[0] // BLOCK_PX, inner.shape[1] // BLOCK_PX))
    mean, deviation = (x.item() for x in cv2.meanStdDev(inner))
    return Nfiq2Measures(
        mu=mean,
        uniform_image=deviation,
        mmb=block_mean(inner),
        orientation_certainty=measure_histogram(certainty, CERTAINTY_LIMITS),
        orientation_flow=measure_histogram(orientation_flow(blocks), FLOW_LIMITS),
        frequency_concentration=measure_histogram(frequency_concentration(inner, blocks), FREQUENCY_LIMITS),
        local_clarity=measure_histogram(local_clarity(inner, blocks), CLARITY_LIMITS),
        ridge_valley_uniformity=measure_histogram(ridge_valley_ratios(inner, blocks), UNIFORMITY_LIMITS),
        region=region_measures(inner, moments),
    )

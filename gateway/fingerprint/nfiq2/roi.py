"""NFIQ 2's region of interest, its mean grey and its coherence."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.fingerprint.nfiq2.blocks import GradientMoments, block_sums


@dataclass(frozen=True)
class RegionMeasures:
    """What lies inside the region of interest."""

    mean: float
    """Mean grey of its pixels; 255 where there are none."""
    coherence_sum: float
    """Sum of the coherence of the 32x32 blocks that touch it."""
    coherence_mean: float
    """The same, over the number of those blocks; 0 to 1."""


def region_of_interest(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """The largest dark area of a sample at 500 ppi, (h, w) bool, by NFIQ 2.3's recipe.

    Eroded by 5x5, blurred over 41, Otsu, blurred over 91, Otsu, holes filled, the blob with the largest box.
    """
    eroded = cv2.erode(pixels, np.ones((5, 5), np.uint8))
    dark = cv2.threshold(cv2.GaussianBlur(eroded, (41, 41), 0), 0, 255, cv2.THRESH_OTSU)[1]
    light = cv2.threshold(cv2.GaussianBlur(dark, (91, 91), 0), 0, 255, cv2.THRESH_OTSU)[1]
    count, labels, stats, _ = cv2.connectedComponentsWithStats(light, connectivity=4)
    x, y, width, height = (stats[:, column] for column in range(4))
    inner = (x > 0) & (y > 0) & (x + width < light.shape[1]) & (y + height < light.shape[0])
    inner[0] = False
    region = np.asarray((light == 0) | inner[labels], np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(region, connectivity=4)
    if count < 2:
        return np.zeros(pixels.shape, np.bool_)
    boxes = stats[1:, cv2.CC_STAT_WIDTH] * stats[1:, cv2.CC_STAT_HEIGHT]
    return np.asarray(labels == 1 + int(boxes.argmax()))


def region_measures(pixels: NDArray[np.uint8], moments: GradientMoments) -> RegionMeasures:
    """Of a trimmed sample at 500 ppi, (h, w) uint8, not empty, and its `gradient_moments`."""
    region = region_of_interest(pixels)
    touched = block_sums(region.astype(np.float32)) > 0
    energy = moments.xx + moments.yy
    coherence = np.sqrt((moments.xx - moments.yy) ** 2 + 4 * moments.xy**2) / np.maximum(energy, 1)
    total = float(coherence[touched].sum())
    mean = float(pixels[region].mean()) if region.any() else 255.0
    return RegionMeasures(mean, total, total / max(1, int(np.count_nonzero(touched))))

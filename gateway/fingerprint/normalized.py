"""Ridges of even strength: the sample less its local mean, over its local deviation."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

WORKING_PPI = 350.0
"""Sampling rate of the filters. Measured on five public sets: 350 ppi loses nothing against 500 and halves the time,
250 costs a percent of EER."""
WINDOW_PX = 7
"""Side of the window at 350 ppi, about one ridge period (0.5 mm): a window of 1.2 mm costs two percent of EER."""


@dataclass(frozen=True, eq=False)
class NormalizedSample:
    """The sample at 350 ppi, ridges positive.

    Parameters
    ----------
    ridges : (h, w) float32
        About -2.5 to 2.5; ridges positive, valleys negative.
    deviation : (h, w) float32
        Local standard deviation in grey levels.
    strong_deviation : float
        85th percentile of `deviation`: what a clear part of this print has. 0 for a uniform image.
    """

    ridges: NDArray[np.float32]
    deviation: NDArray[np.float32]
    strong_deviation: float

    def negative(self) -> "NormalizedSample":
        """The same sample with ridges and valleys exchanged."""
        return NormalizedSample(-self.ridges, self.deviation, self.strong_deviation)


def normalized_sample(pixels: NDArray[np.uint8]) -> NormalizedSample:
    """Take brightness and contrast out of `pixels`, (h, w) uint8 at 350 ppi with dark ridges."""
    grey = pixels.astype(np.float32)
    window = (WINDOW_PX, WINDOW_PX)
    mean = np.asarray(cv2.blur(grey, window, borderType=cv2.BORDER_REFLECT_101), np.float32)
    variance = np.asarray(cv2.sqrBoxFilter(grey, cv2.CV_32F, window, borderType=cv2.BORDER_REFLECT_101), np.float32)
    variance -= mean * mean
    # Rounding leaves up to 0.01 of a constant 255; a single grey level over a whole window is 0.02.
    deviation = np.sqrt(np.maximum(variance - 0.01, 0, out=variance), out=variance)
    sampled = deviation[::3, ::3].ravel()
    strong = float(np.partition(sampled, int(0.85 * (sampled.size - 1)))[int(0.85 * (sampled.size - 1))])
    ridges = np.subtract(mean, grey, out=mean)
    ridges /= deviation + np.float32(0.15 * strong + 1e-3)
    np.clip(ridges, -2.5, 2.5, out=ridges)
    return NormalizedSample(ridges, deviation, strong)

"""The sample as every stage wants it: checked, at 500 pixels per inch, ridges dark."""

import cv2
import numpy as np
from numpy.typing import NDArray

MIN_PPI = 250.0
MAX_PPI = 1000.0
ANALYSIS_PPI = 500.0
"""Sampling rate that the quality measures and the skeleton are defined at."""
MAX_SIDE = 4000
MAX_PIXELS = 16_000_000
"""Largest image, as given and again after resampling: a whole card of ten prints at 500 ppi fits."""


def check_sample(pixels: NDArray[np.uint8], ppi: float) -> None:
    """Refuse what is not one grey image of plausible scale and size.

    Raises
    ------
    ValueError
        `pixels` is not (height, width) uint8, is empty or too large, or `ppi` is outside 250 to 1000 (or NaN).
    """
    kind = getattr(pixels, "dtype", type(pixels).__name__)
    if kind != np.uint8:
        raise ValueError(f"a sample is an array of uint8 (8-bit grey), not {kind}")
    if pixels.ndim != 2:
        raise ValueError(f"a sample is (height, width), one grey value per pixel, not of shape {pixels.shape}")
    if pixels.size == 0:
        raise ValueError(f"the sample is empty: {pixels.shape}")
    if not MIN_PPI <= ppi <= MAX_PPI:
        raise ValueError(f"ppi must be {MIN_PPI:g} to {MAX_PPI:g}, not {ppi}")
    height, width = pixels.shape
    if max(height, width) > MAX_SIDE or pixels.size > MAX_PIXELS:
        raise ValueError(f"the sample of {width}x{height} pixels exceeds {MAX_SIDE}x{MAX_SIDE} or {MAX_PIXELS} pixels")
    if pixels.size * (ANALYSIS_PPI / ppi) ** 2 > MAX_PIXELS:
        raise ValueError(f"the sample of {width}x{height} pixels at {ppi:g} ppi exceeds {MAX_PIXELS} pixels at 500 ppi")


def resampled(pixels: NDArray[np.uint8], ppi: float, target_ppi: float) -> NDArray[np.uint8]:
    """`pixels` at another sampling rate: area averages when it shrinks, cubic when it grows.

    Returns
    -------
    (height', width') uint8
        At least 1x1; C-contiguous; never the input's own memory layout when that is strided or read-only.
    """
    height, width = pixels.shape
    scale = target_ppi / ppi
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    grey = np.ascontiguousarray(pixels)
    if size == (width, height):
        return grey
    return cv2.resize(grey, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC).astype(
        np.uint8, copy=False
    )

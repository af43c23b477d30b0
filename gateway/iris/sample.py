"""The sample as every stage wants it: checked, 8-bit, of a size that is worked on, and toned for the search."""

import cv2
import numpy as np
from numpy.typing import NDArray

MAX_SIDE = 16_384
MAX_PIXELS = 100_000_000
MIN_SIDE = 96
"""An iris of 40 px radius and a little about it."""
WORKING_SIDE = 800.0
"""Root of the area that is worked on at most: finer pixels hold nothing that a code needs."""
_DEPTHS = (8, 10, 12, 14, 16)
_TOP, _MIDDLE = 200.0, 0.6
_LEAST_GAMMA = 0.35
_EVENED_LIMIT, _EVENED_TILES = 4.0, (4, 4)
_EVENED_TONE = np.rint(255 * np.linspace(0, 1, 256) ** 0.5).astype(np.uint8)
_BAR_SHARE, _BLACK = 0.95, 16.0
"""Share of a row or column that is black in a bar, levels."""


def check_sample(pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> None:
    """Refuse what is not one grey image.

    Raises
    ------
    ValueError
        `pixels` is not (height, width) uint8 or uint16, is empty or beyond 16384 a side or 100 million pixels.
    """
    kind = getattr(pixels, "dtype", type(pixels).__name__)
    if kind not in (np.uint8, np.uint16):
        raise ValueError(f"a sample is an array of uint8 or uint16 (grey), not {kind}")
    if pixels.ndim != 2:
        raise ValueError(f"a sample is (height, width), one grey value per pixel, not of shape {pixels.shape}")
    if pixels.size == 0:
        raise ValueError(f"the sample is empty: {pixels.shape}")
    if max(pixels.shape) > MAX_SIDE or pixels.size > MAX_PIXELS:
        raise ValueError(f"the sample of {pixels.shape[1]}x{pixels.shape[0]} pixels is too large")


def grey_sample(pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> NDArray[np.uint8]:
    """8-bit grey, C-contiguous; 16-bit containers scaled from the least of 8, 10, 12, 14, 16 bits that holds all."""
    if pixels.dtype == np.uint8:
        return np.ascontiguousarray(pixels, np.uint8)
    peak = int(pixels.max())
    depth = next(bits for bits in _DEPTHS if peak < 1 << bits)
    return np.asarray(cv2.convertScaleAbs(pixels, alpha=255 / ((1 << depth) - 1)), np.uint8)


def working_sample(grey: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float]:
    """The sample reduced to `WORKING_SIDE` where it is larger, and how many of its pixels one of these is."""
    height, width = grey.shape
    scale = max(1.0, (height * width) ** 0.5 / WORKING_SIDE)
    if scale == 1.0:
        return grey, 1.0
    size = (max(1, round(width / scale)), max(1, round(height / scale)))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8), scale


def toned_sample(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Grey brought to one exposure and contrast for the search, and cleaned of single pixels; not for the code.

    The 0.5th to the 80th percentile are stretched to 0 to 200; a gamma of 0.35 to 1 puts the 25th percentile at 0.6 of
    that. Chosen on altered copies of CASIA1 and MMU1: without it dark, flat or noisy ones fail.
    """
    counts = np.bincount(grey[::2, ::2].ravel(), minlength=256)
    reached = np.cumsum(counts) / max(1, counts.sum())
    low, quarter, high = (float(np.searchsorted(reached, share)) for share in (0.005, 0.25, 0.8))
    span = max(high - low, 1.0)
    share = min(max((quarter - low) / span, 1e-3), 1 - 1e-3)
    gamma = min(1.0, max(_LEAST_GAMMA, float(np.log(_MIDDLE) / np.log(share))))
    level = np.maximum(np.arange(256) - low, 0) / span
    table = np.clip(_TOP * level**gamma, 0, 255).astype(np.uint8)
    return np.asarray(cv2.medianBlur(cv2.LUT(grey, table), 3), np.uint8)


def evened_sample(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Grey of which every sixteenth has the same contrast: what a steep tone curve or a shadow leaves a few levels.

    References
    ----------
    K. Zuiderveld, Graphics Gems IV, 1994: contrast limited adaptive histogram equalisation.
    """
    even = cv2.createCLAHE(_EVENED_LIMIT, _EVENED_TILES).apply(grey)
    return np.asarray(cv2.LUT(even, _EVENED_TONE), np.uint8)


def barless_sample(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Grey whose black bars beside a picture are filled with its median; the same array where there are none.

    Bars are darker than any pupil, and outweigh the picture where grey is brought to one exposure.
    """
    rows, columns = (_without_bars(np.quantile(grey, _BAR_SHARE, axis=axis)) for axis in (1, 0))
    shown = grey[rows, columns]
    if shown.shape == grey.shape or not shown.size:
        return grey
    whole = np.full_like(grey, np.median(shown))
    whole[rows, columns] = shown
    return whole


def _without_bars(brightest: NDArray[np.float64]) -> slice:
    """From the first to the last row or column that is not black."""
    shown = np.flatnonzero(brightest > _BLACK)
    return slice(int(shown[0]), int(shown[-1]) + 1) if shown.size else slice(0, 0)

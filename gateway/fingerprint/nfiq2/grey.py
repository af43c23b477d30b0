"""NFIQ 2's measures of grey alone: Mu, MMB, UniformImage."""

import numpy as np
from numpy.typing import NDArray

from gateway.fingerprint.nfiq2.blocks import BLOCK_PX, block_sums

_BLANK_MEAN = 250


def trimmed(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """`pixels` without the outer rows and columns whose mean grey is over 250; may be empty."""
    rows = np.flatnonzero(pixels.mean(axis=1) <= _BLANK_MEAN)
    columns = np.flatnonzero(pixels.mean(axis=0) <= _BLANK_MEAN)
    if not len(rows) or not len(columns):
        return pixels[:0, :0]
    return pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def block_mean(pixels: NDArray[np.uint8]) -> float:
    """Mean of 32x32 block means (MMB); blocks that the edge cuts count like the others. 0 for an empty array."""
    if not pixels.size:
        return 0.0
    heights, widths = (np.diff(np.append(np.arange(0, size, BLOCK_PX), size)) for size in pixels.shape)
    return float((block_sums(pixels.astype(np.float32)) / np.outer(heights, widths)).mean())

"""From the unrolled ring to its code: signs of two-dimensional log-Gabor responses, the weakest of them left out."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.iris.code import COLUMNS, PARTS, ROWS, IrisCode, packed

CODED_DEPTH = 0.9
"""Share of the ring from the pupil that is coded: the limbus is soft."""
_ROWS = 2 * ROWS
_WAVELENGTHS = (14.0, 28.0)
"""Of 512 columns: 9.8 and 19.7 degrees."""
_LOG_BANDWIDTH = np.log(2.4)
_RADIAL_SPREAD = 1.1
_FRAGILE = 0.25
_MOST_MASKED = 0.3
_REACH = (5, 3)
"""Columns and rows about a bit of which at most 30 % may be hidden."""


def iris_code(strip: NDArray[np.uint8], visible: NDArray[np.bool_]) -> IrisCode:
    """Code of a strip.

    Parameters
    ----------
    strip : (64, 512) uint8
        From the pupil to `CODED_DEPTH`.
    visible : (64, 512) bool

    References
    ----------
    J. Daugman, IEEE PAMI 15(11), 1993 (phase quadrants); D. Field, J. Opt. Soc. Am. A 4(12), 1987 (log-Gabor);
    K. Hollingsworth, K. Bowyer, P. Flynn, IEEE PAMI 31(6), 2009 (fragile bits). Wavelengths, bandwidths and shares were
    measured on CASIA1 and MMU1: broad filters on two diagonals, and the weakest quarter left out.
    """
    seen = visible.reshape(_ROWS, 2, -1).all(axis=1)
    grey = strip.reshape(_ROWS, 2, -1).mean(axis=1, dtype=np.float32)
    counts = np.maximum(seen.sum(axis=1, keepdims=True), 1)
    mean = np.where(seen, grey, 0).sum(axis=1, keepdims=True) / counts
    centred = np.where(seen, grey - mean, 0).astype(np.float32)
    spectrum = np.fft.fft2(np.concatenate([centred, centred[::-1]]))[:, :COLUMNS]
    responses = np.fft.ifft2(spectrum * _filters(), axes=(1, 2))[:, :_ROWS:2]
    near = cv2.blur(np.pad((~seen).astype(np.float32), ((0, 0), (2, 2)), "wrap"), _REACH, borderType=cv2.BORDER_REFLECT)
    valid = (near[:, 2:-2] <= _MOST_MASKED)[::2, ::2]
    parts = np.stack([responses.real, responses.imag], axis=1).reshape(PARTS, ROWS, COLUMNS)
    strength = np.abs(parts)
    mask = np.broadcast_to(valid, parts.shape)
    if valid.any():
        limits = np.quantile(strength[:, valid], _FRAGILE, axis=1)
        mask = mask & (strength > limits[:, None, None])
    return IrisCode(packed((parts > 0) & mask), packed(mask))


@lru_cache(maxsize=1)
def _filters() -> NDArray[np.complex64]:
    """(4, 64, 256) on the spectrum of the mirrored strip; its positive column frequencies alone."""
    column = np.arange(COLUMNS) / (2 * COLUMNS)
    row = np.fft.fftfreq(2 * _ROWS)[:, None]
    logarithm = np.log(np.maximum(column, 1e-9))
    filters = []
    for wavelength in _WAVELENGTHS:
        frequency = 1 / wavelength
        along = np.exp(-0.5 * ((logarithm - np.log(frequency)) / _LOG_BANDWIDTH) ** 2)
        along[0] = 0
        for sign in (1, -1):
            across = np.exp(-0.5 * ((row - sign * frequency) / (_RADIAL_SPREAD * frequency)) ** 2)
            filters.append(across * along)
    return np.stack(filters).astype(np.complex64)

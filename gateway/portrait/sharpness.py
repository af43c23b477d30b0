"""How blurred the edges of a face are."""

from math import inf

import cv2
import numpy as np
from numpy.typing import NDArray

_FINE, _COARSE = 1.0, 2.0
"""Deviations, pixels, of the two smoothings whose gradients are compared."""
_STRONGEST = 0.04
_LEAST_GRADIENT = 1.5
"""Levels per pixel after the coarser smoothing; noise stays below."""
_LEAST_EDGES = 12
_FLAT = 1.03


def edge_blur(luma: NDArray[np.uint8], face: NDArray[np.bool_]) -> float:
    """Deviation of the blur that edges show, of the worse direction; pixels, infinity where there is no edge.

    An edge that is blurred by s has, smoothed by t besides, a gradient that goes with 1 / sqrt(s^2 + t^2): two
    smoothings tell s. Lines finer than that look sharper than they are.

    Parameters
    ----------
    luma : (height, width) uint8
    face : (height, width) bool
        Where edges are looked for.
    """
    grey = luma.astype(np.float32)
    fine, coarse = (np.asarray(cv2.GaussianBlur(grey, (0, 0), each), np.float32) for each in (_FINE, _COARSE))
    return max(_along(fine, coarse, face, across) for across in (True, False))


def _along(fine: NDArray[np.float32], coarse: NDArray[np.float32], face: NDArray[np.bool_], across: bool) -> float:
    kernel = np.array([[-0.5, 0.0, 0.5]], np.float32)
    kernel = kernel if across else kernel.T
    sharp, soft = (np.abs(np.asarray(cv2.filter2D(each, cv2.CV_32F, kernel))) for each in (fine, coarse))
    inside = soft[face]
    if not inside.size:
        return inf
    strong = face & (soft >= max(_LEAST_GRADIENT, float(np.quantile(inside, 1 - _STRONGEST))))
    if strong.sum() < _LEAST_EDGES:
        return inf
    squared = float(np.median(sharp[strong] / soft[strong])) ** 2
    if squared <= _FLAT:
        return inf
    return float(np.sqrt(max(0.0, (_COARSE**2 - squared * _FINE**2) / (squared - 1))))

"""Which pixels have a colour that skin may have; so have wood, sand and some cloth."""

import cv2
import numpy as np
from numpy.typing import NDArray

_RED_DIFFERENCE, _BLUE_DIFFERENCE = (134, 176), (75, 126)
"""Cr and Cb of skin from very light to very dark: about the ranges of Chai and Ngan, Face segmentation using skin-color
map in videophone applications, IEEE TCSVT 9(4), 1999 (133 to 173 and 77 to 127)."""
_LEAST_LUMA = 16
_MOST_GAIN = 1.8


def skin_mask(rgb: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where skin may be, as the colours are or as they would be under a white light.

    Parameters
    ----------
    rgb : (height, width, 3) uint8
        sRGB.

    Returns
    -------
    (height, width) bool
    """
    return _in_range(rgb) | _in_range(_balanced(rgb))


def _in_range(rgb: NDArray[np.uint8]) -> NDArray[np.bool_]:
    luma, red, blue = cv2.split(cv2.cvtColor(rgb, cv2.COLOR_RGB2YCrCb))
    found = (luma >= _LEAST_LUMA) & (red >= _RED_DIFFERENCE[0]) & (red <= _RED_DIFFERENCE[1])
    return np.asarray(found & (blue >= _BLUE_DIFFERENCE[0]) & (blue <= _BLUE_DIFFERENCE[1]), np.bool_)


def _balanced(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """With the border of the frame, where the wall is, made grey: lamps of 2700 K turn it orange, and all with it."""
    height, width = rgb.shape[:2]
    edge, rows = max(1, min(height, width) // 12), max(1, height // 2)
    border = np.concatenate([rgb[:rows, :edge].reshape(-1, 3), rgb[:rows, -edge:].reshape(-1, 3)])
    tone = np.maximum(np.median(border, axis=0), 1.0)
    gains = np.clip(tone[1] / tone, 1 / _MOST_GAIN, _MOST_GAIN)
    table = np.clip(np.arange(256)[:, None] * gains[None, :], 0, 255)
    return np.asarray(cv2.LUT(rgb, np.ascontiguousarray(np.rint(table).astype(np.uint8)[:, None, :])), np.uint8)

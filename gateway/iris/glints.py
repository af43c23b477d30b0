"""Glints: small spots brighter than all about them, filled for the search and marked for the mask."""

import cv2
import numpy as np
from numpy.typing import NDArray

_FILL_ABOVE = 40.0
"""Levels of the toned sample."""
_MASK_ABOVE = 0.4
"""Of the iris's median grey; 0.25 already hides texture (measured on MMU1)."""
_MASK_FLOOR = 15.0
_LEAST_PEAK = 1.25
"""Of the same: iris between dark lashes or crypts is no glint."""
_SHARE_OF_SIDE = 25


def filled_glints(toned: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(h, w) uint8 with its glints replaced by what surrounds them."""
    side = _opening_side((toned.shape[0] * toned.shape[1]) ** 0.5)
    opened = np.asarray(cv2.morphologyEx(toned, cv2.MORPH_OPEN, np.ones((side, side), np.uint8)), np.uint8)
    spots = (cv2.subtract(toned, opened) > _FILL_ABOVE).astype(np.uint8)
    spots = np.asarray(cv2.dilate(spots, np.ones((5, 5), np.uint8)), np.uint8)
    soft = np.asarray(cv2.GaussianBlur(opened, (0, 0), 1.0), np.uint8)
    return np.where(spots > 0, soft, toned)


def glint_mask(toned: NDArray[np.uint8], iris_radius: float, iris_grey: float) -> NDArray[np.bool_]:
    """Where (h, w) uint8 `toned` has spots brighter than about them by 0.4 of `iris_grey`, and 2 pixels about those.

    Toned, because a dark camera's noise and a steep one's texture reach 0.4 of a dark iris by themselves.
    """
    side = _opening_side(2.4 * iris_radius)
    opened = cv2.morphologyEx(toned, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    above = cv2.subtract(toned, opened) > max(_MASK_FLOOR, _MASK_ABOVE * iris_grey)
    spots = (above & (toned > _LEAST_PEAK * iris_grey)).astype(np.uint8)
    return np.asarray(cv2.dilate(spots, np.ones((5, 5), np.uint8)) > 0)


def _opening_side(length: float) -> int:
    return 2 * max(2, round(length / _SHARE_OF_SIDE / 2)) + 1

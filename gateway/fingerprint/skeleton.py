"""Skeleton: ridges one pixel wide."""

import cv2
import numpy as np
from numpy.typing import NDArray

NEIGHBOURS = ((0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1))
"""(row, column) steps to the eight neighbours: east, then clockwise as the image is seen. Bit k of a code is the
neighbour k."""
_KERNEL = np.zeros((3, 3), np.float32)
for _bit, (_row, _column) in enumerate(NEIGHBOURS):
    _KERNEL[1 + _row, 1 + _column] = 1 << _bit
_CODES = np.arange(256)
NEIGHBOUR_BITS = (_CODES[:, None] >> np.arange(8)) & 1 == 1
CROSSING_NUMBER: NDArray[np.uint8] = (NEIGHBOUR_BITS & ~np.roll(NEIGHBOUR_BITS, 1, axis=1)).sum(axis=1).astype(np.uint8)
"""Branches that meet in a pixel, by its neighbour code."""


def _looked_up(codes: NDArray[np.uint8], table: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.LUT(codes, table), np.uint8)


def neighbour_codes(skeleton: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """For every pixel of a 0/1 image the eight neighbours as bits; outside counts as 0."""
    return np.asarray(cv2.filter2D(skeleton, cv2.CV_8U, _KERNEL, borderType=cv2.BORDER_CONSTANT), np.uint8)


def skeleton(ridges: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Thin a 0/1 image, (h, w) uint8, to lines one pixel wide, 8-connected, without corners.

    References
    ----------
    T. Y. Zhang, C. Y. Suen, A fast parallel algorithm for thinning digital patterns, CACM 27(3), 1984.
    """
    thin = ridges.copy()
    while True:
        removed = False
        for table in _THINNING:
            gone = _looked_up(neighbour_codes(thin), table) & thin
            if cv2.countNonZero(gone):
                thin -= gone
                removed = True
        if not removed:
            break
    # One kind of corner a pass: removing two at once would cut ridges.
    for table in _CORNERS:
        thin -= _looked_up(neighbour_codes(thin), table) & thin
    return thin


def _thinning_tables() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    east, south, west, north = (NEIGHBOUR_BITS[:, k] for k in (0, 2, 4, 6))
    count = NEIGHBOUR_BITS.sum(axis=1)
    removable = (count >= 2) & (count <= 6) & (CROSSING_NUMBER == 1)
    first = removable & ~(north & east & south) & ~(east & south & west)
    second = removable & ~(north & east & west) & ~(north & south & west)
    return first.astype(np.uint8), second.astype(np.uint8)


def _corner_tables() -> tuple[NDArray[np.uint8], ...]:
    """A corner joins two neighbours that touch diagonally anyway; nothing lies on its outer side."""
    tables = []
    for turn in (0, 2, 4, 6):
        bits = np.roll(NEIGHBOUR_BITS, -turn, axis=1)
        corner = bits[:, 0] & bits[:, 2] & ~bits[:, 4] & ~bits[:, 5] & ~bits[:, 6]
        tables.append(corner.astype(np.uint8))
    return tuple(tables)


_THINNING = _thinning_tables()
_CORNERS = _corner_tables()

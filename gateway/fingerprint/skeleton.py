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


def neighbour_codes(skeleton: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """For every pixel of a 0/1 image the eight neighbours as bits; outside counts as 0."""
    return np.asarray(cv2.filter2D(skeleton, cv2.CV_8U, _KERNEL, borderType=cv2.BORDER_CONSTANT), np.uint8)


def skeleton(ridges: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Thin a 0/1 image, (h, w) uint8, to lines one pixel wide, 8-connected, without corners.

    Works on 64 pixels at a time, a bit each: with a table of neighbour codes it takes three times as long.

    References
    ----------
    T. Y. Zhang, C. Y. Suen, A fast parallel algorithm for thinning digital patterns, CACM 27(3), 1984.
    """
    thin = np.zeros_like(ridges)
    left, top, width, height = cv2.boundingRect(ridges)
    if not width:
        return thin
    box = (slice(top, top + height), slice(left, left + width))
    # One pixel of ground all around: bits shifted out of a row, and rows beyond the first and last, are ground.
    words = -(-(width + 2) // 64)
    padded = np.zeros((height + 2, 64 * words), np.uint8)
    padded[1:-1, 1 : width + 1] = ridges[box]
    bits = np.packbits(padded, axis=1, bitorder="little").view("<u8").ravel().astype(np.uint64, copy=False)
    inner = bits[words:-words]
    removed = True
    while removed:
        removed = False
        for removable in (_removable_first, _removable_second):
            gone = removable(_neighbours(bits, words)) & inner
            if gone.any():
                inner ^= gone
                removed = True
    # One kind of corner a pass: removing two at once would cut ridges.
    for turn in (0, 2, 4, 6):
        inner ^= _corner(_neighbours(bits, words), turn) & inner
    rows = np.unpackbits(
        bits.astype("<u8", copy=False).view(np.uint8).reshape(height + 2, -1), axis=1, bitorder="little"
    )
    thin[box] = rows[1:-1, 1 : width + 1]
    return thin


def _neighbours(bits: NDArray[np.uint64], words: int) -> list[NDArray[np.uint64]]:
    """For all rows but the first and last of an image of `words` words a row the eight neighbours, as `NEIGHBOURS`."""
    one, last = np.uint64(1), np.uint64(63)
    east, west = bits >> one, bits << one
    east[:-1] |= bits[1:] << last
    west[1:] |= bits[:-1] >> last
    above, here, below = slice(None, -2 * words), slice(words, -words), slice(2 * words, None)
    return [east[here], east[below], bits[below], west[below], west[here], west[above], bits[above], east[above]]


def _removable(near: list[NDArray[np.uint64]]) -> NDArray[np.uint64]:
    """Set where the neighbours are one run of two to six."""
    once, more, adjacent, pair, scratch = (np.zeros_like(near[0]) for _ in range(5))
    closed = ~once
    before = near[-1]
    for bit in near:
        np.bitwise_and(bit, before, out=pair)
        adjacent |= pair
        begins = np.bitwise_xor(bit, pair, out=pair)
        more |= np.bitwise_and(once, begins, out=scratch)
        once |= begins
        closed &= np.bitwise_or(bit, before, out=scratch)
        before = bit
    # A single run without two adjacent neighbours is one pixel; without two adjacent gaps it is seven.
    return once & ~more & adjacent & ~closed


def _removable_first(near: list[NDArray[np.uint64]]) -> NDArray[np.uint64]:
    east, _, south, _, west, _, north, _ = near
    return _removable(near) & ~(east & south & (north | west))


def _removable_second(near: list[NDArray[np.uint64]]) -> NDArray[np.uint64]:
    east, _, south, _, west, _, north, _ = near
    return _removable(near) & ~(north & west & (east | south))


def _corner(near: list[NDArray[np.uint64]], turn: int) -> NDArray[np.uint64]:
    """A corner joins two neighbours that touch diagonally anyway; nothing lies on its outer side."""
    bits = [near[(turn + k) % 8] for k in (0, 2, 4, 5, 6)]
    return bits[0] & bits[1] & ~(bits[2] | bits[3] | bits[4])

"""The codes that look most like another by a few of their bits: those that are worth comparing in full."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from gateway.iris.code import PARTS, ROWS, IrisCode
from gateway.iris.comparison import turned_codes

_FEW = np.array([part * ROWS * 4 + row * 4 + word for part in (4, 5, 6, 7) for row in (3, 7, 11) for word in range(4)])
"""Words that are looked at: three rows of the longer wavelength, both diagonals."""
FEW_WORDS = len(_FEW)
WHOLE_WORDS = 4 * PARTS * ROWS
_SHARE = 0.03
_BLOCK = 2048
"""Codes at once: what they take stays in the cache of the processor."""


def few_words(code: IrisCode) -> NDArray[np.uint64]:
    """(2, 48) words of bits and mask that the first look is at."""
    return np.stack([words.reshape(-1)[_FEW] for words in (code.bits, code.mask)])


def most_alike(
    probe: IrisCode,
    few: NDArray[np.uint64],
    least: int,
    enough: int,
    cancelled: Callable[[], bool] = lambda: False,
) -> NDArray[np.intp]:
    """Indices of the stored codes that look most like `probe` at any turn: 3 %, `least` at least, in no order.

    Parameters
    ----------
    probe : IrisCode
    few : (2, n, 48) uint64
        As `few_words` gives them.
    least : int
    enough : int
        Bits in common from which on fewer are no worse, as in `compare`.
    cancelled : callable, optional
        Asked between blocks; none is alike once it says so.
    """
    count = few.shape[1]
    size = max(least, int(_SHARE * count))
    if count <= size:
        return np.arange(count)
    bits, mask = (words[:, _FEW] for words in turned_codes(probe))
    distance = np.empty(count, np.float32)
    for start in range(0, count, _BLOCK):
        if cancelled():
            return np.zeros(0, np.intp)
        stop = min(start + _BLOCK, count)
        distance[start:stop] = _first_look(bits, mask, few[0, start:stop], few[1, start:stop], enough)
    return np.argpartition(distance, size)[:size]


def _first_look(
    bits: NDArray[np.uint64],
    mask: NDArray[np.uint64],
    stored: NDArray[np.uint64],
    stored_mask: NDArray[np.uint64],
    enough: int,
) -> NDArray[np.float32]:
    """(n,) least share of differing bits of (n, words) stored codes over (turns, words) of a probe."""
    least = np.full(len(stored), 1.0, np.float32)
    ones = np.ones(stored.shape[1], np.float32)
    for turned, turned_mask in zip(bits, mask, strict=True):
        common = stored_mask & turned_mask
        count = np.bitwise_count(common).astype(np.float32) @ ones
        differing = np.bitwise_count((stored ^ turned) & common).astype(np.float32) @ ones
        # Few common bits are worth less, as in `compare`.
        np.minimum(least, 0.5 - (0.5 - differing / np.maximum(count, 1)) * np.minimum(1, count / enough), out=least)
    return least

"""Comparison of two codes: the least share of bits that differ over the turns of a head."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from gateway.iris.code import COLUMNS, PARTS, ROWS, IrisCode

MOST_SHIFT = 16
"""Columns of 256 either way: 22.5 degrees; heads before hand-held cameras are often tilted by 20."""
TYPICAL_COUNT = 11_800
"""Bits that two images of one iris usually have in common at their best shift; measured."""
LEAST_COUNT = TYPICAL_COUNT // 8
_LEAST_SAME = 64
"""Bits by which a code is known as itself: two irises agree in so many once in 2^64."""
_POWER = 0.15
_ROW_WORDS = COLUMNS // 64
_WORDS = PARTS * ROWS * _ROW_WORDS
_ONES = np.ones(_WORDS, np.float32)
_FIRST_ROWS = np.array([part * ROWS + row for part in range(PARTS // 2, PARTS) for row in range(1, ROWS, 3)])
"""Rows that choose the turns worth comparing in full: every third of the longer wavelength, both diagonals."""
_FIRST = (_FIRST_ROWS[:, None] * _ROW_WORDS + np.arange(_ROW_WORDS)).reshape(-1)
"""Their words."""
_FIRST_OF_BOTH = np.concatenate([_FIRST, _WORDS + _FIRST])
"""Them of the bits, and those of the mask, which stand behind the bits."""
_ALL_TURNS = np.arange(2 * MOST_SHIFT + 1)
_WORD, _BACK = np.uint64(64), np.uint64(MOST_SHIFT)
_FULL_TURNS = 3


@dataclass(frozen=True)
class BestTurn:
    """The turn of one code at which it agrees best with another.

    Parameters
    ----------
    shift : int
        Columns of 256 that the first is turned by, clockwise in the image; -16 to 16.
    differing, common : int
        Bits there.
    distance : float
        As of `compare`.
    """

    shift: int
    differing: int
    common: int
    distance: float


def compare(a: IrisCode, b: IrisCode) -> float:
    """Distance of two codes, 0 to 1: 0 for a code and itself, about 0.45 for two irises; `distance_at_fmr` reads it.

    The masked fractional Hamming distance, least over turns of 22 degrees either way, drawn towards 0.5 where fewer
    bits than usual are common: 0.5 - (0.5 - HD) * min(1, n / typical) ** 0.15. Order does not matter. Codes with next
    to nothing in common are 0.5, and so is one of which next to nothing counts from itself.

    Raises
    ------
    ValueError
        The codes are of different versions.

    References
    ----------
    J. Daugman, IEEE Trans. Systems, Man, Cybernetics B 37(5), 2007, with a gentler power than his root.
    """
    return best_turn(a, b).distance


def best_turn(a: IrisCode, b: IrisCode) -> BestTurn:
    """The turn at which two codes agree best.

    The three that look best by 5,120 of the 32,768 bits are compared in full; of equal ones the lesser turn is taken.

    Raises
    ------
    ValueError
        The codes are of different versions.
    """
    if a.version != b.version:
        raise ValueError(f"codes of versions {a.version} and {b.version} do not compare")
    first, ready = _made_ready(a)
    first_bits, first_mask = first[:, : len(_FIRST)], first[:, len(_FIRST) :]
    bits, mask = b.bits.reshape(-1), b.mask.reshape(-1)
    common = first_mask & mask[_FIRST]
    differing = (first_bits ^ bits[_FIRST]) & common
    differs = _count(differing)
    if (
        differs[MOST_SHIFT] == 0
        and a.counted >= _LEAST_SAME
        and np.array_equal(a.bits, b.bits)
        and np.array_equal(a.mask, b.mask)
    ):
        return BestTurn(0, 0, a.counted, 0.0)
    # Relative to the bits in common alone: a turn that few bits speak for is left to the full comparison.
    share = differs / np.maximum(_count(common), 1)
    # All that tie: which of them came first would depend on the order of the two codes.
    chosen = np.flatnonzero(share <= np.partition(share, _FULL_TURNS - 1)[_FULL_TURNS - 1])
    chosen = chosen[np.argsort(np.abs(chosen - MOST_SHIFT), kind="stable")]
    turned = _turned(*ready, chosen)
    common = turned[:, _WORDS:] & mask
    differing = (turned[:, :_WORDS] ^ bits) & common
    # Numbers of Python: arrays of three are slower.
    common_counts, differing_counts = _count(common).tolist(), _count(differing).tolist()
    found = [distance(*counts) for counts in zip(differing_counts, common_counts, strict=True)]
    best = found.index(min(found))
    return BestTurn(int(chosen[best]) - MOST_SHIFT, differing_counts[best], common_counts[best], found[best])


def distance(differing: int, common: int) -> float:
    """Distance of two codes at one turn, by the bits that differ there and those in common."""
    if common < LEAST_COUNT:
        return 0.5
    return 0.5 - (0.5 - differing / common) * float(min(1.0, common / TYPICAL_COUNT) ** _POWER)


def turned_codes(code: IrisCode) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """(33, 512) uint64 bits and mask of a code turned by -16 to 16 columns."""
    return _turned(*_turned_back(code.bits), _ALL_TURNS), _turned(*_turned_back(code.mask), _ALL_TURNS)


_Line = NDArray[np.uint64]


@lru_cache(maxsize=256)
def _made_ready(code: IrisCode) -> tuple[NDArray[np.uint64], tuple[_Line, _Line]]:
    """(33, 160) words that choose at every turn, and all words ready to be turned, each bits and mask.

    Kept for the next comparisons of the same object.
    """
    start, before = _turned_back(np.concatenate([code.bits.reshape(-1), code.mask.reshape(-1)]))
    return _turned(start[_FIRST_OF_BOTH], before[_FIRST_OF_BOTH], _ALL_TURNS), (start, before)


def _turned_back(words: NDArray[np.uint64]) -> tuple[_Line, _Line]:
    """Rows of four words, each turned back by 16 columns so that every turn is one forwards, and the word before each.

    Both as one line: numpy is slow over many rows of four.
    """
    line = words.reshape(-1)
    start, before = np.empty_like(line), np.empty_like(line)
    # By long slices: to gather columns takes three times as long.
    start[:-1], start[_ROW_WORDS - 1 :: _ROW_WORDS] = line[1:], line[::_ROW_WORDS]
    start <<= _WORD - _BACK
    start |= line >> _BACK
    before[1:], before[::_ROW_WORDS] = start[:-1], start[_ROW_WORDS - 1 :: _ROW_WORDS]
    return start, before


def _turned(start: _Line, before: _Line, turns: NDArray[np.intp]) -> NDArray[np.uint64]:
    """(turns, words), each row of 256 columns rotated by every turn, of which 16 leaves it."""
    shift = turns.astype(np.uint64)[:, None]
    return np.asarray((start << shift) | (before >> (_WORD - shift)), np.uint64)


def _count(words: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Ones of each row of (n, m) words; a product of floats, exact here, is faster than a sum of integers."""
    return np.asarray(np.bitwise_count(words).astype(np.float32) @ _ONES[: words.shape[1]], np.int64)

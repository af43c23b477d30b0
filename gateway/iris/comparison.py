"""Comparison of two codes: the least share of bits that differ over the turns of a head."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from gateway.iris.code import IrisCode

MOST_SHIFT = 16
"""Columns of 256 either way: 22.5 degrees; heads before hand-held cameras are often tilted by 20."""
TYPICAL_COUNT = 11_800
"""Bits that two images of one iris usually have in common at their best shift; measured."""
LEAST_COUNT = TYPICAL_COUNT // 8
_POWER = 0.15
_ONES = np.ones(512, np.float32)


def compare(a: IrisCode, b: IrisCode) -> float:
    """Distance of two codes, 0 to 1: 0 for a code and itself, about 0.45 for two irises; `distance_at_fmr` reads it.

    The masked fractional Hamming distance, least over turns of 22 degrees either way, drawn towards 0.5 where fewer
    bits than usual are common: 0.5 - (0.5 - HD) * min(1, n / typical) ** 0.15. Order does not matter. Codes with next
    to nothing in common are 0.5.

    Raises
    ------
    ValueError
        The codes are of different versions.

    References
    ----------
    J. Daugman, IEEE Trans. Systems, Man, Cybernetics B 37(5), 2007, with a gentler power than his root.
    """
    if a.version != b.version:
        raise ValueError(f"codes of versions {a.version} and {b.version} do not compare")
    if np.array_equal(a.bits, b.bits) and np.array_equal(a.mask, b.mask):
        return 0.0
    bits, mask = _turned(a)
    common = mask & b.mask.reshape(-1)
    differing = (bits ^ b.bits.reshape(-1)) & common
    return float(distances(_count(differing), _count(common)).min())


def distances(differing: NDArray[np.int64], common: NDArray[np.int64]) -> NDArray[np.float64]:
    """Distance of each pair of counts."""
    raw = differing / np.maximum(common, 1)
    certain = np.minimum(1.0, common / TYPICAL_COUNT) ** _POWER
    return np.where(common < LEAST_COUNT, 0.5, 0.5 - (0.5 - raw) * certain)


def turned_codes(code: IrisCode) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """(33, 512) uint64 bits and mask of a code turned by -16 to 16 columns."""
    return tuple(  # type: ignore[return-value]
        _rotated(words) for words in (code.bits, code.mask)
    )


@lru_cache(maxsize=64)
def _turned(code: IrisCode) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """`turned_codes`, kept for the next comparisons of the same object."""
    return turned_codes(code)


def _rotated(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """(8, 16, 4) words as (33, 512), each row rotated along its 256 columns."""
    rows = words.reshape(-1, 4)
    shift = np.arange(1, MOST_SHIFT + 1, dtype=np.uint64)[:, None, None]
    rest = np.uint64(64) - shift
    later = (rows << shift) | (np.roll(rows, 1, axis=1) >> rest)
    earlier = (rows >> shift) | (np.roll(rows, -1, axis=1) << rest)
    return np.concatenate([earlier[::-1], rows[None], later]).reshape(2 * MOST_SHIFT + 1, -1)


def _count(words: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Ones of each row of (n, 512) words; a product of floats, exact here, is faster than a sum of integers."""
    return np.asarray(np.bitwise_count(words).astype(np.float32) @ _ONES[: words.shape[1]], np.int64)

"""Several codes of one eye made one: turned alike, each bit by majority, and only those that the codes agree on."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gateway.iris.code import COLUMNS, PARTS, ROWS, IrisCode, packed, unpacked
from gateway.iris.code_format import encode_code
from gateway.iris.comparison import MOST_SHIFT, distance, turned_codes
from gateway.iris.decision import distance_at_fmr

_SAME_EYE_FMR = 0.001
_LEAST_SEEN = 1 / 3
"""Share of the codes that must see a bit. Asking for half leaves so few of them that strangers come near: at the
threshold of FMR 0.1 % three codes of MMU1 merged so accept 0.30 %, with a third 0.07 %, single ones 0.17 %."""
_LEAST_AGREEMENT = 0.6
"""Share of the codes that see a bit that must be exceeded by those that agree on it."""
_NEAREST_FIRST = sorted(range(2 * MOST_SHIFT + 1), key=lambda turn: abs(turn - MOST_SHIFT))


def merged(codes: Sequence[IrisCode]) -> IrisCode:
    """One code of the frames or sittings of one eye; it compares, and is stored, as any other.

    All are turned to the one that is nearest to all others. A bit is what most codes that see it say; it counts where a
    third of the codes see it and more than three of five of these agree: both of two, two of three, three of four. What
    they do not agree on is fragile, and left out. The result is turned as the first code is; apart from that the order
    does not matter. A code merged with itself is itself, and so is a single one.

    Every code has one vote, a merged one too: to add a frame, merge the frames again.

    Parameters
    ----------
    codes : sequence of IrisCode
        One or more.

    Raises
    ------
    ValueError
        There is none; they are of different versions; or one is not of the eye that most of the others are of (farther
        from the middle one than a false match rate of 0.001 allows): the message names it by its place, from 0.

    References
    ----------
    K. Hollingsworth, K. Bowyer, P. Flynn, IEEE PAMI 31(6), 2009 (fragile bits); S. Ziauddin, M. Dailey, ICIP 2008
    (weighted majority of enrolment codes).
    """
    if not codes:
        raise ValueError("there is no code to merge")
    if len({code.version for code in codes}) > 1:
        raise ValueError(f"codes of versions {sorted({code.version for code in codes})} do not merge")
    if len(codes) == 1:
        return codes[0]
    middle, shifts = _aligned(codes)
    # Turning all to the first instead of to the middle one turns the vote, and changes nothing else.
    turns = [shift - shifts[0] for shift in shifts]
    ones = np.zeros((PARTS, ROWS, COLUMNS), np.int32)
    seen = np.zeros_like(ones)
    for code, turn in zip(codes, turns, strict=True):
        bits, mask = (np.roll(unpacked(words), turn, axis=-1) for words in (code.bits, code.mask))
        ones += bits & mask
        seen += mask
    agreeing = np.maximum(ones, seen - ones)
    counts = (seen >= max(1.0, _LEAST_SEEN * len(codes))) & (agreeing > _LEAST_AGREEMENT * seen)
    return IrisCode(packed((2 * ones > seen) & counts), packed(counts), codes[middle].version)


def _aligned(codes: Sequence[IrisCode]) -> tuple[int, list[int]]:
    """The code nearest to all others, and by how many columns each turns to lie on it.

    Raises
    ------
    ValueError
        One is too far from it to be of the same eye.
    """
    count = len(codes)
    apart = np.zeros((count, count))
    turn = np.zeros((count, count), np.intp)
    for one in range(count):
        # One preparation of all turns serves all comparisons with this code.
        bits, mask = turned_codes(codes[one])
        for other in range(one + 1, count):
            apart[one, other], turn[one, other] = _best_turn(bits, mask, codes[other])
            apart[other, one], turn[other, one] = apart[one, other], -turn[one, other]
    sums = np.round(apart.sum(axis=0), 9)
    middle = min(range(count), key=lambda index: (sums[index], encode_code(codes[index])))
    limit = distance_at_fmr(_SAME_EYE_FMR)
    strangers = [index for index in range(count) if apart[index, middle] > limit]
    if strangers:
        told = ", ".join(f"{index} (distance {apart[index, middle]:.3f})" for index in strangers)
        raise ValueError(f"not of one eye: code {told} against code {middle}, {limit:.3f} is the limit")
    return middle, [int(turn[index, middle]) for index in range(count)]


def _best_turn(bits: NDArray[np.uint64], mask: NDArray[np.uint64], other: IrisCode) -> tuple[float, int]:
    """Distance of `other` from (33, 512) turned codes, and the columns of the least turn at which it is least."""
    common = mask & other.mask.reshape(-1)
    differing = (bits ^ other.bits.reshape(-1)) & common
    counts = (np.bitwise_count(words).sum(axis=1, dtype=np.int64).tolist() for words in (differing, common))
    found = [distance(*both) for both in zip(*counts, strict=True)]
    best = min(_NEAREST_FIRST, key=found.__getitem__)
    return found[best], best - MOST_SHIFT

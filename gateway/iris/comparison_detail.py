"""What a comparison of two codes rests on: the turn at which they agree best, and which bits of it do."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.iris.code import COLUMNS, IrisCode, unpacked
from gateway.iris.comparison import LEAST_COUNT, best_turn


@dataclass(frozen=True)
class ComparisonDetail:
    """How two codes compare.

    Parameters
    ----------
    distance : float
        As `compare` gives it.
    shift : int
        Columns of 256 by which the first has to be turned, clockwise in the image, to lie on the second; -16 to 16.
    common : int
        Bits that count in both at that turn.
    differing : int
        Those of them that differ.
    """

    distance: float
    shift: int
    common: int
    differing: int

    @property
    def shift_degrees(self) -> float:
        """The turn in degrees, clockwise in the image."""
        return self.shift * 360 / COLUMNS

    @property
    def decidable(self) -> bool:
        """Whether enough bits are common for a distance that says anything."""
        return self.common >= LEAST_COUNT


@dataclass(frozen=True, eq=False)
class BitAgreement:
    """Two codes laid on each other, bit by bit.

    Parameters
    ----------
    common, differing : (8, 16, 256) bool
        Where both count, and where they differ then; in the columns of the second code.
    """

    common: NDArray[np.bool_]
    differing: NDArray[np.bool_]


def compared(a: IrisCode, b: IrisCode) -> ComparisonDetail:
    """`compare` with the turn and the counts it rests on.

    Raises
    ------
    ValueError
        The codes are of different versions.
    """
    best = best_turn(a, b)
    return ComparisonDetail(best.distance, best.shift, best.common, best.differing)


def bit_agreement(a: IrisCode, b: IrisCode, shift: int) -> BitAgreement:
    """The bits of `a`, turned by `shift` columns of 256 clockwise, laid on those of `b`."""
    bits, mask = (np.roll(unpacked(words), shift, axis=-1) for words in (a.bits, a.mask))
    common = mask & unpacked(b.mask)
    return BitAgreement(common, common & (bits ^ unpacked(b.bits)))

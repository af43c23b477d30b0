"""An iris code: the signs of filter responses on the unrolled ring, and which of them count."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CODE_VERSION = 1
"""Raised whenever the code of any image may change; codes of different versions do not compare."""
PARTS, ROWS, COLUMNS = 8, 16, 256
"""2 wavelengths x 2 diagonals x real and imaginary part; over rows from the pupil outwards and columns of angle."""
_WORDS = COLUMNS // 64


@dataclass(frozen=True, eq=False)
class IrisCode:
    """Phase bits of one iris.

    Parameters
    ----------
    bits, mask : (8, 16, 4) uint64
        Column c of 256 is bit c % 64 of word c // 64; columns go clockwise in the image from its +x. A bit counts
        where its mask is 1, and is 0 where it does not.
    version : int
        Of the encoder, `CODE_VERSION`.

    Raises
    ------
    ValueError
        An array of another shape or dtype.
    """

    bits: NDArray[np.uint64]
    mask: NDArray[np.uint64]
    version: int = CODE_VERSION

    def __post_init__(self) -> None:
        for name, array in (("bits", self.bits), ("mask", self.mask)):
            if array.shape != (PARTS, ROWS, _WORDS) or array.dtype != np.uint64:
                raise ValueError(f"{name} of a code are (8, 16, 4) uint64, not {array.shape} {array.dtype}")

    @property
    def counted(self) -> int:
        """How many bits count."""
        return int(np.bitwise_count(self.mask).sum(dtype=np.int64))


def packed(flags: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """(..., 256) bool as (..., 4) uint64, the first column in the lowest bit."""
    return np.packbits(flags, axis=-1, bitorder="little").view("<u8").astype(np.uint64, copy=False)


def unpacked(words: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """(..., 4) uint64 as (..., 256) bool."""
    octets = np.ascontiguousarray(words, "<u8").view(np.uint8)
    return np.unpackbits(octets, axis=-1, bitorder="little").astype(bool)

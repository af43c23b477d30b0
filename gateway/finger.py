"""The values of a finger that every room shares: position, impression, minutiae."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class FingerPosition(IntEnum):
    """Finger position codes (ISO/IEC 19794-2:2011 table 5, ANSI/NIST-ITL table 8)."""

    UNKNOWN = 0
    RIGHT_THUMB = 1
    RIGHT_INDEX = 2
    RIGHT_MIDDLE = 3
    RIGHT_RING = 4
    RIGHT_LITTLE = 5
    LEFT_THUMB = 6
    LEFT_INDEX = 7
    LEFT_MIDDLE = 8
    LEFT_RING = 9
    LEFT_LITTLE = 10


class SlapHand(IntEnum):
    """Position codes of slaps (ISO/IEC 19794-4:2011 table 6, ANSI/NIST-ITL table 8), and 0 for one of either hand."""

    EITHER_FOUR = 0
    """Four fingers of one hand, right or left."""
    RIGHT_FOUR = 13
    LEFT_FOUR = 14
    TWO_THUMBS = 15

    @property
    def positions(self) -> tuple[FingerPosition, ...]:
        """Its fingers, as they lie from left to right; none for either hand."""
        return _SLAP_POSITIONS[self]


_SLAP_POSITIONS: dict[SlapHand, tuple[FingerPosition, ...]] = {
    SlapHand.EITHER_FOUR: (),
    SlapHand.RIGHT_FOUR: tuple(FingerPosition(code) for code in (2, 3, 4, 5)),
    SlapHand.LEFT_FOUR: tuple(FingerPosition(code) for code in (10, 9, 8, 7)),
    SlapHand.TWO_THUMBS: (FingerPosition.LEFT_THUMB, FingerPosition.RIGHT_THUMB),
}
SLAP_CODES = frozenset(int(hand) for hand in SlapHand if hand)
"""Finger position codes that are slaps."""


class ImpressionType(IntEnum):
    """Impression type codes (ISO/IEC 19794-2:2011 table 8)."""

    LIVE_SCAN_PLAIN = 0
    LIVE_SCAN_ROLLED = 1
    NON_LIVE_SCAN_PLAIN = 2
    NON_LIVE_SCAN_ROLLED = 3
    LATENT = 7
    SWIPE = 8
    LIVE_SCAN_CONTACTLESS = 24
    OTHER = 28
    UNKNOWN = 29


class MinutiaType(IntEnum):
    """Minutia type codes (ISO/IEC 19794-2:2005, 7.4.2)."""

    OTHER = 0
    RIDGE_ENDING = 1
    BIFURCATION = 2


@dataclass(frozen=True, eq=False)
class FingerTemplate:
    """The minutiae of one impression, in the pixels of the image they were found in.

    Parameters
    ----------
    x, y : (n,) float32
        Pixels from the top left corner, x to the right, y down.
    angle : (n,) float32
        Radians in [0, 2 pi), counter-clockwise from the positive x axis as the image is seen. A ridge ending
        points into its own ridge, a bifurcation into the valley between its two closest branches.
    kind : (n,) uint8
        `MinutiaType` codes.
    quality : (n,) uint8
        1 to 100; 0 where it is not known.
    width, height : int
        Size of the image in pixels.
    ppi : float
        Sampling rate of those pixels, per inch.
    """

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    angle: NDArray[np.float32]
    kind: NDArray[np.uint8]
    quality: NDArray[np.uint8]
    width: int
    height: int
    ppi: float

    def __post_init__(self) -> None:
        count = len(self.x)
        for name in ("x", "y", "angle", "kind", "quality"):
            if getattr(self, name).shape != (count,):
                raise ValueError(f"{name} has shape {getattr(self, name).shape}, not ({count},)")
        if not self.ppi > 0 or self.width < 1 or self.height < 1:
            raise ValueError(f"no image of {self.width}x{self.height} at {self.ppi} ppi")

    def __len__(self) -> int:
        return len(self.x)

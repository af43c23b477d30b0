"""Which part of a frame becomes the portrait: three by four, with the margins of a full frontal image."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.portrait.head import Head

ASPECT = 3 / 4
"""Width over height, as a portrait on a card is shown."""
_HEAD_SHARE = 0.55
"""Of the width: an image is 1.4 to 2 heads wide (ISO/IEC 19794-5:2005, 8.3.4)."""
_MOST_HEAD_SHARE = 0.71
_EYES_FROM_TOP = 0.42
"""Of the height: the eyes lie 50 to 70 percent above the lower edge (clause 8.3.3), and the head in 80 percent of it
(clause 8.3.5)."""


@dataclass(frozen=True)
class Framing:
    """A part of a frame: whole pixels."""

    left: int
    top: int
    width: int
    height: int

    def cut(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The part of `pixels`, a copy."""
        return pixels[self.top : self.top + self.height, self.left : self.left + self.width].copy()


@dataclass(frozen=True)
class Fit:
    """How a head fits into its frame.

    Parameters
    ----------
    framing : Framing
    too_large : bool
        A full frontal image about it would be larger than the frame.
    off_centre : bool
        It would fit, were the head elsewhere.
    """

    framing: Framing
    too_large: bool
    off_centre: bool


def fitted(shape: tuple[int, ...], head: Head) -> Fit:
    """The portrait about a head in a frame of that shape, (height, width, ...).

    Nothing is drawn beyond the frame: where the margins are not in it they are smaller.
    """
    high, wide = shape[:2]
    wanted = head.width / _HEAD_SHARE
    least = head.width / _MOST_HEAD_SHARE
    room = min(wide, high * ASPECT)
    x, y = head.centre
    # As much as there is on the narrower side, so that the head stays in the middle.
    about = 2 * min(x + 0.5, wide - x - 0.5)
    above, below = (y + 0.5) / _EYES_FROM_TOP, (high - y - 0.5) / (1 - _EYES_FROM_TOP)
    centred = min(about, ASPECT * above, ASPECT * below)
    too_large = room < least
    width = min(wanted, room, max(centred, least))
    return Fit(_placed(wide, high, x, y, width), too_large, not too_large and centred < least)


def portrait_framing(shape: tuple[int, ...], head: Head | None) -> Framing:
    """The portrait about a head; without one the middle of the frame, as large as it can be."""
    high, wide = shape[:2]
    if head is None:
        return _placed(wide, high, wide / 2, _EYES_FROM_TOP * high, min(wide, high * ASPECT))
    return fitted(shape, head).framing


def _placed(wide: int, high: int, x: float, y: float, width: float) -> Framing:
    columns = max(1, min(wide, round(width)))
    rows = max(1, min(high, round(columns / ASPECT)))
    left = min(max(0, round(x + 0.5 - columns / 2)), wide - columns)
    top = min(max(0, round(y + 0.5 - _EYES_FROM_TOP * rows)), high - rows)
    return Framing(left, top, columns, rows)

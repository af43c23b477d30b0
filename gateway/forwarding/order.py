"""What goes first: news of every packet, then what is small of every packet, then the rest, the oldest first.

So the centre knows within a few kilobytes what waits in an office, and can search by templates before the first image
arrives. A packet that waits for its next try, a supplement, one in quarantine: none stands in the way of another.
"""

from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import Protocol, TypeVar

from gateway.forwarding.packet import UNDER_WAY, PacketState

OFFER_MOST = 500
"""Notices in one call (`WayOut.offer`)."""
PIECE_S = 20.0
"""A send is cut so that it lasts about so long: what is small and new does not wait longer."""
SMALLEST_PIECE, LARGEST_PIECE = 256 << 10, 8 << 20
"""Bytes of a send, while the quota allows them."""
CRUMB = 64 << 10
"""What is left of a part goes with the send before it where it is no more: a send of its own waits for the way there
and back twice. A packet's first chunk with its front is a little more than `SMALLEST_PIECE`."""


class Phase(IntEnum):
    """What a packet needs next; lower goes first."""

    OFFER = 0
    """To tell the centre of it, and learn what it has."""
    EARLY = 1
    """To send its small parts."""
    REST = 2
    NOTHING = 3


class Candidate(Protocol):
    """What the order is made by."""

    @property
    def number(self) -> int:
        """Its place in the order of coming."""
        ...

    @property
    def not_before_s(self) -> float:
        """Counted seconds before which it is left alone."""
        ...


C = TypeVar("C", bound=Candidate)


def phase_of(
    state: PacketState, offered: bool, acknowledged: int, early_bytes: int, size: int, attempts: int = 0
) -> Phase:
    """What a packet needs next.

    One whose bytes are all acknowledged, and that has no receipt, is completed once more (a send of no bytes, as the
    centre may have stopped before its end) and offered again, in turn: either answer brings the receipt. One with a
    receipt is offered when the centre was put back from a backup (`offered` is taken back then).
    """
    if state in UNDER_WAY:
        if not offered or (acknowledged >= size and attempts % 2):
            return Phase.OFFER
        return Phase.EARLY if acknowledged < min(early_bytes, size) else Phase.REST
    if state in (PacketState.RECEIVED, PacketState.ERASED) and not offered:
        return Phase.OFFER
    return Phase.NOTHING


def offers_due(candidates: Iterable[tuple[Phase, C]], now_s: float, most: int = OFFER_MOST) -> list[C]:
    """Those to tell the centre of in the next call, the oldest first."""
    due = (each for phase, each in candidates if phase is Phase.OFFER and each.not_before_s <= now_s)
    return sorted(due, key=lambda each: each.number)[:most]


def next_to_send(candidates: Sequence[tuple[Phase, C]], now_s: float, *, small_only: bool = False) -> C | None:
    """Whose bytes go next; None where nobody's may.

    Parameters
    ----------
    candidates : sequence of (Phase, Candidate)
    now_s : float
    small_only : bool
        The quota of the large is used up.
    """
    wanted = (Phase.EARLY,) if small_only else (Phase.EARLY, Phase.REST)
    due = [(phase, each.number, each) for phase, each in candidates if phase in wanted and each.not_before_s <= now_s]
    return min(due, key=lambda each: each[:2])[2] if due else None


def piece_end(acknowledged: int, early_bytes: int, size: int, allowance: int | None, bytes_per_s: float | None) -> int:
    """Up to which byte the next send goes: no further than the small parts, the quota, or about `PIECE_S`.

    Parameters
    ----------
    acknowledged : int
        Where the send begins.
    early_bytes, size : int
    allowance : int or None
        Bytes that the quota allows, 1 at least; None without one.
    bytes_per_s : float or None
        Measured goodput; None before the first measurement.
    """
    goal = early_bytes if acknowledged < early_bytes < size else size
    most = SMALLEST_PIECE if bytes_per_s is None else int(bytes_per_s * PIECE_S)
    end = min(goal, acknowledged + min(max(most, SMALLEST_PIECE), LARGEST_PIECE - CRUMB))
    end = goal if goal - end <= CRUMB else end
    return end if allowance is None else min(end, acknowledged + max(1, allowance))

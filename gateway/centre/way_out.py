"""A way from the office to its centre: one interface over whatever carries it."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from gateway.centre.packet_notice import PacketNotice, PacketStanding


class UnreachableCause(StrEnum):
    """Why the centre was not reached, as far as the way can tell."""

    NO_ROUTE = "no_route"
    NAME = "name"
    """Its name does not resolve, or to nothing that can be it."""
    TIMEOUT = "timeout"
    REFUSED = "refused"
    """Nothing listens there."""
    CUT = "cut"
    """The connection broke off."""
    CERTIFICATE = "certificate"
    """Theirs is not what was expected: expired, by another authority, of another name, as a captive portal's is."""
    OWN_CERTIFICATE = "own_certificate"
    """Ours is expired, or not accepted."""
    CLOCK = "clock"
    """A certificate is out of date by a clock of ours that is plainly wrong."""
    GARBAGE = "garbage"
    """What answers is not a centre."""
    OTHER = "other"


class WayOutError(Exception):
    """The centre could not be asked; nothing is lost, and all can be asked again."""


class CentreUnreachable(WayOutError):
    """Nobody answered, or not the centre."""

    def __init__(self, cause: UnreachableCause, detail: str) -> None:
        super().__init__(detail)
        self.cause = cause
        self.detail = detail


class CentreBusy(WayOutError):
    """The centre answers, and asks for time."""

    def __init__(self, detail: str, retry_after_s: float | None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after_s = retry_after_s
        """None: it does not say."""


class CentreCondition(StrEnum):
    """How the centre says it does."""

    ACCEPTING = "accepting"
    BUSY = "busy"
    """It takes little; obey `retry_after_s`."""
    CLOSED = "closed"
    """It takes nothing: maintenance, a full store."""


@dataclass(frozen=True)
class CentreState:
    """The centre's own word on itself."""

    centre_id: str
    ledger_id: str
    last_sequence: int
    """Of the answers for this gateway: smaller than one that was seen already in this ledger, or another ledger, means
    that the centre was put back from a backup."""
    condition: CentreCondition
    retry_after_s: float | None
    announcements: tuple[bytes, ...]
    """JWS, those in force."""
    centre_is_silent: bool = False
    """What stands between answers for the centre, which has said nothing for a while: packets are taken, receipts come
    when it is back. Never of a way that leads to the centre itself."""


@dataclass(frozen=True)
class AnswerCursor:
    """Up to where answers were taken."""

    ledger_id: str = ""
    sequence: int = 0


class WayOut(Protocol):
    """One way to the centre; belongs to one event loop. Each call is bounded in time, and leaves nothing half done
    when it is cancelled.

    Every call raises `CentreUnreachable` where the centre was not reached, and `CentreBusy` where it asks for time.
    """

    async def centre(self) -> CentreState:
        """Ask the centre how it does: small, and what the link is judged by."""
        ...

    async def offer(self, notices: Sequence[PacketNotice]) -> Sequence[PacketStanding]:
        """Tell of packets, up to 500 at once; answered one by one, in their order. Told twice, it has one effect."""
        ...

    async def send(
        self,
        notice: PacketNotice,
        offset: int,
        end: int,
        read: Callable[[int, int], bytes],
        acknowledged: Callable[[int], None],
    ) -> PacketStanding:
        """Send bytes `offset` to `end` of a packet's file; `end` == `notice.size` completes it.

        Parameters
        ----------
        notice : PacketNotice
        offset, end : int
            The first byte, and the one after the last.
        read : callable
            Bytes (from, to) of the file; called in a thread, for up to 256 KiB at once.
        acknowledged : callable
            Told of each offset up to which the centre has the bytes durably; called in the loop.

        Returns
        -------
        PacketStanding
            Of the packet afterwards. Where the centre has another offset than `offset`, nothing is sent and its
            standing is given: go on from there.
        """
        ...

    def answers(self, cursor: AnswerCursor) -> AsyncIterator[tuple[AnswerCursor, bytes]]:
        """Receipts and statuses (JWS) after the cursor, oldest first, each with the cursor after it; ends with the
        last. A ledger that the cursor does not name starts from its first."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...

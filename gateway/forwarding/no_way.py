"""The way out of an office that has none: packets leave by hand, and receipts come so."""

from collections.abc import AsyncIterator, Callable, Sequence

from gateway.centre import (
    AnswerCursor,
    CentreState,
    CentreUnreachable,
    PacketNotice,
    PacketStanding,
    UnreachableCause,
)


class NoWay:
    """A `WayOut` to nowhere: with it the forwarder still applies answers that were carried here, and erases."""

    async def centre(self) -> CentreState:
        """See `WayOut`."""
        raise _unreachable()

    async def offer(self, notices: Sequence[PacketNotice]) -> Sequence[PacketStanding]:
        """See `WayOut`."""
        raise _unreachable()

    async def send(
        self,
        notice: PacketNotice,
        offset: int,
        end: int,
        read: Callable[[int, int], bytes],
        acknowledged: Callable[[int], None],
    ) -> PacketStanding:
        """See `WayOut`."""
        raise _unreachable()

    async def answers(self, cursor: AnswerCursor) -> AsyncIterator[tuple[AnswerCursor, bytes]]:
        """See `WayOut`."""
        raise _unreachable()
        yield cursor, b""  # an asynchronous generator, as others are

    async def close(self) -> None:
        """See `WayOut`."""
        return


def _unreachable() -> CentreUnreachable:
    return CentreUnreachable(UnreachableCause.NO_ROUTE, "no way to the centre is set up")

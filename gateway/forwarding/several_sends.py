"""Several packets on their way at once: on a line with a long way there and back, one alone leaves it idle."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Set
from typing import Any

from gateway.forwarding.packet import QueuedPacket

MOST = 12
"""At once; the centre takes 16 of one office. Each waits twice for the way there and back, and once for the verdict:
of 80 Mbit/s with 50 ms there and back, on a busy machine, 6 and 8 carried 69 %, 12 carried 88 % (500 KB each)."""
ROUND_S = 20.0
"""After so long no further one is begun until what is new had its turn."""
_LONG_ROUND_S = 1.5 * ROUND_S
"""A line on which a round takes longer is a slow one: 12 times 256 KiB are a minute at 50 kB/s, and with two under way
the way there and back is little beside what each takes."""


class AtOnce:
    """How many packets are sent at once: fewer where the centre asked for time meanwhile, and on a slow line.

    Parameters
    ----------
    most : int
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self.now = most

    def went(self, seconds: float) -> None:
        """A round was taken whole, and took so long: one more, or half where what was begun did not come to its end."""
        self.now = min(self._most, self.now + 1) if seconds <= _LONG_ROUND_S else min(self.now, max(2, self.now // 2))

    def was_too_much(self) -> None:
        """The centre asked for time: half. It may take fewer of one office than this would send."""
        self.now = max(1, self.now // 2)


async def send_several(
    next_packet: Callable[[Set[str]], Awaitable[QueuedPacket | None]],
    send: Callable[[QueuedPacket], Coroutine[Any, Any, None]],
    most: int,
    clock: Callable[[], float],
) -> None:
    """Send packets, each in its own task, until there is none, one fails, or the round is over; all have ended then.

    Parameters
    ----------
    next_packet : callable
        Whose bytes go next beside those that are under way, given by their ids.
    send : callable
        Sends one; what it raises ends the round.
    most : int
    clock : callable
        Seconds of a monotonic clock.

    Raises
    ------
    Exception
        Of the first send that failed; the others have come to their end.
    """
    over_s = clock() + ROUND_S
    under_way: dict[asyncio.Task[None], str] = {}
    failure: BaseException | None = None
    try:
        while True:
            while failure is None and len(under_way) < most and clock() < over_s:
                packet = await next_packet(frozenset(under_way.values()))
                if packet is None:
                    break
                under_way[asyncio.create_task(send(packet))] = packet.packet_id
            if not under_way:
                break
            done, _ = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                del under_way[task]
                error = task.exception()  # of each: else asyncio takes it for one that nobody looked at
                failure = failure or error
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
    if failure is not None:
        raise failure

"""Keeps the mirror of what waits while the gateway serves: soon after each seal, and every few minutes."""

import asyncio
import contextlib
from collections.abc import Callable, Collection
from pathlib import Path

import structlog

from gateway.bundle import MirrorKeeper
from gateway.forwarding import ForwardingError, PacketQueue, PacketState
from gateway.going_on import going_on
from gateway.guidance import LocalizedText

log = structlog.get_logger(__name__)

LOOK_PERIOD_S = 300.0


class MirrorWatch:
    """Belongs to the event loop's thread, but for `sealed`; without a medium it does nothing.

    Parameters
    ----------
    state, packets : Path
    medium : Path or None
        None: there is no mirror.
    gateway_id : str
    queue : PacketQueue
        Knows which packets were erased after a receipt.
    taken_back : callable
        Called in a thread when packets came back from the mirror.
    """

    def __init__(
        self,
        state: Path,
        packets: Path,
        medium: Path | None,
        gateway_id: str,
        queue: PacketQueue,
        taken_back: Callable[[], None],
    ) -> None:
        def erased(packet_ids: Collection[str]) -> list[str]:
            known = {each.packet_id for each in queue.packets([PacketState.ERASED])}
            return [each for each in packet_ids if each in known]

        self.keeper = MirrorKeeper(state, packets, medium, gateway_id, erased) if medium is not None else None
        self._taken_back = taken_back
        self._loop = asyncio.get_running_loop()
        self._sealed: asyncio.Queue[str] = asyncio.Queue()

    def sealed(self, packet_id: str) -> None:
        """A packet was sealed: copy it soon. Called in the thread that sealed it."""
        if self.keeper is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: the gateway stops
                self._loop.call_soon_threadsafe(self._sealed.put_nowait, packet_id)

    async def run(self) -> None:
        """Look now and every few minutes, and copy each packet as it is sealed, until cancelled."""
        if self.keeper is None:
            return
        while True:
            await asyncio.to_thread(self._look, self.keeper)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_PERIOD_S):
                    while True:
                        await asyncio.to_thread(self._copy, self.keeper, await self._sealed.get())

    def warnings(self) -> list[LocalizedText]:
        """What needs a person, now."""
        return self.keeper.status.warnings() if self.keeper is not None else []

    def _copy(self, keeper: MirrorKeeper, packet_id: str) -> None:
        with going_on("mirror_not_written", packet=packet_id):  # the next look tries it again
            keeper.sealed(packet_id)

    def _look(self, keeper: MirrorKeeper) -> None:
        before = keeper.status.returned
        try:
            status = keeper.look()
        except ForwardingError as error:
            log.error("mirror_not_looked_at", cause=str(error))  # the outbox itself is told as a warning of its own
            return
        except Exception:
            log.exception("mirror_not_looked_at")  # a bug must not end what keeps the mirror
            return
        if status.returned != before:
            self._taken_back()

"""The last step of a reception, for several packets at once: their names, their rows, the mark; then it may be told.

The order is what makes it whole whenever it is cut off: a file has its bytes on the disk before it has its name, its
name before the store speaks of it, the store's transaction and the ledger's mark before a receipt is signed.
"""

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from gateway.central.answers import whole_milliseconds
from gateway.central.chain_forks import alarm
from gateway.central.errors import StoreUnavailable, StoreWentBack
from gateway.central.ledger import Ledger
from gateway.central.metrics import BATCH_PACKETS
from gateway.central.parts import PacketFolders, fault
from gateway.central.store import CentreStore, StoredPacket, VerifiedPacket
from gateway.centre import PacketNotice
from gateway.durable_file import flush_folder
from gateway.guidance import LocalizedText

_MOST_AT_ONCE = 64


@dataclass(frozen=True)
class _Waiting:
    packet: VerifiedPacket
    notice: PacketNotice
    done: "asyncio.Future[StoredPacket | None]"


class Receiver:
    """Holds packets that were verified; used by one event loop, works in one thread.

    Parameters
    ----------
    store : CentreStore
    ledger : Ledger
    folders : PacketFolders
    threads : Executor
    """

    def __init__(self, store: CentreStore, ledger: Ledger, folders: PacketFolders, threads: Executor) -> None:
        self._store, self._ledger, self._folders, self._threads = store, ledger, folders, threads
        self._waiting: list[_Waiting] = []
        self._working: asyncio.Task[None] | None = None
        self._one_by_one = threading.Lock()

    async def hold(self, packet: VerifiedPacket, notice: PacketNotice) -> StoredPacket | None:
        """Hold a packet whose part is whole, verified and flushed.

        Returns
        -------
        StoredPacket or None
            As stored; another digest than the packet's means that another of that name was there before, and stays.
            None where the gateway is not registered any more.

        Raises
        ------
        StoreError, StateUnusable
            It is not held; its bytes are still there.
        """
        waiting = _Waiting(packet, notice, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work())
        # Whoever waits may go away; what was begun is ended all the same.
        return await asyncio.shield(waiting.done)

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch, self._waiting = self._waiting[:_MOST_AT_ONCE], self._waiting[_MOST_AT_ONCE:]
            BATCH_PACKETS.observe(len(batch))
            work = loop.run_in_executor(self._threads, self._held, [(each.packet, each.notice) for each in batch])
            results = (await asyncio.gather(work, return_exceptions=True))[0]
            for number, each in enumerate(batch):
                if each.done.cancelled():
                    continue
                result = results if isinstance(results, BaseException) else results[number]
                if isinstance(result, BaseException):
                    each.done.set_exception(result)
                    each.done.exception()  # taken: whoever waited may be gone
                else:
                    each.done.set_result(result)

    def _held(self, batch: Sequence[tuple[VerifiedPacket, PacketNotice]]) -> list[StoredPacket | BaseException | None]:
        with self._one_by_one:
            results: list[StoredPacket | BaseException | None] = [None] * len(batch)
            published = self._published(batch, results)
            if published:
                stored = self._received([batch[number][0] for number in published])
                for number, packet in zip(published, stored, strict=True):
                    results[number] = packet
        return results

    def _published(
        self,
        batch: Sequence[tuple[VerifiedPacket, PacketNotice]],
        results: list[StoredPacket | BaseException | None],
    ) -> list[int]:
        """Give the files their names, save where another packet of that name is held; which they are."""
        published: list[int] = []
        folders, names = set(), set()
        held = self._held_already([packet for packet, _ in batch])
        for number, (packet, notice) in enumerate(batch):
            name = packet.gateway_id, packet.packet_id
            before = held.get(name)
            if (before is not None and before.sha256 != packet.sha256) or name in names:
                results[number] = before or _twice()
                continue
            try:
                folders.add(self._folders.publish(packet.gateway_id, notice))
            except OSError as error:
                results[number] = fault(self._folders.packets, error)
                continue
            names.add(name)
            published.append(number)
        try:
            for folder in folders:
                flush_folder(folder)
        except OSError as error:
            raise fault(self._folders.packets, error) from error
        return published

    def _held_already(self, packets: Sequence[VerifiedPacket]) -> dict[tuple[str, str], StoredPacket]:
        by_gateway: dict[str, list[str]] = {}
        for packet in packets:
            by_gateway.setdefault(packet.gateway_id, []).append(packet.packet_id)
        return {
            (gateway_id, each.packet_id): each
            for gateway_id, names in by_gateway.items()
            for each in self._store.packets(gateway_id, names).values()
        }

    def _received(self, packets: Sequence[VerifiedPacket]) -> Sequence[StoredPacket | None]:
        mark = self._ledger.mark
        try:
            reception = self._store.receive(packets, whole_milliseconds(), mark)
        except StoreWentBack:
            # A server that was put back while this one runs; what it lacks, offices send again.
            self._ledger.follow(mark, self._store.ordinal())
            reception = self._store.receive(packets, whole_milliseconds(), self._ledger.mark)
        self._ledger.reached(reception.ordinal)
        alarm(reception.forks)
        return reception.packets


def _twice() -> StoreUnavailable:
    return StoreUnavailable(
        LocalizedText(
            id="Paket dengan nama yang sama sedang disimpan; kirim lagi sebentar lagi.",
            en="A packet of the same name is being kept; send it again in a moment.",
        )
    )

"""One upload: bytes of a packet are taken, flushed and told; a whole packet is verified and held."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from gateway.central.admission import Admission, TurnedAway
from gateway.central.claims import Claim
from gateway.central.errors import CentralError, StoreFull
from gateway.central.intake import UploadIntake
from gateway.central.metrics import PACKETS, RECEIVED_BYTES, RECEPTION_SECONDS, VERIFYING
from gateway.central.parts import PacketFolders, PartFile
from gateway.central.reception import Receiver
from gateway.central.standings import Standings, no_room, taken, unknown
from gateway.central.store import StoredPacket
from gateway.central.verdict import Verdict, verdict_on
from gateway.centre import PacketNotice, PacketStanding, StandingState

FLUSH_BYTES = 1 << 20
FLUSH_S = 4.0
"""What came is flushed and told at the latest after so many bytes or seconds: on a slow line it is the progress."""
IDLE_S = 90.0
"""Without a whole message for so long, an upload is ended: its place is for others, what came stays."""

_T = TypeVar("_T")
Read = Callable[[], Awaitable[bytes | None]]
"""The next bytes; None at the end."""
Tell = Callable[[int], Awaitable[None]]
"""Of how many bytes are durable."""


@dataclass(frozen=True)
class UploadPorts:
    """What uploads work with."""

    folders: PacketFolders
    standings: Standings
    receiver: Receiver
    admission: Admission
    disk_threads: Executor
    """For what waits for the disk."""
    verdict_threads: Executor
    """For what computes: no more than the machine has processors."""


class TooManyBytes(Exception):
    """The client sends more than its notice says."""


class Upload:
    """Takes the bytes of one packet, and what becomes of it; used by one event loop.

    Parameters
    ----------
    ports : UploadPorts
    gateway_id : str
    notice : PacketNotice
    claim : Claim
        The caller's, until `settle` returns.
    """

    def __init__(self, ports: UploadPorts, gateway_id: str, notice: PacketNotice, claim: Claim) -> None:
        self._ports, self._gateway_id, self._notice, self._claim = ports, gateway_id, notice, claim
        self._part: PartFile | None = None
        self._buffer = bytearray()
        self._at_disk: asyncio.Future[Any] | None = None
        self._finishing: asyncio.Task[PacketStanding] | None = None

    async def taken(self, read: Read, tell: Tell, intake: UploadIntake) -> PacketStanding:
        """Take bytes until the client ends, is idle, or a newer upload comes.

        Raises
        ------
        TooManyBytes, TurnedAway
        StoreError, StateUnusable, KeyProblem
            The bytes that were told as durable are there.
        """
        part = await self._begun(self._open)
        try:
            ended = await self._pull(read, tell, intake)
            await self._flush(last=self._size == self._notice.size)
        except StoreFull:
            self._buffer.clear()
            return no_room(self._notice, part.size)
        if part.size < self._notice.size:
            if not ended and self._ports.admission.is_closed:
                wait_s = self._ports.admission.wait_s(self._gateway_id)
                raise TurnedAway("STOPPING", "The centre is stopping; come again.", wait_s)
            return PacketStanding(self._notice.packet_id, StandingState.PARTIAL, part.size)
        self._finishing = asyncio.create_task(self._finished(part))
        return await asyncio.shield(self._finishing)

    async def settle(self) -> None:
        """Keep what came and was not flushed, end what was begun, let go of the file; whoever asked may be gone."""
        if self._at_disk is not None:
            await asyncio.wait({self._at_disk})
            self._at_disk.exception()  # told to whoever asked
        if self._part is None:
            return
        try:
            if self._finishing is not None:
                await asyncio.wait({self._finishing})
                self._finishing.exception()  # told to whoever asked
            elif self._buffer:
                await self._flush(last=False)
        except CentralError:
            self._buffer.clear()
        finally:
            await self._on_disk(self._part.close)

    @property
    def _size(self) -> int:
        assert self._part is not None
        return self._part.size + len(self._buffer)

    async def _pull(self, read: Read, tell: Tell, intake: UploadIntake) -> bool:
        """Whether the client came to its end."""
        lost: asyncio.Future[Any] = asyncio.ensure_future(self._claim.lost.wait())
        flushed = heard = time.monotonic()
        reading: asyncio.Future[Any] | None = None
        try:
            while self._size < self._notice.size and not self._claim.lost.is_set():
                reading = reading or asyncio.ensure_future(read())
                await asyncio.wait({reading, lost}, timeout=FLUSH_S, return_when=asyncio.FIRST_COMPLETED)
                now = time.monotonic()
                if reading.done():
                    data, reading, heard = reading.result(), None, now
                    if data is None:
                        return True
                    if self._size + len(data) > self._notice.size:
                        raise TooManyBytes
                    self._buffer += data
                    intake.received += len(data)
                elif now - heard > IDLE_S:
                    return False
                due = len(self._buffer) >= FLUSH_BYTES or (self._buffer and now - flushed >= FLUSH_S)
                if due and self._size < self._notice.size:
                    await tell(await self._flush(last=False))
                    flushed = time.monotonic()
        finally:
            lost.cancel()
            if reading is not None:
                reading.cancel()
        return self._size == self._notice.size

    async def _flush(self, *, last: bool) -> int:
        assert self._part is not None
        if self._buffer:
            data, self._buffer = bytes(self._buffer), bytearray()
            await self._begun(self._append, data, last)
        return self._part.size

    def _open(self) -> PartFile:
        self._part = PartFile(self._ports.folders, self._gateway_id, self._notice)
        return self._part

    def _append(self, data: bytes, last: bool) -> None:
        assert self._part is not None
        self._part.append(data, last=last)
        RECEIVED_BYTES.inc(len(data))

    async def _finished(self, part: PartFile) -> PacketStanding:
        began = time.perf_counter()
        with self._ports.admission.verification(), VERIFYING.track_inprogress():
            known = await self._on_disk(self._ports.standings.anchors, self._gateway_id)
            if known is None:
                return unknown(self._gateway_id, self._notice)
            loop = asyncio.get_running_loop()
            arguments = part.path, self._notice, self._gateway_id, known[1], datetime.now(UTC)
            verdict = await loop.run_in_executor(self._ports.verdict_threads, verdict_on, *arguments)
            if verdict.packet is None:
                return await self._on_disk(self._not_held, part, verdict, known[0])
            try:
                stored = await self._ports.receiver.hold(verdict.packet, self._notice)
            except StoreFull:
                return no_room(self._notice, part.size)
            standing = await self._on_disk(self._held, part, stored)
        RECEPTION_SECONDS.observe(time.perf_counter() - began)
        return standing

    def _held(self, part: PartFile, stored: StoredPacket | None) -> PacketStanding:
        if stored is None:
            return unknown(self._gateway_id, self._notice)
        if stored.sha256 != self._notice.sha256:
            part.discard()
            PACKETS.labels("PACKET_ID_TAKEN").inc()
            return taken(self._notice)
        PACKETS.labels("received").inc()
        return self._ports.standings.received(stored)

    def _not_held(self, part: PartFile, verdict: Verdict, bundle: str) -> PacketStanding:
        standing = verdict.standing
        assert standing is not None
        PACKETS.labels(standing.reason).inc()
        if verdict.keeps_bytes:
            part.make_name_durable()
            self._ports.standings.withhold(self._gateway_id, self._notice, bundle, standing)
            return standing
        part.discard()
        is_doubtful = standing.reason == "DIGEST_WRONG" and not part.is_whole_here
        if is_doubtful and self._ports.standings.begin_again(self._gateway_id, self._notice):
            # The end of a file that was left by a power cut need not be what was sent: once more from the start, and
            # once alone, as a line that is paid by the byte carries it.
            return PacketStanding(self._notice.packet_id, StandingState.PARTIAL, 0)
        return standing

    async def _begun(self, work: Callable[..., _T], *arguments: object) -> _T:
        """Work on the file, which goes on though the client leaves: `settle` waits for it."""
        begun = asyncio.ensure_future(self._on_disk(work, *arguments))
        self._at_disk = begun
        return await asyncio.shield(begun)

    async def _on_disk(self, work: Callable[..., _T], *arguments: object) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._ports.disk_threads, work, *arguments)

"""The way over gRPC: straight to a centre's IngestService, TLS on both sides."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
from rekam.v1 import ingest_pb2 as pb
from rekam.v1 import ingest_pb2_grpc

from gateway.centre import (
    AnswerCursor,
    CentreBusy,
    CentreState,
    CentreUnreachable,
    PacketNotice,
    PacketStanding,
    StandingState,
    UnreachableCause,
)
from gateway.ways.ingest_messages import (
    answer_number,
    condition_of,
    no_centre,
    notice_message,
    standing_of,
    status_details,
)
from gateway.ways.tls_probe import PROBE_S, TlsPlace, own_certificate_fault, why_unreachable

READ_BYTES = 256 << 10
MESSAGE_BYTES = (8 << 10, READ_BYTES)
"""Least and most in one message: a message that is cut is sent again, so on a slow line it is small."""
MESSAGE_S = 2.0
"""How long one may take on the line as it was seen last."""
SMALL_CALL_S = 30.0
OFFERED_S = 2.0
"""More for each packet of an offer: its receipt has 1.5 KB, which a bad line carries in that."""
STALL_S = 180.0
"""What the smallest message takes at 50 bytes/s."""
_NO_CENTRE = (grpc.StatusCode.UNIMPLEMENTED, grpc.StatusCode.NOT_FOUND, grpc.StatusCode.UNKNOWN)
_OPTIONS: list[tuple[str, int]] = [
    ("grpc.enable_http_proxy", 0),
    # Of its own: else a new channel would inherit the pause that an old one's connection is in.
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.enable_retries", 0),  # who waits for how long is the forwarder's to say
    ("grpc.initial_reconnect_backoff_ms", 500),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    ("grpc.min_reconnect_backoff_ms", 10_000),  # how long one attempt to connect may take
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.max_receive_message_length", 4 << 20),
]
_WRITE_FAILED = "Internal error from Core"
"""What grpc.aio makes of a call that ended while it was written to."""
_OF_THE_LINE = (grpc.aio.AioRpcError, grpc.aio.UsageError, asyncio.InvalidStateError)


@dataclass(frozen=True)
class IngestPlace:
    """Where a centre is, and by what each side is known; the files are read at every new connection."""

    host: str
    port: int
    authority: Path | None
    """PEM: who issued the server's certificate; None: one of the system's authorities."""
    certificate: Path
    """PEM: this gateway's, with the URI `urn:rekam:gateway:ID`."""
    key: Path
    """PEM, not encrypted."""
    server_name: str = ""
    """In the server's certificate, where it is not `host`."""

    @property
    def tls(self) -> TlsPlace:
        """The same, for a look at what fails."""
        return TlsPlace(
            *(self.host, self.port, self.authority, self.certificate, self.key), self.server_name or self.host
        )


class IngestWay:
    """A `WayOut` over gRPC; belongs to one event loop.

    Parameters
    ----------
    place : IngestPlace
    clock : callable
        The time in UTC, by which our own certificate and a wrong clock are judged.
    stall_s : float
        A send in which nothing moves for so long is given up.
    """

    def __init__(
        self,
        place: IngestPlace,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        stall_s: float = STALL_S,
    ) -> None:
        self._place = place
        self._stall_s = stall_s
        self._clock = clock
        self._connection: _Connection | None = None
        self._bytes_per_s = float(MESSAGE_BYTES[1]) / 8

    async def centre(self) -> CentreState:
        """Ask the centre how it does."""
        async with self._stub() as stub:
            answer = await stub.GetCentre(pb.GetCentreRequest(), timeout=SMALL_CALL_S)
        return CentreState(
            *(answer.centre_id, answer.ledger_id, answer_number(answer.last_sequence)),
            condition_of(answer),
            answer.retry_after.ToMilliseconds() / 1000 if answer.HasField("retry_after") else None,
            tuple(answer.announcements),
        )

    async def offer(self, notices: Sequence[PacketNotice]) -> Sequence[PacketStanding]:
        """Tell of packets; answered in their order."""
        if not notices:
            return []
        try:
            return await self._offered(notices)
        except _Unfit as error:
            if len(notices) == 1:
                return [_refused(notices[0], error)]
            # One that the centre cannot read is not to hold up the others.
            half = len(notices) // 2
            return [*await self.offer(notices[:half]), *await self.offer(notices[half:])]

    async def _offered(self, notices: Sequence[PacketNotice]) -> Sequence[PacketStanding]:
        async with self._stub() as stub:
            request = pb.OfferPacketsRequest(notices=[notice_message(each) for each in notices])
            answer = await stub.OfferPackets(request, timeout=SMALL_CALL_S + OFFERED_S * len(notices))
        standings = [standing_of(each) for each in answer.standings]
        if [each.packet_id for each in standings] != [each.packet_id for each in notices]:
            raise no_centre("it answers of other packets than were offered")
        return standings

    async def send(
        self,
        notice: PacketNotice,
        offset: int,
        end: int,
        read: Callable[[int, int], bytes],
        acknowledged: Callable[[int], None],
    ) -> PacketStanding:
        """Send bytes `offset` to `end` of a packet's file."""
        if not 0 <= offset <= end <= notice.size:
            raise ValueError(f"bytes {offset} to {end} of {notice.size}")
        try:
            return await self._sent(notice, offset, end, read, acknowledged)
        except _Unfit as error:
            return _refused(notice, error)

    async def _sent(
        self,
        notice: PacketNotice,
        offset: int,
        end: int,
        read: Callable[[int, int], bytes],
        acknowledged: Callable[[int], None],
    ) -> PacketStanding:
        async with self._stub() as stub:
            call = stub.UploadPacket()
            # The centre answers while it still takes: both ways go at once.
            sending = _Sending()
            writing = asyncio.create_task(self._write(call, notice, (offset, end), read, sending))
            answered = asyncio.create_task(self._answered(call, offset, acknowledged, sending))
            try:
                while not answered.done():
                    if sending.still_s > self._stall_s:
                        raise TimeoutError
                    waited = {answered} if writing.done() else {answered, writing}
                    await asyncio.wait(waited, timeout=self._stall_s / 8, return_when=asyncio.FIRST_COMPLETED)
                    if writing.done():
                        _raise_own(writing)
                return answered.result()  # perhaps without the rest being taken
            except (grpc.aio.AioRpcError, TimeoutError):
                self._bytes_per_s /= 8  # what was cut is sent again: in smaller messages
                raise
            finally:
                for task in (writing, answered):
                    task.cancel()
                call.cancel()
                await asyncio.wait({writing, answered})
                _forget(writing, answered)

    async def answers(self, cursor: AnswerCursor) -> AsyncIterator[tuple[AnswerCursor, bytes]]:
        """Receipts and statuses after the cursor, oldest first."""
        async with self._stub() as stub:
            request = pb.FetchAnswersRequest(ledger_id=cursor.ledger_id, after_sequence=cursor.sequence)
            call = stub.FetchAnswers(request, timeout=None)
            try:
                while True:
                    async with _bounded(SMALL_CALL_S):
                        answer = await call.read()
                    if answer is grpc.aio.EOF:
                        break
                    yield AnswerCursor(answer.ledger_id, answer_number(answer.sequence)), answer.answer
                await _status_of(call)
            finally:
                call.cancel()

    async def close(self) -> None:
        """Let go of the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.retire()

    async def _write(
        self,
        call: Any,
        notice: PacketNotice,
        span: tuple[int, int],
        read: Callable[[int, int], bytes],
        sending: "_Sending",
    ) -> None:
        at, end = span
        await call.write(pb.UploadPacketRequest(start=pb.UploadStart(notice=notice_message(notice), offset=at)))
        # A centre that is busy, or has the packet, says so before a line that is paid by the byte carried any.
        await sending.wanted.wait()
        ahead = asyncio.ensure_future(_read(read, at, min(end, at + READ_BYTES)))
        try:
            while at < end:
                chunk, upto = await ahead, min(end, at + READ_BYTES)
                ahead = asyncio.ensure_future(_read(read, upto, min(end, upto + READ_BYTES)))
                if len(chunk) != upto - at:
                    raise ValueError(f"the packet's file gave {len(chunk)} bytes from {at} on, not {upto - at}")
                await self._write_chunk(call, memoryview(chunk), sending)
                at = upto
            await call.done_writing()
        finally:
            ahead.cancel()

    async def _write_chunk(self, call: Any, chunk: memoryview, sending: "_Sending") -> None:
        while chunk:
            size = int(min(max(self._bytes_per_s * MESSAGE_S, MESSAGE_BYTES[0]), MESSAGE_BYTES[1]))
            await call.write(pb.UploadPacketRequest(data=bytes(chunk[:size])))
            sending.moved()
            chunk = chunk[size:]

    async def _answered(
        self, call: Any, offset: int, acknowledged: Callable[[int], None], sending: "_Sending"
    ) -> PacketStanding:
        began, told = time.monotonic(), offset
        while True:
            answer = await call.read()
            if answer is grpc.aio.EOF:
                await _status_of(call)
                raise no_centre("it ended an upload without an answer")
            sending.moved()
            durable = answer.standing.received if answer.WhichOneof("part") == "standing" else answer.durable
            if durable > told and durable > offset:
                self._seen(durable - told, time.monotonic() - began)
                began, told = time.monotonic(), durable
            if answer.WhichOneof("part") == "standing":
                return standing_of(answer.standing)
            if not sending.wanted.is_set():
                sending.wanted.set()
                began = time.monotonic()
            else:
                acknowledged(answer.durable)

    def _seen(self, count: int, seconds: float) -> None:
        self._bytes_per_s += 0.5 * (count / max(seconds, 1e-3) - self._bytes_per_s)

    @asynccontextmanager
    async def _stub(self) -> AsyncIterator[Any]:
        """One call; what fails in it is told by its cause."""
        fault = own_certificate_fault(self._place.tls, self._clock())
        if fault is not None:
            raise fault
        connection = self._connection
        if connection is None or connection.is_retired:
            connection = self._connection = _Connection(self._place)
        connection.calls += 1
        try:
            yield connection.stub
        except grpc.aio.AioRpcError as error:
            raise await self._told(error, connection) from error
        except TimeoutError as error:
            connection.is_retired = True
            raise CentreUnreachable(UnreachableCause.TIMEOUT, f"{self._place.host} went silent.") from error
        except _OF_THE_LINE[1:] as error:
            raise CentreUnreachable(UnreachableCause.CUT, f"The call was over already: {error}.") from error
        finally:
            connection.calls -= 1
            if connection.is_retired and not connection.calls:
                await connection.channel.close()

    async def _why(self) -> CentreUnreachable:
        looking = asyncio.to_thread(why_unreachable, self._place.tls, self._clock())
        try:
            return await asyncio.wait_for(looking, 1.5 * PROBE_S)
        except TimeoutError:
            # All but the resolver is bounded in there.
            return CentreUnreachable(UnreachableCause.NAME, f"The name {self._place.host} was not resolved in time.")

    async def _told(self, error: grpc.aio.AioRpcError, connection: "_Connection") -> Exception:
        code, words = error.code(), error.details() or ""
        reason, retry_after_s = status_details(error)
        if code is grpc.StatusCode.RESOURCE_EXHAUSTED or (code is grpc.StatusCode.UNAVAILABLE and reason):
            return CentreBusy(words, retry_after_s)
        if code is grpc.StatusCode.INVALID_ARGUMENT:
            return _Unfit(UnreachableCause.OTHER, f"The centre cannot read the request: {words}")
        if code is grpc.StatusCode.UNAUTHENTICATED:
            return CentreUnreachable(UnreachableCause.OWN_CERTIFICATE, words)
        # Whatever it was, the next call makes a connection of its own: names are asked anew, files read again.
        connection.is_retired = True
        if code is grpc.StatusCode.UNAVAILABLE:
            return await self._why()
        if code is grpc.StatusCode.DEADLINE_EXCEEDED:
            return CentreUnreachable(UnreachableCause.TIMEOUT, f"{self._place.host} did not answer in time.")
        if code is grpc.StatusCode.CANCELLED or (code is grpc.StatusCode.INTERNAL and words == _WRITE_FAILED):
            return CentreUnreachable(UnreachableCause.CUT, f"{self._place.host} cut the call off.")
        if code is grpc.StatusCode.INTERNAL and reason:
            return CentreBusy(words, None)
        if reason:
            return CentreUnreachable(UnreachableCause.OTHER, f"The centre refuses the call ({reason}): {words}")
        cause = UnreachableCause.GARBAGE if code in (*_NO_CENTRE, grpc.StatusCode.INTERNAL) else UnreachableCause.OTHER
        return CentreUnreachable(cause, f"What answers at {self._place.host} is no centre ({code.name}: {words}).")


class _Unfit(CentreUnreachable):
    """The centre answers, and says that a request is none."""


def _refused(notice: PacketNotice, error: _Unfit) -> PacketStanding:
    return PacketStanding(notice.packet_id, StandingState.REFUSED, reason="NOTICE_INVALID", words=error.detail)


class _Sending:
    """What one send has seen."""

    def __init__(self) -> None:
        self.wanted = asyncio.Event()
        """The centre wants the bytes."""
        self._moved = time.monotonic()

    @property
    def still_s(self) -> float:
        """Seconds since anything moved."""
        return time.monotonic() - self._moved

    def moved(self) -> None:
        """A message was taken by the line, or came."""
        self._moved = time.monotonic()


class _Connection:
    """A channel, and how many calls it carries; a retired one is closed after the last."""

    def __init__(self, place: IngestPlace) -> None:
        self.calls = 0
        self.is_retired = False
        credentials = grpc.ssl_channel_credentials(
            None if place.authority is None else place.authority.read_bytes(),
            *(place.key.read_bytes(), place.certificate.read_bytes()),
        )
        options: list[tuple[str, Any]] = list(_OPTIONS)
        if place.server_name:
            options.append(("grpc.ssl_target_name_override", place.server_name))
        host = f"[{place.host}]" if ":" in place.host else place.host
        self.channel = grpc.aio.secure_channel(f"dns:///{host}:{place.port}", credentials, options)
        self.stub: Any = ingest_pb2_grpc.IngestServiceStub(self.channel)  # type: ignore[no-untyped-call]

    async def retire(self) -> None:
        self.is_retired = True
        await self.channel.close()


async def _read(read: Callable[[int, int], bytes], begin: int, end: int) -> bytes:
    return await asyncio.to_thread(read, begin, end) if begin < end else b""


async def _status_of(call: Any) -> None:
    """Raise what a call ended with, where that is not OK."""
    code = await call.code()
    if code is not grpc.StatusCode.OK:
        raise grpc.aio.AioRpcError(
            code, await call.initial_metadata(), await call.trailing_metadata(), await call.details()
        )


def _raise_own(writing: "asyncio.Task[None]") -> None:
    """Raise the error of our own side; what the line did, the call says."""
    error = None if writing.cancelled() else writing.exception()
    if error is not None and not isinstance(error, _OF_THE_LINE):
        raise error


def _forget(*tasks: "asyncio.Task[Any]") -> None:
    for task in tasks:
        if not task.cancelled():
            task.exception()


@asynccontextmanager
async def _bounded(seconds: float) -> AsyncIterator[None]:
    async with asyncio.timeout(seconds):
        yield

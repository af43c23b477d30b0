"""Takes from the hub what offices sent: bytes to the same reception as over gRPC, notices to the same answers.

A message is acknowledged once what it brought is durable here, and not before: whatever is killed in between, the hub
gives it again, and a packet that comes twice is one packet.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any

import structlog
from nats.aio.msg import Msg

from gateway.central.admission import TurnedAway
from gateway.central.ingest import Ingest, UploadOffset
from gateway.central.upload import TooManyBytes
from gateway.centre import PacketNotice, PacketStanding, StandingState
from gateway.hub import (
    HubConnection,
    MessageWrong,
    OfficeSubjects,
    Segment,
    answer_messages,
    name_of,
    notices_from_bytes,
    segment_from_message,
)
from gateway.hub.messages import REPLY_HEADER, busy_message

log = structlog.get_logger(__name__)

PACKETS_AT_ONCE, PACKETS_OF_GATEWAY = 32, 4
LINGER_S = 0.1
"""How long the next segment of a packet is waited for, before those that came are made durable."""
AGAIN_S = 5.0
GAP_DELIVERIES = 8
"""A segment that came before those ahead of it is asked for again so often; then the office has to send it again."""
_REFUSALS = 10_000


@dataclass(frozen=True)
class _Waiting:
    segment: Segment
    message: Msg


class Intake:
    """Takes messages of the hub; used by one event loop, made anew with each connection.

    Parameters
    ----------
    ingest : Ingest
    hub : HubConnection
    received : callable
        Told of the gateway of each packet that was received: it has answers waiting.
    """

    def __init__(self, ingest: Ingest, hub: HubConnection, received: Callable[[str], None]) -> None:
        self.ingest, self.hub, self.received = ingest, hub, received
        self.refusals: OrderedDict[tuple[str, str, str], PacketStanding] = OrderedDict()
        """What the office has not been told yet."""
        self.slots = asyncio.Semaphore(PACKETS_AT_ONCE)
        self._slots_of: dict[str, asyncio.Semaphore] = {}
        self._packets: dict[tuple[str, str, str], _Packet] = {}
        self._tasks: dict[asyncio.Task[None], str] = {}

    async def take(self, message: Msg) -> None:
        """Begin with one message; what becomes of it, the hub is told."""
        tokens = message.subject.split(".")
        gateway_id = name_of(tokens[2])
        try:
            if tokens[3] == "segment":
                segment = segment_from_message(message.headers, message.data)
                if len(tokens) != 5 or name_of(tokens[4]) != segment.notice.packet_id:
                    raise MessageWrong("a segment under another packet's subject")
                self._take_segment(gateway_id, _Waiting(segment, message))
            else:
                notices = notices_from_bytes(message.data)
                before = [task for task, whose in self._tasks.items() if whose == gateway_id]
                self._begin(gateway_id, self._answer(gateway_id, notices, message, before))
        except MessageWrong as error:
            log.warning("hub_message_dropped", gateway=gateway_id, cause=str(error))
            await message.term()

    async def end(self) -> None:
        """Let go; what was not acknowledged, the hub gives again."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def refuse(self, gateway_id: str, notice: PacketNotice, standing: PacketStanding) -> None:
        """Remember what the office has to be told when it asks."""
        self.refusals[gateway_id, notice.packet_id, notice.sha256] = standing
        while len(self.refusals) > _REFUSALS:
            self.refusals.popitem(last=False)

    async def completed(self, gateway_id: str, notice: PacketNotice) -> PacketStanding:
        """Verify and hold a packet whose bytes are all here: a kill came in between, and nobody sends any more of it.

        Raises
        ------
        TurnedAway
        """

        async def nothing() -> None:
            return None

        async def untold(_: int) -> None:
            return None

        standing = await self.ingest.upload(gateway_id, UploadOffset(notice, notice.size), nothing, untold)
        if standing.state is StandingState.RECEIVED:
            self.received(gateway_id)
        return standing

    def slots_of(self, gateway_id: str) -> asyncio.Semaphore:
        """How many packets of one gateway are taken at once."""
        return self._slots_of.setdefault(gateway_id, asyncio.Semaphore(PACKETS_OF_GATEWAY))

    def _take_segment(self, gateway_id: str, waiting: _Waiting) -> None:
        notice = waiting.segment.notice
        key = gateway_id, notice.packet_id, notice.sha256
        packet = self._packets.get(key)
        if packet is not None and packet.notice == notice:
            packet.add(waiting)
            return
        packet = _Packet(self, gateway_id, notice, waiting)
        self._packets[key] = packet
        self._begin(gateway_id, self._worked(key, packet))

    async def _worked(self, key: tuple[str, str, str], packet: "_Packet") -> None:
        try:
            async with self.slots_of(packet.gateway_id), self.slots:
                await packet.work()
        finally:
            if self._packets.get(key) is packet:
                del self._packets[key]

    async def _answer(
        self, gateway_id: str, notices: list[PacketNotice], message: Msg, before: list["asyncio.Task[None]"]
    ) -> None:
        """Answer after what came from this office before: so the answer knows of all bytes that the hub had then."""
        if before:
            await asyncio.wait(before)
        reply = (message.headers or {}).get(REPLY_HEADER, "")
        if reply.startswith(f"{OfficeSubjects(gateway_id).inbox}."):
            try:
                standings = [
                    await self._standing(gateway_id, *each) for each in await self._standings(gateway_id, notices)
                ]
                parts = list(answer_messages(standings))
            except TurnedAway as error:
                parts = [busy_message(error.words, error.retry_after_s)]
            for data, headers in parts:
                await self.hub.client.publish(reply, data, headers=headers)
        else:
            log.info("packets_told_of", gateway=gateway_id, packets=len(notices))
        await message.ack()

    async def _standings(
        self, gateway_id: str, notices: list[PacketNotice]
    ) -> list[tuple[PacketNotice, PacketStanding]]:
        return list(zip(notices, await self.ingest.offer(gateway_id, notices), strict=True))

    async def _standing(self, gateway_id: str, notice: PacketNotice, standing: PacketStanding) -> PacketStanding:
        """As over gRPC, where a send ends with its refusal: here it is told with the next answer, once."""
        refusal = self.refusals.pop((gateway_id, notice.packet_id, notice.sha256), None)
        if standing.state is not StandingState.PARTIAL:
            return standing
        if refusal is None and standing.received == notice.size:
            return await self.completed(gateway_id, notice)
        return refusal or standing

    def _begin(self, gateway_id: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks[task] = gateway_id
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        gateway_id = self._tasks.pop(task)
        if gateway_id not in self._tasks.values():
            self._slots_of.pop(gateway_id, None)
        if not task.cancelled() and task.exception() is not None and self.hub.is_open:
            log.error("hub_message_failed", gateway=gateway_id, cause=repr(task.exception()))


class _Packet:
    """The segments of one packet that are here, in the order in which they came."""

    def __init__(self, intake: Intake, gateway_id: str, notice: PacketNotice, first: _Waiting) -> None:
        self.gateway_id, self.notice = gateway_id, notice
        self._intake = intake
        self._waiting: deque[_Waiting] = deque([first])
        self._read = 0
        """How many of them were given to the upload."""
        self._at = 0
        self._came = asyncio.Event()

    def add(self, waiting: _Waiting) -> None:
        """One more came."""
        self._waiting.append(waiting)
        self._came.set()

    async def work(self) -> None:
        """Give all to the reception, one upload after the other, until none is left."""
        while self._waiting:
            self._read, self._at = 0, self._waiting[0].segment.offset
            try:
                start = UploadOffset(self.notice, self._at)
                standing = await self._intake.ingest.upload(self.gateway_id, start, self._next, self._durable)
                if standing.state is StandingState.PARTIAL and standing.received == self.notice.size:
                    standing = await self._intake.completed(self.gateway_id, self.notice)
            except TurnedAway as error:
                await self._give_back(error.retry_after_s)
                return
            except TooManyBytes:
                await self._drop_all()
                return
            await self._after(standing)

    async def _next(self) -> bytes | None:
        """The bytes that follow; None where they are not here soon."""
        while True:
            while self._read < len(self._waiting):
                segment = self._waiting[self._read].segment
                if segment.end <= self._at:
                    self._read += 1  # again what came already
                elif segment.offset <= self._at:
                    data = segment.data[self._at - segment.offset :]
                    self._read, self._at = self._read + 1, segment.end
                    return data
                else:
                    return None
            self._came.clear()
            try:
                async with asyncio.timeout(LINGER_S):
                    await self._came.wait()
            except TimeoutError:
                return None

    async def _durable(self, upto: int) -> None:
        while self._read and self._waiting[0].segment.end <= upto:
            await self._waiting.popleft().message.ack()
            self._read -= 1

    async def _after(self, standing: PacketStanding) -> None:
        match standing.state:
            case StandingState.RECEIVED:
                await self._drop_all()
                self._intake.received(self.gateway_id)
            case StandingState.REFUSED:
                self._intake.refuse(self.gateway_id, self.notice, standing)
                await self._drop_all()
            case StandingState.NOT_NOW if standing.reason == "STORE_FULL":
                await self._give_back(6 * AGAIN_S)
            case StandingState.NOT_NOW:
                # It may take weeks, and the office has the bytes: the hub is not the place to keep them.
                await self._drop_all()
            case StandingState.PARTIAL:
                await self._go_on(standing.received)

    async def _go_on(self, received: int) -> None:
        """Acknowledge what is durable, and make ready for the next upload from there."""
        # What was read and is not there is wanted again from the office: its end was not what was sent.
        for _ in range(self._read):
            await self._waiting.popleft().message.ack()
        self._read = 0
        rest, self._waiting = sorted(self._waiting, key=lambda each: each.segment.offset), deque()
        at = received
        for each in rest:
            if each.segment.end <= at:
                await each.message.ack()
            elif each.segment.offset <= at:
                segment = each.segment
                kept = replace(segment, offset=at, data=segment.data[at - segment.offset :])
                self._waiting.append(_Waiting(kept, each.message))
                at = segment.end
            else:
                await self._wait_for_gap(each)

    async def _wait_for_gap(self, early: _Waiting) -> None:
        if early.message.metadata.num_delivered >= GAP_DELIVERIES:
            log.warning("segment_after_gap_dropped", gateway=self.gateway_id, packet=self.notice.packet_id)
            await early.message.ack()
        else:
            await early.message.nak(AGAIN_S)

    async def _give_back(self, after_s: float) -> None:
        while self._waiting:
            await self._waiting.popleft().message.nak(max(1.0, after_s))

    async def _drop_all(self) -> None:
        while self._waiting:
            await self._waiting.popleft().message.ack()
        self._read = 0

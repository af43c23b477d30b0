"""OutboxService: what waits for the centre, and where everybody stands."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

from rekam.v1 import capture_pb2
from rekam.v1 import outbox_pb2 as pb

from gateway.bundle import TakenAway
from gateway.events import EventLog
from gateway.forwarding import (
    PacketState,
    PacketUnknown,
    QueuedPacket,
    RetryRefused,
    drain_forecast,
    held_bytes,
)
from gateway.forwarding.standing import released, retried
from gateway.ledger import EnrolmentStanding, place
from gateway.service import convert
from gateway.service import outbox_messages as messages
from gateway.service.access import Caller
from gateway.service.errors import StoppingError
from gateway.service.idempotency import Idempotency
from gateway.service.outbox_office import OutboxOffice
from gateway.trust import SignedTime, time_now

HEARTBEAT_S = 4.0
USUAL_PAGE = 100
INCIDENTS_SHOWN = 100


class OutboxCore:
    """Answers for the outbox; belongs to the event loop's thread.

    Parameters
    ----------
    office : OutboxOffice
    changes : EventLog of EnrolmentStanding
        Every status that moved in this run.
    idempotency : Idempotency
    run_id : str
    carried : callable
        Packets that left by hand, by their ids; called in a thread.
    """

    def __init__(
        self,
        office: OutboxOffice,
        changes: EventLog[EnrolmentStanding],
        idempotency: Idempotency,
        run_id: str,
        carried: Callable[[], Mapping[str, TakenAway]],
    ) -> None:
        self._office = office
        self._changes = changes
        self._idempotency = idempotency
        self._run_id = run_id
        self._carried = carried

    async def get_outbox(self, request: pb.GetOutboxRequest, caller: Caller) -> pb.GetOutboxResponse:
        """How much waits, and when it will be gone."""
        return await asyncio.to_thread(self._outbox)

    async def list_packets(self, request: pb.ListPacketsRequest, caller: Caller) -> pb.ListPacketsResponse:
        """One page of packets."""
        states = [convert.enum_value(each, "PACKET_STATE", pb.PacketState, PacketState) for each in request.states]
        size = request.page_size or USUAL_PAGE
        return await asyncio.to_thread(self._packets, states, int(request.page_token or 0), size)

    async def retry_packet(self, request: pb.RetryPacketRequest, caller: Caller) -> pb.RetryPacketResponse:
        """Try a packet again at once."""

        async def retry() -> pb.RetryPacketResponse:
            message = await asyncio.to_thread(self._changed, request.packet_id, retried, PacketState.WAITING)
            return pb.RetryPacketResponse(packet=message)

        answer = await self._idempotency.once("RetryPacket", request, pb.RetryPacketResponse, retry)
        if self._office.forwarder is not None:
            self._office.forwarder.wake()
        return answer

    async def release_packet(self, request: pb.ReleasePacketRequest, caller: Caller) -> pb.ReleasePacketResponse:
        """Let a packet stay here."""

        async def release() -> pb.ReleasePacketResponse:
            message = await asyncio.to_thread(self._changed, request.packet_id, released, PacketState.RELEASED)
            return pb.ReleasePacketResponse(packet=message)

        return await self._idempotency.once("ReleasePacket", request, pb.ReleasePacketResponse, release)

    async def list_statuses(self, request: pb.ListStatusesRequest, caller: Caller) -> pb.ListStatusesResponse:
        """One page of where everybody stands."""
        statuses = [messages.status(each) for each in request.statuses]
        final, _, number = request.page_token.partition("-")
        after = (int(final), int(number)) if request.page_token else (-1, 0)
        size = request.page_size or USUAL_PAGE

        def listed() -> pb.ListStatusesResponse:
            lines = self._office.ledger.lines(statuses, after, size + 1)
            answer = pb.ListStatusesResponse(standings=[messages.standing(each) for each in lines[:size]])
            if len(lines) > size:
                answer.next_page_token = "{}-{}".format(*place(lines[size - 1]))
            for status, count in sorted(self._office.ledger.counts().items()):
                answer.counts.add(status=messages.status_number(status), enrolments=count)
            return answer

        return await asyncio.to_thread(listed)

    async def get_status(self, request: pb.GetStatusRequest, caller: Caller) -> pb.GetStatusResponse:
        """Where one enrolment stands, and how it came there."""

        def got() -> pb.GetStatusResponse:
            ledger = self._office.ledger
            standing = ledger.get(request.enrolment_id)
            history = [messages.transition(each) for each in ledger.history(request.enrolment_id)]
            answer = pb.GetStatusResponse(standing=messages.standing(standing), history=history)
            packet = self._office.queue.get(standing.packet_id) if standing.packet_id else None
            if packet is not None:
                answer.packet.CopyFrom(self._packet(packet, self._carried(), receipts=True))
            return answer

        return await asyncio.to_thread(got)

    async def set_status(self, request: pb.SetStatusRequest, caller: Caller) -> pb.SetStatusResponse:
        """What a person at the desk says."""

        async def said() -> pb.SetStatusResponse:
            standing = await asyncio.to_thread(
                self._office.ledger.say_by_hand,
                request.enrolment_id,
                messages.status(request.status),
                request.operator,
            )
            return pb.SetStatusResponse(standing=messages.standing(standing))

        return await self._idempotency.once("SetStatus", request, pb.SetStatusResponse, said)

    async def watch_statuses(
        self, request: pb.WatchStatusesRequest, caller: Caller
    ) -> AsyncIterator[pb.WatchStatusesResponse]:
        """Each status as it moves."""

        def wanted(standing: EnrolmentStanding) -> bool:
            return request.enrolment_id in ("", standing.enrolment_id)

        from_seq = self._changes.last_seq
        if request.HasField("from_seq") and request.run_id == self._run_id:
            from_seq = request.from_seq
        else:
            yield self._event(from_seq, time_now(), None)
        async for event in self._changes.follow(from_seq, HEARTBEAT_S, wanted):
            if event is None:
                yield self._event(self._changes.last_seq, time_now(), None)
            else:
                yield self._event(event.seq, event.time, event.payload)
        raise StoppingError("the gateway is stopping")

    def _outbox(self) -> pb.GetOutboxResponse:
        office, queue = self._office, self._office.queue
        forwarder, now_s = office.forwarder, queue.clock()
        depth, backlog = queue.depth(), queue.backlog_bytes()
        reached = forwarder is not None and forwarder.reached
        answer = pb.GetOutboxResponse(
            backlog_bytes=backlog,
            held_bytes=held_bytes(depth),
            limit_bytes=office.limits.max_bytes,
            forecast=messages.forecast(drain_forecast(backlog, queue.notes.history()), from_return=not reached),
            quota=messages.quota(office.policy.quota, queue.notes.spending(), now_s),
            has_way=office.has_way,
            reached=reached,
            incidents=[messages.incident(each) for each in queue.notes.incidents(INCIDENTS_SHOWN)],
            carried_without_receipt=self._carried_without_receipt(),
        )
        for state in PacketState:
            if state in depth:
                number = convert.enum_number(state, "PACKET_STATE", pb.PacketState)
                answer.depths.add(state=number, packets=depth[state].packets, bytes=depth[state].bytes)
        oldest_s = queue.oldest_s()
        if oldest_s is not None:
            answer.oldest.CopyFrom(convert.duration(oldest_s))
        if forwarder is not None:
            answer.problem = str(forwarder.problem or "")
            if forwarder.waits_for_centre_s > now_s:
                answer.next_call.CopyFrom(convert.duration(forwarder.waits_for_centre_s - now_s))
            if forwarder.goodput is not None:
                answer.goodput = forwarder.goodput
        return answer

    def _packets(self, states: list[PacketState], after: int, size: int) -> pb.ListPacketsResponse:
        found = self._office.queue.packets(states, after, size + 1)
        carried = self._carried()
        answer = pb.ListPacketsResponse(packets=[self._packet(each, carried) for each in found[:size]])
        if len(found) > size:
            answer.next_page_token = str(found[size - 1].number)
        return answer

    def _changed(
        self, packet_id: str, step: Callable[[QueuedPacket], QueuedPacket], goal: PacketState
    ) -> pb.OutboxPacket:
        before = self._office.queue.get(packet_id)
        if before is None:
            raise PacketUnknown(f"The outbox knows no packet {packet_id}.", "Take one of `rekam outbox list`.")
        if step(before) == before and before.state is not goal:
            raise RetryRefused(
                f"Packet {packet_id} is {before.state.value}.",
                "Only one that has to leave, stands in quarantine or was released can be taken up or let go.",
            )
        _, after = self._office.queue.change(packet_id, step)
        return self._packet(after, self._carried())

    def _carried_without_receipt(self) -> int:
        carried = self._carried()
        if not carried:
            return 0
        without = [state for state in PacketState if state not in messages.RECEIPTED]
        return sum(each.packet_id in carried for each in self._office.queue.packets(without))

    def _packet(
        self, value: QueuedPacket, carried: Mapping[str, TakenAway], *, receipts: bool = False
    ) -> pb.OutboxPacket:
        queue = self._office.queue
        enrolment_id = self._office.ledger.enrolment_of(value.packet_id) or ""
        jws = queue.answers.receipts(value.packet_id) if receipts else []
        return messages.packet(value, queue.clock(), jws, enrolment_id, carried.get(value.packet_id))

    def _event(self, seq: int, moment: SignedTime, standing: EnrolmentStanding | None) -> pb.WatchStatusesResponse:
        message = pb.WatchStatusesResponse(seq=seq, time=convert.event_time(moment), run_id=self._run_id)
        if standing is None:
            message.heartbeat.CopyFrom(capture_pb2.Heartbeat())
        else:
            message.standing.CopyFrom(messages.standing(standing))
        return message

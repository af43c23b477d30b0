"""GatewayService: who the gateway is, how it does, and one stream of all that happens."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

from rekam.v1 import capture_pb2, card_pb2, link_pb2
from rekam.v1 import gateway_pb2 as pb

from gateway import __version__
from gateway.audit.entry import THIS_MACHINE
from gateway.capture.captures import CaptureBook
from gateway.capture.leases import Lease, LeaseBook
from gateway.capture.values import CaptureSnapshot
from gateway.devices.registry import DeviceRegistry
from gateway.devices.state import DeviceSnapshot, DeviceState
from gateway.enrolment import EnrolmentSummary
from gateway.events import Event, EventLog
from gateway.guidance import LocalizedText
from gateway.service import capture_messages, convert, device_messages
from gateway.service.access import Caller
from gateway.service.enrolment_messages import summary
from gateway.service.errors import OriginDeniedError, StoppingError
from gateway.service.pairing import Pairing, Pairings
from gateway.spool import Spool
from gateway.trust import SignedTime, Signer, time_now

SHARED_S = 0.1
"""So long is an event's message the same for all who watch."""
HEARTBEAT_S = 4.0


GatewayEvent = (
    DeviceSnapshot | Lease | CaptureSnapshot | pb.SpoolInfo | EnrolmentSummary | link_pb2.Link | card_pb2.CardJob
)


class GatewayCore:
    """Answers for the gateway as a whole."""

    def __init__(
        self,
        key: Signer,
        spool: Spool,
        registry: DeviceRegistry,
        leases: LeaseBook,
        captures: CaptureBook,
        events: EventLog[GatewayEvent],
        pairings: Pairings,
        run_id: str,
        warnings: Callable[[], list[LocalizedText]],
        enrolments_under_way: Callable[[], list[EnrolmentSummary]],
        link: Callable[[], link_pb2.Link],
        cards_under_way: Callable[[], list[card_pb2.CardJob]] = list,
    ) -> None:
        self._key = key
        self._spool = spool
        self._registry = registry
        self._leases = leases
        self._captures = captures
        self._events = events
        self._pairings = pairings
        self._run_id = run_id
        self._started_at = convert.timestamp(time_now().wall)
        self._warnings = warnings
        self._enrolments_under_way = enrolments_under_way
        self._link = link
        self._cards_under_way = cards_under_way
        self.spool_info = pb.SpoolInfo()
        self._newest: tuple[float, pb.WatchResponse] | None = None

    async def get_info(self, request: pb.GetInfoRequest, caller: Caller) -> pb.GetInfoResponse:
        """Version, identity and health."""
        states = [device.snapshot.state for device in self._registry.devices()]
        return pb.GetInfoResponse(
            gateway_id=self._key.gateway_id,
            version=__version__,
            run_id=self._run_id,
            started_at=self._started_at,
            now=convert.event_time(time_now()),
            spool=self.spool_info,
            devices_ready=sum(state not in (DeviceState.FAILED, DeviceState.ABSENT) for state in states),
            devices_total=len(states),
            warnings=[convert.localized(text) for text in self._warnings()],
            roles=sorted(caller.roles),
        )

    async def get_trust_bundle(self, request: pb.GetTrustBundleRequest, caller: Caller) -> pb.GetTrustBundleResponse:
        """What a verifier pins."""
        bundle = self._key.trust_bundle()
        return pb.GetTrustBundleResponse(
            gateway_id=bundle.gateway_id,
            certificates_pem=bundle.certificates_pem,
            jwks=json.dumps(bundle.jwks, sort_keys=True),
            active_key_id=bundle.key_ids[0],
        )

    async def pair(self, request: pb.PairRequest, caller: Caller) -> pb.PairResponse:
        """Show a pairing code, or trade it for a token.

        Raises
        ------
        OriginDeniedError
            A page names another origin than its own, or neither a page asks nor this machine's own user.
        """
        if request.origin != caller.origin and (caller.origin or caller.peer != THIS_MACHINE):
            raise OriginDeniedError(f"{caller.origin or caller.peer} does not pair for {request.origin}")
        if request.code:
            token = self._pairings.trade(request.origin, request.code, time_now().wall)
            await asyncio.to_thread(self._pairings.save)
            return pb.PairResponse(token=token)
        expires_in_s = self._pairings.request_code(request.origin, request.name)
        return pb.PairResponse(code_expires_at=convert.timestamp(time_now().wall + timedelta(seconds=expires_in_s)))

    async def list_pairings(self, request: pb.ListPairingsRequest, caller: Caller) -> pb.ListPairingsResponse:
        """The pages that hold a token."""
        return pb.ListPairingsResponse(pairings=[_pairing(each) for each in self._pairings.pairings()])

    async def revoke_pairing(self, request: pb.RevokePairingRequest, caller: Caller) -> pb.RevokePairingResponse:
        """Take a page's token back."""
        try:
            pairing = self._pairings.revoke(request.pairing_id)
        finally:
            # Of one that is gone, too: where the disk did not take that it is, it would be back at the next start.
            await asyncio.to_thread(self._pairings.save)
        return pb.RevokePairingResponse(pairing=_pairing(pairing))

    async def watch(self, request: pb.WatchRequest, caller: Caller) -> AsyncIterator[pb.WatchResponse]:
        """Everything once, then each change; or each change after `from_seq` of the same run."""
        topics = set[int](request.topics) or set(_TOPICS.values())
        from_seq = self._events.last_seq
        if request.HasField("from_seq") and request.run_id == self._run_id:
            from_seq = request.from_seq
        else:
            enrolments = await asyncio.to_thread(self._enrolments_under_way) if pb.TOPIC_ENROLMENTS in topics else []
            cards = await asyncio.to_thread(self._cards_under_way) if pb.TOPIC_CARDS in topics else []
            for payload in (*self._everything(), *enrolments, *cards):
                if _TOPICS[type(payload)] in topics:
                    yield self._message(from_seq, time_now(), payload)
            yield self._message(from_seq, time_now(), None)
        async for event in self._events.follow(from_seq, HEARTBEAT_S, lambda payload: _TOPICS[type(payload)] in topics):
            if event is None:
                yield self._message(self._events.last_seq, time_now(), None)
            else:
                yield self._told(event)
        raise StoppingError("the gateway is stopping")

    def read_spool(self) -> pb.SpoolInfo:
        """What waits in the spool; blocking."""
        depth, head = self._spool.depth(), self._spool.head()
        info = pb.SpoolInfo(
            captures=depth.count,
            bytes=depth.bytes,
            limit_bytes=self._spool.limits.max_bytes,
            head_sequence=head.sequence,
        )
        if depth.oldest_at is not None:
            info.oldest.CopyFrom(convert.timestamp(depth.oldest_at))
        return info

    def _everything(self) -> list[GatewayEvent]:
        return [
            *(device.snapshot for device in self._registry.devices()),
            *self._leases.leases(),
            *(session.snapshot for session in self._captures.running()),
            self._link(),
            self.spool_info,
        ]

    def _told(self, event: Event[GatewayEvent]) -> pb.WatchResponse:
        """An event's message, made once for all who wait: 36 streams would else make it 36 times, and calls wait.

        Who resumes later has it made anew: what is left of a lease is said in seconds from now.
        """
        now = time.monotonic()
        if self._newest is None or self._newest[1].seq != event.seq or now - self._newest[0] > SHARED_S:
            self._newest = now, self._message(event.seq, event.time, event.payload)
        return self._newest[1]

    def _message(self, seq: int, moment: SignedTime, payload: GatewayEvent | None) -> pb.WatchResponse:
        message = pb.WatchResponse(seq=seq, time=convert.event_time(moment), run_id=self._run_id)
        if payload is None:
            message.heartbeat.CopyFrom(capture_pb2.Heartbeat())
        elif isinstance(payload, DeviceSnapshot):
            message.device.CopyFrom(device_messages.device(payload, self._leases.holder_of(payload.device_id)))
        elif isinstance(payload, Lease):
            message.lease.CopyFrom(device_messages.lease(payload, time.monotonic()))
        elif isinstance(payload, CaptureSnapshot):
            message.capture.CopyFrom(capture_messages.capture(payload))
        elif isinstance(payload, EnrolmentSummary):
            message.enrolment.CopyFrom(summary(payload))
        elif isinstance(payload, link_pb2.Link):
            message.link.CopyFrom(payload)
        elif isinstance(payload, card_pb2.CardJob):
            message.card_job.CopyFrom(payload)
        else:
            message.spool.CopyFrom(payload)
        return message


def _pairing(pairing: Pairing) -> pb.Pairing:
    message = pb.Pairing(pairing_id=pairing.pairing_id, origin=pairing.origin, name=pairing.name)
    if pairing.paired_at is not None:
        message.paired_at.CopyFrom(convert.timestamp(pairing.paired_at))
    return message


_TOPICS: dict[type, int] = {
    DeviceSnapshot: pb.TOPIC_DEVICES,
    Lease: pb.TOPIC_LEASES,
    CaptureSnapshot: pb.TOPIC_CAPTURES,
    pb.SpoolInfo: pb.TOPIC_SPOOL,
    EnrolmentSummary: pb.TOPIC_ENROLMENTS,
    link_pb2.Link: pb.TOPIC_LINK,
    card_pb2.CardJob: pb.TOPIC_CARDS,
}

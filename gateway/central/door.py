"""IngestService over gRPC with TLS on both sides: messages to values and back, errors to statuses."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import grpc
import protovalidate
import structlog
from cryptography import x509
from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from rekam.v1 import ingest_pb2

from gateway.central.admission import TurnedAway
from gateway.central.certificates import AUTHORITY_FILE, SERVER_FILE, SERVER_KEY_FILE, gateway_named
from gateway.central.ingest import Ingest, UploadOffset
from gateway.central.metrics import CALLS
from gateway.central.upload import TooManyBytes
from gateway.centre import CentreCondition, PacketNotice, PacketStanding, StandingState
from gateway.grpc_port import bound_port

log = structlog.get_logger(__name__)

DOMAIN = "rekam"
MESSAGE_BYTES = 2 << 20
START_S = 30.0
OPTIONS: list[tuple[str, int]] = [
    ("grpc.so_reuseport", 0),  # a second centre fails loudly
    ("grpc.max_receive_message_length", MESSAGE_BYTES),
    # What may be under way on a stream before it is read: a line of 20 Mbit/s and 400 ms holds 1 MB.
    ("grpc.http2.lookahead_bytes", 1 << 20),
    ("grpc.http2.max_frame_size", 1 << 20),
    # An office's line that went dark is noticed in a minute; its pings may come as often.
    ("grpc.keepalive_time_ms", 40_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
    ("grpc.http2.max_pings_without_data", 0),
]
_STATES = {
    StandingState.PARTIAL: ingest_pb2.PACKET_STANDING_STATE_PARTIAL,
    StandingState.RECEIVED: ingest_pb2.PACKET_STANDING_STATE_RECEIVED,
    StandingState.REFUSED: ingest_pb2.PACKET_STANDING_STATE_REFUSED,
    StandingState.NOT_NOW: ingest_pb2.PACKET_STANDING_STATE_NOT_NOW,
}
_CONDITIONS = {
    CentreCondition.ACCEPTING: ingest_pb2.CENTRE_CONDITION_ACCEPTING,
    CentreCondition.BUSY: ingest_pb2.CENTRE_CONDITION_BUSY,
    CentreCondition.CLOSED: ingest_pb2.CENTRE_CONDITION_CLOSED,
}
_OVERLOADED = frozenset({"BUSY", "GATEWAY_BUSY"})

Context = grpc.aio.ServicerContext[Any, Any]


class _Refused(Exception):
    def __init__(self, code: grpc.StatusCode, reason: str, words: str, retry_s: float | None = None) -> None:
        super().__init__(words)
        self.code, self.reason, self.words, self.retry_s = code, reason, words, retry_s


class IngestDoor:
    """A gRPC server over an `Ingest`.

    Parameters
    ----------
    ingest : Ingest
    tls : Path
        Folder with the server's certificate and key and the authority of the clients; read again when they change.
    """

    def __init__(self, ingest: Ingest, tls: Path) -> None:
        self._server = grpc.aio.server(options=OPTIONS)
        self._health = health.aio.HealthServicer()
        self._credentials = _credentials(tls)
        core = _Core(ingest)
        handlers: dict[str, grpc.RpcMethodHandler[Any, Any]] = {
            "GetCentre": grpc.unary_unary_rpc_method_handler(
                _answering("GetCentre", core.get_centre),
                request_deserializer=ingest_pb2.GetCentreRequest.FromString,
                response_serializer=ingest_pb2.GetCentreResponse.SerializeToString,
            ),
            "OfferPackets": grpc.unary_unary_rpc_method_handler(
                _answering("OfferPackets", core.offer_packets),
                request_deserializer=ingest_pb2.OfferPacketsRequest.FromString,
                response_serializer=ingest_pb2.OfferPacketsResponse.SerializeToString,
            ),
            "UploadPacket": grpc.stream_stream_rpc_method_handler(
                _answering("UploadPacket", core.upload_packet),
                request_deserializer=ingest_pb2.UploadPacketRequest.FromString,
                response_serializer=ingest_pb2.UploadPacketResponse.SerializeToString,
            ),
            "FetchAnswers": grpc.unary_stream_rpc_method_handler(
                _answering("FetchAnswers", core.fetch_answers),
                request_deserializer=ingest_pb2.FetchAnswersRequest.FromString,
                response_serializer=ingest_pb2.FetchAnswersResponse.SerializeToString,
            ),
        }
        name = ingest_pb2.DESCRIPTOR.services_by_name["IngestService"].full_name
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(name, handlers),))
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        self._names = ("", name)

    def listen(self, address: str) -> int:
        """Bind `HOST:PORT`; the port in use. OSError where it is in use, or not ours."""
        return bound_port(lambda bound: self._server.add_secure_port(bound, self._credentials), address)

    async def start(self) -> None:
        """Serve."""
        await self._server.start()
        for name in self._names:
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)

    async def stop(self, grace_s: float) -> None:
        """Let calls end for so long, then cut them off."""
        await self._health.enter_graceful_shutdown()
        await self._server.stop(grace_s)


class _Core:
    """Methods over messages; each raises `_Refused` or what `Ingest` raises."""

    def __init__(self, ingest: Ingest) -> None:
        self._ingest = ingest

    async def get_centre(self, request: Message, context: Context) -> Message:
        state = await self._ingest.centre(_caller(context))
        response = ingest_pb2.GetCentreResponse(
            centre_id=state.centre_id,
            ledger_id=state.ledger_id,
            last_sequence=state.last_sequence,
            condition=_CONDITIONS[state.condition],
            announcements=state.announcements,
        )
        if state.retry_after_s is not None:
            response.retry_after.CopyFrom(_duration(state.retry_after_s))
        return response

    async def offer_packets(self, request: ingest_pb2.OfferPacketsRequest, context: Context) -> Message:
        gateway_id = _caller(context)
        _check(request)
        standings = await self._ingest.offer(gateway_id, [_notice(each) for each in request.notices])
        return ingest_pb2.OfferPacketsResponse(standings=[_standing(each) for each in standings])

    async def upload_packet(self, _requests: object, context: Context) -> None:
        gateway_id = _caller(context)
        try:
            async with asyncio.timeout(START_S):
                first = await context.read()
        except TimeoutError as error:
            raise _Refused(grpc.StatusCode.DEADLINE_EXCEEDED, "NO_START", "No packet was named in time.") from error
        if first is grpc.aio.EOF or first.WhichOneof("part") != "start":
            raise _Refused(grpc.StatusCode.INVALID_ARGUMENT, "INVALID_ARGUMENT", "The first message has to be `start`.")
        _check(first)

        async def read() -> bytes | None:
            message = await context.read()
            if message is grpc.aio.EOF:
                return None
            if message.WhichOneof("part") != "data" or not message.data:
                raise _Refused(grpc.StatusCode.INVALID_ARGUMENT, "INVALID_ARGUMENT", "After `start`, `data` is due.")
            return bytes(message.data)

        async def tell(durable: int) -> None:
            await context.write(ingest_pb2.UploadPacketResponse(durable=durable))

        start = UploadOffset(_notice(first.start.notice), first.start.offset)
        standing = await self._ingest.upload(gateway_id, start, read, tell)
        await context.write(ingest_pb2.UploadPacketResponse(standing=_standing(standing)))

    async def fetch_answers(self, request: ingest_pb2.FetchAnswersRequest, context: Context) -> None:
        gateway_id = _caller(context)
        _check(request)
        answers = self._ingest.answers(gateway_id, request.ledger_id, request.after_sequence)
        async for ledger_id, sequence, jws in answers:
            await context.write(ingest_pb2.FetchAnswersResponse(answer=jws, ledger_id=ledger_id, sequence=sequence))


def _answering(name: str, method: Callable[[Any, Context], Awaitable[Any]]) -> Callable[[Any, Context], Awaitable[Any]]:
    """The method, with its errors as statuses."""

    async def answered(request: Any, context: Context) -> Any:
        try:
            answer = await method(request, context)
        except _Refused as error:
            refusal = error
        except TurnedAway as error:
            overloaded = error.reason in _OVERLOADED
            code = grpc.StatusCode.RESOURCE_EXHAUSTED if overloaded else grpc.StatusCode.UNAVAILABLE
            refusal = _Refused(code, error.reason, error.words, error.retry_after_s)
        except TooManyBytes:
            words = "More bytes came than the notice says."
            refusal = _Refused(grpc.StatusCode.INVALID_ARGUMENT, "INVALID_ARGUMENT", words)
        except asyncio.CancelledError:
            CALLS.labels(name, "CANCELLED").inc()
            raise
        except Exception:
            log.exception("call_failed", method=name)
            refusal = _Refused(grpc.StatusCode.INTERNAL, "INTERNAL", "A fault inside the centre; its log has it.")
        else:
            CALLS.labels(name, "OK").inc()
            return answer
        CALLS.labels(name, refusal.code.name).inc()
        return await context.abort(refusal.code, refusal.words, (("grpc-status-details-bin", _details(refusal)),))

    return answered


def _credentials(tls: Path) -> grpc.ServerCredentials:
    def read() -> grpc.ServerCertificateConfiguration:
        pair = (tls / SERVER_KEY_FILE).read_bytes(), (tls / SERVER_FILE).read_bytes()
        return grpc.ssl_server_certificate_configuration([pair], (tls / AUTHORITY_FILE).read_bytes())

    def stamp() -> tuple[int, ...]:
        return tuple((tls / each).stat().st_mtime_ns for each in (SERVER_FILE, AUTHORITY_FILE))

    seen = [stamp()]

    def renewed() -> grpc.ServerCertificateConfiguration | None:
        """Asked at each handshake."""
        try:
            now = stamp()
            if now == seen[0]:
                return None
            configuration = read()
        except OSError as error:
            log.warning("server_certificate_unreadable", cause=error.strerror)
            return None
        seen[0] = now
        return configuration

    # The stubs know nothing of None, which grpc takes for "as before".
    return grpc.dynamic_ssl_server_credentials(read(), cast(Any, renewed), require_client_authentication=True)


def _caller(context: Context) -> str:
    pems = tuple(context.auth_context().get("x509_pem_cert", ()))
    gateway_id = _named(bytes(pems[0])) if len(pems) == 1 else None
    if gateway_id is None:
        words = "The client's certificate names no gateway: it needs one URI urn:rekam:gateway:ID."
        raise _Refused(grpc.StatusCode.UNAUTHENTICATED, "CERTIFICATE_NAMES_NOBODY", words)
    return gateway_id


@lru_cache(maxsize=16_384)
def _named(pem: bytes) -> str | None:
    return gateway_named(x509.load_pem_x509_certificate(pem))


def _check(request: Message) -> None:
    violations = protovalidate.collect_violations(request)
    if violations:
        words = "; ".join(each.proto.message for each in violations[:5])
        raise _Refused(grpc.StatusCode.INVALID_ARGUMENT, "INVALID_ARGUMENT", words)


def _notice(message: ingest_pb2.PacketNotice) -> PacketNotice:
    return PacketNotice(message.packet_id, message.sha256, message.size, message.chain_id, message.sequence)


def _standing(standing: PacketStanding) -> ingest_pb2.PacketStanding:
    return ingest_pb2.PacketStanding(
        packet_id=standing.packet_id,
        state=_STATES[standing.state],
        received=standing.received,
        receipt=standing.receipt,
        reason=standing.reason,
        words=standing.words,
    )


def _duration(seconds: float) -> duration_pb2.Duration:
    duration = duration_pb2.Duration()
    duration.FromMilliseconds(int(seconds * 1000))
    return duration


def _details(refusal: _Refused) -> bytes:
    status = status_pb2.Status(code=refusal.code.value[0], message=refusal.words)
    details: list[Message] = [error_details_pb2.ErrorInfo(domain=DOMAIN, reason=refusal.reason)]
    if refusal.retry_s is not None:
        details.append(error_details_pb2.RetryInfo(retry_delay=_duration(refusal.retry_s)))
    for detail in details:
        packed = any_pb2.Any()
        packed.Pack(detail)
        status.details.append(packed)
    return bytes(status.SerializeToString())

"""The native gRPC door: the same cores as every other door, over grpc.aio.

Built from the service descriptors, so that a method without an implementation fails at the start, not in use.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

import grpc
import protovalidate
import structlog
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from gateway.metrics import REQUESTS
from gateway.service.access import METHOD_ROLES, Caller, check_role
from gateway.service.audit_trail import AuditTrail
from gateway.service.errors import InvalidRequestError
from gateway.service.status import Refusal, refusal_of, to_status, unexpected

log = structlog.get_logger(__name__)

MAX_RECEIVE = 16 * 1024 * 1024
OPTIONS: list[tuple[str, int]] = [
    # Without this a second gateway would share the port and get every other call.
    ("grpc.so_reuseport", 0),
    ("grpc.max_receive_message_length", MAX_RECEIVE),
    ("grpc.max_send_message_length", -1),
    # 38 % of raw TCP against 20 to 34 % with gRPC's own 16 KiB (DESIGN 2).
    ("grpc.http2.max_frame_size", 16 * 1024 * 1024 - 1),
    # A client whose machine went dark is noticed in 15 s.
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
]


class NativeDoor:
    """A grpc.aio server over cores; each core is named by the service it implements."""

    def __init__(
        self,
        cores: Iterable[tuple[ServiceDescriptor, object]],
        local_roles: frozenset[str],
        audit: AuditTrail | None = None,
    ) -> None:
        self._local_roles = local_roles
        self._audit = audit
        self._server = grpc.aio.server(options=OPTIONS)
        self._health = health.aio.HealthServicer()
        names = []
        for service, core in cores:
            handlers = {method.name: self._handler(method, core) for method in service.methods}
            self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service.full_name, handlers),))
            names.append(service.full_name)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        reflection.enable_server_reflection((*names, health.SERVICE_NAME, reflection.SERVICE_NAME), self._server)
        self._names = ("", *names)

    def listen(self, address: str) -> int:
        """Bind an address, `host:port` or `unix:path`; the port in use.

        Raises
        ------
        OSError
            The address is in use, or not ours.
        """
        try:
            port = self._server.add_insecure_port(address)
        except RuntimeError as error:
            raise OSError(f"{address} cannot be bound: it is in use, or not an address of this machine") from error
        if port == 0:
            raise OSError(f"{address} cannot be bound: it is in use, or not an address of this machine")
        return int(port)

    async def start(self) -> None:
        """Serve, and say so to health checks."""
        await self._server.start()
        for name in self._names:
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)

    async def stop(self, grace_s: float) -> None:
        """Say that it ends, let calls end for `grace_s`, then cut them off."""
        await self._health.enter_graceful_shutdown()
        await self._server.stop(grace_s)

    def _handler(self, method: MethodDescriptor, core: object) -> "grpc.RpcMethodHandler[Any, Any]":
        name = f"{method.containing_service.name}.{method.name}"
        if name not in METHOD_ROLES:
            raise LookupError(f"{name} has no row in the table of roles")
        implementation = getattr(core, _snake_case(method.name))
        request_type = GetMessageClass(method.input_type)
        if method.client_streaming:
            raise LookupError(f"{name}: browsers cannot stream to a server, so no method does")
        if method.server_streaming:
            return grpc.unary_stream_rpc_method_handler(
                self._streaming(name, request_type, implementation),
                request_deserializer=None,
                response_serializer=_serialize,
            )
        return grpc.unary_unary_rpc_method_handler(
            self._unary(name, request_type, implementation),
            request_deserializer=None,
            response_serializer=_serialize,
        )

    def _unary(self, name: str, request_type: type[Message], implementation: Callable[..., Any]) -> Callable[..., Any]:
        counted = REQUESTS.labels(name, "OK")

        async def call(data: bytes, context: "grpc.aio.ServicerContext[Any, Any]") -> Message:
            caller, request = self._caller(context), None
            try:
                request = _admitted(name, request_type, data, caller)
                response: Message = await implementation(request, caller)
            except asyncio.CancelledError:
                await self._ended(name, caller, request, outcome="CANCELLED", reason="CLIENT_GONE")
                raise
            except Exception as error:
                await self._refuse(name, caller, request, error, context)
                raise
            await self._ended(name, caller, request, response)
            counted.inc()
            return response

        return call

    def _streaming(
        self, name: str, request_type: type[Message], implementation: Callable[..., AsyncIterator[Message]]
    ) -> Callable[..., Any]:
        async def call(data: bytes, context: "grpc.aio.ServicerContext[Any, Any]") -> AsyncIterator[Message]:
            answers: AsyncIterator[Message] | None = None
            caller, request = self._caller(context), None
            try:
                request = _admitted(name, request_type, data, caller)
                answers = implementation(request, caller)
                async for answer in answers:
                    yield answer
            except (asyncio.CancelledError, GeneratorExit):
                await self._ended(name, caller, request, outcome="CANCELLED", reason="CLIENT_GONE")
                raise
            except Exception as error:
                await self._refuse(name, caller, request, error, context)
                raise
            finally:
                # A client that went away leaves the generator in its middle; its `finally` must run now, not
                # when the garbage collector comes by.
                if answers is not None:
                    await answers.aclose()  # type: ignore[attr-defined]
            await self._ended(name, caller, request)
            REQUESTS.labels(name, "OK").inc()

        return call

    def _caller(self, context: "grpc.aio.ServicerContext[Any, Any]") -> Caller:
        return Caller(peer=_peer_name(context.peer()), roles=self._local_roles)

    async def _refuse(
        self,
        name: str,
        caller: Caller,
        request: Message | None,
        error: Exception,
        context: "grpc.aio.ServicerContext[Any, Any]",
    ) -> None:
        """Audit a refusal, then say it."""
        refusal = refusal_of(error)
        if refusal is None:
            log.exception("request_failed", method=name)
            refusal = unexpected()
        code = _CODES[refusal.code]
        await self._ended(name, caller, request, outcome=code.name, reason=refusal.reason)
        REQUESTS.labels(name, code.name).inc()
        await context.abort(code, refusal.message.en, _details(refusal))

    async def _ended(
        self,
        name: str,
        caller: Caller,
        request: Message | None,
        response: Message | None = None,
        *,
        outcome: str = "OK",
        reason: str = "",
    ) -> None:
        """Audit a call once its outcome is known."""
        if self._audit is not None:
            await self._audit.called(name, caller, request, response, outcome, reason)


def _admitted(name: str, request_type: type[Message], data: bytes, caller: Caller) -> Message:
    """The request, of a caller who may make it, within the rules."""
    check_role(name, caller)
    try:
        request = request_type.FromString(data)
    except DecodeError as error:
        raise InvalidRequestError((("", f"is not a {request_type.DESCRIPTOR.full_name}"),)) from error
    check_rules(request)
    return request


def check_rules(request: Message) -> None:
    """Raise `InvalidRequestError` unless the request keeps the rules of its .proto file."""
    violations = protovalidate.collect_violations(request)
    if violations:
        raise InvalidRequestError(tuple((_path(v.proto), v.proto.message) for v in violations))


def _path(violation: Any) -> str:
    """The field that is meant; a rule over several names the first of them in its id, `position.with_finger`."""
    path = ".".join(element.field_name for element in violation.field.elements) if violation.field else ""
    named, dot, _ = violation.rule_id.partition(".")
    return path or (named if dot else "")


def _details(refusal: Refusal) -> tuple[tuple[str, bytes], ...]:
    return (("grpc-status-details-bin", to_status(refusal).SerializeToString()),)


_CODES: dict[int, grpc.StatusCode] = {code.value[0]: code for code in grpc.StatusCode}


def _serialize(message: Message) -> bytes:
    return message.SerializeToString()


def _snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _peer_name(peer: str) -> str:
    """The peer without the ephemeral port, as a holder is shown to people."""
    return "this machine" if peer.startswith(("unix:", "ipv4:127.", "ipv6:%5B::1%5D")) else peer

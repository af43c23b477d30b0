"""The native gRPC door: the same cores as every other door, over grpc.aio."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import aclosing
from functools import partial
from typing import Any

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from gateway.grpc_port import bound_port
from gateway.service.access import Caller
from gateway.service.audit_trail import AuditTrail
from gateway.service.calls import MAX_RECEIVE, Calls, Method, RefusedCall, methods_of
from gateway.service.status import Refusal, to_status

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
        self._calls = Calls(audit)
        self._server = grpc.aio.server(options=OPTIONS)
        self._health = health.aio.HealthServicer()
        names = []
        for service, core in cores:
            handlers = {method.path.rpartition("/")[2]: self._handler(method) for method in methods_of(service, core)}
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
        return bound_port(self._server.add_insecure_port, address)

    async def start(self) -> None:
        """Serve, and say so to health checks."""
        await self._server.start()
        for name in self._names:
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)

    async def stop(self, grace_s: float) -> None:
        """Say that it ends, let calls end for `grace_s`, then cut them off."""
        await self._health.enter_graceful_shutdown()
        await self._server.stop(grace_s)

    def _handler(self, method: Method) -> "grpc.RpcMethodHandler[Any, Any]":
        if method.streaming:
            return grpc.unary_stream_rpc_method_handler(
                self._streaming(method), request_deserializer=None, response_serializer=_serialize
            )
        return grpc.unary_unary_rpc_method_handler(
            self._unary(method), request_deserializer=None, response_serializer=_serialize
        )

    def _unary(self, method: Method) -> Callable[..., Any]:
        async def call(data: bytes, context: "grpc.aio.ServicerContext[Any, Any]") -> Message:
            try:
                return await self._calls.answer(method, self._caller(context), partial(method.decode, data))
            except RefusedCall as refused:
                await _abort(context, refused.refusal)
                raise

        return call

    def _streaming(self, method: Method) -> Callable[..., Any]:
        async def call(data: bytes, context: "grpc.aio.ServicerContext[Any, Any]") -> AsyncIterator[Message]:
            answers = self._calls.answers(method, self._caller(context), partial(method.decode, data))
            try:
                async with aclosing(answers):
                    async for answer in answers:
                        yield answer
            except RefusedCall as refused:
                await _abort(context, refused.refusal)
                raise

        return call

    def _caller(self, context: "grpc.aio.ServicerContext[Any, Any]") -> Caller:
        return Caller(peer=_peer_name(context.peer()), roles=self._local_roles)


async def _abort(context: "grpc.aio.ServicerContext[Any, Any]", refusal: Refusal) -> None:
    await context.abort(_CODES[refusal.code], refusal.message.en, _details(refusal))


def _details(refusal: Refusal) -> tuple[tuple[str, bytes], ...]:
    return (("grpc-status-details-bin", to_status(refusal).SerializeToString()),)


_CODES: dict[int, grpc.StatusCode] = {code.value[0]: code for code in grpc.StatusCode}


def _serialize(message: Message) -> bytes:
    return message.SerializeToString()


def _peer_name(peer: str) -> str:
    """The peer without the ephemeral port, as a holder is shown to people."""
    return "this machine" if peer.startswith(("unix:", "ipv4:127.", "ipv6:%5B::1%5D")) else peer

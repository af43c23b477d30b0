"""The native gRPC door: the same cores as every other door, over grpc.aio."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from functools import partial
from typing import Any, cast

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from gateway.desks import CertificateRefused, DeskRoll
from gateway.grpc_port import bound_port
from gateway.service.access import Caller
from gateway.service.audit_trail import AuditTrail
from gateway.service.calls import MAX_RECEIVE, Calls, Method, RefusedCall, methods_of
from gateway.service.refusal import Refusal, to_status, unexpected
from gateway.service.status import refusal_of

OPTIONS: list[tuple[str, int]] = [
    # Without this a second gateway would share the port and get every other call.
    ("grpc.so_reuseport", 0),
    ("grpc.max_send_message_length", -1),
    # 38 % of raw TCP against 20 to 34 % with gRPC's own 16 KiB (DESIGN 2).
    ("grpc.http2.max_frame_size", 16 * 1024 * 1024 - 1),
    # A client whose machine went dark is noticed in 15 s.
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
    # Of one connection: further calls of a client wait in the client.
    ("grpc.max_concurrent_streams", 64),
]
OWN_OPTIONS = [*OPTIONS, ("grpc.max_receive_message_length", MAX_RECEIVE)]
DESK_OPTIONS = [
    *OPTIONS,
    # The largest are an image of 8 MiB beside the 20,000 points of a signature.
    ("grpc.max_receive_message_length", 10 * 1024 * 1024),
    # Else grpc's guess of the line's speed decides how much of a request comes before it is asked for.
    ("grpc.http2.bdp_probe", 0),
    # Without a call. None has an age: a watch may last all day.
    ("grpc.max_connection_idle_ms", 300_000),
]

SMALL = 64 * 1024
"""Bytes: what a stream's window lets in unasked."""
TAKEN_AT_ONCE = 4
"""Requests of one desk that come in, or are large and not answered yet; the rest waits in the desk's own memory."""

NOBODY: frozenset[str] = frozenset()
Context = grpc.aio.ServicerContext[Any, Any]
Admit = Callable[[Context], Caller]
"""Who calls; `CertificateRefused` where nobody who may."""


class NativeDoor:
    """A grpc.aio server over cores for each way in; each core is named by the service it implements.

    Who calls is told by the way alone: a server of its own listens for each kind of caller, so that no address, name or
    header can make a caller of one kind look like one of another.

    A request is taken only when it is known who calls. Therefore each method is served as one of many requests: a
    single one grpc would read before it asks us. With 64 calls of 10 MiB on one connection a revoked desk takes 4 MB of
    memory (measured), one that is let in 50 MB where it sends them by halves and 180 MB where they are whole and wait
    for their answers; each further connection of the same desk adds 4 MB, the windows of its calls. A client of this
    machine may have 64 times 16 MiB: it can do worse without us.
    """

    def __init__(
        self,
        cores: Iterable[tuple[ServiceDescriptor, object]],
        local_roles: frozenset[str],
        audit: AuditTrail | None = None,
    ) -> None:
        self._calls = Calls(audit)
        self._services = [(service.full_name, methods_of(service, core)) for service, core in cores]
        self._names = ("", *(name for name, _ in self._services))
        self._health = health.aio.HealthServicer()
        self._servers: list[grpc.aio.Server] = []
        self._turns: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(TAKEN_AT_ONCE))
        self._own = self._way_in(lambda context: Caller(_peer_name(context.peer()), local_roles))
        names = (*self._names[1:], health.SERVICE_NAME, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, self._own)

    def listen(self, address: str) -> int:
        """Bind an address of this machine, `host:port` or `unix:path`; the port in use.

        Raises
        ------
        OSError
            The address is in use, or not ours.
        """
        return bound_port(self._own.add_insecure_port, address)

    def listen_for_group(self, path: str, group: str, roles: frozenset[str]) -> None:
        """Bind a unix socket whose callers are of a group; its file's mode, which the kernel keeps, lets no others in.

        Raises
        ------
        OSError
            It cannot be bound.
        """
        caller = Caller(f"this machine, group {group}", roles)
        bound_port(self._way_in(lambda _: caller).add_insecure_port, f"unix:{path}")

    def listen_for_desks(self, address: str, credentials: grpc.ServerCredentials, roll: DeskRoll) -> int:
        """Bind an address for other machines, known by their certificates; the port in use.

        Parameters
        ----------
        address : str
            `host:port`.
        credentials : grpc.ServerCredentials
            Which ask for a client's certificate and verify it.
        roll : DeskRoll

        Raises
        ------
        OSError
            The address is in use, or not ours.
        """
        server = self._way_in(partial(_desk_caller, roll), desks=True)
        return bound_port(lambda place: server.add_secure_port(place, credentials), address)

    async def start(self) -> None:
        """Serve, and say so to health checks."""
        for server in self._servers:
            await server.start()
        for name in self._names:
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)

    async def stop(self, grace_s: float) -> None:
        """Say that it ends, let calls end for `grace_s`, then cut them off."""
        await self._health.enter_graceful_shutdown()
        await asyncio.gather(*(server.stop(grace_s) for server in self._servers))

    def _way_in(self, admit: Admit, *, desks: bool = False) -> grpc.aio.Server:
        """A server whose callers `admit` tells; of `desks` before each answer of a stream, too, and within limits."""
        server = grpc.aio.server(options=DESK_OPTIONS if desks else OWN_OPTIONS)
        for name, methods in self._services:
            handlers = {method.path.rpartition("/")[2]: self._handler(method, admit, desks) for method in methods}
            server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(name, handlers),))
        if desks:
            server.add_generic_rpc_handlers((self._health_of_admitted(admit),))
        else:
            health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        self._servers.append(server)
        return server

    def _handler(self, method: Method, admit: Admit, desks: bool) -> "grpc.RpcMethodHandler[Any, Any]":
        if method.streaming:
            return grpc.stream_stream_rpc_method_handler(
                self._streaming(method, admit, desks), request_deserializer=None, response_serializer=_serialize
            )
        return grpc.stream_unary_rpc_method_handler(
            self._unary(method, admit, desks), request_deserializer=None, response_serializer=_serialize
        )

    def _health_of_admitted(self, admit: Admit) -> grpc.GenericRpcHandler:
        """Health checks whose requests, too, are taken of admitted callers alone."""

        @asynccontextmanager
        async def asked(context: Context) -> AsyncIterator[health_pb2.HealthCheckRequest]:
            try:
                caller = admit(context)
            except CertificateRefused as error:
                await _abort(context, refusal_of(error) or unexpected())
                raise
            async with self._taken(context, caller, desks=True) as data:
                yield health_pb2.HealthCheckRequest.FromString(data)

        async def check(_: object, context: Context) -> Message:
            async with asked(context) as request:
                return cast(Message, await self._health.Check(request, context))

        async def watch(_: object, context: Context) -> None:
            async with asked(context) as request:
                await self._health.Watch(request, context)

        handlers: dict[str, grpc.RpcMethodHandler[Any, Any]] = {
            "Check": grpc.stream_unary_rpc_method_handler(check, None, _serialize),
            "Watch": grpc.stream_stream_rpc_method_handler(watch, None, _serialize),
        }
        return grpc.method_handlers_generic_handler(health.SERVICE_NAME, handlers)

    @asynccontextmanager
    async def _taken(self, context: Context, caller: Caller, desks: bool) -> AsyncIterator[bytes]:
        """The one request of a call, for the block; of a desk in its turn, which a large one keeps."""
        if not desks:
            yield await _request(context)
            return
        async with AsyncExitStack() as turn:
            await turn.enter_async_context(self._turns[caller.peer])
            data = await _request(context)
            if len(data) <= SMALL:
                await turn.aclose()
            yield data

    def _unary(self, method: Method, admit: Admit, desks: bool) -> Callable[..., Any]:
        async def call(_: object, context: Context) -> Message:
            try:
                caller = await self._admitted(method, admit, context)
                async with self._taken(context, caller, desks) as data:
                    return await self._calls.answer(method, caller, partial(method.decode, data))
            except RefusedCall as refused:
                await _abort(context, refused.refusal)
                raise

        return call

    def _streaming(self, method: Method, admit: Admit, desks: bool) -> Callable[..., Any]:
        async def call(_: object, context: Context) -> AsyncIterator[Message]:
            try:
                caller = await self._admitted(method, admit, context)
                async with (
                    self._taken(context, caller, desks) as data,
                    aclosing(self._calls.answers(method, caller, partial(method.decode, data))) as answers,
                ):
                    async for answer in answers:
                        if desks:
                            await self._admitted(method, admit, context)
                        yield answer
            except RefusedCall as refused:
                await _abort(context, refused.refusal)
                raise

        return call

    async def _admitted(self, method: Method, admit: Admit, context: Context) -> Caller:
        try:
            return admit(context)
        except CertificateRefused as error:
            raise await self._calls.refused(method, Caller(_peer_name(context.peer()), NOBODY), None, error) from error


def _desk_caller(roll: DeskRoll, context: Context) -> Caller:
    """The desk whose certificate TLS has verified; what is left to be asked is whether it is still good."""
    (pem,) = context.auth_context()["x509_pem_cert"]
    desk = roll.admitted(bytes(pem))
    return Caller(f"desk {desk.name}", frozenset(desk.roles), desk_id=desk.desk_id)


async def _request(context: Context) -> bytes:
    data = await context.read()
    if data is grpc.aio.EOF:
        await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the call came without a request")
    return cast(bytes, data)


async def _abort(context: Context, refusal: Refusal) -> None:
    await context.abort(_CODES[refusal.code], refusal.message.en, _details(refusal))


def _details(refusal: Refusal) -> tuple[tuple[str, bytes], ...]:
    return (("grpc-status-details-bin", to_status(refusal).SerializeToString()),)


_CODES: dict[int, grpc.StatusCode] = {code.value[0]: code for code in grpc.StatusCode}


def _serialize(message: Message) -> bytes:
    return message.SerializeToString()


def _peer_name(peer: str) -> str:
    """The peer without the ephemeral port, as a holder is shown to people."""
    return "this machine" if peer.startswith(("unix:", "ipv4:127.", "ipv6:%5B::1%5D")) else peer

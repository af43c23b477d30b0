"""Connect and gRPC-Web over the same calls as native gRPC; bodies reach the calls undecoded, as they do there."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from connectrpc.code import Code
from connectrpc.codec import Codec
from connectrpc.errors import ConnectError, ErrorDetail
from connectrpc.method import IdempotencyLevel, MethodInfo, StreamType
from connectrpc.request import RequestContext
from connectrpc.server import ConnectASGIApplication, Endpoint
from google.protobuf import json_format
from google.protobuf.message import Message
from google.rpc import code_pb2
from protobuf.wkt import Any as PackedDetail

from gateway.service.access import Caller
from gateway.service.calls import MAX_RECEIVE, Calls, Method, RefusedCall
from gateway.service.errors import PairingRequiredError, StoppingError
from gateway.service.refusal import Refusal, to_status
from gateway.service.status import refusal_of


@dataclass(frozen=True, slots=True)
class Admission:
    """What the door found out about a request before its body is read."""

    caller: Caller
    refused: Exception | None = None
    """Why it is not answered, whatever its body says."""
    stands: Callable[[], bool] = lambda: True
    """Whether the caller is still let in; asked again while a stream goes on."""


ADMISSION: ContextVar[Admission] = ContextVar("ADMISSION")


@dataclass(frozen=True, slots=True)
class Body:
    """A request as it came."""

    data: bytes
    in_json: bool


_Context = RequestContext[Body, Message]


class _LateCodec(Codec[Message, Body]):
    """Encodes answers; leaves requests to the call, which looks at the caller's role first and audits what it finds."""

    def __init__(self, name: str) -> None:
        self._name = name

    def name(self) -> str:
        return self._name

    def encode(self, message: Message) -> bytes:
        if self._name == "json":
            return json_format.MessageToJson(message, indent=None).encode()
        return message.SerializeToString()

    def decode(self, data: bytes | bytearray, message_class: type[Body]) -> Body:
        return message_class(bytes(data), self._name == "json")


class WebCalls:
    """The endpoints of all methods, and the streams that are open; belongs to the event loop's thread."""

    def __init__(self, methods: Iterable[Method], calls: Calls) -> None:
        self._calls = calls
        self._streams: set[asyncio.Task[object]] = set()
        self._closing = False
        self._endpoints: dict[str, Any] = {method.path: self._endpoint(method) for method in methods}

    def application(self) -> ConnectASGIApplication[None]:
        """The ASGI application; takes the admission of each request from `ADMISSION`."""
        return _Application(self._endpoints)

    def close(self) -> None:
        """End every stream with UNAVAILABLE, and each that is opened yet."""
        self._closing = True
        for task in self._streams:
            task.cancel()

    def _endpoint(self, method: Method) -> Any:
        service, _, name = method.path[1:].partition("/")
        info = MethodInfo(
            name=name,
            service_name=service,
            input=Body,
            output=Message,
            idempotency_level=IdempotencyLevel.UNKNOWN,  # else it would answer to GET, which any <img> can send
            stream_type=StreamType.SERVER_STREAM if method.streaming else StreamType.UNARY,
        )
        if method.streaming:
            return Endpoint.server_stream(info, self._streaming(method))
        return Endpoint.unary(info, self._unary(method))

    def _unary(self, method: Method) -> "Callable[[Body, _Context], Awaitable[Message]]":
        async def call(body: Body, context: _Context) -> Message:
            admission = ADMISSION.get()
            try:
                if admission.refused is not None:
                    raise await self._calls.refused(method, admission.caller, None, admission.refused)
                return await self._calls.answer(method, admission.caller, lambda: _decoded(method, body))
            except RefusedCall as refused:
                raise connect_error(refused.refusal) from refused
            except asyncio.CancelledError:
                if admission.stands():
                    raise
                raise _ended(PairingRequiredError()) from None

        return call

    def _streaming(self, method: Method) -> "Callable[[Body, _Context], AsyncGenerator[Message, None]]":
        async def call(body: Body, context: _Context) -> AsyncGenerator[Message, None]:
            admission, task = ADMISSION.get(), asyncio.current_task()
            assert task is not None
            answers: AsyncGenerator[Message, None] | None = None
            try:
                if admission.refused is not None or self._closing:
                    error = admission.refused or StoppingError("the gateway is stopping")
                    raise await self._calls.refused(method, admission.caller, None, error)
                self._streams.add(task)
                answers = self._calls.answers(method, admission.caller, lambda: _decoded(method, body))
                async for answer in answers:
                    if not admission.stands():
                        raise await self._calls.refused(method, admission.caller, None, PairingRequiredError())
                    yield answer
            except RefusedCall as refused:
                raise connect_error(refused.refusal) from refused
            except asyncio.CancelledError:
                if self._closing:
                    raise _ended(StoppingError("the gateway is stopping")) from None
                if not admission.stands():
                    raise _ended(PairingRequiredError()) from None
                raise
            finally:
                self._streams.discard(task)
                if answers is not None:
                    await answers.aclose()

        return call


class _Application(ConnectASGIApplication[None]):
    def __init__(self, endpoints: Mapping[str, Any]) -> None:
        super().__init__(
            service=None,
            endpoints=lambda _: endpoints,
            read_max_bytes=MAX_RECEIVE,
            compressions=(),  # gzip cut previews of 1.5 MB to 17/s, and a compressed body may be a bomb
            codecs=(_LateCodec("proto"), _LateCodec("json")),
        )

    @property
    def path(self) -> str:
        return "/"


def _decoded(method: Method, body: Body) -> Message:
    if not body.in_json:
        return method.decode(body.data)
    try:
        # Fields of a newer client are passed over, as binary protobuf does.
        return json_format.Parse(body.data, method.request_type(), ignore_unknown_fields=True)
    except (json_format.Error, ValueError, TypeError, RecursionError) as error:
        raise method.undecodable() from error


def _ended(error: Exception) -> ConnectError:
    """What a call is told whose task was cancelled for this; the task goes on to say it."""
    task, refusal = asyncio.current_task(), refusal_of(error)
    assert task is not None
    assert refusal is not None
    task.uncancel()
    return connect_error(refusal)


def connect_error(refusal: Refusal) -> ConnectError:
    """A refusal in the words of Connect and gRPC-Web, with the details that native gRPC gives."""
    status = to_status(refusal)
    details = [ErrorDetail(PackedDetail(type_url=each.type_url, value=each.value)) for each in status.details]
    return ConnectError(_code(refusal.code), status.message, details)


def _code(number: int) -> Code:
    name: str = code_pb2.Code.Name(number)
    return Code.CANCELED if name == "CANCELLED" else Code[name]

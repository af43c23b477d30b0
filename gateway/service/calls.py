"""How a call is answered, whatever door it came through: role, rules, the core's method, audit, count.

Built from the service descriptors, so that a method without an implementation fails at the start, not in use.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Any

import protovalidate
import structlog
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc import code_pb2

from gateway.metrics import REQUESTS
from gateway.service.access import METHOD_ROLES, Caller, check_role
from gateway.service.audit_trail import AuditTrail
from gateway.service.errors import InvalidRequestError
from gateway.service.refusal import Refusal, unexpected
from gateway.service.status import refusal_of

log = structlog.get_logger(__name__)

MAX_RECEIVE = 16 * 1024 * 1024
"""Bytes of a request, at every door."""


@dataclass(frozen=True)
class Method:
    """A method of the API and the core that implements it.

    Parameters
    ----------
    name : str
        `Service.Method`, as the table of roles has it.
    path : str
        `/rekam.v1.Service/Method`, as HTTP has it.
    request_type : type of Message
    streaming : bool
        Many answers instead of one.
    implementation : callable
        Of the core: takes the request and the caller.
    """

    name: str
    path: str
    request_type: type[Message]
    streaming: bool
    implementation: Callable[..., Any]

    def decode(self, data: bytes) -> Message:
        """The request of binary protobuf; `InvalidRequestError` where it is none."""
        try:
            return self.request_type.FromString(data)
        except DecodeError as error:
            raise self.undecodable() from error

    def undecodable(self) -> InvalidRequestError:
        """What is said of bytes or text that are no request of this method."""
        return InvalidRequestError((("", f"is not a {self.request_type.DESCRIPTOR.full_name}"),))


def methods_of(service: ServiceDescriptor, core: object) -> list[Method]:
    """The methods of a service over its core.

    Raises
    ------
    LookupError
        A method has no roles, or streams to the server, which browsers cannot.
    AttributeError
        The core lacks one.
    """
    return [_method(method, core) for method in service.methods]


def _method(method: MethodDescriptor, core: object) -> Method:
    service = method.containing_service
    name = f"{service.name}.{method.name}"
    if name not in METHOD_ROLES:
        raise LookupError(f"{name} has no row in the table of roles")
    if method.client_streaming:
        raise LookupError(f"{name}: browsers cannot stream to a server, so no method does")
    return Method(
        name,
        f"/{service.full_name}/{method.name}",
        GetMessageClass(method.input_type),
        bool(method.server_streaming),
        getattr(core, _snake_case(method.name)),
    )


class RefusedCall(Exception):
    """A call that fails, audited and counted already; the door says so in its protocol's words."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


class Calls:
    """Answers calls; one for all doors, or one each."""

    def __init__(self, audit: AuditTrail | None = None) -> None:
        self._audit = audit

    async def answer(self, method: Method, caller: Caller, decode: Callable[[], Message]) -> Message:
        """The answer of a unary method.

        Parameters
        ----------
        decode : callable
            Gives the request, or raises why there is none; called once the caller's role is known to suffice.

        Raises
        ------
        RefusedCall
            It failed.
        """
        request = None
        try:
            check_role(method.name, caller)
            request = decode()
            check_rules(request)
            response: Message = await method.implementation(request, caller)
        except asyncio.CancelledError:
            await self._ended(method, caller, request, outcome="CANCELLED", reason="CLIENT_GONE")
            raise
        except Exception as error:
            raise await self.refused(method, caller, request, error) from error
        await self._ended(method, caller, request, response)
        REQUESTS.labels(method.name, "OK").inc()
        return response

    async def answers(
        self, method: Method, caller: Caller, decode: Callable[[], Message]
    ) -> AsyncGenerator[Message, None]:
        """The answers of a streaming method, as `answer` gives the one; close it where it is left in its middle."""
        answers: AsyncGenerator[Message, None] | None = None
        request = None
        try:
            check_role(method.name, caller)
            request = decode()
            check_rules(request)
            answers = method.implementation(request, caller)
            assert answers is not None
            async for answer in answers:
                yield answer
        except (asyncio.CancelledError, GeneratorExit):
            await self._ended(method, caller, request, outcome="CANCELLED", reason="CLIENT_GONE")
            raise
        except Exception as error:
            raise await self.refused(method, caller, request, error) from error
        finally:
            # A client that went away leaves the generator in its middle; its `finally` must run now, not
            # when the garbage collector comes by.
            if answers is not None:
                await answers.aclose()
        await self._ended(method, caller, request)
        REQUESTS.labels(method.name, "OK").inc()

    async def refused(self, method: Method, caller: Caller, request: Message | None, error: Exception) -> RefusedCall:
        """What the door is to raise for an error; audited and counted."""
        refusal = refusal_of(error)
        if refusal is None:
            log.exception("request_failed", method=method.name)
            refusal = unexpected()
        code = code_pb2.Code.Name(refusal.code)
        await self._ended(method, caller, request, outcome=code, reason=refusal.reason)
        REQUESTS.labels(method.name, code).inc()
        return RefusedCall(refusal)

    async def _ended(
        self,
        method: Method,
        caller: Caller,
        request: Message | None,
        response: Message | None = None,
        *,
        outcome: str = "OK",
        reason: str = "",
    ) -> None:
        """Audit a call once its outcome is known."""
        if self._audit is not None:
            await self._audit.called(method.name, caller, request, response, outcome, reason)


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


def _snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()

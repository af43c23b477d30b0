"""What stands before every call from a browser: host, origin, pairing, rates, deadlines, and the headers of answers.

Nothing here reads a request's body. A request that is refused for where it comes from gets no CORS headers: its page
learns nothing. One of a page that is let in is refused in the words of its protocol, with reason and details.
"""

import asyncio
import base64
import contextlib
import json
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import structlog
from connectrpc.code import Code
from connectrpc.errors import ConnectError

from gateway.service.access import METHOD_ROLES, Caller
from gateway.service.calls import MAX_RECEIVE, Method
from gateway.service.errors import OriginDeniedError, PairingRequiredError, TooManyRequestsError
from gateway.service.pairing import Pairings
from gateway.service.refusal import to_status
from gateway.service.status import refusal_of
from gateway.service.web_origins import Headers, MalformedError, MisdirectedError, WebOrigins, header
from gateway.service.web_rates import Places, TokenBucket
from gateway.service.web_rpc import ADMISSION, Admission

log = structlog.get_logger(__name__)

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApplication = Callable[[Any, Any, Any], Awaitable[None]]

BODY_S = 15.0
"""A request's whole body is here by then; 16 MiB take half a second on loopback."""
PASSED_OVER, PASSED_OVER_S = 256 * 1024, 0.5
"""Bytes of the body of a request that is refused, and seconds."""
SEND_S = 60.0
"""A part of an answer is taken by then: a page that reads nothing for so long has gone to sleep."""
UNPAIRED_BODY = 64 * 1024
"""Bytes of a request of a page without a token: GetInfo and Pair are small."""
PAIRED_PER_S, PAIRED_BURST = 200.0, 400.0
UNPAIRED_PER_S, UNPAIRED_BURST = 10.0, 30.0
PAIR_PER_S, PAIR_BURST = 0.2, 5.0
"""Pair: of all pages together, as each prints a line on the gateway's terminal."""
PLACES, UNPAIRED_PLACES = 256, 24
"""Requests under way: three tabs with twelve streams each take 36."""
TOLD_PER_S, TOLD_BURST = 0.2, 10.0
"""Lines of the log about pages that were turned away."""

_TYPES = {
    *("application/json", "application/proto", "application/connect+json", "application/connect+proto"),
    *("application/grpc-web", "application/grpc-web+proto", "application/grpc-web+json"),
}
"""None of them can be sent by a form or by fetch with `no-cors`."""

_ALLOWED_HEADERS = (
    "authorization, content-type, connect-protocol-version, connect-timeout-ms, grpc-timeout, x-grpc-web, x-user-agent"
)
_SECURITY = (
    (b"server", b"rekam"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"vary", b"Origin"),
)
_REPLACED = {name for name, _ in _SECURITY}


class WebGuard:
    """An ASGI application before another, which answers calls; belongs to the event loop's thread."""

    def __init__(
        self, application: AsgiApplication, methods: Iterable[Method], origins: WebOrigins, pairings: Pairings
    ) -> None:
        self._application = application
        self._methods = {method.path: method.name for method in methods}
        self._origins = origins
        self._pairings = pairings
        self._paired: dict[str, TokenBucket] = {}
        self._unpaired = TokenBucket(UNPAIRED_PER_S, UNPAIRED_BURST)
        self._pair = TokenBucket(PAIR_PER_S, PAIR_BURST)
        self._told = TokenBucket(TOLD_PER_S, TOLD_BURST)
        self._places, self._unpaired_places = Places(PLACES), Places(UNPAIRED_PLACES)
        self.under_way: set[asyncio.Task[object]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            raise RuntimeError(f"{scope['type']} is not served")
        task = asyncio.current_task()
        assert task is not None
        self.under_way.add(task)
        try:
            body = _Body(receive)
            close_early = scope["http_version"].startswith("1")
            await self._answer(scope, body, _secured(body, send, close_early=close_early))
        finally:
            self.under_way.discard(task)

    async def _answer(self, scope: Scope, body: "_Body", send: Send) -> None:
        headers: Headers = scope["headers"]
        try:
            self._origins.check_host(headers)
            origin = self._origins.origin_of(headers)
        except MalformedError as error:
            await _say(send, 400, "invalid_argument", f"Malformed request: {error}.")
            return
        except MisdirectedError:
            self._tell("web_host_refused", host=header(headers, b"host"))
            await _say(send, 421, "permission_denied", "This is not the host that the request is for.")
            return
        except OriginDeniedError as error:
            self._tell("web_origin_refused", origin=str(error), path=scope["path"])
            await _deny(send, error)
            return
        if scope["method"] == "OPTIONS":
            await _preflight(headers, origin, send)
            return
        send = _readable_by(origin, send)
        name = self._methods.get(scope["path"])
        if name is None:
            await _say(send, 404, "unimplemented", "There is nothing at this path.")
        elif scope["method"] != "POST":
            await _say(send, 405, "unimplemented", "Methods are called with POST.", ((b"allow", b"POST"),))
        elif header(headers, b"content-type").partition(";")[0].strip().lower() not in _TYPES:
            text = "Call with Connect or gRPC-Web; native gRPC has a port of its own."
            await _say(send, 415, "invalid_argument", text, ((b"accept-post", ", ".join(sorted(_TYPES)).encode()),))
        else:
            await self._call(name, headers, origin, body, send, scope)

    async def _call(self, name: str, headers: Headers, origin: str, body: "_Body", send: Send, scope: Scope) -> None:
        admission = self._admission(name, headers, origin)
        paired = bool(admission.caller.roles)
        most = MAX_RECEIVE + 1024 if paired else UNPAIRED_BODY
        length = header(headers, b"content-length")
        if length and (not length.isdecimal() or len(length) > 12 or int(length) > most):
            await _say(send, 413, "resource_exhausted", f"A request has at most {most} bytes.")
            return
        try:
            with (self._places if paired else self._unpaired_places).taken(), self._pairings.in_use(_token(headers)):
                ADMISSION.set(admission)
                await self._application(scope, _bounded(body, most), send)
        except TooManyRequestsError as error:
            await _deny(send, error)

    def _admission(self, name: str, headers: Headers, origin: str) -> Admission:
        """Who calls, and why the call is refused whatever it says, if it is."""
        roles, refused = frozenset[str](), None
        try:
            roles = self._roles(headers, origin)
            if roles:
                self._paired.setdefault(origin, TokenBucket(PAIRED_PER_S, PAIRED_BURST)).take()
            else:
                self._unpaired.take()
            if name == "GatewayService.Pair":
                self._pair.take()
            if METHOD_ROLES[name] and not roles:
                raise PairingRequiredError
            if name == "GatewayService.Pair" and not origin:
                raise OriginDeniedError("no page, so nothing to pair")
        except (TooManyRequestsError, PairingRequiredError, OriginDeniedError) as error:
            refused = error
        caller = Caller(peer=origin or "web", roles=roles, origin=origin)
        return Admission(caller, refused, lambda: not roles or bool(self._roles(headers, origin)))

    def _roles(self, headers: Headers, origin: str) -> frozenset[str]:
        """Roles of the token; none without one, and none of one that was given to another origin or taken back."""
        bound_to = self._pairings.origin_of(_token(headers))
        if bound_to is None:
            return frozenset()
        if bound_to != origin:
            self._tell("web_token_of_another_origin", origin=origin, bound_to=bound_to)
            return frozenset()
        return self._origins.roles_of(origin)

    def _tell(self, event: str, **about: str) -> None:
        try:
            self._told.take()
        except TooManyRequestsError:
            return
        log.warning(event, **{key: ascii(value[:200]) for key, value in about.items()})


def _token(headers: Headers) -> str:
    scheme, _, token = header(headers, b"authorization").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


class _Body:
    """A request's body as it comes, and whether all of it has come; after that, whatever the server says."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.ended = False

    async def __call__(self) -> Message:
        message = await self._receive()
        self.ended = self.ended or not message.get("more_body", False)
        return message

    async def pass_over(self) -> None:
        """Read what is left of a small body, for a moment.

        HTTP/2 tears a stream down that is answered before its body is read, and the answer with it.
        """
        left = PASSED_OVER
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PASSED_OVER_S):
                while left > 0 and not self.ended:
                    left -= len((await self()).get("body", b""))


def _secured(body: _Body, send: Send, *, close_early: bool) -> Send:
    """Put the security headers on every answer, and a deadline on each of its parts."""

    async def secured(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [(name, value) for name, value in message["headers"] if name not in _REPLACED]
            if not body.ended:
                await body.pass_over()
            if not body.ended and close_early:  # else HTTP/1.1 would wait for the rest before it goes on
                headers.append((b"connection", b"close"))
            await send({**message, "headers": [*headers, *_SECURITY]})  # kept by the server until a part comes
            return
        async with asyncio.timeout(SEND_S):
            await send(message)

    return secured


def _readable_by(origin: str, send: Send) -> Send:
    """Let the page of `origin` read the answer, and nobody else."""
    if not origin:
        return send
    cors = (
        (b"access-control-allow-origin", origin.encode()),
        (b"access-control-expose-headers", b"grpc-status, grpc-message, grpc-status-details-bin"),
    )

    async def readable(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *cors]}
        await send(message)

    return readable


async def _preflight(headers: Headers, origin: str, send: Send) -> None:
    """What a page that is let in may send; asked by the browser before each first call."""
    answer = [
        (b"access-control-allow-methods", b"POST"),
        (b"access-control-allow-headers", _ALLOWED_HEADERS.encode()),
        (b"access-control-max-age", b"7200"),
    ]
    if header(headers, b"access-control-request-private-network") == "true":
        # Browsers before Local Network Access (Chromium 142) asked like this; newer ones ask the person.
        answer.append((b"access-control-allow-private-network", b"true"))
    await _respond(_readable_by(origin, send), 204 if origin else 403, answer if origin else [], b"")


def _bounded(body: _Body, most: int) -> Receive:
    """A body of at most so many bytes, all of it here within `BODY_S`; after its end, whatever comes."""
    deadline = asyncio.get_running_loop().time() + BODY_S
    received = 0

    async def bounded() -> Message:
        nonlocal received
        if body.ended:
            return await body()
        try:
            async with asyncio.timeout_at(deadline):
                message = await body()
        except TimeoutError:
            raise ConnectError(Code.DEADLINE_EXCEEDED, "The request did not arrive in time.") from None
        received += len(message.get("body", b""))
        if received > most:
            raise ConnectError(Code.RESOURCE_EXHAUSTED, f"A request has at most {most} bytes.")
        return message

    return bounded


async def _deny(send: Send, error: Exception) -> None:
    refusal = refusal_of(error)
    assert refusal is not None
    status = to_status(refusal)
    http = 429 if isinstance(error, TooManyRequestsError) else 403
    code = "resource_exhausted" if http == 429 else "permission_denied"
    retry = ((b"retry-after", str(max(1, round(refusal.retry_s))).encode()),) if refusal.retry_s is not None else ()
    details = [
        {"type": each.type_url.rpartition("/")[2], "value": base64.b64encode(each.value).decode().rstrip("=")}
        for each in status.details
    ]
    await _say(send, http, code, status.message, retry, details)


async def _say(
    send: Send,
    status: int,
    code: str,
    text: str,
    more: Iterable[tuple[bytes, bytes]] = (),
    details: list[dict[str, str]] | None = None,
) -> None:
    """An error as Connect has it, which people can read as well."""
    told: dict[str, Any] = {"code": code, "message": text, **({"details": details} if details else {})}
    await _respond(send, status, [(b"content-type", b"application/json"), *more], json.dumps(told).encode())


async def _respond(send: Send, status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": list(headers), "trailers": False})
    await send({"type": "http.response.body", "body": body, "more_body": False})

"""Every method, every role, every origin: who gets as far as a core, and who does not."""

import base64
import itertools
import json
from pathlib import Path

import pytest
from google.rpc import error_details_pb2

from gateway.service.access import METHOD_ROLES
from gateway.service.calls import Calls, methods_of
from gateway.service.errors import StoppingError
from gateway.service.pairing import Pairings
from gateway.service.web_guard import WebGuard
from gateway.service.web_origins import WebOrigins
from gateway.service.web_rpc import WebCalls
from tests.gateway.client import SERVICES
from tests.gateway.web.page import EVIL, FOREIGN, frames

OWN = "https://127.0.0.1:7412"
ROLES = ("operator", "supervisor", "technician", "auditor")


class EndingCore:
    """A core whose every method says that it was reached."""

    def __init__(self, service):
        for method in service.methods:
            name = "".join(f"_{c.lower()}" if c.isupper() else c for c in method.name).lstrip("_")
            setattr(self, name, self.stream if method.server_streaming else self.answer)

    async def answer(self, request, caller):
        raise StoppingError("reached")

    async def stream(self, request, caller):
        raise StoppingError("reached")
        yield


METHODS = [
    method
    for name, module in SERVICES.items()
    for service in [module.DESCRIPTOR.services_by_name[name]]
    for method in methods_of(service, EndingCore(service))
]
APPLICATION = WebCalls(METHODS, Calls()).application()


class Codes:
    def __init__(self):
        self.shown = {}

    def show(self, origin, name, code):
        self.shown[origin] = code


@pytest.fixture
def pairings(tmp_path: Path):
    codes = Codes()
    pairings = Pairings(tmp_path / "pairings.json", codes.show)
    tokens = {}
    for origin in (OWN, FOREIGN, EVIL):  # of the last: it was let in once
        pairings.request_code(origin, "")
        tokens[origin] = pairings.trade(origin, codes.shown[origin])
    return pairings, tokens


async def reason(guard, method, origin, token):
    """How a call ends: the reason of its refusal, `REACHED`, or the HTTP status of what never was a call."""
    kind = "application/connect+json" if method.streaming else "application/json"
    body = b"\0\0\0\0\x02{}" if method.streaming else b"{}"
    headers = [(b"host", b"127.0.0.1:7412"), (b"content-type", kind.encode())]
    if origin:
        headers.append((b"origin", origin.encode()))
    if token:
        headers.append((b"authorization", f"Bearer {token}".encode()))
    sent = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "http_version": "2",
        "method": "POST",
        "path": method.path,
        "raw_path": method.path.encode(),
    }
    scope |= {"query_string": b"", "root_path": "", "scheme": "https", "headers": headers, "extensions": {}}
    await guard(scope, receive, send)
    answer = b"".join(message.get("body", b"") for message in sent[1:])
    told = frames(answer)[-1][1] if method.streaming and sent[0]["status"] == 200 else answer
    found = json.loads(told)
    found = found.get("error", found)
    for detail in found.get("details", ()):
        if detail["type"] == "google.rpc.ErrorInfo":
            info = error_details_pb2.ErrorInfo.FromString(base64.b64decode(detail["value"] + "=="))
            return "REACHED" if info.reason in ("STOPPING", "INVALID_ARGUMENT") else info.reason
    return str(sent[0]["status"])


def expected(method, roles, origin, token_of):
    if origin == EVIL:
        return "ORIGIN_DENIED"
    needed = METHOD_ROLES[method.name]
    paired = bool(origin) and token_of == origin
    if method.name == "GatewayService.Pair" and not origin:
        return "ORIGIN_DENIED"
    if not needed:
        return "REACHED"
    if not paired or not roles:
        return "PAIRING_REQUIRED"
    return "REACHED" if needed & roles else "ROLE_DENIED"


@pytest.mark.parametrize("origin", [OWN, FOREIGN, EVIL, ""])
@pytest.mark.parametrize("roles", [*((role,) for role in ROLES), ROLES, ()], ids="+".join)
async def test_every_method_role_and_origin(pairings, roles, origin):
    given, tokens = pairings
    roles = frozenset(roles)
    own, foreign = (roles, frozenset()) if origin == OWN else (frozenset(), roles)
    wrong = {}
    for method, token_of in itertools.product(METHODS, (OWN, FOREIGN, EVIL, "unknown", "")):
        guard = WebGuard(APPLICATION, METHODS, WebOrigins(7412, (FOREIGN,), own, foreign), given)  # rates anew
        token = tokens.get(token_of, token_of)
        found = await reason(guard, method, origin, token)
        if found != expected(method, roles, origin, token_of):
            wrong[method.name, token_of] = found
    assert not wrong


def test_all_methods_of_the_table_are_walked():
    assert {method.name for method in METHODS} == set(METHOD_ROLES)

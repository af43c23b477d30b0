"""A page in a browser, as far as the web door can see one: curl with HTTP/2, TLS against our authority, an origin."""

import asyncio
import base64
import json
import re
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from google.rpc import error_details_pb2

from gateway.main import Gateway
from tests.gateway.running import running

FOREIGN = "https://desk.example"
EVIL = "https://evil.example"
CALL = "/rekam.v1."


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes
    code: str = field(init=False, default="")

    def __post_init__(self) -> None:
        if self.headers.get("content-type") == "application/json" and self.status != 200 and self.body:
            self.code = json.loads(self.body)["code"]

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def reason(self) -> str:
        """Of the ErrorInfo among the details of Connect's JSON."""
        for detail in self.json.get("details", ()):
            if detail["type"] == "google.rpc.ErrorInfo":
                info = error_details_pb2.ErrorInfo.FromString(base64.b64decode(detail["value"] + "=="))
                assert info.domain == "rekam"
                return info.reason
        return ""


@dataclass
class Page:
    """A page of `origin`, perhaps with a token."""

    gateway: Gateway
    origin: str
    token: str = ""

    @property
    def url(self) -> str:
        return f"https://{self.gateway.addresses.web}"

    def headers(self) -> list[str]:
        lines = []
        if self.origin:
            lines += [f"Origin: {self.origin}", "Sec-Fetch-Mode: cors", "Sec-Fetch-Site: cross-site"]
        if self.token:
            lines.append(f"Authorization: Bearer {self.token}")
        return lines

    async def send(
        self, path: str, body: bytes | None = b"{}", headers: Sequence[str] = (), *options: str, plain: bool = False
    ) -> Answer:
        """One request by curl; `plain`: without the headers that a browser adds."""
        content = [] if any(line.lower().startswith("content-type") for line in headers) else ["application/json"]
        lines = [*([] if plain else self.headers()), *(f"Content-Type: {each}" for each in content), *headers]
        command = ["curl", "-sS", "-i", "--max-time", "20", "--cacert", str(self.gateway.state / "web/authority.pem")]
        command += [part for line in lines for part in ("-H", line)]
        if body is not None:
            command += ["--data-binary", "@-"]
        command += [*options, f"{self.url}{path}"]
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate(body or b"")
        if process.returncode:
            raise ConnectionError(err.decode())
        return parsed(out)

    async def call(self, method: str, **fields: Any) -> Answer:
        """A unary call by Connect in JSON."""
        return await self.send(f"{CALL}{method.replace('.', '/')}", json.dumps(fields).encode())

    async def pair(self, capfd: Any) -> "Page":
        """This page with a token, by the code on the gateway's terminal."""
        capfd.readouterr()
        assert (await self.call("GatewayService.Pair", origin=self.origin)).status == 200
        code = shown_code(capfd)
        self.token = (await self.call("GatewayService.Pair", origin=self.origin, code=code)).json["token"]
        return self


def shown_code(capfd: Any) -> str:
    found = re.findall(r": (\d{4}) (\d{4})", capfd.readouterr().err)
    return "".join(found[-1])


def parsed(raw: bytes) -> Answer:
    head, _, body = raw.partition(b"\r\n\r\n")
    while head.startswith(b"HTTP/1.1 100"):
        head, _, body = body.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    pairs = [line.split(": ", 1) for line in lines]
    return Answer(int(first.split()[1]), {name.lower(): value for name, value in pairs}, body)


def frames(data: bytes) -> list[tuple[int, bytes]]:
    """The envelopes of a stream: flags and content."""
    found, offset = [], 0
    while offset < len(data):
        flags, length = struct.unpack_from(">BI", data, offset)
        found.append((flags, data[offset + 5 : offset + 5 + length]))
        offset += 5 + length
    return found


def envelope(content: bytes) -> bytes:
    return struct.pack(">BI", 0, len(content)) + content


@asynccontextmanager
async def web_gateway(state: Path, *devices: dict[str, Any], **tables: Any) -> AsyncIterator[Gateway]:
    """A gateway with a web door, on a free port unless one is named, where `FOREIGN` may pair."""
    web, listen = {"origins": [FOREIGN], **tables.pop("web", {})}, tables.pop("web_listen", "127.0.0.1:0")
    async with running(state, *devices, web_listen=listen, web=web, **tables) as gateway:
        yield gateway

"""A paired page as the web door sees one: HTTP/2 by an independent client, Connect and gRPC-Web in binary."""

import re
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from google.protobuf.message import Message
from pyqwest import Client, HTTPTransport, HTTPVersion
from rekam.v1 import gateway_pb2

M = TypeVar("M", bound=Message)

PAIR_S = 10.0
_END_OF_STREAM, _TRAILERS = 0x02, 0x80
"""Flags of the last envelope: of Connect, of gRPC-Web."""


class WebPage:
    """A page of the gateway's own origin; every page has a connection of its own, as another browser has.

    Parameters
    ----------
    client : Client
    address : str
        `HOST:PORT` of the web door.
    token : str
    """

    def __init__(self, client: Client, address: str, token: str) -> None:
        self._client = client
        self._url = f"https://{address}/rekam.v1."
        self._headers = {"origin": f"https://{address}", "sec-fetch-mode": "cors", "sec-fetch-site": "same-origin"}
        if token:
            self._headers["authorization"] = f"Bearer {token}"

    async def call(self, method: str, request: Message, answer: type[M]) -> M:
        """A unary method, `CaptureService/NextPreview`, by Connect."""
        content = request.SerializeToString()
        told = await self._client.post(
            f"{self._url}{method}", {**self._headers, "content-type": "application/proto"}, content
        )
        if told.status != 200:
            raise ConnectionError(f"{method}: {told.status} {bytes(told.content)!r}")
        return answer.FromString(bytes(told.content))

    async def stream(self, method: str, request: Message, answer: type[M], kind: str) -> AsyncIterator[M]:
        """A streaming method by the protocol of `kind`: `application/connect+proto` or `application/grpc-web+proto`."""
        content = request.SerializeToString()
        envelope = struct.pack(">BI", 0, len(content)) + content
        async with self._client.stream(
            "POST", f"{self._url}{method}", {**self._headers, "content-type": kind}, envelope
        ) as told:
            if told.status != 200:
                raise ConnectionError(f"{method}: {told.status}")
            waiting = bytearray()
            async for part in told.content:
                waiting += part
                while len(waiting) >= 5:
                    flags, length = struct.unpack_from(">BI", waiting)
                    if len(waiting) < 5 + length:
                        break
                    message = bytes(waiting[5 : 5 + length])
                    del waiting[: 5 + length]
                    if flags & (_END_OF_STREAM | _TRAILERS):
                        return
                    yield answer.FromString(message)


@asynccontextmanager
async def page(state: Path, address: str, token: str) -> AsyncIterator[WebPage]:
    """A page with `token` at the web door of a gateway's state folder."""
    async with HTTPTransport(
        tls_ca_cert=(state / "web/authority.pem").read_bytes(), http_version=HTTPVersion.HTTP2
    ) as transport:
        yield WebPage(Client(transport), address, token)


async def paired(state: Path, address: str) -> str:
    """The token of the gateway's own origin, by the code that `serving` let the gateway write into its log."""
    origin = f"https://{address}"
    async with page(state, address, "") as unpaired:
        await unpaired.call("GatewayService/Pair", gateway_pb2.PairRequest(origin=origin), gateway_pb2.PairResponse)
        code = _code_in(state.with_suffix(".log"))
        request = gateway_pb2.PairRequest(origin=origin, code=code)
        return (await unpaired.call("GatewayService/Pair", request, gateway_pb2.PairResponse)).token


def _code_in(log: Path) -> str:
    deadline = time.monotonic() + PAIR_S
    while time.monotonic() < deadline:
        found = re.findall(r": (\d{4}) (\d{4})$", log.read_text(errors="replace"), re.MULTILINE)
        if found:
            return "".join(found[-1])
        time.sleep(0.01)
    raise RuntimeError("the gateway showed no pairing code")

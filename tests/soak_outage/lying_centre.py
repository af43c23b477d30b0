"""What stands where a centre should: one that changes what the centre answers, and captive portals."""

import asyncio
import ssl
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import grpc
from rekam.v1 import ingest_pb2 as pb
from rekam.v1 import ingest_pb2_grpc

from gateway.central import Authority
from gateway.centre import Receipt, read_answer, sign_answer
from gateway.trust import SigningKey, TrustAnchors

LOST, CALL_LOST = "receipt lost", "answer lost after the centre has the packet"
FORGED, OTHERS = "receipt forged", "receipt for another packet"
_OPTIONS = [("grpc.use_local_subchannel_pool", 1), ("grpc.enable_http_proxy", 0)]
_REMEMBERED = 50


class LyingCentre:
    """Relays every call of one gateway to the centre, under the centre's own name, and lies about receipts.

    Parameters
    ----------
    stub : IngestServiceStub
        The centre's.
    anchors : TrustAnchors
    forger : SigningKey
        Of somebody who would like to be the centre.
    share : float
        Of receipts that are lied about.
    seed : int
    """

    def __init__(self, stub: Any, anchors: TrustAnchors, forger: SigningKey, share: float, seed: int) -> None:
        self._stub, self._anchors, self._forger, self._share = stub, anchors, forger, share
        self._random = Random(seed)
        self._seen: list[bytes] = []
        self.lies: Counter[str] = Counter()

    async def get_centre(self, request: Any, context: Any) -> Any:
        """As the centre says."""
        return await self._asked(self._stub.GetCentre(request, timeout=10), context)

    async def offer_packets(self, request: Any, context: Any) -> Any:
        """With other receipts."""
        answer = await self._asked(self._stub.OfferPackets(request, timeout=30), context)
        for standing in answer.standings:
            self._lie(standing)
        return answer

    async def upload_packet(self, _requests: Any, context: Any) -> None:
        """With another receipt, or none though the centre has the packet."""
        call = self._stub.UploadPacket()
        going = asyncio.create_task(self._up(call, context))
        try:
            while (answer := await call.read()) is not grpc.aio.EOF:
                if answer.WhichOneof("part") == "standing":
                    if answer.standing.receipt and self._random.random() < self._share / 3:
                        self.lies[CALL_LOST] += 1
                        await context.abort(grpc.StatusCode.UNAVAILABLE, "gone")
                    self._lie(answer.standing)
                await context.write(answer)
            await self._passed_on(call, context)
        finally:
            going.cancel()
            call.cancel()
            await asyncio.gather(going, return_exceptions=True)

    async def fetch_answers(self, request: Any, context: Any) -> None:
        """With other receipts among them."""
        call = self._stub.FetchAnswers(request, timeout=30)
        try:
            while (answer := await call.read()) is not grpc.aio.EOF:
                receipt = self._receipt(answer.answer)
                if receipt is not None and self._random.random() < self._share:
                    self.lies[FORGED] += 1
                    answer.answer = sign_answer(receipt, self._forger)
                await context.write(answer)
            await self._passed_on(call, context)
        finally:
            call.cancel()

    def _lie(self, standing: Any) -> None:
        receipt = self._receipt(standing.receipt) if standing.receipt else None
        if receipt is None:
            return
        self._seen = [*self._seen[-_REMEMBERED:], standing.receipt]
        if self._random.random() >= self._share:
            return
        others = [each for each in self._seen if each != standing.receipt]
        kind = self._random.choice((LOST, FORGED, OTHERS) if others else (LOST, FORGED))
        self.lies[kind] += 1
        if kind == LOST:
            standing.receipt = b""
        elif kind == OTHERS:
            standing.receipt = self._random.choice(others)
        else:
            # What it says is true to the last byte, but nobody who may has said so.
            standing.receipt = sign_answer(receipt, self._forger)

    def _receipt(self, jws: bytes) -> Receipt | None:
        answer = read_answer(jws, self._anchors)
        return answer if isinstance(answer, Receipt) else None

    async def _up(self, call: Any, context: Any) -> None:
        while (request := await context.read()) is not grpc.aio.EOF:
            await call.write(request)
        await call.done_writing()

    async def _asked(self, call: Any, context: Any) -> Any:
        try:
            return await call
        except grpc.aio.AioRpcError as error:
            await context.abort(error.code(), error.details() or "")

    async def _passed_on(self, call: Any, context: Any) -> None:
        code = await call.code()
        if code is not grpc.StatusCode.OK:
            await context.abort(code, await call.details() or "")


@asynccontextmanager
async def lying_centre(
    tls: Path, centre: str, office: Path, anchors: TrustAnchors, forger: SigningKey, share: float, seed: int
) -> AsyncIterator[tuple[str, LyingCentre]]:
    """One between an office and its centre; its address. It has the office's key as the office has."""
    credentials = grpc.ssl_channel_credentials(
        (tls / "authority.pem").read_bytes(),
        (office / "gateway.key").read_bytes(),
        (office / "gateway.pem").read_bytes(),
    )
    issued = Authority.read(tls).server_certificate(["127.0.0.1"], datetime.now(UTC))
    async with grpc.aio.secure_channel(f"dns:///{centre}", credentials, _OPTIONS) as channel:
        stub = ingest_pb2_grpc.IngestServiceStub(channel)  # type: ignore[no-untyped-call]
        liar = LyingCentre(stub, anchors, forger, share, seed)
        server = grpc.aio.server(maximum_concurrent_rpcs=64)
        handlers = {
            "GetCentre": (grpc.unary_unary_rpc_method_handler, liar.get_centre),
            "OfferPackets": (grpc.unary_unary_rpc_method_handler, liar.offer_packets),
            "UploadPacket": (grpc.stream_stream_rpc_method_handler, liar.upload_packet),
            "FetchAnswers": (grpc.unary_stream_rpc_method_handler, liar.fetch_answers),
        }
        made = {
            name: kind(
                method,
                request_deserializer=getattr(pb, f"{name}Request").FromString,
                response_serializer=getattr(pb, f"{name}Response").SerializeToString,
            )
            for name, (kind, method) in handlers.items()
        }
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("rekam.v1.IngestService", made),))
        port = server.add_secure_port(
            "127.0.0.1:0",
            grpc.ssl_server_credentials(
                [(issued.key_pem, issued.certificate_pem)],
                (tls / "authority.pem").read_bytes(),
                require_client_auth=True,
            ),
        )
        await server.start()
        try:
            yield f"127.0.0.1:{port}", liar
        finally:
            await server.stop(0.2)


@asynccontextmanager
async def captive_portal(folder: Path | None) -> AsyncIterator[str]:
    """What a name that lies leads to: a page to log in, over HTTP, or over TLS as somebody else; its address.

    Parameters
    ----------
    folder : Path or None
        Where its certificate is made; None for one without TLS.
    """
    context = None
    if folder is not None:
        issued = Authority.made("portal", datetime.now(UTC)).server_certificate(
            ["login.hotspot.example"], datetime.now(UTC) - timedelta(days=1)
        )
        (folder / "portal.pem").write_bytes(issued.key_pem + issued.certificate_pem)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(folder / "portal.pem")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.read(4096)
            writer.write(b"HTTP/1.1 302 Found\r\nLocation: http://login.hotspot.example/\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
        except OSError:
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    try:
        yield "{}:{}".format(*server.sockets[0].getsockname())
    finally:
        server.close()

"""Centres and packets for the tests: every key, certificate and packet is made here, of nobody."""

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from gateway.central import AdmissionLimits, Authority, OpenCentre, set_up
from gateway.central.server import CentreServer, CentreSettings
from gateway.central.setting_up import CENTRE_PEM
from gateway.centre import Answer, AnswerCursor, PacketNotice, PacketStanding, StandingState, read_answer
from gateway.packet import PacketPart, PacketPlace, seal_packet
from gateway.trust import SigningKey, TrustAnchors
from gateway.ways import IngestPlace, IngestWay
from tests.gateway.packet.packets import recipient, statement
from tests.gateway.trust.signed_captures import new_key

CENTRE, GATEWAY = "pusat-1", "kedoya-1"
CHAIN = "c0ffee00" * 2
"""As long as those of a gateway."""
ROOMY = AdmissionLimits(kept_free_bytes=0)


_signing_key = cache(new_key)


def gateway_key(gateway_id: str = GATEWAY) -> SigningKey:
    return _signing_key(gateway_id)


@dataclass(frozen=True)
class Packet:
    """A sealed packet in memory."""

    notice: PacketNotice
    content: bytes

    def read(self, begin: int, end: int) -> bytes:
        return self.content[begin:end]


def packet(
    folder: Path,
    number: int = 1,
    size: int = 20_000,
    gateway_id: str = GATEWAY,
    packet_id: str | None = None,
    key: SigningKey | None = None,
) -> Packet:
    """One of about `size` bytes; the same number and size have the same content, sealed anew each time."""
    name = packet_id or f"packet-{gateway_id}-{number}"
    path = folder / f"{random.randrange(1 << 60):x}.rekam"
    parts = [PacketPart.of("portrait.png", "image/png", random.Random(number).randbytes(max(1, size - 4_000)))]
    stated = statement(packet_id=name, gateway_id=gateway_id)
    place = PacketPlace(CHAIN, number, None if number == 1 else "ab" * 32)
    seal_packet(path, stated, parts, [recipient()], key or gateway_key(gateway_id), place)
    content = path.read_bytes()
    path.unlink()
    return Packet(PacketNotice(name, hashlib.sha256(content).hexdigest(), len(content), CHAIN, number), content)


def changed(made: Packet, content: bytes) -> Packet:
    """Other bytes, truly told of."""
    notice = replace(made.notice, sha256=hashlib.sha256(content).hexdigest(), size=len(content))
    return Packet(notice, content)


def made_centre(state: Path, *gateways: str, store: str | None = None) -> Path:
    """A centre's folder where the gateways are registered; by default `GATEWAY`."""
    set_up(state, CENTRE, ["localhost", "127.0.0.1"], store, datetime.now(UTC))
    with OpenCentre(state) as centre:
        for gateway_id in gateways or (GATEWAY,):
            bundle = gateway_key(gateway_id).trust_bundle().certificates_pem
            centre.store.register(gateway_id, bundle, datetime.now(UTC))
    return state


@asynccontextmanager
async def served(state: Path, settings: CentreSettings | None = None) -> AsyncIterator[CentreServer]:
    made = settings or CentreSettings(limits=ROOMY)
    server = CentreServer(state, replace(made, listen="127.0.0.1:0"))
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def place(
    state: Path,
    address: str,
    gateway_id: str = GATEWAY,
    validity: timedelta = timedelta(days=30),
    authority: Authority | None = None,
    made: datetime | None = None,
) -> IngestPlace:
    """Where a gateway finds a centre, with a certificate that the centre issued, or another authority."""
    issuer = authority or Authority.read(state / "tls")
    issued = issuer.gateway_certificate(gateway_id, made or datetime.now(UTC), validity)
    folder = state / "offices" / f"{gateway_id}-{random.randrange(1 << 60):x}"
    folder.mkdir(parents=True)
    (folder / "gateway.pem").write_bytes(issued.certificate_pem)
    (folder / "gateway.key").write_bytes(issued.key_pem)
    host, _, port = address.rpartition(":")
    return IngestPlace(host, int(port), state / "tls" / "authority.pem", folder / "gateway.pem", folder / "gateway.key")


@asynccontextmanager
async def way(
    where: IngestPlace, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> AsyncIterator[IngestWay]:
    made = IngestWay(where, clock)
    try:
        yield made
    finally:
        await made.close()


def anchors(state: Path) -> TrustAnchors:
    return TrustAnchors.from_pem((state / CENTRE_PEM).read_text())


async def sent(out: IngestWay, made: Packet) -> PacketStanding:
    """Offer a packet and send what is missing of it."""
    standing = (await out.offer([made.notice]))[0]
    if standing.state is not StandingState.PARTIAL:
        return standing
    return await out.send(made.notice, standing.received, made.notice.size, made.read, lambda _: None)


async def all_answers(out: IngestWay, state: Path, cursor: AnswerCursor | None = None) -> list[Answer]:
    known = anchors(state)
    return [read_answer(jws, known) async for _, jws in out.answers(cursor or AnswerCursor())]


@contextmanager
def opened(state: Path) -> Iterator[OpenCentre]:
    with OpenCentre(state) as centre:
        yield centre


async def until(happened: Callable[[], Awaitable[bool] | bool], within_s: float = 60.0) -> None:
    """Look again and again."""
    async with asyncio.timeout(within_s):
        while True:
            found = happened()
            if found if isinstance(found, bool) else await found:
                return
            await asyncio.sleep(0.01)

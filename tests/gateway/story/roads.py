"""What lies between an office and its centre: straight over gRPC, or over a NATS JetStream hub."""

import asyncio
import signal
from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from gateway.central import Authority, OpenCentre, set_up
from gateway.central.setting_up import CENTRE_PEM
from gateway.centre import Announcement, AnnouncementKind, EnrolmentStatus
from gateway.guidance import LocalizedText
from gateway.trust import TrustAnchors
from tests.gateway.central.killed_centre import Centres
from tests.gateway.hub.hubs import Hub
from tests.gateway.story.commands import rekam
from tests.gateway.story.office import GATEWAY
from tests.gateway.ways.killed_hub import Centre

_NO_WORDS = LocalizedText(id="", en="")


class Road(ABC):
    """A centre that knows the office, and how it is reached.

    Parameters
    ----------
    folder : Path
    certificates_pem : str
        The office's trust bundle.
    """

    address: str
    """Before which the network is cut."""

    def __init__(self, folder: Path, certificates_pem: str) -> None:
        self.folder, self.state = folder, folder / "centre"
        set_up(self.state, "pusat-1", ["127.0.0.1"], None, now())
        with OpenCentre(self.state) as opened:
            opened.store.register(GATEWAY, certificates_pem, now())

    @abstractmethod
    async def open(self) -> None:
        """Start the centre, and what stands before it."""

    @abstractmethod
    async def close(self) -> None:
        """End them."""

    @abstractmethod
    def table(self, address: str) -> dict[str, str]:
        """The section `[centre]` of an office's configuration, for the address by which it sees the road's end."""

    @property
    def anchors(self) -> TrustAnchors:
        """Whose receipts are believed."""
        return TrustAnchors.from_pem((self.state / CENTRE_PEM).read_text())

    @property
    def files(self) -> list[Path]:
        """The packets that the centre holds."""
        return list((self.state / "packets" / GATEWAY).glob("*.rekam"))

    def says(self, status: EnrolmentStatus, packet_ids: list[str]) -> None:
        """Move packets on, as `rekam central status set` does beside the centre that serves."""
        with OpenCentre(self.state) as beside:
            for packet in beside.store.packets(GATEWAY, packet_ids).values():
                beside.store.set_status(packet, status, now(), _NO_WORDS, beside.ledger.mark)

    def announced(self, kind: AnnouncementKind, back: datetime | None) -> bytes:
        """What the centre signs and gives to all."""
        with OpenCentre(self.state) as beside:
            words = LocalizedText(id="Pusat data padam.", en="The data centre is without power.")
            made = Announcement("pusat-1", f"a-{uuid4().hex[:16]}", kind, now(), now(), back, words)
            beside.store.announce(made)
            return beside.signer.announcement(made)


class StraightRoad(Road):
    """TLS on both sides, to the centre itself."""

    async def open(self) -> None:
        self._centres = Centres(self.state)
        await self._centres.start()
        self.address = self._centres.address

    async def close(self) -> None:
        await self._centres.end(signal.SIGTERM)

    def table(self, address: str) -> dict[str, str]:
        given = self.folder / "from-centre"
        given.mkdir()
        issued = Authority.read(self.state / "tls").gateway_certificate(GATEWAY, now(), timedelta(days=30))
        (given / "gateway.pem").write_bytes(issued.certificate_pem)
        (given / "gateway.key").write_bytes(issued.key_pem)
        return {
            "url": f"grpcs://{address}",
            "certificate": str(given / "gateway.pem"),
            "key": str(given / "gateway.key"),
            "authority": str(self.state / "tls" / "authority.pem"),
            "anchors": str(self.state / CENTRE_PEM),
        }


class HubRoad(Road):
    """TLS and nkeys to a hub, from which the centre takes."""

    async def open(self) -> None:
        self._hub = await asyncio.to_thread(Hub, self.folder / "hub", [GATEWAY])
        self._centre = Centre(self.state, self._hub)
        self.address = self._hub.address
        await self._hub.start()
        place = self._hub.place("")
        reached = ("--jetstream", f"tls://{self.address}", "--jetstream-key", place.seed)
        await rekam(
            *("central", "jetstream", "init", *reached, "--jetstream-authority", place.authority),
            *("--in-gb", 1, "--out-gb", 1),
        )
        await self._centre.start()

    async def close(self) -> None:
        await self._centre.end(signal.SIGTERM)
        await self._hub.end()

    def table(self, address: str) -> dict[str, str]:
        place = self._hub.place(GATEWAY)
        return {
            "way": "jetstream",
            "url": f"tls://{address}",
            "key": str(place.seed),
            "authority": str(place.authority),
            "anchors": str(self.state / CENTRE_PEM),
        }


def now() -> datetime:
    at = datetime.now(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)

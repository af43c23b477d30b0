"""An office with sealed packets of nobody, and what it takes to carry them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.bundle import BundleBook, ExportDesk
from gateway.centre import PacketNotice
from tests.gateway.central.centres import GATEWAY, Packet, gateway_key, packet


@dataclass
class Office:
    """Packets in a folder, and a desk that exports them."""

    state: Path
    desk: ExportDesk
    book: BundleBook
    packets: dict[str, Packet]
    received: set[str]
    """Those with a receipt: nothing waits for them."""

    @property
    def folder(self) -> Path:
        return self.state / "packets"

    def seal(self, *numbers: int, size: int = 20_000) -> None:
        for number in numbers:
            made = packet(self.state, number, size)
            (self.folder / f"{made.notice.packet_id}.rekam").write_bytes(made.content)
            self.packets[made.notice.packet_id] = made


@contextmanager
def office(state: Path, *numbers: int, size: int = 20_000) -> Iterator[Office]:
    (state / "packets").mkdir(parents=True, exist_ok=True)
    with BundleBook.open(state) as book:

        def path_of(packet_id: str) -> Path:
            return state / "packets" / f"{packet_id}.rekam"

        packets: dict[str, Packet] = {}
        received: set[str] = set()

        def waiting() -> list[PacketNotice]:
            return [each.notice for name, each in packets.items() if name not in received]

        desk = ExportDesk(book, gateway_key(GATEWAY), waiting, path_of)
        made = Office(state, desk, book, packets, received)
        made.seal(*numbers, size=size)
        yield made

"""The offices, their centre, and all that stands between them, set up for a soak."""

import asyncio
import hashlib
import shutil
import signal
import sqlite3
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from gateway.central import Authority
from gateway.packet import PacketPart, PacketPlace, seal_packet
from gateway.trust import TrustAnchors, open_signing_key
from tests.forked_lives import Lives
from tests.free_ports import free_port
from tests.gateway.central.centres import CHAIN, gateway_key, made_centre
from tests.gateway.packet.packets import recipient, statement
from tests.outage_proxy import OutageProxy
from tests.soak_outage.lying_centre import LyingCentre, captive_portal, lying_centre

GRACE_S = 45.0
"""A backup of the centre is younger, as a real one than an office's three days."""
LIE_SHARE = 0.6
DISK_MB = 600
_PAGE = 4096
_SIZES = ((0.9, 300), (0.97, 40_000), (1.0, 600_000))
"""Bytes of a portrait, by lot: most are small, as ten thousand have to pass."""


@dataclass
class Disk:
    """A file system of its own, where this machine lets us mount one."""

    folder: Path
    is_own: bool

    def fill(self) -> bool:
        """Not a byte more, or soon none; False where more was written each time that it was measured."""
        for tries in range(10):
            used = -(-shutil.disk_usage(self.folder).used // _PAGE) * _PAGE
            if self._resize(used + tries * 4 * _PAGE):
                return True
        return False

    def grow(self) -> None:
        """Room again."""
        if not self._resize(DISK_MB << 20):
            raise OSError(f"{self.folder} did not get its room back")

    def _resize(self, size: int) -> bool:
        command = ["mount", "-o", f"remount,size={size}", self.folder]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0


@dataclass
class Office:
    """One of the offices."""

    gateway_id: str
    folder: Path
    lives: Lives
    proxy: OutageProxy
    liar: LyingCentre
    liar_address: str
    disk: Disk
    waiting: list[str] = field(default_factory=list)
    """Packets that are not sealed yet, as the soak goes on."""
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Of whoever kills it."""

    @property
    def backlog(self) -> int:
        """What has yet to leave, as it says."""
        depth = self.lives.said.get("depth", {})
        return sum(count for state, count in depth.items() if state not in ("received", "erased"))

    @property
    def known(self) -> int:
        """How many packets it knows of."""
        return sum(self.lives.said.get("depth", {}).values())

    def seal(self, count: int) -> None:
        """So many more packets lie in its folder, all at once as far as it sees."""
        for name in self.waiting[:count]:
            (self.folder / "made" / f"{name}.rekam").rename(self.folder / "packets" / f"{name}.rekam")
        self.waiting = self.waiting[count:]

    async def start(self, grace_s: float = GRACE_S, clock_off_s: float = 0.0) -> None:
        """Another life."""
        said = await self.lives.start({"grace_s": grace_s, "clock_off_s": clock_off_s})
        if not said:
            raise AssertionError(f"{self.gateway_id} did not start: {self.lives.errors()}")


@dataclass
class Field:
    """All of it."""

    folder: Path
    centre: Lives
    centre_disk: Disk
    offices: list[Office]
    portals: tuple[str, str]
    made: dict[str, dict[str, str]]
    """SHA-256 of each packet of each gateway."""

    @property
    def centre_state(self) -> Path:
        """The centre's folder."""
        return self.folder / "disk-centre" / "centre"

    async def start_centre(self, instant: str = "", count: int = 1) -> None:
        """Another life of the centre; with an instant, to that."""
        said = await self.centre.start({"instant": instant, "count": count})
        if not said and not instant:
            raise AssertionError(f"the centre did not start: {self.centre.errors()}")

    def certify(self, office: Office, *, expired: bool = False) -> None:
        """Give an office another certificate."""
        issuer = Authority.read(self.centre_state / "tls")
        now = datetime.now(UTC)
        made = now - timedelta(days=3) if expired else now
        issued = issuer.gateway_certificate(office.gateway_id, made, timedelta(days=2 if expired else 30))
        (office.folder / "gateway.key").write_bytes(issued.key_pem)
        (office.folder / "gateway.pem").write_bytes(issued.certificate_pem)

    def certify_centre(self, *, expired: bool = False) -> None:
        """Give the centre's server another certificate; it takes it up while it runs."""
        tls = self.centre_state / "tls"
        made = datetime.now(UTC) - timedelta(days=400 if expired else 0)
        issued = Authority.read(tls).server_certificate(["127.0.0.1"], made)
        (tls / "server.key").write_bytes(issued.key_pem)
        (tls / "server.pem").write_bytes(issued.certificate_pem)

    def back_up(self) -> "Backup":
        """As a nightly job does: the store first, so that no row is without its file."""
        copy = self.folder / "backup.sqlite3"
        copy.unlink(missing_ok=True)
        with sqlite3.connect(self.centre_state / "centre.sqlite3") as source, sqlite3.connect(copy) as target:
            source.backup(target)
        source.close()
        target.close()
        return Backup(copy, set((self.centre_state / "packets").rglob("*.rekam")))

    def put_back(self, backup: "Backup") -> int:
        """The centre, which does not run, as it was then; how many packets' files it has lost by that."""
        store = self.centre_state / "centre.sqlite3"
        for name in (store, store.with_name(store.name + "-wal"), store.with_name(store.name + "-shm")):
            name.unlink(missing_ok=True)
        shutil.copy(backup.store, store)
        gone = [path for path in (self.centre_state / "packets").rglob("*.rekam") if path not in backup.files]
        for path in gone:
            path.unlink()
        return len(gone)

    async def close(self) -> None:
        """End every process in order."""
        for lives in (*(office.lives for office in self.offices), self.centre):
            await lives.end(signal.SIGTERM)


@dataclass(frozen=True)
class Backup:
    """The centre as it was."""

    store: Path
    files: set[Path]


@asynccontextmanager
async def field_of(folder: Path, offices: int, packets: int, seed: int) -> AsyncIterator[Field]:
    """Everything made and served; nothing sealed yet."""
    names = [f"kantor-{number}" for number in range(1, offices + 1)]
    async with AsyncExitStack() as stack:
        centre_disk = stack.enter_context(own_disk(folder / "disk-centre"))
        state = made_centre(folder / "disk-centre" / "centre", *names)
        address = f"127.0.0.1:{free_port()}"
        centre = await Lives.ready("tests.soak_outage.doomed_centre", state, address, log=folder / "centre.log")
        stack.push_async_callback(centre.close)
        anchors = TrustAnchors.from_pem((state / "centre.pem").read_text())
        forger = open_signing_key(folder / "forger", "pusat-1")
        portals = (
            await stack.enter_async_context(captive_portal(None)),
            await stack.enter_async_context(captive_portal(folder)),
        )
        found = Field(folder, centre, centre_disk, [], portals, {})
        for number, name in enumerate(names):
            place = folder / name
            for sub in ("packets", "made"):
                (place / sub).mkdir(parents=True)
            disk = stack.enter_context(own_disk(place / "state"))
            share = packets // offices + (number < packets % offices)
            found.made[name] = await asyncio.to_thread(_sealed, place / "made", name, share, seed)
            proxy = await stack.enter_async_context(OutageProxy(address, seed=seed + number))
            arguments = (place, name, proxy.address, state / "tls" / "authority.pem", state / "centre.pem")
            lives = await Lives.ready("tests.soak_outage.office", *arguments, log=folder / f"{name}.log")
            stack.push_async_callback(lives.close)
            office = Office(name, place, lives, proxy, *(None, ""), disk, list(found.made[name]))  # type: ignore[arg-type]
            found.certify(office)
            office.liar_address, office.liar = await stack.enter_async_context(
                lying_centre(state / "tls", address, place, anchors, forger, LIE_SHARE, seed + number)
            )
            found.offices.append(office)
        yield found


def faults_met(found: Field) -> Counter[str]:
    """What the network and the liars did."""
    met: Counter[str] = Counter()
    for office in found.offices:
        met += office.proxy.faults + office.liar.lies
    return met


@contextmanager
def own_disk(folder: Path) -> Iterator[Disk]:
    """A file system that can be filled, where this machine lets us mount one; else a folder."""
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", folder]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        mounted = False
    try:
        yield Disk(folder, mounted)
    finally:
        if mounted:
            subprocess.run(["umount", "-l", folder], check=True)


def _sealed(folder: Path, gateway_id: str, count: int, seed: int) -> dict[str, str]:
    """So many packets, each of somebody else; their SHA-256 by id."""
    random, key, to = Random(f"{seed} {gateway_id}"), gateway_key(gateway_id), recipient()
    digests = {}
    for number in range(1, count + 1):
        name = f"{gateway_id}-{number:06}"
        lot = random.random()
        size = next(size for share, size in _SIZES if lot < share)
        parts = [PacketPart.of("portrait.png", "image/png", random.randbytes(size))]
        place = PacketPlace(CHAIN, number, None if number == 1 else "ab" * 32)
        stated = statement(packet_id=name, gateway_id=gateway_id)
        path = folder / f"{name}.rekam"
        seal_packet(path, stated, parts, [to], key, place)
        digests[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return digests

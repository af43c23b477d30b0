"""After an outage: how much of the line 1,000 waiting packets fill, and what captures notice of it.

Run as `python -m tests.benchmarks.outage_figures [DIRECTORY] [--quick]`. The centre is `rekam central serve`, the
office a process with the forwarder as a gateway has it, or a whole gateway; between them a relay of 40 Mbit/s and 50 ms
there and back. All share this machine's processors, which a real centre and a real line do not.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import grpc
from rekam.v1 import capture_pb2_grpc

from gateway.central import Authority, OpenCentre
from gateway.packet import PacketPart, PacketPlace, seal_packet
from gateway.trust import open_signing_key, time_now
from tests.benchmarks.central_ingest import serving as centre_serving
from tests.benchmarks.figure import Figure, table
from tests.benchmarks.gateway_captures import capture_watched
from tests.benchmarks.gateway_process import serving
from tests.forked_lives import Lives
from tests.gateway.central.centres import CHAIN, made_centre
from tests.gateway.packet.packets import recipient, statement
from tests.outage_proxy import CALM, OutageProxy, Weather

GATEWAY = "kedoya-1"
PACKET_BYTES = 500_000
LINE = Weather(bytes_per_s=40e6 / 8, delay_s=0.025)
GOAL_SHARE, GOAL_RATIO = 0.8, 1.2
WITHIN_S = 1200.0
CONFIG = """
gateway_id = "{gateway}"
[centre]
url = "grpcs://{address}"
certificate = "{folder}/gateway.pem"
key = "{folder}/gateway.key"
authority = "{centre}/tls/authority.pem"
anchors = "{centre}/centre.pem"
[[device]]
driver = "synthetic"
finger = 17
serial = "SYN-0001"
"""


@dataclass(frozen=True)
class Waiting:
    """An office with packets that wait."""

    folder: Path
    centre: Path
    bytes: int
    """Of all packets."""


def waiting_office(scratch: Path, count: int) -> Waiting:
    """A centre that knows the office, and the office with so many packets in its folder."""
    folder = Path(tempfile.mkdtemp(prefix="office-", dir=scratch))
    state, packets = folder / "state", folder / "packets"
    state.mkdir(mode=0o700)
    packets.mkdir()
    key = open_signing_key(state / "keys", GATEWAY)
    centre = made_centre(folder / "centre", GATEWAY)
    with OpenCentre(centre) as opened:
        opened.store.register(GATEWAY, key.trust_bundle().certificates_pem, datetime.now(UTC))
    issued = Authority.read(centre / "tls").gateway_certificate(GATEWAY, datetime.now(UTC), timedelta(days=30))
    (folder / "gateway.pem").write_bytes(issued.certificate_pem)
    (folder / "gateway.key").write_bytes(issued.key_pem)
    portrait = PacketPart.of("portrait.png", "image/png", Random(1).randbytes(PACKET_BYTES - 4_000))
    total = 0
    for number in range(1, count + 1):
        name = f"{GATEWAY}-{number:06}"
        place = PacketPlace(CHAIN, number, None if number == 1 else "ab" * 32)
        path = packets / f"{name}.rekam"
        stated = statement(packet_id=name, gateway_id=GATEWAY, time=time_now())
        seal_packet(path, stated, [portrait], [recipient()], key, place)
        total += path.stat().st_size
    return Waiting(folder, centre, total)


@asynccontextmanager
async def line_to(address: str) -> AsyncIterator[OutageProxy]:
    """The line, whole again."""
    async with OutageProxy(address, CALM) as proxy:
        proxy.set(LINE)
        yield proxy


async def _share_of_line(office: Waiting, address: str, count: int) -> float:
    """Bytes of packets with receipts, over what the line carries from the first byte to the last receipt."""
    async with line_to(address) as line:
        places = (office.folder, GATEWAY, line.address)
        anchors = (office.centre / "tls" / "authority.pem", office.centre / "centre.pem")
        lives = await Lives.ready("tests.soak_outage.office", *places, *anchors, log=office.folder / "forwarder.log")
        try:
            await lives.start({"grace_s": 86_400.0, "quick": False})
            began = 0.0
            async with asyncio.timeout(WITHIN_S):
                while lives.said.get("depth", {}).get("received", 0) < count:
                    if not began and line.carried > PACKET_BYTES:
                        began, before = time.perf_counter(), line.carried
                    await asyncio.sleep(0.02)
            seconds = time.perf_counter() - began
        finally:
            await lives.close()
    assert began, "nothing was sent over the line"
    return (office.bytes - before) / seconds / LINE.bytes_per_s


def share_of_line(scratch: Path, count: int) -> float:
    """The forwarder's, from the link's return to the last receipt."""
    office = waiting_office(scratch, count)
    with centre_serving(office.centre) as address:
        return asyncio.run(_share_of_line(office, address, count))


async def _captures(office: Waiting, address: str, captures: int, *, busy: bool) -> list[float]:
    async with line_to(address) as line:
        config = CONFIG.format(gateway=GATEWAY, address=line.address, folder=office.folder, centre=office.centre)
        return await asyncio.to_thread(_watched, office, config, line, captures, busy)


def _watched(office: Waiting, config: str, line: OutageProxy, captures: int, busy: bool) -> list[float]:
    if busy:
        (office.folder / "packets").rename(office.folder / "state" / "packets")
    with serving(office.folder / "state", config) as gateway:
        while busy and line.carried < 2 * PACKET_BYTES:  # its first call is spread over 20 s
            time.sleep(0.05)
        before = line.carried

        async def made() -> list[float]:
            async with grpc.aio.insecure_channel(gateway.addresses.grpc) as channel:
                stub = capture_pb2_grpc.CaptureServiceStub(channel)  # type: ignore[no-untyped-call]
                return [(await capture_watched(stub)).ms for _ in range(captures)][2:]

        found = asyncio.run(made())
        if busy and not before < line.carried < office.bytes:
            raise RuntimeError("the forwarder was not busy all the while; give it more packets")
    return found


def captures_beside(
    scratch: Path, captures: int, packets: int, runs: int
) -> tuple[list[float], list[float], list[float]]:
    """Milliseconds of captures beside a forwarder that idles and one that is busy, and the ratio of their medians."""
    idle, busy, ratios = list[float](), list[float](), list[float]()
    for _ in range(runs):
        for values, is_busy in ((idle, False), (busy, True)):
            office = waiting_office(scratch, packets if is_busy else 0)
            with centre_serving(office.centre) as address:
                values += asyncio.run(_captures(office, address, captures, busy=is_busy))
        ratios.append(statistics.median(busy[-captures + 2 :]) / statistics.median(idle[-captures + 2 :]))
    return idle, busy, ratios


def figures(scratch: Path, quick: bool) -> list[Figure]:
    """After reconnection; captures meanwhile."""
    count = 100 if quick else 1_000
    share = share_of_line(scratch, count)
    idle, busy, ratios = captures_beside(scratch, 8 if quick else 22, 300 if quick else 500, 1 if quick else 3)
    name = f"{count:,} packets of 500 KB after an outage, share of a line of 40 Mbit/s, 50 ms"
    return [
        Figure(name, [share], "", GOAL_SHARE, "higher"),
        Figure("frame → announced, the forwarder busy, over idle", ratios, "", GOAL_RATIO),
        Figure("  the forwarder idle", idle, "ms"),
        Figure("  the forwarder busy", busy, "ms"),
    ]


def main(arguments: list[str]) -> int:
    """Measure and print; 1 where a goal is missed."""
    folders = [each for each in arguments if not each.startswith("--")]
    with tempfile.TemporaryDirectory(dir=folders[0] if folders else None) as folder:
        found = figures(Path(folder), quick="--quick" in arguments)
    print(table(found))
    return int(any(figure.verdict == "MISSED" for figure in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

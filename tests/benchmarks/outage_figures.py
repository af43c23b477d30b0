"""After an outage: how much of the line 1,000 waiting packets fill, and what captures notice of it.

Run as `python -m tests.benchmarks.outage_figures [DIRECTORY] [--quick]`. The centre is `rekam central serve`, the
office a process with the forwarder as a gateway has it, or a whole gateway; between them a relay of 80 Mbit/s, or of
40 beside captures, and 50 ms there and back. All share this machine's processors, which a real centre and a real line
do not: what the line carries is measured with one long stream through the same relay, before and after.

The share counts from the first byte that the office sends once the line is back. Until then passes the rest of a wait
(`gateway.forwarding.backoff`), which is meant: a city's offices do not come back in one second.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import grpc
from rekam.v1 import capture_pb2_grpc

from gateway.central import Authority, OpenCentre
from gateway.forwarding import PacketQueue
from gateway.ledger import StatusLedger
from gateway.packet import PacketPart, PacketPlace, seal_packet
from gateway.trust import open_signing_key, time_now
from tests.benchmarks.central_ingest import serving as centre_serving
from tests.benchmarks.figure import Figure, table
from tests.benchmarks.gateway_captures import capture_watched
from tests.benchmarks.gateway_process import serving
from tests.forked_lives import Lives
from tests.gateway.central.centres import CHAIN, made_centre
from tests.gateway.packet.packets import recipient, statement
from tests.outage_proxy import CALM, CUT, OutageProxy, Weather
from tests.soak_outage.office import take_in

GATEWAY = "kedoya-1"
PACKET_BYTES = 500_000
LINE = Weather(bytes_per_s=40e6 / 8, delay_s=0.025)
WIDE_LINE = Weather(bytes_per_s=80e6 / 8, delay_s=0.025)
"""On which 1,000 packets leave within a minute."""
STREAM_S = 3.0
STREAM_RECORD = b"\x17\x03\x03\x40\x00" + bytes(16 << 10)
"""The relay looks for TLS records (RFC 8446 clause 5.2): what it carries has their form."""
LOOK_S = 0.02
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
async def line_to(address: str, line: Weather = LINE) -> AsyncIterator[OutageProxy]:
    """The line, whole again."""
    async with OutageProxy(address, CALM) as proxy:
        proxy.set(line)
        yield proxy


async def carried_per_s(weather: Weather) -> float:
    """Bytes a second of one long stream over a line: what it carries on this machine just now."""
    size = int(weather.bytes_per_s * STREAM_S)
    loop = asyncio.get_running_loop()
    rate: asyncio.Future[float] = loop.create_future()

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = came = len(await reader.read(len(STREAM_RECORD)))
        began = loop.time()
        while came < size:
            came += len(await reader.read(len(STREAM_RECORD)))
        rate.set_result((came - first) / (loop.time() - began))
        writer.close()

    async with await asyncio.start_server(count, "127.0.0.1", 0) as server:
        far = "{}:{}".format(*server.sockets[0].getsockname())
        async with line_to(far, weather) as line, asyncio.timeout(WITHIN_S):
            host, _, port = line.address.rpartition(":")
            _, writer = await asyncio.open_connection(host, int(port))
            for _ in range(-(-size // len(STREAM_RECORD))):
                writer.write(STREAM_RECORD)
                await writer.drain()
            carried = await rate
            writer.transport.abort()
    return carried


@dataclass(frozen=True)
class Drained:
    """How a backlog left."""

    noticed_s: float
    """From the line's return to the office's first byte: the rest of a wait that was drawn."""
    left_s: float
    """From that byte to the last receipt."""
    bytes: int
    """Of the packets."""


async def _drained(office: Waiting, address: str, count: int) -> Drained:
    """Let an office that was cut off send all that waits."""
    async with OutageProxy(address, CUT) as line, asyncio.timeout(WITHIN_S):
        places = (office.folder, GATEWAY, line.address)
        anchors = (office.centre / "tls" / "authority.pem", office.centre / "centre.pem")
        lives = await Lives.ready("tests.soak_outage.office", *places, *anchors, log=office.folder / "forwarder.log")
        try:
            await lives.start({"grace_s": 86_400.0, "quick": False})
            await _until(lambda: bool(lives.said.get("problem")))
            assert not line.carried, "something left during the outage"
            line.set(WIDE_LINE)
            returned = time.perf_counter()
            await _until(lambda: line.carried > 0)
            began = time.perf_counter()
            await _until(lambda: lives.said.get("depth", {}).get("received", 0) >= count)
            return Drained(began - returned, time.perf_counter() - began, office.bytes)
        finally:
            await lives.close()


async def _until(reached: Callable[[], bool]) -> None:
    while not reached():  # noqa: ASYNC110 - what another process says and what the relay counts tell nobody
        await asyncio.sleep(LOOK_S)


def after_outage(scratch: Path, count: int) -> tuple[Drained, float]:
    """How an office's backlog left, and bytes a second that its line carried, measured before and after."""
    office = waiting_office(scratch, count)
    with (
        PacketQueue.open(office.folder / "state") as queue,
        closing(StatusLedger.open(office.folder / "state")) as ledger,
    ):
        take_in(office.folder, queue, ledger, set())
    carried = [asyncio.run(carried_per_s(WIDE_LINE))]
    with centre_serving(office.centre) as address:
        drained = asyncio.run(_drained(office, address, count))
    carried.append(asyncio.run(carried_per_s(WIDE_LINE)))
    return drained, statistics.mean(carried)


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
    count = 200 if quick else 1_000
    drained, carried = after_outage(scratch, count)
    idle, busy, ratios = captures_beside(scratch, 8 if quick else 22, 300 if quick else 500, 1 if quick else 3)
    name = f"{count:,} packets of 500 KB after an outage, share of what a line carries"
    share = drained.bytes / drained.left_s / carried
    whole = drained.bytes / (drained.noticed_s + drained.left_s) / carried
    return [
        Figure(name, [share], "", GOAL_SHARE, "higher"),
        Figure("  the same from the line's return", [whole], ""),
        Figure("  the line's return noticed after", [drained.noticed_s], "s"),
        Figure("  the last receipt after", [drained.left_s], "s"),
        Figure("  the line (80 Mbit/s, 50 ms) carries", [carried * 8 / 1e6], "Mbit/s"),
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

"""What a centre takes: sealed packets of 500 KB a second over TLS until every receipt is there; goodput on a slow line.

Run as `python -m tests.benchmarks.central_ingest [DIRECTORY]`. The centre is `rekam central serve` in a process of its
own; the gateways, three of them with eight packets under way each, are another process on the same two processors,
which at a real centre they are not. Each packet is sealed beforehand, offered, sent, verified, flushed to the disk,
and counted once its signed receipt came.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.centre import StandingState, read_answer
from gateway.ways import IngestPlace
from tests.benchmarks.figure import Figure, table
from tests.gateway.central.centres import Packet, anchors, made_centre, packet, place, way
from tests.gateway.central.postgres_cluster import cluster
from tests.gateway.central.slow_line import SlowLine

GOAL_PER_S = 80.0
GOAL_SHARE = 0.8
PACKET_BYTES = 500_000
GATEWAYS = ("kedoya-1", "palmerah-2", "cideng-3")
AT_ONCE = 8
LINE_AT_ONCE = 6
"""What is under way while a receipt comes back: more than one packet, or the line stands still meanwhile."""
LINE_BYTES_PER_S, LINE_DELAY_S = 20e6 / 8, 0.1


@contextmanager
def serving(state: Path) -> Iterator[str]:
    """A centre in a process of its own; its address."""
    command = [sys.executable, "-m", "gateway.cli", "central", "serve", "--state", str(state)]
    command += ["--listen", "127.0.0.1:0", "--keep-free-mb", "0", "--json"]
    environment = {**os.environ, "GRPC_VERBOSITY": "NONE"}
    with (state / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=environment)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        if not line:
            raise RuntimeError((state / "log").read_text())
        yield json.loads(line)["grpc"]
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


async def taken(state: Path, address: str, packets: dict[str, list[Packet]], at_once: int) -> float:
    """Seconds until each packet has its receipt."""
    known = anchors(state)

    async def gateway(where: IngestPlace, waiting: list[Packet]) -> None:
        async with way(where) as out:
            await out.centre()
            barrier.release()
            await start.wait()
            await out.offer([each.notice for each in waiting])

            async def worker() -> None:
                while waiting:
                    made = waiting.pop()
                    standing = await out.send(made.notice, 0, made.notice.size, made.read, lambda _: None)
                    if standing.state is not StandingState.RECEIVED:
                        raise RuntimeError(f"{standing.state}: {standing.reason} {standing.words}")
                    receipts.append(standing.receipt)

            async with asyncio.TaskGroup() as group:
                for _ in range(at_once):
                    group.create_task(worker())

    receipts: list[bytes] = []
    start, barrier = asyncio.Event(), asyncio.Semaphore(0)
    async with asyncio.TaskGroup() as group:
        for gateway_id, made in packets.items():
            group.create_task(gateway(place(state, address, gateway_id), list(made)))
        for _ in packets:
            await barrier.acquire()
        began = time.perf_counter()
        start.set()
    seconds = time.perf_counter() - began
    for receipt in receipts:
        read_answer(receipt, known)
    return seconds


def per_second(scratch: Path, store: str | None, count: int) -> float:
    """Packets a second into a new centre."""
    state = made_centre(Path(tempfile.mkdtemp(prefix="centre-", dir=scratch)), *GATEWAYS, store=store)
    packets = {each: [packet(scratch, n, PACKET_BYTES, each) for n in range(1, count + 1)] for each in GATEWAYS}
    with serving(state) as address:
        seconds = asyncio.run(taken(state, address, packets, AT_ONCE))
    return count * len(GATEWAYS) / seconds


def share_of_line(scratch: Path, count: int) -> float:
    """Bytes of packets with receipts, over what the line carries in that time."""
    state = made_centre(Path(tempfile.mkdtemp(prefix="centre-", dir=scratch)))
    packets = {GATEWAYS[0]: [packet(scratch, n, PACKET_BYTES) for n in range(1, count + 1)]}
    with serving(state) as address:

        async def measured() -> float:
            async with SlowLine(address, LINE_BYTES_PER_S, LINE_DELAY_S) as line:
                return await taken(state, line.address, packets, LINE_AT_ONCE)

        seconds = asyncio.run(measured())
    return sum(each.notice.size for each in packets[GATEWAYS[0]]) / seconds / LINE_BYTES_PER_S


def figures(scratch: Path, quick: bool) -> list[Figure]:
    """With SQLite, with PostgreSQL where it is installed, and over a line of 20 Mbit/s."""
    runs, count = (1, 60) if quick else (3, 200)
    sqlite = [per_second(scratch, None, count) for _ in range(runs)]
    shown = [Figure("centre takes packets of 500 KB, SQLite", sqlite, "packets/s", GOAL_PER_S, "higher")]
    with cluster() as server:
        if server is not None:
            values = [per_second(scratch, server.database(), count) for _ in range(runs)]
            shown.append(Figure("centre takes packets of 500 KB, PostgreSQL", values, "packets/s", None, "higher"))
    line = [share_of_line(scratch, 40 if quick else 100) for _ in range(runs)]
    shown.append(Figure("share of a line of 20 Mbit/s, 100 ms each way", line, "", GOAL_SHARE, "higher"))
    return shown


def main(arguments: list[str]) -> int:
    """Measure and print; 1 where a goal is missed."""
    with tempfile.TemporaryDirectory(dir=arguments[0] if arguments else None) as folder:
        taken_ = figures(Path(folder), quick="--quick" in arguments)
    print(table(taken_))
    return int(any(figure.verdict == "MISSED" for figure in taken_))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""How fast an office's backlog leaves once the hub is back: 300 sealed packets of 500 KB, over TLS and an nkey.

Run as `python -m tests.benchmarks.jetstream_drain [DIRECTORY] [--quick]`. The hub is `nats-server`, the centre
`rekam central serve`, each a process of its own on the same processors, which in a fleet they are not. The clock starts
when the hub listens again; it stops when the hub has acknowledged the last byte, and again when the last signed receipt
is here.
"""

import asyncio
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

from gateway.centre import AnswerCursor, Receipt, WayOutError, read_answer
from gateway.hub import connect, ensure_streams
from gateway.hub.accounts import CENTRE_INBOX
from gateway.ways import JetstreamWay
from tests.benchmarks.figure import Figure, table
from tests.gateway.central.centres import GATEWAY, Packet, anchors, made_centre, packet
from tests.gateway.hub.hubs import Hub
from tests.gateway.ways.killed_hub import Centre

COUNT, QUICK_COUNT, PACKET_BYTES = 300, 60, 500_000
GOAL_S = 2.4
"""Of `COUNT`: what a trial of publishing with `Nats-Msg-Id` took, without packets, receipts or a centre."""
RUNS = 3
_AGAIN_S = 0.01


async def drained(folder: Path, packets: list[Packet], *, flush_always: bool) -> tuple[float, float]:
    """Seconds until the hub has all, and until every receipt is here."""
    state, hub = made_centre(folder / "centre"), Hub(folder / "hub", [GATEWAY], flush_always=flush_always)
    centre = Centre(state, hub)
    out = JetstreamWay(hub.place(GATEWAY), GATEWAY)
    await hub.start()
    try:
        connection = await connect(hub.place(""), CENTRE_INBOX)
        await ensure_streams(connection.client, hub.settings().limits)
        await connection.close()
        await centre.start()
        await _answered(out)
        await hub.end(signal.SIGKILL)
        await hub.start()
        began = time.perf_counter()
        await _answered(out)
        await out.offer([each.notice for each in packets])
        for each in packets:
            await out.send(each.notice, 0, each.notice.size, each.read, lambda _: None)
        at_hub = time.perf_counter() - began
        await _receipted(out, state, len(packets))
        return at_hub, time.perf_counter() - began
    finally:
        await out.close()
        await centre.end(signal.SIGTERM)
        await hub.end()


async def _answered(out: JetstreamWay) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                await out.centre()
            except WayOutError:
                await asyncio.sleep(_AGAIN_S)
            else:
                return


async def _receipted(out: JetstreamWay, state: Path, count: int) -> None:
    known, cursor, receipts = anchors(state), AnswerCursor(), set[str]()
    async with asyncio.timeout(300):
        while len(receipts) < count:
            async for after, jws in out.answers(cursor):
                answer = read_answer(jws, known)
                cursor = after
                if isinstance(answer, Receipt):
                    receipts.add(answer.packet_id)
            await asyncio.sleep(_AGAIN_S)


async def _measured(folder: Path, count: int, runs: int) -> list[Figure]:
    packets = [packet(folder, number, PACKET_BYTES) for number in range(1, count + 1)]
    found = []
    for flush_always, name in ((False, "hub flushes every 2 min"), (True, "hub flushes always")):
        times = []
        for _ in range(runs):
            run = Path(tempfile.mkdtemp(prefix="drain-", dir=folder))
            times.append(await drained(run, packets, flush_always=flush_always))
        at_hub, receipted = zip(*times, strict=True)
        goal = GOAL_S if count == COUNT and not flush_always else None
        found += [
            Figure(f"{count} packets of 500 KB at the hub, {name}", at_hub, "s", goal),
            Figure(f"{count} receipts here, {name}", receipted, "s"),
        ]
    return found


def figures(scratch: Path, quick: bool) -> list[Figure]:
    """Until the hub has all, and until every receipt is here; with both ways of flushing."""
    folder = Path(tempfile.mkdtemp(prefix="jetstream-", dir=scratch))
    return asyncio.run(_measured(folder, QUICK_COUNT if quick else COUNT, 1 if quick else RUNS))


def main(arguments: list[str]) -> int:
    """Measure and print; 1 where a goal is missed."""
    folders = [each for each in arguments if not each.startswith("--")]
    with tempfile.TemporaryDirectory(dir=folders[0] if folders else None) as folder:
        found = figures(Path(folder), quick="--quick" in arguments)
    print(table(found))
    print(f"\n{os.cpu_count()} processors, loopback; packets of {PACKET_BYTES:,} bytes")
    return int(any(figure.verdict == "MISSED" for figure in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

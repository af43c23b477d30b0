"""How fast an office's backlog leaves once the hub is back: 300 sealed packets of 500 KB, over TLS and an nkey.

Run as `python -m tests.benchmarks.jetstream_drain [DIRECTORY]`. The hub is `nats-server`, the centre `rekam central
serve`, each a process of its own on the same processors, which in a fleet they are not. The clock starts when the hub
listens again; it stops when the hub has acknowledged the last byte, and again when the last signed receipt is here.
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

COUNT, PACKET_BYTES = 300, 500_000
GOAL_S = 2.4
"""What a trial of publishing with `Nats-Msg-Id` took, without packets, receipts or a centre."""
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


async def measure(folder: Path) -> list[Figure]:
    """All figures."""
    packets = [packet(folder, number, PACKET_BYTES) for number in range(1, COUNT + 1)]
    figures = []
    for flush_always, name in ((False, "hub flushes every 2 min"), (True, "hub flushes always")):
        times = []
        for number in range(RUNS):
            run = folder / f"{flush_always}-{number}"
            run.mkdir()
            times.append(await drained(run, packets, flush_always=flush_always))
        at_hub, receipted = zip(*times, strict=True)
        figures += [
            Figure(f"{COUNT} packets at the hub, {name}", at_hub, "s", None if flush_always else GOAL_S),
            Figure(f"{COUNT} receipts here, {name}", receipted, "s"),
        ]
    return figures


def main() -> int:
    """Measure and tell."""
    parent = sys.argv[1] if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory(dir=parent) as folder:
        print(table(asyncio.run(measure(Path(folder)))))
    print(f"\n{os.cpu_count()} processors, loopback; {COUNT} packets of {PACKET_BYTES:,} bytes, median of {RUNS} runs")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""SIGKILL of the hub and of the centre at random instants while gateways send; then what is held beside what was sent.

Run as `python -m tests.gateway.ways.killed_hub --kills 100 [--packets N]`: the last line on standard output is the
tally as JSON, and the status is 1 where anything was lost, doubled or damaged.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import sys
import tempfile
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

from gateway.centre import AnswerCursor, Receipt, StandingState, WayOutError, read_answer
from gateway.hub import connect, ensure_streams
from gateway.hub.accounts import CENTRE_INBOX
from gateway.packet import verify_packet
from gateway.ways import JetstreamWay
from tests.gateway.central.centres import Packet, anchors, made_centre, opened, packet
from tests.gateway.central.slow_line import SlowLine
from tests.gateway.hub.hubs import Hub

GATEWAYS = ("kedoya-1", "palmerah.2")
LIVES_S = (0.0, 0.6)


@dataclass
class Tally:
    """What a run came to."""

    hub_kills: int = 0
    centre_kills: int = 0
    cuts: int = 0
    packets: int = 0
    lost: int = 0
    doubled: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing was lost, doubled or wrong."""
        return not (self.lost or self.doubled or self.faults)


class Centre:
    """One life of the centre's process after the other."""

    def __init__(self, state: Path, hub: Hub) -> None:
        self._state, self._hub = state, hub
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        place = self._hub.place("")
        command = ["serve", "--state", str(self._state), "--listen", "127.0.0.1:0", "--keep-free-mb", "0", "--json"]
        command += ["--jetstream", f"tls://{self._hub.address}", "--jetstream-key", str(place.seed)]
        command += ["--jetstream-authority", str(place.authority)]
        with (self._state / "log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "gateway.cli", "central", *command),
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env={**os.environ, "GRPC_VERBOSITY": "NONE"},
            )
        assert self._process.stdout is not None
        async with asyncio.timeout(60):
            line = await self._process.stdout.readline()
        if not line or "error" in json.loads(line):
            raise RuntimeError(line.decode() + (self._state / "log").read_text()[-3000:])

    async def end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(number)
        async with asyncio.timeout(60):
            await process.wait()


async def run(folder: Path, kills: int, count: int) -> Tally:
    """Kill that often while packets come; send to the end; count."""
    state, hub = made_centre(folder / "centre", *GATEWAYS), Hub(folder / "hub", GATEWAYS)
    tally = Tally(packets=count * len(GATEWAYS))
    packets = {
        each: [packet(folder, n, random.choice([4_500, 60_000, 700_000]), each) for n in range(1, count + 1)]
        for each in GATEWAYS
    }
    centre = Centre(state, hub)
    await hub.start()
    try:
        await _make_streams(hub)
        await centre.start()
        async with SlowLine(hub.address) as line:
            done = asyncio.Event()
            senders = [
                asyncio.create_task(_send(state, hub, line, each, packets[each], done, tally)) for each in GATEWAYS
            ]
            await _kill(hub, centre, line, kills, tally)
            done.set()
            async with asyncio.timeout(120):
                await asyncio.gather(*senders)
    finally:
        await centre.end(signal.SIGTERM)
        await hub.end()
    _look(state, packets, tally)
    return tally


async def _make_streams(hub: Hub) -> None:
    connection = await connect(hub.place(""), CENTRE_INBOX)
    await ensure_streams(connection.client, hub.settings().limits)
    await connection.close()


async def _kill(hub: Hub, centre: Centre, line: SlowLine, kills: int, tally: Tally) -> None:
    for number in range(kills):
        await asyncio.sleep(random.uniform(*LIVES_S))
        match number % 3:
            case 0:
                await hub.end(signal.SIGKILL)
                tally.hub_kills += 1
                await hub.start()
            case 1:
                await centre.end(signal.SIGKILL)
                tally.centre_kills += 1
                await centre.start()
            case _:
                line.cut()
                tally.cuts += 1


async def _send(
    state: Path, hub: Hub, line: SlowLine, gateway_id: str, packets: list[Packet], done: asyncio.Event, tally: Tally
) -> None:
    """As a forwarder does: go on from what was acknowledged, offer what has no receipt; to the end, and once more."""
    out, known = JetstreamWay(hub.place(gateway_id, line.address), gateway_id, offer_s=2.0), anchors(state)
    receipts: dict[str, set[Receipt]] = {each.notice.packet_id: set() for each in packets}
    try:
        while True:
            is_last = done.is_set()
            for made in packets:
                await _deliver(out, made, known, receipts, tally, again=random.random() < 0.3 or is_last)
            if is_last and all(receipts.values()):
                break
        given = Counter[str]()
        async for _, jws in out.answers(AnswerCursor()):
            answer = read_answer(jws, known)
            given[answer.packet_id] += isinstance(answer, Receipt)
    finally:
        await out.close()
    tally.doubled += sum(number != 1 for number in given.values())
    tally.doubled += sum(len(each) != 1 for each in receipts.values())
    tally.lost += sum(given[made.notice.packet_id] == 0 for made in packets)


async def _deliver(
    out: JetstreamWay, made: Packet, known: object, receipts: dict[str, set[Receipt]], tally: Tally, *, again: bool
) -> None:
    try:
        if receipts[made.notice.packet_id] and not again:
            return
        standing = (await out.offer([made.notice]))[0]
        if standing.state is StandingState.PARTIAL and standing.received < made.notice.size:
            await out.send(made.notice, standing.received, made.notice.size, made.read, lambda _: None)
        elif standing.state is StandingState.RECEIVED:
            receipt = read_answer(standing.receipt, known)  # type: ignore[arg-type]
            assert isinstance(receipt, Receipt)
            receipts[made.notice.packet_id].add(receipt)
        elif standing.state is not StandingState.PARTIAL:
            tally.faults.append(f"{made.notice.packet_id}: {standing.state} {standing.reason}")
    except WayOutError:
        await asyncio.sleep(0.02)


def _look(state: Path, packets: dict[str, list[Packet]], tally: Tally) -> None:
    with opened(state) as centre:
        for gateway_id, some in packets.items():
            held = centre.store.packets(gateway_id, [made.notice.packet_id for made in some])
            for made in some:
                name = made.notice.packet_id
                file = state / "packets" / gateway_id / f"{name}.rekam"
                if name not in held or not file.exists() or file.read_bytes() != made.content:
                    tally.lost += 1
                elif not verify_packet(file).ok:
                    tally.faults.append(f"{name} does not verify")


def main() -> int:
    """Run and tell."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--packets", type=int, default=60, help="of each of two gateways")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tally = asyncio.run(run(Path(folder), options.kills, options.packets))
    print(json.dumps(asdict(tally)))
    return int(not tally.ok)


if __name__ == "__main__":
    sys.exit(main())

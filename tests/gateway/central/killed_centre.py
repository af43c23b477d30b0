"""SIGKILL of `rekam central serve` at random instants while gateways send; then what is held beside what was promised.

Run as `python -m tests.gateway.central.killed_centre --kills 200 [--packets N] [--store URL]`: the last line on
standard output is the tally as JSON, and the status is 1 where anything was lost, doubled or damaged.
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

from gateway.central import OpenCentre
from gateway.centre import CentreBusy, CentreUnreachable, Receipt, StandingState, read_answer
from gateway.packet import verify_packet
from tests.free_ports import free_port
from tests.gateway.central.centres import Packet, all_answers, anchors, made_centre, opened, packet, place, way

GATEWAYS = ("kedoya-1", "palmerah-2")
LIVES_S = (0.0, 0.8)
"""From the first call that is answered to the kill."""
_AGAIN_S = 0.02


@dataclass
class Tally:
    """What a run came to."""

    kills: int = 0
    packets: int = 0
    lost: int = 0
    """Receipted packets that are not held, or not as they were sent."""
    doubled: int = 0
    """Packets with more than one receipt, or with two."""
    went_on: int = 0
    """Sends that began beyond the first byte."""
    faults: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing was lost, doubled or wrong."""
        return not (self.lost or self.doubled or self.faults)


class Centres:
    """One life of the centre after the other, at one address."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._port = free_port()
        self._process: asyncio.subprocess.Process | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._port}"

    async def start(self) -> None:
        command = ["serve", "--state", str(self._state), "--listen", self.address, "--keep-free-mb", "0", "--json"]
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
            said = json.loads(line or "{}")
            if "grpc" not in said:  # it ends by itself, and is not left to whichever test runs next
                await self._process.communicate()
        if not line:
            raise RuntimeError((self._state / "log").read_text()[-3000:])
        if "error" in said:
            raise RuntimeError(said["error"]["message"])
        self._port = int(said["grpc"].rpartition(":")[2])

    async def end(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        async with asyncio.timeout(60):
            await self._process.wait()


async def run(state: Path, kills: int, count: int, store: str | None = None) -> Tally:
    """Kill that often while packets come; send to the end; count."""
    made_centre(state, *GATEWAYS, store=store)
    tally = Tally()
    packets = {
        each: [packet(state, n, random.choice([4_500, 60_000, 700_000, 2_500_000]), each) for n in range(1, count + 1)]
        for each in GATEWAYS
    }
    tally.packets = count * len(GATEWAYS)
    receipts: dict[str, set[Receipt]] = {made.notice.packet_id: set() for each in packets.values() for made in each}
    centres = Centres(state)
    await centres.start()
    answering, done = asyncio.Event(), asyncio.Event()
    senders = [
        asyncio.create_task(_send(state, centres, each, packets[each], receipts, answering, done, tally))
        for each in GATEWAYS
    ]
    for _ in range(kills):
        answering.clear()
        async with asyncio.timeout(60):
            await answering.wait()
        await asyncio.sleep(random.uniform(*LIVES_S))
        await centres.end(signal.SIGKILL)
        tally.kills += 1
        await centres.start()
    done.set()
    async with asyncio.timeout(120):
        await asyncio.gather(*senders)
    for each in GATEWAYS:
        async with way(place(state, centres.address, each)) as out:
            given = Counter(answer.packet_id for answer in await all_answers(out, state) if isinstance(answer, Receipt))
        tally.doubled += sum(number != 1 for number in given.values())
        tally.lost += sum(made.notice.packet_id not in given for made in packets[each])
    await centres.end(signal.SIGTERM)
    _look(state, packets, receipts, tally)
    return tally


async def _send(
    state: Path,
    centres: Centres,
    gateway_id: str,
    packets: list[Packet],
    receipts: dict[str, set[Receipt]],
    answering: asyncio.Event,
    done: asyncio.Event,
    tally: Tally,
) -> None:
    """Send packets again and again until no more kills come, four at once; then once more to the end."""
    known, slots = anchors(state), asyncio.Semaphore(4)
    async with way(place(state, centres.address, gateway_id)) as out:

        async def send(made: Packet) -> None:
            async with slots:
                while True:
                    try:
                        standing = (await out.offer([made.notice]))[0]
                        answering.set()
                        if standing.state is StandingState.PARTIAL:
                            tally.went_on += standing.received > 0
                            end = made.notice.size
                            standing = await out.send(made.notice, standing.received, end, made.read, lambda _: None)
                        if standing.state is StandingState.RECEIVED:
                            receipt = read_answer(standing.receipt, known)
                            assert isinstance(receipt, Receipt)
                            receipts[made.notice.packet_id].add(receipt)
                            return
                        if standing.state is not StandingState.PARTIAL:
                            tally.faults.append(f"{made.notice.packet_id}: {standing.state} {standing.reason}")
                            return
                    except (CentreUnreachable, CentreBusy):
                        await asyncio.sleep(_AGAIN_S)

        while True:
            is_last = done.is_set()
            await asyncio.gather(*(send(made) for made in packets))
            if is_last:
                return


def _look(state: Path, packets: dict[str, list[Packet]], receipts: dict[str, set[Receipt]], tally: Tally) -> None:
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
                tally.doubled += len(receipts[name]) != 1
            _check_numbers(centre, gateway_id, tally)
    if list((state / "parts").rglob("*.part")):
        tally.faults.append("parts are left of packets that are held")


def _check_numbers(centre: OpenCentre, gateway_id: str, tally: Tally) -> None:
    numbers = [each.sequence for each in centre.store.answers(gateway_id, 0, 100_000)]
    if numbers != list(range(1, len(numbers) + 1)):
        tally.faults.append(f"the answers of {gateway_id} have gaps")


def main() -> int:
    """Run and tell."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--packets", type=int, default=150, help="of each of two gateways")
    parser.add_argument("--store", help="postgresql://...")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tally = asyncio.run(run(Path(folder) / "centre", options.kills, options.packets, options.store))
    print(json.dumps(asdict(tally)))
    return int(not tally.ok)


if __name__ == "__main__":
    sys.exit(main())

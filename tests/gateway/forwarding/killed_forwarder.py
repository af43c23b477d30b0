"""Forwards in a child process, kills it at random instants, and says what the centre and the office have afterwards.

Run as `python -m tests.gateway.forwarding.killed_forwarder DIRECTORY ROUNDS SEED`; prints one JSON object. A process of
its own, so that it may fork. The centre is files: what it acknowledged is there, whoever is killed.
"""

import asyncio
import hashlib
import json
import os
import random
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

from gateway.centre import (
    AnswerCursor,
    CentreCondition,
    CentreState,
    PacketNotice,
    PacketStanding,
    Receipt,
    StandingState,
    sign_answer,
)
from gateway.durable_file import write_durably
from gateway.forwarding import AnswerDesk, Forwarder, ForwardingPolicy, PacketQueue, PacketState
from gateway.trust import SigningKey, TrustAnchors, open_signing_key
from tests.gateway.forwarding.outbox import Book
from tests.gateway.forwarding.scripted_centre import AT, GATEWAY, ledger_name

PACKETS, SIZE, PIECE = 20, 40_000, 4096


class FileCentre:
    """A `WayOut` to a folder."""

    def __init__(self, folder: Path, key: SigningKey) -> None:
        self.folder, self.key = folder, key
        folder.mkdir(exist_ok=True)

    async def centre(self) -> CentreState:
        return CentreState("centre-1", ledger_name(1), len(self.receipts()), CentreCondition.ACCEPTING, None, ())

    async def offer(self, notices: Sequence[PacketNotice]) -> Sequence[PacketStanding]:
        return [self.standing(each) for each in notices]

    async def send(
        self,
        notice: PacketNotice,
        offset: int,
        end: int,
        read: Callable[[int, int], bytes],
        acknowledged: Callable[[int], None],
    ) -> PacketStanding:
        part = self.folder / f"{notice.packet_id}.part"
        has = part.stat().st_size if part.exists() else 0
        if has != offset or self.receipt_of(notice.packet_id) is not None:
            return self.standing(notice)
        with part.open("ab", buffering=0) as file:
            for begin in range(offset, end, PIECE):
                file.write(read(begin, min(end, begin + PIECE)))
                acknowledged(min(end, begin + PIECE))
                await asyncio.sleep(0)
        if end == notice.size and hashlib.sha256(part.read_bytes()).hexdigest() == notice.sha256:
            self.take(notice)
        return self.standing(notice)

    async def answers(self, cursor: AnswerCursor) -> AsyncIterator[tuple[AnswerCursor, bytes]]:
        for number, path in enumerate(self.receipts()[cursor.sequence :], cursor.sequence + 1):
            yield AnswerCursor(ledger_name(1), number), path.read_bytes()

    async def close(self) -> None:
        return

    def take(self, notice: PacketNotice) -> None:
        number = len(self.receipts()) + 1
        receipt = Receipt(
            *("centre-1", ledger_name(1), number, GATEWAY, notice.packet_id, notice.sha256, notice.size, AT)
        )
        # One file that is there or not: the centre is killed with the office.
        write_durably(self.folder / f"{number:06}={notice.packet_id}.answer", sign_answer(receipt, self.key))

    def receipt_of(self, packet_id: str) -> Path | None:
        return next(self.folder.glob(f"*={packet_id}.answer"), None)

    def receipts(self) -> list[Path]:
        return sorted(self.folder.glob("*.answer"))

    def standing(self, notice: PacketNotice) -> PacketStanding:
        receipt, part = self.receipt_of(notice.packet_id), self.folder / f"{notice.packet_id}.part"
        if receipt is not None:
            return PacketStanding(notice.packet_id, StandingState.RECEIVED, notice.size, receipt.read_bytes())
        has = part.stat().st_size if part.exists() else 0
        return PacketStanding(notice.packet_id, StandingState.PARTIAL, has)


def forwarder_of(state: Path, centre: FileCentre, anchors: TrustAnchors) -> tuple[PacketQueue, Forwarder]:
    queue = PacketQueue.open(state)
    desk = AnswerDesk(queue, GATEWAY, lambda: anchors)
    policy = ForwardingPolicy(grace_s=0.05, first_spread_s=0.0, answers_s=0.01)
    return queue, Forwarder(queue, centre, desk, lambda name: state / "packets" / f"{name}.rekam", policy, Book())


def put(state: Path, queue: PacketQueue) -> dict[str, str]:
    digests = {}
    (state / "packets").mkdir(parents=True)
    for number in range(1, PACKETS + 1):
        data = random.Random(number).randbytes(SIZE)
        name = f"packet-{number}"
        digests[name] = hashlib.sha256(data).hexdigest()
        (state / "packets" / f"{name}.rekam").write_bytes(data)
        queue.add(PacketNotice(name, digests[name], SIZE, "chain", number), 10_000)
    return digests


def killed_after(state: Path, centre: FileCentre, anchors: TrustAnchors, delay_s: float) -> None:
    readable, writable = os.pipe()
    child = os.fork()
    if child == 0:
        _, forwarder = forwarder_of(state, centre, anchors)
        os.write(writable, b"!")
        asyncio.run(forwarder.run())
    os.read(readable, 1)
    time.sleep(delay_s)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(readable)
    os.close(writable)


def main(folder: Path, rounds: int, seed: int) -> None:
    instants = random.Random(seed)
    key = open_signing_key(folder / "keys", "centre-1")
    anchors = TrustAnchors.from_pem(key.trust_bundle().certificates_pem)
    centre, state = FileCentre(folder / "centre", key), folder / "state"
    state.mkdir()
    with PacketQueue.open(state) as queue:
        digests = put(state, queue)
    faults: list[str] = []
    for _ in range(rounds):
        killed_after(state, centre, anchors, instants.uniform(0.0, 0.15))
        for name, digest in digests.items():
            part = centre.folder / f"{name}.part"
            whole = part.exists() and hashlib.sha256(part.read_bytes()).hexdigest() == digest
            if not (state / "packets" / f"{name}.rekam").exists() and not whole:
                faults.append(f"{name} is nowhere")
    queue, forwarder = forwarder_of(state, centre, anchors)

    async def end() -> None:
        for _ in range(5000):
            states = {each.state for each in queue.packets()}
            if states == {PacketState.ERASED}:
                return
            due = await forwarder.step()
            if due is not None:
                await asyncio.sleep(min(0.05, max(0.0, due - queue.clock())))
        faults.append(f"not all left: {queue.depth()}")

    asyncio.run(end())
    taken = [path.stem.partition("=")[2] for path in centre.receipts()]
    faults += [f"{name} was taken {taken.count(name)} times" for name in digests if taken.count(name) != 1]
    faults += [each.words.en for each in queue.notes.incidents()]
    queue.close()
    print(json.dumps({"faults": faults, "taken": len(taken), "rounds": rounds}))


if __name__ == "__main__":
    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))

"""An office's outbox with files of random bytes, on clocks that a test moves."""

import asyncio
import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from gateway.centre import PacketNotice, Receipt, StatusAnswer
from gateway.elapsed import Moment
from gateway.forwarding import AnswerDesk, Forwarder, ForwardingPolicy, PacketQueue, PacketState
from gateway.trust import ClockQuality, SignedTime, TrustAnchors
from tests.gateway.forwarding.scripted_centre import GATEWAY

START = datetime(2026, 3, 1, 8, tzinfo=UTC)


class MadeTime:
    """This instant, as a test says."""

    def __init__(self, quality: ClockQuality = ClockQuality.UNTRUSTED) -> None:
        self.boot_s = 100.0
        self.wall = START
        self.boot = "boot-1"
        self.quality = quality

    def __call__(self) -> Moment:
        uncertain = None if self.quality is ClockQuality.UNTRUSTED else 0.1
        wall = self.wall.replace(microsecond=self.wall.microsecond // 1000 * 1000)
        return Moment(SignedTime(wall, round(self.boot_s, 3), self.quality, uncertain), self.boot)

    def pass_s(self, seconds: float) -> None:
        self.boot_s += seconds
        self.wall += timedelta(seconds=seconds)

    def reboot(self, off_s: float = 0.0) -> None:
        self.boot, self.boot_s = f"{self.boot}+", 5.0
        self.wall += timedelta(seconds=off_s)


@dataclass
class Book:
    """A `StatusBook` that remembers."""

    answers: list[tuple[str, int]] = field(default_factory=list)
    packets_sent: list[str] = field(default_factory=list)

    def answered(self, answer: Receipt | StatusAnswer, way: str) -> None:
        self.answers.append((answer.packet_id, answer.sequence))

    def sent(self, packet_id: str) -> None:
        self.packets_sent.append(packet_id)


class Outbox:
    """A state folder with packets, and a forwarder of it."""

    def __init__(
        self,
        state: Path,
        way: Any,
        anchors: TrustAnchors,
        time: MadeTime | None = None,
        seed: int = 1,
        **policy: Any,
    ) -> None:
        self.state, self.way, self.anchors = state, way, anchors
        self.time = time or MadeTime()
        self.random = Random(seed)
        self.policy = ForwardingPolicy(**{"first_spread_s": 0.0, "grace_s": 3600.0, **policy})
        self.folder = state / "packets"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.book = Book()
        self.forgotten: list[str] = []
        self.start()

    def start(self) -> None:
        """Open what is on the disk, as a new process does."""
        self.queue = PacketQueue.open(self.state, self.time)
        self.desk = AnswerDesk(self.queue, GATEWAY, lambda: self.anchors)
        self.forwarder = Forwarder(
            self.queue,
            self.way,
            self.desk,
            self.path,
            self.policy,
            self.book,
            self.forgotten.append,
            random=self.random,
        )

    def restart(self) -> None:
        self.queue.close()
        self.start()

    def path(self, packet_id: str) -> Path:
        return self.folder / f"{packet_id}.rekam"

    def restart_empty(self) -> None:
        """As after a queue's file that was damaged: the packets lie there, and none is known."""
        self.queue.close()
        for file in self.state.glob("*.sqlite3*"):
            file.unlink()
        self.start()

    def put(self, number: int, size: int = 3000, early: int = 1500) -> PacketNotice:
        """A new packet."""
        name = f"packet-{number}"
        data = Random(number).randbytes(size)
        self.path(name).write_bytes(data)
        notice = PacketNotice(name, hashlib.sha256(data).hexdigest(), size, "chain-1", number)
        assert self.queue.add(notice, early)
        return notice

    def run(self, until_s: float = 3600.0, most: int = 20_000) -> int:
        """Let the forwarder go on until so much time has passed, jumping over its waits; the number of steps."""

        async def go() -> int:
            end = self.queue.clock() + until_s
            for count in range(most):
                due = await self.forwarder.step()
                if due is not None:
                    now = self.queue.clock()
                    if due >= end:
                        self.time.pass_s(max(0.0, end - now))
                        return count
                    self.time.pass_s(max(0.05, due - now))
            raise AssertionError(f"after {most} steps there is still more to do")

        return asyncio.run(go())

    def states(self) -> dict[str, PacketState]:
        return {each.packet_id: each.state for each in self.queue.packets()}

    def incidents(self) -> list[str]:
        return sorted(each.kind.value for each in self.queue.notes.incidents())

    def close(self) -> None:
        self.queue.close()

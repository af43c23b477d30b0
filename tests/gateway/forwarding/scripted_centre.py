"""A little centre in memory that keeps what it is sent, and whose way does what a test's script says."""

import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

from gateway.centre import (
    AnswerCursor,
    CentreBusy,
    CentreCondition,
    CentreState,
    CentreUnreachable,
    EnrolmentStatus,
    PacketNotice,
    PacketStanding,
    Receipt,
    StandingState,
    StatusAnswer,
    UnreachableCause,
    sign_answer,
)
from gateway.trust import SigningKey

GATEWAY = "kedoya-1"
AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
CHUNK = 1024


def ledger_name(number: int) -> str:
    return f"{number:032x}"


@dataclass
class Kept:
    """What the centre has on its disk; a copy of it is its backup."""

    ledger: int = 1
    bytes: dict[str, bytes] = field(default_factory=dict)
    whole: dict[str, str] = field(default_factory=dict)
    """SHA-256 of the packets that it took, by id."""
    receipts: dict[str, bytes] = field(default_factory=dict)
    answers: list[bytes] = field(default_factory=list)
    times_taken: dict[str, int] = field(default_factory=dict)

    def copy(self) -> "Kept":
        return Kept(
            *(self.ledger, dict(self.bytes), dict(self.whole), dict(self.receipts), list(self.answers)),
            dict(self.times_taken),
        )


class ScriptedCentre:
    """A `WayOut`; `cut` is asked at every step of every call, and may raise."""

    def __init__(self, key: SigningKey, cut: Callable[[str], None] = lambda _: None) -> None:
        self.key = key
        self.cut = cut
        self.kept = Kept()
        self.ledgers = 1
        self.refuses: dict[str, str] = {}
        self.not_now: set[str] = set()
        self.signs = True
        """Whether a whole packet gets its receipt."""
        self.condition = CentreCondition.ACCEPTING
        self.retry_after_s: float | None = None
        self.changes_answer: Callable[[Receipt], bytes | Receipt] = lambda receipt: receipt
        self.calls: list[str] = []
        self.bytes_read = 0
        self.order: list[tuple[str, int, int]] = []

    async def centre(self) -> CentreState:
        self._step("centre")
        return CentreState(
            "centre-1", ledger_name(self.kept.ledger), len(self.kept.answers), self.condition, self.retry_after_s, ()
        )

    async def offer(self, notices: Sequence[PacketNotice]) -> Sequence[PacketStanding]:
        self._step("offer")
        standings = [self._standing(notice) for notice in notices]
        self._step("offered")
        return standings

    async def send(
        self,
        notice: PacketNotice,
        offset: int,
        end: int,
        read: Callable[[int, int], bytes],
        acknowledged: Callable[[int], None],
    ) -> PacketStanding:
        self._step("send")
        if notice.packet_id in self.kept.whole or notice.packet_id in self.not_now:
            return self._standing(notice)
        has = self.kept.bytes.get(notice.packet_id, b"")
        if len(has) != offset:
            return self._standing(notice)
        self.order.append((notice.packet_id, offset, end))
        for begin in range(offset, end, CHUNK):
            data = read(begin, min(end, begin + CHUNK))
            self.bytes_read += len(data)
            self._step("chunk")
            self.kept.bytes[notice.packet_id] = self.kept.bytes.get(notice.packet_id, b"") + data
            self._step("kept")
            acknowledged(begin + len(data))
        if end == notice.size:
            self._complete(notice)
            self._step("completed")
        return self._standing(notice)

    async def answers(self, cursor: AnswerCursor) -> AsyncIterator[tuple[AnswerCursor, bytes]]:
        self._step("answers")
        name = ledger_name(self.kept.ledger)
        first = cursor.sequence if cursor.ledger_id == name else 0
        for number, jws in enumerate(self.kept.answers[first:], first + 1):
            self._step("answer")
            yield AnswerCursor(name, number), jws

    async def close(self) -> None:
        return

    def restore(self, backup: Kept, *, same_ledger: bool = False) -> None:
        """Put it back from a backup."""
        taken = self.kept.times_taken
        self.kept = backup.copy()
        self.kept.times_taken = taken
        if not same_ledger:
            self.ledgers += 1
            self.kept.ledger = self.ledgers

    def say(self, packet_id: str, status: EnrolmentStatus) -> bytes:
        """Give a status."""
        answer = StatusAnswer(
            *("centre-1", ledger_name(self.kept.ledger), len(self.kept.answers) + 1, GATEWAY, packet_id, status, AT)
        )
        self.kept.answers.append(sign_answer(answer, self.key))
        return self.kept.answers[-1]

    def _complete(self, notice: PacketNotice) -> None:
        data = self.kept.bytes[notice.packet_id]
        if notice.packet_id in self.refuses:
            self.kept.bytes.pop(notice.packet_id)
            return
        if hashlib.sha256(data).hexdigest() != notice.sha256:
            self.kept.bytes.pop(notice.packet_id)
            self.refuses[notice.packet_id] = "DIGEST_WRONG"
            return
        self.kept.whole[notice.packet_id] = notice.sha256
        self.kept.times_taken[notice.packet_id] = self.kept.times_taken.get(notice.packet_id, 0) + 1
        if self.signs:
            self.sign(notice)

    def sign(self, notice: PacketNotice) -> None:
        """Give the receipt of a packet."""
        receipt = Receipt(
            *("centre-1", ledger_name(self.kept.ledger), len(self.kept.answers) + 1, GATEWAY, notice.packet_id),
            *(notice.sha256, notice.size, AT),
        )
        changed = self.changes_answer(receipt)
        jws = changed if isinstance(changed, bytes) else sign_answer(changed, self.key)
        self.kept.answers.append(jws)
        self.kept.receipts[notice.packet_id] = jws

    def _standing(self, notice: PacketNotice) -> PacketStanding:
        name = notice.packet_id
        if name in self.kept.whole:
            receipt = self.kept.receipts.get(name, b"")
            state = StandingState.RECEIVED if receipt else StandingState.PARTIAL
            return PacketStanding(name, state, notice.size, receipt)
        if name in self.not_now:
            return PacketStanding(name, StandingState.NOT_NOW, reason="GATEWAY_UNKNOWN", words="not known yet")
        if name in self.refuses and name not in self.kept.bytes:
            reason = self.refuses[name]
            if reason == "DIGEST_WRONG":
                self.refuses.pop(name)
            return PacketStanding(name, StandingState.REFUSED, reason=reason, words="it is refused")
        return PacketStanding(name, StandingState.PARTIAL, len(self.kept.bytes.get(name, b"")))

    def _step(self, name: str) -> None:
        self.calls.append(name)
        self.cut(name)


def cuts(random: Random, share: float) -> Callable[[str], None]:
    """Breaks off at that share of the steps, in one of the ways in which it happens."""

    def cut(_: str) -> None:
        if random.random() < share:
            if random.random() < 0.2:
                raise CentreBusy("busy", random.choice([None, 1.0, 30.0]))
            raise CentreUnreachable(random.choice(list(UnreachableCause)), "cut")

    return cut

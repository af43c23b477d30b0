"""A line is not left idle: what needs no centre is done while packets leave, and what is known is not done again."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from gateway.centre import (
    AnswerCursor,
    CentreBusy,
    CentreState,
    CentreUnreachable,
    EnrolmentStatus,
    PacketNotice,
    PacketStanding,
    UnreachableCause,
)
from gateway.forwarding import AnswerWay, PacketState, Taken, answer_fetch
from gateway.forwarding.standing import again
from gateway.trust import SigningKey, TrustAnchors
from tests.gateway.forwarding.outbox import Outbox
from tests.gateway.forwarding.scripted_centre import ScriptedCentre, ledger_name

Office = Callable[..., Outbox]
WITHIN_S = 60.0


class WaitingCentre(ScriptedCentre):
    """A send that begins once the first packet has its receipt goes on when the office's ledger was told of that."""

    def __init__(self, key: SigningKey) -> None:
        super().__init__(key)
        self.told = threading.Event()
        self.waits: Callable[[], None] = lambda: None
        self.waited: list[bool] = []

    async def send(self, notice: PacketNotice, *arguments: object) -> PacketStanding:
        if notice.packet_id == "packet-2":
            self.waits()
            self.waited.append(await asyncio.to_thread(self.told.wait, WITHIN_S))
        return await super().send(notice, *arguments)  # type: ignore[arg-type]


def test_receipts_are_told_of_while_a_send_is_under_way(office: Office, centre_key: SigningKey) -> None:
    centre = WaitingCentre(centre_key)
    outbox = office(way=centre, sends_at_once=1)
    centre.waits = lambda: outbox.time.pass_s(5.0)
    answered = outbox.book.answered

    def tell(*told: object) -> None:
        answered(*told)  # type: ignore[arg-type]
        centre.told.set()

    outbox.book.answered = tell  # type: ignore[method-assign]
    outbox.put(1, size=200, early=0)
    outbox.put(2, size=200, early=0)
    outbox.run(600)
    assert set(outbox.states().values()) == {PacketState.RECEIVED}
    assert centre.waited == [True]


PACKETS = 40


class LongCentre(ScriptedCentre):
    """Its second packet's send goes on once answers were fetched beside it."""

    def __init__(self, key: SigningKey) -> None:
        super().__init__(key)
        self.fetched = asyncio.Event()

    async def send(self, notice: PacketNotice, *arguments: object) -> PacketStanding:
        if notice.packet_id == "packet-2":
            async with asyncio.timeout(WITHIN_S):
                await self.fetched.wait()
        return await super().send(notice, *arguments)  # type: ignore[arg-type]

    async def answers(self, cursor: AnswerCursor) -> AsyncIterator[tuple[AnswerCursor, bytes]]:
        async for each in super().answers(cursor):
            yield each
        self.fetched.set()


async def test_answers_are_fetched_while_the_next_packets_leave(office: Office, centre_key: SigningKey) -> None:
    centre = LongCentre(centre_key)
    outbox = office(way=centre)
    outbox.put(1, size=200, early=0)
    while outbox.states()["packet-1"] is not PacketState.RECEIVED:
        await outbox.forwarder.step()
    assert outbox.queue.answers.cursor().sequence == 0
    outbox.put(2, size=200, early=0)
    outbox.time.pass_s(100.0)
    centre.fetched.clear()
    await outbox.forwarder.step()  # its news
    assert not centre.fetched.is_set()
    await outbox.forwarder.step()  # the packet, and what is fetched beside it
    assert set(outbox.states().values()) == {PacketState.RECEIVED}
    assert outbox.queue.answers.cursor().sequence >= 1
    assert outbox.forwarder.problem is None


class NarrowCentre(ScriptedCentre):
    """Takes so many packets of an office at once; ends none before too many came, or as many as `holds` says."""

    def __init__(self, key: SigningKey, most: int, holds: dict[int, int]) -> None:
        super().__init__(key)
        self.most = most
        self.holds = holds
        """By how often it was asked how it does, which an office does anew after each refusal."""
        self.asked = self.under_way = 0
        self.has_refused = False
        self.changed = asyncio.Condition()

    async def centre(self) -> CentreState:
        self.asked += 1
        self.has_refused = False
        return await super().centre()

    async def send(self, notice: PacketNotice, *arguments: object) -> PacketStanding:
        async with self.changed:
            self.changed.notify_all()
            if self.under_way == self.most:
                self.has_refused = True
                raise CentreBusy("end one first", 2.0)
            self.under_way += 1
            await self.changed.wait_for(self._is_enough)
            standing = await super().send(notice, *arguments)  # type: ignore[arg-type]
            self.under_way -= 1
            self.changed.notify_all()
            return standing

    def _is_enough(self) -> bool:
        left = PACKETS - len(self.kept.whole)
        return self.has_refused or self.under_way >= min(self.holds.get(self.asked, PACKETS), left)


@pytest.mark.parametrize(("most", "refusals", "then"), [(5, 2, 3), (2, 3, 1), (1, 3, 1)])
def test_a_centre_that_takes_fewer_at_once_is_sent_fewer(
    office: Office, centre_key: SigningKey, most: int, refusals: int, then: int
) -> None:
    centre = NarrowCentre(centre_key, most, {refusals + 1: then})
    outbox = office(way=centre, sends_at_once=12)
    for number in range(1, PACKETS + 1):
        outbox.put(number, size=200, early=0)
    outbox.run(1800)
    assert set(outbox.states().values()) == {PacketState.RECEIVED}
    assert set(centre.kept.times_taken.values()) == {1}
    assert centre.asked == refusals + 1  # 12, 6, 3, 1


def test_a_receipt_that_is_known_is_neither_verified_nor_kept_again(office: Office, centre: ScriptedCentre) -> None:
    outbox = office()
    for number in range(1, 6):
        outbox.put(number)
    cut = True

    def no_answers(step: str) -> None:
        if step == "answer" and cut:
            raise CentreUnreachable(UnreachableCause.CUT, "cut")

    centre.cut = no_answers
    outbox.run(30)
    assert set(outbox.states().values()) == {PacketState.RECEIVED}
    assert outbox.queue.answers.cursor().sequence == 0
    # Nobody is believed any more: whatever has to be verified is refused.
    outbox.anchors = TrustAnchors(frozenset())
    cut = False
    outbox.run(600)
    assert outbox.queue.answers.cursor().sequence == 5
    assert outbox.incidents() == []


def test_where_a_look_breaks_off_what_was_known_before_it_is_not_asked_for_again(
    office: Office, centre: ScriptedCentre
) -> None:
    outbox = office()
    for number in range(1, 6):
        outbox.put(number)
    seen = 0

    def cut(step: str) -> None:
        nonlocal seen
        seen += step == "answer"
        if step == "answer" and seen == 4:
            raise CentreUnreachable(UnreachableCause.CUT, "cut")

    centre.cut = cut
    outbox.run(3600)
    # 3 before the cut; after it those from the fourth on.
    assert seen == 4 + 2
    assert outbox.queue.answers.cursor().sequence == 5


def test_a_stream_of_answers_without_an_end_holds_up_no_packet(office: Office, centre_key: SigningKey) -> None:
    given: list[int] = []

    class Endless(ScriptedCentre):
        async def answers(self, cursor: AnswerCursor) -> AsyncIterator[tuple[AnswerCursor, bytes]]:
            given.append(0)
            while given[-1] < 2 * answer_fetch.ANSWERS_AT_ONCE:  # or the test would not end either
                given[-1] += 1
                yield AnswerCursor(ledger_name(self.kept.ledger), 1), b"a.b.c"

    outbox = office(way=Endless(centre_key))
    outbox.put(1)
    outbox.run(50)
    assert outbox.states() == {"packet-1": PacketState.RECEIVED}
    assert set(given) == {answer_fetch.ANSWERS_AT_ONCE}


@pytest.mark.parametrize("bound", [("ANSWERS_AT_ONCE", 2), ("LOOK_S", 0.0)])
def test_a_look_that_ended_before_the_answers_did_is_gone_on_with_soon(
    office: Office, centre: ScriptedCentre, monkeypatch: pytest.MonkeyPatch, bound: tuple[str, float]
) -> None:
    monkeypatch.setattr(answer_fetch, *bound)
    outbox = office()
    outbox.run(10)
    for number in range(8):
        jws = centre.say(f"packet-{number}", EnrolmentStatus.PRINT_READY_RECORD)
        assert outbox.desk.take(jws, AnswerWay.STICK) is Taken.KEPT  # known, as after a stick: nothing of it is news
    outbox.run(900 + 8 * 60)
    assert outbox.queue.answers.cursor().sequence == 8


@pytest.mark.parametrize(
    "fault", [CentreUnreachable(UnreachableCause.GARBAGE, "no number"), CentreBusy("come again", 300.0)]
)
def test_a_way_that_fails_at_each_look_for_answers_keeps_no_packet_here(
    office: Office, centre: ScriptedCentre, fault: Exception
) -> None:
    def cut(step: str) -> None:
        if step == "answers":
            raise fault

    centre.cut = cut
    outbox = office()
    for number in range(1, 4):
        outbox.put(number)
    outbox.run(3600)
    assert set(outbox.states().values()) == {PacketState.RECEIVED}
    assert centre.calls.count("answers") > 1


def test_a_known_receipt_still_moves_a_packet_that_is_not_where_it_leads(
    office: Office, centre: ScriptedCentre
) -> None:
    outbox = office()
    outbox.put(1)
    outbox.run(30)
    receipt, place = centre.kept.receipts["packet-1"], AnswerCursor(ledger_name(1), 1)
    assert outbox.desk.is_settled(place, receipt)
    assert not outbox.desk.is_settled(replace(place, sequence=2), receipt)
    assert not outbox.desk.is_settled(place, centre.say("packet-1", EnrolmentStatus.PRINT_READY_RECORD))
    assert not outbox.desk.is_settled(place, b"no answer")
    outbox.queue.change("packet-1", again)
    assert not outbox.desk.is_settled(place, receipt)

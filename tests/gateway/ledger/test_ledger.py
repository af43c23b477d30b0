"""Statuses move forward by sensible steps, whatever comes how often, in which order and by which way."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.centre import CENTRE_STATUSES, EnrolmentStatus, Receipt, StatusAnswer
from gateway.guidance import LocalizedText
from gateway.ledger import (
    ADVICE,
    FINAL,
    USUAL_DAYS,
    EnrolmentStanding,
    LedgerTooNew,
    Source,
    StandingUnknown,
    StatusLedger,
    StatusRefused,
    Transition,
    Verdict,
    is_stuck,
    place,
    standing_of,
    verdict_on,
)
from tests.gateway.forwarding.outbox import MadeTime

S = EnrolmentStatus
AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
LEDGER, OTHER = "0" * 32, "1" * 32
DAY_S = 86_400.0


@pytest.fixture
def time() -> MadeTime:
    return MadeTime()


@pytest.fixture
def told() -> list[EnrolmentStanding]:
    return []


@pytest.fixture
def ledger(tmp_path: Path, time: MadeTime, told: list[EnrolmentStanding]) -> Iterator[StatusLedger]:
    with StatusLedger.open(tmp_path, time, told.append) as opened:
        yield opened


def status(sequence: int, said: EnrolmentStatus, packet: str = "packet-1", ledger_id: str = LEDGER) -> StatusAnswer:
    return StatusAnswer("centre-1", ledger_id, sequence, "kedoya-1", packet, said, AT, LocalizedText(id="ya", en="yes"))


def receipt(sequence: int, packet: str = "packet-1", ledger_id: str = LEDGER) -> Receipt:
    return Receipt("centre-1", ledger_id, sequence, "kedoya-1", packet, "ab" * 32, 1000, AT)


def test_the_whole_way_of_an_enrolment(ledger: StatusLedger, told: list[EnrolmentStanding]) -> None:
    ledger.begun("e-1")
    ledger.sealed("e-1", "packet-1")
    ledger.sent("packet-1")
    ledger.answered(receipt(1), "centre")
    for number, said in enumerate((S.PRINT_READY_RECORD, S.CARD_PRINTED, S.CARD_SHIPPED), 2):
        ledger.answered(status(number, said), "centre")
    ledger.say_by_hand("e-1", S.CARD_ISSUED, "sari")
    ways = [S.UNREGISTERED, S.PROCESSING, S.SENT_FOR_ENROLLMENT, S.RECEIVED_AT_CENTRAL]
    ways += [S.PRINT_READY_RECORD, S.CARD_PRINTED, S.CARD_SHIPPED, S.CARD_ISSUED]
    assert [each.status for each in told] == ways
    history = ledger.history("e-1")
    assert [each.status for each in history] == [ways[0], S.BIO_CAPTURED, *ways[1:]]
    assert [each.source for each in history][-2:] == [Source.CENTRE, Source.BY_HAND]
    assert (history[-1].by, history[-2].words, history[-2].at) == ("sari", LocalizedText(id="ya", en="yes"), AT)
    assert ledger.get("e-1").conflicts == 0


def test_said_twice_or_by_both_ways_it_is_one(ledger: StatusLedger, told: list[EnrolmentStanding]) -> None:
    ledger.sealed("e-1", "packet-1")
    for way in ("centre", "stick", "centre"):
        ledger.answered(receipt(1), way)
        ledger.sealed("e-1", "packet-1")
        ledger.begun("e-1")
    assert ledger.get("e-1").status is S.RECEIVED_AT_CENTRAL
    assert [each.status for each in told] == [S.PROCESSING, S.RECEIVED_AT_CENTRAL]


def test_what_came_before_the_enrolment_was_known_counts_then(ledger: StatusLedger) -> None:
    ledger.answered(status(2, S.DUPLICATE_RECORD), "stick")
    ledger.answered(receipt(1), "centre")
    with pytest.raises(StandingUnknown):
        ledger.get("e-1")
    ledger.sealed("e-1", "packet-1")
    assert ledger.get("e-1").status is S.DUPLICATE_RECORD
    assert ledger.enrolment_of("packet-1") == "e-1"


def test_a_conflict_is_kept_and_moves_nothing(ledger: StatusLedger, told: list[EnrolmentStanding]) -> None:
    ledger.sealed("e-1", "packet-1")
    ledger.answered(status(1, S.PRINT_READY_RECORD), "centre")
    ledger.answered(status(2, S.CARD_PRINTED), "centre")
    ledger.answered(status(3, S.DUPLICATE_RECORD), "centre")
    standing = ledger.get("e-1")
    assert (standing.status, standing.conflicts) == (S.CARD_PRINTED, 1)
    assert told[-1] == standing


def test_a_restored_centre_says_again_what_it_said(ledger: StatusLedger) -> None:
    ledger.sealed("e-1", "packet-1")
    ledger.answered(receipt(1), "centre")
    ledger.answered(status(2, S.PRINT_READY_RECORD), "centre")
    ledger.answered(receipt(1, ledger_id=OTHER), "centre")
    standing = ledger.get("e-1")
    assert (standing.status, standing.conflicts) == (S.PRINT_READY_RECORD, 0)


def test_by_hand_only_what_a_desk_knows(ledger: StatusLedger) -> None:
    ledger.sealed("e-1", "packet-1")
    with pytest.raises(StatusRefused, match="said by the centre"):
        ledger.say_by_hand("e-1", S.PRINT_READY_RECORD, "sari")
    ledger.answered(status(1, S.DUPLICATE_RECORD), "centre")
    with pytest.raises(StatusRefused, match="cannot follow"):
        ledger.say_by_hand("e-1", S.CARD_ISSUED, "sari")
    with pytest.raises(StandingUnknown):
        ledger.say_by_hand("e-2", S.CARD_ISSUED, "sari")


def test_those_who_wait_longest_come_first_and_those_done_last(ledger: StatusLedger, time: MadeTime) -> None:
    for number in range(1, 8):
        ledger.sealed(f"e-{number}", f"packet-{number}")
        time.pass_s(10)
    ledger.answered(status(1, S.CARD_ISSUED, "packet-2"), "centre")
    ledger.answered(status(2, S.PRINT_READY_RECORD, "packet-1"), "centre")
    ledger.abandoned("e-5")
    wanted = ["e-3", "e-4", "e-6", "e-7", "e-1", "e-2"]
    lines, after = [], (-1, 0)
    while page := ledger.lines(after=after, limit=2):
        lines += page
        after = place(page[-1])
    assert [each.enrolment_id for each in lines] == wanted
    assert [each.enrolment_id for each in ledger.lines([S.CARD_ISSUED])] == ["e-2"]
    assert ledger.counts() == {S.PROCESSING: 4, S.PRINT_READY_RECORD: 1, S.CARD_ISSUED: 1}


def test_who_stands_at_one_of_some_statuses(ledger: StatusLedger) -> None:
    for number, said in enumerate((S.PRINT_READY_RECORD, S.CARD_PRINTED, S.CARD_SHIPPED, S.CARD_ISSUED), 1):
        ledger.sealed(f"e-{number}", f"packet-{number}")
        ledger.answered(status(number, said, f"packet-{number}"), "centre")
    ledger.sealed("e-5", "packet-5")
    ledger.answered(status(5, S.CARD_PRINTED, "packet-5"), "centre")
    ledger.abandoned("e-5")
    assert sorted(ledger.standing_at({S.CARD_PRINTED, S.CARD_SHIPPED})) == ["e-2", "e-3"]
    assert ledger.standing_at(()) == []


def test_for_how_long_it_has_been_so(ledger: StatusLedger, time: MadeTime) -> None:
    ledger.sealed("e-1", "packet-1")
    time.pass_s(2 * DAY_S)
    assert (ledger.get("e-1").for_s, ledger.get("e-1").stuck) == (2 * DAY_S, False)
    time.reboot(off_s=2 * DAY_S)
    assert (ledger.get("e-1").for_s, ledger.get("e-1").stuck) == (4 * DAY_S, True)
    time.reboot(off_s=-30 * DAY_S)
    assert ledger.get("e-1").for_s is None


def test_what_was_said_is_there_after_a_restart_and_can_be_forgotten(tmp_path: Path, time: MadeTime) -> None:
    with StatusLedger.open(tmp_path, time) as ledger:
        ledger.sealed("e-1", "packet-1")
        ledger.answered(receipt(1), "centre")
        before = ledger.get("e-1"), ledger.history("e-1")
    with StatusLedger.open(tmp_path, time) as ledger:
        assert (ledger.get("e-1"), ledger.history("e-1")) == before
        assert ledger.known() == {"e-1": "packet-1"}
        ledger.forget(["e-1"])
        assert ledger.known() == {}
        assert ledger.history("e-1") == []


def test_a_damaged_ledger_is_set_aside_and_a_newer_one_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "statuses.sqlite3"
    path.write_bytes(b"this is no database, whatever it is called" * 100)
    with StatusLedger.open(tmp_path) as ledger:
        assert ledger.replaced is not None
        assert ledger.replaced.exists()
        assert ledger.known() == {}
        connection = ledger._connection
        assert connection is not None
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(LedgerTooNew):
        StatusLedger.open(tmp_path)


def words(answers: list[tuple[int, EnrolmentStatus]]) -> list[Transition]:
    noted = MadeTime()()
    own = [Transition(number, each, Source.OFFICE, noted) for number, each in enumerate((S.UNREGISTERED, S.PROCESSING))]
    centre = [
        Transition(number, said, Source.CENTRE, noted, "packet-1", LEDGER, sequence)
        for number, (sequence, said) in enumerate(answers, len(own))
    ]
    return [*own, *centre]


@given(st.lists(st.sampled_from(sorted(CENTRE_STATUSES)), max_size=12), st.integers(0, 2**32))
def test_order_and_number_of_comings_change_nothing(said: list[EnrolmentStatus], seed: int) -> None:
    random = Random(seed)
    answers = list(enumerate(said, 1))
    again = answers + random.choices(answers, k=5) if answers else []
    random.shuffle(again)
    once, shuffled = standing_of(words(answers)), standing_of(words(again))
    assert shuffled.status is once.status
    assert shuffled.since.sequence == once.since.sequence
    assert [each.sequence for each in shuffled.conflicts] == [each.sequence for each in once.conflicts]


def test_every_status_has_its_advice_and_its_usual_time() -> None:
    assert ADVICE.keys() == USUAL_DAYS.keys() == set(S)
    assert {each for each in S if USUAL_DAYS[each] is None} == FINAL
    assert is_stuck(S.DUPLICATE_RECORD, 0.0)
    assert is_stuck(S.DUPLICATE_RECORD, None)
    assert not is_stuck(S.RECEIVED_AT_CENTRAL, None)
    assert not is_stuck(S.CARD_ISSUED, 1e9)


def test_no_status_moves_in_a_circle_but_among_verdicts_that_were_looked_at_again() -> None:
    moves = {(a, b) for a in S for b in S if verdict_on(a, b) is Verdict.MOVED}
    both = {a for a, b in moves if (b, a) in moves}
    assert both <= {
        S.ADJUDICATE_RECORD,
        S.DUPLICATE_RECORD,
        S.ENROLL_FAILURE_AT_CENTRAL,
        S.ENROLL_FAILURE_AT_REGIONAL,
        S.SEARCH_FAILURE_AT_CENTRAL,
    }
    assert not any(verdict_on(S.CARD_ISSUED, each) is Verdict.MOVED for each in S)
    assert not any(verdict_on(S.DUPLICATE_RECORD, each) is Verdict.MOVED for each in (S.CARD_PRINTED, S.CARD_ISSUED))

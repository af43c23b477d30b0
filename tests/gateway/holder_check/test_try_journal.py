"""The journal of tries: counted before anything else, across kills, full disks and two callers."""

import os
import signal
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from drivers import ResponseApdu
from gateway.finger import FingerPosition
from gateway.holder_check import (
    ComparisonPlace,
    HandOver,
    HolderCheck,
    OnCardFinger,
    SupervisedApproval,
    SupervisedReason,
    TryJournal,
    TryJournalCorrupt,
    TryJournalFull,
    TryJournalTooNew,
    TryJournalUnwritable,
    TryState,
)
from gateway.holder_check.database import FILE_NAME, open_database
from gateway.records.compact_card import MinutiaOrder
from tests.gateway.holder_check.synthetic_holder import HAND_OVER, HOLDER, live

CARD, GATEWAY = ComparisonPlace.CARD, ComparisonPlace.GATEWAY


def killed(live_until_killed) -> None:
    """Run it in a process of its own, which must end by SIGKILL."""
    child = os.fork()
    if child == 0:
        try:
            live_until_killed()
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_try_counts_from_its_beginning(tmp_path):
    with TryJournal.open(tmp_path) as journal:
        first = journal.begin(HAND_OVER, GATEWAY, 2)
        assert first is not None
        assert journal.left(HAND_OVER, 2) == 1
        journal.end(first, TryState.NOT_MATCHED)
        assert journal.left(HAND_OVER, 2) == 1
        assert journal.begin(HAND_OVER, CARD, 2) is not None
        assert journal.begin(HAND_OVER, CARD, 2) is None
        assert [(each.place, each.state) for each in journal.tries(HAND_OVER)] == [
            (GATEWAY, TryState.NOT_MATCHED),
            (CARD, TryState.BEGUN),
        ]
        assert journal.left(HAND_OVER, 1) == 0


def test_what_was_not_compared_does_not_count_and_an_end_is_final(tmp_path):
    with TryJournal.open(tmp_path) as journal:
        number = journal.begin(HAND_OVER, CARD, 4)
        assert number is not None
        journal.end(number, TryState.NOT_COMPARED)
        assert journal.left(HAND_OVER, 4) == 4
        journal.end(number, TryState.MATCHED)
        assert [each.state for each in journal.tries(HAND_OVER)] == [TryState.NOT_COMPARED]


def test_a_kill_between_count_and_end_leaves_the_try_counted(tmp_path):
    def begin_and_die() -> None:
        TryJournal.open(tmp_path).begin(HAND_OVER, GATEWAY, 4)
        kill()

    for left in (3, 2, 1, 0):
        killed(begin_and_die)
        with TryJournal.open(tmp_path) as journal:
            assert journal.left(HAND_OVER, 4) == left
    with TryJournal.open(tmp_path) as journal:
        assert journal.begin(HAND_OVER, GATEWAY, 4) is None


def test_a_kill_while_the_card_compares_leaves_the_try_counted(tmp_path):
    finger = live(HOLDER)

    def compare_and_die() -> None:
        def transmit(command):
            if command.data:
                kill()
            return ResponseApdu(b"", 0x63C4)

        on_card = OnCardFinger(1, FingerPosition.RIGHT_INDEX, 8, 60, MinutiaOrder.NONE)
        HolderCheck(TryJournal.open(tmp_path)).on_card(HAND_OVER, finger, [on_card], transmit)

    killed(compare_and_die)
    with TryJournal.open(tmp_path) as journal:
        assert [each.state for each in journal.tries(HAND_OVER)] == [TryState.BEGUN]
        assert journal.left(HAND_OVER, 4) == 3


def test_two_callers_do_not_get_more_tries_than_one(tmp_path):
    with TryJournal.open(tmp_path) as one, TryJournal.open(tmp_path) as other, ThreadPoolExecutor(8) as pool:
        begun = list(pool.map(lambda n: (one, other)[n % 2].begin(HAND_OVER, GATEWAY, 4), range(16)))
        assert len({number for number in begun if number is not None}) == 4


def test_what_is_written_outlives_the_journal(tmp_path):
    approval = SupervisedApproval("siti", SupervisedReason.FINGERS_NOT_USABLE)
    with TryJournal.open(tmp_path) as journal:
        journal.approve(HAND_OVER, approval)
        journal.begin(HandOver("other", "job-9"), CARD, 4)
    with TryJournal.open(tmp_path) as journal:
        assert journal.approvals(HAND_OVER) == (approval,)
        assert len(journal.tries(HandOver("other", "job-9"))) == 1
    mode = (tmp_path / FILE_NAME).stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_a_closed_journal_counts_nothing(tmp_path):
    journal = TryJournal.open(tmp_path)
    journal.close()
    journal.close()
    with pytest.raises(TryJournalUnwritable, match="closed"):
        journal.begin(HAND_OVER, GATEWAY, 4)


def test_a_damaged_file_is_set_aside_and_said_so(tmp_path):
    (tmp_path / FILE_NAME).write_bytes(b"SQLite format 3\0" + bytes(4000))
    with TryJournal.open(tmp_path) as journal:
        assert journal.replaced is not None
        assert journal.replaced.exists()
        assert journal.left(HAND_OVER, 4) == 4


def test_a_file_of_a_newer_gateway_is_left_alone(tmp_path):
    open_database(tmp_path / FILE_NAME).close()
    with sqlite3.connect(tmp_path / FILE_NAME) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(TryJournalTooNew, match="99"):
        TryJournal.open(tmp_path)


def test_a_strange_word_in_the_file_is_damage(tmp_path):
    with TryJournal.open(tmp_path) as journal:
        journal.begin(HAND_OVER, GATEWAY, 4)
        with sqlite3.connect(journal.path) as connection:
            connection.execute("UPDATE tries SET place = 'elsewhere'")
        connection.close()
        with pytest.raises(TryJournalCorrupt):
            journal.tries(HAND_OVER)


def test_a_full_disk_makes_no_try(tmp_path):
    with TryJournal.open(tmp_path) as journal:
        connection = journal._connection
        assert connection is not None
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")
        begun: list[HandOver] = []
        with pytest.raises(TryJournalFull, match="no finger is compared"):
            begin_for_ever(journal, begun)
        assert len(journal.tries(begun[-1])) == 1
        assert journal.tries(HandOver(f"card-{len(begun)}", "job")) == ()


def begin_for_ever(journal: TryJournal, begun: list[HandOver]) -> None:
    """A try for one card after the other; those that were counted are noted."""
    for number in range(10_000):
        hand_over = HandOver(f"card-{number}", "job")
        journal.begin(hand_over, GATEWAY, 4)
        begun.append(hand_over)

"""What is written while the clock is wrong: nobody is erased, and no notice lost, once it is right again."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.callback import CallbackPurger, NoticeState, Outbox
from gateway.callback.database import SCHEMA_VERSION
from gateway.sms import SmsUnavailable, SmsUncertain
from gateway.trust import ClockQuality
from tests.gateway.callback.carrier import KEEP, NOON, Carrier, after, at, delivery, opened, queue, states, wish

DEAD = datetime(2015, 1, 1, tzinfo=UTC)
"""A machine without a battery."""
SLOW = NOON - timedelta(days=200)
"""One that could be right, and nobody said so."""
AHEAD = datetime(2099, 1, 1, tzinfo=UTC)
WRONG = [DEAD, SLOW, AHEAD]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize("wrong", WRONG)
def test_the_days_of_who_came_under_a_wrong_clock_begin_once_it_is_right(tmp_path: Path, wrong: datetime) -> None:
    with opened(tmp_path, lambda: False) as store:
        added = store.add(wish(), wrong, KEEP)
    with opened(tmp_path) as store:
        purger = CallbackPurger(store, KEEP)
        assert purger.purge(NOON, dry_run=True).count == 0
        assert purger.purge(NOON, dry_run=False).count == 0
        (line,) = store.lines()
        assert (line.callback_id, line.created, line.expires) == (added.callback_id, NOON, NOON + KEEP)
        assert purger.purge(NOON + KEEP - HOUR, dry_run=False).count == 0
        assert purger.purge(NOON + KEEP, dry_run=False).count == 1


def test_the_days_of_who_was_there_before_are_not_changed(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        first = store.add(wish(), NOON, KEEP)
        assert store.purge(NOON + DAY, KEEP) == 0
        assert store.lines() == [first]
        # By a clock that is thought right, and is behind.
        assert store.purge(NOON - 100 * DAY, KEEP) == 0
        assert store.lines() == [first]


def test_who_asks_again_under_a_wrong_clock_keeps_the_days_of_then(tmp_path: Path) -> None:
    holds = [True, False]
    with opened(tmp_path, lambda: holds.pop(0)) as store:
        store.add(wish(), NOON, KEEP)
        store.add(wish(), SLOW, KEEP)
        assert store.purge(NOON + DAY, KEEP) == 0
        assert [line.expires for line in store.lines()] == [NOON + DAY + KEEP]


@pytest.mark.parametrize("wrong", WRONG)
def test_a_notice_of_a_wrong_clock_leaves_once_it_is_right(tmp_path: Path, wrong: datetime) -> None:
    with opened(tmp_path, lambda: False) as store:
        store.add(wish(), wrong, KEEP)
        assert queue(store, now=wrong) == 1
        carrier = Carrier()
        out = delivery(store, carrier)
        assert out.step(at(wrong, ClockQuality.UNTRUSTED)).sent == 0
        done = out.step(at(NOON))
        assert (done.sent, states(store)) == (1, [NoticeState.SENT])


def test_a_notice_of_a_clock_that_was_believed_and_stood_ahead_leaves_too(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.add(wish(), NOON, KEEP)
        assert queue(store, now=AHEAD) == 1
        assert delivery(store, Carrier()).step(at(NOON + HOUR)).sent == 1


def test_a_notice_that_was_put_off_while_the_clock_stood_ahead_leaves_too_and_costs_no_later_day(
    tmp_path: Path,
) -> None:
    with opened(tmp_path) as store:
        for number in (1, 2):
            store.add(wish(number), NOON, KEEP)
        queue(store, now=NOON)
        carrier = Carrier()
        carrier.answers = [SmsUncertain("silent.", "ask."), SmsUnavailable("gone.", "plug it in.")]
        out = delivery(store, carrier)
        assert out.step(at(AHEAD + 5 * HOUR)).waiting == 0, "by then it was old news"
        assert states(store) == [NoticeState.FAILED] * 2
        outbox = Outbox(store)
        for notice in outbox.notices():
            outbox.again(notice.notice_id, AHEAD + 5 * HOUR)
        done = out.step(at(AHEAD + 5 * HOUR))
        assert (done.uncertain, done.waiting) == (1, 1)
        assert out.step(at(NOON)).sent == 1
        assert outbox.spent(NOON + DAY) == 0


def test_a_notice_that_is_put_off_by_a_right_clock_waits_its_time(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.add(wish(), NOON, KEEP)
        queue(store)
        carrier = Carrier()
        carrier.answers = [SmsUnavailable("full.", "wait.", retry_s=1800.0)]
        out = delivery(store, carrier)
        assert out.step(at(NOON)).waiting == 1
        (before,) = Outbox(store).notices()
        assert out.step(at(NOON + timedelta(minutes=10))).sent == 0
        assert Outbox(store).notices() == [before]
        assert out.step(at(NOON + HOUR)).sent == 1


def test_a_try_that_was_cut_off_is_settled_under_a_wrong_clock_and_tried_again_under_the_right_one(
    tmp_path: Path,
) -> None:
    with opened(tmp_path) as store:
        store.add(wish(), NOON, KEEP)
        queue(store)
        outbox = Outbox(store)
        (notice,) = outbox.notices()
        assert outbox.begin(notice.notice_id, NOON, NOON, 100) is not None
    with opened(tmp_path, lambda: False) as store:
        out = delivery(store, Carrier(repeatable=True))
        assert out.step(at(AHEAD, ClockQuality.UNTRUSTED)).sent == 0
        assert out.step(at(NOON + HOUR)).sent == 1


def test_a_cut_off_try_that_cannot_be_repeated_still_awaits_its_report_after_a_wrong_clock(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.add(wish(), NOON, KEEP)
        queue(store)
        (notice,) = Outbox(store).notices()
        assert Outbox(store).begin(notice.notice_id, NOON, NOON, 100) is not None
    with opened(tmp_path, lambda: False) as store:
        carrier = Carrier()
        out = delivery(store, carrier)
        out.step(at(DEAD, ClockQuality.UNTRUSTED))
        out.step(at(NOON + HOUR))
        before = carrier.asked
        out.step(at(NOON + 2 * HOUR))
        assert states(store) == [NoticeState.UNCERTAIN]
        assert carrier.asked == before + 1


def test_who_stays_on_the_list_is_not_told_of_the_same_a_second_time_after_the_days(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.add(wish(), NOON, KEEP)
        queue(store)
        delivery(store, Carrier()).step(at())
        assert store.purge(NOON + 3 * DAY, KEEP) == 1
        store.add(wish(), NOON + 10 * DAY, KEEP)
        assert store.purge(NOON + KEEP + 5 * DAY, KEEP) == 0
        assert queue(store, now=NOON + KEEP + 5 * DAY) == 0
        assert queue(store, after(18), NOON + KEEP + 5 * DAY) == 1


def test_a_list_of_the_version_before_is_taken_over(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        lines = [store.add(wish(number), NOON, KEEP) for number in (1, 2)]
        stale = store.add(wish(3), DEAD, KEEP)
        queue(store)
    before = sqlite3.connect(tmp_path / "callbacks.sqlite3", isolation_level=None)
    for table in ("people", "notices"):
        before.execute(f"ALTER TABLE {table} DROP COLUMN doubtful")
    before.execute("PRAGMA user_version = 1")
    before.close()
    for _ in range(2):
        with opened(tmp_path) as store:
            assert store.incident is None
            found = store.lines()
            assert [line.callback_id for line in found] == [each.callback_id for each in (*lines, stale)]
            assert [line.notice for line in found] == [NoticeState.QUEUED] * 3
    with opened(tmp_path) as store:
        assert store.purge(NOON, KEEP) == 0
        assert delivery(store, Carrier()).step(at()).sent == 3
        with store.using() as connection:
            assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)

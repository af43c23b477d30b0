"""The purge by itself: once a day, caught up, told where it fails, never while nobody knows how late it is."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

import gateway.service.daily_purge as daily_purge
from gateway.config import Config
from gateway.guidance import LocalizedText
from gateway.service.daily_purge import MARK_FILE, DailyPurge
from gateway.service.errors import ClockUntrustedError
from gateway.trust import ClockQuality, SignedTime

JAKARTA = ZoneInfo("Asia/Jakarta")
"""UTC+7: two in the night is 19:00 UTC of the day before."""
TWO = time(2, 0)


class Day:
    """A gateway's days: what time it is, and what its purges meet."""

    def __init__(self, state, at=TWO):
        self.state, self.at = state, at
        self.now = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)  # 8:00 in Jakarta
        self.runs: list[datetime] = []
        self.left: tuple[LocalizedText, ...] = ()
        self.trusted = True
        self.fault: Exception | None = None
        self.start()

    def start(self):
        self.purges = DailyPurge(self.state, self.at, self.purge, self.clock, JAKARTA)

    def clock(self):
        return SignedTime(self.now, 100.0, ClockQuality.UNTRUSTED, None)

    async def purge(self):
        if not self.trusted:
            raise ClockUntrustedError
        self.runs.append(self.now)
        if self.fault is not None:
            raise self.fault
        return self.left

    async def passes(self, **delta):
        self.now += timedelta(**delta)
        await self.purges.look()
        return len(self.runs)


@pytest.fixture
def day(tmp_path):
    return Day(tmp_path)


async def test_it_runs_once_when_its_time_of_day_has_come(day):
    assert await day.passes() == 1  # never before: due at once
    assert await day.passes(hours=17, minutes=59) == 1  # 1:59
    assert await day.passes(minutes=1) == 2
    assert await day.passes(minutes=1) == 2
    assert await day.passes(hours=23, minutes=58) == 2
    assert await day.passes(minutes=1) == 3
    assert day.purges.warnings() == ()


async def test_what_was_missed_while_the_computer_was_off_is_caught_up_once(day):
    await day.passes()
    day.start()
    assert await day.passes(hours=8) == 1  # the same day
    day.now += timedelta(days=3)
    day.start()
    assert await day.passes() == 2
    day.start()
    assert await day.passes(minutes=5) == 2


async def test_a_clock_that_is_not_trusted_erases_nothing_and_is_told(day):
    await day.passes()
    day.trusted = False
    assert await day.passes(days=2) == 1
    (warning,) = day.purges.warnings()
    assert "cannot be trusted (last time: 2026-11-26)" in warning.en
    assert "tidak dapat dipercaya" in warning.id
    day.trusted = True
    assert await day.passes(minutes=1) == 2
    assert day.purges.warnings() == ()


@pytest.mark.parametrize("fault", [None, RuntimeError("of one person")])
async def test_what_fails_is_told_and_tried_again_within_the_hour(day, monkeypatch, fault):
    day.left, day.fault = (LocalizedText(id="penuh", en="the disk is full."),), fault
    assert await day.passes() == 1
    assert await day.passes(minutes=1) == 1  # not a minute later, though it is due
    (warning,) = day.purges.warnings()
    assert ("a fault inside" if fault else "the disk is full.") in warning.en
    assert "of one person" not in warning.en
    assert not (day.state / MARK_FILE).exists()
    monkeypatch.setattr(daily_purge, "RETRY_S", 0.0)
    day.start()
    assert await day.passes() == 2
    day.left, day.fault = (), None
    assert await day.passes() == 3
    assert day.purges.warnings() == ()
    assert await day.passes() == 3


async def test_a_mark_that_is_damaged_or_to_come_is_no_mark(day):
    for mark in (b"", b"{}", b'{"purged_at": 5}', b"\xff", b'{"purged_at": "2031-01-01T00:00:00+00:00"}'):
        (day.state / MARK_FILE).write_bytes(mark)
        day.start()
        before = len(day.runs)
        assert await day.passes() == before + 1
        assert await day.passes() == before + 1


async def test_a_mark_that_cannot_be_written_stops_nothing(day):
    (day.state / MARK_FILE).mkdir()
    day.start()
    assert await day.passes() == 1
    assert await day.passes(minutes=1) == 1
    assert day.purges.warnings() == ()


async def test_without_a_time_of_day_it_never_runs(tmp_path):
    day = Day(tmp_path, at=None)
    assert await day.passes(days=400) == 0
    assert day.purges.warnings() == ()


def test_the_time_of_day_is_read_from_the_configuration():
    assert Config().purge.time_of_day == TWO
    assert Config.model_validate({"purge": {"at": ""}}).purge.time_of_day is None
    assert Config.model_validate({"purge": {"at": "23:59"}}).purge.time_of_day == time(23, 59)
    for wrong in ("24:00", "2:00", "02:60", "daily", "02:00:00"):
        with pytest.raises(ValueError, match="at"):
            Config.model_validate({"purge": {"at": wrong}})


def test_the_machines_own_time_zone_is_the_default(tmp_path):
    own = DailyPurge(tmp_path, TWO, Day(tmp_path).purge)
    latest = own._latest(datetime(2026, 11, 26, 12, 0, tzinfo=UTC), TWO)
    assert latest.astimezone().time() == TWO
    assert timedelta(0) <= datetime(2026, 11, 26, 12, 0, tzinfo=UTC) - latest <= timedelta(hours=25)

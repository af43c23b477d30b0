"""Counts of devices outlive a restart, and their file may be damaged, newer or on a full disk."""

import sqlite3
from datetime import UTC, datetime

import pytest

from gateway.devices import history as history_module
from gateway.devices.history import HISTORY_FILE, DeviceHistory, Happened, IncidentKind
from gateway.devices.state import DeviceHealth

ONE = "uareu4000:A"


@pytest.fixture
def kept(tmp_path):
    history = DeviceHistory(tmp_path)
    yield history
    history.close()


def test_counts_add_up_and_are_there_after_a_restart(tmp_path):
    history = DeviceHistory(tmp_path)
    history.note(ONE, Happened(captures=2, uptime_s=1.5, temperature_c=41.0))
    history.note(ONE, Happened(captures=1, bad_frames=3, temperature_c=39.0))
    history.note(ONE, Happened(resets=1), IncidentKind.RESET, "it hung")
    history.note("zfm:1", Happened(losses=1), IncidentKind.LOSS, "the cable was pulled")
    (day,) = history.days(ONE, 1)
    assert day.day == datetime.now(UTC).date()
    assert day.happened == Happened(captures=3, resets=1, bad_frames=3, uptime_s=1.5, temperature_c=41.0)
    assert history.total(ONE) == DeviceHealth()
    history.close()
    again = DeviceHistory(tmp_path)
    total = again.total(ONE)
    assert (total.captures, total.resets, total.bad_frames, total.uptime_s) == (3, 1, 3, 1.5)
    assert (total.last_error, total.losses) == ("it hung", 0)
    assert total.last_error_at is not None
    assert again.total("zfm:1").last_error == "the cable was pulled"
    assert again.total("unknown") == DeviceHealth()
    again.close()
    assert oct((tmp_path / HISTORY_FILE).stat().st_mode & 0o777) == "0o600"


def test_incidents_come_newest_first_and_old_ones_go(kept, monkeypatch):
    monkeypatch.setattr(history_module, "INCIDENTS_KEPT", 5)
    for number in range(9):
        kept.note(ONE, Happened(failures=1), IncidentKind.FAILURE, f"number {number}")
    assert [each.detail for each in kept.incidents(ONE, 3)] == ["number 8", "number 7", "number 6"]
    assert len(kept.incidents(ONE, 100)) == 5
    assert kept.days(ONE, 1)[0].happened.failures == 9


@pytest.mark.parametrize("damage", ["garbage", "newer", "pages"])
def test_a_file_that_cannot_be_used_is_set_aside(tmp_path, damage):
    history = DeviceHistory(tmp_path)
    for number in range(200):
        history.note(f"zfm:{number}", Happened(captures=1), IncidentKind.RESET, "x" * 50)
    history.close()
    path = tmp_path / HISTORY_FILE
    if damage == "newer":
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA user_version = 99")
        connection.close()
    else:
        content = bytearray(path.read_bytes())
        middle = slice(0, 100) if damage == "garbage" else slice(4096, 12288)
        content[middle] = b"\xa5" * len(content[middle])
        path.write_bytes(content)
    again = DeviceHistory(tmp_path)
    again.note(ONE, Happened(captures=1))
    assert again.days(ONE, 1)[0].happened.captures == 1
    again.close()
    assert [each.name for each in tmp_path.glob("devices.corrupt-*")]
    assert DeviceHistory(tmp_path).total(ONE).captures == 1


def test_what_cannot_be_written_is_forgotten_and_nobody_waits(kept):
    kept._connection.execute("PRAGMA query_only = ON")
    kept.note(ONE, Happened(captures=1), IncidentKind.LOSS, "lost")
    assert kept.days(ONE, 1) == []
    kept._connection.execute("PRAGMA query_only = OFF")
    kept.note(ONE, Happened(captures=1))
    assert kept.days(ONE, 1)[0].happened.captures == 1


def test_days_of_long_ago_are_left_out(kept, monkeypatch):
    kept.note(ONE, Happened(captures=1))
    assert len(kept.days(ONE, 1)) == 1
    kept._connection.execute("UPDATE days SET day = '2020-01-01'")
    kept._connection.commit()
    assert kept.days(ONE, 31) == []
    assert len(kept.days(ONE, 100_000 // 10)) == 1
    monkeypatch.setattr(history_module, "DAYS_KEPT", 1)
    kept.note(ONE, Happened(captures=1))
    assert len(kept.days(ONE, 10_000)) == 1, "one more than is kept: deleted at the next writing"


def test_one_note_by_a_clock_of_years_ahead_takes_no_day_with_it(tmp_path, monkeypatch):
    class Ahead(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime(2036, 1, 1, tzinfo=UTC)

    history = DeviceHistory(tmp_path)
    history.note(ONE, Happened(captures=5000))
    assert history.days(ONE, 1)
    with monkeypatch.context() as patch:
        patch.setattr(history_module, "datetime", Ahead)
        history.note(ONE, Happened(timeouts=1))
        assert len(history.days(ONE, 9000)) == 2
    history.close()
    again = DeviceHistory(tmp_path)
    assert (again.total(ONE).captures, again.total(ONE).timeouts) == (5000, 1)
    again.close()

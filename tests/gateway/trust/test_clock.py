"""The judgement of the machine's clock."""

import re
from datetime import UTC, datetime

import pytest

from gateway.trust import Clock, ClockQuality, boot_id, time_now
from gateway.trust.clock import ClockReading, read_machine_clock

START_MS = int(datetime(2026, 5, 1, tzinfo=UTC).timestamp() * 1000)


def clock_of(*readings: ClockReading) -> Clock:
    return Clock(iter(readings).__next__)


def test_a_synchronised_clock_is_trusted_within_the_kernels_bound():
    now = clock_of(ClockReading(START_MS, 100.0, 0.0123)).now()
    assert (now.quality, now.uncertainty_s) == (ClockQuality.TRUSTED, 0.013)
    assert now.wall == datetime(2026, 5, 1, tzinfo=UTC)


def test_a_lost_synchronisation_is_held_over_with_a_growing_bound():
    clock = clock_of(
        ClockReading(START_MS, 100.0, 0.010),
        ClockReading(START_MS + 1_000_000, 1100.0, None),
        ClockReading(START_MS + 86_400_000, 86500.0, 5.0),
    )
    assert clock.now().quality is ClockQuality.TRUSTED
    later = clock.now()
    assert (later.quality, later.uncertainty_s) == (ClockQuality.HOLDOVER, pytest.approx(0.510))
    day = clock.now()
    assert (day.quality, day.uncertainty_s) == (ClockQuality.HOLDOVER, pytest.approx(43.21))


def test_a_clock_stepped_in_holdover_is_not_believed():
    clock = clock_of(ClockReading(START_MS, 100.0, 0.010), ClockReading(START_MS + 3_600_000, 110.0, None))
    clock.now()
    assert clock.now().quality is ClockQuality.UNTRUSTED


def test_a_clock_that_was_never_synchronised_or_is_in_1970_is_untrusted():
    for reading in (ClockReading(START_MS, 5.0, None), ClockReading(86_400_000, 5.0, 0.01)):
        now = clock_of(reading).now()
        assert (now.quality, now.uncertainty_s) == (ClockQuality.UNTRUSTED, None)


def test_the_machines_own_clock_is_read():
    before, now, after = read_machine_clock(), time_now(), read_machine_clock()
    assert before.wall_ms <= int(now.wall.timestamp() * 1000 + 0.5) <= after.wall_ms
    assert before.since_boot_s - 0.001 <= now.since_boot_s <= after.since_boot_s + 0.001
    assert re.fullmatch(r"[0-9a-f-]{36}", boot_id())

"""The judgement of the machine's clock."""

import re
import time
from datetime import UTC, datetime

import pytest

from gateway.trust import Clock, ClockQuality, boot_id, time_now
from gateway.trust.clock import is_plausible
from tests.gateway.trust.made_clock import START, MadeClock

TRUSTED, HOLDOVER, UNTRUSTED = ClockQuality.TRUSTED, ClockQuality.HOLDOVER, ClockQuality.UNTRUSTED


@pytest.fixture
def machine() -> MadeClock:
    return MadeClock()


@pytest.fixture
def clock(machine: MadeClock) -> Clock:
    return Clock(machine.read, "boot-1")


def test_a_synchronised_clock_is_trusted_within_the_kernels_bound(machine, clock):
    machine.max_error_s, machine.pending_s = 0.0123, 0.004
    now = clock.now()
    assert (now.quality, now.uncertainty_s) == (TRUSTED, 0.017)
    assert now.wall == START


def test_a_lost_synchronisation_is_held_over_with_a_growing_bound(machine, clock):
    machine.max_error_s = 0.010
    assert clock.now().quality is TRUSTED
    machine.max_error_s = None
    machine.pass_s(1000)
    later = clock.now()
    assert (later.quality, later.uncertainty_s) == (HOLDOVER, pytest.approx(0.510, abs=0.002))
    machine.max_error_s = 5.0
    machine.pass_s(85_400)
    day = clock.now()
    assert (day.quality, day.uncertainty_s) == (HOLDOVER, pytest.approx(43.21, abs=0.01))


def test_a_clock_that_was_never_synchronised_or_is_in_1970_is_untrusted(machine, clock):
    now = clock.now()
    assert (now.quality, now.uncertainty_s) == (UNTRUSTED, None)
    flat = MadeClock(datetime(1970, 1, 2, tzinfo=UTC), max_error_s=0.01)
    now = Clock(flat.read, "boot-1").now()
    assert not is_plausible(now.wall)
    assert (now.quality, now.uncertainty_s) == (UNTRUSTED, None)


@pytest.mark.parametrize("by_s", [3600.0, -3600.0, 0.02, -0.02, 1.9e9])
def test_a_jump_is_told_and_the_times_after_it_are_untrusted_until_the_clock_is_synchronised_again(
    machine, clock, by_s
):
    told = []
    clock.subscribe(told.append)
    machine.max_error_s = 0.010
    clock.now()
    machine.pass_s(10)
    machine.step_s(by_s)  # the kernel itself forgets the synchronisation, as it does at every step
    assert clock.now().quality is UNTRUSTED
    assert [jump.by_s for jump in told] == [pytest.approx(by_s, abs=1e-5)]
    assert told[0].time.quality is UNTRUSTED
    assert clock.jump == told[0]
    machine.pass_s(3600)
    assert clock.now().quality is UNTRUSTED
    machine.max_error_s = 0.010
    assert clock.now().quality is TRUSTED
    assert clock.jump is None
    machine.max_error_s = None
    machine.pass_s(10)
    assert clock.now().quality is HOLDOVER
    assert len(told) == 1


def test_a_jump_under_a_kernel_that_goes_on_calling_the_clock_synchronised_is_not_believed(machine, clock):
    machine.max_error_s = 0.010
    clock.now()
    machine.step_s(-7200, unsynchronises=False)
    for _ in range(5):
        assert clock.now().quality is UNTRUSTED
        machine.pass_s(10)
        machine.max_error_s += 10 * 500e-6  # the kernel lets its bound grow, until somebody synchronises the clock
    machine.max_error_s = 0.008
    assert clock.now().quality is TRUSTED


def test_many_small_steps_are_one_jump(machine, clock):
    told = []
    clock.subscribe(told.append)
    machine.max_error_s = 0.010
    for _ in range(4):
        assert clock.now().quality is TRUSTED
        machine.step_s(0.003, unsynchronises=False)
    assert clock.now().quality is UNTRUSTED
    assert [jump.by_s for jump in told] == [pytest.approx(0.012)]


def test_a_small_step_in_holdover_is_part_of_the_bound(machine, clock):
    machine.max_error_s = 0.010
    clock.now()
    machine.step_s(0.009)
    now = clock.now()
    assert (now.quality, now.uncertainty_s) == (HOLDOVER, pytest.approx(0.019, abs=0.0011))


def test_a_clock_that_is_being_slewed_over_a_large_error_is_not_trusted(machine, clock):
    machine.max_error_s = 0.010
    machine.frequency = 0.08  # chronyd makes up an hour at up to a twelfth of the rate
    assert clock.now().quality is UNTRUSTED
    machine.frequency = 20e-6
    assert clock.now().quality is TRUSTED
    machine.frequency, machine.max_error_s = 0.08, 0.010
    machine.pass_s(100)
    slewed = clock.now()
    assert slewed.quality is HOLDOVER
    assert slewed.uncertainty_s > 8.0


def test_sleep_is_no_jump_but_makes_the_time_doubtful_until_the_next_synchronisation(machine, clock):
    told = []
    clock.subscribe(told.append)
    machine.max_error_s = 0.010
    clock.now()
    machine.sleep_s(8 * 3600)
    machine.pass_s(1)
    awake = clock.now()
    assert awake.quality is HOLDOVER  # the clock of the battery is read in whole seconds
    assert 2.0 < awake.uncertainty_s < 2.0 + 8 * 3600 * 501e-6 + 0.1
    machine.max_error_s = 0.009
    assert clock.now().quality is TRUSTED
    machine.max_error_s = 0.0095
    machine.pass_s(1)
    assert clock.now().quality is TRUSTED
    assert told == []


def test_order_is_told_by_the_time_since_boot_whatever_the_clock_says(machine, clock):
    machine.max_error_s = 0.010
    before = clock.now()
    machine.pass_s(1)
    machine.step_s(-86_400)
    after = clock.now()
    assert after.wall < before.wall
    assert after.since_boot_s > before.since_boot_s


def test_who_unsubscribed_is_told_no_more_and_who_asks_the_time_meanwhile_is_not_held_up(machine, clock):
    told, asked = [], []
    end = clock.subscribe(told.append)
    clock.subscribe(lambda _: asked.append(clock.now()))
    clock.now()
    end()
    machine.step_s(5)
    clock.now()
    assert told == []
    assert [moment.quality for moment in asked] == [UNTRUSTED]


def test_the_machines_own_clock_is_read():
    before, now, after = time.time_ns(), time_now(), time.time_ns()
    assert before // 1_000_000 <= int(now.wall.timestamp() * 1000 + 0.5) <= after // 1_000_000
    assert -0.001 <= time.clock_gettime(time.CLOCK_BOOTTIME) - now.since_boot_s < 5  # told in whole milliseconds
    assert re.fullmatch(r"[0-9a-f-]{36}", boot_id())

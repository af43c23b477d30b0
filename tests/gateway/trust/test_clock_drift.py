"""Holdover grows with the drift that was measured, and never by less than what the clock really drifts."""

import math
import random

import pytest

from gateway.trust import Clock, ClockQuality
from gateway.trust.clock_drift import (
    OBSERVATIONS_KEPT,
    OBSERVATIONS_NEEDED,
    UNMEASURED_DRIFT,
    ClockMemory,
    read_clock_memory,
    write_clock_memory,
)
from tests.gateway.trust.made_clock import MadeClock

HOUR_S = 3600


def run(machine: MadeClock, clock: Clock, hours: int, wander: float = 0.0) -> None:
    """A desk whose clock is synchronised each quarter of an hour, in a room with a warm and a cold time of day."""
    for quarter in range(4 * hours):
        machine.oscillator = 30e-6 + wander * math.sin(2 * math.pi * quarter / 96)
        machine.pass_s(HOUR_S / 4)
        machine.wall_ns = machine.true_ns  # slewed in: the boot clock went with it
        machine.boot_ns = machine.wall_ns - OFFSET
        machine.awake_ns = machine.boot_ns
        machine.max_error_s = 0.005
        machine.frequency = -machine.oscillator / (1 + machine.oscillator)
        assert clock.now().quality is ClockQuality.TRUSTED
        machine.max_error_s = 0.006  # grows, until it is synchronised again


OFFSET = MadeClock().wall_ns - MadeClock().boot_ns


def test_little_seen_is_not_relied_on():
    machine = MadeClock()
    clock = Clock(machine.read, "boot-1")
    run(machine, clock, OBSERVATIONS_NEEDED - 1)
    assert clock.drift == UNMEASURED_DRIFT
    run(machine, clock, 2)
    assert clock.drift < UNMEASURED_DRIFT


def test_a_steady_oscillator_is_held_over_for_long():
    machine = MadeClock()
    clock = Clock(machine.read, "boot-1")
    run(machine, clock, 48)
    machine.max_error_s = None
    machine.pass_s(72 * HOUR_S)
    now = clock.now()
    assert now.quality is ClockQuality.HOLDOVER
    assert now.uncertainty_s < 10.0  # 130 s by the kernel's own rate
    assert machine.error_s <= now.uncertainty_s


@pytest.mark.parametrize("seed", range(8))
def test_the_bound_holds_over_a_holdover_in_the_same_room(seed):
    chance = random.Random(seed)
    wander = chance.uniform(0.1e-6, 40e-6)
    machine = MadeClock()
    clock = Clock(machine.read, "boot-1")
    run(machine, clock, 48 + chance.randrange(24), wander)
    machine.max_error_s = None
    for _ in range(12):
        machine.oscillator = 30e-6 + wander * chance.uniform(-1, 1)
        machine.pass_s(HOUR_S * chance.uniform(0.1, 12))
        now = clock.now()
        assert now.quality is ClockQuality.HOLDOVER
        assert machine.error_s <= now.uncertainty_s


def test_an_error_that_a_step_mended_is_drift_that_was_seen():
    """A holdover of which the clock came back five seconds wrong: no later one is called better than that."""
    machine = MadeClock()
    clock = Clock(machine.read, "boot-1")
    run(machine, clock, OBSERVATIONS_NEEDED + 2)
    steady = clock.drift
    machine.max_error_s = None
    machine.oscillator += 100e-6
    machine.pass_s(14 * HOUR_S)
    machine.synchronise(0.005)
    clock.now()  # the jump
    machine.max_error_s = 0.004
    assert clock.now().quality is ClockQuality.TRUSTED
    assert clock.drift >= 100e-6 > steady
    assert len(clock.memory().deviations) <= OBSERVATIONS_KEPT


def test_a_restart_in_the_same_boot_goes_on_and_another_boot_begins_anew(tmp_path):
    machine = MadeClock()
    clock = Clock(machine.read, "boot-1")
    run(machine, clock, OBSERVATIONS_NEEDED + 2)
    path = tmp_path / "clock.json"
    write_clock_memory(path, clock.memory())
    assert read_clock_memory(path) == clock.memory()
    assert path.stat().st_mode & 0o777 == 0o600
    machine.max_error_s = None
    machine.pass_s(60)
    again = Clock(machine.read, "boot-1")
    again.recall(read_clock_memory(path))
    assert again.now().quality is ClockQuality.HOLDOVER
    assert again.now().uncertainty_s == clock.now().uncertainty_s
    booted = Clock(machine.read, "boot-2")
    booted.recall(read_clock_memory(path))
    assert booted.now().quality is ClockQuality.UNTRUSTED
    assert booted.drift == clock.drift


def test_a_clock_that_was_set_while_the_gateway_was_stopped_has_jumped():
    machine = MadeClock(max_error_s=0.005)
    clock = Clock(machine.read, "boot-1")
    clock.now()
    machine.step_s(-300)
    machine.pass_s(5)
    again, told = Clock(machine.read, "boot-1"), []
    again.subscribe(told.append)
    again.recall(clock.memory())
    assert again.now().quality is ClockQuality.UNTRUSTED
    assert [jump.by_s for jump in told] == [pytest.approx(-300)]


def test_a_machine_without_a_boot_id_recalls_nothing_but_the_drift():
    machine = MadeClock(max_error_s=0.005)
    clock = Clock(machine.read, "unknown")
    clock.now()
    machine.max_error_s = None
    again = Clock(machine.read, "unknown")
    again.recall(clock.memory())
    assert again.now().quality is ClockQuality.UNTRUSTED


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        '{"format": "rekam-clock", "version": 2}',
        '{"format": "rekam-clock", "version": 1}',
        '{"format": "rekam-clock", "version": 1, "boot_id": "b", "deviations": ["x"], "slowest": null, "fastest": null,'
        ' "offset_ns": null, "last_sync": null, "observed_from": null}',
        '{"format": "rekam-clock", "version": 1, "boot_id": "b", "deviations": [NaN], "slowest": null, "fastest": null,'
        ' "offset_ns": null, "last_sync": null, "observed_from": null}',
        '{"format": "rekam-clock", "version": 1, "boot_id": "b", "deviations": [], "slowest": null, "fastest": null,'
        ' "offset_ns": null, "last_sync": {"wall_ns": 1}, "observed_from": null}',
    ],
)
def test_a_memory_that_is_not_whole_is_none(tmp_path, content):
    path = tmp_path / "clock.json"
    path.write_text(content)
    assert read_clock_memory(path) == ClockMemory()
    assert read_clock_memory(tmp_path / "missing") == ClockMemory()

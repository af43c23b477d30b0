"""A forecast's range holds what comes, and says where nobody can know."""

import numpy as np
import pytest

from gateway.forwarding.forecast import BIN_S, Interval, Unknown, drain_forecast

DAY_BINS = 144


def histories(random: np.random.Generator, rate: float, spread: float, arriving: float, bins: int) -> list[Interval]:
    """A line whose goodput wanders slowly about a rate, and people who come now and then; bytes a second."""
    level, found = random.normal(0, spread), []
    for _ in range(bins):
        level = 0.8 * level + random.normal(0, spread * 0.6)
        sent = rate * float(np.exp(level)) * BIN_S
        arrived = 500_000 * int(random.poisson(arriving * BIN_S / 500_000))
        found.append(Interval(BIN_S, BIN_S, int(sent), arrived))
    return found


def drained_at_s(backlog: float, future: list[Interval]) -> float:
    for number, each in enumerate(future):
        after = backlog + each.arrived - each.sent
        if after <= 0:
            return (number + backlog / (backlog - after)) * BIN_S
        backlog = after
    return float("inf")


@pytest.mark.parametrize(("rate", "spread", "arriving", "bins"), [
    (20_000, 0.2, 0.0, DAY_BINS),
    (20_000, 0.6, 3_000.0, DAY_BINS),
    (5_000, 0.4, 1_000.0, 36),
    (50_000, 0.8, 5_000.0, 3 * DAY_BINS),
])  # fmt: skip
def test_the_range_holds_what_comes(rate: float, spread: float, arriving: float, bins: int) -> None:
    random = np.random.default_rng(7)
    held = told = 0
    for number in range(40):
        line = histories(random, rate, spread, arriving, bins + 30 * DAY_BINS)
        past, future = line[:bins], line[bins:]
        backlog = float(random.uniform(2, 12)) * 3600 * rate
        forecast = drain_forecast(int(backlog), past, seed=number)
        if forecast.unknown is not None:
            continue
        told += 1
        at = drained_at_s(backlog, future)
        assert forecast.earliest_s is not None
        held += forecast.earliest_s <= at <= (forecast.latest_s or float("inf"))
    assert told >= 36
    assert held / told >= 0.85


def test_the_range_is_no_wider_than_it_has_to_be() -> None:
    line = histories(np.random.default_rng(3), 20_000, 0.1, 0.0, DAY_BINS)
    forecast = drain_forecast(20_000 * 6 * 3600, line)
    assert forecast.latest_s is not None
    assert forecast.earliest_s is not None
    assert 3.5 * 3600 < forecast.earliest_s < 6 * 3600 < forecast.latest_s < 9 * 3600


def test_nothing_waits() -> None:
    assert drain_forecast(0, []).latest_s == 0.0


def test_too_little_was_measured() -> None:
    line = histories(np.random.default_rng(1), 20_000, 0.1, 0.0, 5)
    assert drain_forecast(1, line).unknown is Unknown.TOO_LITTLE_MEASURED
    idle = [Interval(BIN_S, 0.0, 0, 0)] * 200
    assert drain_forecast(1, idle).unknown is Unknown.TOO_LITTLE_MEASURED
    dead = [Interval(BIN_S, BIN_S, 0, 0)] * 200
    assert drain_forecast(1, dead).unknown is Unknown.TOO_LITTLE_MEASURED


def test_more_comes_in_than_leaves() -> None:
    line = histories(np.random.default_rng(1), 2_000, 0.1, 8_000.0, DAY_BINS)
    assert drain_forecast(10**9, line).unknown is Unknown.NEVER_AT_THIS_RATE


def test_an_end_beyond_two_months_is_not_told_in_hours() -> None:
    line = histories(np.random.default_rng(2), 2_000, 0.3, 1_950.0, DAY_BINS)
    forecast = drain_forecast(10**9, line)
    assert forecast.latest_s is None


def test_the_same_history_gives_the_same_forecast() -> None:
    line = histories(np.random.default_rng(2), 9_000, 0.5, 100.0, DAY_BINS)
    assert drain_forecast(10**8, line) == drain_forecast(10**8, line)

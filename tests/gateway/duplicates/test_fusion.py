"""Rates fused: what they are worth, and where the threshold lies."""

import json
import math
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.duplicates import Strength
from gateway.duplicates.fusion import FALSE_ALARM_RATE, FIT_FILE, fitted, fused_surprise, strength
from gateway.duplicates.pairing import exchanged, paired
from gateway.eye import EyePosition
from gateway.finger import FingerPosition
from gateway.fingerprint.matching.likelihood import fitted as fitted_matcher

SURPRISES = st.lists(st.floats(0, 40), min_size=1, max_size=12)


@given(SURPRISES)
def test_fused_rates_are_the_gamma_distributions(surprises):
    from scipy.special import gammaincc

    total = math.fsum(surprises)
    rate = gammaincc(len(surprises), total)
    if rate > 1e-300:
        assert math.exp(-fused_surprise(surprises)) == pytest.approx(rate, rel=1e-6)


@given(SURPRISES, st.integers(1, 100))
def test_more_surprise_is_more_and_several_ways_cost(surprises, ways):
    fused = fused_surprise(surprises)
    assert 0 <= fused <= math.fsum(surprises) + 1e-9
    assert fused_surprise([surprise + 1 for surprise in surprises]) > fused - 1e-9
    assert fused_surprise(surprises, ways) == pytest.approx(max(0, fused - math.log(ways)))


def test_strangers_fuse_to_the_rate_that_is_stated():
    """Of strangers whose tables are right, a share of 1 % and of 0.1 % reaches what stands for it."""
    rng = np.random.default_rng(3)
    for count in (1, 2, 4):
        fused = np.array([fused_surprise(row) for row in rng.exponential(size=(40_000, count))])
        for rate in (0.01, 0.001):
            assert np.mean(fused >= -math.log(rate)) == pytest.approx(rate, rel=0.35)


def test_nothing_compared_says_nothing():
    assert fused_surprise([]) == fused_surprise([0.0, 0.0]) == 0


def test_the_threshold_grows_with_the_people_and_the_caution():
    fit = fitted()
    least = fit.least_surprise(5000, FALSE_ALARM_RATE)
    assert least >= math.log(5000 / FALSE_ALARM_RATE)
    assert fit.least_surprise(500, FALSE_ALARM_RATE) < least < fit.least_surprise(5000, 1e-4)
    assert fit.rate(least) <= FALSE_ALARM_RATE / 5000 * 1.0001
    assert fit.rate(1e9) == 1e-12
    assert fit.rate(-5.0) == 1
    for people, rate in ((0, 0.1), (10, 0), (10, 1)):
        with pytest.raises(ValueError, match="threshold"):
            fit.least_surprise(people, rate)


def test_tables_rise_and_ask_for_no_less_than_the_matchers_own():
    fit = fitted()
    for table in (fit.finger, fit.iris):
        grid = np.linspace(table.scores[0] - 2, table.scores[-1] + 40, 500)
        surprises = [table.surprise(float(score)) for score in grid]
        assert surprises == sorted(surprises)
        assert surprises[0] == 0
        assert surprises[-1] == 40
    for rate, odds in fitted_matcher().thresholds:
        assert fit.finger.surprise(odds) <= -math.log(rate) + 1e-3


def test_words_follow_the_rate():
    words = [strength(fused, 16.0) for fused in (16.0, 16.0 + math.log(150), 16.0 + math.log(2e5))]
    assert words == [Strength.POSSIBLE, Strength.LIKELY, Strength.CERTAIN]


def test_the_fit_says_who_made_it_and_of_how_many():
    document = json.loads((files("gateway.duplicates") / FIT_FILE).read_text("utf-8"))
    assert document["made_by"] == "python -m tests.benchmarks.fit_duplicate_threshold"
    assert document["people"] >= 300


@pytest.mark.parametrize("position", [*FingerPosition, EyePosition.RIGHT, EyePosition.LEFT, EyePosition.UNKNOWN])
def test_exchanged_twice_is_as_before(position):
    assert exchanged(exchanged(position)) == position
    assert (exchanged(position) == position) == (position == 0)


def test_samples_are_laid_by_position_each_finger_once():
    R, L, U = FingerPosition.RIGHT_INDEX, FingerPosition.LEFT_INDEX, FingerPosition.UNKNOWN  # noqa: N806
    values = {(0, 10): 5.0, (1, 11): 7.0, (0, 11): 9.0, (1, 10): 8.0}

    def surprise(probe, entry):
        return values.get((probe, entry), 1.0)

    assert sorted(paired([(R, 0), (L, 1)], [(R, 10), (L, 11)], False, surprise).surprises) == [5, 7]
    assert sorted(paired([(R, 0), (L, 1)], [(R, 10), (L, 11)], True, surprise).surprises) == [8, 9]
    assert paired([(R, 0)], [(L, 11)], False, surprise).surprises == ()
    twice = paired([(R, 0), (R, 1)], [(R, 10)], False, surprise)
    assert twice.surprises == (pytest.approx(8 - math.log(2)),)
    anyhow = paired([(U, 0), (U, 1)], [(R, 10), (L, 11)], False, surprise)
    assert (sorted(anyhow.surprises), anyhow.hypotheses) == ([8, 9], 4)

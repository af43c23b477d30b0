"""From a rate of false matches to a score, and back."""

import math

import numpy as np
import pytest

from gateway.fingerprint.matching.decision import MAX_FMR, MEASURED_FMR, MIN_FMR, fmr_at_score, score_at_fmr
from gateway.fingerprint.matching.likelihood import fitted

RATES = [float(rate) for rate in np.clip(np.geomspace(MIN_FMR, MAX_FMR, 40), MIN_FMR, MAX_FMR)]


def test_thresholds_rise_as_fewer_false_matches_are_asked_for() -> None:
    scores = [score_at_fmr(rate) for rate in RATES]
    assert all(low < high for low, high in zip(scores[1:], scores, strict=False))
    assert all(0 < score < 1 for score in scores)


def test_the_table_reaches_down_to_the_rate_that_is_called_measured() -> None:
    rates = [rate for rate, _ in fitted().thresholds]
    assert rates[0] == MAX_FMR
    assert rates[-1] == MEASURED_FMR


@pytest.mark.parametrize("rate", RATES)
def test_scores_lead_back_to_their_rates(rate: float) -> None:
    assert fmr_at_score(score_at_fmr(rate)) == pytest.approx(rate, rel=1e-6)


def test_rates_beyond_the_table_are_held_at_its_ends() -> None:
    assert fmr_at_score(0.0) == MAX_FMR
    assert fmr_at_score(1.0) == MIN_FMR


@pytest.mark.parametrize("fmr", [0.0, -0.1, 1e-7, 0.2, 1.0, math.nan])
def test_rates_that_cannot_be_told_are_refused(fmr: float) -> None:
    with pytest.raises(ValueError, match="false match rate"):
        score_at_fmr(fmr)


@pytest.mark.parametrize("score", [-0.1, 1.1, math.nan])
def test_what_is_no_score_is_refused(score: float) -> None:
    with pytest.raises(ValueError, match="score"):
        fmr_at_score(score)

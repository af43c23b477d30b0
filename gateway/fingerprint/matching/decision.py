"""Decision: the score at which impostors are accepted at a stated rate, and the rate that a score stands for."""

import math

import numpy as np

from gateway.fingerprint.matching.likelihood import fitted, odds_of_score, score_of_odds

MIN_FMR, MAX_FMR = 1e-6, 0.1
MEASURED_FMR = 1e-4
"""Below it the rates are extrapolated."""


def score_at_fmr(fmr: float) -> float:
    """Threshold for `compare` at which a share `fmr` of impostor pairs reaches it or more.

    Measured on templates of `analyze` in five public sets (FVC2002 DB1, DB2 and DB4, FVC2004 DB2, UPEK: 56 fingers,
    448 impressions, each also turned and re-toned): pairs of two fingers of one sensor, each scored by a fit that saw
    neither finger. `comparison_fit.json` says how many pairs stand behind each rate, and its 90 % interval over
    fingers. Interpolated over log FMR. Under 1 in 10,000 it is extrapolated along the last decade and no better than a
    guess; at another sensor any rate may be off by a factor of two.

    Raises
    ------
    ValueError
        `fmr` is not within 1e-6 to 0.1.
    """
    if not MIN_FMR <= fmr <= MAX_FMR:
        raise ValueError(f"a false match rate of {fmr} cannot be told: {MIN_FMR:g} to {MAX_FMR:g} can")
    rates, odds = _table()
    return score_of_odds(float(np.interp(-math.log10(fmr), rates, odds)))


def fmr_at_score(score: float) -> float:
    """Share of impostor pairs that reach `score` or more: the inverse of `score_at_fmr`, held within its limits.

    Raises
    ------
    ValueError
        `score` is not within 0 to 1.
    """
    if not 0 <= score <= 1:
        raise ValueError(f"a score lies within 0 and 1: {score}")
    if score <= score_at_fmr(MAX_FMR):
        return MAX_FMR
    if score >= score_at_fmr(MIN_FMR):
        return MIN_FMR
    rates, odds = _table()
    return float(10 ** -np.interp(odds_of_score(score), odds, rates))


def _table() -> tuple[list[float], list[float]]:
    """-log10 of the rates, and the log-odds that reach them, down to `MIN_FMR`."""
    rows = [(-math.log10(rate), odds) for rate, odds in fitted().thresholds]
    (near, near_odds), (last, last_odds) = next(row for row in rows if row[0] >= rows[-1][0] - 1), rows[-1]
    slope = (last_odds - near_odds) / (last - near)
    least = -math.log10(MIN_FMR)
    rows.append((least, last_odds + slope * (least - last)))
    rates, odds = zip(*rows, strict=True)
    return list(rates), list(odds)

"""Likelihood: how much likelier the evidence is of one finger than of two."""

import json
import math
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from gateway.fingerprint.matching.evidence import Evidence

PAIR_KNOTS = ((2.0, 4.0, 8.0), (0.1, 0.2, 0.35), (0.2, 0.4, 0.6), (0.2, 0.5, 0.8), (), (0.3, 0.6))
"""Where the straight pieces of the log-likelihood ratio of a matched pair meet: residual px, turn radians, similarity,
agreement, type, quality."""
PRESENCE_KNOTS = ((0.3, 0.6), (10.0, 20.0), (), (10.0, 20.0))
"""The same of a minutia in the overlap: quality, depth in its own hull px, type, depth in the other's."""
_PAIR_LIMIT = np.float32(4)
_BEST_PAIRS = 8
_SPREAD = 3.0
"""Log-odds for one unit of the score's logistic: keeps good mates apart from very good ones."""
_MOST = 30.0
_UPRIGHT_COS = 0.5
"""Fingers come within 60 degrees as a rule; a greater turn counts against them."""


@dataclass(frozen=True, eq=False)
class Fit:
    """The coefficients that `tests/benchmarks/fit_finger_matcher.py` finds; a constant is first in each.

    Parameters
    ----------
    pair : float32
        Log-likelihood ratio of a matched pair over `pair_basis`.
    presence : (..., 2) float32
        Log-odds of a minutia in the overlap to be matched over `presence_basis`: in alignments of one finger, of two.
    total : float64
        Log-odds of the whole over `totals`.
    thresholds : tuple of (float, float)
        False match rates, falling, and the log-odds that such a share of impostor pairs reaches.
    """

    pair: NDArray[np.float32]
    presence: NDArray[np.float32]
    total: NDArray[np.float64]
    thresholds: tuple[tuple[float, float], ...] = ()


@cache
def fitted() -> Fit:
    """The fit that the package comes with: `comparison_fit.json`."""
    values = json.loads((files("gateway.fingerprint.matching") / "comparison_fit.json").read_text("utf-8"))
    return Fit(
        pair=np.array(values["pair"], np.float32),
        presence=np.array([values["genuine"], values["impostor"]], np.float32).T.copy(),
        total=np.array(values["total"], np.float64),
        thresholds=tuple((row["fmr"], row["log_odds"]) for row in values["thresholds"]),
    )


def log_odds(evidence: Evidence, fit: Fit) -> float:
    """Log-odds of one finger against two, both as likely beforehand."""
    return float(totals(evidence, fit) @ fit.total)


def score_of_odds(odds: float) -> float:
    """0 to 1: the score that stands for log-odds."""
    return 1 / (1 + math.exp(-max(-_MOST, min(_MOST, odds / _SPREAD))))


def odds_of_score(score: float) -> float:
    """The inverse of `score_of_odds`, for scores between 0 and 1."""
    return _SPREAD * (math.log(score) - math.log1p(-score))


def pair_basis(pairs: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, 1 + ...) constant, each number, and what it exceeds each of its knots by."""
    return _hinges(pairs, PAIR_KNOTS)


def presence_basis(presence: NDArray[np.float32]) -> NDArray[np.float32]:
    """(m, 1 + ...) as `pair_basis`, and quality times the lesser depth."""
    result = _hinges(presence, PRESENCE_KNOTS, 1)
    np.minimum(presence[:, 1], presence[:, 3], out=result[:, -1])
    result[:, -1] *= presence[:, 0]
    return result


def totals(evidence: Evidence, fit: Fit) -> NDArray[np.float64]:
    """(10,) float64: a constant, and the sums that the last step weighs."""
    ratio = np.maximum(np.minimum(pair_basis(evidence.pairs) @ fit.pair, _PAIR_LIMIT), -_PAIR_LIMIT)
    chances = presence_basis(evidence.presence) @ fit.presence
    matched = evidence.matched.astype(np.float32)
    # Log-probability of what was seen is minus softplus of the log-odds of the contrary.
    chances *= (1 - 2 * matched)[:, None]
    contrary = np.logaddexp(np.float32(0), chances)
    told = contrary[:, 1] - contrary[:, 0]
    present = float(told @ matched)
    missing = float(told.sum()) - present
    count = len(ratio)
    absent = len(told) - 2 * count
    total = float(ratio.sum())
    best = float(np.sort(ratio)[-_BEST_PAIRS:].sum())
    return np.array(
        [
            1.0,
            total,
            missing,
            present / 2,
            float(np.maximum(ratio, 0).sum()),
            total / (count + 3),
            (total + missing) / (count + absent + 5),
            best,
            10 * evidence.strength,
            max(0.0, _UPRIGHT_COS - float(evidence.pairing.motion[0])),
        ]
    )


def _hinges(columns: NDArray[np.float32], knots: tuple[tuple[float, ...], ...], spare: int = 0) -> NDArray[np.float32]:
    """The basis with `spare` columns at its end that the caller fills."""
    source, knot, floor = _hinge_columns(knots)
    result = np.empty((len(columns), 1 + len(source) + spare), np.float32)
    result[:, 0] = 1
    np.maximum(columns.take(source, axis=1) - knot, floor, out=result[:, 1 : 1 + len(source)])
    return result


@cache
def _hinge_columns(
    knots: tuple[tuple[float, ...], ...],
) -> tuple[NDArray[np.intp], NDArray[np.float32], NDArray[np.float32]]:
    """Of each basis function: its column, its knot, and the least value (none for the number itself)."""
    entries = [(column, knot) for column, own in enumerate(knots) for knot in (-np.inf, *own)]
    whole = np.array([knot == -np.inf for _, knot in entries])
    return (
        np.array([column for column, _ in entries]),
        np.where(whole, 0, [knot for _, knot in entries]).astype(np.float32),
        np.where(whole, -np.inf, 0).astype(np.float32),
    )

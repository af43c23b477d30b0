"""Comparison of two templates: how much of their minutiae's surroundings agree, and agree with each other."""

import math

import numpy as np
from numpy.typing import NDArray

from gateway.finger import FingerTemplate
from gateway.fingerprint.cylinders import Cylinders, minutia_cylinders

_MIN_COMMON = 0.6
_MAX_TURN_RAD = math.pi / 2
_MIN_PAIRS, _MAX_PAIRS = 4, 12
_PAIRS_MIDDLE, _PAIRS_SLOPE = 20.0, 0.4
_RELAXATION_WEIGHT = 0.5
_ROUNDS = 5
_DISTANCE = (5.0, -1.6)
_ANGLE = (math.pi / 12, -30.0)
"""Middle and slope of the sigmoids of the relaxation: px at 500 ppi, radians."""
_FEWEST = 3


def compare(a: FingerTemplate, b: FingerTemplate) -> float:
    """Similarity of two templates, 0 to 1; neither their order nor that of their minutiae matters.

    1 for a template against itself. 0 where either has too few minutiae (under three with surroundings) to tell.
    Turns of more than 90 degrees are not followed. `score_at_fmr` says what a score is worth.

    References
    ----------
    Local similarity sort with relaxation (LSS-R) of R. Cappelli, M. Ferrara, D. Maltoni, Minutia Cylinder-Code,
    IEEE PAMI 32(12), 2010, with an optimal assignment before it.
    """
    return compare_cylinders(minutia_cylinders(a), minutia_cylinders(b))


def compare_cylinders(a: Cylinders, b: Cylinders) -> float:
    """`compare` for prepared templates."""
    from scipy.optimize import linear_sum_assignment

    if min(len(a), len(b)) < _FEWEST:
        return 0.0
    # One order whatever the caller's, so that ties of the assignment fall the same way.
    if (len(a), a.x.tobytes(), a.y.tobytes()) > (len(b), b.x.tobytes(), b.y.tobytes()):
        a, b = b, a
    similarity = cylinder_similarity(a, b)
    row, column = linear_sum_assignment(similarity, maximize=True)
    start = similarity[row, column].astype(np.float64)
    some = start > 0
    row, column, start = row[some], column[some], start[some]
    count = len(row)
    if count < _FEWEST:
        return 0.0
    agreement = _agreement(a, b, row, column)
    end = start
    for _ in range(_ROUNDS):
        end = _RELAXATION_WEIGHT * end + (1 - _RELAXATION_WEIGHT) * (agreement @ end) / (count - 1)
    pairs = _pairs(len(a), len(b))
    efficiency = end / start
    best = np.lexsort((-end, -efficiency))[:pairs]
    # The root spreads what five rounds of halving press together at the low end; it changes no order.
    return math.sqrt(min(1.0, max(0.0, float(end[best].sum()) / pairs)))


def cylinder_similarity(a: Cylinders, b: Cylinders) -> NDArray[np.float32]:
    """(len(a), len(b)) similarities 0 to 1 of cylinders over the cells that are valid in both."""
    dot = a.values @ b.values.T
    norm_a = (a.values**2) @ b.valid.T
    norm_b = a.valid @ (b.values**2).T
    common = a.valid @ b.valid.T
    squared = norm_a + norm_b - 2 * dot
    # Below the resolution of float32 sums: equal cylinders, else a template would not quite equal itself.
    distance = np.sqrt(np.where(squared > 4e-6 * (norm_a + norm_b), squared, 0))
    norms = np.sqrt(norm_a) + np.sqrt(norm_b)
    similarity = 1 - distance / np.maximum(norms, np.float32(1e-9))
    turn = np.abs(_wrapped(a.angle[:, None] - b.angle))
    cells = a.valid.shape[1]
    usable = (common >= _MIN_COMMON * cells) & (turn <= _MAX_TURN_RAD) & (norms > 0)
    return np.where(usable, similarity, 0).astype(np.float32)


def _agreement(a: Cylinders, b: Cylinders, row: NDArray[np.intp], column: NDArray[np.intp]) -> NDArray[np.float64]:
    """(n, n) how well pairs fit each other as parts of one rigid motion, 0 to 1; 0 on the diagonal."""
    distance_a, turn_a, bearing_a = _relations(a, row)
    distance_b, turn_b, bearing_b = _relations(b, column)
    result = (
        _sigmoid(np.abs(distance_a - distance_b), *_DISTANCE)
        * _sigmoid(np.abs(_wrapped(turn_a - turn_b)), *_ANGLE)
        * _sigmoid(np.abs(_wrapped(bearing_a - bearing_b)), *_ANGLE)
    )
    np.fill_diagonal(result, 0)
    return np.asarray(result)


def _relations(
    cylinders: Cylinders, index: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Between all minutiae of one print: distance, turn, and the bearing of one seen from the other."""
    x, y = cylinders.x[index].astype(np.float64), cylinders.y[index].astype(np.float64)
    angle = cylinders.angle[index].astype(np.float64)
    dx, dy = x - x[:, None], y - y[:, None]
    return np.hypot(dx, dy), angle[:, None] - angle, angle[:, None] - np.arctan2(dy, dx)


def _sigmoid(value: NDArray[np.float64], middle: float, slope: float) -> NDArray[np.float64]:
    """Logistic that is exactly 1 at 0, so that a print agrees wholly with itself."""
    return np.asarray((1 + math.exp(slope * middle)) / (1 + np.exp(-slope * (value - middle))))


def _pairs(a: int, b: int) -> int:
    """How many pairs make the score: 4 to 12, more for larger templates."""
    share = 1 / (1 + math.exp(-_PAIRS_SLOPE * (min(a, b) - _PAIRS_MIDDLE)))
    return _MIN_PAIRS + round(share * (_MAX_PAIRS - _MIN_PAIRS))


def _wrapped(angle: NDArray[np.floating]) -> NDArray[np.floating]:
    return (angle + math.pi) % (2 * math.pi) - math.pi

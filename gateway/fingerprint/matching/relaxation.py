"""Relaxation: pairs of minutiae that look alike, raised or lowered by how well they fit each other."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.fingerprint.matching.prepared import PreparedTemplate

MIN_PAIRS = 3
_ROUNDS = 5
_KEPT = np.float32(0.5)


@dataclass(frozen=True, eq=False)
class RelaxedPairs:
    """One-to-one pairs of two templates' minutiae.

    Parameters
    ----------
    rows, columns : (n,) intp
        Minutiae of the first and of the second.
    similarity : (n,) float32
        Of their cylinders.
    agreement : (n, n) float32
        0 to 1: whether two pairs can be parts of one rigid motion; 1 on the diagonal.
    strength : (n,) float32
        Similarity after the relaxation.
    """

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    similarity: NDArray[np.float32]
    agreement: NDArray[np.float32]
    strength: NDArray[np.float32]


def relaxed_pairs(a: PreparedTemplate, b: PreparedTemplate, similarity: NDArray[np.float32]) -> RelaxedPairs | None:
    """The best one-to-one pairs by `similarity`, relaxed; None under `MIN_PAIRS` of them.

    References
    ----------
    R. Cappelli, M. Ferrara, D. Maltoni, Minutia Cylinder-Code, IEEE PAMI 32(12), 2010: LSS-R's relaxation, with an
    optimal assignment before it.
    """
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(similarity, maximize=True)
    start = similarity[rows, columns]
    some = start > 0
    rows, columns, start = rows[some], columns[some], start[some]
    count = len(rows)
    if count < MIN_PAIRS:
        return None
    agreement = pair_agreement(a, b, rows, columns)
    strength = start
    step = agreement * ((1 - _KEPT) / np.float32(count - 1))
    # No pair shall vouch for itself.
    np.fill_diagonal(step, _KEPT)
    for _ in range(_ROUNDS):
        strength = step @ strength
    return RelaxedPairs(rows, columns, start, agreement, strength)


def pair_agreement(
    a: PreparedTemplate, b: PreparedTemplate, rows: NDArray[np.intp], columns: NDArray[np.intp]
) -> NDArray[np.float32]:
    """(n, n) how well pairs fit each other as parts of one rigid motion, 0 to 1; 1 on the diagonal."""
    left = a.relations.take(rows, axis=1).take(rows, axis=2)
    left -= b.relations.take(columns, axis=1).take(columns, axis=2)
    left *= left
    apart = left.sum(axis=0)
    # Flat up to the tolerance, then steep: the product of three steep sigmoids, without their exponentials.
    apart *= apart
    apart *= apart
    apart += 1
    return np.asarray(np.reciprocal(apart, out=apart))

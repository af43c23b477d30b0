"""Evidence: what a pairing of two prints shows, in numbers that a likelihood ratio can be made of."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.fingerprint.matching.alignment import seed_motions
from gateway.fingerprint.matching.cylinders import cylinder_similarity
from gateway.fingerprint.matching.pairing import Pairing, best_pairing
from gateway.fingerprint.matching.prepared import DEEP_PX, DIRECTION_PX, SMOOTHING_PX, PreparedTemplate
from gateway.fingerprint.matching.relaxation import MIN_PAIRS, RelaxedPairs, pair_agreement, relaxed_pairs

_AROUND = np.float32(math.exp(-0.5 * (100 / SMOOTHING_PX) ** 2))
_STRONGEST = 12
_UPRIGHT = 0.2
"""Share of the evidence that speaks for no turn beforehand: fingers are laid upright as a rule."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """What matched, and what is where the other print shows nothing.

    Parameters
    ----------
    pairs : (n, 6) float32
        Of each matched pair: residual in px, turn in radians, similarity of cylinders, share of the matched pairs
        around that agree, type (1 equal, -1 different, 0 unknown), lesser quality.
    presence : (m, 4) float32
        Of each minutia of either print in the overlap: quality, depth in its own hull in px, 1 for a bifurcation and
        -1 for an ending, depth in the other's hull.
    matched : (m,) bool
        Whether it has a mate.
    """

    pairs: NDArray[np.float32]
    presence: NDArray[np.float32]
    matched: NDArray[np.bool_]
    strength: float
    pairing: Pairing


def gathered_evidence(a: PreparedTemplate, b: PreparedTemplate) -> Evidence | None:
    """The evidence of the best alignment; None where too few minutiae look alike for any."""
    if min(len(a), len(b)) < MIN_PAIRS:
        return None
    similarity = cylinder_similarity(a.cylinders, b.cylinders)
    similarity *= _turned_alike(a, b, similarity)
    relaxed = relaxed_pairs(a, b, similarity)
    if relaxed is None:
        return None
    pairing = best_pairing(a, b, seed_motions(a, b, relaxed))
    presence, matched = _presence(a, b, pairing)
    return Evidence(_pairs(a, b, similarity, pairing), presence, matched, _strength(relaxed), pairing)


def _turned_alike(a: PreparedTemplate, b: PreparedTemplate, similarity: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(a, b) which pairs turn by less than 90 degrees from what the pairs that are best for both sides turn by."""
    cos = a.points[2:].T @ b.points[2:]
    sin = a.points[2:].T @ b.crossed[2:]
    best = similarity * (similarity >= similarity.max(axis=1, keepdims=True))
    best *= similarity >= similarity.max(axis=0)
    best *= similarity
    along, across = float(np.vdot(best, cos)), float(np.vdot(best, sin))
    along += _UPRIGHT * DIRECTION_PX**2 * float(best.sum())
    cos *= np.float32(along)
    sin *= np.float32(across)
    return (cos + sin) > 0


def _strength(relaxed: RelaxedPairs) -> float:
    """Mean strength of the strongest pairs, 0 to 1: the score of the relaxation alone."""
    return float(np.sort(relaxed.strength)[-_STRONGEST:].sum()) / _STRONGEST


def _pairs(
    a: PreparedTemplate, b: PreparedTemplate, similarity: NDArray[np.float32], pairing: Pairing
) -> NDArray[np.float32]:
    rows, columns = pairing.rows, pairing.columns
    count = len(rows)
    # The kernel falls with the distance, so its value tells who is around.
    around = (a.kernel.take(rows, axis=0).take(rows, axis=1) > _AROUND).astype(np.float32)
    agreement = pair_agreement(a, b, rows, columns)
    result = np.empty((count, 6), np.float32)
    result[:, 0] = pairing.residual
    result[:, 1] = pairing.turn
    result[:, 2] = similarity.take(rows * len(b) + columns)
    # Less the pair itself, which is in both sums.
    agreed = np.einsum("ij,ij->i", agreement, around) - 1
    np.divide(agreed, np.maximum(around.sum(axis=1) - 1, 1), out=result[:, 3])
    of_a, of_b = a.known.take(rows, axis=0), b.known.take(columns, axis=0)
    np.multiply(of_a[:, 2], of_b[:, 2], out=result[:, 4])
    np.minimum(of_a[:, 0], of_b[:, 0], out=result[:, 5])
    return result


def _presence(
    a: PreparedTemplate, b: PreparedTemplate, pairing: Pairing
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    count = len(a)
    rows = np.empty((count + len(b), 4), np.float32)
    rows[:count, :3] = a.known
    rows[count:, :3] = b.known
    other = rows[:, 3]
    other[:count] = b.hull.depth(pairing.place)
    other[count:] = a.hull.moved(pairing.motion).depth(b.points[:2])
    matched = np.zeros(len(rows), np.bool_)
    matched[pairing.rows] = True
    matched[count + pairing.columns] = True
    counted = np.flatnonzero(matched | (other >= 0))
    np.clip(other, 0, DEEP_PX, out=other)
    return rows.take(counted, axis=0), matched.take(counted)

"""Alignment: the rigid motions that lay one print's minutiae on another's."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.fingerprint.matching.prepared import PreparedTemplate
from gateway.fingerprint.matching.relaxation import RelaxedPairs

SEEDS = 6


@dataclass(frozen=True, eq=False)
class RigidMotions:
    """p -> rotation p + shift, for each of some seeds.

    Parameters
    ----------
    table : (seeds, 4) float32
        cos, sin, x, y.
    """

    table: NDArray[np.float32]


def seed_motions(a: PreparedTemplate, b: PreparedTemplate, pairs: RelaxedPairs, seeds: int = SEEDS) -> RigidMotions:
    """For each of the strongest pairs the weighted least-squares motion of the pairs that agree with it."""
    chosen = np.argsort(-pairs.strength, kind="stable")[:seeds]
    weight = pairs.agreement.take(chosen, axis=0)
    weight *= pairs.similarity
    weight /= weight.sum(axis=1, keepdims=True)
    of_a, of_b = a.points.take(pairs.rows, axis=1), b.points.take(pairs.columns, axis=1)
    moments = np.empty((6, len(pairs.rows)), np.float32)
    moments[:2] = of_a[:2]
    moments[2:4] = of_b[:2]
    # Directions are points too, whose middle is known: they tell the turn beside the places.
    np.einsum("ij,ij->j", of_a, of_b, out=moments[4])
    np.einsum("ij,ij->j", of_a, b.crossed.take(pairs.columns, axis=1), out=moments[5])
    ax, ay, bx, by, along, across = moments @ weight.T
    along = along - ax * bx - ay * by
    across = across - ax * by + ay * bx
    length = np.maximum(np.sqrt(along * along + across * across), np.float32(1e-9))
    table = np.empty((len(chosen), 4), np.float32)
    table[:, 0] = cos = along / length
    table[:, 1] = sin = across / length
    table[:, 2] = bx - cos * ax + sin * ay
    table[:, 3] = by - sin * ax - cos * ay
    return RigidMotions(table)

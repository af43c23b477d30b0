"""Pairing: which minutiae of two prints are the same once they are laid on each other and the skin is unstretched."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gateway.fingerprint.matching.alignment import RigidMotions
from gateway.fingerprint.matching.prepared import DIRECTION_PX, PreparedTemplate
from gateway.fingerprint.matching.product import product

_WIDE_PX, _NARROW_PX = 20.0, 11.0
_TURN_RAD = 0.42
_STIFFNESS = np.float32(0.7)
_PASSES = 2
_FINALISTS = 2
_TURN_LIMIT = np.float32((2 * np.sin(_TURN_RAD / 2) * DIRECTION_PX) ** 2)
_SOFT_PLACE = np.float32(-0.5 / 6.0**2)
_SOFT_TURN = np.float32(-0.5 / 150)


@dataclass(frozen=True, eq=False)
class Pairing:
    """The minutiae of A laid on B by the best motion.

    Parameters
    ----------
    motion : (4,) float32
        cos, sin, x, y.
    rows, columns : (n,) intp
        The matched minutiae of A and of B.
    place : (2, len(A)) float32
        A after the motion and the smoothed displacement that the pairs suggest.
    residual : (n,) float32
        px between the minutia of B and where the other pairs suggest that of A to be.
    turn : (n,) float32
        Difference of direction, radians.
    count : float
        Soft number of matches.
    """

    motion: NDArray[np.float32]
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    place: NDArray[np.float32]
    residual: NDArray[np.float32]
    turn: NDArray[np.float32]
    count: float


def best_pairing(a: PreparedTemplate, b: PreparedTemplate, motions: RigidMotions) -> Pairing:
    """Of the pairings that `motions` lead to, the one with most and closest matches."""
    laid = _laid(a, motions)
    first = _paired(a, b, laid, laid[:2], _WIDE_PX)
    finalists = np.argsort(-first.matches, kind="stable")[:_FINALISTS]
    laid, last = laid.take(finalists, axis=1), first
    place = first.place.take(finalists, axis=1)
    for _ in range(_PASSES):
        last = _paired(a, b, laid, place, _NARROW_PX)
        place = last.place
    best = int(last.matches.argmax())
    rows = np.flatnonzero(last.matched[best])
    chord = np.sqrt(last.turn2[best].take(rows)) * np.float32(0.5 / DIRECTION_PX)
    return Pairing(
        motion=motions.table[finalists[best]],
        rows=rows,
        columns=last.nearest[best].take(rows),
        place=place[:, best],
        residual=np.sqrt(last.residual2[best].take(rows)),
        turn=2 * np.arcsin(np.minimum(chord, 1)),
        count=float(last.matches[best]),
    )


class _Paired(NamedTuple):
    """One pass over some seeds: matches, and A where their smoothed displacement moves it."""

    nearest: NDArray[np.intp]
    matched: NDArray[np.bool_]
    place: NDArray[np.float32]
    residual2: NDArray[np.float32]
    turn2: NDArray[np.float32]
    matches: NDArray[np.float32]


def _laid(a: PreparedTemplate, motions: RigidMotions) -> NDArray[np.float32]:
    """(4, seeds, n) the points of A after each motion."""
    cos, sin, x, y = motions.table.T[:, :, None]
    laid = cos * a.points[:, None, :]
    laid -= sin * a.crossed[:, None, :]
    laid[0] += x
    laid[1] += y
    return np.asarray(laid)


def _paired(
    a: PreparedTemplate,
    b: PreparedTemplate,
    laid: NDArray[np.float32],
    place: NDArray[np.float32],
    limit_px: float,
) -> _Paired:
    """Mutually nearest minutiae of B and of A at `place`, within limits."""
    seeds, count = laid.shape[1:]
    moved = np.empty((6, seeds, count), np.float32)
    moved[:2] = place
    moved[2:4] = laid[2:]
    moved[4] = 1
    np.einsum("isn,isn->sn", moved[:4], moved[:4], out=moved[5])
    apart = product(b.target, moved.reshape(6, -1))
    nearest = apart.argmin(axis=0)
    least = apart.reshape(len(b), seeds, count).min(axis=2)
    mutual = apart.min(axis=0).reshape(seeds, count) <= least.take(
        nearest.reshape(seeds, count) * seeds + np.arange(seeds)[:, None]
    )
    mate = b.points.take(nearest, axis=1).reshape(4, seeds, count)
    to_mate = mate - moved[:4]
    to_mate *= to_mate
    turn2 = to_mate[2] + to_mate[3]
    matched = mutual & (to_mate[0] + to_mate[1] <= np.float32(limit_px**2)) & (turn2 <= _TURN_LIMIT)
    weighted = np.empty((3, seeds, count), np.float32)
    weighted[0] = matched
    np.subtract(mate[:2], laid[:2], out=weighted[1:])
    weighted[1:] *= weighted[0]
    sums = product(weighted.reshape(-1, count), a.kernel).reshape(3, seeds, count)
    total = sums[0] + _STIFFNESS
    # Each pair against what the others say.
    off = weighted[1:] - (sums[1:] - weighted[1:]) / (total - weighted[0])
    off *= off
    residual2 = off[0] + off[1]
    soft = np.exp(residual2 * _SOFT_PLACE + turn2 * _SOFT_TURN)
    return _Paired(
        nearest.reshape(seeds, count),
        matched,
        laid[:2] + sums[1:] / total,
        residual2,
        turn2,
        np.einsum("sn,sn->s", soft, weighted[0]),
    )

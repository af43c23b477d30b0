"""The comparison that a synthetic chip has of its own: small, as a chip's is, and independent of the gateway's."""

import numpy as np
from numpy.typing import NDArray

SAME_FINGER = 0.23
"""Least similarity of one finger's two impressions: of 7,500 pairs of two public fingers none reached it, of 1,568 of
one finger nine in a hundred did not (`tests/benchmarks/card_templates.py`)."""
_TURN_BINS = 16
_MAX_TURN = np.pi / 2
"""Fingers are laid down upright, more or less."""
_SHIFT_BIN = 10.0
_SEEDS = 6
_WIDE, _NEAR = 12.0, 8.0
"""0.1 mm: how far two minutiae may lie apart before and after the fit."""
_TURN_TOLERANCE = np.pi / 8
_OVERLAP = 30.0
"""A minutia lies where both prints are seen when the other has one within 3 mm of it."""
_STEADY = 10.0
"""Keeps a few minutiae that agree by chance from counting as a whole finger."""

Points = NDArray[np.float64]


def same_finger(reference: bytes, probe: bytes) -> bool:
    """Whether two sets of minutiae are of one finger."""
    return similarity(reference, probe) >= SAME_FINGER


def similarity(reference: bytes, probe: bytes) -> float:
    """How alike two sets of minutiae are, 0 to 1.

    Pairs of minutiae vote for the motion that would lay one on the other; the strongest motions are fitted to the
    minutiae that they bring together, and the best is judged by how many of those in the overlap agree.

    Parameters
    ----------
    reference, probe : bytes
        Three bytes for each minutia: x and y in 0.1 mm, type in two bits and angle in six (ISO/IEC 19794-2:2005,
        compact card format).
    """
    a, b = _points(reference), _points(probe)
    if len(a) < 3 or len(b) < 3:
        return 0.0
    return max((_judged(a, b, motion) for motion in _voted(a, b)), default=0.0)


def _points(minutiae: bytes) -> Points:
    """(n, 3) x, y (up) in 0.1 mm and angle in radians."""
    raw = np.frombuffer(minutiae, np.uint8).reshape(-1, 3).astype(np.float64)
    return np.column_stack([raw[:, 0], -raw[:, 1], (raw[:, 2].astype(np.int64) & 63) * (2 * np.pi / 64)])


def _wrapped(angle: Points) -> Points:
    return np.asarray((angle + np.pi) % (2 * np.pi) - np.pi)


def _voted(a: Points, b: Points) -> list[tuple[float, float, float]]:
    """Turn and shift of the motions that most pairs agree on."""
    turn = _wrapped(b[None, :, 2] - a[:, None, 2])
    rows, columns = np.nonzero(np.abs(turn) <= _MAX_TURN)
    if not len(rows):
        return []
    turn = turn[rows, columns]
    cos, sin = np.cos(turn), np.sin(turn)
    dx = b[columns, 0] - (cos * a[rows, 0] - sin * a[rows, 1])
    dy = b[columns, 1] - (sin * a[rows, 0] + cos * a[rows, 1])
    bins = np.stack(
        [
            np.floor((turn + _MAX_TURN) * (_TURN_BINS / (2 * _MAX_TURN))).astype(np.int64),
            np.floor((dx - dx.min()) / _SHIFT_BIN).astype(np.int64),
            np.floor((dy - dy.min()) / _SHIFT_BIN).astype(np.int64),
        ]
    )
    bins += 1  # a rim, so that sums over neighbours meet no edge
    shape = tuple(int(each) + 2 for each in bins.max(axis=1))
    votes = np.zeros(shape)
    np.add.at(votes, tuple(bins), 1)
    for axis in range(3):
        votes = votes + np.roll(votes, 1, axis) + np.roll(votes, -1, axis)
    motions = []
    for _ in range(_SEEDS):
        place = np.array(np.unravel_index(int(votes.argmax()), shape))
        near = (np.abs(bins - place[:, None]) <= 1).all(axis=0)
        if near.sum() < 3:
            break
        motions.append((float(turn[near].mean()), float(dx[near].mean()), float(dy[near].mean())))
        votes[tuple(slice(max(0, each - 1), each + 2) for each in place)] = 0
    return motions


def _judged(a: Points, b: Points, motion: tuple[float, float, float]) -> float:
    rows, columns, _ = _pairs(_moved(a, motion), b, _WIDE)
    if len(rows) < 3:
        return 0.0
    laid = _moved(a, _fitted(a[rows], b[columns]))
    rows, columns, weight = _pairs(laid, b, _NEAR)
    distance = np.hypot(laid[:, None, 0] - b[None, :, 0], laid[:, None, 1] - b[None, :, 1])
    of_a, of_b = (distance.min(axis=1) < _OVERLAP).sum(), (distance.min(axis=0) < _OVERLAP).sum()
    return float(weight.sum() / (_STEADY + np.sqrt(float(of_a) * float(of_b))))


def _moved(points: Points, motion: tuple[float, float, float]) -> Points:
    turn, dx, dy = motion
    cos, sin = np.cos(turn), np.sin(turn)
    return np.column_stack(
        [
            cos * points[:, 0] - sin * points[:, 1] + dx,
            sin * points[:, 0] + cos * points[:, 1] + dy,
            points[:, 2] + turn,
        ]
    )


def _pairs(a: Points, b: Points, reach: float) -> tuple[NDArray[np.int64], NDArray[np.int64], Points]:
    """Minutiae that are each other's nearest within reach, and how well they agree, 0 to 1."""
    distance = np.hypot(a[:, None, 0] - b[None, :, 0], a[:, None, 1] - b[None, :, 1])
    turn = np.abs(_wrapped(a[:, None, 2] - b[None, :, 2]))
    cost = (distance / reach) ** 2 + (turn / _TURN_TOLERANCE) ** 2
    rows = np.arange(len(a))
    columns = cost.argmin(axis=1)
    mutual = (cost.argmin(axis=0)[columns] == rows) & (cost[rows, columns] < 1)
    return rows[mutual], columns[mutual], 1 - cost[rows, columns][mutual]


def _fitted(a: Points, b: Points) -> tuple[float, float, float]:
    """The rigid motion that lays the places of `a` on those of `b` with least squares."""
    from_middle, to_middle = a[:, :2].mean(axis=0), b[:, :2].mean(axis=0)
    p, q = a[:, :2] - from_middle, b[:, :2] - to_middle
    turn = float(np.arctan2((p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]).sum(), (p * q).sum()))
    cos, sin = np.cos(turn), np.sin(turn)
    dx = to_middle[0] - (cos * from_middle[0] - sin * from_middle[1])
    dy = to_middle[1] - (sin * from_middle[0] + cos * from_middle[1])
    return turn, float(dx), float(dy)

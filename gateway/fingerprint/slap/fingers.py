"""Fingers of a slap: of all that looks like a fingertip, those that are one each, the uppermost of its finger."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gateway.fingerprint.slap.boxes import FingertipBox, fingertip_box
from gateway.fingerprint.slap.contact import SlapContact
from gateway.fingerprint.slap.fingertips import FingertipCandidate

_MIN_SCORE = 0.45
_SURE_SCORE = 0.6
_MIN_STRENGTH = 0.3
"""Of the strongest finger's contrast: what a former finger left on the glass has less, a light touch more."""
_STRAY_DEG = 5.0
_MAX_TURN_DEG = 40.0
"""Between a finger and the hand; a thumb beside four fingers may reach 45."""


def slap_fingers(
    contact: SlapContact, candidates: Sequence[FingertipCandidate], hand_turn_deg: float
) -> list[FingertipBox]:
    """Measure the candidates, drop what is no fingertip, and measure the rest again in the light of the whole hand."""
    tops = [c for c in candidates if c.score >= _MIN_SCORE and not any(_below(c, other) for other in candidates)]
    found = [(c, box) for c in tops if (box := fingertip_box(contact, c)) is not None]
    found = _distinct(found)
    if not found:
        return []
    again = []
    widths = [box.width for _, box in found if box.visible > 0.9]
    hand_width = float(np.median(widths)) if widths else 0.0
    for (candidate, box), usual in zip(found, _hand_rotations([box for _, box in found], hand_turn_deg), strict=True):
        measured = fingertip_box(contact, candidate, (usual, _STRAY_DEG), hand_width)
        again.append((candidate, measured or box))
    return [box for _, box in _distinct(again)]


def _below(candidate: FingertipCandidate, other: FingertipCandidate) -> bool:
    """Whether `candidate` lies where a lower phalanx of `other` would."""
    if other is candidate or other.score < _SURE_SCORE or other.width < 0.5 * candidate.width:
        return False
    turn = np.radians(other.rotation_deg)
    dx, dy = candidate.x - other.x, candidate.y - other.y
    across, along = np.cos(turn) * dx - np.sin(turn) * dy, -np.sin(turn) * dx - np.cos(turn) * dy
    wide = max(candidate.width, other.width)
    return bool(-5 * other.width < along < -0.7 * other.width and abs(across) < 0.4 * wide + 0.1 * abs(along))


Found = list[tuple[FingertipCandidate, FingertipBox]]


def _distinct(found: Found) -> Found:
    """Without duplicates, lower phalanges, residue, fragments, and what lies across the hand."""
    found = sorted(found, key=lambda pair: -_weight(pair[1]))
    if not found:
        return []
    strongest = float(np.median([box.strength for _, box in found[:3]]))
    widest = max(box.width for _, box in found if box.score >= 0.9 * max(b.score for _, b in found))
    kept: Found = []
    for candidate, box in found:
        if box.strength < _MIN_STRENGTH * strongest or box.width < 0.4 * widest * box.visible or box.fill < 0.3:
            continue
        if any(_same(box, other) for _, other in kept):
            continue
        kept.append((candidate, box))
    turn = _weighted_median([box.rotation_deg for _, box in kept], [_weight(box) for _, box in kept])
    kept = [pair for pair in kept if abs(pair[1].rotation_deg - turn) <= _MAX_TURN_DEG]
    return [pair for pair in kept if not any(_under(pair[1], other, turn) for _, other in kept if other is not pair[1])]


def _weight(box: FingertipBox) -> float:
    return box.score * box.visible * min(1.0, box.width / 10)


def _same(box: FingertipBox, other: FingertipBox) -> bool:
    """Whether the middle of one lies well inside the other."""
    for one, two in ((box, other), (other, box)):
        across, along = one.within(two.x, two.y)
        if abs(across) < 0.42 * one.width and abs(along) < 0.5 * one.height:
            return True
    return False


def _under(box: FingertipBox, other: FingertipBox, turn: float) -> bool:
    """Whether `box` is a lower phalanx of the finger whose tip `other` is, in a hand that points to `turn`."""
    if other.score < _MIN_SCORE or other.width < 0.5 * box.width:
        return False
    # A single finger's direction may be wrong where it touches its neighbour.
    other = replace(other, rotation_deg=float(np.clip(other.rotation_deg, turn - 10, turn + 10)))
    across, along = other.within(box.x, box.y)
    wide = max(box.width, other.width)
    return -5 * other.width < along < -0.4 * other.height and abs(across) < 0.45 * wide + 0.12 * abs(along)


def _hand_rotations(boxes: Sequence[FingertipBox], hand_turn_deg: float) -> list[float]:
    """The rotation that each finger should have for the others: alike, diverging evenly from one to the next."""
    turns = np.array([box.rotation_deg for box in boxes])
    weights = np.array([_weight(box) for box in boxes])
    usual = _weighted_median(turns, weights)
    weights = weights * np.exp(-(((turns - usual) / 14) ** 2))
    up = np.radians(usual)
    across = np.array([np.cos(up) * box.x - np.sin(up) * box.y for box in boxes])
    across -= np.average(across, weights=weights)
    level = float(np.average(np.clip(turns, usual - 8, usual + 8), weights=weights))
    # Measured sides lean towards a neighbour that touches, outlines away from it: the mean of both is nearer.
    level = 0.5 * (level + float(np.clip(hand_turn_deg, level - 16, level + 16)))
    away = turns - level
    # Fingers diverge upwards, by up to 6 degrees from one to the next; seen to the right they lean to the right.
    slope = float((weights * across) @ np.clip(away, -15, 15)) / (float((weights * across) @ across) + 1500.0)
    return [level + float(np.clip(slope, -0.35, 0.1)) * float(x) for x in across]


def _weighted_median(values: Sequence[float] | np.ndarray, weights: Sequence[float] | np.ndarray) -> float:
    order = np.argsort(values)
    reached = np.cumsum(np.asarray(weights)[order])
    return float(np.asarray(values)[order][int(np.searchsorted(reached, reached[-1] / 2))])

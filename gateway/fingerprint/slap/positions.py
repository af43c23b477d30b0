"""Finger positions: which finger of which hand each fingertip of a slap is, from where the tips lie to each other."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from gateway.finger import FingerPosition
from gateway.fingerprint.slap.boxes import FingertipBox

# Index, middle, ring and little finger of a man of middle size, mm: breadth of a plain print, its length down to the
# fold, and how far its tip lies below the middle finger's. After the finger lengths and breadths of Garrett, "The adult
# human hand: some anthropometric and biomechanical considerations", Human Factors 13(2), 1971.
_WIDTH = (15.0, 15.5, 14.6, 12.6)
_DROP = (9.5, 0.0, 8.0, 26.0)
_PITCH = 18.5
"""From one tip to the next, across the hand, with the fingers almost closed."""
_WIDTH_SPREAD = 0.11
"""Natural logarithm: hands differ, and one finger presses more than the next."""
_DROP_SPREAD_MM = 4.0
_TILT_SPREAD = math.tan(math.radians(4))
"""Error of the hand's direction, which tilts all tips."""
_PITCH_SPREAD = 0.22
_GAP_SPREAD = 0.35
"""The same where a finger is missing: its neighbours may close up."""
_TURN_MEAN_DEG, _TURN_SPREAD_DEG = 10.0, 25.0
"""Right hands are turned counter-clockwise, left hands clockwise: NIST's SlapSeg04 tells of 20 to 25 degrees."""
_EXTRA_COST = 10.0
_OTHER_HAND_COST = 4.0
"""How much likelier (natural logarithm) the other hand must be than the one that was asked for."""
_MISSING_COST = 2.0


@dataclass(frozen=True)
class PositionedFinger:
    """A fingertip and which finger it is; `confidence` of that name, 0 to 1."""

    box: FingertipBox
    position: FingerPosition
    confidence: float


@dataclass(frozen=True)
class PositionedHand:
    """The fingers of one hand from left to right, those that belong to none, and which hand it is.

    `right` is None where the fingers do not tell; `wrong` says that it is not the hand that was asked for.
    """

    fingers: tuple[PositionedFinger, ...]
    extra: tuple[FingertipBox, ...]
    right: bool | None
    wrong: bool


def four_finger_positions(boxes: Sequence[FingertipBox], right: bool | None) -> PositionedHand:
    """Name the fingers of one hand.

    Every choice of up to four tips and of the fingers that they may be is held against the shape of a hand: the tips'
    heights along the hand's direction, their distances across it, and their breadths.

    Parameters
    ----------
    boxes : sequence of FingertipBox
        What looks like a fingertip.
    right : bool, optional
        The hand that was asked for; None: either.
    """
    boxes = sorted(boxes, key=lambda box: -box.score * box.visible)[:6]
    if not boxes:
        return PositionedHand((), (), right, False)
    hand = _Hand(boxes)
    ratings = sorted(
        ((_rating(hand, subset, names, is_right), subset, names, is_right) for is_right in (True, False)
         for count in range(1, min(4, len(boxes)) + 1)
         for subset in combinations(hand.order, count)
         for names in combinations(range(4), count)),
        key=lambda rating: -rating[0],
    )  # fmt: skip
    best = {side: next(r for r in ratings if r[3] is side) for side in (True, False)}
    if right is None:
        chosen = best[True] if best[True][0] >= best[False][0] else best[False]
    else:
        chosen = best[right]
        if len(best[not right][1]) >= 3 and best[not right][0] > chosen[0] + _OTHER_HAND_COST:
            chosen = best[not right]
    _, subset, names, is_right = chosen
    rivals = [r for r in ratings if r[3] is is_right]
    fingers = []
    for box, name in zip(subset, _named(names, is_right), strict=True):
        against = max((r[0] for r in rivals if (box, name) not in _pairs(r)), default=-math.inf)
        fingers.append(PositionedFinger(boxes[box], name, _confidence(chosen[0] - against)))
    told = abs(best[True][0] - best[False][0]) > _OTHER_HAND_COST and len(subset) >= 2
    return PositionedHand(
        tuple(fingers),
        tuple(boxes[k] for k in hand.order if k not in subset),
        is_right if told or right is not None else None,
        right is not None and is_right is not right,
    )


def thumb_positions(boxes: Sequence[FingertipBox], glass_width_mm: float) -> PositionedHand:
    """Name two thumbs: the left one lies on the left; a single one is named by its half of the glass."""
    kept = sorted(boxes, key=lambda box: -box.score * box.visible * min(box.width, 20))[:2]
    kept = sorted(kept, key=lambda box: box.x)
    extra = tuple(box for box in boxes if box not in kept)
    if len(kept) == 2:
        names = (FingerPosition.LEFT_THUMB, FingerPosition.RIGHT_THUMB)
        return PositionedHand(
            tuple(PositionedFinger(box, name, 0.99) for box, name in zip(kept, names, strict=True)), extra, None, False
        )
    fingers = []
    for box in kept:
        # Thumbs turn their tips towards each other, which says something too.
        aside = (box.x - glass_width_mm / 2) / 10 + box.rotation_deg / 20
        name = FingerPosition.RIGHT_THUMB if aside > 0 else FingerPosition.LEFT_THUMB
        fingers.append(PositionedFinger(box, name, _confidence(2 * abs(aside))))
    return PositionedHand(tuple(fingers), extra, None, False)


Rating = tuple[float, tuple[int, ...], tuple[int, ...], bool]


def _pairs(rating: Rating) -> set[tuple[int, FingerPosition]]:
    return set(zip(rating[1], _named(rating[2], rating[3]), strict=True))


def _named(names: Sequence[int], right: bool) -> list[FingerPosition]:
    """Fingers, 0 index to 3 little, as they lie from left to right: `names` ascend for a right hand."""
    if right:
        return [FingerPosition(FingerPosition.RIGHT_INDEX + name) for name in names]
    return [FingerPosition(FingerPosition.LEFT_INDEX + 3 - name) for name in names]


def _confidence(margin: float) -> float:
    return 1.0 if margin > 30 else 1 / (1 + math.exp(-margin))


class _Hand:
    """Tips in the hand's own frame, mm: across to the right, height towards the tips."""

    def __init__(self, boxes: Sequence[FingertipBox]) -> None:
        turns = np.array([box.rotation_deg for box in boxes])
        weights = np.array([box.score * box.visible for box in boxes])
        middle = float(np.median(turns))
        near = np.abs(turns - middle) < 20
        near = near if near.any() else np.ones_like(near)
        self.turn_deg = float(np.average(turns[near], weights=weights[near]))
        turn = math.radians(self.turn_deg)
        tips = [box.tip for box in boxes]
        self.across = [math.cos(turn) * x - math.sin(turn) * y for x, y in tips]
        self.height = [-math.sin(turn) * x - math.cos(turn) * y for x, y in tips]
        self.width = [box.width for box in boxes]
        self.turns = [box.rotation_deg - self.turn_deg for box in boxes]
        self.trust = [min(1.0, box.score + 0.3) * box.visible for box in boxes]
        self.whole = [box.visible > 0.85 for box in boxes]
        self.order = sorted(range(len(boxes)), key=lambda k: self.across[k])


def _rating(hand: _Hand, subset: tuple[int, ...], names: tuple[int, ...], right: bool) -> float:
    """Natural logarithm of the likelihood, up to a constant, that these tips are these fingers and no other is one."""
    fingers = names if right else tuple(3 - name for name in names)
    sizes = [math.log(hand.width[k] / _WIDTH[f]) for k, f in zip(subset, fingers, strict=True) if hand.whole[k]]
    log_size = sum(sizes) / len(sizes) if sizes else 0.0
    log_size = min(0.25, max(-0.7, log_size))
    size = math.exp(log_size)
    total = -0.5 * sum(((s - log_size) / _WIDTH_SPREAD) ** 2 for s in sizes)
    total -= 0.5 * (((hand.turn_deg if right else -hand.turn_deg) - _TURN_MEAN_DEG) / _TURN_SPREAD_DEG) ** 2
    for k in subset:
        total -= 0.5 * (hand.turns[k] / 12) ** 2
    total -= _EXTRA_COST * sum(hand.trust[k] for k in hand.order if k not in subset)
    total -= _MISSING_COST * (4 - len(subset))
    for one, two, a, b in zip(subset, subset[1:], names, names[1:], strict=False):
        step = b - a
        spread = (_PITCH_SPREAD if step == 1 else _GAP_SPREAD) * _PITCH * size * math.sqrt(step)
        away = hand.across[two] - hand.across[one] - _PITCH * size * step
        # Spread fingers are commoner than fingers that lie in one another.
        total -= 0.5 * (away / (spread * (1.6 if away > 0 else 1.0))) ** 2 + math.log(spread / size)
    return total + _height_rating(hand, subset, fingers, size)


def _height_rating(hand: _Hand, subset: tuple[int, ...], fingers: tuple[int, ...], size: float) -> float:
    """Tips against the profile of a hand, whose height is unknown and whose tilt is small."""
    spread = _DROP_SPREAD_MM * size
    heights = [hand.height[k] + _DROP[f] * size for k, f in zip(subset, fingers, strict=True)]
    across = [hand.across[k] for k in subset]
    count = len(subset)
    mean_h, mean_x = sum(heights) / count, sum(across) / count
    y = [h - mean_h for h in heights]
    x = [a - mean_x for a in across]
    xx, xy, yy = sum(a * a for a in x), sum(a * b for a, b in zip(x, y, strict=True)), sum(b * b for b in y)
    ratio = (spread / _TILT_SPREAD) ** 2
    # Of a Gaussian tilt integrated out: what it explains, and what that costs.
    explained = xy * xy / (xx + ratio)
    return -0.5 * (yy - explained) / spread**2 - 0.5 * math.log1p(xx / ratio)

"""The shape of a hand on the glass: where its fingers lie, how wide and long they are, which way they point."""

from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np

from drivers.fingerprint.synthesis.slap_condition import SlapCondition


class SlapHand(IntEnum):
    """Finger position codes of slaps (ISO/IEC 19794-4:2011 table 6, ANSI/NIST-ITL table 8)."""

    RIGHT_FOUR = 13
    LEFT_FOUR = 14
    TWO_THUMBS = 15


@dataclass(frozen=True)
class FingerShape:
    """One finger on the glass; lengths are mm, x to the right, y down, from the middle of the glass.

    Parameters
    ----------
    position : int
        Finger position code, 1 (right thumb) to 10 (left little finger).
    fold_x, fold_y : float
        Middle of the fold between the last two phalanges.
    turn_deg : float
        Which way it points: counter-clockwise from upright.
    length : float
        From that fold to the tip of the print.
    width : float
        Of the print of a firm fingertip.
    phalanx : float
        Length of the middle phalanx.
    """

    position: int
    fold_x: float
    fold_y: float
    turn_deg: float
    length: float
    width: float
    phalanx: float

    @property
    def axis(self) -> tuple[float, float]:
        """Unit vector from the fold to the tip, (x, y), y down."""
        turn = np.radians(self.turn_deg)
        return -float(np.sin(turn)), -float(np.cos(turn))

    @property
    def middle(self) -> tuple[float, float]:
        """Middle of the fingertip."""
        x, y = self.axis
        return self.fold_x + x * self.length / 2, self.fold_y + y * self.length / 2


# A large man's right hand, index to little finger. Widths and lengths of prints after the breadths of fingers at the
# distal joint and the phalanges of Garrett, "The adult human hand: some anthropometric and biomechanical
# considerations", Human Factors 13(2), 1971, less the part that does not touch; drops of the tips from the finger
# lengths of the same.
_WIDTHS = np.array([16.0, 16.6, 15.6, 13.4])
_LENGTHS = np.array([24.0, 25.5, 24.8, 21.5])
_PHALANGES = np.array([23.0, 27.0, 25.5, 19.0])
_DROPS = np.array([10.0, 0.0, 8.5, 29.0])
_THUMB_WIDTH, _THUMB_LENGTH, _THUMB_PHALANX = 21.5, 30.0, 31.0
_KNUCKLE_MM = 78.0


def hand_shape(hand: SlapHand, condition: SlapCondition, rng: np.random.Generator) -> list[FingerShape]:
    """Draw one placement of one hand, or of two thumbs: all its fingers, those that will be missing included."""
    size = rng.uniform(*condition.size)
    if hand is SlapHand.TWO_THUMBS:
        return _turned(_thumbs(size, condition, rng), *_placement(hand, condition, rng))
    fingers = _four_fingers(size, condition, rng)
    if condition.extra_thumb:
        index = fingers[0]
        fingers.append(
            FingerShape(
                1,
                index.fold_x - (14 + rng.uniform(0, 5)) * size,
                index.fold_y + (38 + rng.uniform(0, 8)) * size,
                rng.uniform(15, 40),
                _THUMB_LENGTH * size,
                _THUMB_WIDTH * size,
                _THUMB_PHALANX * size,
            )
        )
    if hand is SlapHand.LEFT_FOUR:
        fingers = [replace(f, position=f.position + 5, fold_x=-f.fold_x, turn_deg=-f.turn_deg) for f in fingers]
    return _turned(fingers, *_placement(hand, condition, rng))


def moved(fingers: list[FingerShape], x: float, y: float) -> list[FingerShape]:
    """The same hand elsewhere."""
    return [replace(f, fold_x=f.fold_x + x, fold_y=f.fold_y + y) for f in fingers]


def _four_fingers(size: float, condition: SlapCondition, rng: np.random.Generator) -> list[FingerShape]:
    widths = size * _WIDTHS * (1 + rng.normal(0, 0.05) + rng.normal(0, 0.03, 4))
    lengths = size * _LENGTHS * (1 + rng.normal(0, 0.05) + rng.normal(0, 0.03, 4))
    drops = size * (_DROPS + rng.normal(0, (2.5, 0.8, 2.0, 3.5)))
    # A little finger is often stretched, or the others bent, to reach the glass.
    drops[3] *= rng.uniform(0.75, 1.05)
    gaps = size * rng.uniform(*condition.gap_mm, 3)
    across = np.concatenate([[0], np.cumsum((widths[:-1] + widths[1:]) / 2 + gaps)])
    # The knuckles are a little wider apart than closed fingertips: spread fingers diverge.
    knuckle_gaps = (widths[:-1] + widths[1:]) / 2 + size * 2.6
    spread = np.degrees(np.arctan((np.diff(across) - knuckle_gaps) / (_KNUCKLE_MM * size)))
    turns = -np.concatenate([[0], np.cumsum(spread + rng.normal(0, 1.2, 3))])
    turns -= turns.mean()
    fingers = []
    for i in range(4):
        turn = np.radians(turns[i])
        tip_x, tip_y = across[i], drops[i]
        fingers.append(
            FingerShape(
                2 + i,
                tip_x + float(np.sin(turn)) * lengths[i],
                tip_y + float(np.cos(turn)) * lengths[i],
                float(turns[i]),
                float(lengths[i]),
                float(widths[i]),
                float(size * _PHALANGES[i]),
            )
        )
    return fingers


def _thumbs(size: float, condition: SlapCondition, rng: np.random.Generator) -> list[FingerShape]:
    fingers = []
    gap = rng.uniform(*condition.gap_mm) * 2
    for side, position in ((-1, 6), (1, 1)):
        width = size * _THUMB_WIDTH * (1 + rng.normal(0, 0.04))
        length = size * _THUMB_LENGTH * (1 + rng.normal(0, 0.04))
        # Thumbs lie parallel or with their tips towards each other, as the hands come from both sides.
        turn = side * rng.uniform(-3, 14)
        reach = np.radians(abs(turn))
        x = side * (gap / 2 + width / 2 + length * float(np.sin(reach)) * 0.75)
        fingers.append(FingerShape(position, x, rng.normal(0, 3.0), turn, length, width, size * _THUMB_PHALANX))
    return fingers


def _placement(hand: SlapHand, condition: SlapCondition, rng: np.random.Generator) -> tuple[float, float, float]:
    """Rotation in degrees counter-clockwise, and shift in mm."""
    turn = rng.uniform(*condition.turn_deg)
    if hand is SlapHand.TWO_THUMBS:
        turn *= rng.choice([-1, 1]) * 0.4
    elif hand is SlapHand.LEFT_FOUR:
        turn = -turn
    if condition.either_way:
        turn *= rng.choice([-1, 1])
    bearing, distance = rng.uniform(0, 2 * np.pi), rng.uniform(*condition.shift_mm)
    return float(turn), float(distance * np.cos(bearing)), float(distance * np.sin(bearing))


def _turned(fingers: list[FingerShape], turn_deg: float, x: float, y: float) -> list[FingerShape]:
    """Turn the hand and put the middle of its fingertips at (x, y)."""
    cos, sin = float(np.cos(np.radians(turn_deg))), float(np.sin(np.radians(turn_deg)))
    turned = [
        replace(
            f,
            fold_x=cos * f.fold_x + sin * f.fold_y,
            fold_y=-sin * f.fold_x + cos * f.fold_y,
            turn_deg=f.turn_deg + turn_deg,
        )
        for f in fingers
    ]
    ends = np.array(
        [(f.fold_x + k * f.axis[0] * f.length, f.fold_y + k * f.axis[1] * f.length) for f in turned for k in (0, 1)]
    )
    middle = (ends.min(axis=0) + ends.max(axis=0)) / 2
    return moved(turned, x - float(middle[0]), y - float(middle[1]))

"""Synthetic persons before a card: their drawn fingers as the card has them and as they are placed again."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from drivers import PersonPart, synthetic_person
from drivers.fingerprint.synthetic import draw_fingerprint
from gateway.finger import FingerPosition, FingerTemplate
from gateway.fingerprint import analyze
from gateway.fingerprint.reduced import reduced
from gateway.holder_check import HandOver, LiveFinger
from gateway.records import compact_card

HAND_OVER = HandOver("0102030405060708", "job-1")
RIGHT, LEFT = PersonPart.RIGHT_INDEX, PersonPart.LEFT_INDEX
POSITIONS = {RIGHT: FingerPosition.RIGHT_INDEX, LEFT: FingerPosition.LEFT_INDEX}
HOLDER, STRANGER = 41, 42


@dataclass(frozen=True, eq=False)
class StoredFinger:
    """As it is read from a card."""

    position: FingerPosition
    template: FingerTemplate


@cache
def print_of(person: int, part: PersonPart, impression: int = 0) -> FingerTemplate:
    """The template of one placement."""
    seed = synthetic_person(person).finger_seed(part)
    return analyze(draw_fingerprint(seed, impression, "clean"), 500.0).template


def compact_minutiae(person: int, part: PersonPart) -> bytes:
    """A finger's first placement as a card stores it."""
    return compact_card.encode(compact_card.within_reach(reduced(print_of(person, part))))


def card_template(person: int, part: PersonPart) -> StoredFinger:
    """The same, as it is read back."""
    return StoredFinger(POSITIONS[part], compact_card.decode(compact_minutiae(person, part)))


def empty_template(part: PersonPart) -> StoredFinger:
    return StoredFinger(POSITIONS[part], compact_card.decode(b""))


def live(person: int, part: PersonPart = RIGHT, impression: int = 1) -> LiveFinger:
    """Another placement of the finger."""
    return LiveFinger((print_of(person, part, impression),), POSITIONS[part], "capture-1")


def nothing_seen() -> LiveFinger:
    """A placement of which nothing can be made out."""
    none, byte = np.zeros(0, np.float32), np.zeros(0, np.uint8)
    return LiveFinger((FingerTemplate(none, none, none, byte, byte, 300, 300, 500.0),), FingerPosition.RIGHT_INDEX)

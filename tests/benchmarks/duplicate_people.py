"""Synthetic persons for the duplicate check: fingers drawn and extracted, mirrored, and altered copies."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from drivers.fingerprint.synthesis.drawn_fingerprint import draw_fingerprint
from drivers.iris.synthesis.drawn_eye import drawn_eye
from gateway.duplicates import FingerSample, IrisSample
from gateway.eye import EyePosition
from gateway.finger import FingerPosition, FingerTemplate
from gateway.fingerprint import analyze
from gateway.iris import IrisCode
from gateway.iris import analyze as analyze_eye
from gateway.records import fmr
from tests.benchmarks.finger_templates import changed_template, mirrored

FIT_PEOPLE, MATES, NEWCOMERS, OTHERS = 0, 100_000, 200_000, 300_000
"""First numbers of the persons that the threshold is fitted on, that come again, that come once, that fill the list."""
FIRST_FINGER = 1_000_000
FIRST_EYE = 2_000_000
POSITIONS = (FingerPosition.RIGHT_INDEX, FingerPosition.LEFT_INDEX)
EYES = (EyePosition.RIGHT, EyePosition.LEFT)
SECOND_TIME = ("clean", "dry", "wet", "light", "hard", "rotated", "off_centre", "partial")
"""How fingers are laid when a person comes again: every state that a capture can end with, one after the other."""


@dataclass(frozen=True, eq=False)
class DrawnPerson:
    """The templates of a person's two fingers, of one placement of each, as they come back from their records."""

    fingers: tuple[FingerTemplate, FingerTemplate]

    def samples(self) -> tuple[FingerSample, ...]:
        """As the check takes them."""
        return tuple(map(FingerSample, POSITIONS, self.fingers))

    def mirrored(self) -> "DrawnPerson":
        """Somebody whom nobody is: the prints seen in a mirror."""
        return DrawnPerson((mirrored(self.fingers[0]), mirrored(self.fingers[1])))

    def altered(self, rng: np.random.Generator) -> "DrawnPerson":
        """Somebody who fills the list: the templates with minutiae lost, invented, displaced and turned."""
        return DrawnPerson((changed_template(self.fingers[0], rng), changed_template(self.fingers[1], rng)))


def drawn_people(first: int, count: int, placements: int = 1) -> Iterator[tuple[DrawnPerson, ...]]:
    """Persons, each as recorded the first time (clean) and the times after (`SECOND_TIME` in turn)."""
    for person in range(first, first + count):
        yield tuple(
            DrawnPerson((_finger(person, 0, placement), _finger(person, 1, placement)))
            for placement in range(placements)
        )


def drawn_irises(first: int, count: int, sittings: int = 1) -> Iterator[tuple[tuple[IrisSample, ...], ...]]:
    """Both eyes of persons, of each sitting; an eye that was not coded is left out."""
    for person in range(first, first + count):
        yield tuple(
            tuple(
                IrisSample(position, code)
                for side, position in enumerate(EYES)
                if (code := _eye(person, side, sitting)) is not None
            )
            for sitting in range(sittings)
        )


def _finger(person: int, finger: int, placement: int) -> FingerTemplate:
    state = "clean" if placement == 0 else SECOND_TIME[(person + 3 * finger + placement - 1) % len(SECOND_TIME)]
    # The first placement and the next follow each other, so that the finger itself is drawn once.
    pixels = draw_fingerprint(FIRST_FINGER + 2 * person + finger, 1 + placement, state)
    record = fmr.encode_template(analyze(pixels, 500.0).template, POSITIONS[finger], 50)
    return fmr.decode(record).views[0].template


def _eye(person: int, side: int, sitting: int) -> IrisCode | None:
    drawn = drawn_eye(FIRST_EYE + 2 * person + side, 1 + sitting, "clean", side=EYES[side].name.lower())
    return analyze_eye(drawn.pixels).template

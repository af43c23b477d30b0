"""Random sequences of all that can be done to an enrolment, with restarts in between: what holds at every step."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.capture.values import MissingReason
from gateway.enrolment import (
    EnrolmentError,
    EnrolmentSnapshot,
    EnrolmentState,
    ExceptionReason,
    SealingRefused,
    VersionConflict,
    WrongState,
)
from tests.gateway.enrolment.office import OPERATOR, SUPERVISOR, Office, portrait, strokes

HAND = """
id = "hand"
version = 1
most_tries = 2
duplicates = "none"
[name]
id = "Tangan"
en = "Hand"
[[step]]
alternatives = [["right-four"], ["right-index", "right-middle", "right-ring", "right-little"]]
[[step]]
parts = ["portrait"]
missing = "reason"
[[step]]
parts = ["signature"]
required = false
missing = "reason"
"""
FINGERS = {"right-index": 1, "right-middle": 2, "right-ring": 3, "right-little": 4}
ENOUGH, POOR = 80, 3
STEPS = 40


class Attendant:
    """Does something at random to the one enrolment of an office, as any number of front ends might."""

    def __init__(self, state: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        self.state = state
        self.office = Office(state, HAND)
        self.it = self.office.create("hand").enrolment_id
        self.captures: list[str] = []

    @property
    def seen(self) -> EnrolmentSnapshot:
        return self.office.enrolments.get(self.it)

    def restart(self) -> None:
        before = self.seen
        self.office.__exit__()
        self.office = Office(self.state, HAND)
        assert self.seen == before

    def capture(self) -> None:
        unit, finger = self.chance.choice(list(FINGERS.items()))
        score, seed = self.chance.choice((ENOUGH, ENOUGH, POOR)), self.chance.randint(1, 3)
        shown = [each if self.chance.random() < 0.9 else None for each in FINGERS.values()]
        made = self.chance.choice(
            (
                lambda: self.office.finger(self.it, unit, finger, seed, score),
                lambda: self.office.finger(self.it, unit, 1, seed, score),
                lambda: self.office.slap(self.it, "right-four", shown, seed, score),
                lambda: self.office.missing(self.it, unit, MissingReason.BANDAGED),
            )
        )()
        self.captures.append(made)
        self.office.add(self.seen, made)

    def change(self) -> None:
        enrolments, seen = self.office.enrolments, self.seen
        part = self.chance.choice((*FINGERS, "right-four", "portrait", "signature"))
        by = (OPERATOR, seen.version)
        choices: tuple[Callable[[], object], ...] = (
            lambda: enrolments.add_exception(self.it, part, ExceptionReason.REFUSED, *by),
            lambda: enrolments.add_exception(self.it, part, ExceptionReason.OTHER, *by, approver=SUPERVISOR),
            lambda: enrolments.withdraw_exception(self.it, part, *by),
            lambda: enrolments.approve(self.it, part, SUPERVISOR, seen.version),
            lambda: enrolments.add_portrait(self.it, portrait(), *by),
            lambda: enrolments.add_signature(self.it, strokes(), portrait(kind=".png"), *by),
            lambda: enrolments.remove_capture(self.it, self.chance.choice(self.captures or [""]), "blurred", *by),
            lambda: self.office.add(seen, self.chance.choice(self.captures or [""])),
            lambda: enrolments.pause(self.it, "", *by),
            lambda: enrolments.resume(self.it, *by),
            lambda: enrolments.resume(self.it, *by),
        )
        self.chance.choice(choices)()

    def change_what_was_seen_before(self) -> None:
        paused = self.seen.state is EnrolmentState.PAUSED
        with pytest.raises(WrongState if paused else VersionConflict):
            self.office.enrolments.add_portrait(self.it, portrait(), OPERATOR, self.seen.version - (not paused))

    def go_on(self) -> None:
        """Answer the first thing that is open as an operator with a supervisor beside them would."""
        enrolments, seen = self.office.enrolments, self.seen
        if seen.state is EnrolmentState.PAUSED:
            seen = enrolments.resume(self.it, OPERATOR, seen.version)
        for lack in seen.open[:1]:
            if lack.part == "portrait":
                enrolments.add_portrait(self.it, portrait(), OPERATOR, seen.version)
            elif lack.code in ("MISSING", "FINGER_NOT_SHOWN") and lack.part == "right-four":
                self.office.add(seen, self.office.slap(self.it, lack.part, list(FINGERS.values())))
            elif lack.code == "MISSING":
                self.office.add(seen, self.office.finger(self.it, lack.part, FINGERS[lack.part]))
            else:
                enrolments.approve(self.it, lack.part, SUPERVISOR, seen.version)

    def seal(self) -> None:
        seen = self.seen
        if seen.state is EnrolmentState.PAUSED:
            with pytest.raises(WrongState):
                self.office.enrolments.seal(self.it, OPERATOR, seen.version)
        elif seen.open:
            with pytest.raises(SealingRefused) as refused:
                self.office.enrolments.seal(self.it, OPERATOR, seen.version)
            assert refused.value.lacks == seen.open
        else:
            self.office.enrolments.seal(self.it, OPERATOR, seen.version)


def check(seen: EnrolmentSnapshot) -> None:
    """What is well enough there for the packet is not said to be missing, and nothing is twice."""
    given = {
        unit
        for part in seen.parts
        for each in part.tries
        for unit, score in each.scores.items()
        if each.kept and score >= ENOUGH
    } | {part.key for part in seen.parts if part.files}
    missing = [each.unit for each in seen.exceptions]
    assert given.isdisjoint(missing)
    assert len(set(missing)) == len(missing)
    assert all(sum(each.kept for each in part.tries) <= 1 for part in seen.parts)


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_done_in_whatever_order(tmp_path: Path, seed: int) -> None:
    attendant = Attendant(tmp_path / "state", seed)
    ways = (*(attendant.capture, attendant.change) * 2, attendant.change_what_was_seen_before, attendant.restart)
    for _ in range(STEPS):
        version = attendant.seen.version
        try:
            attendant.chance.choice((*ways, attendant.seal))()
        except EnrolmentError:
            assert attendant.seen.version == version  # what is refused changes nothing
        check(attendant.seen)
        if attendant.seen.state is EnrolmentState.SEALED:
            break
    for _ in range(STEPS):
        if attendant.seen.state is EnrolmentState.SEALED:
            break
        if attendant.seen.open or attendant.seen.state is EnrolmentState.PAUSED:
            attendant.go_on()
            check(attendant.seen)
        else:
            attendant.seal()
    attendant.restart()
    assert attendant.seen.state is EnrolmentState.SEALED
    (statement,) = attendant.office.sealer.statements()
    assert statement["packet_id"] == attendant.seen.packet.packet_id
    due = [f"{attendant.it}/{version}" for version in range(1, attendant.seen.version + 1)]
    assert [each["event_id"] for each in attendant.office.audit.entries()] == due
    attendant.office.__exit__()

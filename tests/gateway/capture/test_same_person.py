"""Which remarks the earlier captures of a transaction give rise to, on drawn eyes."""

from dataclasses import replace
from functools import lru_cache

from drivers.iris.synthetic import drawn_eye
from gateway.capture.same_person import CAPTURES_KEPT, LEAST_IRIS_BITS, TRANSACTIONS_KEPT, SamePerson
from gateway.eye import EyePosition
from gateway.iris import IrisCode, analyze

RIGHT, LEFT = EyePosition.RIGHT, EyePosition.LEFT


@lru_cache
def code(seed: int, impression: int = 1) -> IrisCode:
    template = analyze(drawn_eye(seed, impression).pixels).template
    assert template is not None
    return template


def poor(whole: IrisCode) -> IrisCode:
    """A code of which lids left the outer rows alone."""
    mask = whole.mask.copy()
    mask[:, :12] = 0
    return replace(whole, bits=whole.bits & mask, mask=mask)


def remarks(person: SamePerson, transaction: str, **codes: IrisCode) -> list[str]:
    found = person.eye_remarks(transaction, {EyePosition[eye.upper()]: each for eye, each in codes.items()})
    return [remark.code.value for remark in found]


def test_each_eye_under_its_own_label_is_no_cause_for_a_remark():
    person = SamePerson()
    person.remember_eyes("t", {RIGHT: code(17), LEFT: code(40)})
    assert remarks(person, "t", right=code(17, 2), left=code(40, 2)) == []
    assert remarks(person, "t", left=code(40, 2)) == []


def test_eyes_that_changed_places_are_noticed():
    person = SamePerson()
    person.remember_eyes("t", {RIGHT: code(17)})
    assert remarks(person, "t", left=code(17, 2)) == ["same_eye_twice"]
    assert remarks(person, "t", right=code(40)) == ["wrong_eye"]
    person.remember_eyes("t", {LEFT: code(40)})
    assert remarks(person, "t", right=code(40, 2), left=code(17, 2)) == ["same_eye_twice", "wrong_eye"]


def test_a_poor_code_that_matches_nothing_proves_nothing():
    person = SamePerson()
    person.remember_eyes("t", {RIGHT: code(17)})
    assert poor(code(40)).counted < LEAST_IRIS_BITS < code(40).counted
    assert remarks(person, "t", right=poor(code(40))) == []
    person.remember_eyes("poor", {RIGHT: poor(code(17))})
    assert remarks(person, "poor", right=code(40)) == []


def test_transactions_do_not_meet_and_are_not_kept_without_end():
    person = SamePerson()
    for transaction in ("", "first"):
        person.remember_eyes(transaction, {RIGHT: code(17)})
    assert remarks(person, "", left=code(17)) == []
    assert remarks(person, "other", left=code(17)) == []
    for number in range(TRANSACTIONS_KEPT):
        person.remember_eyes(f"later {number}", {RIGHT: code(40)})
    assert remarks(person, "first", left=code(17)) == []
    for _ in range(CAPTURES_KEPT):
        person.remember_eyes("later 49", {LEFT: code(17)})
    assert remarks(person, "later 49", left=code(40)) == ["wrong_eye"]

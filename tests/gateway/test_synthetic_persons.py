"""Synthetic persons as the gateway's own matchers see them: known again, and nobody taken for another."""

from itertools import combinations, product

import numpy as np
import pytest

from drivers import PersonPart, synthetic_person
from drivers.fingerprint.synthetic import draw_fingerprint
from drivers.iris.synthetic import drawn_eye
from drivers.person.part import EYES, FINGERS
from gateway.enrolment import Sex, StrokePoint
from gateway.enrolment.images import checked_strokes
from gateway.enrolment.reference import nik, reference_remarks
from gateway.finger import FingerTemplate
from gateway.fingerprint import analyze, compare, score_at_fmr
from gateway.iris import IrisCode, distance_at_fmr
from gateway.iris import analyze as analyze_eye
from gateway.iris import compare as iris_distance

FMR = 0.0001
FIRST, AGAIN = 11, 12


def template(person: int, part: PersonPart, placement: int) -> FingerTemplate:
    return analyze(draw_fingerprint(synthetic_person(person).finger_seed(part), placement), 500.0).template


def code(person: int, part: PersonPart, sitting: int) -> IrisCode:
    side = "right" if part is PersonPart.RIGHT_EYE else "left"
    found = analyze_eye(drawn_eye(synthetic_person(person).eye_seed(part), sitting, side=side).pixels).template
    assert found is not None
    return found


@pytest.fixture(scope="module")
def fingers() -> dict[tuple[int, int], list[FingerTemplate]]:
    """All ten of person 42, every other one of them again, and of person 43."""
    parts = {(42, FIRST): FINGERS, (42, AGAIN): FINGERS[::2], (43, FIRST): FINGERS[::2]}
    return {who: [template(who[0], part, who[1]) for part in each] for who, each in parts.items()}


def test_a_person_is_known_again_by_each_finger(fingers: dict[tuple[int, int], list[FingerTemplate]]) -> None:
    threshold = score_at_fmr(FMR)
    mated = [compare(one, two) for one, two in zip(fingers[42, FIRST][::2], fingers[42, AGAIN], strict=True)]
    assert min(mated) >= threshold, mated


def test_ten_fingers_are_ten(fingers: dict[tuple[int, int], list[FingerTemplate]]) -> None:
    threshold = score_at_fmr(FMR)
    assert max(compare(one, two) for one, two in combinations(fingers[42, FIRST], 2)) < threshold


def test_another_person_is_another(fingers: dict[tuple[int, int], list[FingerTemplate]]) -> None:
    threshold = score_at_fmr(FMR)
    assert max(compare(one, two) for one, two in product(fingers[42, AGAIN], fingers[43, FIRST])) < threshold


def test_eyes_are_known_again_and_are_four() -> None:
    threshold = distance_at_fmr(FMR)
    first = {(who, eye): code(who, eye, FIRST) for who, eye in product((42, 43), EYES)}
    for eye in EYES:
        assert iris_distance(first[42, eye], code(42, eye, AGAIN)) <= threshold
    assert min(iris_distance(one, two) for one, two in combinations(first.values(), 2)) > threshold


@pytest.mark.parametrize("number", [0, 1, 42, 43, 9_998, 9_999, 99_999])
def test_what_a_form_asks_is_taken_without_a_remark(number: int) -> None:
    person = synthetic_person(number)
    assert reference_remarks(nik(person.nik), person.birth_date, Sex(person.sex)) == ()


def test_strokes_are_taken() -> None:
    strokes = [
        [StrokePoint(p.x, p.y, p.t_ms, p.pressure) for p in stroke]
        for stroke in synthetic_person(42).signature(np.random.default_rng(1).integers(1 << 30).item()).strokes
    ]
    assert checked_strokes(strokes).startswith(b'{"columns"')

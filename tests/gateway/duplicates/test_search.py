"""Who was recorded before: found, told apart, or honestly not checked."""

import threading
from dataclasses import fields, replace
from datetime import timedelta

import numpy as np
import pytest

from gateway.duplicates import (
    Biometrics,
    CheckOutcome,
    CheckRemark,
    DuplicateBook,
    FingerSample,
    IrisSample,
    SearchCancelled,
    Strength,
    fingers_of_record,
)
from gateway.eye import EyePosition
from gateway.finger import FingerPosition
from gateway.records import fmr
from tests.gateway.duplicates.recorded_people import (
    HERE,
    INDEX_FINGERS,
    START,
    fingers,
    ids,
    iris_code,
    irises,
    person,
)
from tests.gateway.fingerprint.synthetic_templates import changed, finger_template

PEOPLE = 260
"""More than are compared in full without a first look."""


@pytest.fixture(scope="module")
def book():
    with DuplicateBook(HERE) as filled:
        for number in range(PEOPLE):
            filled.add(person(number))
        yield filled


@pytest.mark.parametrize("number", [0, 17, 131, PEOPLE - 1])
def test_who_comes_again_is_found_and_nobody_else(book, number):
    answer = book.search(Biometrics(fingers(number, again=3)))
    assert answer.outcome is CheckOutcome.DUPLICATE
    (candidate,) = answer.candidates
    assert candidate.enrolment_id == f"E-{number}"
    assert (candidate.gateway_id, candidate.operator, candidate.recorded_at) == (HERE, "siti", START)
    assert (candidate.fingers, candidate.irises, candidate.swapped) == (2, 0, False)
    assert candidate.fmr < 1e-3 / PEOPLE
    assert candidate.strength is Strength.CERTAIN
    assert candidate.strength.text.id
    assert (answer.people, answer.compared) == (PEOPLE, PEOPLE)


def test_newcomers_are_not_warned_of(book):
    for number in range(5000, 5030):
        answer = book.search(Biometrics(fingers(number, again=1)))
        assert (answer.outcome, answer.candidates, answer.remarks) == (CheckOutcome.NO_DUPLICATE, (), ())


def test_an_answer_holds_nothing_of_the_others_samples(book):
    (candidate,) = book.search(Biometrics(fingers(4, again=1))).candidates
    for field in fields(candidate):
        assert isinstance(getattr(candidate, field.name), str | int | float | type(START) | Strength)


def test_exchanged_hands_are_found_and_said(book):
    right, left = fingers(40, again=2)
    exchanged = (replace(right, position=left.position), replace(left, position=right.position))
    (candidate,) = book.search(Biometrics(exchanged)).candidates
    assert (candidate.enrolment_id, candidate.swapped, candidate.fingers) == ("E-40", True, 2)


def test_fingers_without_a_position_are_laid_on_any(book):
    unknown = tuple(replace(sample, position=FingerPosition.UNKNOWN) for sample in fingers(41, again=2))
    (candidate,) = book.search(Biometrics(unknown)).candidates
    assert (candidate.enrolment_id, candidate.fingers) == ("E-41", 2)


def test_two_prints_of_one_finger_count_once(book):
    twice = fingers(50, INDEX_FINGERS[:1], again=1) + fingers(50, INDEX_FINGERS[:1], again=2)
    (candidate,) = book.search(Biometrics(twice)).candidates
    assert (candidate.enrolment_id, candidate.fingers) == ("E-50", 1)
    twice = fingers(6000, INDEX_FINGERS[:1], again=1) + fingers(6000, INDEX_FINGERS[:1], again=2)
    assert book.search(Biometrics(twice)).remarks == (CheckRemark.ONE_SAMPLE,)


def test_one_finger_in_common_is_enough_and_a_strangers_is_said_to_be_little(book):
    (candidate,) = book.search(Biometrics(fingers(77, INDEX_FINGERS[1:], again=1))).candidates
    assert (candidate.enrolment_id, candidate.fingers) == ("E-77", 1)
    answer = book.search(Biometrics(fingers(6000, INDEX_FINGERS[1:])))
    assert (answer.outcome, answer.remarks) == (CheckOutcome.NO_DUPLICATE, (CheckRemark.ONE_SAMPLE,))


def test_a_persons_own_tries_are_no_duplicate(book):
    probe = Biometrics(fingers(9, again=1))
    answer = book.search(probe, exclude="E-9")
    assert (answer.outcome, answer.people) == (CheckOutcome.NO_DUPLICATE, PEOPLE - 1)
    assert ids(book.search(probe, exclude="E-10")) == ["E-9"]


def few_minutiae(count):
    return FingerSample(FingerPosition.RIGHT_INDEX, finger_template(3, count))


@pytest.mark.parametrize(
    "nothing",
    [
        Biometrics(),
        Biometrics((few_minutiae(5), few_minutiae(0))),
        Biometrics(irises=(IrisSample(EyePosition.LEFT, iris_code(3, version=9)),)),
    ],
    ids=["no sample", "hardly a minutia", "another version"],
)
def test_nothing_usable_is_not_the_same_as_no_duplicate(book, nothing):
    answer = book.search(nothing)
    assert answer.outcome is CheckOutcome.NOT_CHECKED
    assert answer.remarks[0] is CheckRemark.NOTHING_USABLE
    assert "tidak dapat diperiksa" in answer.remarks[0].text.id
    assert (CheckRemark.IRISES_OF_ANOTHER_VERSION in answer.remarks) == bool(nothing.irises)


def test_nothing_in_common_is_not_checked_either(book):
    for probe in (Biometrics(irises=irises(3)), Biometrics(fingers(3, (FingerPosition.LEFT_LITTLE,)))):
        answer = book.search(probe)
        assert (answer.outcome, answer.compared) == (CheckOutcome.NOT_CHECKED, 0)
        assert answer.remarks == (CheckRemark.NOTHING_IN_COMMON,)


def test_those_who_have_nothing_in_common_are_counted():
    book = DuplicateBook(HERE)
    book.add(person(1))
    book.add(person(2, with_fingers=(FingerPosition.RIGHT_THUMB,)))
    answer = book.search(Biometrics(fingers(5)))
    assert (answer.outcome, answer.people, answer.compared) == (CheckOutcome.NO_DUPLICATE, 2, 1)
    assert CheckRemark.SOME_NOT_COMPARED in answer.remarks


def test_an_empty_book_has_no_duplicate():
    answer = DuplicateBook(HERE).search(Biometrics(fingers(1)))
    assert (answer.outcome, answer.people) == (CheckOutcome.NO_DUPLICATE, 0)


def test_little_seen_is_said(book):
    answer = book.search(Biometrics((few_minutiae(12),)))
    assert answer.remarks == (CheckRemark.ONE_SAMPLE, CheckRemark.FEW_MINUTIAE)


def test_irises_alone_are_searched_and_fused_with_fingers():
    book = DuplicateBook(HERE)
    for number in range(120):
        book.add(person(number, with_irises=(EyePosition.RIGHT, EyePosition.LEFT)))
    book.add(person(500, with_fingers=(), with_irises=(EyePosition.LEFT,)))
    (eyes_only,) = book.search(Biometrics(irises=irises(30, again=1))).candidates
    assert (eyes_only.enrolment_id, eyes_only.fingers, eyes_only.irises) == ("E-30", 0, 2)
    (both,) = book.search(Biometrics(fingers(31, again=1), irises(31, again=1))).candidates
    assert (both.enrolment_id, both.fingers, both.irises) == ("E-31", 2, 2)
    (one_eye,) = book.search(Biometrics(fingers(500, again=1), irises(500, again=1))).candidates
    assert (one_eye.enrolment_id, one_eye.fingers, one_eye.irises) == ("E-500", 0, 1)
    right, left = irises(32, again=1)
    exchanged = (replace(right, eye=left.eye), replace(left, eye=right.eye))
    (candidate,) = book.search(Biometrics(irises=exchanged)).candidates
    assert (candidate.enrolment_id, candidate.swapped) == ("E-32", True)
    assert book.search(Biometrics(fingers(900), irises(900))).outcome is CheckOutcome.NO_DUPLICATE


def test_iris_codes_of_another_version_are_left_out_and_said():
    book = DuplicateBook(HERE)
    foreign = IrisSample(EyePosition.LEFT, iris_code(3, version=9))
    somebody = person(3)
    book.add(replace(somebody, biometrics=Biometrics(somebody.biometrics.fingers, (foreign,))))
    answer = book.search(Biometrics(fingers(3, again=1)))
    assert ids(answer) == ["E-3"]
    assert answer.remarks == (CheckRemark.IRISES_OF_ANOTHER_VERSION,)


def test_everybody_is_seen_whatever_fingers_he_was_recorded_with():
    """Thumbs are richest here, but half of the people were recorded without."""
    book = DuplicateBook(HERE)
    thumbs, middles = (FingerPosition.RIGHT_THUMB, FingerPosition.LEFT_THUMB), (FingerPosition.RIGHT_MIDDLE,)
    for number in range(110):
        book.add(person(number, with_fingers=thumbs if number % 2 else middles))
    for number in (10, 11):
        every = fingers(number, (*thumbs, *INDEX_FINGERS, *middles), again=1)
        assert ids(book.search(Biometrics(every))) == [f"E-{number}"]


def test_the_same_person_added_twice_is_one_person_with_the_later_samples():
    book = DuplicateBook(HERE)
    assert book.add(person(1))
    assert not book.add(person(1))
    assert len(book) == 1
    supplement = person(1, with_fingers=(FingerPosition.LEFT_RING,))
    assert not book.add(supplement)
    assert ids(book.search(Biometrics(fingers(1, (FingerPosition.LEFT_RING,), again=1)))) == ["E-1"]
    assert book.search(Biometrics(fingers(1, again=1))).outcome is CheckOutcome.NOT_CHECKED


def test_a_record_of_minutiae_gives_samples():
    record = fmr.encode_template(finger_template(8), FingerPosition.RIGHT_INDEX, 70)
    (sample,) = fingers_of_record(record)
    assert (sample.position, len(sample.template)) == (FingerPosition.RIGHT_INDEX, len(finger_template(8)))


def test_what_cannot_be_is_refused_and_nothing_is_added(book):
    endless = changed(finger_template(1), x=np.full(40, np.nan, np.float32))
    bad = Biometrics((FingerSample(FingerPosition.RIGHT_INDEX, endless),))
    with pytest.raises(ValueError, match="finite"):
        book.search(bad)
    with pytest.raises(ValueError, match="finite"):
        book.add(replace(person(9000), biometrics=bad))
    with pytest.raises(ValueError, match="list"):
        book.add(person(9000, gateway_id="desk-2"))
    with pytest.raises(ValueError, match="enrolment_id"):
        replace(person(1), enrolment_id="")
    with pytest.raises(ValueError, match="UTC"):
        replace(person(1), recorded_at=START.replace(tzinfo=None))
    with pytest.raises(ValueError, match="rate"):
        book.search(Biometrics(fingers(1)), false_alarm_rate=0)
    assert len(book) == PEOPLE


def test_a_search_is_cancelled_wherever_it_is(book):
    probe = Biometrics(fingers(9, again=1))
    asked = 0

    def count():
        nonlocal asked
        asked += 1
        return False

    book.search(probe, cancelled=count)
    assert asked > 50
    for last in (1, 3, asked // 2, asked - 1):
        left = iter(range(last))
        with pytest.raises(SearchCancelled):
            book.search(probe, cancelled=lambda left=left: next(left, None) is None)


def test_searches_beside_additions_and_erasures_stay_right():
    book = DuplicateBook(HERE)
    for number in range(60):
        book.add(person(number, with_irises=(EyePosition.LEFT,)))
    errors, stop = [], threading.Event()

    def searching(number):
        try:
            while not stop.is_set():
                probe = Biometrics(fingers(number, again=1), irises(number, (EyePosition.LEFT,), again=1))
                assert ids(book.search(probe)) == [f"E-{number}"]
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=searching, args=(number,)) for number in (3, 7)]
    for thread in threads:
        thread.start()
    for number in range(60, 100):
        book.add(person(number, with_irises=(EyePosition.LEFT,)))
        book.forget(f"E-{number - 40}")
    stop.set()
    for thread in threads:
        thread.join(60)
    assert not errors
    assert len(book) == 60
    assert ids(book.search(Biometrics(fingers(99, again=1)))) == ["E-99"]
    assert book.search(Biometrics(fingers(30, again=1))).outcome is CheckOutcome.NO_DUPLICATE


def test_in_memory_alone_old_people_are_purged_too():
    book = DuplicateBook(HERE)
    for number in range(6):
        book.add(person(number, day=number))
    assert not book.kept
    assert "memory alone" in book.warnings()[0].en
    assert "memori" in book.warnings()[0].id
    erased = book.purge(START + timedelta(days=33), timedelta(days=30))
    assert erased.enrolment_ids == ("E-0", "E-1", "E-2")
    assert len(book) == 3

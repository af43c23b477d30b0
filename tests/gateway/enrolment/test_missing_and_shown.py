"""What is said to be missing, and what is there: a packet never says both of one finger or eye."""

import pytest

from gateway.capture.values import MissingReason
from gateway.enrolment import EnrolmentSnapshot, ExceptionReason, ExceptionRefused, PartStatus
from tests.gateway.enrolment.office import OPERATOR, SUPERVISOR, Office, portrait

HAND = """
id = "hand"
version = 1
most_tries = 3
duplicates = "none"
[name]
id = "Tangan"
en = "Hand"
[[step]]
alternatives = [["right-four"], ["right-index", "right-middle", "right-ring", "right-little"]]
"""
FINGERS = (1, 2, 3, 4)


@pytest.fixture
def office(tmp_path):
    with Office(tmp_path / "state", HAND) as opened:
        yield opened


def said(snapshot: EnrolmentSnapshot) -> list[str]:
    return [each.unit for each in snapshot.exceptions]


def test_a_capture_does_not_say_missing_of_what_is_there(office):
    snapshot = office.create()
    it = snapshot.enrolment_id
    index = office.finger(it, "right-index", 1)
    snapshot = office.add(snapshot, index)
    missing = office.missing(it, "right-index", MissingReason.AMPUTATED)
    with pytest.raises(ExceptionRefused, match="right index finger is there"):
        office.add(snapshot, missing)
    assert office.enrolments.get(it) == snapshot
    snapshot = office.enrolments.remove_capture(it, index, "of somebody else", OPERATOR, snapshot.version)
    assert said(office.add(snapshot, missing)) == ["right-index"]


def test_a_retake_may_say_missing_of_what_it_takes_the_place_of(office):
    snapshot = office.create()
    it = snapshot.enrolment_id
    twice = office.finger(it, "right-middle", 1)
    snapshot = office.add(snapshot, office.finger(it, "right-index", 1), twice)
    assert [each.warning.code for each in snapshot.warnings] == ["same_finger_twice"]
    snapshot = office.add(snapshot, office.missing(it, "right-middle", MissingReason.BANDAGED, retake_of=twice))
    assert (said(snapshot), snapshot.warnings) == (["right-middle"], ())


def test_a_finger_of_a_slap_that_does_not_count_yet_is_there_all_the_same(office):
    snapshot = office.create("hand")
    it = snapshot.enrolment_id
    snapshot = office.add(snapshot, office.slap(it, "right-four", (None, *FINGERS[1:])))
    assert snapshot.parts[0].status == PartStatus.BELOW_THRESHOLD
    with pytest.raises(ExceptionRefused, match="right ring finger is there"):
        office.enrolments.add_exception(it, "right-ring", ExceptionReason.BANDAGED, OPERATOR, snapshot.version)
    with pytest.raises(ExceptionRefused, match="right ring finger is there"):
        office.add(snapshot, office.missing(it, "right-ring", MissingReason.BANDAGED))
    # Of the whole hand the one that is not shown is missing, and with it the rest is enough.
    snapshot = office.enrolments.add_exception(
        it, "right-four", ExceptionReason.AMPUTATED, OPERATOR, snapshot.version, approver=SUPERVISOR
    )
    assert (said(snapshot), snapshot.open) == (["right-index"], ())
    office.enrolments.seal(it, OPERATOR, snapshot.version)
    (statement,) = office.sealer.statements()
    (kept,) = statement["parts"][0]["tries"]
    assert set(kept["scores"]).isdisjoint(each["unit"] for each in statement["exceptions"])


def test_a_finger_that_is_there_too_poorly_may_be_said_to_be_missing(office):
    snapshot = office.create()
    it = snapshot.enrolment_id
    snapshot = office.add(snapshot, office.finger(it, "right-index", 1, score=3), office.finger(it, "right-middle", 2))
    snapshot = office.enrolments.add_portrait(it, portrait(), OPERATOR, snapshot.version)
    snapshot = office.enrolments.add_exception(
        it, "right-index", ExceptionReason.BANDAGED, OPERATOR, snapshot.version, approver=SUPERVISOR
    )
    assert (said(snapshot), snapshot.open) == (["right-index"], ())

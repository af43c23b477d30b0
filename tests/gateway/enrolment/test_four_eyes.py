"""Who approves is another person than who did what is approved."""

import pytest

from gateway.enrolment import ApprovalRefused, ExceptionReason
from tests.gateway.enrolment.office import OPERATOR, SUPERVISOR, Office

BUDI = "budi"


@pytest.fixture
def office(tmp_path):
    with Office(tmp_path / "state") as opened:
        yield opened


def test_who_made_a_poor_capture_does_not_approve_it(office):
    snapshot = office.create()
    it, enrolments = snapshot.enrolment_id, office.enrolments
    snapshot = enrolments.add_capture(it, office.finger(it, "right-index", 1, score=3), BUDI)
    for nobody in (BUDI, OPERATOR):
        with pytest.raises(ApprovalRefused, match="another person"):
            enrolments.approve(it, "right-index", nobody, snapshot.version)
    enrolments.approve(it, "right-index", SUPERVISOR, snapshot.version)


def test_who_made_a_mix_up_does_not_approve_it(office):
    snapshot = office.create()
    it, enrolments = snapshot.enrolment_id, office.enrolments
    for unit, by in (("right-index", OPERATOR), ("right-middle", BUDI)):
        snapshot = enrolments.add_capture(it, office.finger(it, unit, 1), by)
    with pytest.raises(ApprovalRefused, match="another person"):
        enrolments.approve(it, "right-index", BUDI, snapshot.version)
    assert enrolments.approve(it, "right-index", SUPERVISOR, snapshot.version).warnings[0].approved_by == SUPERVISOR


def test_who_began_the_enrolment_approves_no_exception_in_it(office):
    snapshot = office.create()
    it, enrolments = snapshot.enrolment_id, office.enrolments
    for approver in (OPERATOR, BUDI, " "):
        with pytest.raises(ApprovalRefused, match="another person"):
            enrolments.add_exception(
                it, "right-index", ExceptionReason.REFUSED, BUDI, snapshot.version, approver=approver
            )


@pytest.mark.parametrize("typed", ["SARI", " sari", "Sari  "])
def test_a_name_typed_otherwise_is_no_other_person(office, typed):
    snapshot = office.create()
    it, enrolments = snapshot.enrolment_id, office.enrolments
    snapshot = enrolments.add_exception(it, "right-index", ExceptionReason.REFUSED, OPERATOR, snapshot.version)
    with pytest.raises(ApprovalRefused, match="another person"):
        enrolments.approve(it, "right-index", typed, snapshot.version)

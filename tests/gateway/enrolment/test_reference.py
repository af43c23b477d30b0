"""A NIK has a shape, and is never shown; what differs from the register is remarked on."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.enrolment import EnrolmentError, ReferenceFault, ReferenceInvalid, ReferenceRemark, Sex, SpoolCaptures
from gateway.enrolment.packing import packing_of
from gateway.enrolment.record import replayed
from gateway.enrolment.reference import application_number, nik, reference_remarks
from tests.gateway.enrolment.office import NIK, OPERATOR, Office


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("360204121187001", ReferenceFault.LENGTH),
        ("36020412118700011", ReferenceFault.LENGTH),
        ("", ReferenceFault.LENGTH),
        ("36020412118700O1", ReferenceFault.NOT_DIGITS),
        ("3602 0412118700", ReferenceFault.NOT_DIGITS),
        ("٣602041211870001", ReferenceFault.NOT_DIGITS),
        ("1002041211870001", ReferenceFault.PROVINCE),
        ("9702041211870001", ReferenceFault.PROVINCE),
        ("3602040011870001", ReferenceFault.DAY),
        ("3602043211870001", ReferenceFault.DAY),
        ("3602044011870001", ReferenceFault.DAY),
        ("3602047211870001", ReferenceFault.DAY),
        ("3602041200870001", ReferenceFault.MONTH),
        ("3602041213870001", ReferenceFault.MONTH),
        ("3602041211870000", ReferenceFault.SERIAL),
    ],
)
def test_what_no_nik_can_be_is_refused_and_not_repeated(text, fault):
    with pytest.raises(ReferenceInvalid) as refused:
        nik(text)
    assert refused.value.fault == fault
    assert len(text) < 4 or text not in str(refused.value)


@given(
    st.integers(11, 96),
    st.integers(0, 9999),
    st.integers(1, 31),
    st.booleans(),
    st.integers(1, 12),
    st.integers(0, 99),
    st.integers(1, 9999),
)
def test_every_shape_is_taken_and_masked(province, place, day, woman, month, year, serial):
    text = f"{province:02}{place:04}{day + 40 * woman:02}{month:02}{year:02}{serial:04}"
    reference = nik(text)
    assert reference.value == text
    for shown in (repr(reference), str(reference), f"{reference}", repr([reference])):
        assert text not in shown
        assert text[:6] not in shown
    assert reference.masked == "•" * 12 + text[12:]


def test_a_date_that_no_calendar_has_stays_as_it_is():
    assert nik("3602043102870001").value[6:10] == "3102"


def test_a_mismatch_is_remarked_on_and_never_refused():
    man, woman = nik(NIK), nik("3602045211870001")
    assert reference_remarks(man, date(1987, 11, 12), Sex.MALE) == ()
    assert reference_remarks(woman, date(1987, 11, 12), Sex.FEMALE) == ()
    assert reference_remarks(man, date(1887, 11, 12)) == ()  # the century is not in a NIK
    both = (ReferenceRemark.BIRTH_DATE_DIFFERS, ReferenceRemark.SEX_DIFFERS)
    assert reference_remarks(man, date(1987, 12, 11), Sex.FEMALE) == both
    assert reference_remarks(application_number("A-1", ".*"), date(2000, 1, 1), Sex.MALE) == ()


def test_what_is_made_of_it_does_not_show_it_either(tmp_path):
    with Office(tmp_path / "state") as office:
        snapshot = office.filled()
        record = replayed(snapshot.enrolment_id, office.store.entries(snapshot.enrolment_id))
        sealing = packing_of(record, SpoolCaptures(office.spool), "p", OPERATOR, record.started)
        assert sealing.statement.as_json()["reference"]["value"] == NIK
        for value in (snapshot, record, record.created, sealing, sealing.statement):
            assert NIK not in repr(value)
            assert NIK not in str(value)


def test_in_an_enrolment(tmp_path):
    with Office(tmp_path / "state") as office:
        create = office.enrolments.create
        snapshot = create("auth", OPERATOR, nik=NIK, birth_date=date(1990, 1, 1), sex=Sex.FEMALE)
        assert [remark.value for remark in snapshot.reference_remarks] == ["birth_date_differs", "sex_differs"]
        assert create("auth", OPERATOR, application_number="LAMAR/2026-17").reference.value == "LAMAR/2026-17"
        for given_texts in ({}, {"nik": NIK, "application_number": "A-123"}, {"application_number": "no spaces"}):
            with pytest.raises(EnrolmentError):
                create("auth", OPERATOR, **given_texts)
        assert len(office.enrolments.list()) == 2

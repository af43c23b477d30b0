"""Machine readable zones: the specimens of ICAO Doc 9303, and what is wrong with a changed one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.card import MalformedCardData
from gateway.card_reading import MrzField, MrzLayout, read_mrz

TD3 = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10"
"""9303-4, appendix A."""
TD1 = "I<UTOD231458907<<<<<<<<<<<<<<<7408122F1204159UTO<<<<<<<<<<<6ERIKSSON<<ANNA<MARIA<<<<<<<<<<"
"""9303-5, appendix A."""
TD2 = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<D231458907UTO7408122F1204159<<<<<<<6"
"""9303-6, appendix A."""
LONG_NUMBER = "I<UTOD23145890<7349<<<<<<<<<<<3407127M9507122UTO<<<<<<<<<<<2STEVENSON<<PETER<JOHN<<<<<<<<<"
"""9303-11, appendix D.2: a document number of twelve characters."""


def test_the_specimen_passport():
    zone = read_mrz(TD3)
    assert (zone.layout, zone.document_code, zone.issuer) == (MrzLayout.TD3, "P", "UTO")
    assert (zone.document_number, zone.nationality) == ("L898902C3", "UTO")
    assert (zone.birth, zone.sex, zone.expiry) == ("740812", "F", "120415")
    assert (zone.primary_name, zone.secondary_name) == ("ERIKSSON", "ANNA MARIA")
    assert zone.optional_data == "ZE184226B"
    assert zone.wrong_checks == ()


@pytest.mark.parametrize(("text", "layout"), [(TD1, MrzLayout.TD1), (TD2, MrzLayout.TD2)])
def test_the_specimen_cards(text, layout):
    zone = read_mrz(text)
    assert (zone.layout, zone.document_code, zone.issuer) == (layout, "I", "UTO")
    assert (zone.document_number, zone.birth, zone.expiry) == ("D23145890", "740812", "120415")
    assert (zone.primary_name, zone.secondary_name, zone.optional_data) == ("ERIKSSON", "ANNA MARIA", "")
    assert zone.wrong_checks == ()


def test_a_long_document_number_goes_on_in_the_optional_data():
    zone = read_mrz(LONG_NUMBER)
    assert (zone.document_number, zone.optional_data) == ("D23145890734", "")
    assert MrzField.DOCUMENT_NUMBER not in zone.wrong_checks
    assert (zone.primary_name, zone.secondary_name) == ("STEVENSON", "PETER JOHN")


def test_a_person_with_one_name():
    zone = read_mrz(TD1[:60] + "SUKARNO".ljust(30, "<"))
    assert (zone.primary_name, zone.secondary_name) == ("SUKARNO", "")


@pytest.mark.parametrize(
    ("place", "field"),
    [
        (44, MrzField.DOCUMENT_NUMBER),
        (44 + 13, MrzField.BIRTH),
        (44 + 21, MrzField.EXPIRY),
        (44 + 28, MrzField.OPTIONAL),
        (44 + 43, MrzField.COMPOSITE),
    ],
)
def test_a_changed_field_is_named(place, field):
    changed = "6" if TD3[place] != "6" else "5"
    assert field in read_mrz(TD3[:place] + changed + TD3[place + 1 :]).wrong_checks


@pytest.mark.parametrize("text", ["", TD3[:-1], TD3.lower(), TD1[:-1] + "é", TD3 + "<"])
def test_what_is_no_zone_is_refused(text):
    with pytest.raises(MalformedCardData):
        read_mrz(text)


@given(st.text("ABC019<", min_size=90, max_size=90) | st.text("ABC019<", min_size=72, max_size=72))
def test_any_zone_of_the_right_form_is_taken_apart(text):
    zone = read_mrz(text)
    assert zone.layout in (MrzLayout.TD1, MrzLayout.TD2)
    assert text[:8] not in repr(zone)

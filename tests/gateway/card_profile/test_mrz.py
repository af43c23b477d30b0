"""The machine readable zone: ICAO's own example, round trips, and what is refused."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.card_profile import LIFELONG, Biodata, Sex, mrz_of, read_mrz

# ICAO Doc 9303-5, appendix: the TD1 specimen of Utopia.
UTOPIA = b"I<UTOD231458907<<<<<<<<<<<<<<<7408122F1204159UTO<<<<<<<<<<<6ERIKSSON<<ANNA<MARIA<<<<<<<<<<"


def bearer(**changes):
    given = {
        "reference": "A-2026-1",
        "name": "Eriksson",
        "birth_date": date(1974, 8, 12),
        "sex": Sex.FEMALE,
        "citizenship": "UTO",
        "valid_until": date(2012, 4, 15),
        "card_number": "D23145890",
        **changes,
    }
    return Biodata(**given)


def test_the_specimen_is_read():
    zone = read_mrz(UTOPIA)
    assert (zone.document_code, zone.state, zone.number, zone.nationality) == ("I", "UTO", "D23145890", "UTO")
    assert (zone.birth, zone.sex, zone.expiry) == ("740812", Sex.FEMALE, "120415")
    assert zone.names == "ERIKSSON<<ANNA<MARIA"
    assert "ERIKSSON" not in repr(zone)


def test_the_specimens_first_two_lines_are_written():
    assert mrz_of(bearer(), "I", "UTO")[:60] == UTOPIA[:60]


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("SITI AMINAH", "SITI<AMINAH"),
        ("Nur'aini Putri", "NURAINI<PUTRI"),
        ("Muhammad, S.Kom.", "MUHAMMAD<S<KOM"),
        ("Željko Æsop-Łuk", "ZELJKO<AESOP<LUK"),
        ("A" * 29 + " BUDI", "A" * 29),
        ("Sukarno", "SUKARNO"),
    ],
)
def test_names(name, written):
    assert read_mrz(mrz_of(bearer(name=name), "ID", "UTO")).names == written


@given(
    st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=9),
    st.none() | st.dates(date(1900, 1, 1), date(2026, 1, 1)),
    st.dates(date(2026, 1, 1), date(2099, 12, 31)),
    st.sampled_from([None, *Sex]),
)
def test_what_is_written_is_read(number, birth, until, sex):
    zone = read_mrz(mrz_of(bearer(card_number=number, birth_date=birth, valid_until=until, sex=sex), "ID", "UTO"))
    assert zone.number == number
    assert zone.birth == ("<<<<<<" if birth is None else f"{birth:%y%m%d}")
    assert zone.expiry == f"{until:%y%m%d}"
    assert zone.sex is (sex or Sex.UNSPECIFIED)


def test_a_citizen_is_of_indonesia():
    assert read_mrz(mrz_of(bearer(citizenship="WNI"), "ID", "UTO")).nationality == "IDN"


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"card_number": ""}, "card's number"),
        ({"card_number": "1234567890"}, "card's number"),
        ({"valid_until": None}, "none for a card without end"),
        ({"valid_until": LIFELONG}, "none for a card without end"),
        ({"citizenship": "WNA"}, "citizenship"),
        ({"citizenship": "ASING"}, "citizenship"),
        ({"name": ""}, "name is missing"),
        ({"name": "李"}, "letters that the zone has not"),
    ],
)
def test_what_the_zone_cannot_hold_is_refused(changes, complaint):
    with pytest.raises(ValueError, match=complaint):
        mrz_of(bearer(**changes), "ID", "UTO")


@pytest.mark.parametrize(
    ("at", "to", "complaint"),
    [
        (5, b"E", "number"),
        (30, b"8", "birth"),
        (38, b"2", "expiry"),
        (50, b"X", "zone as a whole"),
        (37, b"Q", "sex"),
        (60, b"a", "A-Z"),
        (60, b"\xc3", "not ASCII"),
    ],
)
def test_what_is_changed_is_refused(at, to, complaint):
    with pytest.raises(ValueError, match=complaint):
        read_mrz(UTOPIA[:at] + to + UTOPIA[at + 1 :])


@given(st.binary(max_size=100))
def test_any_bytes_are_no_zone(octets):
    with pytest.raises(ValueError, match="zone"):
        read_mrz(octets)


def test_a_long_number_goes_on_in_the_optional_field():
    # 9303-5, 4.2.4: a filler in the place of the check digit, the rest of the number and its digit behind.
    line = b"I<UTOD23145890<7349<<<<<<<<<<<"
    middle = b"3407127M9507122UTO<<<<<<<<<<<2"
    zone = read_mrz(line + middle + b"STEVENSON<<PETER<JOHN<<<<<<<<<")
    assert zone.number == "D23145890734"

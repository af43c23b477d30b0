"""Biodata on a card: what is written is read, and nothing malformed is."""

import random
import unicodedata
from dataclasses import fields
from datetime import date
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.card import data_object, data_objects, only_object
from gateway.card_profile import LIFELONG, Biodata, CardPerson, MalformedContent, Sex
from gateway.card_profile.biodata import SALT_TAG, TAGS, TEMPLATE, decode_biodata, encode_biodata
from gateway.card_profile.person import text_problem
from tests.gateway.card_profile.persons import biodata

LETTERS = st.characters(categories=("Lu", "Ll", "Lo", "Mn", "Nd", "Po", "Pd"), max_codepoint=0xFFFF)
WORDS = st.text(LETTERS, max_size=12).map(partial(unicodedata.normalize, "NFC"))
TEXTS = WORDS.filter(lambda text: not text_problem(text))
DATES = st.none() | st.dates(date(1, 1, 1), LIFELONG)
SALT = bytes(range(8))


@st.composite
def all_biodata(draw):
    # A few fields at a time: all of them take long to draw, and each is coded by itself.
    chosen = draw(st.sets(st.sampled_from([each.name for each in fields(Biodata)]), max_size=6)) | {"reference"}
    values = {}
    for each in fields(Biodata):
        if each.name not in chosen:
            continue
        if each.name == "reference":
            values[each.name] = draw(st.from_regex(r"[0-9A-Z][0-9A-Z/-]{3,39}", fullmatch=True))
        elif each.name == "sex":
            values[each.name] = draw(st.none() | st.sampled_from(list(Sex)))
        elif each.type in (str, "str"):
            values[each.name] = draw(TEXTS)
        else:
            values[each.name] = draw(DATES)
    return Biodata(**values)


def written(*objects: tuple[int, bytes]) -> bytes:
    return data_object(TEMPLATE, b"".join(data_object(*each) for each in objects))


@given(all_biodata())
def test_what_is_written_is_read(original):
    assert decode_biodata(encode_biodata(original, bytes)) == original


@given(st.binary(max_size=80))
def test_any_bytes_are_refused_or_read(octets):
    try:
        decode_biodata(octets)
    except MalformedContent:
        return
    pytest.fail("random bytes were read as biodata")


@given(all_biodata(), st.data())
def test_a_bit_that_flips_never_gives_another_spelling_of_the_same(original, data):
    octets = bytearray(encode_biodata(original, bytes))
    at, bit = data.draw(st.integers(0, len(octets) - 1)), data.draw(st.integers(0, 7))
    octets[at] ^= 1 << bit
    try:
        read = decode_biodata(bytes(octets))
    except MalformedContent:
        return
    in_salt = at >= len(octets) - 8
    assert (read == original) == in_salt


def test_equal_biodata_have_unlike_digests():
    source = random.Random(1)
    one, other = (encode_biodata(biodata(), source.randbytes) for _ in range(2))
    assert one != other
    assert decode_biodata(one) == decode_biodata(other)


def test_every_field_has_a_tag_of_its_own():
    assert list(TAGS) == sorted(TAGS, key=TAGS.__getitem__)
    assert set(TAGS) == {each.name for each in fields(Biodata)}
    assert SALT_TAG not in TAGS.values()


def test_only_what_is_known_is_written():
    octets = encode_biodata(Biodata("A-2026-1"), lambda count: SALT[:count])
    assert [item.tag for item in data_objects(only_object(octets, TEMPLATE))] == [TAGS["reference"], SALT_TAG]


@pytest.mark.parametrize(
    ("octets", "complaint"),
    [
        (written((0x80, b"12345678")), "does not end"),
        (written((0x80, b"12345678"), (0x9E, b"short")), "does not end"),
        (written((0x9E, SALT)), "reference is missing"),
        (written((0x81, b"A"), (0x80, b"12345678"), (0x9E, SALT)), "do not rise"),
        (written((0x80, b"12345678"), (0x80, b"12345678"), (0x9E, SALT)), "comes twice"),
        (written((0x80, b"12345678"), (0x95, b"x"), (0x9E, SALT)), "95 is no field"),
        (written((0x80, b"12345678"), (0x81, b""), (0x9E, SALT)), "name is there and empty"),
        (written((0x80, b"12345678"), (0x81, b"\xff"), (0x9E, SALT)), "name is not UTF-8"),
        (written((0x80, b"12345678"), (0x81, b"A\nB"), (0x9E, SALT)), "name: a line break"),
        (written((0x80, b"12345678"), (0x83, b"2001021"), (0x9E, SALT)), "birth_date is not eight"),
        (written((0x80, b"12345678"), (0x83, b"20010230"), (0x9E, SALT)), "birth_date is no day"),
        (written((0x80, b"12345678"), (0x84, b"Q"), (0x9E, SALT)), "sex is none"),
        (written((0x80, b"ab"), (0x9E, SALT)), "reference: 4 to 40"),
        (written((0x80, b"12345678"), (0x9E, SALT)) + b"\x00\x00", "one data object"),
    ],
)
def test_what_is_malformed_names_the_field(octets, complaint):
    with pytest.raises(MalformedContent, match=complaint) as caught:
        decode_biodata(octets)
    assert "12345678" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"reference": "12 34"}, "reference"),
        ({"name": " A"}, "name: blanks"),
        ({"name": "A" * 161}, "name: at most"),
        ({"name": "A\u0301"}, "name: not in Unicode"),
        ({"address": "A\u202eB"}, "address: a line break"),
        ({"sex": "male"}, "sex"),
        ({"birth_date": "2001-01-01"}, "birth_date"),
    ],
)
def test_biodata_out_of_their_form_are_refused(changes, complaint):
    with pytest.raises(ValueError, match=complaint):
        biodata(**changes)


def test_no_text_form_shows_a_person():
    one = biodata()
    for text in (repr(one), str(one), repr(CardPerson(one)), f"{CardPerson(one)}"):
        assert one.reference not in text
        assert "SITI" not in text

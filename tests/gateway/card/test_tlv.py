"""Data objects: what is written is read, nothing malformed is, and another parser agrees."""

import pytest
from asn1crypto import parser
from hypothesis import given
from hypothesis import strategies as st

from gateway.card.errors import MalformedCardData
from gateway.card.tlv import data_object, data_objects, objects_by_tag, only_object

TAGS = st.sampled_from([0x04, 0x30, 0x5F1F, 0x61, 0x7C, 0x7F49, 0x7F61, 0x80, 0x87, 0x99, 0x9F8101, 0x5F2E])
OBJECTS = st.lists(st.tuples(TAGS, st.binary(max_size=300)), max_size=6)


@given(OBJECTS)
def test_what_is_written_is_read(objects):
    written = b"".join(data_object(tag, value) for tag, value in objects)
    read = data_objects(written)
    assert [(item.tag, item.value) for item in read] == objects
    assert b"".join(item.raw for item in read) == written


@given(TAGS, st.binary(max_size=70_000))
def test_another_parser_reads_the_same(tag, value):
    written = data_object(tag, value)
    _class, _method, _number, header, content, trailer = parser.parse(written, strict=True)
    assert content == value
    assert trailer == b""
    assert int.from_bytes(header[: (tag.bit_length() + 7) // 8], "big") == tag


@given(st.binary(max_size=60))
def test_any_bytes_are_read_whole_or_refused(octets):
    try:
        read = data_objects(octets)
    except MalformedCardData:
        return
    assert b"".join(item.raw for item in read) == octets


@given(OBJECTS.filter(bool), st.data())
def test_what_is_cut_off_is_never_read_as_all(objects, data):
    written = b"".join(data_object(tag, value) for tag, value in objects)
    cut = written[: data.draw(st.integers(0, len(written) - 1))]
    try:
        read = data_objects(cut)
    except MalformedCardData:
        return
    assert len(read) < len(objects)


@pytest.mark.parametrize(
    ("octets", "complaint"),
    [
        ("3080", "indefinite"),
        ("3085000000000100", "longer than 4"),
        ("308201", "cut off"),
        ("30", "missing"),
        ("7F", "cut off"),
        ("7F8181810100", "longer than 3"),
        ("040301", "says 3 bytes"),
    ],
)
def test_malformed_objects_are_named_by_place(octets, complaint):
    with pytest.raises(MalformedCardData, match=complaint):
        data_objects(bytes.fromhex(octets))


def test_a_length_may_be_longer_than_needed():
    assert only_object(bytes.fromhex("048200020102"), 0x04) == b"\x01\x02"


def test_doubles_and_strangers_are_refused():
    with pytest.raises(MalformedCardData, match="twice"):
        objects_by_tag(bytes.fromhex("80008000"))
    with pytest.raises(MalformedCardData, match="7C is due; there are 0"):
        only_object(b"", 0x7C)
    with pytest.raises(MalformedCardData, match="80 is due; there are 2"):
        only_object(bytes.fromhex("80008100"), 0x80)


def test_the_text_of_an_object_shows_no_value():
    (item,) = data_objects(bytes.fromhex("8004DEADBEEF"))
    assert repr(item) == "<data object 80, 4 bytes>"

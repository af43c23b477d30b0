"""Indexes and groups of travel documents: read strictly, and no complaint shows what stands in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.card import MalformedCardData, data_object
from gateway.card_reading import IndexFault, portrait_of
from gateway.card_reading.travel_document import (
    GROUP_TAGS,
    group_fid,
    group_of_fid,
    index_findings,
    mrz_of_group,
    read_index,
)
from tests.gateway.card_reading.documents import MRZ, groups, index


def test_an_index_tells_versions_and_groups_in_order():
    found = read_index(index((14, 1, 2)))
    assert (found.lds_version, found.unicode_version, found.groups) == ("0107", "040000", (1, 2, 14))


@pytest.mark.parametrize(
    ("octets", "complaint"),
    [
        (data_object(0x60, data_object(0x5F01, b"0107")), "no list"),
        (data_object(0x60, data_object(0x5C, b"\x61\x42")), "42"),
        (data_object(0x60, data_object(0x5C, b"\x61") + data_object(0x5F01, b"\xff")), "no text"),
        (data_object(0x61, b""), "data objects that are due"),
        (b"\x60\x05\x5c", "data objects that are due"),
    ],
)
def test_an_index_of_another_form_is_refused(octets, complaint):
    with pytest.raises(MalformedCardData, match=complaint):
        read_index(octets)


def test_groups_and_their_identifiers():
    assert {group_of_fid(group_fid(number)) for number in GROUP_TAGS} == set(GROUP_TAGS)
    assert [group_of_fid(fid) for fid in (0x0100, 0x0111, 0x011D, 0x011E, 0x0201)] == [None] * 5


def test_nothing_known_nothing_contradicted():
    assert index_findings(None, None, {3}, {}) == ()
    findings = index_findings({1, 2}, {2, 3}, {1, 3}, {2: b"\x61\x00"})
    assert [(each.fault, each.group) for each in findings] == [
        (IndexFault.NOT_SIGNED, 1),
        (IndexFault.NOT_LISTED, 3),
        (IndexFault.MISSING, 1),
        (IndexFault.MISSING, 3),
        (IndexFault.WRONG_TAG, 2),
    ]
    assert str(findings[0]) == "DG1: EF.COM lists it, EF.SOD does not sign it"


def test_the_zone_of_a_group():
    assert mrz_of_group(groups()[1]).document_number == MRZ[44:53]


@given(st.binary(max_size=60), st.sampled_from([mrz_of_group, portrait_of, read_index]))
def test_garbled_files_are_refused_without_a_trace_of_them(octets, read):
    for content in (octets, data_object(0x75, octets), data_object(0x61, octets), data_object(0x60, octets)):
        try:
            read(content)
        except MalformedCardData as error:
            complaint = error
        else:
            continue
        assert complaint.__cause__ is None
        assert complaint.__context__ is None
        assert len(octets) < 4 or octets[:4].hex() not in str(complaint).lower()

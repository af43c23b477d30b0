"""The PKCS #15 card: its directories as the standard has them, by another parser, and nothing malformed read."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.card import data_objects, only_object
from gateway.card_profile import (
    CardInfo,
    ContentFaultCode,
    DirectoryEntry,
    ListedObject,
    check_seal,
    load_profile,
    read_contents,
)
from tests.gateway.card_profile.persons import SERIAL, biodata, sample_card, signing_key, trust

PKCS15 = load_profile("pkcs15-demo")
DIRECTORIES = ("objects", "certificates", "data", "pins", "token-info")


def contents() -> Any:
    return sample_card("pkcs15-demo").contents


def path(fid: int) -> bytes:
    return bytes.fromhex("3F005015") + fid.to_bytes(2, "big")


def parts(octets: bytes) -> list[tuple[int, bytes]]:
    """Tags and values, by our reader of card data objects, which knows no ASN.1."""
    return [(item.tag, item.value) for item in data_objects(octets)]


def inside(name: str) -> list[tuple[int, bytes]]:
    return parts(only_object(contents()[name], 0x30))


def test_a_whole_card_is_read_back():
    found = read_contents(PKCS15, contents())
    assert found.faults == ()
    assert PKCS15.needed(contents()) <= PKCS15.capacity
    values = found.values
    assert values["biodata"] == biodata()
    assert values["certificate"] == signing_key().certificate
    assert values["token-info"] == CardInfo(SERIAL, "Rekam", "Rekam")
    assert values["directory"] == DirectoryEntry(b"\xa0\x00\x00\x00\x63PKCS-15", "Rekam", bytes.fromhex("3F005015"))
    assert values["certificates"] == (ListedObject("certificate", path(0x4301)),)
    assert values["data"] == (ListedObject("biodata", path(0x4401), private=True),)
    assert values["pins"] == (ListedObject("PIN", b"", private=True),)
    assert values["objects"] == (
        ListedObject("authentication objects", path(0x4408)),
        ListedObject("certificates", path(0x4404)),
        ListedObject("data objects", path(0x4407)),
    )
    assert check_seal(PKCS15, contents(), trust(), chip_serial=SERIAL).genuine


def test_the_standards_bytes():
    # As a reader of PKCS #15 v1.1, 6.2 to 6.9, finds them: tags written out by hand.
    objects = contents()["objects"]
    assert objects == b"".join(
        bytes.fromhex(tag) + bytes.fromhex("0A300804063F005015") + fid
        for tag, fid in (("A8", b"\x44\x08"), ("A4", b"\x44\x04"), ("A7", b"\x44\x07"))
    )
    (_, names), (_, auth), (tag, attributes) = inside("pins")
    assert tag == 0xA1
    assert [value for _, value in parts(names)] == [b"PIN", b"\x07\x80"]
    assert parts(auth) == [(0x04, b"\x01")]
    assert parts(parts(attributes)[0][1]) == [
        (0x03, b"\x03\x08"),  # initialized
        (0x0A, b"\x01"),  # digits in ASCII
        (0x02, b"\x04"),
        (0x02, b"\x08"),
        (0x02, b"\x08"),
        (0x80, b"\x01"),  # PIN 1
    ]
    assert inside("token-info") == [
        (0x02, b"\x00"),
        (0x04, SERIAL),
        (0x0C, b"Rekam"),
        (0x80, b"Rekam"),
        (0x03, b"\x06\xc0"),  # read only, login required
    ]
    (_, names), (_, application), (tag, place) = inside("data")
    assert parts(names) == [(0x0C, b"biodata"), (0x03, b"\x07\x80"), (0x04, b"\x01")]
    assert parts(application) == [(0x0C, b"Rekam")]
    assert (tag, parts(parts(place)[0][1])) == (0xA1, [(0x04, path(0x4401))])
    (_, names), (_, identifier), (tag, place) = inside("certificates")
    assert parts(names) == [(0x0C, b"certificate")]
    assert [len(value) for _, value in parts(identifier)] == [8]
    assert (tag, parts(parts(parts(place)[0][1])[0][1])) == (0xA1, [(0x04, path(0x4301))])


def test_without_a_chips_number_the_cards_own_stands_there():
    info = read_contents(PKCS15, sample_card("pkcs15-demo", chip_serial=b"").contents).values["token-info"]
    assert isinstance(info, CardInfo)
    assert info.serial_number == b"X1234567"


@given(st.data())
def test_any_bytes_are_read_or_refused_by_name(data):
    name = data.draw(st.sampled_from([*DIRECTORIES, "directory"]))
    octets = data.draw(st.binary(max_size=60))
    found = read_contents(PKCS15, {name: octets}, whole=False)
    assert (name in found.values) == (not found.faults)
    assert {(fault.file, fault.code) for fault in found.faults} <= {(name, ContentFaultCode.MALFORMED)}


@given(st.data())
def test_a_directory_with_a_flipped_bit_never_raises(data):
    name = data.draw(st.sampled_from([*DIRECTORIES, "directory", "certificate"]))
    octets = bytearray(contents()[name])
    octets[data.draw(st.integers(0, len(octets) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    read_contents(PKCS15, {name: bytes(octets)}, whole=False)


@pytest.mark.parametrize("name", [*DIRECTORIES, "directory"])
def test_what_is_cut_off_or_goes_on_is_refused(name):
    for octets in (contents()[name][:-1], contents()[name] + b"\x30"):
        assert read_contents(PKCS15, {name: octets}, whole=False).faults


def test_what_is_not_der_is_refused():
    for name in ("certificates", "data", "pins", "token-info"):
        octets = contents()[name]
        longer = b"\x30\x81" + octets[1:]
        assert only_object(longer, 0x30) == only_object(octets, 0x30)
        (fault,) = read_contents(PKCS15, {name: longer}, whole=False).faults
        assert "not in DER" in fault.problem

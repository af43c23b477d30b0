from dataclasses import replace

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.packet import (
    CaptureBlob,
    DuplicateWarning,
    EarlierPacket,
    EnrolledCapture,
    EnrolmentDevice,
    EnrolmentException,
    PersonReference,
    ReferenceKind,
    StatedPart,
)
from gateway.packet.statement_json import MAX_PARTS, read_statement, write_statement
from gateway.trust import ManifestError, NamedCode
from gateway.trust.manifest_field import parse_json
from tests.gateway.packet.packets import NIK, enrolment, statement
from tests.gateway.trust.signed_captures import NOON

PART = StatedPart("portrait.png", "image/png", 7, "ab" * 32)
texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)
numbers = st.floats(0, 2**53 - 1) | st.integers(0, 2**53 - 1)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True)


def changed(path: list[object], value: object) -> bytes:
    """A statement's JSON with another value at that path, in canonical form."""
    made = enrolment(1)
    document = parse_json(write_statement(made.statement, tuple(part.stated for part in made.parts)))
    at = document
    for step in path[:-1]:
        at = at[step]  # type: ignore[index]
    if value is ...:
        del at[path[-1]]  # type: ignore[attr-defined]
    else:
        at[path[-1]] = value  # type: ignore[index]
    return rfc8785.dumps(document)


@settings(deadline=None)
@given(
    exceptions=st.lists(
        st.builds(
            EnrolmentException,
            texts,
            st.none() | st.builds(NamedCode, st.integers(0, 99), texts),
            texts,
            texts,
            texts | st.just(""),
        ),
        max_size=3,
    ).map(tuple),
    devices=st.lists(st.builds(EnrolmentDevice, texts, texts, texts, st.none() | texts), max_size=2).map(tuple),
    warnings=st.lists(
        st.builds(
            DuplicateWarning,
            *(names, names, texts, st.just(NOON), numbers, st.none() | numbers, texts),
        ),
        max_size=2,
    ).map(tuple),
    supervisors=st.lists(texts, max_size=2).map(tuple),
    details=st.dictionaries(texts, values, max_size=3),
    earlier=st.none() | st.builds(EarlierPacket, names.filter(lambda name: name != "packet-1"), st.just("cd" * 32)),
    number=texts,
)
def test_what_is_stated_is_read(exceptions, devices, warnings, supervisors, details, earlier, number):
    made = statement(
        exceptions=exceptions,
        devices=devices,
        duplicate_warnings=warnings,
        supervisors=supervisors,
        details=details,
        supplement_of=earlier,
        person=PersonReference(ReferenceKind.APPLICATION, number),
        audit_head=None,
    )
    assert read_statement(write_statement(made, (PART,))) == (made, (PART,))


def test_an_enrolment_is_read():
    made = enrolment(3)
    parts = tuple(part.stated for part in made.parts)
    assert read_statement(write_statement(made.statement, parts)) == (made.statement, parts)


@pytest.mark.parametrize("nik", ["317123456789012", "31712345678901234", "317123456789012X", " 171234567890123", ""])
def test_a_nik_has_16_digits(nik):
    with pytest.raises(ManifestError, match=r"statement\.person\.value") as caught:
        write_statement(statement(person=PersonReference(ReferenceKind.NIK, nik)), ())
    assert not nik or nik not in str(caught.value)


def test_a_nik_is_not_shown():
    assert NIK not in repr(statement())


@pytest.mark.parametrize(
    "name",
    ["", "/etc/passwd", "../x", "a/../b", "a//b", "a/", ".hidden", "a\\b", "a b", "a/b/c/d/e", "x" * 65, "a\x00", "é"],
)
def test_a_parts_name_cannot_leave_its_folder(name):
    with pytest.raises(ManifestError, match=r"statement\.parts\[0\]\.name"):
        write_statement(statement(), (replace(PART, name=name),))


@pytest.mark.parametrize(("one", "two"), [("a", "a"), ("a.PNG", "A.png"), ("a/b", "a"), ("A", "a/b/c")])
def test_parts_do_not_meet_when_they_are_unfolded(one, two):
    with pytest.raises(ManifestError, match=r"statement\.parts"):
        write_statement(statement(), (replace(PART, name=one), replace(PART, name=two)))


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (["format"], "rekam-manifest", "format"),
        (["version"], 2, "version"),
        (["person", "kind"], "name", "person.kind"),
        (["person", "kind"], ["nik"], "person.kind"),
        (["operator"], "", "operator"),
        (["operator"], ..., "operator is missing"),
        (["surplus"], 1, "does not know"),
        (["time", "uncertainty_s"], None, "time"),
        (["time", "wall"], "2026-13-04T12:00:00.250Z", "time.wall"),
        (["audit_head", "sequence"], 0, "audit_head.sequence"),
        (["audit_head", "digest"], "AB" * 32, "audit_head.digest"),
        (["captures", 0, "manifest"], "nowhere", "captures"),
        (["captures", 0, "blobs", 0, "part"], "captures/1/manifest.jws", "captures"),
        (["captures", 0, "blobs"], {}, "captures[0].blobs"),
        (["duplicate_warnings", 0, "score"], "high", "duplicate_warnings[0].score"),
        (["duplicate_warnings", 0, "fmr"], True, "duplicate_warnings[0].fmr"),
        (["details"], [], "details"),
        (["details", "deep"], [[[[[[[[[1]]]]]]]]], "deeper than"),
        (["details", "long"], ["x" * 8193], "details.long[0]"),
        (["details", ""], 1, "a member's name"),
        (["person"], None, "person"),
        (["duplicate_warnings", 0, "enrolled_at"], "yesterday", "enrolled_at"),
        (["exceptions", 0, "reason"], "", "exceptions[0].reason"),
        (["supplement_of"], {"packet_id": "packet-1", "sha256": "ab" * 32}, "supplement_of"),
        (["parts", 0, "size"], -1, "parts[0].size"),
        (["parts", 0, "size"], 1 << 31, "parts[0].size"),
        (["parts", 0, "sha256"], "x", "parts[0].sha256"),
        (["software"], "x" * 513, "software"),
    ],
)
def test_what_is_not_as_documented_is_named(path, value, named):
    with pytest.raises(ManifestError) as caught:
        read_statement(changed(path, value))
    assert named in str(caught.value)


def test_details_may_be_longer_than_other_texts_and_a_warning_know_less():
    warning = replace(statement().duplicate_warnings[0], gateway_id=None, enrolled_at=None)
    told = statement(details={"detail": "✓" * 8192}, duplicate_warnings=(warning,))
    assert read_statement(write_statement(told, ()))[0] == told
    with pytest.raises(ManifestError, match="lone surrogates"):
        write_statement(statement(details={"detail": "x" * 600 + "\ud800"}), ())


def test_other_spellings_are_refused():
    data = write_statement(statement(), ())
    for other in (b" " + data, data.replace(b'"version":1', b'"version":1.0'), data[:-1]):
        with pytest.raises(ManifestError):
            read_statement(other)


def test_captures_are_named_once():
    parts = tuple(replace(PART, name=name) for name in "abcd")
    one = EnrolledCapture("x", "a", (CaptureBlob("image.fir", "b"),))
    two = EnrolledCapture("x", "c", (CaptureBlob("image.fir", "d"),))
    with pytest.raises(ManifestError, match="two captures of one id"):
        write_statement(statement(captures=(one, two)), parts)
    shared = replace(two, capture_id="y", blobs=one.blobs)
    with pytest.raises(ManifestError, match="belongs to two places"):
        write_statement(statement(captures=(one, shared)), parts)
    assert write_statement(statement(captures=(one, replace(two, capture_id="y"))), parts)


def test_there_is_an_end_to_parts_and_bytes():
    many = tuple(replace(PART, name=f"part-{number}") for number in range(MAX_PARTS + 1))
    with pytest.raises(ManifestError, match="more than 256 items"):
        write_statement(statement(), many)
    assert read_statement(write_statement(statement(), many[:-1]))[1] == many[:-1]
    long = EnrolmentException("finger", None, "x" * 512, "✓" * 512, "✓" * 512)
    with pytest.raises(ManifestError, match="bytes, over the"):
        write_statement(statement(exceptions=(long,) * 256), many[:-1])

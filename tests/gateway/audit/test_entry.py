"""An entry holds codes and identifiers, in one spelling; nothing of a person can be put into it."""

import base64
import json
from dataclasses import fields, replace

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from gateway.audit import Actor, AuditEntry, AuditEvent, AuditFieldError, PersonTokens, entry_digest
from gateway.audit.entry import _FORMS, MAX_BYTES, OBJECT_KINDS, ROLES
from gateway.trust import ClockQuality, SignedTime
from tests.gateway.audit.made_trails import BOOT, CHAIN, DESK, START, entries, event, moment

NIK = "3171234567890001"
TEMPLATE = b"FMR\x00 20\x00" + bytes(range(7, 200, 3))
TEXT_FIELDS = ("event", "outcome", "reason", "peer", "operator", "device", "object_id", "object_kind", "roles")


def with_field(name: str, value: object) -> AuditEvent:
    """An event with one field set to what somebody pushes into it."""
    good = event(1)
    if name in ("peer", "operator"):
        return replace(good, actor=replace(DESK, **{name: value}))
    if name == "roles":
        return replace(good, actor=Actor("gateway", (value,)))  # type: ignore[arg-type]
    return replace(good, **{name: value})


def test_the_list_of_fields_is_that_of_the_event():
    named = {each.name for each in fields(AuditEvent)} | {each.name for each in fields(Actor)}
    assert named - {"actor", "count", "shift_ms"} == set(TEXT_FIELDS)


def spellings_of_a_person() -> list[object]:
    fragment = TEMPLATE[:48]
    texts = [
        *(NIK, f"NIK {NIK}", "3171 2345 6789 0001", "3171-2345-6789-0001", f"{NIK}.", f"a{NIK}", f"Budi {NIK}"),
        *(f"lease-{NIK}", f"cap-{NIK}", f"x:{NIK}", f"ip:{NIK}", f"person-{NIK}", f"Budi-{NIK}", f"OP{NIK}"),
        *(
            "Siti Rahmawati binti Ahmad",
            "jari telunjuk kanan luka\nNIK menyusul",
            "é",
            "a\x00b",
            "\ud800",
            "081234567890",
        ),
        *(base64.b64encode(fragment).decode(), base64.urlsafe_b64encode(fragment).decode(), fragment.hex()),
        *(repr(fragment), str(list(fragment)), fragment.decode("latin-1"), fragment[:20].hex(":"), "x" * 5000),
    ]
    return [*texts, TEMPLATE, NIK.encode(), int(NIK), float(NIK), True, None, [NIK], {"nik": NIK}]


@pytest.mark.parametrize("name", TEXT_FIELDS)
@pytest.mark.parametrize("value", spellings_of_a_person(), ids=lambda value: ascii(value)[:30])
def test_no_number_of_a_person_and_no_bytes_go_into_a_text(name, value):
    with pytest.raises(AuditFieldError) as error:
        with_field(name, value)
    assert NIK not in str(error.value)


@pytest.mark.parametrize("name", ["count", "shift_ms"])
@pytest.mark.parametrize("value", [int(NIK), -int(NIK), float(NIK), NIK, TEMPLATE, True, 1.5, "1"])
def test_no_number_of_a_person_goes_into_a_number(name, value):
    with pytest.raises(AuditFieldError):
        with_field(name, value)


@pytest.mark.parametrize("name", _FORMS)
@given(data=st.data())
def test_what_fits_a_form_is_short_and_has_no_long_number_of_its_own(name, data):
    text = data.draw(st.from_regex(_FORMS[name], fullmatch=True))
    try:
        made = with_field(name, text) if text else with_field("outcome", "OK")
    except AuditFieldError:
        return
    assert len(text) <= 120
    assert text.isascii()
    assert text.isprintable()
    assert AuditEntry(1, CHAIN, None, moment(1), BOOT, made).to_bytes().isascii()


def test_a_name_that_does_not_fit_stands_as_a_token():
    tokens = PersonTokens(bytes(32))
    for value in (each for each in spellings_of_a_person() if isinstance(each, str)):
        for name, made in (
            ("operator", tokens.operator_name(value)),
            ("device", tokens.device_name(value)),
            ("object_id", tokens.object_name(value)),
            ("object_id", tokens.person_token(value)),
        ):
            assert NIK not in made
            with_field(name, made)


def test_names_of_the_desk_stand_as_they_are():
    tokens = PersonTokens(bytes(32))
    for name in ("Operator-Kenanga-88", "Budi-2", "siti.r", "OP-17", "Petugas_Dua", "budi", ""):
        assert tokens.operator_name(name) == name
        with_field("operator", name)
    for device in ("synthetic:SYN-0001", "uareu4000:{3D2A51B1-0E4F}", "gige:192.168.7.4", "zfm:ttyUSB0", "uvc:1-1.4"):
        assert tokens.device_name(device) == device
        with_field("device", device)
    for object_id in ("lease-0123456789abcdef", "cap-20260504T013000-00000000000a", "ab" * 16, "ab" * 32, BOOT):
        assert tokens.object_name(object_id) == object_id
        with_field("object_id", object_id)


def test_an_object_needs_its_kind_and_roles_are_sorted():
    for wrong in ({"object_kind": ""}, {"object_id": ""}, {"object_kind": "passport"}):
        with pytest.raises(AuditFieldError, match="object_kind"):
            replace(event(1), **wrong)
    for roles in (("operator", "auditor"), ("operator", "operator"), ("root",), ["operator"]):
        with pytest.raises(AuditFieldError, match="roles"):
            replace(event(1), actor=Actor("gateway", roles))  # type: ignore[arg-type]


TIMES = st.builds(
    lambda ms, boot, quality, uncertainty: SignedTime(
        START.replace(microsecond=ms * 1000),
        boot / 1000,
        quality,
        None if quality is ClockQuality.UNTRUSTED else uncertainty / 1000,
    ),
    st.integers(0, 999),
    st.integers(0, 10**12),
    st.sampled_from(ClockQuality),
    st.integers(0, 10**9),
)
EVENTS = st.builds(
    AuditEvent,
    st.sampled_from(["CaptureService.StartCapture", "device.lost", "clock.jumped"]),
    st.sampled_from(["OK", "NOT_FOUND"]),
    st.sampled_from(["", "LEASE_LOST"]),
    st.builds(
        Actor,
        st.sampled_from(["gateway", "this machine", "ip:10.0.0.7", "ip:fe80::1"]),
        st.sets(st.sampled_from(ROLES)).map(lambda roles: tuple(sorted(roles))),
        st.sampled_from(["", "Budi-2"]),
    ),
    st.sampled_from(["", "uareu4000:{3D2A51B1}"]),
    st.sampled_from(OBJECT_KINDS),
    st.just("ab" * 16),
    st.none() | st.integers(0, 999_999_999),
    st.none() | st.integers(-(10**12), 10**12),
)


@given(sequence=st.integers(2, 2**53 - 1), time=TIMES, what=EVENTS, previous=st.binary(min_size=32, max_size=32))
def test_an_entry_is_canonical_json_and_is_read_back(sequence, time, what, previous):
    entry = AuditEntry(sequence, CHAIN, previous.hex(), time, BOOT, what)
    body = entry.to_bytes()
    assert body == rfc8785.dumps(json.loads(body))
    assert AuditEntry.from_bytes(body) == entry
    assert len(entry_digest(body)) == 64


def changed(**members: object) -> bytes:
    content = json.loads(entries(1)[0])
    content.update(members)
    return rfc8785.dumps(content)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"", "JSON"),
        (b"[]", "entry"),
        (b"\xff", "JSON"),
        (b"[" * 5000, "bytes"),
        (b"[" * 4000, "JSON"),
        (b" " + entries(1)[0], "canonical"),
        (entries(1)[0] + b"\n", "canonical"),
        (changed(sequence=0), "sequence"),
        (changed(sequence=True), "sequence"),
        (changed(sequence=1.5), "sequence"),
        (changed(sequence=2), "previous"),
        (changed(previous="0" * 64), "previous"),
        (changed(sequence=2, previous="x"), "previous"),
        (changed(chain_id="x"), "chain_id"),
        (changed(boot_id="x"), "boot_id"),
        (changed(format="other"), "format"),
        (changed(version=2), "format"),
        (changed(more=1), "entry"),
        (changed(actor={"peer": "gateway"}), "actor"),
        (changed(actor={"peer": "gateway", "roles": "operator", "operator": ""}), "roles"),
        (changed(actor={"peer": "gateway", "roles": [1], "operator": ""}), "roles"),
        (changed(object={"kind": 1, "id": "x"}), "roles"),
        (changed(object={"kind": "capture", "id": NIK}), "object_id"),
        (changed(device=NIK), "device"),
        (changed(time=None), "time"),
        (
            changed(
                time={"wall": "2026-05-04T01:30:00Z", "since_boot_ms": 1, "quality": "trusted", "uncertainty_ms": 1}
            ),
            "time",
        ),
        (
            changed(
                time={"wall": "2026-13-04T01:30:00.000Z", "since_boot_ms": 1, "quality": "trusted", "uncertainty_ms": 1}
            ),
            "time",
        ),
        (
            changed(
                time={"wall": "2026-05-04T01:30:00.000Z", "since_boot_ms": 1, "quality": "good", "uncertainty_ms": 1}
            ),
            "time",
        ),
        (
            changed(
                time={
                    "wall": "2026-05-04T01:30:00.000Z",
                    "since_boot_ms": 1,
                    "quality": "trusted",
                    "uncertainty_ms": None,
                }
            ),
            "time",
        ),
        (
            changed(
                time={
                    "wall": "2026-05-04T01:30:00.000Z",
                    "since_boot_ms": None,
                    "quality": "trusted",
                    "uncertainty_ms": 1,
                }
            ),
            "time",
        ),
        (b"x" * (MAX_BYTES + 1), "bytes"),
    ],
)
@pytest.mark.usefixtures("uncollected")
def test_what_is_no_entry_is_said_not_to_be(body, named):
    with pytest.raises(AuditFieldError, match=named):
        AuditEntry.from_bytes(body)


@given(st.binary(max_size=300))
def test_any_bytes_are_an_entry_or_are_refused(data):
    with pytest.raises(AuditFieldError):
        AuditEntry.from_bytes(data)

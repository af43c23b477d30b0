"""The seal: what it is over, who may have made it, and each failure by name."""

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from gateway.card import data_object, data_objects, only_object
from gateway.card_profile import (
    MalformedContent,
    SealFailure,
    SealFault,
    SealTrust,
    card_image,
    check_seal,
    load_profile,
)
from gateway.card_profile.seal import decode_seal, seal_size
from gateway.trust import ClockQuality, Revocation, RevocationReason, SigningKey
from tests.gateway.card_profile.persons import (
    NOW,
    SERIAL,
    person,
    reduced,
    sample_card,
    sample_contents,
    signing_key,
    trust,
)

SAMPLE = load_profile("sample-id")


def faults(contents, given=None, **options):
    return [failure.fault for failure in check_seal(SAMPLE, contents, given or trust(), **options).failures]


def resealed(**changes):
    """The card's seal with parts of it changed: `statement`, `key_id`, `signature` by name."""
    parts = data_objects(only_object(sample_card().contents["seal"], 0xE1))
    names = ("statement", "key_id", "signature")
    values = {name: part.value for name, part in zip(names, parts, strict=True)} | changes
    written = b"".join(data_object(part.tag, values[name]) for name, part in zip(names, parts, strict=True))
    return {**sample_card().contents, "seal": data_object(0xE1, written)}


def test_a_chip_that_does_not_tell_its_number_is_not_the_sealed_one():
    contents = sample_card().contents
    assert faults(contents, chip_serial=b"") == faults(contents, chip_serial=b"another") == [SealFault.OTHER_CHIP]
    assert faults(contents, chip_serial=None) == faults(contents, chip_serial=SERIAL) == []


def test_what_a_seal_says():
    contents = sample_card().contents
    statement = decode_seal(contents["seal"])
    assert (statement.profile, statement.profile_version) == ("sample-id", 1)
    assert statement.chip_serial == SERIAL
    assert statement.at == NOW
    assert statement.key_id == signing_key().key_id
    assert statement.digests == {name: sha256(content).digest() for name, content in contents.items() if name != "seal"}
    assert len(contents["seal"]) <= seal_size(SAMPLE, len(SERIAL))


def test_a_genuine_card():
    verdict = check_seal(SAMPLE, sample_card().contents, trust(), chip_serial=SERIAL)
    assert verdict.genuine
    assert set(verdict.verified) == set(sample_card().contents) - {"seal"}
    assert verdict.unread == ()


def test_another_verifier_agrees():
    statement = decode_seal(sample_card().contents["seal"])
    halves = (int.from_bytes(half, "big") for half in (statement.signature[:32], statement.signature[32:]))
    # DER by hand: two integers of a sequence, each with room for its sign and no more.
    integers = b"".join(data_object(0x02, half.to_bytes(half.bit_length() // 8 + 1, "big")) for half in halves)
    signed = b"rekam-card-seal\x00" + data_objects(only_object(sample_card().contents["seal"], 0xE1))[0].raw
    key = signing_key().certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(data_object(0x30, integers), signed, ec.ECDSA(hashes.SHA256()))


def test_each_file_by_name():
    contents = dict(sample_card().contents)
    contents["portrait"] = contents["portrait"][::-1]
    del contents["finger-2"]
    contents["extra"] = b"x"
    verdict = check_seal(SAMPLE, contents, trust())
    assert set(verdict.failures) == {
        SealFailure(SealFault.FILE_CHANGED, "portrait"),
        SealFailure(SealFault.FILE_MISSING, "finger-2"),
        SealFailure(SealFault.FILE_NOT_SEALED, "extra"),
    }
    assert str(verdict.failures[0]).startswith("portrait: ")
    assert "biodata" in verdict.verified


def test_what_a_reader_may_not_see_is_unread():
    seen = {name: sample_card().contents[name] for name in ("certificate", "seal", "finger-1")}
    verdict = check_seal(SAMPLE, seen, trust(), whole=False)
    assert verdict.genuine
    assert set(verdict.verified) == {"certificate", "finger-1"}
    assert "portrait" in verdict.unread
    assert not check_seal(SAMPLE, {"seal": seen["seal"]}, trust(), whole=False).genuine


def test_another_chip_and_another_profile():
    contents = sample_card().contents
    assert faults(contents, chip_serial=b"another") == [SealFault.OTHER_CHIP]
    other = replace(SAMPLE, version=2)
    assert [each.fault for each in check_seal(other, contents, trust()).failures] == [SealFault.OTHER_PROFILE]
    unbound = sample_card(chip_serial=b"").contents
    assert faults(unbound, chip_serial=b"any") == []


def test_a_seal_that_is_none():
    contents = dict(sample_card().contents)
    del contents["seal"]
    assert faults(contents) == [SealFault.MISSING]
    for octets in (b"", bytes(400), sample_card().contents["seal"][:-1], sample_card().contents["portrait"]):
        assert faults({**contents, "seal": octets}) == [SealFault.MALFORMED]


def test_a_seal_has_one_spelling():
    octets = sample_card().contents["seal"]
    assert octets[:2] == b"\xe1\x82"
    longer = b"\xe1\x83\x00" + octets[2:]
    assert only_object(longer, 0xE1) == only_object(octets, 0xE1)
    with pytest.raises(MalformedContent, match="one spelling"):
        decode_seal(longer)
    statement, *rest = data_objects(only_object(octets, 0xE1))
    said = data_objects(statement.value)
    for files in (said[:4:-1], [*said[5:], said[-1]]):
        again = data_object(0xE0, b"".join(item.raw for item in (*said[:5], *files)))
        with pytest.raises(MalformedContent, match="do not rise by name"):
            decode_seal(data_object(0xE1, again + b"".join(item.raw for item in rest)))


@given(st.data())
def test_no_bit_of_a_seal_may_flip(data):
    octets = bytearray(sample_card().contents["seal"])
    at, bit = data.draw(st.integers(0, len(octets) - 1)), data.draw(st.integers(0, 7))
    octets[at] ^= 1 << bit
    verdict = check_seal(SAMPLE, {**sample_card().contents, "seal": bytes(octets)}, trust(), chip_serial=SERIAL)
    assert verdict.failures
    assert not verdict.genuine


@given(st.binary(max_size=200))
def test_any_bytes_are_no_seal(octets):
    with pytest.raises(MalformedContent):
        decode_seal(octets)


def test_signatures_of_others():
    stranger = signing_key("office-2")
    sealed = card_image(
        SAMPLE,
        person(),
        stranger,
        at=NOW,
        reduced=reduced,
        made={**sample_contents(), "certificate": sample_card().contents["certificate"]},
    ).contents
    assert faults(sealed) == [SealFault.SIGNER_UNKNOWN]
    # With its own certificate on the card it is known, and still not trusted.
    own = card_image(SAMPLE, person(), stranger, at=NOW, reduced=reduced, made=sample_contents()).contents
    assert faults(own) == [SealFault.SIGNER_NOT_TRUSTED]
    assert faults(own, trust(signing_key(), stranger)) == []
    # Under our key's name the stranger's signature is wrong.
    ours = base64.urlsafe_b64decode(signing_key().key_id + "=")
    strangers = decode_seal(sealed["seal"])
    forged = data_objects(only_object(sealed["seal"], 0xE1))
    octets = data_object(0xE1, forged[0].raw + data_object(0x86, ours) + data_object(0x87, strangers.signature))
    assert faults({**sealed, "seal": octets}) == [SealFault.SIGNATURE_WRONG]


def test_a_signature_of_zeros_and_one_of_another_statement():
    assert faults(resealed(signature=bytes(64))) == [SealFault.SIGNATURE_WRONG]
    other = decode_seal(sample_card(chip_serial=b"other").contents["seal"]).signature
    assert faults(resealed(signature=other)) == [SealFault.SIGNATURE_WRONG]


def test_a_jws_is_no_seal():
    signer = signing_key()
    statement = decode_seal(sample_card().contents["seal"])
    # The bare statement, signed without the words before it that no signature of another kind has.
    assert faults(resealed(signature=signer.sign(statement.signed.partition(b"\x00")[2]))) == [
        SealFault.SIGNATURE_WRONG
    ]


@pytest.mark.parametrize(
    ("reason", "days", "expected"),
    [
        (RevocationReason.KEY_COMPROMISE, 10, [SealFault.SIGNER_REVOKED]),
        (RevocationReason.UNSPECIFIED, 10, [SealFault.SIGNER_REVOKED]),
        (RevocationReason.SUPERSEDED, 10, []),
        (RevocationReason.SUPERSEDED, -10, [SealFault.SIGNER_REVOKED]),
        (RevocationReason.CESSATION_OF_OPERATION, 10, []),
    ],
)
def test_a_revoked_signer(reason, days, expected):
    key_id = signing_key().key_id
    revocation = Revocation(key_id, reason, "", NOW + timedelta(days=days), ClockQuality.TRUSTED, None)
    given = replace(trust(), anchors=replace(trust().anchors, revocations={key_id: revocation}))
    assert faults(sample_card().contents, given) == expected


def test_a_seal_from_outside_of_the_certificates_time():
    late = sample_card(at=NOW + timedelta(days=4000)).contents
    assert faults(late) == [SealFault.SIGNER_OUT_OF_DATE]
    flat_battery = sample_card(at=datetime(1970, 1, 1, tzinfo=UTC)).contents
    assert faults(flat_battery) == []


def authority():
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority")])
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=9))
        .not_valid_after(NOW + timedelta(days=9))
        .add_extension(x509.BasicConstraints(True, 0), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    return key, certificate


def test_a_reader_that_knows_the_authority_alone_trusts_the_certificate_on_the_card():
    key, certificate = authority()
    signer_key = ec.generate_private_key(ec.SECP256R1())
    usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
    issued = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Rekam gateway office-9")]))
        .issuer_name(certificate.subject)
        .public_key(signer_key.public_key())
        .serial_number(2)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    signer = SigningKey(signer_key, issued, (certificate,))
    contents = card_image(SAMPLE, person(), signer, at=NOW, reduced=reduced, made=sample_contents()).contents
    reader = SealTrust.from_pem(certificate.public_bytes(Encoding.PEM).decode())
    assert check_seal(SAMPLE, contents, reader).genuine
    unlike = {name: content for name, content in contents.items() if name != "certificate"}
    assert faults(unlike, reader, whole=False) == [SealFault.SIGNER_UNKNOWN]


def test_a_document_of_a_state_has_no_seal_of_ours():
    with pytest.raises(ValueError, match="no seal of this kind"):
        check_seal(load_profile("icao-lds1"), {}, trust())

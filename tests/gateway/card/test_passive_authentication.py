"""Passive authentication: what a state signed passes, and each way of being wrong has its own name."""

import shutil
import subprocess
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.card.passive_authentication import PassiveFault, authenticate_passively
from gateway.card.security_object import LDS_SECURITY_OBJECT, LdsSecurityObject
from gateway.card.tlv import data_object, only_object
from tests.gateway.card.document_signer import NOW, Signer, digest, made_signer

GROUPS = {1: data_object(0x61, b"machine readable zone"), 2: data_object(0x75, bytes(4000)), 14: data_object(0x6E, b"")}
RSA = rsa.generate_private_key(65537, 2048)
SIGNER = made_signer()
STRANGER = made_signer()
SOD = SIGNER.sign(GROUPS)


def verdict(sod: bytes, signer: Signer = SIGNER, groups=GROUPS, at=NOW):
    return authenticate_passively(sod, groups, [STRANGER.authority, signer.authority], at)


def faults(sod: bytes, signer: Signer = SIGNER, groups=GROUPS, at=NOW) -> list[PassiveFault]:
    return [failure.fault for failure in verdict(sod, signer, groups, at).failures]


@pytest.mark.parametrize("hash_name", ["sha224", "sha256", "sha384", "sha512"])
@pytest.mark.parametrize("kind", ["ec", "rsa", "pss"])
@pytest.mark.parametrize("attributes", [True, False])
@pytest.mark.parametrize("by_key_identifier", [True, False])
def test_what_was_signed_is_genuine(hash_name, kind, attributes, by_key_identifier):
    signer = made_signer(None if kind == "ec" else RSA).but(
        hash_name=hash_name, pss=kind == "pss", attributes=attributes, by_key_identifier=by_key_identifier
    )
    found = verdict(signer.sign(GROUPS), signer)
    assert found.failures == ()
    assert found.genuine
    assert (found.verified, found.unread) == ((1, 2, 14), ())


def test_groups_may_be_hashed_otherwise_than_the_signature():
    assert verdict(SIGNER.sign(GROUPS, "sha512")).genuine


def test_groups_that_were_not_read_are_named_and_none_read_is_not_genuine():
    found = verdict(SOD, groups={1: GROUPS[1]})
    assert found.genuine
    assert found.unread == (2, 14)
    nothing = verdict(SOD, groups={})
    assert (nothing.failures, nothing.genuine) == ((), False)


def test_a_changed_group_and_a_strange_one_are_named_each():
    found = verdict(SOD, groups={**GROUPS, 2: GROUPS[2][:-1] + b"\x01", 3: b"fingers"})
    assert [(item.fault, item.group) for item in found.failures] == [
        (PassiveFault.GROUP_CHANGED, 2),
        (PassiveFault.GROUP_NOT_SIGNED, 3),
    ]
    assert found.verified == (1, 14)
    assert str(found.failures[0]) == "DG2: a data group is not the one that was signed"


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"wrong_digest": True}, PassiveFault.CONTENT_CHANGED),
        ({"content_type": "1.2.840.113549.1.7.1"}, PassiveFault.NOT_A_SECURITY_OBJECT),
        ({"attribute_type": "1.2.840.113549.1.7.1"}, PassiveFault.NOT_A_SECURITY_OBJECT),
        ({"with_certificate": False}, PassiveFault.SIGNER_MISSING),
        ({"key": ec.generate_private_key(ec.BrainpoolP256R1())}, PassiveFault.SIGNATURE_WRONG),
        ({"key": ec.generate_private_key(ec.BrainpoolP256R1()), "attributes": False}, PassiveFault.SIGNATURE_WRONG),
        ({"key": RSA}, PassiveFault.UNSUPPORTED_ALGORITHM),
        ({"hash_name": "sha1"}, PassiveFault.UNSUPPORTED_ALGORITHM),
    ],
)
def test_wrong_signatures_have_their_names(changes, fault):
    assert faults(SIGNER.but(**changes).sign(GROUPS)) == [fault]


def test_a_certificate_of_no_version_that_there_is_has_its_name():
    (start,) = (at for at in range(len(SOD)) if SOD[at : at + 5] == b"\xa0\x03\x02\x01\x02")
    assert faults(SOD[: start + 4] + b"\x06" + SOD[start + 5 :]) == [PassiveFault.SIGNER_UNREADABLE]


def test_pss_parameters_that_are_malformed_have_their_name():
    signer = made_signer(RSA).but(pss=True)
    sod = signer.sign(GROUPS)
    assert verdict(sod, signer).genuine
    mask_generation = bytes.fromhex("06092a864886f70d010108")
    at = sod.rindex(mask_generation) + len(mask_generation) - 1
    assert faults(sod[:at] + b"\x09" + sod[at + 1 :], signer) == [PassiveFault.UNSUPPORTED_ALGORITHM]


def test_weak_hashes_of_groups_are_refused():
    found = verdict(SIGNER.sign(GROUPS, "sha1"))
    assert [item.fault for item in found.failures] == [PassiveFault.UNSUPPORTED_ALGORITHM]
    assert found.verified == ()


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"days": (1, 100)}, PassiveFault.SIGNER_NOT_YET_VALID),
        ({"days": (-50, -1)}, PassiveFault.SIGNER_EXPIRED),
        ({"usage": False}, PassiveFault.SIGNER_NOT_FOR_SIGNING),
        ({"anchor": {"authority": False}}, PassiveFault.ISSUER_NOT_AUTHORITY),
        ({"anchor": {"days": (-5000, -200)}}, PassiveFault.ISSUER_OUT_OF_DATE),
    ],
)
def test_certificates_that_do_not_do_have_their_names(options, fault):
    signer = made_signer(**options)
    assert faults(signer.sign(GROUPS), signer) == [fault]


def test_a_stranger_who_takes_the_authoritys_name_is_not_trusted():
    impostor = made_signer()
    assert faults(impostor.sign(GROUPS)) == [PassiveFault.ISSUER_UNKNOWN]
    assert [item.fault for item in authenticate_passively(SOD, GROUPS, [], NOW).failures] == [
        PassiveFault.ISSUER_UNKNOWN
    ]


def test_an_authority_whose_own_time_is_over_still_counts_for_what_it_signed():
    signer = made_signer(anchor={"days": (-1000, -50)})
    assert verdict(signer.sign(GROUPS), signer).genuine
    assert faults(signer.sign(GROUPS), signer, at=NOW + timedelta(days=3001)) == [PassiveFault.SIGNER_EXPIRED]


def test_no_failure_hides_another():
    signer = made_signer(days=(-50, -1), usage=False).but(wrong_digest=True)
    found = faults(signer.sign(GROUPS), groups={1: b"", 7: b""})
    assert found == [
        PassiveFault.CONTENT_CHANGED,
        PassiveFault.SIGNER_EXPIRED,
        PassiveFault.SIGNER_NOT_FOR_SIGNING,
        PassiveFault.ISSUER_UNKNOWN,
        PassiveFault.GROUP_CHANGED,
        PassiveFault.GROUP_NOT_SIGNED,
    ]


def lds(numbers: list[int]) -> bytes:
    hashes = [{"number": number, "value": digest("sha256", b"")} for number in numbers]
    return LdsSecurityObject({"version": 0, "algorithm": {"algorithm": "sha256"}, "hashes": hashes}).dump()


@pytest.mark.parametrize(
    "sod",
    [
        b"",
        b"\x77",
        SOD[:-1],
        SOD + b"\x00",
        data_object(0x76, only_object(SOD, 0x77)),
        data_object(0x77, b""),
        data_object(0x77, bytes.fromhex("3003020101")),
        data_object(0x77, only_object(SOD, 0x77) + b"\x05\x00"),
        SIGNER.sod(b"no security object"),
        SIGNER.sod(lds([1, 1])),
        SIGNER.sod(lds([17])),
        SIGNER.sod(lds([0])),
    ],
)
def test_what_is_no_security_object_is_malformed(sod):
    assert faults(sod) == [PassiveFault.MALFORMED]


def test_a_certificate_that_says_something_twice_is_a_fault():
    # One flipped bit makes its key usage another subject key identifier.
    twice = SOD.replace(bytes.fromhex("0603551D0F"), bytes.fromhex("0603551D0E"))
    assert twice != SOD
    assert PassiveFault.SIGNER_NOT_FOR_SIGNING in faults(twice)


@given(st.integers(0, 8 * len(SOD) - 1))
@settings(max_examples=250, deadline=None)
def test_no_flipped_bit_is_taken_for_what_was_signed(bit):
    """Whatever the bit did, the outcome is a verdict; a genuine one speaks of the same hashes."""
    flipped = bytearray(SOD)
    flipped[bit // 8] ^= 0x80 >> bit % 8
    found = verdict(bytes(flipped))
    assert not found.genuine or (found.verified, found.unread) == ((1, 2, 14), ())


@given(st.binary(max_size=80), st.integers(0, len(SOD)), st.integers(0, 80))
@settings(max_examples=200, deadline=None)
def test_no_bytes_break_the_reader(inserted, at, dropped):
    found = verdict(SOD[:at] + inserted + SOD[at + dropped :])
    body = only_object(SOD, 0x77)
    nested = body[: at % len(body)] + inserted + body[at % len(body) + dropped :]
    assert isinstance(found.failures, tuple)
    assert isinstance(verdict(data_object(0x77, nested)).failures, tuple)


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
@pytest.mark.parametrize("options", [[], ["-noattr"], ["-keyid"], ["-md", "sha512"]])
def test_a_security_object_that_openssl_signed(tmp_path, options):
    key = SIGNER.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key.pem").write_bytes(key)
    (tmp_path / "ds.pem").write_bytes(SIGNER.certificate.public_bytes(Encoding.PEM))
    hashes = [{"number": number, "value": digest("sha256", octets)} for number, octets in GROUPS.items()]
    content = LdsSecurityObject({"version": 0, "algorithm": {"algorithm": "sha256"}, "hashes": hashes}).dump()
    (tmp_path / "content").write_bytes(content)
    command = ["openssl", "cms", "-sign", "-binary", "-nodetach", "-outform", "DER", "-in", "content", "-signer"]
    command += ["ds.pem", "-inkey", "key.pem", "-econtent_type", LDS_SECURITY_OBJECT, *options]
    signed = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True).stdout
    found = verdict(data_object(0x77, signed))
    assert found.failures == ()
    assert found.genuine


def test_a_time_without_its_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        verdict(SOD, at=NOW.replace(tzinfo=None))

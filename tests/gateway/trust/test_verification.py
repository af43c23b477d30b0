"""Verification of a capture: every change is noticed and named."""

import base64
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws as joserfc_jws
from joserfc.jwk import ECKey

from gateway.trust import CheckStatus, ClockQuality, TrustAnchors, sign_manifest, verify_capture
from gateway.trust.certificate import self_signed_certificate, to_der
from gateway.trust.signature import TYPE, sign_payload
from tests.gateway.trust.signed_captures import BLOBS, NOON, chain, manifest, moment, new_key

KEY = new_key()
ANCHORS = TrustAnchors.from_pem(KEY.trust_bundle().certificates_pem)
SIGNED = sign_manifest(manifest(), KEY)
NOW = NOON + timedelta(hours=1)


def verify(jws=SIGNED.jws, blobs=BLOBS, anchors=ANCHORS, previous=None, now=NOW):
    return verify_capture(jws, blobs, anchors, previous, now)


def failed(report):
    return [check.name for check in report.failures]


def test_a_whole_capture_passes_every_check():
    report = verify()
    assert report.ok
    assert not report.warnings
    assert [check.name for check in report.checks] == [
        *("form", "signature", "manifest", "certificate", "trusted_key", "blob:image.fir", "blob:template.fmr", "time"),
    ]
    assert report.manifest == manifest()
    assert report.digest == SIGNED.digest == manifest().digest()


def test_an_independent_reader_verifies_it():
    header, payload, signature = SIGNED.jws.split(b".")
    fields = json.loads(base64.urlsafe_b64decode(header + b"=="))
    assert fields["alg"] == "ES256"
    assert fields["kid"] == KEY.key_id
    raw = base64.urlsafe_b64decode(signature + b"==")
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    public_key = x509.load_der_x509_certificate(base64.b64decode(fields["x5c"][0])).public_key()
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    public_key.verify(der, header + b"." + payload, ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize("mask", [0x01, 0x20, 0x80, 0xFF])
def test_a_flip_of_any_byte_of_the_signature_is_noticed(mask):
    # 0x20 turns upper into lower case, 0x01 touches the unused bits of a last character.
    for position in range(len(SIGNED.jws)):
        changed = bytearray(SIGNED.jws)
        changed[position] ^= mask
        report = verify(bytes(changed))
        assert failed(report), position
        assert failed(report)[0] in ("form", "signature"), position
        assert not [name for name in failed(report) if name.startswith("blob:")], position  # they are unchanged


@given(st.integers(0, len(SIGNED.jws) - 1), st.integers(0, 255))
def test_another_byte_anywhere_is_noticed(position, value):
    changed = SIGNED.jws[:position] + bytes([value]) + SIGNED.jws[position + 1 :]
    assert verify(changed).ok == (changed == SIGNED.jws)


@given(st.binary(max_size=200) | st.text(alphabet="eyJ.-_A=\n ", max_size=80).map(str.encode))
def test_other_bytes_are_no_signature(data):
    assert failed(verify(data)) == ["form"]


@pytest.mark.parametrize(
    "changed",
    [
        SIGNED.jws + b"\n",
        b" " + SIGNED.jws,
        SIGNED.jws + b"=",
        SIGNED.jws + b".",
        SIGNED.jws[:-1],
        SIGNED.jws.replace(b".", b"=.", 1),
        SIGNED.jws[:50] + b"\n" + SIGNED.jws[50:],
        b"",
        b"A" * 200_000,
    ],
)
def test_added_and_missing_characters_are_noticed(changed):
    assert failed(verify(changed)) == ["form"]


def test_the_unused_bits_of_the_last_character_are_noticed():
    last = SIGNED.jws[-1:]
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    sibling = alphabet[alphabet.index(last) ^ 1 :][:1]
    decode = base64.urlsafe_b64decode
    tail = SIGNED.jws.rsplit(b".", 1)[1]
    assert decode(tail + b"==") == decode(tail[:-1] + sibling + b"==")
    assert failed(verify(SIGNED.jws[:-1] + sibling)) == ["form"]


@pytest.mark.parametrize("name", BLOBS)
def test_a_flip_of_any_byte_of_a_blob_names_the_blob(name):
    for position in range(len(BLOBS[name])):
        changed = bytearray(BLOBS[name])
        changed[position] ^= 1 << (position % 8)
        assert failed(verify(blobs={**BLOBS, name: bytes(changed)})) == [f"blob:{name}"]


def test_missing_surplus_and_exchanged_blobs_are_named():
    without = {"image.fir": BLOBS["image.fir"]}
    assert failed(verify(blobs=without)) == ["blob:template.fmr"]
    assert failed(verify(blobs={**BLOBS, "extra.bin": b""})) == ["blob:extra.bin"]
    exchanged = {"image.fir": BLOBS["template.fmr"], "template.fmr": BLOBS["image.fir"]}
    assert failed(verify(blobs=exchanged)) == ["blob:image.fir", "blob:template.fmr"]


def test_without_a_bundle_the_signer_is_a_warning():
    report = verify(anchors=None)
    assert report.ok
    (warning,) = report.warnings
    assert warning.name == "trusted_key"
    assert KEY.key_id in warning.detail


def test_a_key_outside_the_bundle_fails():
    stranger = new_key()
    report = verify(sign_manifest(manifest(), stranger).jws)
    assert failed(report) == ["trusted_key"]
    assert stranger.key_id in report.failures[0].detail


def test_a_certificate_of_another_key_does_not_help():
    stranger = ECKey.generate_key("P-256")
    header = {**json.loads(base64.urlsafe_b64decode(SIGNED.jws.split(b".")[0] + b"=="))}
    registry = type("Registry", (joserfc_jws.JWSRegistry,), {"max_header_length": 9999})(algorithms=["ES256"])
    forged = joserfc_jws.serialize_compact(header, manifest().to_bytes(), stranger, registry=registry).encode()
    assert failed(verify(forged)) == ["signature"]


@pytest.mark.parametrize("curve", [ec.BrainpoolP256R1(), ec.SECP256K1()])
def test_a_key_of_another_curve_signs_nothing(curve):
    key = ec.generate_private_key(curve)
    certificate = base64.b64encode(to_der(self_signed_certificate(key, "kedoya-1", NOON))).decode()
    header = {"alg": "ES256", "typ": TYPE, "kid": KEY.key_id, "x5c": [certificate]}
    parts = (json.dumps(header).encode(), manifest().to_bytes())
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    halves = decode_dss_signature(key.sign(signed, ec.ECDSA(hashes.SHA256())))
    signature = base64.urlsafe_b64encode(b"".join(half.to_bytes(32, "big") for half in halves)).rstrip(b"=")
    assert failed(verify(signed + b"." + signature)) == ["signature"]


@pytest.mark.parametrize(
    "change", [{"alg": "none"}, {"alg": "HS256"}, {"crit": ["b64"], "b64": False}, {"jwk": {}}, {"x5c": []}]
)
def test_another_header_is_refused(change):
    header, payload, signature = SIGNED.jws.split(b".")
    fields = {**json.loads(base64.urlsafe_b64decode(header + b"==")), **change}
    forged = base64.urlsafe_b64encode(json.dumps(fields).encode()).rstrip(b"=")
    assert failed(verify(b".".join([forged, payload, signature]))) == ["form"]


def test_a_signed_payload_that_is_no_manifest_is_named():
    assert failed(verify(sign_payload(b'{"format":"rekam-manifest"}', KEY, TYPE))) == ["manifest"]
    spaced = manifest().to_bytes().replace(b'"version":1', b'"version": 1')
    report = verify(sign_payload(spaced, KEY, TYPE))
    assert failed(report) == ["manifest"]
    assert "canonical" in report.failures[0].detail


def test_the_certificate_must_fit_gateway_and_time():
    other = replace(manifest(), gateway_id="other")
    assert failed(verify(sign_payload(other.to_bytes(), KEY, TYPE))) == ["certificate"]
    late = manifest(time=moment(NOON + timedelta(days=900)))
    assert failed(verify(sign_payload(late.to_bytes(), KEY, TYPE), now=NOON + timedelta(days=901))) == ["certificate"]


def test_the_link_to_the_manifest_before():
    first, second, third = (signed.jws for signed in chain(KEY, 3))
    assert verify(second, previous=first).ok
    assert failed(verify(third, previous=first)) == ["chain"]
    twin = sign_manifest(manifest(operator="another"), KEY).jws
    assert failed(verify(second, previous=twin)) == ["chain"]
    assert failed(verify(second, previous=b"garbage")) == ["chain"]


def test_the_time_is_judged():
    untrusted = sign_manifest(manifest(time=moment(quality=ClockQuality.UNTRUSTED)), KEY).jws
    report = verify(untrusted)
    assert report.ok
    assert [check.name for check in report.warnings] == ["time"]
    assert failed(verify(now=NOON - timedelta(days=3))) == ["time"]
    assert verify(now=NOON - timedelta(hours=3)).ok
    (check,) = verify(now=NOON - timedelta(days=20_000)).warnings
    assert (check.name, check.status) == ("time", CheckStatus.WARNING)

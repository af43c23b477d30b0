"""Signed heads are read strictly."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.audit import AuditFieldError, read_audit_head
from gateway.trust import read_signature, sign_payload
from gateway.trust.signature import TYPE, SignatureFormError
from tests.gateway.audit.made_trails import entries, head


def b64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def test_a_head_is_read_back_and_is_no_manifest(key):
    signed = head(entries(3)[-1], key)
    read = read_audit_head(signed)
    assert (read.head.sequence, read.head.gateway_id, read.signature.key_id) == (3, "gateway-1", key.key_id)
    assert read.signature.certificates == key.certificates
    with pytest.raises(SignatureFormError):
        read_signature(signed)
    with pytest.raises(AuditFieldError, match="ES256"):
        read_audit_head(sign_payload(read.head.to_bytes(), key, TYPE))  # as a manifest is signed


def test_any_change_of_a_head_is_noticed(key):
    signed = head(entries(1)[0], key)
    for place in range(0, len(signed), 7):
        for byte in (b"A", b"B", b"."):
            changed = signed[:place] + byte + signed[place + 1 :]
            if changed != signed:
                with pytest.raises(AuditFieldError):
                    read_audit_head(changed)
    for changed in (signed + b"\n", signed[:-1], signed + b"=", b"", b"..", signed.upper(), b"\xff" + signed):
        with pytest.raises(AuditFieldError):
            read_audit_head(changed)


@pytest.mark.parametrize(
    "change",
    [
        {"alg": "none"}, {"typ": "rekam-manifest+jws"}, {"kid": "other"}, {"x5c": []}, {"x5c": ["!"]}, {"x5c": "x"},
        {"x5c": [base64.b64encode(b"no certificate").decode()]}, {"crit": ["exp"]},
    ],
    ids=str,
)  # fmt: skip
def test_a_header_of_another_form_is_refused(key, change):
    header, payload, signature = head(entries(1)[0], key).split(b".")
    content = {**json.loads(base64.urlsafe_b64decode(header + b"==")), **change}
    with pytest.raises(AuditFieldError, match="head"):
        read_audit_head(b".".join((b64(json.dumps(content).encode()), payload, signature)))


@given(st.binary(max_size=300))
def test_any_bytes_are_a_head_or_are_refused(data):
    with pytest.raises(AuditFieldError):
        read_audit_head(data)

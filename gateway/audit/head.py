"""Signed heads of the audit trail: what the gateway vouches for as the end of the trail at a time."""

import json
import re
from dataclasses import dataclass
from typing import Any

import rfc8785

from gateway.audit.entry import time_as_json, time_from_json
from gateway.audit.errors import AuditFieldError
from gateway.trust import SignedTime, UnverifiedSignature, holds_under_named_key, read_signature, sign_payload
from gateway.trust.signature import SignatureFormError
from gateway.trust.signer import Signer

FORMAT = "rekam-audit-head"
VERSION = 1
TYPE = "rekam-audit-head+jws"
"""The header's `typ` (RFC 7515 clause 4.1.9): no manifest can be passed off as a head, nor a head as a manifest."""

_GATEWAY_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_HEX = {"chain_id": re.compile(r"[0-9a-f]{32}"), "digest": re.compile(r"[0-9a-f]{64}")}


@dataclass(frozen=True)
class AuditHead:
    """The end of the trail at a time: it fixes every entry up to `sequence`."""

    gateway_id: str
    chain_id: str
    sequence: int
    digest: str
    """Of the entry with that sequence."""
    time: SignedTime
    boot_id: str

    def to_bytes(self) -> bytes:
        """The canonical form (RFC 8785): the payload that is signed."""
        return rfc8785.dumps(
            {
                "format": FORMAT,
                "version": VERSION,
                "gateway_id": self.gateway_id,
                "chain_id": self.chain_id,
                "sequence": self.sequence,
                "digest": self.digest,
                "time": time_as_json(self.time),
                "boot_id": self.boot_id,
            }
        )


@dataclass(frozen=True)
class SignedHead:
    """A head and its signature."""

    head: AuditHead
    jws: bytes
    """JWS compact serialization, ASCII."""


@dataclass(frozen=True)
class ReadHead:
    """A head whose signature holds under the certificates that it brings along."""

    head: AuditHead
    signature: UnverifiedSignature
    """It holds under the certificates that it brings along; whose they are is not checked."""


def sign_audit_head(head: AuditHead, key: Signer) -> SignedHead:
    """Sign a head: JWS compact serialization, ES256, with the signer's certificates in the header.

    Raises
    ------
    KeyProblem
        The key must not, or cannot, sign now.
    """
    signer = key.current()
    signer.check_validity(head.time)
    return SignedHead(head, sign_payload(head.to_bytes(), signer, TYPE))


def read_audit_head(data: bytes) -> ReadHead:
    """Read a signed head strictly, and check its signature; whose certificate it is, is not said.

    Raises
    ------
    AuditFieldError
        It is no head, or its signature does not hold.
    """
    try:
        signature = read_signature(data, TYPE)
    except SignatureFormError as error:
        raise AuditFieldError(f"head: {error}") from error
    if not holds_under_named_key(signature):
        raise AuditFieldError("head: its signature does not hold")
    return ReadHead(_read_payload(signature.payload), signature)


def _read_payload(payload: bytes) -> AuditHead:
    value = _json("head", payload)
    keys = {"format", "version", "gateway_id", "chain_id", "sequence", "digest", "time", "boot_id"}
    if value.keys() != keys or value["format"] != FORMAT or value["version"] != VERSION:
        raise AuditFieldError(f"head: not the members of {FORMAT} {VERSION}")
    for name, form in {**_HEX, "gateway_id": _GATEWAY_ID, "boot_id": _GATEWAY_ID}.items():
        if not isinstance(value[name], str) or form.fullmatch(value[name]) is None:
            raise AuditFieldError(f"head: {name}: not in its form")
    sequence = value["sequence"]
    if not isinstance(sequence, int) or isinstance(sequence, bool) or sequence < 1:
        raise AuditFieldError("head: sequence: from 1")
    head = AuditHead(
        value["gateway_id"],
        value["chain_id"],
        sequence,
        value["digest"],
        time_from_json(value["time"]),
        value["boot_id"],
    )
    if head.to_bytes() != payload:
        raise AuditFieldError("head: not in canonical form (RFC 8785)")
    return head


def _json(name: str, data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise AuditFieldError(f"{name}: not JSON") from error
    if not isinstance(value, dict):
        raise AuditFieldError(f"{name}: not an object")
    return value

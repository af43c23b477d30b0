"""What a verifier needs to know a gateway: its certificates, statements and revocations, as PEM and as JWKS."""

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc.jwk import ECKey

from gateway.trust.certificate import to_der, to_pem
from gateway.trust.revocation import Revocation

SUCCESSION_LABEL, REVOCATION_LABEL = "REKAM KEY SUCCESSION", "REKAM KEY REVOCATION"
_BLOCK = re.compile(r"-----BEGIN (REKAM KEY [A-Z]+)-----\s+([A-Za-z0-9+/=\s]+?)\s*-----END \1-----")


@dataclass(frozen=True)
class PublishedKey:
    """The public side of one key.

    Parameters
    ----------
    key_id : str
        RFC 7638 thumbprint.
    chain : tuple of x509.Certificate
        Its certificate, then the issuers.
    former : tuple of x509.Certificate
        Certificates of the same key that were replaced; captures carry them.
    succession : tuple of str
        Statements "this key is followed by that key" that name this key as the next.
    revocation : Revocation or None
    """

    key_id: str
    chain: tuple[x509.Certificate, ...]
    former: tuple[x509.Certificate, ...] = ()
    succession: tuple[str, ...] = ()
    revocation: Revocation | None = None


@dataclass(frozen=True)
class TrustBundle:
    """What a verifier needs to pin this gateway; nothing in it is secret."""

    gateway_id: str
    certificates_pem: str
    """Of the key in use: its certificate, then its issuers; then those of the other keys; then, in blocks of their
    own that readers of certificates pass over, statements of succession and revocations."""
    jwks: Mapping[str, Any]
    """JSON Web Key Set (RFC 7517), public keys only, the one in use first."""
    key_ids: tuple[str, ...]
    """RFC 7638 SHA-256 thumbprints, the `kid` of the signatures, the one in use first."""
    keys: tuple[PublishedKey, ...] = field(default=(), repr=False)


def make_trust_bundle(gateway_id: str, keys: Sequence[PublishedKey]) -> TrustBundle:
    """The bundle of a gateway's keys, the one in use first."""
    certificates = dict.fromkeys(each for key in keys for each in (*key.chain, *key.former))
    blocks = [_block(SUCCESSION_LABEL, jws.encode("ascii")) for key in keys for jws in key.succession]
    blocks += [
        _block(REVOCATION_LABEL, json.dumps(key.revocation.to_value(), sort_keys=True).encode())
        for key in keys
        if key.revocation is not None
    ]
    return TrustBundle(
        gateway_id=gateway_id,
        certificates_pem=to_pem(tuple(certificates)) + "".join(blocks),
        jwks={"keys": [_jwk(key) for key in keys]},
        key_ids=tuple(key.key_id for key in keys),
        keys=tuple(keys),
    )


def read_statements(pem: str) -> Iterator[str]:
    """The statements of succession in a bundle; ValueError where one is damaged."""
    for content in _contents(pem, SUCCESSION_LABEL):
        yield content.decode("ascii")


def read_revocations(pem: str) -> Iterator[Revocation]:
    """The revocations in a bundle; ValueError where one is damaged: passing over it would trust the key."""
    for content in _contents(pem, REVOCATION_LABEL):
        value = json.loads(content)
        if not isinstance(value, dict):
            raise ValueError("a revocation is no JSON object")
        yield Revocation.from_value(value)


def _contents(pem: str, label: str) -> Iterator[bytes]:
    found = [base64_text for name, base64_text in _BLOCK.findall(pem) if name == label]
    if len(found) != pem.count(f"BEGIN {label}"):
        raise ValueError(f"a block {label} is damaged")
    for text in found:
        try:
            yield base64.b64decode("".join(text.split()), validate=True)
        except binascii.Error as error:
            raise ValueError(f"a block {label} is damaged") from error


def _block(label: str, content: bytes) -> str:
    text = base64.b64encode(content).decode("ascii")
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]  # RFC 7468 clause 2
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])


def _jwk(key: PublishedKey) -> dict[str, Any]:
    public_key = key.chain[0].public_key()
    assert isinstance(public_key, ec.EllipticCurvePublicKey)
    jwk: dict[str, Any] = {
        **ECKey.import_key(public_key).as_dict(private=False),
        "kid": key.key_id,
        "use": "sig",
        "alg": "ES256",
        "x5c": [base64.b64encode(to_der(each)).decode("ascii") for each in key.chain],
        "x5t#S256": base64.urlsafe_b64encode(key.chain[0].fingerprint(hashes.SHA256())).rstrip(b"=").decode("ascii"),
    }
    if key.revocation is not None:
        jwk["rekam_revocation"] = key.revocation.to_value()
    return jwk

"""Signatures, of manifests and other statements: JWS compact, ES256, with the signer's certificates in the header."""

import base64
import binascii
import json
from dataclasses import dataclass
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from gateway.trust.certificate import MAX_CHAIN, key_id_of
from gateway.trust.manifest import MAX_BYTES, Manifest, payload_digest
from gateway.trust.manifest_field import ManifestError
from gateway.trust.signer import Signer

TYPE = "rekam-manifest+jws"
"""The header's `typ`: media type `application/rekam-manifest+jws` (RFC 7515 clause 4.1.9)."""

MAX_JWS_BYTES = 2 * MAX_BYTES


class _Registry(jws.JWSRegistry):
    # joserfc's own bound of 512 bytes leaves no room for a certificate.
    max_header_length = 32_768
    max_payload_length = MAX_JWS_BYTES


_REGISTRY = _Registry(algorithms=["ES256"])


class SignatureFormError(ValueError):
    """Bytes are not a signature of this form; the message names the part."""


@dataclass(frozen=True)
class SignedManifest:
    """A manifest as it is signed."""

    jws: bytes
    """JWS compact serialization, ASCII without a line break."""
    digest: str
    """SHA-256 of the payload in hexadecimal: `previous` of the next manifest in the chain."""


@dataclass(frozen=True)
class UnverifiedSignature:
    """The parts of a well-formed signature, none of them believed yet."""

    text: str
    key_id: str
    certificates: tuple[x509.Certificate, ...]
    """The signer's, then its issuers."""
    certificate_der: bytes
    payload: bytes

    @property
    def certificate(self) -> x509.Certificate:
        """The signer's."""
        return self.certificates[0]


def sign_manifest(manifest: Manifest, key: Signer) -> SignedManifest:
    """Sign a manifest.

    Raises
    ------
    KeyExpired
        The certificate is not valid at the manifest's time.
    KeyRevoked
        The key signs no more.
    KeyProblem
        The key cannot be reached.
    ManifestError
        A field of the manifest is out of its bounds, or names another gateway than the key's certificate.
    """
    if manifest.gateway_id != key.gateway_id:
        raise ManifestError(f"manifest.gateway_id: {manifest.gateway_id}, but the key is that of {key.gateway_id}")
    signer = key.current()
    signer.check_validity(manifest.time)
    payload = manifest.to_bytes()
    return SignedManifest(sign_payload(payload, signer, TYPE), payload_digest(payload))


def sign_payload(payload: bytes, key: Signer, typ: str) -> bytes:
    """JWS compact serialization of `payload` (RFC 7515), ES256 (RFC 7518 clause 3.4), whatever its time.

    Parameters
    ----------
    payload : bytes
        Signed as it is; at most 128 KiB with the header, or nobody reads it.
    key : Signer
    typ : str
        Media type without `application/`, e.g. `rekam-audit-head+jws`: it keeps one kind of statement from being
        taken for another (RFC 8725 clause 3.11).

    Raises
    ------
    KeyProblem
        The key signs no more, or cannot be reached; there is no signature. Dates are the caller's to check
        (`Signer.check_validity`), by the time that the payload states.
    """
    signer = key.current()
    signed = _protected(typ, signer.key_id, signer.certificates_der) + b"." + _base64url(payload)
    return signed + b"." + _base64url(signer.sign(signed))


def signed_size(payload_bytes: int, key: Signer, typ: str) -> int:
    """Bytes of what `sign_payload` makes of a payload of that size, without a signature."""
    header = len(_protected(typ, key.key_id, key.certificates_der))
    return header + 1 + _base64url_size(payload_bytes) + 1 + _base64url_size(64)


def _base64url_size(size: int) -> int:
    return -(-8 * size // 6)


@lru_cache(maxsize=64)
def _protected(typ: str, key_id: str, certificates: tuple[bytes, ...]) -> bytes:
    """The protected header, base64url: the same for every signature of a key and kind."""
    header = {
        "alg": "ES256",
        "typ": typ,
        "kid": key_id,
        "x5c": [base64.b64encode(each).decode("ascii") for each in certificates],
    }
    return _base64url(json.dumps(header, separators=(",", ":")).encode("ascii"))


def _base64url(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def read_signature(data: bytes, typ: str = TYPE) -> UnverifiedSignature:
    """Take a signature apart, strictly: one spelling of each byte, no white space, no unknown header.

    Parameters
    ----------
    data : bytes
        JWS compact serialization.
    typ : str
        What it must be a signature of, as given to `sign_payload`.

    Raises
    ------
    SignatureFormError
        Names the part that is wrong.
    """
    if len(data) > MAX_JWS_BYTES:
        raise SignatureFormError(f"{len(data)} bytes, over the {MAX_JWS_BYTES} that a signature may have")
    if not data.isascii():
        raise SignatureFormError("not ASCII")
    text = data.decode("ascii")
    parts = text.split(".")
    if len(parts) != 3:
        raise SignatureFormError(f"{len(parts)} parts between dots, not header, payload and signature")
    header_bytes, payload, signature = (
        _strict_base64url(part, name) for part, name in zip(parts, ("header", "payload", "signature"), strict=True)
    )
    if len(signature) != 64:
        raise SignatureFormError(f"signature: {len(signature)} bytes, not the 64 of ES256")
    key_id, chain_der = _read_header(header_bytes, typ)
    try:
        chain = tuple(x509.load_der_x509_certificate(each) for each in chain_der)
    except (ValueError, x509.InvalidVersion, Warning) as error:  # warned of what RFC 5280 forbids, where that raises
        raise SignatureFormError("header: x5c holds no X.509 certificate") from error
    return UnverifiedSignature(text, key_id, chain, chain_der[0], payload)


def signature_holds(signature: UnverifiedSignature) -> bool:
    """Whether the certificate's key made this signature. Says nothing of whose certificate it is."""
    try:
        public_key = signature.certificate.public_key()
        # ES256 is of P-256 alone (RFC 7518 clause 3.4); joserfc knows not every curve that a certificate may have.
        if not isinstance(public_key, ec.EllipticCurvePublicKey) or not isinstance(public_key.curve, ec.SECP256R1):
            return False
        jws.deserialize_compact(signature.text, ECKey.import_key(public_key), registry=_REGISTRY)
    except (JoseError, ValueError, UnsupportedAlgorithm):
        return False
    return True


def holds_under_named_key(signature: UnverifiedSignature) -> bool:
    """`signature_holds`, and the key that the header names is the certificate's."""
    return signature_holds(signature) and key_id_of(signature.certificate) == signature.key_id


def _read_header(data: bytes, typ: str) -> tuple[str, tuple[bytes, ...]]:
    try:
        header: object = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise SignatureFormError("header: not JSON") from error
    if not isinstance(header, dict) or header.keys() != {"alg", "typ", "kid", "x5c"}:
        raise SignatureFormError("header: alg, typ, kid and x5c are due, and nothing else")
    if header["alg"] != "ES256" or header["typ"] != typ:
        raise SignatureFormError(f"header: not ES256 of a {typ}")
    chain = header["x5c"]
    if not isinstance(header["kid"], str) or not isinstance(chain, list) or not 1 <= len(chain) <= MAX_CHAIN:
        raise SignatureFormError(f"header: one kid, and 1 to {MAX_CHAIN} certificates in x5c, are due")
    try:
        return header["kid"], tuple(base64.b64decode(each, validate=True) for each in chain)
    except (TypeError, ValueError, binascii.Error) as error:
        raise SignatureFormError("header: x5c is not base64") from error


def _strict_base64url(part: str, name: str) -> bytes:
    # Python's decoder skips what it does not know and ignores the unused bits of the last character; writing the
    # bytes back shows either.
    try:
        data = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (ValueError, binascii.Error) as error:
        raise SignatureFormError(f"{name}: not base64url") from error
    if base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii") != part:
        raise SignatureFormError(f"{name}: not base64url in its one spelling (RFC 7515 clause 2)")
    return data

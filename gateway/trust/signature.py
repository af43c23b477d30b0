"""The signature of a manifest: JWS compact serialization, ES256, with the signer's certificate in the header."""

import base64
import binascii
import json
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from gateway.trust.keys import SigningKey
from gateway.trust.manifest import MAX_BYTES, Manifest, payload_digest
from gateway.trust.manifest_field import ManifestError

TYPE = "rekam-manifest+jws"
"""The header's `typ`: media type `application/rekam-manifest+jws` (RFC 7515 clause 4.1.9)."""

MAX_JWS_BYTES = 2 * MAX_BYTES


class _Registry(jws.JWSRegistry):
    # joserfc's own bound of 512 bytes leaves no room for a certificate.
    max_header_length = 16_384
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
    certificate: x509.Certificate
    certificate_der: bytes
    payload: bytes


def sign_manifest(manifest: Manifest, key: SigningKey) -> SignedManifest:
    """Sign a manifest.

    Raises
    ------
    KeyExpired
        The certificate is not valid at the manifest's time.
    ManifestError
        A field of the manifest is out of its bounds, or names another gateway than the key's certificate.
    """
    if manifest.gateway_id != key.gateway_id:
        raise ManifestError(f"manifest.gateway_id: {manifest.gateway_id}, but the key is that of {key.gateway_id}")
    key.check_validity(manifest.time)
    payload = manifest.to_bytes()
    return SignedManifest(sign(payload, key), payload_digest(payload))


def sign(payload: bytes, key: SigningKey) -> bytes:
    """JWS compact serialization of `payload` (RFC 7515), ES256 (RFC 7518 clause 3.4)."""
    header = {
        "alg": "ES256",
        "typ": TYPE,
        "kid": key.key_id,
        "x5c": [base64.b64encode(key.certificate_der).decode("ascii")],
    }
    return jws.serialize_compact(header, payload, key.jwk, registry=_REGISTRY).encode("ascii")


def read_signature(data: bytes) -> UnverifiedSignature:
    """Take a signature apart, strictly: one spelling of each byte, no white space, no unknown header.

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
    key_id, certificate_der = _read_header(header_bytes)
    try:
        certificate = x509.load_der_x509_certificate(certificate_der)
    except (ValueError, x509.InvalidVersion, Warning) as error:  # warned of what RFC 5280 forbids, where that raises
        raise SignatureFormError("header: x5c holds no X.509 certificate") from error
    return UnverifiedSignature(text, key_id, certificate, certificate_der, payload)


def signature_holds(signature: UnverifiedSignature) -> bool:
    """Whether the certificate's key made this signature. Says nothing of whose certificate it is."""
    try:
        public_key = signature.certificate.public_key()
        if not isinstance(public_key, ec.EllipticCurvePublicKey):
            return False
        jws.deserialize_compact(signature.text, ECKey.import_key(public_key), registry=_REGISTRY)
    except (JoseError, ValueError, UnsupportedAlgorithm):
        return False
    return True


def key_id_of(certificate: x509.Certificate) -> str:
    """RFC 7638 thumbprint of a certificate's key.

    Raises
    ------
    ValueError
        It is not an EC P-256 key.
    """
    public_key = certificate.public_key()
    if not isinstance(public_key, ec.EllipticCurvePublicKey) or public_key.curve.name != "secp256r1":
        raise ValueError("the certificate's key is not EC P-256")
    return ECKey.import_key(public_key).thumbprint()


def _read_header(data: bytes) -> tuple[str, bytes]:
    try:
        header: object = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise SignatureFormError("header: not JSON") from error
    if not isinstance(header, dict) or header.keys() != {"alg", "typ", "kid", "x5c"}:
        raise SignatureFormError("header: alg, typ, kid and x5c are due, and nothing else")
    if header["alg"] != "ES256" or header["typ"] != TYPE:
        raise SignatureFormError(f"header: not ES256 of a {TYPE}")
    chain = header["x5c"]
    if not isinstance(header["kid"], str) or not isinstance(chain, list) or len(chain) != 1:
        raise SignatureFormError("header: one kid and one certificate in x5c are due")
    try:
        certificate_der = base64.b64decode(chain[0], validate=True)
    except (TypeError, ValueError, binascii.Error) as error:
        raise SignatureFormError("header: x5c is not base64") from error
    return header["kid"], certificate_der


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

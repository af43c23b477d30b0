"""The two signed documents of a packet: JWS compact serialization, ES256, with the signer's certificate.

Of the form that manifests have (docs/manifest.md), under media types of their own, so that none passes for another.
"""

import base64
import binascii
import json
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from gateway.trust import SigningKey
from gateway.trust.clock import is_plausible
from gateway.trust.keys import gateway_of
from gateway.trust.signature import MAX_JWS_BYTES, SignatureFormError, UnverifiedSignature, key_id_of

SEAL_TYPE = "rekam-packet-seal+jws"
STATEMENT_TYPE = "rekam-enrolment+jws"


class _Registry(jws.JWSRegistry):
    # joserfc's own bounds leave no room for a certificate.
    max_header_length = 16_384
    max_payload_length = MAX_JWS_BYTES


_REGISTRY = _Registry(algorithms=["ES256"])


def sign_payload(payload: bytes, key: SigningKey, typ: str) -> bytes:
    """JWS compact serialization of `payload` (RFC 7515), ES256 (RFC 7518 clause 3.4).

    Parameters
    ----------
    payload : bytes
        With the header within `MAX_JWS_BYTES`.
    key : SigningKey
    typ : str
        Media type without `application/` (RFC 7515 clause 4.1.9), so that no document passes for another.
    """
    certificate = base64.b64encode(key.certificate_der).decode("ascii")
    header = {"alg": "ES256", "typ": typ, "kid": key.key_id, "x5c": [certificate]}
    return jws.serialize_compact(header, payload, key.jwk, registry=_REGISTRY).encode("ascii")


def read_signature(data: bytes, typ: str) -> UnverifiedSignature:
    """Take a document apart, strictly: one spelling of each byte, no unknown header.

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
    header, payload, signature = (
        _strict_base64url(part, name) for part, name in zip(parts, ("header", "payload", "signature"), strict=True)
    )
    if len(signature) != 64:
        raise SignatureFormError(f"signature: {len(signature)} bytes, not the 64 of ES256")
    key_id, certificate_der = _read_header(header, typ)
    try:
        certificate = x509.load_der_x509_certificate(certificate_der)
    except (ValueError, x509.InvalidVersion, Warning) as error:
        raise SignatureFormError("header: x5c holds no X.509 certificate") from error
    return UnverifiedSignature(text, key_id, certificate, certificate_der, payload)


def signature_holds(document: UnverifiedSignature) -> bool:
    """Whether the certificate's key made this signature. Says nothing of whose certificate it is."""
    try:
        public_key = document.certificate.public_key()
        if not isinstance(public_key, ec.EllipticCurvePublicKey):
            return False
        jws.deserialize_compact(document.text, ECKey.import_key(public_key), registry=_REGISTRY)
    except (JoseError, ValueError, UnsupportedAlgorithm):
        return False
    return True


def check_signer(document: UnverifiedSignature, gateway_id: str, wall: datetime) -> None:
    """Refuse a certificate that cannot vouch for `gateway_id` at that time.

    Raises
    ------
    ValueError
        Says what is wrong with it.
    """
    certificate = document.certificate
    try:
        certificate.verify_directly_issued_by(certificate)
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except InvalidSignature as error:
        raise ValueError("it is damaged: it does not verify under its own key") from error
    except (x509.ExtensionNotFound, x509.DuplicateExtension) as error:
        raise ValueError("it does not say, once, what its key may be used for") from error
    except (TypeError, UnsupportedAlgorithm) as error:
        raise ValueError(f"its key is of no kind that can be checked: {error}") from error
    if not usage.digital_signature:
        raise ValueError("its key may not sign")
    if (key_id := key_id_of(certificate)) != document.key_id:
        raise ValueError(f"its key is {key_id}, but the header names {document.key_id}")
    if (named := gateway_of(certificate)) != gateway_id:
        raise ValueError(f"it is that of gateway {named}, not of {gateway_id}")
    if is_plausible(wall) and not certificate.not_valid_before_utc <= wall <= certificate.not_valid_after_utc:
        raise ValueError(f"it was not valid at the time that was signed, {wall:%Y-%m-%d}")


def _read_header(data: bytes, typ: str) -> tuple[str, bytes]:
    try:
        header: object = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise SignatureFormError("header: not JSON") from error
    if not isinstance(header, dict) or header.keys() != {"alg", "typ", "kid", "x5c"}:
        raise SignatureFormError("header: alg, typ, kid and x5c are due, and nothing else")
    if header["alg"] != "ES256" or header["typ"] != typ:
        raise SignatureFormError(f"header: not ES256 of a {typ}")
    chain = header["x5c"]
    if not isinstance(header["kid"], str) or not isinstance(chain, list) or len(chain) != 1:
        raise SignatureFormError("header: one kid and one certificate in x5c are due")
    try:
        return header["kid"], base64.b64decode(chain[0], validate=True)
    except (TypeError, ValueError, binascii.Error) as error:
        raise SignatureFormError("header: x5c is not base64") from error


def _strict_base64url(part: str, name: str) -> bytes:
    # Python's decoder skips what it does not know and ignores unused bits; writing the bytes back shows either.
    try:
        data = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (ValueError, binascii.Error) as error:
        raise SignatureFormError(f"{name}: not base64url") from error
    if base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii") != part:
        raise SignatureFormError(f"{name}: not base64url in its one spelling (RFC 7515 clause 2)")
    return data

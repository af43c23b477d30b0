"""Parts of X.509 certificates that are put together, and read, alike everywhere here (RFC 5280, 4.2)."""

from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

_Extension = TypeVar("_Extension", bound=x509.ExtensionType)
_USES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


def key_usage(*uses: str) -> x509.KeyUsage:
    """What a key may be used for, by the names of `x509.KeyUsage`, and nothing else."""
    return x509.KeyUsage(**{use: use in uses for use in _USES})


def extension_of(certificate: x509.Certificate, kind: type[_Extension]) -> _Extension | None:
    """What an extension says; None where there is none, or where the extensions cannot be read, or not in one way."""
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType, ValueError):
        return None


def plain_key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """A private key as PEM (PKCS #8), not encrypted: for a file that its owner alone may read."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )

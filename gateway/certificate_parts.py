"""Parts of X.509 certificates that every authority here puts together alike (RFC 5280, 4.2.1.3)."""

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

_USES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


def key_usage(*uses: str) -> x509.KeyUsage:
    """What a key may be used for, by the names of `x509.KeyUsage`, and nothing else."""
    return x509.KeyUsage(**{use: use in uses for use in _USES})


def plain_key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """A private key as PEM (PKCS #8), not encrypted: for a file that its owner alone may read."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )

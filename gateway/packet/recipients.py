"""Those who can open a packet, and the content key wrapped for each: JWE, ECDH-ES+A256KW over P-256."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from gateway.packet.errors import ContentKeyDamaged, NotARecipient, RecipientKeyUnusable

CONTENT_KEY_BYTES = 32
MAX_RECIPIENTS = 16
MAX_WRAPPED_CHARACTERS = 2048
"""A wrapped key has some 700."""

_ALGORITHMS = ["ECDH-ES+A256KW", "A256GCM"]
_TYPE = "rekam-packet-key+jwe"
_COMMITMENT = b"rekam-packet 1 content key"
_REMEDY = "Give the centre's EC P-256 public key or certificate, as PEM or as a JWK."


@dataclass(frozen=True)
class Recipient:
    """A public key that packets are encrypted to.

    Parameters
    ----------
    public_key : ec.EllipticCurvePublicKey
        P-256.
    not_after : datetime, optional
        Where it came in a certificate: when that ends, UTC. An ended one still encrypts; the caller warns.
    """

    public_key: ec.EllipticCurvePublicKey
    not_after: datetime | None = None
    key_id: str = field(init=False)
    """RFC 7638 SHA-256 thumbprint."""

    def __post_init__(self) -> None:
        if self.public_key.curve.name != "secp256r1":
            raise RecipientKeyUnusable(f"The recipient's key is of the curve {self.public_key.curve.name}.", _REMEDY)
        object.__setattr__(self, "key_id", ECKey.import_key(self.public_key).thumbprint())

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """A recipient from a PEM public key or certificate.

        Raises
        ------
        RecipientKeyUnusable
            It is neither, is a private key, is not P-256, or may not be used to agree on keys.
        """
        if b"PRIVATE KEY-----" in pem:
            raise RecipientKeyUnusable(
                "This is a private key; it belongs to the centre and must not lie at a gateway.", _REMEDY
            )
        try:
            if b"-----BEGIN CERTIFICATE-----" in pem:
                certificate = x509.load_pem_x509_certificate(pem)
                key: object = certificate.public_key()
                _check_usage(certificate)
                not_after = certificate.not_valid_after_utc
            else:
                key, not_after = serialization.load_pem_public_key(pem), None
        except RecipientKeyUnusable:
            raise
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise RecipientKeyUnusable("The recipient's key cannot be read.", _REMEDY) from error
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise RecipientKeyUnusable("The recipient's key is no EC key.", _REMEDY)
        return cls(key, not_after)

    @classmethod
    def from_jwk(cls, jwk: Mapping[str, Any]) -> Self:
        """A recipient from a JSON Web Key (RFC 7517).

        Raises
        ------
        RecipientKeyUnusable
            As `from_pem`; also where `use` or `alg` say that it is for something else.
        """
        if "d" in jwk:
            raise RecipientKeyUnusable(
                "This is a private key; it belongs to the centre and must not lie at a gateway.", _REMEDY
            )
        if jwk.get("kty") != "EC" or jwk.get("use", "enc") != "enc" or jwk.get("alg", _ALGORITHMS[0]) != _ALGORITHMS[0]:
            raise RecipientKeyUnusable("The JWK is not an EC key for encryption with ECDH-ES+A256KW.", _REMEDY)
        try:
            coordinates: dict[str, str | list[str]] = {name: str(jwk[name]) for name in ("kty", "crv", "x", "y")}
            key = ECKey.import_key(coordinates).public_key
        except (JoseError, KeyError, ValueError, UnsupportedAlgorithm) as error:
            raise RecipientKeyUnusable("The recipient's JWK cannot be read.", _REMEDY) from error
        return cls(key)


@dataclass(frozen=True)
class WrappedKey:
    """The content key as one recipient can unwrap it."""

    key_id: str
    jwe: str
    """JWE compact serialization; its plaintext is the 32 bytes of the content key."""


@dataclass(frozen=True)
class ContentKey:
    """What the chunks of one packet are encrypted under: fresh for each packet, nowhere stored but wrapped."""

    secret: bytes = field(repr=False)
    wrapped: tuple[WrappedKey, ...]

    @property
    def commitment(self) -> str:
        """What shows that every recipient unwraps this very key, AES-GCM itself being silent on that."""
        return _commitment(self.secret)

    @classmethod
    def fresh(cls, recipients: Sequence[Recipient]) -> Self:
        """A new key, wrapped for each recipient, in the order of their key ids.

        Raises
        ------
        RecipientKeyUnusable
            There is no recipient, too many, or the same twice.
        """
        ordered = sorted(recipients, key=lambda recipient: recipient.key_id)
        if not 1 <= len(ordered) <= MAX_RECIPIENTS:
            raise RecipientKeyUnusable(f"A packet has 1 to {MAX_RECIPIENTS} recipients, not {len(ordered)}.", _REMEDY)
        if len({recipient.key_id for recipient in ordered}) != len(ordered):
            raise RecipientKeyUnusable("A recipient is named twice.", "Name each once.")
        secret = secrets.token_bytes(CONTENT_KEY_BYTES)
        return cls(secret, tuple(_wrap(secret, recipient) for recipient in ordered))


def unwrap_content_key(
    wrapped: Sequence[WrappedKey], commitment: str, private_key: ec.EllipticCurvePrivateKey
) -> bytes:
    """The 32 bytes of the content key.

    Raises
    ------
    NotARecipient
        Nothing is wrapped for this key.
    ContentKeyDamaged
        It is, but does not open, or opens to another key than `commitment` speaks of.
    """
    key = ECKey.import_key(private_key)
    key_id = key.thumbprint()
    own = next((each for each in wrapped if each.key_id == key_id), None)
    if own is None:
        raise NotARecipient(key_id, tuple(each.key_id for each in wrapped))
    try:
        secret = jwe.decrypt_compact(own.jwe, key, algorithms=_ALGORITHMS).plaintext
    except (JoseError, ValueError, TypeError, KeyError, AssertionError) as error:
        raise ContentKeyDamaged(f"The content key that is wrapped for {key_id} does not open.") from error
    if secret is None or len(secret) != CONTENT_KEY_BYTES or not hmac.compare_digest(_commitment(secret), commitment):
        raise ContentKeyDamaged(f"The content key that is wrapped for {key_id} is not that of the packet.")
    return secret


def _wrap(secret: bytes, recipient: Recipient) -> WrappedKey:
    protected = {"alg": _ALGORITHMS[0], "enc": _ALGORITHMS[1], "typ": _TYPE, "kid": recipient.key_id}
    public = ECKey.import_key(recipient.public_key)
    return WrappedKey(recipient.key_id, jwe.encrypt_compact(protected, secret, public, algorithms=_ALGORITHMS))


def _commitment(secret: bytes) -> str:
    return hmac.new(secret, _COMMITMENT, hashlib.sha256).hexdigest()


def _check_usage(certificate: x509.Certificate) -> None:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return
    except (x509.DuplicateExtension, ValueError) as error:
        raise RecipientKeyUnusable(
            f"The recipient's certificate does not say in one way what its key may be used for ({error}).",
            "Give one whose extensions can be read.",
        ) from error
    if not usage.key_agreement:  # RFC 5280 clause 4.2.1.3: ECDH is key agreement, not key encipherment
        raise RecipientKeyUnusable(
            "The recipient's certificate does not allow its key to agree on keys.",
            "Give one with the key usage keyAgreement; a certificate for signing is another.",
        )

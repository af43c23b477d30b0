"""The gateway's signing key: made at the first start, kept in one private file, refused when out of date."""

import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from joserfc.jwk import ECKey

from gateway.trust.clock import EARLIEST_PLAUSIBLE, ClockQuality, SignedTime, is_plausible, time_now
from gateway.trust.encrypted_key import encrypted_pem

KEY_FILE = "signing.pem"
PASSPHRASE_CREDENTIAL = "rekam-key-passphrase"  # noqa: S105 - its name, not its value
PASSPHRASE_VARIABLE = "REKAM_KEY_PASSPHRASE"  # noqa: S105

VALIDITY = timedelta(days=730)
BACKDATED = timedelta(days=1)
"""A certificate starts this long before it is made, as the next machine's clock may run behind."""

SUBJECT_PREFIX = "Rekam gateway "
_GATEWAY_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,49}")  # 64 characters of CN less the prefix (RFC 5280, A.1)
_NO_KNOWN_END = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)  # RFC 5280 clause 4.1.2.5


class KeyProblem(Exception):
    """The signing key cannot be used; the message says why and what to do.

    Parameters
    ----------
    cause, remedy : str
        In plain words.
    """

    reason = "KEY_UNUSABLE"

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(f"{cause} {remedy}")
        self.cause = cause
        self.remedy = remedy


class KeyUnreadable(KeyProblem):
    """The key file is missing a part, is damaged, or the operating system does not let us at it."""


class KeyPassphraseWrong(KeyProblem):
    """The key is encrypted, and the passphrase is missing or does not fit."""


class KeyExposed(KeyProblem):
    """Others than the owner may read the key file."""


class KeyOfAnotherGateway(KeyProblem):
    """The certificate names another gateway than the one that is configured."""


class KeyExpired(KeyProblem):
    """The certificate is out of date, or not yet valid, by the gateway's clock."""

    reason = "KEY_EXPIRED"


@dataclass(frozen=True)
class TrustBundle:
    """What a verifier needs to pin this gateway; nothing in it is secret."""

    gateway_id: str
    certificates_pem: str
    """The signer's certificate, then its issuers; one self-signed certificate for a file key."""
    jwks: Mapping[str, Any]
    """JSON Web Key Set (RFC 7517), public keys only."""
    key_ids: tuple[str, ...]
    """RFC 7638 SHA-256 thumbprints, the `kid` of the signatures."""


class SigningKey:
    """An EC P-256 key with its certificate, held in memory.

    Parameters
    ----------
    private_key : ec.EllipticCurvePrivateKey
    certificate : x509.Certificate
        Of that very key.
    """

    def __init__(self, private_key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        self.certificate = certificate
        self.jwk = ECKey.import_key(private_key)
        self.key_id = self.jwk.thumbprint()

    @cached_property
    def gateway_id(self) -> str:
        """The gateway that the certificate names."""
        return gateway_of(self.certificate)

    @cached_property
    def certificate_der(self) -> bytes:
        """The certificate, DER."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def not_before(self) -> datetime:
        """First instant at which the certificate is valid, UTC."""
        return self.certificate.not_valid_before_utc

    @property
    def not_after(self) -> datetime:
        """Last instant at which the certificate is valid, UTC."""
        return self.certificate.not_valid_after_utc

    def trust_bundle(self) -> TrustBundle:
        """What a verifier pins."""
        public = {**self.jwk.as_dict(private=False), "kid": self.key_id, "use": "sig", "alg": "ES256"}
        return TrustBundle(
            gateway_id=self.gateway_id,
            certificates_pem=self.certificate.public_bytes(serialization.Encoding.PEM).decode("ascii"),
            jwks={"keys": [public]},
            key_ids=(self.key_id,),
        )

    def check_validity(self, now: SignedTime) -> None:
        """Refuse to sign outside the certificate's validity.

        A clock that is plainly wrong (1970 after a flat battery) judges nothing: the capture is signed with a time
        marked untrusted, since nobody shall be sent home for a battery.

        Raises
        ------
        KeyExpired
            `now` lies before or after the validity.
        """
        if not is_plausible(now.wall) or self.not_before <= now.wall <= self.not_after:
            return
        clock = "" if now.quality is ClockQuality.TRUSTED else " (a clock that nothing confirms)"
        if now.wall > self.not_after:
            raise KeyExpired(
                f"The gateway's certificate ended on {self.not_after:%Y-%m-%d}; its clock says "
                f"{now.wall:%Y-%m-%d}{clock}.",
                _NEW_KEY_REMEDY,
            )
        raise KeyExpired(
            f"The gateway's certificate is valid from {self.not_before:%Y-%m-%d}; its clock says "
            f"{now.wall:%Y-%m-%d}{clock}.",
            _NEW_KEY_REMEDY,
        )


_NEW_KEY_REMEDY = (
    "Set the clock if it is wrong. If it is right, stop the gateway, move its keys folder to a safe place and start "
    "it: a new key is made, and those who verify need its trust bundle."
)


def open_signing_key(directory: Path, gateway_id: str | None = None, passphrase: bytes | None = None) -> SigningKey:
    """Load the signing key from `directory`, or make it at the first start.

    The caller holds the state folder's lock: two processes must not make a key at once. A key that lies there in
    clear is encrypted in place once a passphrase is given.

    Parameters
    ----------
    directory : Path
        Made with mode 0700 where it is missing; the key file in it has mode 0600.
    gateway_id : str, optional
        Letters, digits, `.`, `_`, `-`, at most 50; a random one at the first start, the certificate's later.
    passphrase : bytes, optional
        Encrypts the key at rest (PKCS #8 with scrypt and AES-256); see `read_passphrase`.

    Raises
    ------
    KeyUnreadable, KeyPassphraseWrong, KeyExposed, KeyOfAnotherGateway
    """
    if gateway_id is not None and not _GATEWAY_ID.fullmatch(gateway_id):
        raise ValueError(f"a gateway id is 1 to 50 of A-Z a-z 0-9 . _ -, not {gateway_id!r}")
    path = directory / KEY_FILE
    try:
        if path.exists():
            key = _load(path, passphrase)
        else:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            key = _make(path, gateway_id or f"rekam-{secrets.token_hex(4)}", passphrase)
    except OSError as error:
        raise KeyUnreadable(
            f"The signing key {path} cannot be read or made: {error.strerror}.",
            "Give the gateway's user the right to read and write that folder.",
        ) from error
    if gateway_id is not None and key.gateway_id != gateway_id:
        raise KeyOfAnotherGateway(
            f"The certificate in {path} is that of gateway {key.gateway_id}, but the configuration says {gateway_id}.",
            f"Set the gateway's id to {key.gateway_id}, or give {gateway_id} a state folder of its own.",
        )
    return key


def read_passphrase(explicit: str | None = None, environment: Mapping[str, str] = os.environ) -> bytes | None:
    """The passphrase of the key file, from the first source that has one.

    Parameters
    ----------
    explicit : str, optional
        Given by the caller.
    environment : mapping
        `$CREDENTIALS_DIRECTORY/rekam-key-passphrase` (systemd.exec(5), LoadCredential=) comes before
        `REKAM_KEY_PASSPHRASE`. One line break at the end is not part of it.

    Returns
    -------
    bytes or None
        None where no source is set.

    Raises
    ------
    KeyPassphraseWrong
        A source is set but empty, or cannot be read.
    """
    if explicit is not None:
        found, source = explicit.encode(), "the passphrase that was given"
    elif (folder := environment.get("CREDENTIALS_DIRECTORY")) and (Path(folder) / PASSPHRASE_CREDENTIAL).exists():
        source = f"the credential {PASSPHRASE_CREDENTIAL}"
        try:
            found = (Path(folder) / PASSPHRASE_CREDENTIAL).read_bytes()
        except OSError as error:
            raise KeyPassphraseWrong(
                f"{source} cannot be read: {error.strerror}.", "Look at the unit's LoadCredential= line."
            ) from error
    elif (value := environment.get(PASSPHRASE_VARIABLE)) is not None:
        found, source = value.encode(), f"the environment variable {PASSPHRASE_VARIABLE}"
    else:
        return None
    passphrase = found.removesuffix(b"\n").removesuffix(b"\r")
    if not passphrase:
        raise KeyPassphraseWrong(f"{source} is empty.", "Fill it, or take it away to keep the key unencrypted.")
    return passphrase


def gateway_of(certificate: x509.Certificate) -> str:
    """The gateway id in a certificate's subject.

    Raises
    ------
    ValueError
        The subject is not that of a gateway.
    """
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    name = str(names[0].value) if len(names) == 1 else ""
    gateway_id = name.removeprefix(SUBJECT_PREFIX)
    if gateway_id == name or not _GATEWAY_ID.fullmatch(gateway_id):
        raise ValueError("the certificate's subject names no Rekam gateway")
    return gateway_id


def _make(path: Path, gateway_id: str, passphrase: bytes | None) -> SigningKey:
    private_key = ec.generate_private_key(ec.SECP256R1())
    certificate = self_signed_certificate(private_key, gateway_id, time_now().wall)
    _write(path, private_key, certificate, passphrase)
    return SigningKey(private_key, certificate)


def self_signed_certificate(
    private_key: ec.EllipticCurvePrivateKey, gateway_id: str, made: datetime
) -> x509.Certificate:
    """A certificate for two years that lets the key sign and nothing else.

    Under a clock that is plainly wrong it has no end: dates counted from 1970 would be over once the clock is right.

    Parameters
    ----------
    private_key : ec.EllipticCurvePrivateKey
    gateway_id : str
        Goes into the subject.
    made : datetime
        The gateway's time, UTC.
    """
    if is_plausible(made):
        start, end = made.replace(microsecond=0) - BACKDATED, made.replace(microsecond=0) + VALIDITY
    else:
        start, end = EARLIEST_PLAUSIBLE, _NO_KNOWN_END
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, SUBJECT_PREFIX + gateway_id)])
    key_usage = dict.fromkeys(
        (
            *("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign"),
            *("crl_sign", "encipher_only", "decipher_only"),
        ),
        False,
    )
    public_key = private_key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, **key_usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .sign(private_key, hashes.SHA256())
    )


def _load(path: Path, passphrase: bytes | None) -> SigningKey:
    status = path.stat()
    if status.st_mode & 0o077:
        raise KeyExposed(
            f"The signing key {path} has mode {status.st_mode & 0o777:04o}: others than its owner may use it.",
            f"Run: chmod 600 {path}",
        )
    pem = path.read_bytes()
    encrypted = b"-----BEGIN ENCRYPTED PRIVATE KEY-----" in pem
    if encrypted and passphrase is None:
        raise KeyPassphraseWrong(
            f"The signing key {path} is encrypted, and no passphrase was given.",
            f"Give the systemd credential {PASSPHRASE_CREDENTIAL} or set {PASSPHRASE_VARIABLE}.",
        )
    damaged = KeyUnreadable(
        f"The signing key {path} is damaged.", "Put it back from a backup, or move it away: a new key is made then."
    )
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        gateway_of(certificate)
    except ValueError as error:
        raise damaged from error
    try:
        private_key = serialization.load_pem_private_key(pem, passphrase if encrypted else None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        if not encrypted:
            raise damaged from error
        raise KeyPassphraseWrong(
            f"The passphrase does not open the signing key {path}.", "Give the passphrase that it was made with."
        ) from error
    if (
        not isinstance(private_key, ec.EllipticCurvePrivateKey)
        or private_key.curve.name != "secp256r1"
        or private_key.public_key() != certificate.public_key()
    ):
        raise damaged
    if passphrase is not None and not encrypted:
        _write(path, private_key, certificate, passphrase)
    return SigningKey(private_key, certificate)


def _write(
    path: Path, private_key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate, passphrase: bytes | None
) -> None:
    # Key and certificate share one file, so that one rename makes both or neither.
    if passphrase:
        key_pem = encrypted_pem(private_key, passphrase)
    else:
        key_pem = private_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    pem = key_pem + certificate.public_bytes(serialization.Encoding.PEM)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

"""The key that signs a centre's answers: in one private file, under a certificate that names the centre."""

import re
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.certificate_parts import key_usage, plain_key_pem
from gateway.durable_file import write_durably
from gateway.trust import KeyExposed, KeyPassphraseWrong, KeyUnreadable, SigningKey
from gateway.trust.certificate import to_pem
from gateway.trust.encrypted_key import encrypted_pem
from gateway.trust.keys import PASSPHRASE_CREDENTIAL, PASSPHRASE_VARIABLE

SUBJECT_PREFIX = "Rekam centre "
CENTRE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,50}")  # 64 characters of CN less the prefix (RFC 5280, A.1)
VALIDITY = timedelta(days=1826)
"""Longer than a gateway's: every office has to be told of the next one."""
_BACKDATED = timedelta(days=1)


def make_signing_key(path: Path, centre_id: str, passphrase: bytes | None, now: datetime) -> SigningKey:
    """Make a key and its certificate; both are on the disk when this returns.

    Parameters
    ----------
    path : Path
    centre_id : str
        Matches `CENTRE_ID`.
    passphrase : bytes, optional
        Encrypts the key at rest; see `gateway.trust.read_passphrase`.
    now : datetime
        UTC.

    Raises
    ------
    OSError
    """
    return _written(path, ec.generate_private_key(ec.SECP256R1()), centre_id, passphrase, now)


def renew_certificate(
    path: Path, key: SigningKey, centre_id: str, passphrase: bytes | None, now: datetime
) -> SigningKey:
    """The same key under a certificate that begins now; every office needs it.

    Raises
    ------
    OSError
    """
    return _written(path, key.private_key, centre_id, passphrase, now)


def _written(
    path: Path, key: ec.EllipticCurvePrivateKey, centre_id: str, passphrase: bytes | None, now: datetime
) -> SigningKey:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, SUBJECT_PREFIX + centre_id)])
    start = now.replace(microsecond=0)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start - _BACKDATED)
        .not_valid_after(start + VALIDITY)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage("digital_signature"), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    key_pem = encrypted_pem(key, passphrase) if passphrase else plain_key_pem(key)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_durably(path, key_pem + to_pem([certificate]).encode())
    return SigningKey(key, certificate)


def read_signing_key(path: Path, centre_id: str, passphrase: bytes | None) -> SigningKey:
    """The key in a file.

    Raises
    ------
    KeyUnreadable, KeyPassphraseWrong, KeyExposed
    """
    try:
        mode, pem = path.stat().st_mode & 0o777, path.read_bytes()
    except OSError as error:
        raise KeyUnreadable(
            f"The centre's key {path} cannot be read: {error.strerror}.", "Put it back from a backup."
        ) from error
    if mode & 0o077:
        raise KeyExposed(
            f"The centre's key {path} has mode {mode:04o}: others than its owner may use it.", f"Run: chmod 600 {path}"
        )
    encrypted = b"-----BEGIN ENCRYPTED PRIVATE KEY-----" in pem
    if encrypted and passphrase is None:
        raise KeyPassphraseWrong(
            f"The centre's key {path} is encrypted, and no passphrase was given.",
            f"Give the systemd credential {PASSPHRASE_CREDENTIAL} or set {PASSPHRASE_VARIABLE}.",
        )
    damaged = KeyUnreadable(f"The centre's key {path} is damaged.", "Put it back from a backup.")
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        key = serialization.load_pem_private_key(pem, passphrase if encrypted else None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        if not encrypted:
            raise damaged from error
        raise KeyPassphraseWrong(
            f"The passphrase does not open the centre's key {path}.", "Give the passphrase that it was made with."
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise damaged
    named = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    if [each.value for each in named] != [SUBJECT_PREFIX + centre_id]:
        raise KeyUnreadable(
            f"The certificate in {path} is not that of centre {centre_id}.", "Put back the key of this centre."
        )
    return SigningKey(key, certificate)

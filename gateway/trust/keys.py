"""The signing key in a file: made at the first start, kept in one private file, refused when out of date."""

import os
import secrets
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from gateway.certificate_parts import plain_key_pem
from gateway.durable_file import write_durably
from gateway.trust.certificate import (
    GATEWAY_ID,
    gateway_of,
    key_id_of,
    self_signed_certificate,
    to_der,
)
from gateway.trust.clock import SignedTime, time_now
from gateway.trust.encrypted_key import encrypted_pem
from gateway.trust.key_problem import (
    KeyExposed,
    KeyOfAnotherGateway,
    KeyPassphraseWrong,
    KeyPinWrong,
    KeyProblem,
    KeyUnreadable,
)
from gateway.trust.signer import check_dates
from gateway.trust.trust_bundle import PublishedKey, TrustBundle, make_trust_bundle

KEY_FILE = "signing.pem"
PASSPHRASE_CREDENTIAL = "rekam-key-passphrase"  # noqa: S105 - its name, not its value
PASSPHRASE_VARIABLE = "REKAM_KEY_PASSPHRASE"  # noqa: S105
PIN_CREDENTIAL = "rekam-key-pin"


class SigningKey:
    """An EC P-256 key with its certificates, held in memory; a `Signer`.

    Parameters
    ----------
    private_key : ec.EllipticCurvePrivateKey
    certificate : x509.Certificate
        Of that very key.
    issuers : tuple of x509.Certificate
        Of the certificate, in order; none where it is self-signed.
    """

    def __init__(
        self,
        private_key: ec.EllipticCurvePrivateKey,
        certificate: x509.Certificate,
        issuers: tuple[x509.Certificate, ...] = (),
    ) -> None:
        self.private_key = private_key
        self.certificate = certificate
        self.certificates = (certificate, *issuers)
        self.certificates_der = tuple(to_der(each) for each in self.certificates)
        self.key_id = key_id_of(certificate)

    @cached_property
    def gateway_id(self) -> str:
        """The gateway that the certificate names."""
        return gateway_of(self.certificate)

    @property
    def certificate_der(self) -> bytes:
        """The certificate, DER."""
        return self.certificates_der[0]

    @property
    def not_before(self) -> datetime:
        """First instant at which the certificate is valid, UTC."""
        return self.certificate.not_valid_before_utc

    @property
    def not_after(self) -> datetime:
        """Last instant at which the certificate is valid, UTC."""
        return self.certificate.not_valid_after_utc

    def certified(self, certificates: tuple[x509.Certificate, ...]) -> "SigningKey":
        """The same key under another certificate."""
        return SigningKey(self.private_key, certificates[0], certificates[1:])

    def current(self) -> "SigningKey":
        """This key."""
        return self

    def sign(self, data: bytes) -> bytes:
        """ECDSA with SHA-256 over `data`: r and s, 32 bytes each."""
        return raw_signature(self.private_key.sign(data, ec.ECDSA(hashes.SHA256())))

    def trust_bundle(self) -> TrustBundle:
        """What a verifier pins."""
        return make_trust_bundle(self.gateway_id, [PublishedKey(self.key_id, self.certificates)])

    def check_validity(self, now: SignedTime) -> None:
        """Refuse to sign outside the certificate's validity; see `check_dates`.

        Raises
        ------
        KeyExpired
            `now` lies before or after the validity.
        """
        check_dates(self.certificates, now)

    def check_ready(self, now: SignedTime) -> None:
        """`check_validity`: the key lies in memory."""
        self.check_validity(now)


def raw_signature(der: bytes) -> bytes:
    """A signature as r and s, 32 bytes each, from its DER form (RFC 3279 clause 2.2.3)."""
    r, s = decode_dss_signature(der)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def open_signing_key(directory: Path, gateway_id: str | None = None, passphrase: bytes | None = None) -> SigningKey:
    """Load the first signing key of `directory`, or make it at the first start.

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
    check_gateway_id(gateway_id)
    path = directory / KEY_FILE
    try:
        if path.exists():
            key = load_key_file(path, passphrase)
        else:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            key = make_key_file(path, gateway_id or new_gateway_id(), passphrase, time_now().wall)
    except OSError as error:
        raise KeyUnreadable(
            f"The signing key {path} cannot be read or made: {error.strerror}.",
            "Give the gateway's user the right to read and write that folder.",
        ) from error
    check_same_gateway(key.gateway_id, gateway_id, path)
    return key


def check_gateway_id(gateway_id: str | None) -> None:
    """ValueError unless a gateway can have this id, where one is asked for."""
    if gateway_id is not None and not GATEWAY_ID.fullmatch(gateway_id):
        raise ValueError(f"a gateway id is 1 to 50 of A-Z a-z 0-9 . _ -, not {gateway_id!r}")


def check_same_gateway(found: str, configured: str | None, path: Path) -> None:
    """Raise `KeyOfAnotherGateway` where the configuration names another gateway than the keys are of."""
    if configured is not None and found != configured:
        raise KeyOfAnotherGateway(
            f"The certificate in {path} is that of gateway {found}, but the configuration says {configured}.",
            f"Set the gateway's id to {found}, or give {configured} a state folder of its own.",
        )


def new_gateway_id() -> str:
    """An id for a gateway that was given none."""
    return f"rekam-{secrets.token_hex(4)}"


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
        return _checked_secret(explicit.encode(), "the passphrase that was given", KeyPassphraseWrong, _FILL_IT)
    return _read_secret(PASSPHRASE_CREDENTIAL, environment, KeyPassphraseWrong, _FILL_IT)


def read_pin(name: str = PIN_CREDENTIAL, environment: Mapping[str, str] = os.environ) -> str | None:
    """The PIN of a security module, found as the passphrase is.

    Parameters
    ----------
    name : str
        Of the systemd credential; in capitals and with `_` for `-` that of the environment variable.
    environment : mapping

    Returns
    -------
    str or None
        None where no source is set.

    Raises
    ------
    KeyPinWrong
        A source is set but empty, cannot be read, or is not UTF-8.
    """
    found = _read_secret(name, environment, KeyPinWrong, _FILL_PIN)
    try:
        return None if found is None else found.decode("utf-8")
    except UnicodeDecodeError:
        # Without its cause: a decoding error holds the bytes, and its traceback might be logged.
        raise KeyPinWrong(f"{name} is not UTF-8.", _FILL_PIN) from None


_FILL_PIN = "Fill it with the PIN that it stands for."
_FILL_IT = "Fill it, or take it away to keep the key unencrypted."


def variable_of(credential: str) -> str:
    """The environment variable that stands for a credential."""
    return credential.upper().replace("-", "_")


def _read_secret(credential: str, environment: Mapping[str, str], wrong: type[KeyProblem], remedy: str) -> bytes | None:
    folder, variable = environment.get("CREDENTIALS_DIRECTORY"), variable_of(credential)
    if folder and (Path(folder) / credential).exists():
        source = f"the credential {credential}"
        try:
            return _checked_secret((Path(folder) / credential).read_bytes(), source, wrong, remedy)
        except OSError as error:
            raise wrong(
                f"{source} cannot be read: {error.strerror}.", "Look at the unit's LoadCredential= line."
            ) from error
    value = environment.get(variable)
    if value is None:
        return None
    return _checked_secret(value.encode(), f"the environment variable {variable}", wrong, remedy)


def _checked_secret(found: bytes, source: str, wrong: type[KeyProblem], remedy: str) -> bytes:
    secret = found.removesuffix(b"\n").removesuffix(b"\r")
    if not secret:
        raise wrong(f"{source} is empty.", remedy)
    return secret


def make_key_file(path: Path, gateway_id: str, passphrase: bytes | None, made: datetime) -> SigningKey:
    """Make a key and its self-signed certificate, on the disk when this returns; OSError where it cannot be."""
    private_key = ec.generate_private_key(ec.SECP256R1())
    certificate = self_signed_certificate(private_key, gateway_id, made)
    _write(path, private_key, certificate, passphrase)
    return SigningKey(private_key, certificate)


def load_key_file(path: Path, passphrase: bytes | None) -> SigningKey:
    """Read a key file; a key in clear is encrypted in place where a passphrase is given.

    Raises
    ------
    OSError, KeyUnreadable, KeyPassphraseWrong, KeyExposed
    """
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
    key_pem = encrypted_pem(private_key, passphrase) if passphrase else plain_key_pem(private_key)
    write_durably(path, key_pem + certificate.public_bytes(serialization.Encoding.PEM))

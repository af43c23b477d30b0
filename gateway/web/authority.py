"""An authority of one machine, which can vouch for loopback names alone, and the web door's certificate."""

import contextlib
import ipaddress
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gateway.certificate_parts import key_usage, plain_key_pem
from gateway.durable_file import write_durably
from gateway.web.errors import WebTrustError

AUTHORITY_FILE, AUTHORITY_KEY = "authority.pem", "authority.key"
DOOR_FILE, DOOR_KEY = "door.pem", "door.key"

AUTHORITY_FROM, AUTHORITY_UNTIL = datetime(2024, 1, 1, tzinfo=UTC), datetime(2049, 12, 31, tzinfo=UTC)
"""Fixed: a machine whose clock stood at 1970 when it was made would else have an authority that has ended."""
DOOR_TERM = timedelta(days=365)
"""Browsers of Apple take 825 days at most, others more, of authorities that a person installed."""
RENEWED_BEFORE = timedelta(days=30)

_ADDRESSES = (ipaddress.IPv4Address("127.0.0.1"), ipaddress.IPv6Address("::1"))
_NAME = "localhost"


@dataclass(frozen=True)
class DoorCertificate:
    """What the door shows: PEM files."""

    certificate: Path
    key: Path
    until: datetime
    serial: int


class LocalAuthority:
    """The authority of a state folder's `web` folder, made where there is none.

    Its key can sign for nothing but 127.0.0.1, ::1 and localhost (RFC 5280, 4.2.1.10), so that who steals it can
    pass for a server of this machine, and for no other.
    """

    def __init__(self, folder: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self._folder = folder
        self.certificate = certificate
        self._key = key

    @classmethod
    def open(cls, state: Path) -> "LocalAuthority":
        """Read the authority, or make one; blocking.

        Raises
        ------
        WebTrustError
            Its files cannot be read or written, or do not belong together.
        """
        folder = state / "web"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not (folder / AUTHORITY_FILE).exists():
                _make_authority(folder)
            certificate = x509.load_pem_x509_certificate((folder / AUTHORITY_FILE).read_bytes())
            key = serialization.load_pem_private_key((folder / AUTHORITY_KEY).read_bytes(), None)
        except (OSError, ValueError, TypeError) as error:
            raise WebTrustError(
                f"the web door's authority in {folder} cannot be used: {error}. Remove the folder; the gateway makes "
                "a new one, which `rekam trust install` tells the browsers of"
            ) from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
            raise WebTrustError(
                f"{AUTHORITY_KEY} in {folder} is not of {AUTHORITY_FILE}. Remove the folder; the gateway makes a new "
                "one, which `rekam trust install` tells the browsers of"
            )
        return cls(folder, certificate, key)

    @property
    def path(self) -> Path:
        """PEM of the certificate that browsers are told of."""
        return self._folder / AUTHORITY_FILE

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, hexadecimal."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    def door(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> DoorCertificate:
        """The door's certificate, renewed where less than `RENEWED_BEFORE` of its term is left; blocking.

        Raises
        ------
        WebTrustError
            It cannot be written.
        """
        held = self._held(now())
        if held is not None:
            return held
        try:
            return self._make_door(now())
        except OSError as error:
            raise WebTrustError(f"the web door's certificate cannot be written: {error}") from error

    def _held(self, now: datetime) -> DoorCertificate | None:
        """The certificate that is there; None where it cannot be used, whatever the reason, or not for long."""
        with contextlib.suppress(Exception):  # an InvalidSignature is neither an OSError nor a ValueError
            certificate = x509.load_pem_x509_certificate((self._folder / DOOR_FILE).read_bytes())
            key = serialization.load_pem_private_key((self._folder / DOOR_KEY).read_bytes(), None)
            certificate.verify_directly_issued_by(self.certificate)
            begun = certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc - RENEWED_BEFORE
            if begun and key.public_key() == certificate.public_key():
                return self._door_of(certificate)
        return None

    def _make_door(self, now: datetime) -> DoorCertificate:
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.DNSName(_NAME), *(x509.IPAddress(address) for address in _ADDRESSES)]
        begin = max(now - timedelta(days=1), AUTHORITY_FROM)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Rekam web door")]))
            .issuer_name(self.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(min(max(now, begin) + DOOR_TERM, AUTHORITY_UNTIL))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(key_usage("digital_signature"), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        # First: with the old certificate it is seen to be no pair.
        write_durably(self._folder / DOOR_KEY, plain_key_pem(key))
        write_durably(self._folder / DOOR_FILE, certificate.public_bytes(serialization.Encoding.PEM))
        return self._door_of(certificate)

    def _door_of(self, certificate: x509.Certificate) -> DoorCertificate:
        return DoorCertificate(
            self._folder / DOOR_FILE,
            self._folder / DOOR_KEY,
            certificate.not_valid_after_utc,
            certificate.serial_number,
        )


def _make_authority(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    # Not two of one name: a browser that was told of an older one would call the newer's certificates forged.
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Rekam"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Rekam on this machine {secrets.token_hex(4)}"),
        ]
    )
    names = [x509.DNSName(_NAME), *(x509.IPAddress(ipaddress.ip_network(each)) for each in _ADDRESSES)]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(AUTHORITY_FROM)
        .not_valid_after(AUTHORITY_UNTIL)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(key_usage("key_cert_sign"), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.NameConstraints(names, excluded_subtrees=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    # A power cut before the next line leaves a key that is replaced.
    write_durably(folder / AUTHORITY_KEY, plain_key_pem(key))
    write_durably(folder / AUTHORITY_FILE, certificate.public_bytes(serialization.Encoding.PEM))

"""The authority of a gateway's desks: signs their certificates, and the one that the gateway shows them."""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from gateway.certificate_parts import key_usage, plain_key_pem
from gateway.desks.errors import DeskTrustError
from gateway.desks.roll import ROLE_URN, Desk, DeskRoll
from gateway.durable_file import write_durably
from gateway.roles import ROLES

FOLDER = "desks"
AUTHORITY_FILE, AUTHORITY_KEY = "authority.pem", "authority.key"
SERVER_FILE, SERVER_KEY = "server.pem", "server.key"

AUTHORITY_FROM, AUTHORITY_UNTIL = datetime(2024, 1, 1, tzinfo=UTC), datetime(2049, 12, 31, tzinfo=UTC)
"""Fixed: a machine whose clock stood at 1970 when it was made would else have an authority that has ended."""
SERVER_TERM = timedelta(days=398)
RENEWED_BEFORE = timedelta(days=30)
MAX_DESK_DAYS = 1100
_BACKDATED = timedelta(days=1)
"""A desk's clock may run behind."""
_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,64}")
_HOST = re.compile(r"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,62})(\.[A-Za-z0-9]([A-Za-z0-9-]{0,62}))*")


@dataclass(frozen=True)
class ServerCertificate:
    """What the gateway shows to desks: a key with its certificate, PEM."""

    certificate_pem: bytes
    key_pem: bytes


@dataclass(frozen=True)
class IssuedDesk:
    """What a desk is given: its entry, a key with its certificate, and the authority by which it knows the gateway."""

    desk: Desk
    certificate_pem: bytes
    key_pem: bytes
    authority_pem: bytes


class DeskAuthority:
    """The authority in a state folder's `desks`, made where there is none, and its roll.

    Client and server certificates differ by their extended key usage, so that no desk can pass for the gateway.
    """

    def __init__(self, folder: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self._folder = folder
        self.certificate = certificate
        self._key = key
        self.roll = DeskRoll(folder)

    @classmethod
    def open(cls, state: Path) -> "DeskAuthority":
        """Read the authority, or make one; blocking.

        Raises
        ------
        DeskTrustError
            Its files cannot be read or written, or do not belong together.
        """
        folder = state / FOLDER
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not (folder / AUTHORITY_FILE).exists():
                _make_authority(folder)
            certificate = x509.load_pem_x509_certificate((folder / AUTHORITY_FILE).read_bytes())
            key = serialization.load_pem_private_key((folder / AUTHORITY_KEY).read_bytes(), None)
        except (OSError, ValueError, TypeError) as error:
            raise DeskTrustError(
                f"the authority of desks in {folder} cannot be used: {error}. Put it back from a backup, or remove the "
                "folder: a new one is made, and every desk needs a new certificate"
            ) from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
            raise DeskTrustError(f"{AUTHORITY_KEY} in {folder} is not of {AUTHORITY_FILE}. Put both back from a backup")
        return cls(folder, certificate, key)

    @property
    def certificate_pem(self) -> bytes:
        """By which desks know the gateway, and the gateway its desks."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def issue(self, name: str, roles: Iterable[str], days: int, now: datetime | None = None) -> IssuedDesk:
        """A new certificate with its key, entered in the roll before anybody has it; blocking.

        Parameters
        ----------
        name : str
            Of the desk, as holders of leases and the audit trail name it; 1 to 64 characters.
        roles : iterable of str
            Of whoever has the key; at least one.
        days : int
            Of its term, 1 to 1100.
        now : datetime, optional

        Raises
        ------
        ValueError
            Name, roles or days are none.
        DeskTrustError
            The roll cannot be written; nothing was issued.
        """
        wanted = tuple(sorted(set(roles)))
        if not _NAME.fullmatch(name):
            raise ValueError("a desk's name has 1 to 64 characters, none of them a control character")
        if not wanted or not set(wanted) <= ROLES:
            raise ValueError(f"a desk has at least one role of: {', '.join(sorted(ROLES))}")
        if not 1 <= days <= MAX_DESK_DAYS:
            raise ValueError(f"a certificate is good for 1 to {MAX_DESK_DAYS} days, not {days}")
        begin = max(now or datetime.now(UTC), AUTHORITY_FROM)
        until = min(begin + timedelta(days=days), AUTHORITY_UNTIL)
        key = ec.generate_private_key(ec.SECP256R1())
        uris = [x509.UniformResourceIdentifier(f"{ROLE_URN}{role}") for role in wanted]
        certificate = self._signed(name, key, begin, until, uris, ExtendedKeyUsageOID.CLIENT_AUTH)
        desk = Desk(f"{certificate.serial_number:x}", name, wanted, begin.replace(microsecond=0), until)
        self.roll.add(desk)
        return IssuedDesk(desk, _pem(certificate), plain_key_pem(key), self.certificate_pem)

    def server(self, names: Iterable[str], now: datetime | None = None) -> ServerCertificate:
        """The certificate that desks are shown, made anew a month before its end or for other names; blocking.

        Parameters
        ----------
        names : iterable of str
            Host names and addresses by which desks reach the gateway.
        now : datetime, optional

        Raises
        ------
        DeskTrustError
            A name is none, or the certificate cannot be written.
        """
        now = now or datetime.now(UTC)
        wanted = [_general_name(name) for name in dict.fromkeys(names)]
        if not wanted:
            raise DeskTrustError("desks need a name or an address by which they reach the gateway: give [grpc] names")
        held = self._held(wanted, now)
        if held is not None:
            return held
        begin = max(now, AUTHORITY_FROM)
        key = ec.generate_private_key(ec.SECP256R1())
        until = min(begin + SERVER_TERM, AUTHORITY_UNTIL)
        certificate = self._signed("Rekam gateway", key, begin, until, wanted, ExtendedKeyUsageOID.SERVER_AUTH)
        try:
            # First: with the old one it is seen to be no pair.
            write_durably(self._folder / SERVER_KEY, plain_key_pem(key))
            write_durably(self._folder / SERVER_FILE, _pem(certificate))
        except OSError as error:
            raise DeskTrustError(f"the certificate for desks cannot be written: {error.strerror}") from error
        return ServerCertificate(_pem(certificate), plain_key_pem(key))

    def _held(self, names: list[x509.GeneralName], now: datetime) -> ServerCertificate | None:
        """The one that is there; None where it cannot be used, whatever the reason, or not for long."""
        try:
            certificate_pem = (self._folder / SERVER_FILE).read_bytes()
            key_pem = (self._folder / SERVER_KEY).read_bytes()
            certificate = x509.load_pem_x509_certificate(certificate_pem)
            key = serialization.load_pem_private_key(key_pem, None)
            certificate.verify_directly_issued_by(self.certificate)
            held = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except Exception:  # whatever is wrong with it, a new one is made
            return None
        good = certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc - RENEWED_BEFORE
        if good and list(held) == names and key.public_key() == certificate.public_key():
            return ServerCertificate(certificate_pem, key_pem)
        return None

    def _signed(
        self,
        name: str,
        key: ec.EllipticCurvePrivateKey,
        begin: datetime,
        until: datetime,
        names: Iterable[x509.GeneralName],
        use: ObjectIdentifier,
    ) -> x509.Certificate:
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(self.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(max(begin - _BACKDATED, AUTHORITY_FROM))
            .not_valid_after(until)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(key_usage("digital_signature"), critical=True)
            .add_extension(x509.ExtendedKeyUsage([use]), critical=True)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )


def _make_authority(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    serial = x509.random_serial_number()
    # Not two of one name: what one vouched for must not be looked for under the other.
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Rekam desks {serial:x}"[:40])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(AUTHORITY_FROM)
        .not_valid_after(AUTHORITY_UNTIL)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(key_usage("key_cert_sign"), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    # A power cut before the next line leaves a key to be replaced.
    write_durably(folder / AUTHORITY_KEY, plain_key_pem(key))
    write_durably(folder / AUTHORITY_FILE, _pem(certificate))


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name.strip("[]")))
    except ValueError:
        if not _HOST.fullmatch(name):
            raise DeskTrustError(f"{name!r} is neither a host name nor an address; mend [grpc] names") from None
        return x509.DNSName(name.lower())


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)

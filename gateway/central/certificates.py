"""The centre's own small authority: whose connections are let in, and by what offices know the centre.

It vouches for connections alone. Answers are signed by another key under a certificate of its own, so that nobody who
may connect can sign as the centre.
"""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gateway.central.errors import CertificateRefused
from gateway.central.state import told
from gateway.certificate_parts import extension_of, key_usage, plain_key_pem
from gateway.durable_file import write_durably
from gateway.guidance import LocalizedText
from gateway.trust.certificate import GATEWAY_ID

GATEWAY_URN = "urn:rekam:gateway:"
AUTHORITY_FILE, AUTHORITY_KEY_FILE = "authority.pem", "authority.key"
SERVER_FILE, SERVER_KEY_FILE = "server.pem", "server.key"
AUTHORITY_VALIDITY = timedelta(days=3652)
SERVER_VALIDITY = timedelta(days=398)
CLIENT_VALIDITY = timedelta(days=730)
_BACKDATED = timedelta(days=1)
"""An office's clock may run behind."""
_NAME = re.compile(r"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,62})(\.[A-Za-z0-9]([A-Za-z0-9-]{0,62}))*")


@dataclass(frozen=True)
class IssuedCertificate:
    """A key with its certificate, PEM."""

    certificate_pem: bytes
    key_pem: bytes


class Authority:
    """Issues the certificates of connections.

    Parameters
    ----------
    certificate : x509.Certificate
    private_key : ec.EllipticCurvePrivateKey
    """

    def __init__(self, certificate: x509.Certificate, private_key: ec.EllipticCurvePrivateKey) -> None:
        self.certificate = certificate
        self._private_key = private_key

    @classmethod
    def made(cls, centre_id: str, now: datetime) -> "Authority":
        """A new one."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = _named(f"Rekam authority {centre_id}")
        builder = _certificate(name, name, key.public_key(), now, AUTHORITY_VALIDITY)
        certificate = (
            builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(key_usage("key_cert_sign", "crl_sign"), critical=True)
            .sign(key, hashes.SHA256())
        )
        return cls(certificate, key)

    @classmethod
    def read(cls, folder: Path) -> "Authority":
        """The one that lies in a folder.

        Raises
        ------
        StateUnusable, CertificateRefused
        """
        with told(folder):
            pem, key_pem = (folder / AUTHORITY_FILE).read_bytes(), (folder / AUTHORITY_KEY_FILE).read_bytes()
        try:
            key = serialization.load_pem_private_key(key_pem, None)
            certificate = x509.load_pem_x509_certificate(pem)
        except (ValueError, TypeError) as error:
            raise CertificateRefused(
                LocalizedText(
                    id=f"Kunci atau sertifikat otoritas di {folder} rusak. Pulihkan dari cadangan.",
                    en=f"The authority's key or certificate in {folder} is damaged. Put it back from a backup.",
                )
            ) from error
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return cls(certificate, key)

    def write(self, folder: Path) -> None:
        """Keep it in a folder: the key first, so that a certificate there means that both are."""
        with told(folder):
            write_durably(folder / AUTHORITY_KEY_FILE, plain_key_pem(self._private_key))
            write_durably(folder / AUTHORITY_FILE, self.certificate_pem)

    @property
    def certificate_pem(self) -> bytes:
        """What offices know the centre's server by."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def server_certificate(self, names: Sequence[str], now: datetime) -> IssuedCertificate:
        """For the centre's server.

        Parameters
        ----------
        names : sequence of str
            By which offices reach it: host names and IP addresses.
        now : datetime

        Raises
        ------
        CertificateRefused
            A name is none.
        """
        alternatives = [_general_name(name) for name in dict.fromkeys(names)]
        return self._issued(names[0], alternatives, ExtendedKeyUsageOID.SERVER_AUTH, now, SERVER_VALIDITY)

    def gateway_certificate(
        self, gateway_id: str, now: datetime, validity: timedelta = CLIENT_VALIDITY
    ) -> IssuedCertificate:
        """For a gateway's connections: it is named by the URI `urn:rekam:gateway:ID`.

        Raises
        ------
        CertificateRefused
            No gateway can have that id.
        """
        if not GATEWAY_ID.fullmatch(gateway_id):
            raise CertificateRefused(
                LocalizedText(
                    id=f"ID gateway terdiri atas 1 sampai 50 huruf, angka, `.`, `_`, `-`, bukan {gateway_id!r}.",
                    en=f"A gateway id is 1 to 50 of A-Z a-z 0-9 . _ -, not {gateway_id!r}.",
                )
            )
        alternatives = [x509.UniformResourceIdentifier(GATEWAY_URN + gateway_id)]
        return self._issued(f"Rekam gateway {gateway_id}", alternatives, ExtendedKeyUsageOID.CLIENT_AUTH, now, validity)

    def _issued(
        self,
        common_name: str,
        alternatives: Sequence[x509.GeneralName],
        use: x509.ObjectIdentifier,
        now: datetime,
        validity: timedelta,
    ) -> IssuedCertificate:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _certificate(_named(common_name[:64]), self.certificate.subject, key.public_key(), now, validity)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._private_key.public_key())
        certificate = (
            builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(key_usage("digital_signature"), critical=True)
            .add_extension(x509.ExtendedKeyUsage([use]), critical=False)
            .add_extension(issuer, critical=False)
            .sign(self._private_key, hashes.SHA256())
        )
        return IssuedCertificate(certificate.public_bytes(serialization.Encoding.PEM), plain_key_pem(key))


def gateway_named(certificate: x509.Certificate) -> str | None:
    """The gateway that a client's certificate names, by one URI `urn:rekam:gateway:ID`; None where it names none."""
    names = extension_of(certificate, x509.SubjectAlternativeName)
    if names is None:
        return None
    found = [
        uri.removeprefix(GATEWAY_URN)
        for uri in names.get_values_for_type(x509.UniformResourceIdentifier)
        if uri.startswith(GATEWAY_URN)
    ]
    return found[0] if len(found) == 1 and GATEWAY_ID.fullmatch(found[0]) else None


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, validity: timedelta
) -> x509.CertificateBuilder:
    start = now.astimezone(UTC).replace(microsecond=0)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start - _BACKDATED)
        .not_valid_after(start + validity)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    if not _NAME.fullmatch(name):
        raise CertificateRefused(
            LocalizedText(
                id=f"{name!r} bukan nama komputer atau alamat IP.",
                en=f"{name!r} is neither a host name nor an IP address.",
            )
        )
    return x509.DNSName(name)


def _named(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])

"""Certificates of signing keys: made by the gateway itself, asked for at an authority, checked when they come back."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from joserfc.jwk import ECKey

from gateway.certificate_parts import extension_of, key_usage
from gateway.trust.clock import EARLIEST_PLAUSIBLE, is_plausible
from gateway.trust.key_problem import CertificateUnfit

VALIDITY = timedelta(days=730)
BACKDATED = timedelta(days=1)
"""A certificate starts this long before it is made, as the next machine's clock may run behind."""
MAX_CHAIN = 5
"""Certificates that travel with every signature; two or three are usual."""
MAX_CHAIN_BYTES = 12_000
"""Of these as DER."""

SUBJECT_PREFIX = "Rekam gateway "
GATEWAY_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,49}")  # 64 characters of CN less the prefix (RFC 5280, A.1)
_NO_KNOWN_END = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)  # RFC 5280 clause 4.1.2.5


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
    if gateway_id == name or not GATEWAY_ID.fullmatch(gateway_id):
        raise ValueError("the certificate's subject names no Rekam gateway")
    return gateway_id


def key_id_of(certificate: x509.Certificate) -> str:
    """RFC 7638 thumbprint of a certificate's key.

    Raises
    ------
    ValueError
        It is not an EC P-256 key.
    """
    return thumbprint(certificate.public_key())


def thumbprint(public_key: object) -> str:
    """RFC 7638 SHA-256 thumbprint of an EC P-256 key; ValueError where it is another kind."""
    if not isinstance(public_key, ec.EllipticCurvePublicKey) or public_key.curve.name != "secp256r1":
        raise ValueError("the certificate's key is not EC P-256")
    return ECKey.import_key(public_key).thumbprint()


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
    subject, public_key = _subject(gateway_id), private_key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_signing_only(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .sign(private_key, hashes.SHA256())
    )


def certificate_request(private_key: ec.EllipticCurvePrivateKey, gateway_id: str) -> str:
    """A request for a certificate of this key, PKCS #10 in PEM (RFC 2986); it asks for the right to sign alone."""
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(_subject(gateway_id))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_signing_only(), critical=True)
        .sign(private_key, hashes.SHA256())
    )
    return request.public_bytes(serialization.Encoding.PEM).decode("ascii")


def to_pem(certificates: Sequence[x509.Certificate]) -> str:
    """Certificates as PEM, in their order."""
    return "".join(each.public_bytes(serialization.Encoding.PEM).decode("ascii") for each in certificates)


def to_der(certificate: x509.Certificate) -> bytes:
    """A certificate as DER."""
    return certificate.public_bytes(serialization.Encoding.DER)


def check_issuance(chain: Sequence[x509.Certificate]) -> None:
    """Check that each certificate vouches for the one before it, and that the first lets its key sign.

    Parameters
    ----------
    chain : sequence of x509.Certificate
        The signer's, then its issuers; the last one may be signed by an authority that is left out, but a single one
        is signed by its own key.

    Raises
    ------
    ValueError
        Names what does not hold.
    """
    leaf = chain[0]
    try:
        if len(chain) == 1:
            # The office has no authority to ask: the verifier pins the certificate itself.
            leaf.verify_directly_issued_by(leaf)
        for place, (issued, issuer) in enumerate(pairwise(chain), 1):
            _check_issuer(issuer, chain[1:place])
            issued.verify_directly_issued_by(issuer)
        usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    except InvalidSignature as error:
        raise ValueError(_broken(chain)) from error
    except (x509.ExtensionNotFound, x509.DuplicateExtension) as error:
        raise ValueError("it does not say, once, what its key may be used for") from error
    except (TypeError, UnsupportedAlgorithm) as error:
        raise ValueError(f"its key is of no kind that can be checked: {error}") from error
    except ValueError as error:
        raise ValueError(str(error) if len(chain) == 1 else f"its issuers do not follow in order: {error}") from error
    if not usage.digital_signature:
        raise ValueError("its key may not sign")
    if is_authority(leaf):
        raise ValueError("it is that of an authority, not of a signer")


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether a certificate may vouch for others (RFC 5280 clauses 4.2.1.9 and 4.2.1.3)."""
    constraints = extension_of(certificate, x509.BasicConstraints)
    usage = extension_of(certificate, x509.KeyUsage)
    return constraints is not None and usage is not None and constraints.ca and usage.key_cert_sign


def path_length_allows(issuer: x509.Certificate, below: Sequence[x509.Certificate]) -> bool:
    """Whether an authority may have these authorities between itself and a signer (RFC 5280 clause 6.1.4, k to m).

    Parameters
    ----------
    issuer : x509.Certificate
    below : sequence of x509.Certificate
        Those that issued themselves, under a new key for instance, are not counted.
    """
    constraints = extension_of(issuer, x509.BasicConstraints)
    if constraints is None or constraints.path_length is None:
        return True
    return sum(each.subject != each.issuer for each in below) <= constraints.path_length


def read_chain(pem: str) -> tuple[x509.Certificate, ...]:
    """The certificates of a PEM text, in order.

    Raises
    ------
    CertificateUnfit
        There is none, one is damaged, or a private key lies beside them.
    """
    if "PRIVATE KEY-----" in pem:
        raise CertificateUnfit(
            "The text holds a private key beside the certificates.",
            "Give the certificates alone, and treat that private key as known to others.",
        )
    try:
        chain = tuple(x509.load_pem_x509_certificates(pem.encode("ascii")))
    except (ValueError, UnicodeEncodeError, x509.InvalidVersion) as error:
        raise CertificateUnfit(
            f"That is no chain of certificates in PEM: {error}.",
            "Convert what the authority sent: `openssl x509 -inform der -in FILE` or `openssl pkcs7 -print_certs`.",
        ) from error
    size = sum(len(to_der(each)) for each in chain)
    if len(chain) > MAX_CHAIN or size > MAX_CHAIN_BYTES:
        raise CertificateUnfit(
            f"There are {len(chain)} certificates of {size} bytes; at most {MAX_CHAIN} of {MAX_CHAIN_BYTES} bytes can "
            "travel with every signature.",
            "Give the gateway's certificate and those of its issuers alone.",
        )
    return chain


def check_installable(
    chain: Sequence[x509.Certificate], public_key: ec.EllipticCurvePublicKey, gateway_id: str, now: datetime
) -> None:
    """Check that a chain can be the certificate of a key of this gateway.

    Parameters
    ----------
    chain : sequence of x509.Certificate
        As it came from an authority.
    public_key : ec.EllipticCurvePublicKey
        The gateway's.
    gateway_id : str
        What the subject must name.
    now : datetime
        UTC; where it is plainly wrong, dates are not judged.

    Raises
    ------
    CertificateUnfit
        Says what is wrong.
    """
    leaf = chain[0]
    if leaf.public_key() != public_key:
        if any(each.public_key() == public_key for each in chain[1:]):
            raise CertificateUnfit(
                "The gateway's own certificate does not come first.", "Put it first, then its issuer, and so on."
            )
        raise CertificateUnfit(
            f"The certificate ({leaf.subject.rfc4514_string()}) is that of another key.",
            "Send the authority the request of this key (`rekam keys csr`), and install what it answers to that.",
        )
    try:
        named = gateway_of(leaf)
    except ValueError:
        named = leaf.subject.rfc4514_string()
    if named != gateway_id:
        raise CertificateUnfit(
            f"The certificate names {named!r}, but this is gateway {gateway_id}.",
            f"Ask the authority for a certificate with the subject of the request: CN={SUBJECT_PREFIX}{gateway_id}.",
        )
    if len(chain) == 1 and leaf.issuer != leaf.subject:
        raise CertificateUnfit(
            f"The certificate of its issuer ({leaf.issuer.rfc4514_string()}) is missing.",
            "Add the issuer's certificate behind it, so that those who verify can follow it.",
        )
    try:
        check_issuance(chain)
    except ValueError as error:
        raise CertificateUnfit(
            f"The certificate cannot be used: {error}.",
            "Ask the authority for one with the key usage digitalSignature, and give its issuers in order.",
        ) from error
    for each in chain if is_plausible(now) else ():
        if not each.not_valid_before_utc <= now <= each.not_valid_after_utc:
            dates = f"{each.not_valid_before_utc:%Y-%m-%d} to {each.not_valid_after_utc:%Y-%m-%d}"
            raise CertificateUnfit(
                f"The certificate of {each.subject.rfc4514_string()} is valid from {dates}; the gateway's clock says "
                f"{now:%Y-%m-%d}.",
                "Set the clock if it is wrong; else ask the authority for a certificate that is valid now.",
            )


def _check_issuer(issuer: x509.Certificate, below: Sequence[x509.Certificate]) -> None:
    if not is_authority(issuer):
        raise ValueError(f"{issuer.subject.rfc4514_string()} may not issue certificates")
    if not path_length_allows(issuer, below):
        raise ValueError(f"{issuer.subject.rfc4514_string()} may not have so many authorities below it")


def _broken(chain: Sequence[x509.Certificate]) -> str:
    if len(chain) == 1:
        return "it is damaged: it does not verify under its own key"
    return "it is damaged: it, or an issuer's, does not verify under the next one's key"


def _subject(gateway_id: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, SUBJECT_PREFIX + gateway_id)])


def _signing_only() -> x509.KeyUsage:
    return key_usage("digital_signature")

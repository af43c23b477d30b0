"""Passive authentication: is what a chip holds what a state signed (ICAO Doc 9303-11, 5.1; 9303-12)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from hmac import compare_digest
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from gateway.card.errors import ASN1_ERRORS, MalformedCardData
from gateway.card.security_object import LDS_SECURITY_OBJECT, SecurityObject, read_security_object
from gateway.certificate_parts import extension_of

_HASHES: Mapping[str, hashes.HashAlgorithm] = {
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
"""Doc 9303-12, 4.4; SHA-1 is refused, as documents with it were last issued long ago and can be forged."""


class PassiveFault(Enum):
    """What is wrong, by name."""

    MALFORMED = "EF.SOD cannot be read"
    NOT_A_SECURITY_OBJECT = "what is signed is no LDS security object"
    UNSUPPORTED_ALGORITHM = "an algorithm is weak or not known here"
    SIGNER_MISSING = "the signer's certificate is not in EF.SOD"
    SIGNER_UNREADABLE = "the signer's certificate cannot be read"
    CONTENT_CHANGED = "the hashes are not those that were signed"
    SIGNATURE_WRONG = "the signature over the hashes is wrong"
    SIGNER_NOT_FOR_SIGNING = "the signer's certificate does not allow it to sign documents"
    SIGNER_NOT_YET_VALID = "the signer's certificate is not valid yet"
    SIGNER_EXPIRED = "the signer's certificate is out of date"
    ISSUER_UNKNOWN = "none of the given authorities issued the signer's certificate"
    ISSUER_NOT_AUTHORITY = "the certificate that issued the signer's is none of an authority"
    ISSUER_OUT_OF_DATE = "the authority's certificate was not valid when the signer's was issued"
    GROUP_NOT_SIGNED = "a data group is not among the signed hashes"
    GROUP_CHANGED = "a data group is not the one that was signed"


@dataclass(frozen=True)
class PassiveFailure:
    """One thing that is wrong."""

    fault: PassiveFault
    group: int | None = None
    """Number of the data group it is about."""

    def __str__(self) -> str:
        return self.fault.value if self.group is None else f"DG{self.group}: {self.fault.value}"


@dataclass(frozen=True)
class PassiveVerdict:
    """What passive authentication found."""

    failures: tuple[PassiveFailure, ...]
    verified: tuple[int, ...] = ()
    """Data groups whose hashes agree with the signed ones; of worth only where nothing failed."""
    unread: tuple[int, ...] = ()
    """Data groups that are signed and were not given."""

    @property
    def genuine(self) -> bool:
        """Whether nothing failed, and at least one data group was compared."""
        return not self.failures and bool(self.verified)


def authenticate_passively(
    ef_sod: bytes, groups: Mapping[int, bytes], anchors: Sequence[x509.Certificate], at: datetime
) -> PassiveVerdict:
    """Check signature, certificates and every hash; each failure is named, and none hides another.

    Revocation lists are not looked at, nor link certificates: the signer must be issued by one of `anchors` itself.

    Parameters
    ----------
    ef_sod : bytes
        The whole file EF.SOD.
    groups : mapping
        Whole files, tag and length with them, by number of the data group.
    anchors : sequence of Certificate
        The authorities (CSCA) that are trusted.
    at : datetime
        When it is checked, with its time zone.

    Returns
    -------
    PassiveVerdict

    Raises
    ------
    ValueError
        `at` has no time zone.
    """
    if at.tzinfo is None:
        raise ValueError("the time of the check needs its time zone")
    try:
        sod = read_security_object(ef_sod)
    except MalformedCardData:
        return PassiveVerdict((PassiveFailure(PassiveFault.MALFORMED),))
    failures = [PassiveFailure(fault) for fault in _signature_faults(sod, anchors, at.astimezone(UTC))]
    verified = []
    algorithm = _HASHES.get(sod.algorithm)
    if algorithm is None:
        failures.append(PassiveFailure(PassiveFault.UNSUPPORTED_ALGORITHM))
    for number, octets in sorted(groups.items()):
        signed = sod.hashes.get(number)
        if signed is None:
            failures.append(PassiveFailure(PassiveFault.GROUP_NOT_SIGNED, number))
        elif algorithm is not None:
            if compare_digest(_digest(algorithm, octets), signed):
                verified.append(number)
            else:
                failures.append(PassiveFailure(PassiveFault.GROUP_CHANGED, number))
    unread = tuple(sorted(set(sod.hashes) - set(groups)))
    return PassiveVerdict(tuple(dict.fromkeys(failures)), tuple(verified), unread)


def _signature_faults(sod: SecurityObject, anchors: Sequence[x509.Certificate], at: datetime) -> Iterator[PassiveFault]:
    if sod.content_type != LDS_SECURITY_OBJECT:
        yield PassiveFault.NOT_A_SECURITY_OBJECT
    try:
        signer = _signer_certificate(sod)
        if signer is None:
            yield PassiveFault.SIGNER_MISSING
            return
        key = signer.public_key()
    except (x509.InvalidVersion, UnsupportedAlgorithm, *ASN1_ERRORS):
        # Among others: curves by explicit parameters, which cryptography does not take.
        yield PassiveFault.SIGNER_UNREADABLE
        return
    try:
        yield from _content_faults(sod)
        _verify(key, sod)
    except InvalidSignature:
        yield PassiveFault.SIGNATURE_WRONG
    except (UnsupportedAlgorithm, *ASN1_ERRORS):
        yield PassiveFault.UNSUPPORTED_ALGORITHM
    yield from _certificate_faults(signer, anchors, at)


def _signer_certificate(sod: SecurityObject) -> x509.Certificate | None:
    """The certificate that SignerInfo names, by issuer and serial number or by key identifier."""
    named = sod.signer["sid"]
    for der in sod.certificates:
        certificate = x509.load_der_x509_certificate(der)
        if named.name == "issuer_and_serial_number":
            same = certificate.issuer.public_bytes() == named.chosen["issuer"].dump()
            if same and certificate.serial_number == named.chosen["serial_number"].native:
                return certificate
        else:
            identifier = extension_of(certificate, x509.SubjectKeyIdentifier)
            if identifier is not None and identifier.digest == named.chosen.native:
                return certificate
    return None


def _content_faults(sod: SecurityObject) -> Iterator[PassiveFault]:
    """Do the signed attributes, where there are any, speak of this content (RFC 5652, 5.4 and 11)."""
    algorithm = _HASHES[sod.signer["digest_algorithm"]["algorithm"].native]
    attributes = _attributes(sod)
    if attributes is None:
        return
    if attributes.get("content_type") != [sod.content_type]:
        yield PassiveFault.NOT_A_SECURITY_OBJECT
    digests = attributes.get("message_digest", [])
    if len(digests) != 1 or not compare_digest(digests[0], _digest(algorithm, sod.content)):
        yield PassiveFault.CONTENT_CHANGED


def _attributes(sod: SecurityObject) -> dict[str, list[Any]] | None:
    """Values of the signed attributes; None where there are none."""
    if not len(sod.signer["signed_attrs"]):
        return None
    return {
        item["type"].native: [
            value.dotted if item["type"].native == "content_type" else value.native for value in item["values"]
        ]
        for item in sod.signer["signed_attrs"]
    }


def _verify(key: object, sod: SecurityObject) -> None:
    signer = sod.signer
    # Signed as a SET OF, though it stands there with another tag (RFC 5652, 5.4).
    message = signer["signed_attrs"].untag().dump() if _attributes(sod) is not None else sod.content
    algorithm = signer["signature_algorithm"]
    scheme, signature = algorithm.signature_algo, bytes(signer["signature"])
    digest_name = signer["digest_algorithm"]["algorithm"].native
    if scheme == "ecdsa" and isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, message, ec.ECDSA(_HASHES[algorithm.hash_algo]))
    elif scheme == "rsassa_pss" and isinstance(key, rsa.RSAPublicKey):
        parameters = algorithm["parameters"]
        mask = parameters["mask_gen_algorithm"]["parameters"]["algorithm"].native
        pss = padding.PSS(padding.MGF1(_HASHES[mask]), parameters["salt_length"].native)
        key.verify(signature, message, pss, _HASHES[parameters["hash_algorithm"]["algorithm"].native])
    elif scheme == "rsassa_pkcs1v15" and isinstance(key, rsa.RSAPublicKey):
        named = algorithm["algorithm"].native
        name = digest_name if named == "rsassa_pkcs1v15" else algorithm.hash_algo
        key.verify(signature, message, padding.PKCS1v15(), _HASHES[name])
    else:
        raise UnsupportedAlgorithm("no such signature here")


def _certificate_faults(
    signer: x509.Certificate, anchors: Sequence[x509.Certificate], at: datetime
) -> Iterator[PassiveFault]:
    if at < signer.not_valid_before_utc:
        yield PassiveFault.SIGNER_NOT_YET_VALID
    if at > signer.not_valid_after_utc:
        yield PassiveFault.SIGNER_EXPIRED
    if not _may_sign(signer):
        yield PassiveFault.SIGNER_NOT_FOR_SIGNING
    issuer = next((anchor for anchor in anchors if _issued(anchor, signer)), None)
    if issuer is None:
        yield PassiveFault.ISSUER_UNKNOWN
        return
    if not _is_authority(issuer):
        yield PassiveFault.ISSUER_NOT_AUTHORITY
    # An authority signs for a few years, and what it signed outlives that (9303-12, 4.1): its dates are of then.
    if not issuer.not_valid_before_utc <= signer.not_valid_before_utc <= issuer.not_valid_after_utc:
        yield PassiveFault.ISSUER_OUT_OF_DATE


def _issued(anchor: x509.Certificate, signer: x509.Certificate) -> bool:
    try:
        signer.verify_directly_issued_by(anchor)
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True


def _may_sign(signer: x509.Certificate) -> bool:
    usage = extension_of(signer, x509.KeyUsage)
    return usage is not None and usage.digital_signature


def _is_authority(anchor: x509.Certificate) -> bool:
    constraints = extension_of(anchor, x509.BasicConstraints)
    return constraints is not None and constraints.ca


def _digest(algorithm: hashes.HashAlgorithm, octets: bytes) -> bytes:
    digest = hashes.Hash(algorithm)
    digest.update(octets)
    return digest.finalize()

"""Is a card what its issuer sealed: each failure by name, and none hides another."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from hashlib import sha256
from hmac import compare_digest
from types import MappingProxyType
from typing import Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from gateway.card_profile.errors import MalformedContent
from gateway.card_profile.profile import CardProfile
from gateway.card_profile.seal import SealStatement, decode_seal
from gateway.trust import TrustAnchors
from gateway.trust.certificate import key_id_of
from gateway.trust.clock import is_plausible


class SealFault(Enum):
    """What is wrong, by name."""

    MISSING = "there is no seal"
    MALFORMED = "the seal cannot be read"
    SIGNER_UNKNOWN = "the key that signed is not known here"
    SIGNER_NOT_TRUSTED = "the signer's certificate is none that is trusted"
    SIGNER_REVOKED = "the signer's key was revoked"
    SIGNER_OUT_OF_DATE = "the signer's certificate was not valid when it signed"
    SIGNATURE_WRONG = "the signature is wrong"
    OTHER_PROFILE = "the card was sealed by another profile, or another version of it"
    OTHER_CHIP = "what stands on this chip was sealed for another"
    FILE_CHANGED = "a file is not the one that was sealed"
    FILE_NOT_SEALED = "a file was not there when the card was sealed"
    FILE_MISSING = "a file that was sealed is missing"


@dataclass(frozen=True)
class SealFailure:
    """One thing that is wrong."""

    fault: SealFault
    file: str | None = None
    """Name of the file that it is about."""

    def __str__(self) -> str:
        return self.fault.value if self.file is None else f"{self.file}: {self.fault.value}"


@dataclass(frozen=True)
class SealVerdict:
    """What was found."""

    failures: tuple[SealFailure, ...]
    verified: tuple[str, ...] = ()
    """Files whose digests agree; of worth only where nothing failed."""
    unread: tuple[str, ...] = ()
    """Files that were sealed and were not given, as the reader may not see them."""
    statement: SealStatement | None = None

    @property
    def genuine(self) -> bool:
        """Whether nothing failed, and at least one file was compared."""
        return not self.failures and bool(self.verified)


@dataclass(frozen=True)
class SealTrust:
    """The signers that a verifier knows, and whom it trusts.

    Parameters
    ----------
    anchors : TrustAnchors
    certificates : mapping of str to x509.Certificate
        By key id: seals name keys, and a card may have no room for a certificate.
    """

    anchors: TrustAnchors
    certificates: Mapping[str, x509.Certificate] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def from_pem(cls, *bundles: str) -> Self:
        """Trust what PEM trust bundles say; see `TrustAnchors.from_pem`.

        Raises
        ------
        ValueError
            A bundle holds no certificate, or a damaged part.
        """
        certificates: dict[str, x509.Certificate] = {}
        for bundle in bundles:
            for each in x509.load_pem_x509_certificates(bundle.encode()):
                key = each.public_key()
                if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == "secp256r1":
                    certificates[key_id_of(each)] = each
        return cls(TrustAnchors.from_pem(*bundles), certificates)


def check_seal(
    profile: CardProfile,
    contents: Mapping[str, bytes],
    trust: SealTrust,
    *,
    chip_serial: bytes | None = None,
    whole: bool = True,
) -> SealVerdict:
    """Check the seal of a card over everything that was read of it.

    Parameters
    ----------
    contents : mapping
        By the name of the file, the seal's among them.
    trust : SealTrust
        A certificate on the card (content `certificate`) is used where its key signed, and believed as far as the
        anchors vouch for it.
    chip_serial : bytes, optional
        What this chip tells of itself: empty where it was asked and does not tell, None where nobody asked it. A
        seal that names no chip is for any.
    whole : bool
        Whether all files were read, so that one that is not there is a failure; otherwise it is `unread`.

    Raises
    ------
    ValueError
        The profile's seal is not of this kind: a state's document is checked by passive authentication.
    """
    if not profile.seal or profile.file(profile.seal).content != "seal":
        raise ValueError(f"profile {profile.name} has no seal of this kind")
    if profile.seal not in contents:
        return SealVerdict((SealFailure(SealFault.MISSING, profile.seal),))
    try:
        statement = decode_seal(contents[profile.seal])
    except MalformedContent:
        return SealVerdict((SealFailure(SealFault.MALFORMED, profile.seal),))
    failures = _signer_failures(profile, contents, statement, trust)
    if (statement.profile, statement.profile_version) != (profile.name, profile.version):
        failures.append(SealFailure(SealFault.OTHER_PROFILE))
    if chip_serial is not None and statement.chip_serial and not compare_digest(statement.chip_serial, chip_serial):
        failures.append(SealFailure(SealFault.OTHER_CHIP))
    sealed = {name: content for name, content in contents.items() if name != profile.seal}
    changes, verified = _compared(sealed, statement.digests)
    absent = tuple(name for name in statement.digests if name not in contents)
    failures += changes
    if whole:
        failures += [SealFailure(SealFault.FILE_MISSING, name) for name in absent]
    return SealVerdict(tuple(failures), verified, () if whole else absent, statement)


def _compared(contents: Mapping[str, bytes], digests: Mapping[str, bytes]) -> tuple[list[SealFailure], tuple[str, ...]]:
    """What is not as it was sealed, and the files that are."""
    failures, verified = [], []
    for name, content in contents.items():
        digest = digests.get(name)
        if digest is None:
            failures.append(SealFailure(SealFault.FILE_NOT_SEALED, name))
        elif compare_digest(digest, sha256(content).digest()):
            verified.append(name)
        else:
            failures.append(SealFailure(SealFault.FILE_CHANGED, name))
    return failures, tuple(verified)


def _signer_failures(
    profile: CardProfile, contents: Mapping[str, bytes], statement: SealStatement, trust: SealTrust
) -> list[SealFailure]:
    certificate = trust.certificates.get(statement.key_id) or _on_card(profile, contents, statement.key_id)
    if certificate is None:
        return [SealFailure(SealFault.SIGNER_UNKNOWN)]
    failures = []
    if not trust.anchors.hold(certificate):
        failures.append(SealFailure(SealFault.SIGNER_NOT_TRUSTED))
    revocation = trust.anchors.revocations.get(statement.key_id)
    if revocation is not None and revocation.bars(statement.at):
        failures.append(SealFailure(SealFault.SIGNER_REVOKED))
    # A clock that was plainly wrong judges nothing, as in all that is signed here.
    if is_plausible(statement.at) and not (
        certificate.not_valid_before_utc <= statement.at <= certificate.not_valid_after_utc
    ):
        failures.append(SealFailure(SealFault.SIGNER_OUT_OF_DATE))
    if not _holds(certificate, statement):
        failures.append(SealFailure(SealFault.SIGNATURE_WRONG))
    return failures


def _on_card(profile: CardProfile, contents: Mapping[str, bytes], key_id: str) -> x509.Certificate | None:
    """The certificate of that key in a file of the card."""
    for file in profile.files:
        if file.content != "certificate" or file.name not in contents:
            continue
        try:
            certificate = x509.load_der_x509_certificate(contents[file.name])
            if key_id_of(certificate) == key_id:
                return certificate
        except (ValueError, x509.InvalidVersion, UnsupportedAlgorithm):
            continue
    return None


def _holds(certificate: x509.Certificate, statement: SealStatement) -> bool:
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    half = len(statement.signature) // 2
    r, s = (int.from_bytes(part, "big") for part in (statement.signature[:half], statement.signature[half:]))
    try:
        key.verify(encode_dss_signature(r, s), statement.signed, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True

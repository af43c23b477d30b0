"""What the issuer brings and the gateway cannot make: a state's signature and keys, certificates."""

from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from gateway.card import (
    MalformedCardData,
    PassiveFault,
    PassiveVerdict,
    SecurityObject,
    UnsupportedByCard,
    authenticate_passively,
    only_object,
    pace_offers,
    read_security_object,
)
from gateway.card_profile.content_kind import ContentKind, Making, Stage, missing
from gateway.card_profile.errors import ContentFaultCode, ContentProblem, MalformedContent
from gateway.card_profile.lds import GROUPS, data_groups
from gateway.card_profile.profile import CardFile, CardProfile
from gateway.guidance import LocalizedText


def _handed(file: CardFile, making: Making) -> bytes | None:
    found = making.handed.get(file.name)
    if found is None:
        missing(
            file,
            LocalizedText(
                id="Berkas ini dibuat oleh penerbit, dan tidak diserahkan.",
                en="The issuer makes this file, and it was not handed in.",
            ),
            LocalizedText(id=f"Serahkan {file.name}.", en=f"Hand {file.name} in."),
        )
        return None
    if len(found) > file.limit:
        raise ContentProblem(
            file.name,
            ContentFaultCode.TOO_LONG,
            LocalizedText(
                id=f"Yang diserahkan berukuran {len(found)} bita, batasnya {file.limit}.",
                en=f"What was handed in has {len(found)} bytes, the file at most {file.limit}.",
            ),
            LocalizedText(id="Perbesar limit di profil.", en="Raise the limit in the profile."),
        )
    return found


def _checked(file: CardFile, making: Making, kind: ContentKind) -> bytes | None:
    found = _handed(file, making)
    if found is None:
        return None
    try:
        kind.read(making.profile, file, found)
    except MalformedContent as error:
        raise ContentProblem(
            file.name,
            ContentFaultCode.MALFORMED,
            LocalizedText(
                id=f"Yang diserahkan bukan isi berkas ini: {error}.",
                en=f"What was handed in is not what this file holds: {error}.",
            ),
            LocalizedText(id="Mintalah lagi kepada penerbit.", en="Ask the issuer for it again."),
        ) from error
    return found


def _make_group(file: CardFile, making: Making) -> bytes | None:
    return _checked(file, making, DG14 if file.content == DG14.name else DG15)


def _read_group(profile: CardProfile, file: CardFile, content: bytes) -> bytes:
    try:
        return only_object(content, GROUPS[file.content][1])
    except MalformedCardData as error:
        raise MalformedContent(str(error)) from error


def _make_card_access(file: CardFile, making: Making) -> bytes | None:
    return _checked(file, making, CARD_ACCESS)


def _read_card_access(profile: CardProfile, file: CardFile, content: bytes) -> bytes:
    try:
        pace_offers(content)
    except UnsupportedByCard:
        pass  # another reader may speak what we do not
    except MalformedCardData as error:
        raise MalformedContent(str(error)) from error
    return content


def _make_sod(file: CardFile, making: Making) -> bytes | None:
    found = _checked(file, making, SOD)
    if found is None:
        return None
    if making.at is None:
        raise ValueError(f"profile {making.profile.name} has a signed security object: the time is due")
    verdict = _verdict(making, found, making.at)
    failures = [str(each) for each in verdict.failures]
    failures += [f"DG{number}: it is signed, and not to be written" for number in verdict.unread]
    if failures:
        named = "; ".join(failures)
        raise ContentProblem(
            file.name,
            ContentFaultCode.NOT_SIGNED,
            LocalizedText(
                id=f"Tanda tangan penerbit tidak cocok dengan isi kartu: {named}.",
                en=f"The issuer's signature does not fit what is to be written: {named}.",
            ),
            LocalizedText(
                id="Minta penerbit menandatangani kelompok data yang sama.",
                en="Have the issuer sign these very data groups.",
            ),
        )
    return found


def _verdict(making: Making, sod: bytes, at: datetime) -> PassiveVerdict:
    """Passive authentication of what is about to be written; without anchors, whoever signed may have."""
    groups = data_groups(making.profile, making.made)
    verdict = authenticate_passively(sod, groups, making.anchors or (), at)
    if making.anchors is not None:
        return verdict
    failures = tuple(each for each in verdict.failures if each.fault is not PassiveFault.ISSUER_UNKNOWN)
    return PassiveVerdict(failures, verdict.verified, verdict.unread)


def _read_sod(profile: CardProfile, file: CardFile, content: bytes) -> SecurityObject:
    try:
        return read_security_object(content)
    except MalformedCardData as error:
        raise MalformedContent(str(error)) from error


def _make_certificate(file: CardFile, making: Making) -> bytes | None:
    if file.name not in making.handed and making.signer is not None:
        # The seal's signer, so that a reader who trusts its authority needs nothing else.
        certificate = making.signer.current().certificates_der[0]
        if len(certificate) <= file.limit or not file.required:
            return certificate if len(certificate) <= file.limit else None
        raise ContentProblem(
            file.name,
            ContentFaultCode.TOO_LONG,
            LocalizedText(
                id=f"Sertifikat berukuran {len(certificate)} bita, batasnya {file.limit}.",
                en=f"The certificate has {len(certificate)} bytes, the file at most {file.limit}.",
            ),
            LocalizedText(id="Perbesar limit di profil.", en="Raise the limit in the profile."),
        )
    return _checked(file, making, CERTIFICATE)


def _read_certificate(profile: CardProfile, file: CardFile, content: bytes) -> x509.Certificate:
    try:
        certificate = x509.load_der_x509_certificate(content)
        certificate.public_key()
    except (ValueError, x509.InvalidVersion, UnsupportedAlgorithm, Warning) as error:  # warned of what RFC 5280 forbids
        raise MalformedContent("it is no X.509 certificate, or its key is of no kind that is known") from error
    return certificate


DG14 = ContentKind("lds-dg14", _make_group, _read_group, personal=False, handed=True, master=False)
DG15 = ContentKind("lds-dg15", _make_group, _read_group, personal=False, handed=True, master=False)
CARD_ACCESS = ContentKind("lds-card-access", _make_card_access, _read_card_access, personal=False, handed=True)
SOD = ContentKind(
    "lds-sod", _make_sod, _read_sod, personal=False, stage=Stage.SEAL, handed=True, seals=True, master=False
)
CERTIFICATE = ContentKind(
    "certificate", _make_certificate, _read_certificate, personal=False, stage=Stage.CHIP, handed=True
)

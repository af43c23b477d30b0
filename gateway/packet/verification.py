"""Whether a packet is what the gateway sealed, said check by check, without any private key."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from gateway.packet.chunks import first_fault
from gateway.packet.errors import PacketError, PacketFormError, SealBroken, SignerRevoked, SignerUnknown
from gateway.packet.header import SEAL_TYPE, PacketHeader, PacketSeal
from gateway.packet.layout import PacketFront, check_size, chunk_digests, file_digest, read_front
from gateway.trust import (
    Check,
    CheckStatus,
    ManifestError,
    SignatureFormError,
    TrustAnchors,
    UnverifiedSignature,
    payload_digest,
    read_signature,
    signature_holds,
)
from gateway.trust.verification import Checks, check_signer, time_check, trusted_key_check


@dataclass(frozen=True)
class PacketReport(Checks):
    """All checks of one packet."""

    header: PacketHeader | None
    """What stands outside; to be believed only where `ok`."""
    digest: str | None
    """SHA-256 of what the seal signs, in hexadecimal."""
    sha256: str | None = None
    """Of the whole file; None where its size is wrong."""
    fault: PacketError | None = None
    """The first failure, as the error that opening would raise."""


def verify_packet(path: Path, trust_anchors: TrustAnchors | None = None, now: datetime | None = None) -> PacketReport:
    """Check everything that can be checked without a private key.

    Form, version and sizes; the seal's signature and that it speaks of this header; the certificate; each chunk,
    its order and that none is missing; the time. The file is read once, in pieces.

    Parameters
    ----------
    path : Path
    trust_anchors : TrustAnchors, optional
        The gateways that are known. Without them any change shows, but not who sealed.
    now : datetime, optional
        The verifier's time, UTC; the machine's by default.

    Raises
    ------
    OSError
        The file cannot be read at all.
    """
    with path.open("rb") as file:
        return _verify(file, trust_anchors, now or datetime.now(UTC))


def read_packet_front(path: Path) -> tuple[PacketHeader, str]:
    """What a packet says outside, and its packet digest, where its seal holds; the chunks are not looked at.

    Raises
    ------
    PacketFormError, SealBroken
    OSError
        The file cannot be read at all.
    """
    with path.open("rb") as file:
        front = read_front(file)
    _, document = believed_seal(front)
    return front.header, payload_digest(document.payload)


def _verify(file: BinaryIO, trust_anchors: TrustAnchors | None, now: datetime) -> PacketReport:
    checks: list[Check] = []
    try:
        front = read_front(file)
        checks.append(_passed("form", "version 1, header in canonical form"))
    except PacketFormError as error:
        return PacketReport((_failed("form", error.cause),), None, None, fault=error)
    try:
        seal, document = believed_seal(front)
    except SealBroken as error:
        checks.append(_failed("seal", error.cause))
        return PacketReport(tuple(checks), front.header, None, fault=error)
    checks.append(_passed("seal", f"ES256 by key {document.key_id}, of this header"))
    remaining: dict[str, Callable[[], Check]] = {
        "certificate": lambda: _check_certificate(document, front.header),
        "trusted_key": lambda: check_trust(document, front.header, trust_anchors),
        "chunks": lambda: _check_chunks(file, front, seal),
        "size": lambda: _check_size(front),
    }
    faults: list[PacketError] = []
    for name, check in remaining.items():
        try:
            checks.append(check())
        except PacketError as error:
            checks.append(_failed(name, error.cause))
            faults.append(error)
    checks.append(time_check(front.header.created, now))
    # A file of another size may have any size: it is not read to its end for nothing.
    sha256 = file_digest(file) if front.file_bytes == front.stated_bytes else None
    return PacketReport(tuple(checks), front.header, payload_digest(document.payload), sha256, next(iter(faults), None))


def believed_seal(front: PacketFront) -> tuple[PacketSeal, UnverifiedSignature]:
    """The seal, if its signature holds and it speaks of this very header.

    Raises
    ------
    SealBroken
    """
    try:
        document = read_signature(front.seal_bytes, SEAL_TYPE)
    except SignatureFormError as error:
        raise SealBroken(f"The seal is no signature of its form: {error}.") from error
    if not signature_holds(document):
        raise SealBroken("The seal was changed after it was signed.")
    try:
        seal = PacketSeal.from_bytes(document.payload)
    except ManifestError as error:
        raise SealBroken(f"The seal is wrong: {error}.") from error
    if seal.header_sha256 != hashlib.sha256(front.header_bytes).hexdigest():
        raise SealBroken("The header was changed after sealing, or is that of another packet.")
    header = front.header
    if (seal.packet_id, seal.gateway_id) != (header.packet_id, header.gateway_id):
        raise SealBroken("The seal names another packet than the header.")
    if len(seal.chunk_sha256) != header.chunk_count:
        raise SealBroken(f"The seal speaks of {len(seal.chunk_sha256)} chunks, the header of {header.chunk_count}.")
    return seal, document


def check_certificate(document: UnverifiedSignature, header: PacketHeader) -> None:
    """Refuse a certificate that cannot vouch for the header's gateway at its time: SealBroken."""
    try:
        check_signer(document, header.gateway_id, header.created.wall)
    except ValueError as error:
        raise SealBroken(f"The certificate: {error}.") from error


def _check_certificate(document: UnverifiedSignature, header: PacketHeader) -> Check:
    check_certificate(document, header)
    return _passed("certificate", f"of gateway {header.gateway_id}, valid at the time of sealing")


def check_trust(document: UnverifiedSignature, header: PacketHeader, trust_anchors: TrustAnchors | None) -> Check:
    """Whether a known gateway's key sealed, and before it was revoked if it was.

    Raises
    ------
    SignerUnknown, SignerRevoked
    """
    place = (header.place.chain_id, header.place.sequence, header.created)
    check = trusted_key_check(document, place, trust_anchors)
    if check.status is not CheckStatus.FAILED:
        return check
    if document.key_id in (trust_anchors.revocations if trust_anchors else {}):
        raise SignerRevoked(f"The packet cannot be believed: {check.detail}.")
    raise SignerUnknown(document.key_id)


def _check_chunks(file: BinaryIO, front: PacketFront, seal: PacketSeal) -> Check:
    fault = first_fault(tuple(chunk_digests(file, front)), seal.chunk_sha256)
    if fault is not None:
        raise fault
    return _passed("chunks", f"all {front.header.chunk_count}, in order, each as it was sealed")


def _check_size(front: PacketFront) -> Check:
    check_size(front)
    return _passed("size", f"{front.file_bytes} bytes, as stated")


def _passed(name: str, detail: str) -> Check:
    return Check(name, CheckStatus.PASSED, detail)


def _failed(name: str, detail: str) -> Check:
    return Check(name, CheckStatus.FAILED, detail)

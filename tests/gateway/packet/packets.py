"""Packets of nobody, made of random bytes under keys of the test's own."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.packet import (
    AuditHead,
    CaptureBlob,
    DuplicateWarning,
    EnrolledCapture,
    EnrolmentDevice,
    EnrolmentException,
    EnrolmentStatement,
    PacketPart,
    PacketPlace,
    PersonReference,
    Recipient,
    ReferenceKind,
    SealedPacket,
    new_packet_id,
    seal_packet,
)
from gateway.trust import BlobDigest, NamedCode, Signer, SigningKey, payload_digest, sign_manifest
from tests.gateway.trust.signed_captures import NOON, manifest, moment, new_key

NIK = "3171234567890123"
PLACE = PacketPlace("c0ffee-packets", 1, None)
CHUNK = 64 << 10
CHECKOUT = Path(__file__).resolve().parents[3]
"""Where programs are run that import from here."""


@dataclass(frozen=True)
class Enrolment:
    """What a packet is sealed of."""

    statement: EnrolmentStatement
    parts: tuple[PacketPart, ...]


@cache
def gateway_key() -> SigningKey:
    return new_key()


@cache
def _private_key(name: str) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def centre_key(name: str = "centre") -> ec.EllipticCurvePrivateKey:
    """The private key of the centre of that name, the same throughout a run."""
    return _private_key(name)


def recipient(name: str = "centre") -> Recipient:
    return Recipient(centre_key(name).public_key())


def private_pem(name: str = "centre") -> bytes:
    return centre_key(name).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def enrolment(fingers: int = 2, record_bytes: int = 70_000, key: Signer | None = None, seed: int = 1) -> Enrolment:
    """Of `fingers` captures with an image of `record_bytes` random bytes and a small template each, and a portrait."""
    source = random.Random(seed)
    parts: list[PacketPart] = []
    captures: list[EnrolledCapture] = []
    previous = None
    for number in range(1, fingers + 1):
        image, template = source.randbytes(record_bytes), source.randbytes(300)
        folder = f"captures/{number}"
        blobs = tuple(
            BlobDigest(name, "application/octet-stream", len(data), payload_digest(data))
            for name, data in (("image.fir", image), ("template.fmr", template))
        )
        position = NamedCode(number, f"finger-{number}")
        signed = sign_manifest(manifest(number, previous, blobs=blobs, position=position), key or gateway_key())
        previous = signed.digest
        parts += [
            PacketPart.of(f"{folder}/manifest.jws", "application/jose", signed.jws),
            PacketPart.of(f"{folder}/image.fir", "application/octet-stream", image),
            PacketPart.of(f"{folder}/template.fmr", "application/octet-stream", template),
        ]
        held = (
            CaptureBlob("image.fir", f"{folder}/image.fir"),
            CaptureBlob("template.fmr", f"{folder}/template.fmr"),
        )
        captures.append(EnrolledCapture(f"capture-{number}", f"{folder}/manifest.jws", held))
    parts.append(PacketPart.of("portrait.png", "image/png", source.randbytes(record_bytes // 2)))
    parts.append(PacketPart.of("signature.json", "application/json", b""))
    return Enrolment(statement(captures=tuple(captures)), tuple(parts))


def statement(**changes: object) -> EnrolmentStatement:
    made = EnrolmentStatement(
        packet_id="packet-1",
        enrolment_id="enrolment-1",
        person=PersonReference(ReferenceKind.NIK, NIK),
        profile_id="ktp-el",
        captures=(),
        exceptions=(EnrolmentException("finger", NamedCode(10, "left-little"), "amputated", "Pak Budi", ""),),
        operator="Ibu Sari ✓",
        supervisors=("Pak Budi",),
        devices=(EnrolmentDevice("uareu4000:A1", "U.are.U 4500", "A1", None),),
        time=moment(),
        boot_id="f11642c4-5704-4b88-951f-15607893ee01",
        audit_head=AuditHead("audit-1", 812, "ab" * 32),
        duplicate_warnings=(DuplicateWarning("enrolment-0", "kedoya-2", "Pak Amir", NOON, 0.93, 1e-05, "Pak Budi"),),
        supplement_of=None,
        gateway_id="kedoya-1",
        software="rekam 0.1.0",
        details={"tries": [{"capture_id": "capture-1", "scores": {"right-index": 71}}], "fmr": 0.00001},
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def seal(
    path: Path,
    made: Enrolment | None = None,
    recipients: Sequence[Recipient] | None = None,
    place: PacketPlace = PLACE,
    chunk_bytes: int = CHUNK,
    key: Signer | None = None,
) -> SealedPacket:
    made = made or enrolment()
    return seal_packet(
        path,
        made.statement,
        made.parts,
        [recipient()] if recipients is None else recipients,
        key or gateway_key(),
        place,
        chunk_bytes,
    )


def another(made: Enrolment) -> Enrolment:
    """The same enrolment under another packet id."""
    return replace(made, statement=replace(made.statement, packet_id=new_packet_id()))

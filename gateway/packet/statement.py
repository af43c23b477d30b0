"""The enrolment's statement: what the gateway signs about a person and encrypts, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from gateway.trust import NamedCode, SignedTime


class ReferenceKind(StrEnum):
    """How the person is named."""

    NIK = "nik"
    """Nomor Induk Kependudukan, 16 digits."""
    APPLICATION = "application"
    """The office's own number, where there is no NIK yet."""


@dataclass(frozen=True)
class PersonReference:
    """Whom the packet is about."""

    kind: ReferenceKind
    value: str = field(repr=False)
    """In no log and no error."""


@dataclass(frozen=True)
class StatedPart:
    """A part as the statement names it: its bytes follow the statement, in this order."""

    name: str
    """Segments of letters, digits, `.`, `_`, `-` with `/` between them, at most four."""
    media_type: str
    size: int
    """Bytes."""
    sha256: str
    """64 lower-case hexadecimal digits."""


@dataclass(frozen=True)
class CaptureBlob:
    """Which part of the packet holds which blob of a capture's manifest."""

    blob: str
    part: str


@dataclass(frozen=True)
class EnrolledCapture:
    """A capture of the enrolment, by the parts that hold its own signed manifest and its records."""

    capture_id: str
    manifest: str
    """Name of the part with the capture's JWS."""
    blobs: tuple[CaptureBlob, ...]
    """All blobs that its manifest names."""


@dataclass(frozen=True)
class EnrolmentException:
    """Something that the profile asks for and that was not captured."""

    modality: str
    position: NamedCode | None
    """None where the modality has none, e.g. a portrait."""
    reason: str
    approver: str
    """Who allowed it; empty where nobody had to."""
    remark: str = ""


@dataclass(frozen=True)
class EnrolmentDevice:
    """A device that took part, and the calibration that it worked under."""

    device_id: str
    model: str
    serial: str
    calibration_id: str | None


@dataclass(frozen=True)
class AuditHead:
    """The end of the gateway's audit chain when the packet was sealed."""

    chain_id: str
    sequence: int
    digest: str


@dataclass(frozen=True)
class DuplicateWarning:
    """A warning that this person may have been enrolled before, as it was shown."""

    enrolment_id: str
    gateway_id: str | None
    """Where; None where that was not told."""
    operator: str
    """Who enrolled then; may be empty."""
    enrolled_at: datetime | None
    """UTC, whole milliseconds; None where that was not told."""
    score: float
    """By the gateway's own scale."""
    fmr: float | None
    """At most this share of other people would reach the score."""
    approver: str
    """Who went on all the same; empty where nobody had to."""


@dataclass(frozen=True)
class EarlierPacket:
    """The packet that this one adds to."""

    packet_id: str
    sha256: str
    """Of its file: `SealedPacket.sha256`."""


@dataclass(frozen=True)
class EnrolmentStatement:
    """What the gateway states about one person; docs/packet-format.md describes each field.

    The parts come in as `PacketPart` when the packet is sealed; they are no field here.

    Parameters
    ----------
    person : PersonReference or None
        None only in a supplement, where the earlier packet names the person.
    supervisors : tuple of str
        Who approved something.
    details : mapping
        What else the enrolment has to tell, as JSON: tries, remarks, notes on the clock. Signed and encrypted like
        all the rest; a reader shows it, and need not understand it.
    """

    packet_id: str
    enrolment_id: str
    person: PersonReference | None
    profile_id: str
    captures: tuple[EnrolledCapture, ...]
    exceptions: tuple[EnrolmentException, ...]
    operator: str
    supervisors: tuple[str, ...]
    devices: tuple[EnrolmentDevice, ...]
    time: SignedTime
    boot_id: str
    audit_head: AuditHead | None
    duplicate_warnings: tuple[DuplicateWarning, ...]
    supplement_of: EarlierPacket | None
    gateway_id: str
    software: str
    details: Mapping[str, Any] = field(default_factory=dict, repr=False)

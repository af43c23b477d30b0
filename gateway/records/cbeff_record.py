"""The values of a CBEFF record, as `cbeff` reads and writes them."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum

from gateway.eye import EyePosition
from gateway.finger import FingerPosition

SC37 = "257"
"""ISO/IEC JTC 1/SC 37 among the registered biometric organizations (0x0101)."""


class RecordType(IntEnum):
    """Format types that SC 37 registered for its records (ISO/IEC 19785-2 registry), any edition."""

    FINGER_MINUTIAE = 2
    FINGER_IMAGE = 7
    FACE_IMAGE = 8
    IRIS_IMAGE = 9


IDENTIFIERS = {
    RecordType.FINGER_MINUTIAE: b"FMR\0",
    RecordType.FINGER_IMAGE: b"FIR\0",
    RecordType.FACE_IMAGE: b"FAC\0",
    RecordType.IRIS_IMAGE: b"IIR\0",
}
"""How a record of each type begins (ISO/IEC 19794)."""


class BiometricType(StrEnum):
    """What part of a person."""

    FINGER = "Finger"
    IRIS = "Iris"
    FACE = "Face"
    SIGNATURE = "SignatureSign"


class ProcessedLevel(StrEnum):
    """How far from the sensor."""

    RAW = "Raw"
    INTERMEDIATE = "Intermediate"
    PROCESSED = "Processed"


class Purpose(StrEnum):
    """What the record was made for."""

    VERIFY = "Verify"
    IDENTIFY = "Identify"
    ENROLL = "Enroll"
    ENROLL_VERIFY = "EnrollVerify"
    ENROLL_IDENTIFY = "EnrollIdentify"
    AUDIT = "Audit"


SUBTYPES = ("Left", "Right", "Thumb", "IndexFinger", "MiddleFinger", "RingFinger", "LittleFinger")
"""Words of the subtype, in the schema's order."""


@dataclass(frozen=True)
class RegisteredId:
    """An organization and its number for something: a format, a product, an algorithm."""

    organization: str
    type: str


@dataclass(frozen=True)
class BirQuality:
    """A quality score of the sample.

    Parameters
    ----------
    score : int or None
        0 to 100; None where its calculation failed.
    algorithm : RegisteredId
    """

    score: int | None
    algorithm: RegisteredId


@dataclass(frozen=True)
class BiometricInformationRecord:
    """A BIR: one biometric data block and what it is.

    Parameters
    ----------
    record : bytes or None
        The data block, e.g. an ISO/IEC 19794-4 record; None where it could not be captured.
    format : RegisteredId
        Of the data block.
    type : BiometricType
    subtype : tuple of str
        Words of `SUBTYPES`, e.g. `("Right", "IndexFinger")`; empty for a face.
    level, purpose
        As far as known.
    quality : BirQuality, optional
    index : str, optional
        A UUID.
    created_at : datetime, optional
        With a time zone; kept in UTC, whole milliseconds.
    product, capture_device : RegisteredId, optional
    security_block : bytes, optional
        A signature in a format that is agreed on elsewhere.
    others : tuple of (str, str)
        Pairs that receivers agreed on, e.g. `EXCEPTION`, `RETRIES`.
    """

    record: bytes | None = field(repr=False)
    format: RegisteredId
    type: BiometricType
    subtype: tuple[str, ...]
    level: ProcessedLevel | None = None
    purpose: Purpose | None = None
    quality: BirQuality | None = None
    index: str | None = None
    created_at: datetime | None = None
    product: RegisteredId | None = None
    capture_device: RegisteredId | None = None
    security_block: bytes | None = field(default=None, repr=False)
    others: tuple[tuple[str, str], ...] = ()


def record_format(record_type: RecordType) -> RegisteredId:
    """SC 37's id of a record format."""
    return RegisteredId(SC37, str(int(record_type)))


def finger_subtype(position: FingerPosition) -> tuple[str, ...]:
    """The words for a finger; none for an unknown one."""
    if position is FingerPosition.UNKNOWN:
        return ()
    side, name = position.name.split("_")
    return side.capitalize(), "Thumb" if name == "THUMB" else f"{name.capitalize()}Finger"


def eye_subtype(eye: EyePosition) -> tuple[str, ...]:
    """The words for an eye; both for both, none for an unknown one."""
    return tuple(each.name.capitalize() for each in eye.eyes if each is not EyePosition.UNKNOWN)

"""The records of an enrolment once more as CBEFF, for receivers that take nothing else."""

from collections.abc import Callable
from datetime import datetime
from io import BytesIO

from gateway.enrolment.errors import SealingFailed
from gateway.enrolment.part import FINGER_POSITIONS, PARTS, SLAP_CODES
from gateway.enrolment.ports import PacketPart
from gateway.eye import EyePosition
from gateway.finger import FingerPosition
from gateway.packet import PacketPart as SealedPart
from gateway.records import fac
from gateway.records.cbeff import (
    MEDIA_TYPE,
    BiometricInformationRecord,
    BiometricType,
    ProcessedLevel,
    Purpose,
    RecordType,
    encode,
    eye_subtype,
    finger_subtype,
    record_format,
)
from gateway.records.cbeff_record import SUBTYPES
from gateway.trust import Manifest, payload_digest

SUFFIX = ".cbeff.xml"
_KINDS = {
    "application/vnd.rekam.iso19794-2-": (RecordType.FINGER_MINUTIAE, BiometricType.FINGER, ProcessedLevel.PROCESSED),
    "application/vnd.rekam.iso19794-4-": (RecordType.FINGER_IMAGE, BiometricType.FINGER, ProcessedLevel.RAW),
    "application/vnd.rekam.iso19794-5-": (RecordType.FACE_IMAGE, BiometricType.FACE, ProcessedLevel.RAW),
    "application/vnd.rekam.iso19794-6-": (RecordType.IRIS_IMAGE, BiometricType.IRIS, ProcessedLevel.RAW),
}
"""By the beginning of the media type, whose end is the edition."""
_PORTRAIT, _JPEG = "portrait.jpg", "image/jpeg"


def cbeff_part(part: PacketPart, capture: Manifest | None, sealed_at: datetime) -> SealedPart | None:
    """One record, or the portrait, as a BIR; made again whenever it is read, and never kept.

    Parameters
    ----------
    part : PacketPart
    capture : Manifest or None
        Of the capture that the part belongs to; None of a portrait.
    sealed_at : datetime
        UTC; the creation of a portrait's record, whose own is not known.

    Returns
    -------
    PacketPart of a packet, or None
        None of what CBEFF has no record for: manifests, iris codes, strokes, a portrait that is no JPEG of one or
        three components (ISO/IEC 19794-5:2005 holds no PNG, and no CMYK); and of the image of a whole slap, the
        largest part of a packet, whose fingers have one each.

    Raises
    ------
    SealingFailed
        The record is not what its media type says.
    EnrolmentError
        The part cannot be read any more.
    """
    kind = next((found for start, found in _KINDS.items() if part.media_type.startswith(start)), None)
    if capture is not None and kind is not None:
        if kind[0] is RecordType.FINGER_IMAGE and _is_whole_slap(part.name, capture):
            return None
        return _made(part, lambda content: _record(content, kind, _subtype(part.name, capture), capture))
    if capture is None and (part.name, part.media_type) == (_PORTRAIT, _JPEG) and _has_face_record(part.read()):
        return _made(part, lambda content: _portrait(content, sealed_at))
    return None


def _has_face_record(jpeg: bytes) -> bool:
    try:
        fac.encode_portrait(jpeg)
    except ValueError:
        return False
    return True


def _made(part: PacketPart, record: Callable[[bytes], BiometricInformationRecord]) -> SealedPart:
    def content() -> bytes:
        try:
            return encode([record(part.read())])
        except ValueError as error:
            raise SealingFailed(
                f"{part.name} cannot be wrapped as CBEFF: {error}.", "Remove that capture and capture again."
            ) from error

    first = content()
    return SealedPart(part.name + SUFFIX, MEDIA_TYPE, len(first), payload_digest(first), lambda: BytesIO(content()))


def _record(
    content: bytes,
    kind: tuple[RecordType, BiometricType, ProcessedLevel],
    subtype: tuple[str, ...],
    capture: Manifest,
) -> BiometricInformationRecord:
    record_type, biometric_type, level = kind
    return BiometricInformationRecord(
        record=content,
        format=record_format(record_type),
        type=biometric_type,
        subtype=subtype,
        level=level,
        purpose=Purpose.ENROLL,
        created_at=capture.time.wall,
    )


def _portrait(jpeg: bytes, sealed_at: datetime) -> BiometricInformationRecord:
    return BiometricInformationRecord(
        record=fac.encode_portrait(jpeg),
        format=record_format(RecordType.FACE_IMAGE),
        type=BiometricType.FACE,
        subtype=(),
        level=ProcessedLevel.RAW,
        purpose=Purpose.ENROLL,
        created_at=sealed_at,
    )


def _finger_of_slap(name: str) -> FingerPosition | None:
    """The finger that a part of a slap is of: `right-four.right-index.image.fir` of one, the rest of all."""
    return FINGER_POSITIONS.get("".join(name.split(".")[1:2]))


def _is_whole_slap(name: str, capture: Manifest) -> bool:
    is_slap = capture.modality == "finger" and capture.position.code in SLAP_CODES
    return is_slap and _finger_of_slap(name) is None


def _subtype(name: str, capture: Manifest) -> tuple[str, ...]:
    """The words for what a part shows; of minutiae of a whole slap for all its fingers, in the schema's order."""
    code = capture.position.code
    if capture.modality == "face":
        return ()
    if capture.modality == "iris":
        return eye_subtype(EyePosition(code))
    if code in SLAP_CODES:
        of_finger = _finger_of_slap(name)
        if of_finger is not None:
            return finger_subtype(of_finger)
        words = {word for unit in PARTS[SLAP_CODES[code]].units for word in finger_subtype(FINGER_POSITIONS[unit])}
        return tuple(word for word in SUBTYPES if word in words)
    return finger_subtype(FingerPosition(code))

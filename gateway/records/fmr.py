"""Finger minutiae records: ISO/IEC 19794-2:2005 and :2011 record formats, written and strictly read.

Inside the gateway a template is in pixels, pixels per inch and radians (`FingerTemplate`). Records count pixels per cm
and 256ths of a turn; both are converted here. As 500 ppi is written 197 px/cm, it is read back as 197 * 2.54 = 500.38
ppi. Positions are whole pixels, so a round trip moves a minutia by half a pixel and turns it by 0.7 degrees at most.
"""

from collections import Counter
from datetime import datetime

from gateway.finger import FingerPosition, FingerTemplate, ImpressionType
from gateway.records.errors import RecordError, UnsupportedRecordError
from gateway.records.finger_minutiae import FingerMinutiaeRecord, FingerView, RidgeEndings
from gateway.records.minutiae_block import (
    ExtendedArea,
    decode_extended,
    decode_minutiae,
    encode_minutiae,
)
from gateway.records.reader import RecordReader
from gateway.records.representation import (
    CM_PER_INCH,
    REKAM_QUALITY_ALGORITHM,
    UNREPORTED_DEVICE,
    Device,
    Edition,
    QualityBlock,
    check_number,
    decode_capture_time,
    decode_certification_blocks,
    decode_device,
    decode_quality_blocks,
    decode_score,
    encode_capture_time,
    encode_certification_blocks,
    encode_device,
    encode_quality_blocks,
    fitting_numbers,
    unsigned,
)

__all__ = [
    "Device",
    "Edition",
    "ExtendedArea",
    "FingerMinutiaeRecord",
    "FingerView",
    "QualityBlock",
    "RidgeEndings",
    "decode",
    "decode_leniently",
    "encode",
    "encode_template",
]

UNKNOWN_MINUTIA_QUALITY_2005 = 0
UNKNOWN_MINUTIA_QUALITIES_2011 = (254, 255)  # not computed, failed
APPENDIX_F = 0x8000  # equipment compliance, bit 15
_NONZERO = range(1, 1 << 16)


def encode_template(
    template: FingerTemplate,
    position: FingerPosition,
    quality: int | None,
    *,
    impression: ImpressionType = ImpressionType.LIVE_SCAN_PLAIN,
    edition: Edition = Edition.ISO_2005,
    captured_at: datetime | None = None,
    device: Device = UNREPORTED_DEVICE,
    algorithm: int = REKAM_QUALITY_ALGORITHM,
) -> bytes:
    """A record of one finger's template.

    Parameters
    ----------
    template : FingerTemplate
        At most 255 minutiae, all inside the image.
    quality : int or None
        0 to 100; None, a failed calculation, only in the 2011 edition.
    captured_at : datetime, optional
        With a time zone. The 2005 edition has no field for it: leave it out there.
    device : Device, optional
        The 2005 edition holds its type id alone, at most 4095.
    algorithm : int
        Number of the quality algorithm under the vendor "unreported" (2011 edition).

    Raises
    ------
    ValueError
        A value does not fit the edition; the message names it.
    """
    ids = algorithm if edition is Edition.ISO_2011 else 0
    block = QualityBlock(quality, algorithm=ids)
    view = FingerView(position, impression, template, (block,), device=device, captured_at=captured_at)
    return encode(FingerMinutiaeRecord(edition, (view,)))


def encode(record: FingerMinutiaeRecord) -> bytes:
    """The bytes of `record`.

    Raises
    ------
    ValueError
        Something does not fit the edition: more than 255 minutiae, a minutia outside of its image, a quality that the
        2005 edition cannot hold, views that do not count from 0, extended data. The message names it.

    References
    ----------
    ISO/IEC 19794-2:2005, record format; ISO/IEC 19794-2:2011, finger minutiae record format.
    """
    if not record.views:
        raise ValueError("a record needs a view")
    earlier: Counter[int] = Counter()
    for index, view in enumerate(record.views):
        fitting = fitting_numbers(record.edition, earlier, view.position)
        if view.number not in fitting:
            raise ValueError(f"view {index} has number {view.number}, expected {' or '.join(map(str, fitting))}")
        if view.extended:
            raise ValueError(f"view {index} has extended data, which is not written")
        earlier[view.position] += 1
    if record.edition is Edition.ISO_2005:
        return _encode_2005(record)
    return _encode_2011(record)


def decode(data: bytes) -> FingerMinutiaeRecord:
    """The record in `data`, of either edition; anything that the standard does not allow is refused.

    Raises
    ------
    UnsupportedRecordError
        ANSI/INCITS 378, another version, or a code that is not read here.
    RecordError
        A field is wrong; `offset` and `field` say which.
    """
    return _decode(bytes(data), None)


def decode_leniently(data: bytes) -> tuple[FingerMinutiaeRecord, tuple[RecordError, ...]]:
    """The record in `data` and every deviation from the standard that did not hinder reading it.

    Overlooked are a wrong record length, bytes after the record, reserved bits and wrong view numbers; everything
    else is refused as by `decode`.
    """
    deviations: list[RecordError] = []
    return _decode(bytes(data), deviations), tuple(deviations)


def _decode(data: bytes, deviations: list[RecordError] | None) -> FingerMinutiaeRecord:
    reader = RecordReader(data, deviations=deviations)
    magic = reader.take(4, "format identifier")
    if magic != b"FMR\0":
        raise RecordError(0, "format identifier", f"is {magic!r}, expected b'FMR\\x00'")
    version = reader.take(4, "version")
    _refuse_ansi(data, version)
    if version == b" 20\0":
        return _decode_2005(reader)
    if version == b"030\0":
        return _decode_2011(reader)
    raise UnsupportedRecordError(
        4, "version", f"is {version!r}, expected b' 20\\x00' (19794-2:2005) or b'030\\x00' (19794-2:2011)"
    )


def _refuse_ansi(data: bytes, version: bytes) -> None:
    """ANSI/INCITS 378 shares the identifiers of ISO's records; what follows them tells."""

    def u16(at: int) -> int:
        return int.from_bytes(data[at : at + 2], "big")

    name = ""
    if version in (b" 20\0", b"020\0"):
        # 378-2004: a length of two bytes, then a product id of four; so the two resolutions lie two bytes later.
        resolutions = len(data) >= 26 and u16(20) == u16(22) != 0
        if u16(8) and int.from_bytes(data[8:12], "big") != len(data) and (u16(8) == len(data) or resolutions):
            name = "ANSI/INCITS 378-2004"
    elif version == b"030\0":
        # 378-2009: a product id where ISO counts representations; the reserved byte lies within ISO's capture year.
        if len(data) >= 37 and data[20] == 0 and data[21] in range(11) and u16(33) == u16(35) != 0:
            name = "ANSI/INCITS 378-2009"
    elif version == b"035\0":
        name = "ANSI/INCITS 378-2009/AM1"
    if name:
        raise UnsupportedRecordError(4, "version", f"this is an {name} record; only ISO/IEC 19794-2 is read")


def _encode_2005(record: FingerMinutiaeRecord) -> bytes:
    first = record.views[0]
    header = _header_2005(first)
    body = b""
    for index, view in enumerate(record.views):
        if _header_2005(view) != header:
            raise ValueError(
                f"view {index} differs from view 0 in size, ppi or device; the 2005 edition holds them once"
            )
        if view.captured_at or view.certifications:
            raise ValueError("the 2005 edition has no field for a capture time or a certification")
        if len(view.quality_blocks) != 1 or view.quality_blocks[0].vendor or view.quality_blocks[0].algorithm:
            raise ValueError("the 2005 edition holds one quality score, without vendor and algorithm")
        if view.quality is None:
            raise ValueError("the 2005 edition has no code for an unknown quality")
        if view.impression > 15 or view.number > 15:
            raise ValueError("the 2005 edition has four bits each for impression type and view number")
        body += bytes([view.position, view.number << 4 | view.impression, view.quality])
        body += encode_minutiae(view.template, UNKNOWN_MINUTIA_QUALITY_2005) + b"\0\0"
    views = unsigned(len(record.views), 1, "number of finger views")
    equipment = unsigned(first.device.type_id | (APPENDIX_F if record.appendix_f else 0), 2, "equipment")
    length = (24 + len(body)).to_bytes(4, "big")
    return b"FMR\0 20\0" + length + equipment + header[2:] + views + b"\0" + body


def _header_2005(view: FingerView) -> bytes:
    """What a 2005 record says once for all of its views: device type id, size, resolution."""
    if view.device.vendor or view.device.technology or view.device.type_id >= 1 << 12:
        raise ValueError("the 2005 edition holds a device type id of 12 bits, no vendor and no technology")
    return (
        unsigned(view.device.type_id, 2, "device type id") + _encode_size(view.template) + 2 * _px_per_cm(view.template)
    )


def _decode_2005(reader: RecordReader) -> FingerMinutiaeRecord:
    reader.declared_length(4, smallest=30)
    at = reader.offset
    equipment = reader.uint(2, "equipment compliance and device type")
    if equipment & 0x7000:
        reader.deviation(at, "equipment compliance", f"is {equipment >> 12:04b}, expected only its first bit to be set")
    width, height = _decode_size(reader)
    ppi = _decode_ppi(reader)
    count = reader.uint(1, "number of finger views", range(1, 256), "1 to 255")
    reader.reserved(1, "reserved byte")
    views: list[FingerView] = []
    earlier: Counter[int] = Counter()
    for _ in range(count):
        position = reader.code("finger position", FingerPosition)
        at = reader.offset
        number, code = divmod(reader.uint(1, "view number and impression type"), 16)
        check_number(reader, Edition.ISO_2005, earlier, position, number, at)
        earlier[position] += 1
        if code not in list(ImpressionType):
            raise UnsupportedRecordError(at, "impression type", f"code {code} is not among the codes read here")
        score = decode_score(reader, unknown=())
        template = decode_minutiae(reader, 6, (UNKNOWN_MINUTIA_QUALITY_2005,), width=width, height=height, ppi=ppi)
        views.append(
            FingerView(
                position,
                ImpressionType(code),
                template,
                (QualityBlock(score),),
                number,
                Device(type_id=equipment & 0x0FFF),
                ridge_endings=RidgeEndings.VALLEY_SKELETON_BIFURCATION,
                extended=decode_extended(reader),
            )
        )
    reader.finished("end of record")
    return FingerMinutiaeRecord(Edition.ISO_2005, tuple(views), bool(equipment & APPENDIX_F))


def _encode_2011(record: FingerMinutiaeRecord) -> bytes:
    if record.appendix_f:
        raise ValueError("the 2011 edition has no Appendix F bit; give a certification block")
    flag = any(view.certifications for view in record.views)
    body = b"".join(_encode_representation(view, flag) for view in record.views)
    count = unsigned(len(record.views), 2, "number of representations")
    return b"FMR\x00030\0" + (15 + len(body)).to_bytes(4, "big") + count + bytes([flag]) + body


def _encode_representation(view: FingerView, flag: bool) -> bytes:
    body = (
        encode_capture_time(view.captured_at, view.capture_precision)
        + encode_device(view.device)
        + encode_quality_blocks(view.quality_blocks)
        + encode_certification_blocks(view.certifications, flag)
        + bytes([view.position])
        + unsigned(view.number, 1, "representation number")
        + 2 * _px_per_cm(view.template)
        + bytes([view.impression])
        + _encode_size(view.template)
        + bytes([6 << 4 | view.ridge_endings])
        + encode_minutiae(view.template, UNKNOWN_MINUTIA_QUALITIES_2011[0])
        + b"\0\0"
    )
    return (4 + len(body)).to_bytes(4, "big") + body


def _decode_2011(reader: RecordReader) -> FingerMinutiaeRecord:
    reader.declared_length(4, smallest=15)
    count = reader.uint(2, "number of representations", _NONZERO, "1 to 65535")
    flag = reader.uint(1, "certification flag", range(2), "0 or 1")
    views: list[FingerView] = []
    earlier: Counter[int] = Counter()
    for _ in range(count):
        at = reader.offset
        length = reader.uint(4, "representation length", range(4, 1 << 32), "4 or more")
        part = reader.part(length - 4, "representation length", at)
        views.append(_decode_representation(part, flag, earlier))
        earlier[views[-1].position] += 1
        part.finished("end of representation")
    reader.finished("end of record")
    return FingerMinutiaeRecord(Edition.ISO_2011, tuple(views))


def _decode_representation(reader: RecordReader, flag: int, earlier: Counter[int]) -> FingerView:
    captured_at, precision = decode_capture_time(reader)
    device = decode_device(reader)
    quality_blocks = decode_quality_blocks(reader)
    certifications = decode_certification_blocks(reader, flag)
    position = reader.code("finger position", FingerPosition)
    at = reader.offset
    number = reader.uint(1, "representation number")
    check_number(reader, Edition.ISO_2011, earlier, position, number, at)
    ppi = _decode_ppi(reader)
    impression = reader.code("impression type", ImpressionType)
    width, height = _decode_size(reader)
    at_size = reader.offset
    size, endings = divmod(reader.uint(1, "minutia field length and ridge ending type"), 16)
    if size not in (5, 6) or endings not in list(RidgeEndings):
        raise RecordError(
            at_size,
            "minutia field length and ridge ending type",
            f"are {size} and {endings}, expected 5 or 6 and 0 or 1",
        )
    template = decode_minutiae(reader, size, UNKNOWN_MINUTIA_QUALITIES_2011, width=width, height=height, ppi=ppi)
    return FingerView(
        position,
        impression,
        template,
        quality_blocks,
        number,
        device,
        captured_at,
        precision,
        certifications,
        RidgeEndings(endings),
        decode_extended(reader),
    )


def _encode_size(template: FingerTemplate) -> bytes:
    return unsigned(template.width, 2, "image width") + unsigned(template.height, 2, "image height")


def _decode_size(reader: RecordReader) -> tuple[int, int]:
    width = reader.uint(2, "image width", _NONZERO, "1 or more")
    return width, reader.uint(2, "image height", _NONZERO, "1 or more")


def _px_per_cm(template: FingerTemplate) -> bytes:
    px_per_cm = round(template.ppi / CM_PER_INCH)
    if px_per_cm not in _NONZERO:
        raise ValueError(f"{template.ppi} ppi is {px_per_cm} pixels per cm, expected 1 to 65535")
    return unsigned(px_per_cm, 2, "resolution")


def _decode_ppi(reader: RecordReader) -> float:
    horizontal = reader.uint(2, "horizontal resolution", _NONZERO, "1 or more pixels per cm")
    at = reader.offset
    vertical = reader.uint(2, "vertical resolution", _NONZERO, "1 or more pixels per cm")
    if vertical != horizontal:
        raise UnsupportedRecordError(
            at,
            "vertical resolution",
            f"is {vertical}, but the horizontal one is {horizontal}; only square pixels are read",
        )
    return horizontal * CM_PER_INCH

"""What minutiae and image records share: editions, capture time, device, quality and certification blocks."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, IntEnum

from gateway.records.errors import RecordError
from gateway.records.reader import RecordReader

UNREPORTED_VENDOR = 0
REKAM_QUALITY_ALGORITHM = 1
"""Our number for `gateway.fingerprint`'s 0-100 score, under the vendor "unreported": no registered id is claimed."""

CM_PER_INCH = 2.54
SCORES = range(101)
FAILED_SCORE = 255


class Edition(Enum):
    """The edition of ISO/IEC 19794 that a record is written in, by its year."""

    ISO_2005 = 2005
    ISO_2011 = 2011


class CaptureTechnology(IntEnum):
    """Capture device technology codes (ISO/IEC 19794-2:2011 and -4:2011)."""

    UNKNOWN = 0
    WHITE_LIGHT_TIR = 1
    WHITE_LIGHT_DIRECT_VIEW = 2
    WHITE_LIGHT_TOUCHLESS = 3
    MONOCHROMATIC_VISIBLE_TIR = 4
    MONOCHROMATIC_VISIBLE_DIRECT_VIEW = 5
    MONOCHROMATIC_VISIBLE_TOUCHLESS = 6
    MONOCHROMATIC_IR_TIR = 7
    MONOCHROMATIC_IR_DIRECT_VIEW = 8
    MONOCHROMATIC_IR_TOUCHLESS = 9
    MULTISPECTRAL_TIR = 10
    MULTISPECTRAL_DIRECT_VIEW = 11
    MULTISPECTRAL_TOUCHLESS = 12
    ELECTROLUMINESCENT = 13
    CAPACITIVE = 14
    RADIO_FREQUENCY = 15
    THERMAL = 16
    PRESSURE = 17
    ULTRASOUND = 18
    MECHANICAL = 19
    GLASS_FIBRE = 20


class TimeUnit(IntEnum):
    """The parts of a capture time, from coarse to fine."""

    YEAR = 0
    MONTH = 1
    DAY = 2
    HOUR = 3
    MINUTE = 4
    SECOND = 5
    MILLISECOND = 6


@dataclass(frozen=True)
class Device:
    """The capture device as a record names it; 0 is "unreported" throughout.

    `vendor` is an IBIA registered organisation, `type_id` that vendor's number. The 2005 editions hold `type_id` alone.
    """

    technology: CaptureTechnology = CaptureTechnology.UNKNOWN
    vendor: int = 0
    type_id: int = 0


UNREPORTED_DEVICE = Device()


@dataclass(frozen=True)
class QualityBlock:
    """One quality score, 0 to 100, or None where its calculation failed; with the algorithm it comes from."""

    score: int | None
    vendor: int = UNREPORTED_VENDOR
    algorithm: int = 0

    def __post_init__(self) -> None:
        if self.score is not None and self.score not in SCORES:
            raise ValueError(f"quality score is {self.score}, expected 0 to 100 or None")


@dataclass(frozen=True)
class CertificationBlock:
    """A certification that the device holds: the authority's registered id and its scheme."""

    authority: int
    scheme: int


# Size and values of each part; the 2011 editions write all ones for an unknown part and every finer one.
_TIME_PARTS = (
    ("capture year", 2, range(1, 10000)),
    ("capture month", 1, range(1, 13)),
    ("capture day", 1, range(1, 32)),
    ("capture hour", 1, range(24)),
    ("capture minute", 1, range(60)),
    ("capture second", 1, range(60)),
    ("capture millisecond", 2, range(1000)),
)


def unsigned(value: int, size: int, field: str) -> bytes:
    """`value` in `size` big-endian bytes; `ValueError` naming `field` where it does not fit."""
    if not 0 <= value < 1 << (8 * size):
        raise ValueError(f"{field} is {value}, expected 0 to {(1 << (8 * size)) - 1}")
    return int(value).to_bytes(size, "big")


def encode_capture_time(captured_at: datetime | None, precision: TimeUnit) -> bytes:
    """Nine bytes of UTC, cut to whole milliseconds, all ones from the first part finer than `precision`."""
    if captured_at is None:
        return b"\xff" * 9
    if captured_at.tzinfo is None:
        raise ValueError("capture time has no time zone; give it in UTC")
    utc = captured_at.astimezone(UTC)
    values = (utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second, utc.microsecond // 1000)
    return b"".join(
        value.to_bytes(size, "big") if unit <= precision else b"\xff" * size
        for unit, (value, (_, size, _)) in enumerate(zip(values, _TIME_PARTS, strict=True))
    )


def decode_capture_time(reader: RecordReader) -> tuple[datetime | None, TimeUnit]:
    """The capture time and its finest known part; finer parts of the time are at their least value."""
    start = reader.offset
    values = [1, 1, 1, 0, 0, 0, 0]
    finest = -1
    for unit, (field, size, allowed) in enumerate(_TIME_PARTS):
        at = reader.offset
        value = reader.uint(size, field)
        if value == (1 << (8 * size)) - 1:
            continue
        if finest != unit - 1:
            raise RecordError(at, field, f"is {value}, but a coarser part of the time is unknown")
        if value not in allowed:
            raise RecordError(at, field, f"is {value}, expected {allowed.start} to {allowed.stop - 1}")
        values[unit], finest = value, unit
    if finest < 0:
        return None, TimeUnit.MILLISECOND
    try:
        return datetime(*values[:6], values[6] * 1000, tzinfo=UTC), TimeUnit(finest)  # type: ignore[misc, arg-type]
    except ValueError as error:
        raise RecordError(start, "capture date/time", f"is no date: {error}") from None


def encode_device(device: Device) -> bytes:
    """Technology, vendor and type of the 2011 editions, five bytes."""
    return (
        unsigned(device.technology, 1, "capture device technology")
        + unsigned(device.vendor, 2, "capture device vendor")
        + unsigned(device.type_id, 2, "capture device type")
    )


def decode_device(reader: RecordReader) -> Device:
    """Technology, vendor and type of the 2011 editions."""
    technology = reader.code("capture device technology", CaptureTechnology)
    return Device(technology, reader.uint(2, "capture device vendor"), reader.uint(2, "capture device type"))


def encode_quality_blocks(blocks: Sequence[QualityBlock]) -> bytes:
    """The count and the blocks of the 2011 editions."""
    out = unsigned(len(blocks), 1, "number of quality blocks")
    for block in blocks:
        out += bytes([FAILED_SCORE if block.score is None else block.score])
        out += unsigned(block.vendor, 2, "quality vendor") + unsigned(block.algorithm, 2, "quality algorithm")
    return out


def decode_quality_blocks(reader: RecordReader) -> tuple[QualityBlock, ...]:
    """The quality blocks of the 2011 editions; 255 says that the calculation failed."""
    return tuple(
        QualityBlock(
            decode_score(reader, (FAILED_SCORE,)), reader.uint(2, "quality vendor"), reader.uint(2, "quality algorithm")
        )
        for _ in range(reader.uint(1, "number of quality blocks"))
    )


def decode_score(reader: RecordReader, unknown: tuple[int, ...]) -> int | None:
    """A quality byte, 0 to 100; None for the codes in `unknown`."""
    at = reader.offset
    value = reader.uint(1, "quality")
    if value in SCORES:
        return value
    if value not in unknown:
        codes = "".join(f" or {code}" for code in unknown)
        raise RecordError(at, "quality", f"is {value}, expected 0 to 100{codes}")
    return None


def encode_certification_blocks(blocks: Sequence[CertificationBlock], flag: bool) -> bytes:
    """The count and the blocks of the 2011 editions; nothing where the record's flag is off."""
    if not flag:
        return b""
    out = unsigned(len(blocks), 1, "number of certification blocks")
    for block in blocks:
        out += unsigned(block.authority, 2, "certification authority")
        out += unsigned(block.scheme, 1, "certification scheme")
    return out


def decode_certification_blocks(reader: RecordReader, flag: int) -> tuple[CertificationBlock, ...]:
    """The certification blocks of the 2011 editions; none where the record's flag is off."""
    if not flag:
        return ()
    return tuple(
        CertificationBlock(reader.uint(2, "certification authority"), reader.uint(1, "certification scheme"))
        for _ in range(reader.uint(1, "number of certification blocks"))
    )


def fitting_numbers(edition: Edition, earlier: Counter[int], position: int) -> set[int]:
    """The numbers that a representation of `position` may carry after `earlier` ones of each position.

    Both editions count from 0 within a finger position. The 2011 one's published example counts through the whole
    record instead, so there either is right.
    """
    within_position = earlier[position]
    return {within_position} if edition is Edition.ISO_2005 else {within_position, earlier.total()}


def check_number(
    reader: RecordReader, edition: Edition, earlier: Counter[int], position: int, number: int, at: int
) -> None:
    """Note it where a representation does not carry one of its `fitting_numbers`."""
    fitting = fitting_numbers(edition, earlier, position)
    if number not in fitting:
        expected = " or ".join(map(str, sorted(fitting)))
        reader.deviation(at, "view or representation number", f"is {number}, expected {expected}")

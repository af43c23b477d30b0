"""CBEFF: biometric records wrapped with what they are, in the XML patron format of ISO/IEC 19785-3.

Of the patron formats this is the one that receivers built on MOSIP take, that a person can read without a decoder,
and whose schema is public. Its price is a third more bytes.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from gateway.records.cbeff_record import (
    IDENTIFIERS,
    SC37,
    SUBTYPES,
    BiometricInformationRecord,
    BiometricType,
    BirQuality,
    ProcessedLevel,
    Purpose,
    RecordType,
    RegisteredId,
    eye_subtype,
    finger_subtype,
    record_format,
)
from gateway.records.errors import RecordError, UnsupportedRecordError
from gateway.records.xml_element import XmlElement, read_xml

__all__ = [
    "BiometricInformationRecord",
    "BiometricType",
    "BirQuality",
    "ProcessedLevel",
    "Purpose",
    "RecordType",
    "RegisteredId",
    "decode",
    "decode_leniently",
    "encode",
    "eye_subtype",
    "finger_subtype",
    "record_format",
]

NAMESPACE = "http://standards.iso.org/iso-iec/19785/-3/ed-2/"
MEDIA_TYPE = "application/xml"
MAX_RECORDS = 256
_VERSION = (1, 1)
"""Of the patron format and of CBEFF, as the readers in the field expect them."""

_UUID = re.compile(r"[a-fA-F0-9]{8}-([a-fA-F0-9]{4}-){3}[a-fA-F0-9]{12}")
_DATE_TIME = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})")
_WHITE_SPACE = b"\t\n\r "
_XML_TEXT = re.compile("[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"})

_BIR = ("Version", "CBEFFVersion", "BIRInfo", "BDBInfo", "SBInfo", "BIR", "BDB", "SB", "others")
_BIR_INFO = ("Creator", "Index", "Payload", "Integrity", "CreationDate", "NotValidBefore", "NotValidAfter")
_BDB_INFO = (
    *("ChallengeResponse", "Index", "Format", "Encryption", "CreationDate", "NotValidBefore", "NotValidAfter"),
    *("Type", "Subtype", "Level", "Product", "CaptureDevice", "FeatureExtractionAlgorithm", "ComparisonAlgorithm"),
    *("CompressionAlgorithm", "Purpose", "Quality"),
)

_T = TypeVar("_T")


def encode(records: Sequence[BiometricInformationRecord]) -> bytes:
    """One XML document with a BIR for each record, in the order of the elements that the schema asks for.

    Raises
    ------
    ValueError
        There is none or too many, or a value does not fit; the message names it.

    References
    ----------
    ISO/IEC 19785-3:2015, XML patron format.
    """
    if not 1 <= len(records) <= MAX_RECORDS:
        raise ValueError(f"a document holds 1 to {MAX_RECORDS} records, not {len(records)}")
    lines = [f'<?xml version="1.0" encoding="UTF-8"?>\n<BIR xmlns="{NAMESPACE}">']
    lines.append("<BIRInfo><Integrity>false</Integrity></BIRInfo>")
    for index, record in enumerate(records):
        try:
            lines.extend(_bir(record))
        except ValueError as error:
            raise ValueError(f"record {index}: {error}") from error
    lines.append("</BIR>\n")
    return "\n".join(lines).encode("utf-8")


def decode(data: bytes) -> tuple[BiometricInformationRecord, ...]:
    """The records of a document; anything that the schema does not allow is refused.

    Raises
    ------
    UnsupportedRecordError
        Another namespace, an encrypted or integrity-protected block, several types in one record, records in records.
    RecordError
        An element is wrong, missing or out of order; `offset` and `field` say which.
    """
    return _decode(bytes(data), None)


def decode_leniently(data: bytes) -> tuple[tuple[BiometricInformationRecord, ...], tuple[RecordError, ...]]:
    """The records of a document and every deviation that did not hinder reading it.

    Overlooked are `Others` with `Key` and `Value` for `others` with entries, as newer writers have it; a data block
    that does not begin as its format says; and one that is no base64, which is left out.
    """
    deviations: list[RecordError] = []
    return _decode(bytes(data), deviations), tuple(deviations)


def _bir(record: BiometricInformationRecord) -> Iterator[str]:
    major, minor = _VERSION
    version = f"<Major>{major}</Major><Minor>{minor}</Minor>"
    yield f"<BIR>\n<Version>{version}</Version>\n<CBEFFVersion>{version}</CBEFFVersion>"
    yield "<BIRInfo><Integrity>false</Integrity></BIRInfo>"
    yield f"<BDBInfo>{''.join(_bdb_info(record))}</BDBInfo>"
    if record.record is not None:
        if problem := _block_problem(record.format, record.record):
            raise ValueError(f"the data block {problem}")
        yield f"<BDB>{base64.b64encode(record.record).decode('ascii')}</BDB>"
    if record.security_block is not None:
        yield f"<SB>{base64.b64encode(record.security_block).decode('ascii')}</SB>"
    if record.others:
        yield "<others>"
        for key, value in record.others:
            yield f'<entry key="{_escaped(key)}">{_escaped(value)}</entry>'
        yield "</others>"
    yield "</BIR>"


def _bdb_info(record: BiometricInformationRecord) -> Iterator[str]:
    if record.index is not None:
        if not _UUID.fullmatch(record.index):
            raise ValueError(f"index {record.index!r} is no UUID")
        yield _element("Index", record.index)
    yield _registered("Format", record.format)
    if record.created_at is not None:
        yield _element("CreationDate", _date_time(record.created_at))
    yield _element("Type", record.type)
    if unknown := [word for word in record.subtype if word not in SUBTYPES]:
        raise ValueError(f"subtype {unknown[0]!r} is none of {', '.join(SUBTYPES)}")
    yield _optional_element("Subtype", " ".join(record.subtype) or None)
    yield _optional_element("Level", record.level)
    for name, value in (("Product", record.product), ("CaptureDevice", record.capture_device)):
        if value is not None:
            yield _registered(name, value)
    yield _optional_element("Purpose", record.purpose)
    if record.quality is not None:
        yield _quality(record.quality)


def _optional_element(name: str, text: str | None) -> str:
    return "" if text is None else _element(name, text)


def _element(name: str, text: str) -> str:
    return f"<{name}>{_escaped(text)}</{name}>"


def _registered(name: str, value: RegisteredId) -> str:
    return f"<{name}>{_element('Organization', value.organization)}{_element('Type', value.type)}</{name}>"


def _quality(quality: BirQuality) -> str:
    if quality.score is None:
        score = _element("QualityCalculationFailed", "true")
    elif 0 <= quality.score <= 100:
        score = _element("Score", str(quality.score))
    else:
        raise ValueError(f"quality score {quality.score} is not within 0 to 100")
    return f"<Quality>{_registered('Algorithm', quality.algorithm)}{score}</Quality>"


def _date_time(time: datetime) -> str:
    if time.tzinfo is None:
        raise ValueError("a creation date needs a time zone")
    if time.microsecond % 1000:
        raise ValueError("a creation date is in whole milliseconds")
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03}Z"


def _escaped(text: str) -> str:
    if not text or text != text.strip(" \t\r\n"):
        raise ValueError(f"{text!r} is empty or has white space around it, which readers take away")
    if not _XML_TEXT.fullmatch(text):
        raise ValueError(f"{text!r} has characters that XML cannot hold")
    return text.translate(_ESCAPES)


def _block_problem(block_format: RegisteredId, block: bytes) -> str:
    """What speaks against a data block being of that format; empty where nothing does, or nothing is known of it."""
    if not block:
        return "is empty"
    if block_format.organization != SC37 or block_format.type not in {str(int(each)) for each in RecordType}:
        return ""
    identifier = IDENTIFIERS[RecordType(int(block_format.type))]
    return "" if block.startswith(identifier) else f"begins with {block[:4]!r}, not with {identifier!r}"


def _decode(data: bytes, deviations: list[RecordError] | None) -> tuple[BiometricInformationRecord, ...]:
    root = read_xml(data, NAMESPACE)
    if root.name != "BIR":
        raise root.wrong("is the root, expected BIR")
    members = _members(root, _BIR, repeated=("BIR", "others"), deviations=deviations)
    if "BIR" not in members:
        return (_read_bir(root, deviations),)
    if odd := members.keys() & {"BDBInfo", "BDB"}:
        raise root.wrong(f"holds records and a {min(odd)} of its own")
    _check_integrity(root, members)
    if len(members["BIR"]) > MAX_RECORDS:
        raise root.wrong(f"holds {len(members['BIR'])} records; {MAX_RECORDS} are the most")
    return tuple(_read_bir(child, deviations) for child in members["BIR"])


def _members(
    element: XmlElement,
    order: Sequence[str],
    repeated: Sequence[str] = (),
    deviations: list[RecordError] | None = None,
) -> dict[str, list[XmlElement]]:
    """The children by name; refused where one is unknown, out of order or there twice."""
    found: dict[str, list[XmlElement]] = {}
    last = 0
    for child in element.children:
        name = child.name
        if name == "Others" and "others" in order and deviations is not None:
            deviations.append(child.wrong("the schema has others with entries"))
            name = "others"
        if name not in order:
            raise child.wrong(f"is not part of a {element.name}")
        if (place := order.index(name)) < last:
            raise child.wrong(f"stands after {order[last]}, expected before it")
        if name in found and name not in repeated:
            raise child.wrong("is there twice")
        last = place
        found.setdefault(name, []).append(child)
    return found


def _read_bir(bir: XmlElement, deviations: list[RecordError] | None) -> BiometricInformationRecord:
    members = _members(bir, _BIR, repeated=("others",), deviations=deviations)
    if "BIR" in members:
        raise UnsupportedRecordError(members["BIR"][0].offset, "BIR", "records within records are not read here")
    _check_integrity(bir, members)
    if "BDBInfo" not in members:
        raise bir.wrong("has no BDBInfo")
    info = members["BDBInfo"][0]
    of = _members(info, _BDB_INFO)
    for name in ("Format", "Type"):
        if name not in of:
            raise info.wrong(f"has no {name}")
    if "Encryption" in of and _boolean(of["Encryption"][0]):
        raise UnsupportedRecordError(of["Encryption"][0].offset, "Encryption", "encrypted data is not read here")
    block_format = _read_registered(of["Format"][0])
    return BiometricInformationRecord(
        record=_read_block(members, block_format, deviations),
        format=block_format,
        type=_read_type(of["Type"][0]),
        subtype=_optional(of, "Subtype", _read_subtype) or (),
        level=_optional(of, "Level", lambda element: _word(element, ProcessedLevel)),
        purpose=_optional(of, "Purpose", lambda element: _word(element, Purpose)),
        quality=_optional(of, "Quality", _read_quality),
        index=_optional(of, "Index", _read_uuid),
        created_at=_optional(of, "CreationDate", _read_date_time),
        product=_optional(of, "Product", _read_registered),
        capture_device=_optional(of, "CaptureDevice", _read_registered),
        security_block=_optional(members, "SB", _base64),
        others=tuple(pair for element in members.get("others", ()) for pair in _read_others(element)),
    )


def _check_integrity(bir: XmlElement, members: dict[str, list[XmlElement]]) -> None:
    if "BIRInfo" not in members:
        raise bir.wrong("has no BIRInfo")
    info = members["BIRInfo"][0]
    of = _members(info, _BIR_INFO)
    if "Integrity" not in of:
        raise info.wrong("has no Integrity")
    if _boolean(of["Integrity"][0]):
        raise UnsupportedRecordError(
            of["Integrity"][0].offset, "Integrity", "is true, but no security block is checked here"
        )


def _optional(members: dict[str, list[XmlElement]], name: str, read: Callable[[XmlElement], _T]) -> _T | None:
    return read(members[name][0]) if name in members else None


def _read_block(
    members: dict[str, list[XmlElement]], block_format: RegisteredId, deviations: list[RecordError] | None
) -> bytes | None:
    if "BDB" not in members:
        return None
    element = members["BDB"][0]
    try:
        block = _base64(element)
        if problem := _block_problem(block_format, block):
            raise element.wrong(problem)
    except RecordError as error:
        if deviations is None:
            raise
        deviations.append(error)
        return None if "base64" in error.problem else block
    return block


def _base64(element: XmlElement) -> bytes:
    try:
        # Without a string for each word, which a block of short words would turn into 28 times its size.
        return base64.b64decode(element.text.encode("ascii").translate(None, _WHITE_SPACE), validate=True)
    except (ValueError, binascii.Error) as error:
        raise element.wrong("is not base64") from error


def _boolean(element: XmlElement) -> bool:
    if element.text not in ("true", "false", "1", "0"):
        raise element.wrong(f"is {element.text!r}, expected true or false")
    return element.text in ("true", "1")


def _word(element: XmlElement, words: Callable[[str], _T]) -> _T:
    try:
        return words(element.text)
    except ValueError as error:
        raise element.wrong(f"is {element.text!r}, which is none of its words") from error


def _read_type(element: XmlElement) -> BiometricType:
    words = element.text.split()
    if len(words) != 1 or words[0] not in tuple(BiometricType):
        raise UnsupportedRecordError(
            element.offset, "Type", f"is {element.text!r}; one of {', '.join(BiometricType)} is read here"
        )
    return BiometricType(words[0])


def _read_subtype(element: XmlElement) -> tuple[str, ...]:
    words = tuple(element.text.split())
    if unknown := [word for word in words if word not in SUBTYPES]:
        raise element.wrong(f"has {unknown[0]!r}, which is none of {', '.join(SUBTYPES)}")
    return words


def _read_registered(element: XmlElement) -> RegisteredId:
    of = _members(element, ("Organization", "Type"))
    if len(of) != 2:
        raise element.wrong("needs Organization and Type")
    return RegisteredId(of["Organization"][0].text, of["Type"][0].text)


def _read_quality(element: XmlElement) -> BirQuality:
    of = _members(element, ("Algorithm", "Score", "QualityCalculationFailed"))
    if "Algorithm" not in of or len(of) != 2:
        raise element.wrong("needs Algorithm, and either Score or QualityCalculationFailed")
    algorithm = _read_registered(of["Algorithm"][0])
    if "Score" not in of:
        return BirQuality(None, algorithm)
    score = of["Score"][0]
    if not re.fullmatch(r"[0-9]{1,3}", score.text) or int(score.text) > 100:
        raise score.wrong(f"is {score.text!r}, expected 0 to 100")
    return BirQuality(int(score.text), algorithm)


def _read_uuid(element: XmlElement) -> str:
    if not _UUID.fullmatch(element.text):
        raise element.wrong(f"is {element.text!r}, expected a UUID")
    return element.text


def _read_date_time(element: XmlElement) -> datetime:
    match = _DATE_TIME.fullmatch(element.text)
    try:
        if match is None:
            raise ValueError("not in its form")
        seconds, fraction, zone = match.groups()
        # Finer parts than milliseconds, which some writers have, are cut off.
        milliseconds = int(((fraction or "") + "000")[:3])
        time = datetime.fromisoformat(seconds + ("+00:00" if zone == "Z" else zone))
        return (time + timedelta(milliseconds=milliseconds)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise element.wrong(f"is {element.text!r}, expected a date and time with its zone") from error


def _read_others(element: XmlElement) -> Iterator[tuple[str, str]]:
    if element.name == "Others":
        of = _members(element, ("Key", "Value"))
        if "Key" in of:
            yield of["Key"][0].text, of["Value"][0].text if "Value" in of else ""
        return
    for entry in element.children:
        if entry.name != "entry" or "key" not in entry.attributes:
            raise entry.wrong("expected an entry with a key")
        yield entry.attributes["key"], entry.text

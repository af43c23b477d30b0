"""The portrait of a card: its image as it is coded, taken out of DG2, a face record, or a file that is the image."""

from dataclasses import dataclass, field

from gateway.card import MalformedCardData, data_objects, objects_by_tag, only_object
from gateway.card_reading.wordless import parsed

_DG2, _GROUP, _ONE = 0x75, 0x7F61, 0x7F60
_BLOCKS = (0x5F2E, 0x7F2E)
_FACE_RECORD = b"FAC\0" + b"010\0"
_RECORD_HEADER, _INFORMATION, _POINT, _IMAGE_INFORMATION = 14, 20, 8, 12
_KINDS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\0\0\0\x0cjP  ", "image/jp2"),
    (b"\xff\x4f\xff\x51", "image/j2c"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
)
"""First bytes and media types; image/j2c is a JPEG 2000 code stream without a file around it (RFC 3745, IANA)."""


@dataclass(frozen=True)
class CardPortrait:
    """An image file; its text form does not show it."""

    data: bytes = field(repr=False)
    media_type: str
    """As a browser names it: image/jpeg, image/jp2, image/j2c or image/png."""


def portrait_of(octets: bytes) -> CardPortrait:
    """The first portrait in a file of a card.

    Parameters
    ----------
    octets : bytes
        A whole DG2, a record of ISO/IEC 19794-5:2005, or an image file.

    Raises
    ------
    MalformedCardData
        It is none of these, or cut off.
    """
    if octets[:1] == b"\x75":
        octets = _first_block(octets)
    if octets.startswith(_FACE_RECORD):
        octets = _image_of_record(octets)
    for start, media_type in _KINDS:
        if octets.startswith(start):
            return CardPortrait(octets, media_type)
    raise MalformedCardData("the portrait is neither a face record of ISO/IEC 19794-5:2005 nor an image known here")


def _first_block(dg2: bytes) -> bytes:
    """The biometric data block of the first of the templates (ICAO Doc 9303-10, 4.7.2)."""
    values = parsed(lambda: _templates(dg2), "DG2 is not made of the data objects that are due")
    for each in values:
        for tag in _BLOCKS:
            if tag in each:
                return each[tag]
    raise MalformedCardData("DG2 holds no biometric data block; the document has no portrait on its chip")


def _templates(dg2: bytes) -> list[dict[int, bytes]]:
    group = data_objects(only_object(only_object(dg2, _DG2), _GROUP))
    return [objects_by_tag(each.value) for each in group if each.tag == _ONE]


def _image_of_record(record: bytes) -> bytes:
    """The image data of the first face of a record (ISO/IEC 19794-5:2005, 5.3 to 5.8), whatever else it says."""
    block = record[_RECORD_HEADER:]
    size, points = int.from_bytes(block[0:4], "big"), int.from_bytes(block[4:6], "big")
    start = _INFORMATION + points * _POINT + _IMAGE_INFORMATION
    if not start < size <= len(block):
        raise MalformedCardData("the face record is cut off, or contradicts itself; the card may be damaged")
    return block[start:size]

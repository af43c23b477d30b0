"""Face image records: ISO/IEC 19794-5:2005, one portrait as a JPEG, coded as it came.

Of the editions this is the one that passports carry and every reader knows; it says nothing that is not known of a
portrait from a camera: no pose, no features, type Basic.
"""

from dataclasses import dataclass, field

from gateway.records.errors import UnsupportedRecordError
from gateway.records.image_header import ImageHeader, jpeg_header
from gateway.records.reader import RecordReader

__all__ = ["FaceImageRecord", "decode", "encode", "encode_portrait"]

_IDENTIFIER, _VERSION = b"FAC\0", b"010\0"
_HEADER_BYTES, _INFORMATION_BYTES, _IMAGE_BYTES = 14, 20, 12
_BASIC, _JPEG = 0, 0
_COLOUR_SPACES = {1: 3, 3: 1}
"""Grey of 8 bits; RGB of 24, which is what a JPEG of three components decodes to."""


@dataclass(frozen=True)
class FaceImageRecord:
    """One portrait.

    Parameters
    ----------
    width, height : int
        Pixels.
    grey : bool
        One component rather than three.
    data : bytes
        A JPEG file.
    """

    width: int
    height: int
    grey: bool
    data: bytes = field(repr=False)


def encode_portrait(jpeg: bytes) -> bytes:
    """A record of a portrait that is a JPEG of one or three components of 8 bits.

    Raises
    ------
    ValueError
        It is not such a JPEG; RecordError names the place where its header is wrong.
    """
    header = jpeg_header(RecordReader(jpeg))
    return encode(FaceImageRecord(header.width, header.height, header.components == 1, jpeg))


def encode(record: FaceImageRecord) -> bytes:
    """The bytes of a record.

    Raises
    ------
    ValueError
        The JPEG is not of that size and kind.

    References
    ----------
    ISO/IEC 19794-5:2005, clauses 5.4 to 5.8.
    """
    if problem := _image_problem(jpeg_header(RecordReader(record.data)), record.width, record.height, record.grey):
        raise ValueError(problem)
    block = _INFORMATION_BYTES + _IMAGE_BYTES + len(record.data)
    return b"".join(
        (
            _IDENTIFIER + _VERSION + (_HEADER_BYTES + block).to_bytes(4, "big") + (1).to_bytes(2, "big"),
            # Gender, colours of eye and hair, features, expression, pose and its uncertainty: not said.
            block.to_bytes(4, "big") + bytes(_INFORMATION_BYTES - 4),
            bytes((_BASIC, _JPEG)) + record.width.to_bytes(2, "big") + record.height.to_bytes(2, "big"),
            bytes((_COLOUR_SPACES[1 if record.grey else 3], 0)) + bytes(4),  # source, device and quality: not said
            record.data,
        )
    )


def decode(data: bytes) -> FaceImageRecord:
    """Read a record of one image, coded as JPEG, without feature points.

    Raises
    ------
    RecordError
        Names the field; UnsupportedRecordError where it may be right but is of a kind that is not read here.
    """
    reader = RecordReader(bytes(data))
    at = reader.offset
    if (identifier := reader.take(4, "format identifier")) != _IDENTIFIER:
        raise UnsupportedRecordError(at, "format identifier", f"is {identifier!r}, expected {_IDENTIFIER!r}")
    if (version := reader.take(4, "version number")) != _VERSION:
        raise UnsupportedRecordError(4, "version number", f"is {version!r}; {_VERSION!r} is read here")
    reader.declared_length(4, _HEADER_BYTES + _INFORMATION_BYTES + _IMAGE_BYTES)
    at = reader.offset
    if (count := reader.uint(2, "number of facial images")) != 1:
        raise UnsupportedRecordError(at, "number of facial images", f"is {count}; 1 is read here")
    at = reader.offset
    size = reader.uint(4, "face image block length")
    block = reader.part(size - 4 if size >= 4 else 0, "face image block length", at)
    reader.finished("record")
    at = block.offset
    if points := block.uint(2, "number of feature points"):
        raise UnsupportedRecordError(at, "number of feature points", f"is {points}; 0 is read here")
    block.take(_INFORMATION_BYTES - 6, "facial information")  # of the person: whatever is said is passed over
    return _read_image(block)


def _read_image(block: RecordReader) -> FaceImageRecord:
    block.uint(1, "face image type", range(3), "0, 1 or 2")
    at = block.offset
    if (coding := block.uint(1, "image data type")) != _JPEG:
        raise UnsupportedRecordError(at, "image data type", f"is {coding}; {_JPEG}, JPEG, is read here")
    width, height = block.uint(2, "width"), block.uint(2, "height")
    at = block.offset
    space = block.uint(1, "image colour space")
    if space not in _COLOUR_SPACES.values():
        raise UnsupportedRecordError(at, "image colour space", f"is {space}; 1 and 3 are read here")
    block.take(5, "image information")
    at, grey = block.offset, space == _COLOUR_SPACES[1]
    content = block.take(block.remaining, "image data")
    header = jpeg_header(RecordReader(content))
    if problem := _image_problem(header, width, height, grey):
        block.deviation(at, "image data", problem)
    return FaceImageRecord(width, height, grey, content)


def _image_problem(header: ImageHeader, width: int, height: int, grey: bool) -> str:
    """What speaks against a JPEG being such an image; empty where nothing does."""
    if (header.width, header.height) != (width, height) or 0 in (width, height):
        return f"is {header.width} x {header.height} pixels, the record says {width} x {height}"
    if header.bit_depth != 8 or header.components != (1 if grey else 3):
        return f"has {header.components} components of {header.bit_depth} bits, expected {1 if grey else 3} of 8"
    return ""

"""What a compressed image says of itself before anything is decoded: size, components, bit depth."""

from dataclasses import dataclass

from gateway.records.errors import RecordError
from gateway.records.reader import RecordReader

_PNG_COMPONENTS = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}  # colour type; a palette gives three
_JPEG_FRAMES = {*range(0xFFC0, 0xFFD0)} - {0xFFC4, 0xFFC8, 0xFFCC}
_JPEG_SEGMENTS = {*range(0xFFC0, 0xFFFF)} - {*range(0xFFD0, 0xFFDA)}
"""Markers with a length; a decoder would go on right behind one without, and find another frame than is found here."""
_WSQ_SEGMENTS = range(0xFFA3, 0xFFA9)


@dataclass(frozen=True)
class ImageHeader:
    """Size in pixels, number of components, bits of each; `lossless` where the coding can be so."""

    width: int
    height: int
    components: int
    bit_depth: int
    lossless: bool


def png_header(reader: RecordReader) -> ImageHeader:
    """The IHDR chunk (ISO/IEC 15948, 11.2.2)."""
    field = "PNG image"
    at = reader.offset
    if reader.take(16, field) != b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR":
        raise RecordError(at, field, "does not begin as a PNG file")
    width, height, depth = reader.uint(4, field), reader.uint(4, field), reader.uint(1, field)
    components = _PNG_COMPONENTS[reader.uint(1, f"{field}, colour type", _PNG_COMPONENTS, "0, 2, 3, 4 or 6")]
    return ImageHeader(width, height, components, depth, lossless=True)


def jpeg_header(reader: RecordReader) -> ImageHeader:
    """The frame header (ISO/IEC 10918-1, B.2.2)."""
    field = "JPEG image"
    reader.uint(2, field, (0xFFD8,), "the marker FFD8")
    while True:
        at = reader.offset
        marker = reader.uint(2, field, _JPEG_SEGMENTS, "the marker of a segment")
        segment = reader.part(reader.uint(2, field, range(2, 1 << 16), "2 or more") - 2, field, at + 2)
        if marker in _JPEG_FRAMES:
            depth, height, width, components = (segment.uint(size, field) for size in (1, 2, 2, 1))
            return ImageHeader(width, height, components, depth, lossless=False)


def wsq_header(reader: RecordReader) -> ImageHeader:
    """The frame header (IAFIS-IC-0110, WSQ grey-scale fingerprint image compression)."""
    field = "WSQ image"
    reader.uint(2, field, (0xFFA0,), "the marker FFA0")
    while True:
        at = reader.offset
        marker = reader.uint(2, field, (0xFFA2, *_WSQ_SEGMENTS), "a marker FFA2 to FFA8")
        segment = reader.part(reader.uint(2, field, range(2, 1 << 16), "2 or more") - 2, field, at + 2)
        if marker == 0xFFA2:
            segment.take(2, field)  # black and white
            height, width = segment.uint(2, field), segment.uint(2, field)
            return ImageHeader(width, height, components=1, bit_depth=8, lossless=False)

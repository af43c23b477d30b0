"""PNG images in a record: written, walked from chunk to chunk, and decoded once nothing in them can be wrong."""

import struct
import zlib

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.records.errors import RecordError, UnsupportedRecordError
from gateway.records.image_header import png_header
from gateway.records.reader import RecordReader

FIELD = "PNG image"
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_LAST_FILTER = 4
# First column and row, and steps, of the passes of an interlaced image (ISO/IEC 15948, 8.2).
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """A PNG file of (height, width) uint8 `pixels`, checked by decoding it; `RuntimeError` if anything was lost."""
    import imagecodecs

    encoded = bytes(imagecodecs.png_encode(np.ascontiguousarray(pixels)))
    if not np.array_equal(decode_png(encoded), pixels):
        raise RuntimeError("the PNG encoder did not keep the image")
    return encoded


def check_png(reader: RecordReader) -> None:
    """Walk the chunks to IEND, after which nothing may follow, and compare their checksums; nothing is inflated."""
    _image_chunks(reader)


def decode_png(data: bytes) -> NDArray[np.uint8]:
    """The (height, width) pixels of a grey PNG file of 8 bits; the memory taken is what its header says, and no more.

    Only what makes up the image reaches the decoder, and only after it was inflated here and found whole: the
    decoder of imagecodecs 2026.3.6 loses a reference to None with every broken file, until the process aborts.

    Raises
    ------
    RecordError
        A chunk, a checksum or the compressed image is wrong; the offset counts within `data`.
    UnsupportedRecordError
        Colour, transparency, or other than 8 bits.
    """
    header = png_header(RecordReader(data))
    if (header.components, header.bit_depth) != (1, 8):
        raise UnsupportedRecordError(24, FIELD, f"has {header.components} components of {header.bit_depth} bits")
    compressed = _image_chunks(RecordReader(data))
    if data[26:28] != b"\0\0" or data[28] > 1:
        raise RecordError(26, FIELD, "has an unknown compression, filter or interlace method")
    at = data.index(b"IDAT") - 4
    sizes = _pass_sizes(header.width, header.height) if data[28] else [(header.width, header.height)]
    _check_rows(_inflated(compressed, sum((width + 1) * height for width, height in sizes), at), sizes, at)
    chunks = ((b"IHDR", data[16:29]), (b"IDAT", compressed), (b"IEND", b""))
    bare = _SIGNATURE + b"".join(_chunk(chunk_type, body) for chunk_type, body in chunks)
    pixels = cv2.imdecode(np.frombuffer(bare, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise RecordError(at, FIELD, "is not decodable")
    return np.asarray(pixels, np.uint8)


def _image_chunks(reader: RecordReader) -> bytes:
    """What the IDAT chunks hold, one after another."""
    start = reader.offset
    if reader.take(8, FIELD) != _SIGNATURE:
        raise RecordError(start, FIELD, "does not begin as a PNG file")
    parts: list[bytes] = []
    previous = chunk_type = b""
    while chunk_type != b"IEND":
        at = reader.offset
        length = reader.uint(4, FIELD)
        previous, chunk_type = chunk_type, reader.take(4, FIELD)
        chunk = reader.part(length, f"{FIELD}, chunk {chunk_type!r}", at)
        body = reader.data[chunk.offset : chunk.end]
        if reader.uint(4, FIELD) != zlib.crc32(chunk_type + body):
            raise RecordError(at, FIELD, f"chunk {chunk_type!r} has a wrong checksum")
        if chunk_type == b"IDAT":
            if parts and previous != b"IDAT":
                raise RecordError(at, FIELD, "its IDAT chunks do not follow each other")
            parts.append(body)
        elif chunk_type[:1].isupper() and chunk_type not in (b"IHDR", b"PLTE", b"IEND"):
            raise RecordError(at, FIELD, f"chunk {chunk_type!r} is unknown and cannot be passed over")
    if not parts:
        raise RecordError(start, FIELD, "has no IDAT chunk")
    if reader.remaining:
        raise RecordError(reader.offset, FIELD, f"{reader.remaining} bytes follow after its end")
    return b"".join(parts)


def _inflated(compressed: bytes, size: int, at: int) -> bytes:
    inflation = zlib.decompressobj()
    try:
        inflated = inflation.decompress(compressed, size + 1)
    except zlib.error as error:
        raise RecordError(at, FIELD, f"does not inflate: {error}") from None
    if len(inflated) != size or not inflation.eof or inflation.unused_data:
        raise RecordError(at, FIELD, f"does not inflate to just {size} bytes")
    return inflated


def _pass_sizes(width: int, height: int) -> list[tuple[int, int]]:
    sizes = [(len(range(x, width, dx)), len(range(y, height, dy))) for x, y, dx, dy in _PASSES]
    return [size for size in sizes if 0 not in size]


def _check_rows(inflated: bytes, sizes: list[tuple[int, int]], at: int) -> None:
    """Each row begins with the number of its filter."""
    offset = 0
    for width, height in sizes:
        filters = inflated[offset : offset + (width + 1) * height : width + 1]
        if max(filters) > _LAST_FILTER:
            raise RecordError(at, FIELD, f"has a filter type of {max(filters)}, expected 0 to {_LAST_FILTER}")
        offset += (width + 1) * height


def _chunk(chunk_type: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + chunk_type + body + struct.pack(">I", zlib.crc32(chunk_type + body))

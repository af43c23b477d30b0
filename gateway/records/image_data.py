"""The coded image of a finger image record: compressed, checked against what the record says of it, decoded."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from gateway.records.errors import RecordError, UnsupportedRecordError
from gateway.records.image_header import ImageHeader, jpeg_header, png_header, wsq_header
from gateway.records.jpeg import decode_jpeg
from gateway.records.jpeg2000 import decode_jpeg2000, encode_lossless, jpeg2000_header
from gateway.records.png import decode_png
from gateway.records.reader import RecordReader

MAX_PIXELS = 1 << 24
"""16 Mpx, a palm at 1000 ppi; a larger claim is refused before anything is allocated."""


class Compression(IntEnum):
    """Image compression codes (ISO/IEC 19794-4:2011); bit-packed raw images, code 1, are not read."""

    RAW = 0
    WSQ = 2
    JPEG = 3
    JPEG2000_LOSSY = 4
    JPEG2000_LOSSLESS = 5
    PNG = 6


_HEADERS = {
    Compression.WSQ: wsq_header,
    Compression.JPEG: jpeg_header,
    Compression.JPEG2000_LOSSY: jpeg2000_header,
    Compression.JPEG2000_LOSSLESS: jpeg2000_header,
    Compression.PNG: png_header,
}


def compress(pixels: NDArray[np.uint8], compression: Compression) -> bytes:
    """The coded image, raw or as lossless JPEG 2000 that was decoded and compared; `ValueError` for a wrong array."""
    if pixels.ndim != 2 or pixels.dtype != np.uint8 or 0 in pixels.shape or pixels.size > MAX_PIXELS:
        raise ValueError(
            f"an image of shape {pixels.shape} and type {pixels.dtype}, expected (height, width) uint8 "
            f"of at most {MAX_PIXELS} pixels"
        )
    if compression is Compression.RAW:
        return pixels.tobytes()
    if compression is Compression.JPEG2000_LOSSLESS:
        return encode_lossless(pixels)
    raise ValueError(f"{compression.name} is not written, only RAW and JPEG2000_LOSSLESS")


def check_image_data(
    reader: RecordReader, compression: Compression, width: int, height: int, at_compression: int = 0
) -> Compression:
    """Compare the coded image that `reader` spans with its record, and give its true compression.

    Raises
    ------
    RecordError
        It does not say that it is an image of `width` by `height` with one component of 8 bits, coded as `compression`.
    """
    start = reader.offset
    if width * height > MAX_PIXELS:
        raise RecordError(start, "image data", f"{width}x{height} pixels, expected at most {MAX_PIXELS}")
    if compression is Compression.RAW:
        if reader.remaining != width * height:
            raise RecordError(
                start, "image data", f"has {reader.remaining} bytes, expected {width}x{height} = {width * height}"
            )
        return compression
    header: ImageHeader = _HEADERS[compression](reader)
    if (header.width, header.height) != (width, height):
        raise RecordError(
            start, "image data", f"is {header.width}x{header.height} pixels, but the record says {width}x{height}"
        )
    if (header.components, header.bit_depth) != (1, 8):
        raise RecordError(
            start, "image data", f"has {header.components} components of {header.bit_depth} bits, expected 1 of 8"
        )
    if compression is Compression.JPEG2000_LOSSLESS and not header.lossless:
        reader.deviation(at_compression, "compression", "says lossless, but the image has the irreversible 9-7 wavelet")
        return Compression.JPEG2000_LOSSY
    return compression


def decode_image_data(data: bytes, compression: Compression, width: int, height: int) -> NDArray[np.uint8]:
    """The (height, width) pixels of a coded image.

    Raises
    ------
    RecordError
        It is not of that size, or it does not decode.
    UnsupportedRecordError
        It is WSQ.
    """
    check_image_data(RecordReader(data, deviations=[]), compression, width, height)
    if compression is Compression.RAW:
        return np.frombuffer(data, np.uint8).reshape(height, width).copy()
    if compression is Compression.WSQ:
        # PyPI wsq 0.9 (NIST's C code) crashed the process on 2 of 2000 damaged images; nothing safe is at hand.
        raise UnsupportedRecordError(0, "image data", "is WSQ, which is carried but not decoded here")
    try:
        pixels = _decoded(data, compression)
    except ValueError as error:
        raise RecordError(0, "image data", str(error)) from error
    if pixels.shape != (height, width) or pixels.dtype != np.uint8:
        raise RecordError(
            0, "image data", f"decodes to {pixels.shape} {pixels.dtype}, expected ({height}, {width}) uint8"
        )
    return pixels.astype(np.uint8, copy=False)


def _decoded(data: bytes, compression: Compression) -> NDArray[np.generic]:
    if compression in (Compression.JPEG2000_LOSSY, Compression.JPEG2000_LOSSLESS):
        return decode_jpeg2000(data)
    if compression is Compression.PNG:
        return decode_png(data)
    return decode_jpeg(data)

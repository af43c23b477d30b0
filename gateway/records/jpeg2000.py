"""JPEG 2000 images in a record: written without loss, walked from box to box and marker to marker, decoded."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.records.errors import RecordError
from gateway.records.image_header import ImageHeader
from gateway.records.reader import RecordReader

FIELD = "JPEG 2000 image"
_SIGNATURE_BOX = b"\x00\x00\x00\x0cjP  \r\n\x87\n"
_SOC, _SIZ, _COD, _SOT, _SOD, _EOC = 0xFF4F, 0xFF51, 0xFF52, 0xFF90, 0xFF93, 0xFFD9


@dataclass(frozen=True)
class _Codestream:
    width: int
    height: int
    components: int
    bit_depth: int
    reversible: bool


def encode_lossless(pixels: NDArray[np.uint8]) -> bytes:
    """A JP2 file of `pixels` by the reversible 5-3 wavelet, checked by decoding it.

    Parameters
    ----------
    pixels : (height, width) uint8
        A grey image.

    Returns
    -------
    bytes
        One tile, one quality layer, no loss.

    Raises
    ------
    ValueError
        `pixels` is not such an image.
    RuntimeError
        The encoder lost something.

    References
    ----------
    ISO/IEC 15444-1, annexes A and I.
    """
    import imagecodecs

    if pixels.ndim != 2 or pixels.dtype != np.uint8 or 0 in pixels.shape:
        raise ValueError(f"an image of shape {pixels.shape} and type {pixels.dtype}, expected (height, width) uint8")
    encoded = bytes(
        imagecodecs.jpeg2k_encode(np.ascontiguousarray(pixels), level=0, reversible=True, codecformat="jp2")
    )
    if not jpeg2000_header(RecordReader(encoded)).lossless or not np.array_equal(decode_jpeg2000(encoded), pixels):
        raise RuntimeError("the JPEG 2000 encoder did not keep the image")
    return encoded


def decode_jpeg2000(data: bytes) -> NDArray[np.generic]:
    """The samples of a JP2 file or a bare codestream; `ValueError` if they cannot be decoded."""
    import imagecodecs

    try:
        return np.asarray(imagecodecs.jpeg2k_decode(data))
    except (imagecodecs.Jpeg2kError, ValueError, NotImplementedError) as error:
        raise ValueError(f"not decodable: {error}") from error


def jpeg2000_header(reader: RecordReader) -> ImageHeader:
    """What a JP2 file or a bare codestream says of itself, its boxes and marker segments walked to the end.

    `lossless` says that the 5-3 wavelet was used, as it must be where nothing is lost.
    """
    if reader.data.startswith(_SIGNATURE_BOX, reader.offset):
        return _jp2(reader)
    stream = _codestream(reader)
    return ImageHeader(stream.width, stream.height, stream.components, stream.bit_depth, stream.reversible)


def _jp2(reader: RecordReader) -> ImageHeader:
    start = reader.offset
    image_header: tuple[int, int, int] | None = None
    stream: _Codestream | None = None
    while reader.remaining:
        at = reader.offset
        length = reader.uint(4, FIELD)
        box_type = reader.take(4, FIELD)
        if length == 1:
            length = reader.uint(8, FIELD)
        elif length == 0:  # reaches to the end
            length = reader.end - at
        if length < reader.offset - at:
            raise RecordError(at, FIELD, f"box {box_type!r} says {length} bytes, fewer than its own header")
        box = reader.part(length - (reader.offset - at), f"{FIELD}, box {box_type!r}", at)
        if box_type == b"jp2h" and image_header is None:
            box.take(8, FIELD)  # ihdr is the first box inside
            height, width, components = box.uint(4, FIELD), box.uint(4, FIELD), box.uint(2, FIELD)
            image_header = (width, height, components)
        elif box_type == b"jp2c" and stream is None:
            stream = _codestream(box)
    if image_header is None or stream is None:
        raise RecordError(start, FIELD, f"has no {'jp2h' if image_header is None else 'jp2c'} box")
    if image_header != (stream.width, stream.height, stream.components):
        raise RecordError(start, FIELD, f"ihdr says {image_header}, the codestream inside says otherwise")
    return ImageHeader(stream.width, stream.height, stream.components, stream.bit_depth, stream.reversible)


def _codestream(reader: RecordReader) -> _Codestream:
    at = reader.offset
    if reader.uint(2, FIELD) != _SOC or reader.uint(2, FIELD) != _SIZ:
        raise RecordError(at, FIELD, "is neither a JP2 file nor a codestream")
    size = reader.part(reader.uint(2, FIELD, range(2, 1 << 16), "2 or more") - 2, FIELD, reader.offset - 2)
    size.take(2, FIELD)
    x1, y1, x0, y0 = (size.uint(4, FIELD) for _ in range(4))
    size.take(16, FIELD)
    components, precision = size.uint(2, FIELD), size.uint(1, FIELD)
    if x1 <= x0 or y1 <= y0:
        raise RecordError(at + 2, FIELD, "has no area")
    if size.take(2, FIELD) != b"\1\1":
        raise RecordError(size.offset - 2, FIELD, "is subsampled")
    reversible: bool | None = None
    while True:
        at = reader.offset
        marker = reader.uint(2, FIELD, range(0xFF01, 0xFFFF), "a marker")
        if marker == _EOC:
            break
        if marker == _SOD:
            raise RecordError(at, FIELD, "has tile data outside of a tile-part")
        segment = reader.part(reader.uint(2, FIELD, range(2, 1 << 16), "2 or more") - 2, FIELD, at + 2)
        if marker == _COD:
            segment.take(9, FIELD)
            reversible = segment.uint(1, FIELD, range(2), "0 or 1, the wavelet") == 1
        elif marker == _SOT:
            segment.take(2, FIELD)
            tile_part = segment.uint(4, FIELD)
            if tile_part == 0:  # reaches to the end-of-codestream marker
                tile_part = reader.end - 2 - at
            reader.part(tile_part - (reader.offset - at), f"{FIELD}, tile-part", at)
    if reversible is None:
        raise RecordError(at, FIELD, "ends without its coding style")
    if reader.remaining:
        raise RecordError(reader.offset, FIELD, f"{reader.remaining} bytes follow after the end of the codestream")
    return _Codestream(x1 - x0, y1 - y0, components, (precision & 0x7F) + 1, reversible)

"""JPEG 2000 images in a record: written without loss, walked from box to box and marker to marker, decoded."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.records.errors import RecordError, UnsupportedRecordError
from gateway.records.image_header import ImageHeader
from gateway.records.reader import RecordReader

FIELD = "JPEG 2000 image"
_SIGNATURE_BOX = b"\x00\x00\x00\x0cjP  \r\n\x87\n"
_SOC, _SIZ, _COD, _COC, _SOT, _SOD, _EOC = 0xFF4F, 0xFF51, 0xFF52, 0xFF53, 0xFF90, 0xFF93, 0xFFD9
# TLM, PLM, PLT, QCD, QCC, RGN, POC, PPM, PPT, CRG, COM. No other marker is passed over: OpenJPEG does not go by the
# length of a segment that it does not know, but looks inside for a marker that it knows.
_PASSED_OVER = {0xFF55, 0xFF57, 0xFF58, *range(0xFF5C, 0xFF62), 0xFF63, 0xFF64}
# Of these OpenJPEG 2.5.4 takes memory and time for each, however few bytes the file has; all components together.
_MOST_COMPONENTS = 4
_MOST_TILES = 1 << 12
_MOST_PRECINCTS = 1 << 17
"""Of 600 bytes each. Columns and rows of the finest, in each resolution: an order by position visits all of these."""
_MOST_CODE_BLOCKS = 1 << 18
"""Of 400 bytes each."""
_MOST_PACKETS = 1 << 20
"""Precincts by layers: two bytes each or more, and time."""


@dataclass(frozen=True)
class _Axis:
    """The image and its tiles along one axis of the reference grid (ISO/IEC 15444-1, B.2 and B.3)."""

    start: int
    end: int
    tiles_start: int
    tile: int

    @property
    def tiles(self) -> int:
        return -((self.tiles_start - self.end) // self.tile)

    def cells(self, halvings: int, exponent: int) -> int:
        """Cells of 2**exponent samples that hold a part of a tile, over all tiles halved so many times (B.5 to B.7)."""
        count = 0
        for at in range(self.tiles_start, self.end, self.tile):
            first = -(-max(at, self.start) >> halvings)
            last = -(-min(at + self.tile, self.end) >> halvings)
            if first < last:
                count += -(-last >> exponent) - (first >> exponent)
        return count


@dataclass(frozen=True)
class _Size:
    x: _Axis
    y: _Axis
    components: int
    bit_depth: int


@dataclass(frozen=True)
class _CodingStyle:
    resolutions: int
    columns: int
    """Of precincts, in the resolution that has most."""
    rows: int
    reversible: bool


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
    """The samples of a JP2 file or a bare codestream.

    Raises
    ------
    RecordError
        `jpeg2000_header` refuses it, and the decoder does not see it.
    ValueError
        It cannot be decoded.
    """
    jpeg2000_header(RecordReader(data))
    import imagecodecs

    try:
        return np.asarray(imagecodecs.jpeg2k_decode(data))
    except (imagecodecs.Jpeg2kError, ValueError, NotImplementedError) as error:
        raise ValueError(f"not decodable: {error}") from error


def jpeg2000_header(reader: RecordReader) -> ImageHeader:
    """What a JP2 file or a bare codestream says of itself, its boxes and marker segments walked to the end.

    `lossless` says that the 5-3 wavelet was used, as it must be where nothing is lost.

    Raises
    ------
    UnsupportedRecordError
        It has a palette, many components, or a coding style of a tile's own.
    RecordError
        It is no such file, or has more tiles, precincts, code-blocks or packets than an image needs, for each of which
        a decoder takes memory though the file need not hold them.
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
        # OpenJPEG makes an image of each of up to 255 channels of a palette, inside jp2h or behind it.
        if box_type == b"pclr" or (box_type == b"jp2h" and b"pclr" in reader.data[box.offset : box.end]):
            raise UnsupportedRecordError(at, FIELD, "has a palette, which is not read here")
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
    size = _size(_segment(reader))
    reversible = _main_header(reader, size)
    _pass_over_tile_parts(reader)
    if reader.remaining:
        raise RecordError(reader.offset, FIELD, f"{reader.remaining} bytes follow after the end of the codestream")
    x, y = size.x, size.y
    return _Codestream(x.end - x.start, y.end - y.start, size.components, size.bit_depth, reversible)


def _segment(reader: RecordReader) -> RecordReader:
    at = reader.offset
    return reader.part(reader.uint(2, FIELD, range(2, 1 << 16), "2 or more") - 2, FIELD, at)


def _size(segment: RecordReader) -> _Size:
    at = segment.offset
    segment.take(2, FIELD)
    x1, y1, x0, y0, tile_width, tile_height, tiles_x0, tiles_y0 = (segment.uint(4, FIELD) for _ in range(8))
    components, precision = segment.uint(2, FIELD), segment.uint(1, FIELD)
    if x1 <= x0 or y1 <= y0:
        raise RecordError(at, FIELD, "has no area")
    if segment.take(2, FIELD) != b"\1\1":
        raise RecordError(segment.offset - 2, FIELD, "is subsampled")
    if not 1 <= components <= _MOST_COMPONENTS:
        raise UnsupportedRecordError(at, FIELD, f"has {components} components; 1 to {_MOST_COMPONENTS} are read")
    x, y = _Axis(x0, x1, tiles_x0, tile_width), _Axis(y0, y1, tiles_y0, tile_height)
    if any(not axis.tiles_start <= axis.start < axis.tiles_start + axis.tile for axis in (x, y)):
        raise RecordError(at, FIELD, "its first tile holds nothing of the image")
    if x.tiles * y.tiles > _MOST_TILES:
        raise RecordError(at, FIELD, f"has {x.tiles * y.tiles} tiles, expected at most {_MOST_TILES}")
    return _Size(x, y, components, (precision & 0x7F) + 1)


def _main_header(reader: RecordReader, size: _Size) -> bool:
    """Read up to the first tile-part; whether the wavelet is the reversible one in all components."""
    start = reader.offset
    layers = 0
    default: _CodingStyle | None = None
    of_components: list[_CodingStyle] = []
    while True:
        at = reader.offset
        marker = reader.uint(2, FIELD, {_COD, _COC, _SOT} | _PASSED_OVER, "a marker of a main header")
        if marker == _SOT:
            break
        segment = _segment(reader)
        if marker == _COD:
            if default is not None:
                raise RecordError(at, FIELD, "has its coding style twice")
            own_precincts = segment.uint(1, FIELD) & 1
            segment.take(1, FIELD)  # progression order
            layers = segment.uint(2, FIELD)
            segment.take(1, FIELD)  # component transformation
            default = _coding_style(segment, own_precincts, size)
        elif marker == _COC:
            if len(of_components) == size.components:
                raise RecordError(at, FIELD, "has more coding styles of components than components")
            segment.take(1, FIELD)  # component
            of_components.append(_coding_style(segment, segment.uint(1, FIELD) & 1, size))
    if default is None:
        raise RecordError(start, FIELD, "ends its main header without a coding style")
    styles = [default, *of_components]
    precincts = (
        size.components
        * max(style.resolutions for style in styles)
        * max(style.columns for style in styles)
        * max(style.rows for style in styles)
    )
    if precincts > _MOST_PRECINCTS:
        raise RecordError(start, FIELD, f"has up to {precincts} precincts, expected at most {_MOST_PRECINCTS}")
    if (packets := layers * precincts) > _MOST_PACKETS:
        raise RecordError(start, FIELD, f"has up to {packets} packets, expected at most {_MOST_PACKETS}")
    return all(style.reversible for style in styles)


def _coding_style(segment: RecordReader, own_precincts: int, size: _Size) -> _CodingStyle:
    """The SPcod or SPcoc parameters (ISO/IEC 15444-1, A.6.1), the code-blocks counted as if they held for all."""
    at = segment.offset
    levels = segment.uint(1, FIELD, range(33), "0 to 32 decomposition levels")
    block_width, block_height = (2 + segment.uint(1, FIELD, range(9), "0 to 8") for _ in range(2))
    segment.take(1, FIELD)  # code-block style
    reversible = segment.uint(1, FIELD, range(2), "0 or 1, the wavelet") == 1
    columns = rows = code_blocks = 0
    for resolution in range(levels + 1):
        sizes = segment.uint(1, FIELD) if own_precincts else 0xFF
        width, height = sizes & 15, sizes >> 4
        halvings = levels - resolution
        columns, rows = max(columns, size.x.cells(halvings, width)), max(rows, size.y.cells(halvings, height))
        # Above the lowest resolution three bands of half its size each have code-blocks.
        band = int(resolution > 0)
        across = size.x.cells(halvings, min(block_width + band, width))
        code_blocks += (1 + 2 * band) * across * size.y.cells(halvings, min(block_height + band, height))
    if (code_blocks := code_blocks * size.components) > _MOST_CODE_BLOCKS:
        raise RecordError(at, FIELD, f"has {code_blocks} code-blocks, expected at most {_MOST_CODE_BLOCKS}")
    return _CodingStyle(levels + 1, columns, rows, reversible)


def _pass_over_tile_parts(reader: RecordReader) -> None:
    """From behind the first SOT marker to behind the EOC marker."""
    marker = _SOT
    while marker == _SOT:
        at = reader.offset - 2
        segment = _segment(reader)
        segment.take(2, FIELD)
        length = segment.uint(4, FIELD)
        if length == 0:  # reaches to the end-of-codestream marker
            length = reader.end - 2 - at
        header = reader.offset - at
        if length < header + 2:
            raise RecordError(at, FIELD, f"tile-part says {length} bytes, fewer than its own header")
        tile_part = reader.part(length - header, f"{FIELD}, tile-part", at)
        while True:
            at = tile_part.offset
            marker = tile_part.uint(2, FIELD, {_COD, _COC, _SOD} | _PASSED_OVER, "a marker of a tile-part header")
            if marker == _SOD:
                break
            if marker in (_COD, _COC):
                raise UnsupportedRecordError(at, FIELD, "has a coding style of a tile's own, which is not read here")
            _segment(tile_part)
        marker = reader.uint(2, FIELD, (_SOT, _EOC), "a tile-part or the end of the codestream")

"""What an image file says of itself, read before anything is decoded: size, depth, channels, whether it is whole."""

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass


class ImageHeaderError(ValueError):
    """Bytes are no image that is read here, or a part of it is missing; the message says which."""


@dataclass(frozen=True)
class ImageHeader:
    """The claims of an image file.

    Parameters
    ----------
    kind : str
        `PNG`, `BMP`, `PGM`, `TIFF` or `JPEG`.
    width, height : int
        Pixels.
    channels : int
        1 for grey, and for a palette of greys.
    bits : int
        Of one sample.
    missing : int
        Bytes that the file should have and has not; 0 when it is whole as far as its framing tells.
    """

    kind: str
    width: int
    height: int
    channels: int
    bits: int
    missing: int = 0


def read_image_header(data: bytes) -> ImageHeader:
    """Read the header of a PNG, BMP, PGM, TIFF or JPEG file.

    Raises
    ------
    ImageHeaderError
        The file is none of these, or its header is broken.
    """
    for magic, read in _READERS.items():
        if data.startswith(magic):
            try:
                header = read(data)
            except (struct.error, IndexError, ValueError) as error:
                if isinstance(error, ImageHeaderError):
                    raise
                raise ImageHeaderError("its header is cut off or damaged") from error
            if header.width < 1 or header.height < 1:
                raise ImageHeaderError(f"its header says {header.width}x{header.height} pixels")
            return header
    raise ImageHeaderError("it is no PNG, PGM, BMP, TIFF or JPEG image")


def _png(data: bytes) -> ImageHeader:
    # W3C PNG, clause 5: chunks of length, type, data, CRC; IHDR first, IEND last.
    if data[12:16] != b"IHDR":
        raise ImageHeaderError("its first chunk is not IHDR")
    width, height, bits, colour = struct.unpack_from(">IIBB", data, 16)
    channels = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}.get(colour, 3)
    at, missing = 8, 12
    while at + 8 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        end = at + 12 + length
        if end > len(data):
            missing = end - len(data)
            break
        kind = data[at + 4 : at + 8]
        if zlib.crc32(data[at + 4 : end - 4]) != struct.unpack_from(">I", data, end - 4)[0]:
            raise ImageHeaderError(f"its chunk {kind.decode('latin-1')} at byte {at} is damaged")
        if kind == b"IEND":
            missing = 0
            break
        if kind == b"PLTE" and colour == 3 and _all_grey(data[at + 8 : at + 8 + length], 3):
            channels = 1
        at = end
    return ImageHeader("PNG", width, height, channels, bits, missing)


def _bmp(data: bytes) -> ImageHeader:
    # BITMAPFILEHEADER and BITMAPINFOHEADER; a negative height says that rows run top down.
    (pixels_at,) = struct.unpack_from("<I", data, 10)
    header_size, width, height, _planes, bits, compression = struct.unpack_from("<IiiHHI", data, 14)
    if header_size < 40:
        raise ImageHeaderError("it is a BMP of OS/2, which is not read here")
    if compression not in (0, 3):
        raise ImageHeaderError("it is a compressed BMP, which is not read here")
    height = abs(height)
    palette = data[14 + header_size : pixels_at]
    grey = bits == 8 and _all_grey(palette, 4)
    row = (width * bits + 31) // 32 * 4
    missing = max(0, pixels_at + row * height - len(data))
    return ImageHeader("BMP", width, height, 1 if grey or bits < 8 else max(3, bits // 8), min(bits, 8), missing)


def _pnm(data: bytes) -> ImageHeader:
    # netpbm's pgm(5): magic, width, height, maximum, each followed by white space; `#` begins a comment.
    magic = data[:2]
    fields: list[int] = []
    at = 2
    while len(fields) < 3:
        while data[at : at + 1].isspace():
            at += 1
        if data[at : at + 1] == b"#":
            at = data.index(b"\n", at)
            continue
        begin = at
        while data[at : at + 1].isdigit():
            at += 1
        if at == begin or at - begin > 9:
            raise ImageHeaderError("its header is cut off or damaged")
        fields.append(int(data[begin:at]))
    width, height, maximum = fields
    channels = 3 if magic in (b"P3", b"P6") else 1
    bits = 16 if maximum > 255 else 8
    size = width * height * channels * bits // 8
    missing = max(0, at + 1 + size - len(data)) if magic in (b"P5", b"P6") else 0
    return ImageHeader("PGM", width, height, channels, bits, missing)


def _jpeg(data: bytes) -> ImageHeader:
    # ITU-T T.81, annex B: segments up to the frame header SOFn, whose fields are P, Y, X, Nf.
    at = 2
    while True:
        if data[at] != 0xFF:
            raise ImageHeaderError(f"there is no marker at byte {at}")
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            bits, height, width, channels = struct.unpack_from(">BHHB", data, at + 4)
            # Padding may follow the end-of-image marker.
            whole = b"\xff\xd9" in data[at:]
            return ImageHeader("JPEG", width, height, channels, bits, 0 if whole else 2)
        at += 2 + length


def _tiff(data: bytes) -> ImageHeader:
    # TIFF 6.0, section 2: byte order, 42, offset of the first image file directory; 12 bytes an entry.
    order = "<" if data[:2] == b"II" else ">"
    (at,) = struct.unpack_from(f"{order}I", data, 4)
    (count,) = struct.unpack_from(f"{order}H", data, at)
    tags: dict[int, list[int]] = {}
    for index in range(count):
        tag, kind, number = struct.unpack_from(f"{order}HHI", data, at + 2 + 12 * index)
        letter = {1: "B", 3: "H", 4: "I"}.get(kind)
        if letter is None or number > 100_000:
            continue
        size = struct.calcsize(letter) * number
        where = at + 10 + 12 * index
        if size > 4:
            (where,) = struct.unpack_from(f"{order}I", data, where)
        tags[tag] = list(struct.unpack_from(f"{order}{number}{letter}", data, where))
    width, height = tags.get(256, [0])[0], tags.get(257, [0])[0]
    offsets, sizes = tags.get(273, tags.get(324, [])), tags.get(279, tags.get(325, []))
    ends = [offset + size for offset, size in zip(offsets, sizes, strict=False)]
    channels = 3 if tags.get(262, [1])[0] == 3 else tags.get(277, [1])[0]
    return ImageHeader(
        "TIFF", width, height, channels, max(tags.get(258, [1])), max(0, max(ends, default=0) - len(data))
    )


def _all_grey(palette: bytes, step: int) -> bool:
    used = len(palette) // step * step
    blue, green, red = (palette[offset:used:step] for offset in range(3))
    return used > 0 and blue == green == red


_READERS: dict[bytes, Callable[[bytes], ImageHeader]] = {
    b"\x89PNG\r\n\x1a\n": _png,
    b"BM": _bmp,
    **{f"P{digit}".encode(): _pnm for digit in (2, 3, 5, 6)},
    b"\xff\xd8": _jpeg,
    b"II*\0": _tiff,
    b"MM\0*": _tiff,
}

"""Portraits, photos and signatures as they come in: decoded, measured, and freed of everything but the picture."""

import json
import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from gateway.enrolment.errors import ImageRefused
from gateway.guidance import LocalizedText
from gateway.records import RecordError
from gateway.records.image_header import ImageHeader, jpeg_header, png_header
from gateway.records.reader import RecordReader

_AGAIN = LocalizedText(id="Ambil lagi.", en="Take it again.")
MOST_BYTES = 8 << 20
MOST_PIXELS = 40_000_000
MOST_POINTS = 20_000
STROKES_TYPE = "application/vnd.rekam.signature-strokes+json"
_PNG = b"\x89PNG\r\n\x1a\n"
# Chunks that decide how the pixels look, and no others (ISO/IEC 15948, 11.2 and 11.3).
_KEPT_CHUNKS = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"pHYs"}
# The colour profile, and how colours are coded. EXIF and XMP are in APP1; APP0 may bring a second, smaller picture.
_KEPT_APPS = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
_JFIF_BYTES = 16


@dataclass(frozen=True)
class CheckedImage:
    """An image that decodes and holds nothing but itself."""

    content: bytes
    media_type: str
    width: int
    height: int


@dataclass(frozen=True)
class StrokePoint:
    """One point of a signature: place in pixels of the pad, milliseconds since its start, pressure 0 to 1."""

    x: float
    y: float
    t_ms: float
    pressure: float


def checked_image(data: bytes, what: str, least: tuple[int, int] = (1, 1)) -> CheckedImage:
    """A JPEG or PNG without its metadata.

    Metadata is cut out without touching the coded picture. An image that its metadata turns on the screen is refused:
    without them it would lie on its side.

    Parameters
    ----------
    what : str
        For messages: `portrait`.
    least : tuple of int
        Width and height in pixels.

    Raises
    ------
    ImageRefused
        It is neither JPEG nor PNG, does not decode, is damaged, too large or too small, or turned by its metadata.
    """
    if len(data) > MOST_BYTES:
        raise ImageRefused(
            LocalizedText(id=f"{_called(what)} berukuran {len(data)} bita.", en=f"The {what} has {len(data)} bytes."),
            LocalizedText(id=f"Kirim paling banyak {MOST_BYTES}.", en=f"Send at most {MOST_BYTES}."),
        )
    png = data.startswith(_PNG)
    if not png and not data.startswith(b"\xff\xd8"):
        raise ImageRefused(
            LocalizedText(
                id=f"{_called(what)} bukan JPEG dan bukan PNG.", en=f"The {what} is neither a JPEG nor a PNG."
            ),
            LocalizedText(id="Kirim salah satunya.", en="Send one of these."),
        )
    try:
        header = (png_header if png else jpeg_header)(RecordReader(data))
        content = _bare_png(data) if png else _bare_jpeg(data)
    except (RecordError, ValueError) as error:
        raise ImageRefused(
            LocalizedText(id=f"{_called(what)} rusak ({error}).", en=f"The {what} is damaged: {error}."), _AGAIN
        ) from error
    _check_size(header, what, least)
    _check_decodes(data, content, header, what)
    return CheckedImage(content, "image/png" if png else "image/jpeg", header.width, header.height)


def checked_strokes(strokes: Sequence[Sequence[StrokePoint]]) -> bytes:
    """The strokes of a signature as JSON.

    Raises
    ------
    ImageRefused
        There is no point, too many, or one that is not a number, goes back in time or has no pressure of 0 to 1.
    """
    points = [point for stroke in strokes for point in stroke]
    if not points or len(points) > MOST_POINTS:
        raise ImageRefused(
            LocalizedText(
                id=f"Tanda tangan terdiri atas {len(points)} titik.", en=f"The signature has {len(points)} points."
            ),
            LocalizedText(
                id=f"Tanda tangani lagi; 1 sampai {MOST_POINTS} titik disimpan.",
                en=f"Sign again; 1 to {MOST_POINTS} are kept.",
            ),
        )
    for before, after in zip([points[0], *points], points, strict=False):
        values = (after.x, after.y, after.t_ms, after.pressure)
        if not all(math.isfinite(value) for value in values) or not 0 <= after.pressure <= 1 or after.t_ms < 0:
            raise ImageRefused(
                LocalizedText(
                    id="Ada titik tanda tangan yang bukan titik.", en="A point of the signature is no point."
                ),
                LocalizedText(
                    id="Kirim bilangan berhingga, dan tekanan antara 0 dan 1.",
                    en="Send finite numbers, and a pressure between 0 and 1.",
                ),
            )
        if after.t_ms < before.t_ms:
            raise ImageRefused(
                LocalizedText(id="Waktu pada tanda tangan berjalan mundur.", en="The signature goes back in time."),
                LocalizedText(
                    id="Kirim titik menurut urutan waktunya.", en="Send the points in the order of their times."
                ),
            )
    rows = [[[point.x, point.y, point.t_ms, point.pressure] for point in stroke] for stroke in strokes]
    return json.dumps({"columns": ["x", "y", "t_ms", "pressure"], "strokes": rows}, separators=(",", ":")).encode()


def _called(what: str) -> str:
    """What the picture is of, in Indonesian, at the beginning of a sentence."""
    return {"portrait": "Pas foto", "signature": "Gambar tanda tangan", "photo": "Foto"}.get(what, "Gambar")


def _check_size(header: ImageHeader, what: str, least: tuple[int, int]) -> None:
    size = f"{header.width} x {header.height}"
    has = LocalizedText(id=f"{_called(what)} berukuran {size} piksel.", en=f"The {what} has {size} pixels.")
    if header.width * header.height > MOST_PIXELS:
        raise ImageRefused(
            has,
            LocalizedText(
                id=f"Kirim paling banyak {MOST_PIXELS:,} piksel.", en=f"Send at most {MOST_PIXELS:,} pixels."
            ),
        )
    if header.width < least[0] or header.height < least[1]:
        raise ImageRefused(
            has,
            LocalizedText(
                id=f"Paling sedikit {least[0]} x {least[1]}: ambil lagi.",
                en=f"At least {least[0]} x {least[1]} are due: take it again.",
            ),
        )


def _check_decodes(data: bytes, content: bytes, header: ImageHeader, what: str) -> None:
    flags = cv2.IMREAD_COLOR
    shown = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    kept = cv2.imdecode(np.frombuffer(content, np.uint8), flags)
    if shown is None or kept is None or kept.shape[:2] != (header.height, header.width):
        raise ImageRefused(
            LocalizedText(id=f"{_called(what)} tidak dapat dibuka.", en=f"The {what} does not decode."), _AGAIN
        )
    if shown.shape != kept.shape or not np.array_equal(shown, kept):
        raise ImageRefused(
            LocalizedText(
                id=f"{_called(what)} tersimpan miring, dan hanya metadatanya yang menegakkannya.",
                en=f"The {what} lies on its side, and its metadata say so.",
            ),
            LocalizedText(
                id="Putar gambarnya sendiri sampai tegak, lalu kirim.",
                en="Turn the picture itself upright and send that.",
            ),
        )


def _bare_png(data: bytes) -> bytes:
    kept, at = [_PNG], len(_PNG)
    while True:
        if at + 12 > len(data):
            raise ValueError(f"it ends within a chunk at byte {at}")
        length = int.from_bytes(data[at : at + 4], "big")
        end = at + 12 + length
        kind = data[at + 4 : at + 8]
        if end > len(data) or zlib.crc32(data[at + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
            raise ValueError(f"the chunk at byte {at} is cut or changed")
        if kind in _KEPT_CHUNKS:
            kept.append(data[at:end])
        elif not kind[0] & 0x20:  # critical (ISO/IEC 15948, 5.4): the image means something else without it
            raise ValueError(f"the chunk at byte {at} is of an unknown kind")
        if kind == b"IEND":
            return b"".join(kept)
        at = end


def _bare_jpeg(data: bytes) -> bytes:
    kept, at = [b"\xff\xd8"], 2
    while True:
        if at + 2 > len(data) or data[at] != 0xFF:
            raise ValueError(f"no marker at byte {at}")
        marker = data[at + 1]
        if marker == 0xFF:  # fill bytes (ISO/IEC 10918-1, B.1.1.2)
            at += 1
            continue
        if marker == 0xD9:
            return b"".join([*kept, b"\xff\xd9"])
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        end = at + 2 + length
        if length < 2 or end > len(data):
            raise ValueError(f"it ends within the segment at byte {at}")
        if marker == 0xDA:
            end = _end_of_scan(data, end)
        if not _is_metadata(marker, data[at + 4 : end]):
            kept.append(data[at:end])
        at = end


def _is_metadata(marker: int, segment: bytes) -> bool:
    if marker == 0xFE:
        return True
    if not 0xE0 <= marker <= 0xEF:
        return False
    kept = _KEPT_APPS.get(marker)
    # A JFIF segment without a thumbnail has 16 bytes, its length included (ISO/IEC 10918-5, 6.1).
    return kept is None or not segment.startswith(kept) or (marker == 0xE0 and len(segment) + 2 != _JFIF_BYTES)


def _end_of_scan(data: bytes, at: int) -> int:
    """Where the next marker stands that is neither a stuffed byte nor a restart."""
    while (at := data.find(b"\xff", at)) >= 0 and at + 1 < len(data):
        if data[at + 1] != 0 and not 0xD0 <= data[at + 1] <= 0xD7:
            return at
        at += 2
    raise ValueError("it ends within the picture")

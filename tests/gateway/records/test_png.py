"""PNG images: read as others write them, and a broken one is refused before the decoder sees it."""

import struct
import sys
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from gateway.records import RecordError, UnsupportedRecordError
from gateway.records.png import check_png, decode_png, encode_png
from gateway.records.reader import RecordReader

PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
RAMP = (np.arange(13 * 11).reshape(11, 13) * 7 % 256).astype(np.uint8)


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def rows(pixels: NDArray[np.uint8], filter_type: int = 0) -> bytes:
    return b"".join(bytes([filter_type]) + row.tobytes() for row in pixels)


def png(body: bytes, *more: bytes, size: tuple[int, int] = (13, 11), interlaced: int = 0, depth: int = 8) -> bytes:
    """A grey PNG file of compressed `body`, with `more` chunks before it."""
    header = struct.pack(">IIBBBBB", *size, depth, 0, 0, 0, interlaced)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(more) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=30)))
@settings(max_examples=50, deadline=None)
def test_every_pixel_survives_and_opencv_agrees(pixels: NDArray[np.uint8]) -> None:
    data = encode_png(pixels)
    check_png(RecordReader(data))
    np.testing.assert_array_equal(decode_png(data), pixels)
    np.testing.assert_array_equal(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED), pixels)
    written, by_opencv = cv2.imencode(".png", pixels)
    assert written
    np.testing.assert_array_equal(decode_png(by_opencv.tobytes()), pixels)


@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=20)))
@settings(max_examples=40, deadline=None)
def test_an_interlaced_image_is_read(pixels: NDArray[np.uint8]) -> None:
    passes = [pixels[y::dy, x::dx] for x, y, dx, dy in PASSES]
    body = b"".join(rows(part) for part in passes if part.size)
    data = png(zlib.compress(body), size=(pixels.shape[1], pixels.shape[0]), interlaced=1)
    np.testing.assert_array_equal(decode_png(data), pixels)


def test_what_surrounds_the_image_is_passed_over() -> None:
    more = (chunk(b"tEXt", b"Comment\0hello"), chunk(b"gAMA", bytes(4)), chunk(b"tRNS", b"\0\7"), chunk(b"acTL", b"?"))
    np.testing.assert_array_equal(decode_png(png(zlib.compress(rows(RAMP)), *more)), RAMP)
    body = zlib.compress(rows(RAMP))
    np.testing.assert_array_equal(decode_png(png(body[9:], chunk(b"IDAT", body[:4]), chunk(b"IDAT", body[4:9]))), RAMP)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (png(zlib.compress(rows(RAMP))[:-4]), "does not inflate to just 154 bytes"),
        (png(zlib.compress(rows(RAMP)) + b"\0"), "does not inflate to just 154 bytes"),
        (png(zlib.compress(rows(RAMP)[:-1])), "does not inflate to just 154 bytes"),
        (png(zlib.compress(bytes(100_000_000), 9)), "does not inflate to just 154 bytes"),
        (png(zlib.compress(rows(RAMP))[:20] + b"\xff" * 40), "does not inflate"),
        (png(zlib.compress(rows(RAMP, 5))), "filter type of 5"),
        (png(zlib.compress(rows(RAMP)), interlaced=2), "interlace method"),
        (png(zlib.compress(rows(RAMP)), chunk(b"ABCD", b"")), "unknown and cannot be passed over"),
        (png(b"", chunk(b"IDAT", zlib.compress(rows(RAMP))), chunk(b"tEXt", b"")), "do not follow each other"),
        (png(zlib.compress(rows(RAMP))) + b"\0", "1 bytes follow after its end"),
        (png(zlib.compress(rows(RAMP)))[:-12], "needs 4 bytes"),
    ],
    ids=range(11),
)
def test_a_wrong_file_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(RecordError, match=words):
        decode_png(data)


def test_other_depths_and_colour_are_named() -> None:
    with pytest.raises(UnsupportedRecordError, match="1 components of 16 bits"):
        decode_png(png(b"", depth=16))
    colour = cv2.imencode(".png", np.dstack([RAMP] * 3))[1].tobytes()
    with pytest.raises(UnsupportedRecordError, match="3 components of 8 bits"):
        decode_png(colour)


@given(st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(1, 255)), min_size=1, max_size=3))
@settings(max_examples=200, deadline=None)
def test_a_damaged_file_is_refused_or_its_pixels_are_right(damages: list[tuple[int, int]]) -> None:
    data = bytearray(encode_png(RAMP))
    for at, value in damages:
        data[at % len(data)] ^= value
    try:
        pixels = decode_png(bytes(data))
    except RecordError as error:
        assert 0 <= error.offset <= len(data)  # noqa: PT017
        return
    np.testing.assert_array_equal(pixels, RAMP)


def test_many_broken_files_leave_the_interpreter_whole() -> None:
    data = png(zlib.compress(rows(RAMP, 5)))
    before = sys.getrefcount(None)
    for _ in range(500):
        with pytest.raises(RecordError):
            decode_png(data)
    assert sys.getrefcount(None) > before - 250

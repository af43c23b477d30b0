"""Portraits and signatures are decoded, measured, and freed of what is not the picture."""

import math
import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.enrolment import ImageRefused, StrokePoint
from gateway.enrolment.images import checked_image, checked_strokes
from tests.gateway.enrolment.office import OPERATOR, Office, portrait, strokes


def exif(orientation: int) -> bytes:
    tiff = b"II*\0" + struct.pack("<IHHHII", 8, 1, 0x0112, 3, 1, orientation) + struct.pack("<I", 0) + b"GPS-SECRET"
    body = b"Exif\0\0" + tiff
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


def with_segment(segment: bytes) -> bytes:
    jpeg = portrait()
    return jpeg[:2] + segment + jpeg[2:]


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def pixels(data: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


def test_metadata_of_a_jpeg_are_cut_out_and_the_picture_is_untouched():
    comment = b"\xff\xfe" + struct.pack(">H", 2 + 14) + b"COMMENT-SECRET"
    found = checked_image(with_segment(exif(1) + comment) + b"TRAILING-SECRET", "portrait")
    assert (found.media_type, found.width, found.height) == ("image/jpeg", 240, 320)
    assert b"SECRET" not in found.content
    assert b"Exif" not in found.content
    assert np.array_equal(pixels(found.content), pixels(portrait()))
    assert checked_image(found.content, "portrait") == found


def test_metadata_of_a_png_are_cut_out():
    png = portrait(kind=".png")
    end = png.index(b"IEND") - 4
    text = chunk(b"tEXt", b"Author\0SECRET") + chunk(b"eXIf", b"II*\0SECRET")
    found = checked_image(png[:end] + text + png[end:] + b"SECRET", "signature")
    assert found.media_type == "image/png"
    assert b"SECRET" not in found.content
    assert np.array_equal(pixels(found.content), pixels(png))


def test_a_picture_that_its_metadata_turn_is_refused():
    with pytest.raises(ImageRefused, match="upright"):
        checked_image(with_segment(exif(6)), "portrait")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"GIF89a" + bytes(40), "neither"),
        (b"", "neither"),
        (portrait()[:-400], "damaged"),
        (portrait(kind=".png")[:-400], "damaged"),
        (portrait(kind=".png")[:60] + b"!" + portrait(kind=".png")[61:], "damaged"),
        (portrait(200, 320), "At least 240 x 320"),
        (b"\xff\xd8" + bytes(9 << 20), "at most"),
        (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)), "damaged"),
        (
            b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(bytes(99)))
            + chunk(b"IEND", b""),
            "pixels",
        ),
    ],
)
def test_what_cannot_be_kept_is_refused(data, told):
    with pytest.raises(ImageRefused, match=told) as refused:
        checked_image(data, "portrait", (240, 320))
    assert refused.value.remedy


@given(st.binary(max_size=300), st.sampled_from([b"\xff\xd8", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b""]))
def test_anything_else_is_refused_in_words(data, start):
    with pytest.raises(ImageRefused):
        checked_image(start + data, "portrait")


@given(st.integers(2, 2000), st.integers(0, 255))
def test_a_picture_with_a_changed_byte_is_refused_or_freed_all_the_same(place, value):
    png = bytearray(portrait(24, 32, ".png"))
    place %= len(png)
    if png[place] == value:
        return
    png[place] = value
    with pytest.raises(ImageRefused):  # every byte of a PNG is under a checksum, or its frame
        checked_image(bytes(png), "portrait")


def test_strokes():
    assert checked_strokes(strokes()).startswith(b'{"columns":["x","y","t_ms","pressure"],"strokes":[[[0.0,')
    for bad in (
        [],
        [[]],
        [[StrokePoint(math.nan, 0, 0, 0)]],
        [[StrokePoint(0, 0, 0, 1.5)]],
        [[StrokePoint(0, 0, 5, 1), StrokePoint(0, 0, 4, 1)]],
        [[StrokePoint(0, 0, 5, 1)], [StrokePoint(0, 0, 4, 1)]],
        [[StrokePoint(0, 0, float(n), 1) for n in range(20_001)]],
    ):
        with pytest.raises(ImageRefused):
            checked_strokes(bad)


def test_a_portrait_that_is_too_small_changes_nothing(tmp_path):
    with Office(tmp_path / "state") as office:
        snapshot = office.create()
        with pytest.raises(ImageRefused):
            office.enrolments.add_portrait(snapshot.enrolment_id, portrait(60, 80), OPERATOR, snapshot.version)
        assert office.enrolments.get(snapshot.enrolment_id) == snapshot

"""JPEG: progressive files are read, and one of endless scans or of two frame headers never reaches the decoder."""

import struct
from typing import Any, NoReturn

import cv2
import imagecodecs
import numpy as np
import pytest

from gateway.records import RecordError
from gateway.records.image_data import Compression, decode_image_data
from gateway.records.image_header import jpeg_header
from gateway.records.jpeg import MAX_SCANS, decode_jpeg
from gateway.records.reader import RecordReader

GREY = np.tile(np.arange(64, dtype=np.uint8) * 3, (48, 1))
PROGRESSIVE = cv2.imencode(".jpg", GREY, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()
SCANS = PROGRESSIVE.count(b"\xff\xda")


def with_scans(count: int) -> bytes:
    """The progressive file with its last scan again and again."""
    last = PROGRESSIVE[PROGRESSIVE.rindex(b"\xff\xda") : -2]
    return PROGRESSIVE[:-2] + last * (count - SCANS) + b"\xff\xd9"


def not_reached(*_: Any, **__: Any) -> NoReturn:
    pytest.fail("the decoder was called")


def test_more_scans_than_any_writer_makes_are_refused_before_the_decoder_sees_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(imagecodecs, "jpeg8_decode", not_reached)
    data = with_scans(MAX_SCANS + 1)
    with pytest.raises(RecordError, match="has 65 scans, expected at most 64"):
        decode_jpeg(data)
    with pytest.raises(RecordError, match="has 65 scans, expected at most 64"):
        decode_image_data(data, Compression.JPEG, 64, 48)


def test_a_progressive_file_is_read() -> None:
    assert 4 < SCANS < 16
    pixels = decode_jpeg(PROGRESSIVE)
    assert np.abs(pixels.astype(int) - GREY).mean() < 3
    np.testing.assert_array_equal(decode_image_data(PROGRESSIVE, Compression.JPEG, 64, 48), pixels)


def test_what_does_not_decode_is_refused() -> None:
    with pytest.raises(RecordError, match="not decodable"):
        decode_jpeg(PROGRESSIVE[:20])


@pytest.mark.parametrize("marker", [0x01, 0xD0, 0xD7])
def test_a_marker_without_a_length_hides_no_frame(marker: int) -> None:
    """Taken for a segment, it would hide the frame that the decoder goes by, and a small one behind be believed."""
    tables = PROGRESSIVE[2 : PROGRESSIVE.index(b"\xff\xda")]
    hidden = struct.pack(">BBH", 0xFF, marker, 2 + len(tables)) + tables
    data = b"\xff\xd8" + hidden + PROGRESSIVE[2 + len(tables) :]
    assert imagecodecs.jpeg8_decode(data).shape == (48, 64)
    with pytest.raises(RecordError, match="the marker of a segment"):
        jpeg_header(RecordReader(data))

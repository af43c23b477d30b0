"""Portraits are found in DG2, in a face record and as a file; what is none is refused."""

import pytest

from gateway.card import MalformedCardData, data_object
from gateway.card_reading import portrait_of
from gateway.records import fac
from tests.gateway.card_reading.sample_card import jpeg

JP2 = b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(40)
J2K = b"\xff\x4f\xff\x51" + bytes(40)


def face_record(image: bytes, points: int = 0) -> bytes:
    """A record as other makers write it, with feature points and an image of any coding."""
    size = 20 + 8 * points + 12 + len(image)
    block = size.to_bytes(4, "big") + points.to_bytes(2, "big") + bytes(14 + 8 * points + 12) + image
    return b"FAC\x00010\0" + (14 + size).to_bytes(4, "big") + b"\0\x01" + block


def dg2(block: bytes, tag: int = 0x5F2E) -> bytes:
    header = data_object(0xA1, data_object(0x81, b"\x02") + data_object(0x88, b"\x00\x08"))
    one = data_object(0x7F60, header + data_object(tag, block))
    return data_object(0x75, data_object(0x7F61, data_object(0x02, b"\x01") + one))


def test_our_own_record_in_dg2():
    image = jpeg()
    for tag in (0x5F2E, 0x7F2E):
        found = portrait_of(dg2(fac.encode_portrait(image), tag))
        assert (found.data, found.media_type) == (image, "image/jpeg")


@pytest.mark.parametrize(("image", "media_type"), [(JP2, "image/jp2"), (J2K, "image/j2c"), (jpeg(), "image/jpeg")])
@pytest.mark.parametrize("points", [0, 5])
def test_records_of_other_makers(image, media_type, points):
    found = portrait_of(dg2(face_record(image, points)))
    assert (found.data, found.media_type) == (image, media_type)


def test_a_file_that_is_the_image():
    assert portrait_of(JP2).media_type == "image/jp2"
    assert portrait_of(b"\x89PNG\r\n\x1a\n" + bytes(9)).media_type == "image/png"


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"GIF89a",
        data_object(0x75, data_object(0x7F61, data_object(0x02, b"\0"))),
        dg2(b"\xa1\x03\x65\x01\x00"),
        dg2(face_record(JP2)[:40]),
        dg2(face_record(JP2, 3)[:60]),
        dg2(face_record(b"")),
        data_object(0x75, b"\x7f\x61"),
    ],
)
def test_what_is_no_portrait_is_refused(octets):
    with pytest.raises(MalformedCardData):
        portrait_of(octets)


def test_the_text_form_shows_no_pixel():
    assert repr(portrait_of(jpeg())) == "CardPortrait(media_type='image/jpeg')"

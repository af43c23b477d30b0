"""Face image records: the portrait goes in and comes out as it is, by the layout that passports have."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.records import RecordError, UnsupportedRecordError, fac
from gateway.records.cbeff_record import IDENTIFIERS, RecordType
from tests.gateway.enrolment.office import portrait


def test_the_layout_is_that_of_the_standard():
    jpeg = portrait(240, 320)
    record = fac.encode_portrait(jpeg)
    assert record.startswith(IDENTIFIERS[RecordType.FACE_IMAGE])
    # ISO/IEC 19794-5:2005, tables 2, 3 and 10: field by field.
    head, information, image = record[:14], record[14:34], record[34:46]
    assert struct.unpack(">4s4sIH", head) == (b"FAC\0", b"010\0", len(record), 1)
    assert struct.unpack(">IHBBB3sH3s3s", information) == (
        len(record) - 14,
        0,
        0,
        0,
        0,
        bytes(3),
        0,
        bytes(3),
        bytes(3),
    )
    assert struct.unpack(">BBHHBBHH", image) == (0, 0, 240, 320, 1, 0, 0, 0)
    assert record[46:] == jpeg


@pytest.mark.parametrize("size", [(1, 1), (17, 33), (640, 480)])
def test_a_portrait_comes_out_as_it_went_in(size):
    record = fac.decode(fac.encode_portrait(portrait(*size)))
    assert record == fac.FaceImageRecord(*size, grey=False, data=portrait(*size))
    assert fac.encode(record) == fac.encode_portrait(portrait(*size))


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", portrait(8, 8, ".png"), portrait(8, 8)[:12]])
def test_what_is_no_jpeg_is_no_portrait(data):
    with pytest.raises(ValueError):
        fac.encode_portrait(data)


def test_a_size_that_is_not_the_images_is_refused():
    with pytest.raises(ValueError, match="is 8 x 8 pixels, the record says 9 x 8"):
        fac.encode(fac.FaceImageRecord(9, 8, False, portrait(8, 8)))


@pytest.mark.parametrize(
    ("at", "value", "error", "field"),
    [
        (3, 1, UnsupportedRecordError, "format identifier"),
        (5, 0x33, UnsupportedRecordError, "version number"),
        (11, 0xFF, RecordError, "record length"),
        (13, 2, UnsupportedRecordError, "number of facial images"),
        (17, 0xFF, RecordError, "face image block length"),
        (19, 1, UnsupportedRecordError, "number of feature points"),
        (34, 9, RecordError, "face image type"),
        (35, 1, UnsupportedRecordError, "image data type"),
        (37, 1, RecordError, "image data"),
        (40, 9, UnsupportedRecordError, "image colour space"),
        (40, 3, RecordError, "image data"),
    ],
)
def test_each_wrong_field_is_named(at, value, error, field):
    record = bytearray(fac.encode_portrait(portrait(8, 8)))
    record[at] = value
    with pytest.raises(error) as caught:
        fac.decode(bytes(record))
    assert caught.value.field == field


@given(st.data())
def test_cut_records_end_in_a_named_error(data):
    record = fac.encode_portrait(portrait(8, 8))
    with pytest.raises(RecordError):
        fac.decode(record[: data.draw(st.integers(0, len(record) - 1))])
    with pytest.raises(RecordError):
        fac.decode(record + b"x")

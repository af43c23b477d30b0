"""Iris image records of ISO/IEC 19794-6:2005, read only: one header for all images, then eye by eye."""

from math import pi

from gateway.records.errors import UnsupportedRecordError
from gateway.records.image_data import MAX_PIXELS
from gateway.records.iris_image import (
    CompressionHistory,
    EyeCount,
    EyeLabel,
    ImageFormat,
    IrisHeader2005,
    IrisImage,
    IrisImageRecord,
)
from gateway.records.iris_image_data import check_iris_data
from gateway.records.reader import RecordReader
from gateway.records.representation import Edition, QualityBlock, decode_score

_HEADER = 45
_EYE_HEADER = 3
_IMAGE_HEADER = 11
_NONZERO = range(1, 1 << 16)
_UNKNOWN_QUALITIES = (254, 255)
_UNDEFINED_ANGLE = 0xFFFF
# 0x0A, JPEG-LS, is not read; the other numbers are of colour images.
_FORMATS = {0x02: ImageFormat.RAW, 0x06: ImageFormat.JPEG, 0x0E: ImageFormat.JPEG2000}


def decode_2005(reader: RecordReader) -> IrisImageRecord:
    """The record whose identifier and version `reader` has passed.

    Raises
    ------
    UnsupportedRecordError
        JPEG-LS, colour, an unwrapped iris, or other than 8 bits.
    RecordError
        A field is wrong; `offset` and `field` say which.
    """
    reader.declared_length(4, smallest=_HEADER + _EYE_HEADER + _IMAGE_HEADER)
    device_id = reader.uint(2, "capture device id")
    eyes = reader.uint(1, "number of eyes", range(1, 3), "1 or 2")
    reader.uint(2, "record header length", (_HEADER,), f"{_HEADER}")
    properties = reader.uint(2, "image properties")
    diameter = reader.uint(2, "iris diameter")
    image_format, width, height = _decode_coding(reader)
    header = IrisHeader2005(device_id, properties, diameter, reader.take(16, "device unique identifier"))
    images: list[IrisImage] = []
    for _ in range(eyes):
        at = reader.offset
        eye = EyeLabel(reader.uint(1, "eye position", range(3), "0, 1 (right) or 2 (left)"))
        if eye is not EyeLabel.UNDEFINED and any(image.eye is eye for image in images):
            reader.deviation(at, "eye position", f"is {eye.value} a second time")
        for number in range(1, 1 + reader.uint(2, "number of images", _NONZERO, "1 to 65535")):
            images.append(_decode_image(reader, eye, number, image_format, width, height))
    reader.finished("end of record")
    return IrisImageRecord(tuple(images), EyeCount(eyes), Edition.ISO_2005, header)


def _decode_coding(reader: RecordReader) -> tuple[ImageFormat, int, int]:
    """Format, width and height of every image."""
    at = reader.offset
    code = reader.uint(2, "image format")
    if code not in _FORMATS:
        raise UnsupportedRecordError(at, "image format", f"is {code:#06x}; only grey raw, JPEG and JPEG 2000 are read")
    at = reader.offset
    width = reader.uint(2, "image width", _NONZERO, "1 or more")
    height = reader.uint(2, "image height", _NONZERO, "1 or more")
    if width * height > MAX_PIXELS:
        raise UnsupportedRecordError(at, "image width", f"{width}x{height} pixels; at most {MAX_PIXELS} are read")
    at = reader.offset
    depth = reader.uint(1, "bit depth", _NONZERO, "1 or more")
    if depth != 8:
        raise UnsupportedRecordError(at, "bit depth", f"is {depth}; only grey images of 8 bits are read")
    at = reader.offset
    transformation = reader.uint(1, "image transformation")
    if transformation:
        raise UnsupportedRecordError(at, "image transformation", f"is {transformation}; unwrapped irises are not read")
    return _FORMATS[code], width, height


def _decode_image(
    reader: RecordReader, eye: EyeLabel, expected: int, image_format: ImageFormat, width: int, height: int
) -> IrisImage:
    at = reader.offset
    number = reader.uint(2, "image number")
    if number != expected:
        reader.deviation(at, "image number", f"is {number}, expected {expected}")
    quality = QualityBlock(decode_score(reader, _UNKNOWN_QUALITIES))
    angles = [reader.uint(2, "rotation angle"), reader.uint(2, "rotation uncertainty")]
    roll, uncertainty = (None if angle == _UNDEFINED_ANGLE else angle * pi / (1 << 15) for angle in angles)
    at = reader.offset
    data = reader.part(reader.uint(4, "image length"), "image length", at)
    check_iris_data(data, image_format, (width, height), CompressionHistory.UNDEFINED)
    return IrisImage(
        eye,
        None,
        width,
        height,
        image_format,
        reader.data[at + 4 : data.end],
        (quality,),
        number,
        roll=roll,
        roll_uncertainty=uncertainty,
    )

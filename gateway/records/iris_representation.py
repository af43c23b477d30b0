"""One representation of an iris image record of ISO/IEC 19794-6:2011: its header and image, written and read."""

from collections import Counter
from math import isfinite, pi

from gateway.records.errors import RecordError, UnsupportedRecordError
from gateway.records.image_data import MAX_PIXELS
from gateway.records.iris_image import (
    CompressionHistory,
    EyeLabel,
    ImageFormat,
    ImageKind,
    IrisDevice,
    IrisExtent,
    IrisImage,
    IrisTechnology,
    Orientation,
)
from gateway.records.iris_image_data import check_iris_data
from gateway.records.iris_view import VGA_SIZE
from gateway.records.reader import RecordReader
from gateway.records.representation import (
    decode_capture_time,
    decode_quality_blocks,
    encode_capture_time,
    encode_quality_blocks,
    unsigned,
)

REPRESENTATION_HEADER = 52
"""Bytes of the smallest one, without quality blocks and image."""

_NONZERO = range(1, 1 << 16)
_FORMAT_CODES = {ImageFormat.RAW: 0x02, ImageFormat.JPEG2000: 0x0A, ImageFormat.PNG: 0x0E}
_FORMATS = {code: image_format for image_format, code in _FORMAT_CODES.items()}
_COLOUR_FORMATS = (0x04, 0x0C, 0x10)
_UNDEFINED_ANGLE = 0xFFFF
_TURN = 1 << 16
_SPANS = ("iris centre x", "iris centre y", "iris diameter")


def fitting_numbers(earlier: Counter[EyeLabel], eye: EyeLabel) -> set[int]:
    """The numbers that an image of `eye` may carry after `earlier` ones: from 1, within its eye or the record."""
    return {earlier[eye] + 1, earlier.total() + 1}


def encode_representation(image: IrisImage) -> bytes:
    """The bytes of one representation, its image and its values looked at first; `ValueError` where they are wrong."""
    if image.kind is None or image.format not in _FORMAT_CODES:
        raise ValueError(f"an image of kind {image.kind} and format {image.format.value} is not of the 2011 edition")
    try:
        check_iris_data(RecordReader(image.data), image.format, (image.width, image.height), image.history)
    except RecordError as error:
        raise ValueError(str(error)) from error
    if image.width not in _NONZERO or image.height not in _NONZERO:
        raise ValueError(f"an image of {image.width}x{image.height} pixels, expected 1 to 65535 each way")
    for problem in (_size_problem(image.kind, image.width, image.height), _extent_problem(image)):
        if problem:
            raise ValueError(" ".join(problem))
    body = (
        encode_capture_time(image.captured_at, image.capture_precision)
        + unsigned(image.device.technology, 1, "capture device technology")
        + unsigned(image.device.vendor, 2, "capture device vendor")
        + unsigned(image.device.type_id, 2, "capture device type")
        + encode_quality_blocks(image.quality_blocks)
        + unsigned(image.number, 2, "representation number")
        + bytes([image.eye, image.kind, _FORMAT_CODES[image.format]])
        + bytes([image.horizontal | image.vertical << 2 | image.history << 6])
        + unsigned(image.width, 2, "image width")
        + unsigned(image.height, 2, "image height")
        + b"\x08"
        + unsigned(image.range_mm, 2, "range")
        + _encode_angle(image.roll, "roll angle")
        + _encode_angle(image.roll_uncertainty, "roll angle uncertainty")
        + b"".join(
            unsigned(value, 2, name) for name, span in zip(_SPANS, _spans(image.extent), strict=True) for value in span
        )
        + unsigned(len(image.data), 4, "image length")
        + image.data
    )
    return unsigned(4 + len(body), 4, "representation length") + body


def _encode_angle(angle: float | None, field: str) -> bytes:
    if angle is None:
        return unsigned(_UNDEFINED_ANGLE, 2, field)
    if not isfinite(angle):
        raise ValueError(f"{field} is {angle}, expected radians or None")
    steps = round(angle * _TURN / (2 * pi)) % _TURN
    return unsigned(min(steps, _UNDEFINED_ANGLE - 1), 2, field)


def decode_representation(reader: RecordReader, earlier: Counter[EyeLabel]) -> IrisImage:
    """The next representation, after `earlier` ones of each eye.

    Where its own length is wrong, the fields inside still say where it ends.
    """
    start = reader.offset
    least = REPRESENTATION_HEADER
    length = reader.uint(4, "representation length", range(least, 1 << 32), f"{least} or more")
    captured_at, precision = decode_capture_time(reader)
    device = IrisDevice(
        reader.code("capture device technology", IrisTechnology),
        reader.uint(2, "capture device vendor"),
        reader.uint(2, "capture device type"),
    )
    quality_blocks = decode_quality_blocks(reader)
    at = reader.offset
    number = reader.uint(2, "representation number", _NONZERO, "1 to 65535")
    eye = EyeLabel(reader.uint(1, "eye label", range(3), "0, 1 (right) or 2 (left)"))
    fitting = fitting_numbers(earlier, eye)
    if number not in fitting:
        reader.deviation(at, "representation number", f"is {number}, expected {' or '.join(map(str, sorted(fitting)))}")
    kind = reader.code("image kind", ImageKind)
    image_format = _decode_format(reader)
    at_properties = reader.offset
    horizontal, vertical, history = _decode_properties(reader)
    at_size = reader.offset
    width, height = _decode_size(reader)
    if problem := _size_problem(kind, width, height):
        reader.deviation(at_size, *problem)
    range_mm = reader.uint(2, "range")
    roll, roll_uncertainty = _decode_angle(reader, "roll angle"), _decode_angle(reader, "roll angle uncertainty")
    extent = _decode_extent(reader, width, height)
    at = reader.offset
    data = reader.part(reader.uint(4, "image length"), "image length", at)
    history = check_iris_data(data, image_format, (width, height), history, at_properties)
    if reader.offset - start != length:
        true = reader.offset - start
        reader.deviation(start, "representation length", f"says {length}, but its header and image take {true} bytes")
    return IrisImage(
        eye,
        kind,
        width,
        height,
        image_format,
        reader.data[at + 4 : data.end],
        quality_blocks,
        number,
        history,
        horizontal,
        vertical,
        range_mm,
        roll,
        roll_uncertainty,
        extent,
        device,
        captured_at,
        precision,
    )


def _decode_format(reader: RecordReader) -> ImageFormat:
    at = reader.offset
    code = reader.uint(1, "image format")
    if code in _COLOUR_FORMATS:
        raise UnsupportedRecordError(at, "image format", f"is {code:#04x}, a colour format; only grey images are read")
    if code not in _FORMATS:
        raise RecordError(at, "image format", f"is {code:#04x}, expected 0x02 raw, 0x0a JPEG 2000 or 0x0e PNG")
    return _FORMATS[code]


def _decode_properties(reader: RecordReader) -> tuple[Orientation, Orientation, CompressionHistory]:
    at = reader.offset
    bits = reader.uint(1, "image properties")
    values = (bits & 3, bits >> 2 & 3, bits >> 6)
    if 3 in values:
        raise RecordError(at, "image properties", f"are {bits:#04x}; an orientation or history of 3 has no meaning")
    if bits & 0x30:
        reader.deviation(at, "image properties", f"are {bits:#04x}, expected bits 4 and 5 to be 0")
    return Orientation(values[0]), Orientation(values[1]), CompressionHistory(values[2])


def _decode_size(reader: RecordReader) -> tuple[int, int]:
    at = reader.offset
    width = reader.uint(2, "image width", _NONZERO, "1 or more")
    height = reader.uint(2, "image height", _NONZERO, "1 or more")
    if width * height > MAX_PIXELS:
        raise UnsupportedRecordError(at, "image width", f"{width}x{height} pixels; at most {MAX_PIXELS} are read")
    at = reader.offset
    depth = reader.uint(1, "bit depth", range(8, 256), "8 or more")
    if depth != 8:
        raise UnsupportedRecordError(at, "bit depth", f"is {depth}; only grey images of 8 bits are read")
    return width, height


def _decode_angle(reader: RecordReader, field: str) -> float | None:
    steps = reader.uint(2, field)
    return None if steps == _UNDEFINED_ANGLE else steps * (2 * pi) / _TURN


def _decode_extent(reader: RecordReader, width: int, height: int) -> IrisExtent:
    start = reader.offset
    spans = [(reader.uint(2, f"{name}, smallest"), reader.uint(2, f"{name}, largest")) for name in _SPANS]
    for index, (smallest, largest) in enumerate(spans):
        at, name = start + 4 * index, _SPANS[index]
        if 0 < largest < smallest:
            raise RecordError(at, name, f"is {smallest} to {largest}, expected the smallest first")
        if problem := _outside(index, max(smallest, largest), width, height):
            reader.deviation(at, name, problem)
    return IrisExtent(*spans)


def _spans(extent: IrisExtent) -> tuple[tuple[int, int], ...]:
    return extent.centre_x, extent.centre_y, extent.diameter


def _outside(index: int, largest: int, width: int, height: int) -> str | None:
    """What is wrong where a centre lies beyond the image; a diameter may."""
    if index == 2 or largest < (width, height)[index]:
        return None
    return f"is {largest}, but the image has {width}x{height} pixels"


def _extent_problem(image: IrisImage) -> tuple[str, str] | None:
    for index, (smallest, largest) in enumerate(_spans(image.extent)):
        if 0 < largest < smallest:
            return _SPANS[index], f"is {smallest} to {largest}, expected the smallest first"
        if problem := _outside(index, max(smallest, largest), image.width, image.height):
            return _SPANS[index], problem
    return None


def _size_problem(kind: ImageKind, width: int, height: int) -> tuple[str, str] | None:
    if kind is ImageKind.VGA and (width, height) != VGA_SIZE:
        return "image width", f"{width}x{height} pixels, but the kind is VGA, 640x480"
    return None

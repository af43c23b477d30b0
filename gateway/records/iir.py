"""Iris image records: ISO/IEC 19794-6:2011, written and strictly read; the 2005 edition is read.

Inside the gateway angles are radians. A record counts them in 65536ths of a turn.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from gateway.records.errors import RecordError, UnsupportedRecordError
from gateway.records.iir_2005 import decode_2005
from gateway.records.iris_image import (
    UNREPORTED_IRIS_DEVICE,
    CompressionHistory,
    EyeCount,
    EyeLabel,
    ImageFormat,
    ImageKind,
    IrisDevice,
    IrisExtent,
    IrisHeader2005,
    IrisImage,
    IrisImageRecord,
    IrisTechnology,
    Orientation,
    RangeCode,
)
from gateway.records.iris_image_data import compress_iris, decode_iris_data
from gateway.records.iris_representation import (
    REPRESENTATION_HEADER,
    decode_representation,
    encode_representation,
    fitting_numbers,
)
from gateway.records.iris_view import IrisView
from gateway.records.reader import RecordReader
from gateway.records.representation import (
    REKAM_QUALITY_ALGORITHM,
    Edition,
    QualityBlock,
    unsigned,
)

__all__ = [
    "CompressionHistory",
    "EyeCount",
    "EyeLabel",
    "ImageFormat",
    "ImageKind",
    "IrisDevice",
    "IrisExtent",
    "IrisHeader2005",
    "IrisImage",
    "IrisImageRecord",
    "IrisTechnology",
    "IrisView",
    "Orientation",
    "RangeCode",
    "code_view",
    "decode",
    "decode_leniently",
    "decode_pixels",
    "encode",
    "encode_images",
]

_NONZERO = range(1, 1 << 16)


def code_view(
    view: IrisView,
    eye: EyeLabel,
    quality: int | None,
    captured_at: datetime | None,
    *,
    image_format: ImageFormat = ImageFormat.JPEG2000,
    max_bytes: int | None = None,
    range_mm: int = RangeCode.UNASSIGNED,
    roll: float | None = None,
    device: IrisDevice = UNREPORTED_IRIS_DEVICE,
    algorithm: int = REKAM_QUALITY_ALGORITHM,
) -> IrisImage:
    """A representation of `view`, without loss unless `max_bytes` is given; its extent is the view's iris.

    Parameters
    ----------
    view : IrisView
        Of any kind, not mirrored, as `iris_view` makes it.
    quality : int or None
        0 to 100; None where its calculation failed.
    captured_at : datetime or None
        With a time zone.
    image_format : ImageFormat
        `RAW`, `PNG` or `JPEG2000`.
    max_bytes : int, optional
        Asks for lossy JPEG 2000 of at most this size.
    range_mm, roll, device
        As in `IrisImage`.
    algorithm : int
        Number of the quality algorithm under the vendor "unreported".

    Raises
    ------
    ValueError
        The array is no such image, it cannot be made that small, or a value does not fit; the message names it.
    """
    data, history = compress_iris(view.pixels, image_format, max_bytes)
    height, width = view.pixels.shape
    x, y, diameter = round(view.centre[0]), round(view.centre[1]), round(2 * view.radius)
    return IrisImage(
        eye,
        view.kind,
        width,
        height,
        image_format,
        data,
        (QualityBlock(quality, algorithm=algorithm),),
        history=history,
        horizontal=Orientation.BASE,
        vertical=Orientation.BASE,
        range_mm=range_mm,
        roll=roll,
        extent=IrisExtent((x, x), (y, y), (diameter, diameter)),
        device=device,
        captured_at=captured_at,
    )


def encode_images(images: Sequence[IrisImage]) -> bytes:
    """A 2011 record of `images`, of one eye or both, numbered through the record; `ValueError` as `encode`."""
    labels = {image.eye for image in images}
    eyes = EyeCount.UNKNOWN if EyeLabel.UNDEFINED in labels else EyeCount(min(len(labels), 2))
    numbered = tuple(replace(image, number=index) for index, image in enumerate(images, start=1))
    return encode(IrisImageRecord(numbered, eyes))


def encode(record: IrisImageRecord) -> bytes:
    """The bytes of `record`, in the 2011 edition.

    The coded images are written as they are, after a look at what they say of themselves.

    Raises
    ------
    ValueError
        A value does not fit, or a coded image is not what the record says of it. The message names it.

    References
    ----------
    ISO/IEC 19794-6:2011, iris image record format.
    """
    if record.edition is not Edition.ISO_2011 or record.header_2005 is not None:
        raise ValueError("only the 2011 edition is written")
    if not record.representations:
        raise ValueError("a record needs a representation")
    labels: Counter[EyeLabel] = Counter()
    representations: list[bytes] = []
    for index, image in enumerate(record.representations):
        fitting = fitting_numbers(labels, image.eye)
        if image.number not in fitting:
            raise ValueError(f"representation {index} has number {image.number}, expected one of {sorted(fitting)}")
        representations.append(encode_representation(image))
        labels[image.eye] += 1
    if problem := _eyes_problem(record.eyes, labels):
        raise ValueError(f"number of eyes {problem}")
    body = b"".join(representations)
    return (
        b"IIR\x00020\0"
        + unsigned(16 + len(body), 4, "record length")
        + unsigned(len(record.representations), 2, "number of representations")
        + bytes([0, record.eyes])
        + body
    )


def decode(data: bytes) -> IrisImageRecord:
    """The record in `data`, of the 2011 or the 2005 edition; anything that the standard does not allow is refused.

    Coded images are not decoded here, but what they say of themselves has to be what the record says: size, one
    component of 8 bits, and, where a JPEG 2000 image's history is lossless, the reversible wavelet.

    Raises
    ------
    UnsupportedRecordError
        The IREX variant, a draft, another version, colour, other than 8 bits, or a code that is not read here.
    RecordError
        A field is wrong; `offset` and `field` say which.
    """
    return _decode(bytes(data), None)


def decode_leniently(data: bytes) -> tuple[IrisImageRecord, tuple[RecordError, ...]]:
    """The record in `data` and every deviation from the standard that did not hinder reading it.

    Overlooked are wrong record and representation lengths, bytes after the record, reserved bits and the certification
    flag, wrong numbers and counts of eyes, a VGA image of another size, an iris outside of the image, and irreversible
    JPEG 2000 with a lossless history, which is then read as lossy; everything else is refused as by `decode`.
    """
    deviations: list[RecordError] = []
    return _decode(bytes(data), deviations), tuple(deviations)


def decode_pixels(image: IrisImage) -> NDArray[np.uint8]:
    """The pixels of `image`.

    Returns
    -------
    (height, width) uint8

    Raises
    ------
    RecordError
        The coded image is broken or not of that size; the offset counts within `image.data`.
    """
    return decode_iris_data(image.data, image.format, image.width, image.height)


def _decode(data: bytes, deviations: list[RecordError] | None) -> IrisImageRecord:
    reader = RecordReader(data, deviations=deviations)
    magic = reader.take(4, "format identifier")
    if magic != b"IIR\0":
        raise RecordError(0, "format identifier", f"is {magic!r}, expected b'IIR\\x00'")
    version = reader.take(4, "version")
    if version == b"020\0":
        return _decode_2011(reader)
    if version == b"010\0":
        return decode_2005(reader)
    known = {b"015\0": ", the IREX variant", b"011\0": ", a draft", b"013\0": ", a draft"}.get(version, "")
    raise UnsupportedRecordError(
        4, "version", f"is {version!r}{known}; expected b'020\\x00' (19794-6:2011) or b'010\\x00' (19794-6:2005)"
    )


def _decode_2011(reader: RecordReader) -> IrisImageRecord:
    reader.declared_length(4, smallest=16 + REPRESENTATION_HEADER)
    count = reader.uint(2, "number of representations", _NONZERO, "1 to 65535")
    reader.reserved(1, "certification flag")
    at_eyes = reader.offset
    eyes = EyeCount(reader.uint(1, "number of eyes", range(3), "0, 1 or 2"))
    images: list[IrisImage] = []
    labels: Counter[EyeLabel] = Counter()
    for _ in range(count):
        images.append(decode_representation(reader, labels))
        labels[images[-1].eye] += 1
    reader.finished("end of record")
    if problem := _eyes_problem(eyes, labels):
        reader.deviation(at_eyes, "number of eyes", problem)
    return IrisImageRecord(tuple(images), eyes)


def _eyes_problem(eyes: EyeCount, labels: Counter[EyeLabel]) -> str | None:
    named = set(labels) - {EyeLabel.UNDEFINED}
    if eyes is EyeCount.ONE and len(named) > 1:
        return "is 1, but there are images of both"
    if eyes is EyeCount.BOTH and len(named) + labels[EyeLabel.UNDEFINED] < 2:
        return "is 2, but there are images of one"
    return None

"""Finger image records: ISO/IEC 19794-4:2011, written without loss and strictly read; the 2005 edition is read.

Inside the gateway resolutions are pixels per inch. A record counts them per inch or per cm, as its scale units say.
"""

from collections import Counter
from dataclasses import replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from gateway.finger import SLAP_CODES, FingerPosition, ImpressionType, SlapHand
from gateway.records.errors import RecordError, UnsupportedRecordError
from gateway.records.finger_image import FingerImage, FingerImageRecord, ScaleUnits
from gateway.records.image_data import (
    MAX_PIXELS,
    Compression,
    check_image_data,
    compress,
    decode_image_data,
)
from gateway.records.reader import RecordReader
from gateway.records.representation import (
    REKAM_QUALITY_ALGORITHM,
    UNREPORTED_DEVICE,
    Device,
    Edition,
    QualityBlock,
    check_number,
    decode_capture_time,
    decode_certification_blocks,
    decode_device,
    decode_quality_blocks,
    decode_score,
    encode_capture_time,
    encode_certification_blocks,
    encode_device,
    encode_quality_blocks,
    fitting_numbers,
    unsigned,
)

__all__ = [
    "Compression",
    "Device",
    "Edition",
    "FingerImage",
    "FingerImageRecord",
    "QualityBlock",
    "ScaleUnits",
    "decode",
    "decode_leniently",
    "decode_pixels",
    "encode",
    "encode_image",
]

ACQUISITION_LEVELS = (10, 20, 30, 31, 35, 40, 41)
_NONZERO = range(1, 1 << 16)
_AXES = ("horizontal", "vertical")
_BLOCK_HEADER_2005 = 14
_UNKNOWN_QUALITIES_2005 = (254, 255)


def encode_image(
    pixels: NDArray[np.uint8],
    ppi: float,
    position: FingerPosition | SlapHand,
    quality: int | None,
    captured_at: datetime | None,
    *,
    impression: ImpressionType = ImpressionType.LIVE_SCAN_PLAIN,
    compression: Compression = Compression.JPEG2000_LOSSLESS,
    device: Device = UNREPORTED_DEVICE,
    algorithm: int = REKAM_QUALITY_ALGORITHM,
) -> bytes:
    """A 2011 record of one image, without loss; a lossless stream is decoded and compared before it is given.

    Parameters
    ----------
    pixels : (height, width) uint8
        Ridges dark, at most 16 Mpx.
    ppi : float
        Written as a whole number.
    quality : int or None
        0 to 100; None where its calculation failed.
    captured_at : datetime or None
        With a time zone.
    compression : Compression
        `RAW` or `JPEG2000_LOSSLESS`.
    algorithm : int
        Number of the quality algorithm under the vendor "unreported".

    Raises
    ------
    ValueError
        The array is no such image, or a value does not fit; the message names it.
    """
    data = compress(pixels, compression)
    height, width = pixels.shape
    image = FingerImage(
        position,
        impression,
        width,
        height,
        (ppi, ppi),
        (ppi, ppi),
        compression,
        data,
        (QualityBlock(quality, algorithm=algorithm),),
        device=device,
        captured_at=captured_at,
    )
    return encode(FingerImageRecord((image,)))


def encode(record: FingerImageRecord) -> bytes:
    """The bytes of `record`, in the 2011 edition.

    The coded images are written as they are, after a look at what they say of themselves.

    Raises
    ------
    ValueError
        A value does not fit, or a coded image is not what the record says of it. The message names it.

    References
    ----------
    ISO/IEC 19794-4:2011, finger image record format.
    """
    if record.edition is not Edition.ISO_2011 or record.acquisition_level is not None:
        raise ValueError("only the 2011 edition is written; it has no acquisition level")
    if not record.representations:
        raise ValueError("a record needs a representation")
    flag = any(image.certifications for image in record.representations)
    positions: Counter[int] = Counter()
    body = b""
    for index, image in enumerate(record.representations):
        fitting = fitting_numbers(Edition.ISO_2011, positions, image.position)
        if image.number not in fitting:
            raise ValueError(f"representation {index} has number {image.number}, expected one of {sorted(fitting)}")
        body += _encode_representation(image, flag)
        positions[image.position] += 1
    return (
        b"FIR\x00020\0"
        + unsigned(16 + len(body), 4, "record length")
        + unsigned(len(record.representations), 2, "number of representations")
        + bytes([flag, len(positions)])
        + body
    )


def decode(data: bytes) -> FingerImageRecord:
    """The record in `data`, of the 2011 or the 2005 edition; anything that the standard does not allow is refused.

    Coded images are not decoded here, but what they say of themselves has to be what the record says: size, one
    component of 8 bits, and, where the record says lossless JPEG 2000, the reversible wavelet.

    Raises
    ------
    UnsupportedRecordError
        ANSI/INCITS 381, another version, or a code that is not read here.
    RecordError
        A field is wrong; `offset` and `field` say which.
    """
    return _decode(bytes(data), None)


def decode_leniently(data: bytes) -> tuple[FingerImageRecord, tuple[RecordError, ...]]:
    """The record in `data` and every deviation from the standard that did not hinder reading it.

    Overlooked are a wrong record length, bytes after the record, reserved bits, wrong numbers and counts, and lossy
    JPEG 2000 that is called lossless, which is then read as `JPEG2000_LOSSY`; everything else is refused as by
    `decode`.
    """
    deviations: list[RecordError] = []
    return _decode(bytes(data), deviations), tuple(deviations)


def decode_pixels(image: FingerImage) -> NDArray[np.uint8]:
    """The pixels of `image`.

    Returns
    -------
    (height, width) uint8

    Raises
    ------
    RecordError
        The coded image is broken or not of that size; the offset counts within `image.data`.
    UnsupportedRecordError
        It is WSQ, for which there is no safe decoder here.
    """
    return decode_image_data(image.data, image.compression, image.width, image.height)


def _decode(data: bytes, deviations: list[RecordError] | None) -> FingerImageRecord:
    reader = RecordReader(data, deviations=deviations)
    magic = reader.take(4, "format identifier")
    if magic != b"FIR\0":
        raise RecordError(0, "format identifier", f"is {magic!r}, expected b'FIR\\x00'")
    version = reader.take(4, "version")
    if version == b"020\0":
        return _decode_2011(reader)
    if version == b"010\0":
        return _decode_2005(reader)
    raise UnsupportedRecordError(
        4, "version", f"is {version!r}, expected b'020\\x00' (19794-4:2011) or b'010\\x00' (19794-4:2005)"
    )


def _encode_representation(image: FingerImage, flag: bool) -> bytes:
    """One representation, its image looked at first."""
    try:
        check_image_data(RecordReader(image.data), image.compression, image.width, image.height)
        _check_extended(RecordReader(image.extended))
    except RecordError as error:
        raise ValueError(str(error)) from error
    if any(image_ppi > scan_ppi for image_ppi, scan_ppi in zip(image.image_ppi, image.scan_ppi, strict=True)):
        raise ValueError(f"image resolution {image.image_ppi} is above the scan resolution {image.scan_ppi}")
    body = (
        encode_capture_time(image.captured_at, image.capture_precision)
        + encode_device(image.device)
        + encode_quality_blocks(image.quality_blocks)
        + encode_certification_blocks(image.certifications, flag)
        + bytes([image.position])
        + unsigned(image.number, 1, "representation number")
        + bytes([image.scale_units])
        + b"".join(_encode_ppi(ppi, image.scale_units) for ppi in (*image.scan_ppi, *image.image_ppi))
        + bytes([8, image.compression, image.impression])
        + unsigned(image.width, 2, "image width")
        + unsigned(image.height, 2, "image height")
        + unsigned(len(image.data), 4, "image length")
        + image.data
        + image.extended
    )
    return unsigned(4 + len(body), 4, "representation length") + body


def _encode_ppi(ppi: float, units: ScaleUnits) -> bytes:
    resolution = round(ppi / units.per_inch)
    if resolution not in _NONZERO:
        raise ValueError(f"resolution of {ppi} ppi, expected 1 to 65535 in the record's units")
    return unsigned(resolution, 2, "resolution")


def _decode_position(reader: RecordReader) -> FingerPosition | SlapHand:
    if reader.remaining and reader.data[reader.offset] in SLAP_CODES:
        return SlapHand(reader.uint(1, "finger position"))
    return reader.code("finger position", FingerPosition)


def _decode_2011(reader: RecordReader) -> FingerImageRecord:
    reader.declared_length(4, smallest=16 + 41)
    count = reader.uint(2, "number of representations", _NONZERO, "1 to 65535")
    flag = reader.uint(1, "certification flag", range(2), "0 or 1")
    at_distinct = reader.offset
    distinct = reader.uint(1, "number of distinct positions")
    images: list[FingerImage] = []
    positions: Counter[int] = Counter()
    for _ in range(count):
        at = reader.offset
        length = reader.uint(4, "representation length", range(41, 1 << 32), "41 or more")
        images.append(_decode_representation(reader.part(length - 4, "representation length", at), flag, positions))
        positions[images[-1].position] += 1
    reader.finished("end of record")
    _check_distinct(reader, positions, distinct, at_distinct)
    return FingerImageRecord(tuple(images))


def _decode_representation(reader: RecordReader, flag: int, earlier: Counter[int]) -> FingerImage:
    captured_at, precision = decode_capture_time(reader)
    device = decode_device(reader)
    quality_blocks = decode_quality_blocks(reader)
    certifications = decode_certification_blocks(reader, flag)
    position = _decode_position(reader)
    at = reader.offset
    number = reader.uint(1, "representation number")
    check_number(reader, Edition.ISO_2011, earlier, position, number, at)
    units, scan_ppi, image_ppi = _decode_resolutions(reader)
    _decode_bit_depth(reader)
    at_compression = reader.offset
    compression = reader.code("compression", Compression)
    impression = reader.code("impression type", ImpressionType)
    width, height = _decode_size(reader)
    at = reader.offset
    data = reader.part(reader.uint(4, "image length"), "image length", at)
    compression = check_image_data(data, compression, width, height, at_compression)
    image = data.data[at + 4 : data.end]
    extended = reader.data[reader.offset : reader.end]
    _check_extended(reader)
    return FingerImage(
        position,
        impression,
        width,
        height,
        scan_ppi,
        image_ppi,
        compression,
        image,
        quality_blocks,
        number,
        units,
        device,
        captured_at,
        precision,
        certifications,
        extended,
    )


def _decode_2005(reader: RecordReader) -> FingerImageRecord:
    data = reader.data
    levels = (int.from_bytes(data[16:18], "big"), int.from_bytes(data[20:22], "big"))
    # ANSI/INCITS 381-2004 has a product id of four bytes more, before the device id.
    if levels[0] not in ACQUISITION_LEVELS and levels[1] in ACQUISITION_LEVELS and data[23:24] in (b"\1", b"\2"):
        raise UnsupportedRecordError(
            4, "version", "this is an ANSI/INCITS 381-2004 record; only ISO/IEC 19794-4 is read"
        )
    end = min(reader.declared_length(6, smallest=32 + _BLOCK_HEADER_2005), reader.end)
    device = Device(type_id=reader.uint(2, "capture device id"))
    level = reader.uint(2, "image acquisition level", ACQUISITION_LEVELS, f"one of {ACQUISITION_LEVELS}")
    at_distinct = reader.offset
    distinct = reader.uint(1, "number of fingers", range(1, 256), "1 to 255")
    units, scan_ppi, image_ppi = _decode_resolutions(reader)
    _decode_bit_depth(reader)
    at_compression = reader.offset
    compression = reader.code("compression", Compression)
    reader.reserved(2, "reserved bytes")
    images: list[FingerImage] = []
    positions: Counter[int] = Counter()
    view_counts: list[tuple[int, int]] = []
    while not images or reader.offset < end:
        at = reader.offset
        length = reader.uint(4, "finger block length", range(_BLOCK_HEADER_2005, 1 << 32), "14 or more")
        block = reader.part(length - 4, "finger block length", at)
        view_counts.append((block.offset + 1, data[block.offset + 1]))
        image = _decode_block_2005(block, positions, compression, at_compression)
        images.append(replace(image, scan_ppi=scan_ppi, image_ppi=image_ppi, scale_units=units, device=device))
        positions[image.position] += 1
    reader.finished("end of record")
    _check_distinct(reader, positions, distinct, at_distinct)
    for image, (at, views) in zip(images, view_counts, strict=True):
        found = positions[image.position]
        if views != found:
            reader.deviation(at, "number of views", f"is {views}, but the record has {found} of this position")
    return FingerImageRecord(tuple(images), Edition.ISO_2005, level)


def _decode_block_2005(
    block: RecordReader, earlier: Counter[int], compression: Compression, at_compression: int
) -> FingerImage:
    """One finger block, still without what the record says once for all: resolutions and device."""
    position = _decode_position(block)
    block.uint(1, "number of views", range(1, 256), "1 to 255")
    at = block.offset
    number = block.uint(1, "view number", range(1, 256), "1 to 255") - 1
    check_number(block, Edition.ISO_2005, earlier, position, number, at)
    quality = QualityBlock(decode_score(block, _UNKNOWN_QUALITIES_2005))
    impression = block.code("impression type", ImpressionType)
    width, height = _decode_size(block)
    block.reserved(1, "reserved byte")
    coded = block.data[block.offset : block.end]
    coding = check_image_data(block, compression, width, height, at_compression)
    unscaled = (0.0, 0.0)
    return FingerImage(
        position, impression, width, height, unscaled, unscaled, coding, coded, quality_blocks=(quality,), number=number
    )


def _decode_resolutions(reader: RecordReader) -> tuple[ScaleUnits, tuple[float, float], tuple[float, float]]:
    units = reader.code("scale units", ScaleUnits)
    scan = tuple(reader.uint(2, f"{axis} scan resolution", _NONZERO, "1 or more") for axis in _AXES)
    image = []
    for axis, limit in zip(_AXES, scan, strict=True):
        at = reader.offset
        resolution = reader.uint(2, f"{axis} image resolution", _NONZERO, "1 or more")
        if resolution > limit:
            raise RecordError(at, f"{axis} image resolution", f"is {resolution}, above the scan resolution, {limit}")
        image.append(resolution)
    per_inch = units.per_inch
    return units, (scan[0] * per_inch, scan[1] * per_inch), (image[0] * per_inch, image[1] * per_inch)


def _decode_bit_depth(reader: RecordReader) -> None:
    at = reader.offset
    depth = reader.uint(1, "bit depth", range(1, 17), "1 to 16")
    if depth != 8:
        raise UnsupportedRecordError(at, "bit depth", f"is {depth}; only grey images of 8 bits are read")


def _decode_size(reader: RecordReader) -> tuple[int, int]:
    at = reader.offset
    width = reader.uint(2, "image width", _NONZERO, "1 or more")
    height = reader.uint(2, "image height", _NONZERO, "1 or more")
    if width * height > MAX_PIXELS:
        raise UnsupportedRecordError(at, "image width", f"{width}x{height} pixels; at most {MAX_PIXELS} are read")
    return width, height


def _check_distinct(reader: RecordReader, positions: Counter[int], distinct: int, at: int) -> None:
    found = len(positions)
    if distinct != found:
        reader.deviation(at, "number of distinct positions", f"is {distinct}, but the record has {found}")


def _check_extended(reader: RecordReader) -> None:
    """Walk the blocks of type, length and data; the length counts all three."""
    while reader.remaining:
        reader.uint(2, "extended data type", _NONZERO, "1 or more")
        at = reader.offset
        length = reader.uint(2, "extended data length", range(4, 1 << 16), "4 or more")
        reader.part(length - 4, "extended data length", at)

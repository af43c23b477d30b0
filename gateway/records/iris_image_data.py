"""The coded image of an iris image record: compressed, checked against what the record says of it, decoded."""

import numpy as np
from numpy.typing import NDArray

from gateway.records.image_data import Compression, check_image_data, compress, decode_image_data
from gateway.records.iris_image import CompressionHistory, ImageFormat
from gateway.records.jpeg2000 import encode_lossless, jpeg2000_header
from gateway.records.png import check_png, decode_png, encode_png
from gateway.records.reader import RecordReader

# What a coded image is checked and decoded as; a record's claim that nothing was lost is looked at here.
_CODINGS = {
    ImageFormat.RAW: Compression.RAW,
    ImageFormat.PNG: Compression.PNG,
    ImageFormat.JPEG2000: Compression.JPEG2000_LOSSY,
    ImageFormat.JPEG: Compression.JPEG,
}
_PSNR_DB = (20.0, 60.0)
_PSNR_STEPS = 8


def compress_iris(
    pixels: NDArray[np.uint8], image_format: ImageFormat, max_bytes: int | None = None
) -> tuple[bytes, CompressionHistory]:
    """The coded image, and whether anything was lost.

    Parameters
    ----------
    pixels : (height, width) uint8
        At most 16 Mpx.
    image_format : ImageFormat
        `RAW`, `PNG` or `JPEG2000`.
    max_bytes : int, optional
        Asks for lossy JPEG 2000 of at most this size; without it, nothing is lost, as a decoding shows.

    Raises
    ------
    ValueError
        The array is no such image, the format is not written, or the image cannot be made that small.
    """
    raw = compress(pixels, Compression.RAW)
    if max_bytes is not None:
        if image_format is not ImageFormat.JPEG2000:
            raise ValueError(f"{image_format.value} has no lossy form; max_bytes is for JPEG 2000")
        return _lossy_jpeg2000(pixels, max_bytes), CompressionHistory.LOSSY
    if image_format is ImageFormat.RAW:
        return raw, CompressionHistory.LOSSLESS
    if image_format is ImageFormat.JPEG2000:
        return encode_lossless(pixels), CompressionHistory.LOSSLESS
    if image_format is ImageFormat.PNG:
        return encode_png(pixels), CompressionHistory.LOSSLESS
    raise ValueError(f"{image_format.value} is not written, only raw, PNG and JPEG 2000")


def check_iris_data(
    reader: RecordReader,
    image_format: ImageFormat,
    size: tuple[int, int],
    history: CompressionHistory,
    at_history: int = 0,
) -> CompressionHistory:
    """Compare the coded image that `reader` spans with its record, and give its true history; size as (width, height).

    Raises
    ------
    RecordError
        It does not say that it is such an image, or it is called lossless though its wavelet is not reversible.
    """
    start = reader.offset
    check_image_data(reader, _CODINGS[image_format], *size)
    if image_format is ImageFormat.PNG:
        check_png(RecordReader(reader.data, start, reader.end))
    if image_format is not ImageFormat.JPEG2000 or history is not CompressionHistory.LOSSLESS:
        return history
    if jpeg2000_header(RecordReader(reader.data, start, reader.end)).lossless:
        return history
    reader.deviation(at_history, "compression history", "says lossless, but the image has the irreversible 9-7 wavelet")
    return CompressionHistory.LOSSY


def decode_iris_data(data: bytes, image_format: ImageFormat, width: int, height: int) -> NDArray[np.uint8]:
    """The (height, width) pixels of a coded image; `RecordError` where it is not of that size or does not decode."""
    if image_format is ImageFormat.PNG:
        check_image_data(RecordReader(data), Compression.PNG, width, height)
        return decode_png(data)
    return decode_image_data(data, _CODINGS[image_format], width, height)


def _lossy_jpeg2000(pixels: NDArray[np.uint8], max_bytes: int) -> bytes:
    """The best JP2 file by the irreversible 9-7 wavelet that fits, found by bisection over its PSNR."""
    import imagecodecs

    def encoded(psnr_db: float) -> bytes:
        image = np.ascontiguousarray(pixels)
        # Fractions of a decibel work; the stub of imagecodecs is narrower.
        coded = imagecodecs.jpeg2k_encode(image, level=psnr_db, reversible=False, codecformat="jp2")  # type: ignore[arg-type]
        return bytes(coded)

    low, high = _PSNR_DB
    best = encoded(high)
    if len(best) <= max_bytes:
        return best
    best = encoded(low)
    if len(best) > max_bytes:
        raise ValueError(f"the image takes {len(best)} bytes at {low:g} dB, more than the {max_bytes} asked for")
    for _ in range(_PSNR_STEPS):
        middle = (low + high) / 2
        trial = encoded(middle)
        if len(trial) <= max_bytes:
            low, best = middle, trial
        else:
            high = middle
    return best

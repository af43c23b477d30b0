"""The image of a finger for a card: an ISO/IEC 19794-4 record whose lossy JPEG 2000 fits."""

import numpy as np
from numpy.typing import NDArray

from gateway.card_profile.person import FingerScan
from gateway.finger import FingerPosition, ImpressionType
from gateway.records import fir
from gateway.records.finger_image import FingerImage, FingerImageRecord
from gateway.records.image_data import Compression
from gateway.records.representation import REKAM_QUALITY_ALGORITHM, QualityBlock

_RECORD_OVERHEAD = 64
"""Bytes about the image in a record of one representation and one quality block (62), rounded up."""
_PSNR_DB = (24.0, 50.0)
"""From where ridges still stand apart to where nothing is lost that is seen."""
_BISECTIONS = 7


def coded_scan(scan: FingerScan, position: FingerPosition, limit: int) -> bytes:
    """A record of at most `limit` bytes.

    Raises
    ------
    ValueError
        The array is no grey image, or does not fit.
    """
    data = _fitted(scan.pixels, limit - _RECORD_OVERHEAD)
    height, width = scan.pixels.shape
    image = FingerImage(
        position,
        ImpressionType.LIVE_SCAN_PLAIN,
        width,
        height,
        (scan.ppi, scan.ppi),
        (scan.ppi, scan.ppi),
        Compression.JPEG2000_LOSSY,
        data,
        quality_blocks=(QualityBlock(scan.quality, algorithm=REKAM_QUALITY_ALGORITHM),),
    )
    return fir.encode(FingerImageRecord((image,)))


def _fitted(pixels: NDArray[np.uint8], limit: int) -> bytes:
    """The best JPEG 2000 file by the irreversible wavelet that fits."""
    import imagecodecs

    if pixels.ndim != 2 or pixels.dtype != np.uint8 or 0 in pixels.shape:
        raise ValueError(f"an image of shape {pixels.shape} and type {pixels.dtype}, expected (height, width) uint8")
    image = np.ascontiguousarray(pixels)

    def coded(psnr_db: float) -> bytes:
        # Fractions of a decibel work; the stub of imagecodecs is narrower.
        return bytes(imagecodecs.jpeg2k_encode(image, level=psnr_db, reversible=False, codecformat="jp2"))  # type: ignore[arg-type]

    least, most = _PSNR_DB
    best = coded(most)
    if len(best) <= limit:
        return best
    best = coded(least)
    if len(best) > limit:
        raise ValueError(f"it has {len(best)} bytes at {least:g} dB")
    for _ in range(_BISECTIONS):
        middle = (least + most) / 2
        trial = coded(middle)
        if len(trial) <= limit:
            least, best = middle, trial
        else:
            most = middle
    return best

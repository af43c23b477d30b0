"""The record of a portrait: a JPEG of bounded size in a face image record."""

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.records import fac
from gateway.spool import Blob

IMAGE_NAME, IMAGE_TYPE = "image.fac", "application/vnd.rekam.iso19794-5-2005"

MOST_JPEG_BYTES = 512 << 10
"""More than any portrait of the largest size needs at a quality that nobody tells from the best."""
MOST_WIDTH_PX = 1200
"""Three heads of 600 pixels' width would be more than any comparison of faces looks at."""
_QUALITIES = (95, 92, 88, 82, 75, 65)
_SHRINK = 0.8


def portrait_blob(pixels: NDArray[np.uint8]) -> Blob:
    """The portrait as an ISO/IEC 19794-5:2005 record.

    Parameters
    ----------
    pixels : (height, width, 3) uint8
        Red, green, blue.
    """
    return Blob.of(IMAGE_NAME, IMAGE_TYPE, fac.encode_portrait(portrait_jpeg(pixels)))


def portrait_jpeg(pixels: NDArray[np.uint8], most_bytes: int = MOST_JPEG_BYTES) -> bytes:
    """As good a JPEG as `most_bytes` allow, at the picture's own scale as long as its quality stays fair.

    Parameters
    ----------
    pixels : (height, width, 3) uint8
        Red, green, blue; wider than `MOST_WIDTH_PX` it is shrunk to that.
    most_bytes : int
        16 KiB at the least.

    Raises
    ------
    ValueError
        `most_bytes` is too small for any portrait.
    """
    if most_bytes < 16 << 10:
        raise ValueError(f"a portrait needs 16 KiB at the least, not {most_bytes} bytes")
    picture = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), np.uint8)
    zoom = min(1.0, MOST_WIDTH_PX / picture.shape[1])
    while True:
        shown = _resized(picture, zoom)
        for quality in _QUALITIES:
            # 4:4:4, as lips and skin lose most by shared colours.
            options = [cv2.IMWRITE_JPEG_QUALITY, quality]
            options += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
            _, encoded = cv2.imencode(".jpg", shown, options)
            if encoded.size <= most_bytes:
                return encoded.tobytes()
        zoom *= _SHRINK


def _resized(picture: NDArray[np.uint8], zoom: float) -> NDArray[np.uint8]:
    if zoom >= 1:
        return picture
    height, width = picture.shape[:2]
    size = (max(1, round(width * zoom)), max(1, round(height * zoom)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)

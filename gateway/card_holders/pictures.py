"""Portrait and signature as they are kept: no larger than what a card may be made of."""

import cv2
import numpy as np

from gateway.card_profile.picture import pixels_of
from gateway.card_profile.signature_image import fitted_signature, ink_of

PORTRAIT_HEIGHT = 640
"""Pixels: twice what the card profile for small chips takes at most, so that what a card shows is scaled down once more
and the coding in between is not seen."""
PORTRAIT_QUALITY = 92
SIGNATURE_WIDTH = 640
"""Pixels of ink: as for the portrait."""
_ANY_SIZE = 1 << 20
"""Bytes; one bit a pixel at that width stays far below."""


def kept_portrait(picture: bytes) -> bytes:
    """A JPEG of the portrait, at most `PORTRAIT_HEIGHT` high.

    Parameters
    ----------
    picture : bytes
        A JPEG, PNG or JPEG 2000 file.

    Raises
    ------
    ValueError
        It is none, or damaged.
    """
    pixels = pixels_of(picture)
    height, width = pixels.shape[:2]
    if height > PORTRAIT_HEIGHT:
        size = (max(1, round(width * PORTRAIT_HEIGHT / height)), PORTRAIT_HEIGHT)
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    options = [cv2.IMWRITE_JPEG_QUALITY, PORTRAIT_QUALITY, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
    done, content = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), options)
    if not done:
        raise ValueError("it cannot be coded as a JPEG")
    return content.tobytes()


def kept_signature(picture: bytes) -> bytes:
    """A PNG of one bit a pixel of the signature, cut to its ink, at most `SIGNATURE_WIDTH` wide.

    Raises
    ------
    ValueError
        It is no picture, damaged, or without ink.
    """
    return fitted_signature(ink_of(pixels_of(picture)), _ANY_SIZE, SIGNATURE_WIDTH, SIGNATURE_WIDTH)

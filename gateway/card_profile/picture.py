"""Pictures as they come, decoded to pixels, and as they stand on a card, checked and decoded."""

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.card_profile.errors import MalformedContent
from gateway.card_profile.person import Picture
from gateway.records import RecordError
from gateway.records.image_header import ImageHeader, jpeg_header, png_header
from gateway.records.jpeg import decode_jpeg
from gateway.records.jpeg2000 import decode_jpeg2000, jpeg2000_header
from gateway.records.png import check_png
from gateway.records.reader import RecordReader

MOST_PIXELS = 40_000_000
"""Of a picture that comes in."""
MOST_CARD_PIXELS = 1 << 22
"""Of one that stands on a card: a larger claim is refused before anything is allocated."""
JPEG, PNG, JPEG_2000 = "image/jpeg", "image/png", "image/jp2"
_PNG_START = b"\x89PNG\r\n\x1a\n"
_JPEG_END = b"\xff\xd9"


@dataclass(frozen=True)
class CardPicture:
    """A picture of a card, as its bytes and as what they say of themselves."""

    media_type: str
    content: bytes = field(repr=False)
    width: int
    height: int
    components: int
    """1 for grey, 3 for colour."""

    def pixels(self) -> NDArray[np.uint8]:
        """(height, width) or (height, width, 3) uint8, red first; `MalformedContent` where it does not decode."""
        return _decoded(self.content, self.media_type)


def pixels_of(picture: Picture) -> NDArray[np.uint8]:
    """(height, width, 3) uint8, red first.

    Raises
    ------
    ValueError
        It is no such array, no JPEG, PNG or JPEG 2000 file, damaged or too large.
    """
    if isinstance(picture, bytes):
        media_type, header = picture_header(picture)
        if header.width * header.height > MOST_PIXELS:
            raise ValueError(f"{header.width} x {header.height} pixels, at most {MOST_PIXELS} are taken")
        pixels = _decoded(picture, media_type)
    else:
        pixels = picture
    if pixels.dtype != np.uint8 or pixels.size == 0 or pixels.size > 3 * MOST_PIXELS:
        raise ValueError(f"an array of shape {pixels.shape} and type {pixels.dtype} is no picture")
    if pixels.ndim == 2:
        return np.repeat(pixels[:, :, None], 3, axis=2)
    if pixels.ndim != 3 or pixels.shape[2] != 3:
        raise ValueError(f"an array of shape {pixels.shape} and type {pixels.dtype} is no picture")
    return pixels


def picture_header(content: bytes) -> tuple[str, ImageHeader]:
    """Media type and header of a picture file.

    Raises
    ------
    MalformedContent
        It is none, or ends early.
    """
    try:
        if content.startswith(b"\xff\xd8"):
            if not content.endswith(_JPEG_END):
                raise MalformedContent("the JPEG does not end where its bytes do")
            return JPEG, jpeg_header(RecordReader(content))
        if content.startswith(_PNG_START):
            check_png(RecordReader(content))
            return PNG, png_header(RecordReader(content))
        return JPEG_2000, jpeg2000_header(RecordReader(content))
    except RecordError as error:
        raise MalformedContent(str(error)) from error


def read_picture(content: bytes, media_types: tuple[str, ...]) -> CardPicture:
    """A picture of a card, decoded once, so that what is given back can be shown.

    Raises
    ------
    MalformedContent
        It is of none of these types, damaged, or not of 8 bits (or 1, as a PNG) in 1 or 3 components.
    """
    media_type, header = picture_header(content)
    if media_type not in media_types:
        raise MalformedContent(f"it is {media_type}, not {' or '.join(media_types)}")
    if header.width * header.height > MOST_CARD_PIXELS or 0 in (header.width, header.height):
        raise MalformedContent(f"{header.width} x {header.height} pixels")
    depths = (1, 8) if media_type == PNG else (8,)
    if header.components not in (1, 3) or header.bit_depth not in depths:
        raise MalformedContent(f"{header.components} components of {header.bit_depth} bits")
    picture = CardPicture(media_type, content, header.width, header.height, header.components)
    if picture.pixels().shape[:2] != (header.height, header.width):
        raise MalformedContent("it does not decode to the size that it says")
    return picture


def _decoded(content: bytes, media_type: str) -> NDArray[np.uint8]:
    pixels: NDArray[np.generic]
    try:
        if media_type == JPEG_2000:
            pixels = decode_jpeg2000(content)
        elif media_type == JPEG:
            pixels = decode_jpeg(content)
        else:
            found = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_ANYCOLOR)
            if found is None:
                raise MalformedContent("the PNG does not decode")
            pixels = found if found.ndim == 2 else found[:, :, ::-1]
    except MalformedContent:
        raise
    except (ValueError, cv2.error) as error:
        raise MalformedContent(f"the picture does not decode: {error}") from error
    if pixels.dtype != np.uint8:
        raise MalformedContent(f"the picture decodes to {pixels.dtype}")
    return np.ascontiguousarray(pixels, np.uint8)

"""Images of ZFM family modules: two pixels a byte, in one of the sizes that the family knows."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

SMALLEST_SIDE: Final = 64
LARGEST_SIDE: Final = 1024
"""Pixels; the family's sensors have 192 to 288, and what is beyond these is no sensor size but a fault."""


class BadImageError(ValueError):
    """What came is no image; the message says why."""


@dataclass(frozen=True)
class ImageSize:
    """Pixels of an image.

    Raises
    ------
    ValueError
        No sensor has this size, or a row does not fill its bytes.
    """

    width: int
    height: int

    def __post_init__(self) -> None:
        sides = (self.width, self.height)
        if not all(SMALLEST_SIDE <= side <= LARGEST_SIDE for side in sides) or self.width % 2:
            raise ValueError(
                f"no sensor has images of {self.width} x {self.height} pixels; each side has {SMALLEST_SIDE} to "
                f"{LARGEST_SIDE}, and the width is even"
            )

    @property
    def byte_count(self) -> int:
        """Bytes on the line, two pixels in each."""
        return self.width * self.height // 2

    def __str__(self) -> str:
        return f"{self.width} x {self.height}"


OPTICAL: Final = ImageSize(256, 288)
"""ZFM-20/60, R30x, AS608, FPM10A."""
ROUND: Final = ImageSize(192, 192)
"""R503 (Grow user manual 1.4.1, chapter I)."""
KNOWN_SIZES: Final = {size.byte_count: size for size in (OPTICAL, ROUND)}


def size_of(byte_count: int, told: ImageSize | None) -> ImageSize:
    """The size of an image of `byte_count` bytes.

    Parameters
    ----------
    byte_count : int
        That came.
    told : ImageSize, optional
        By the module or by the configuration; None: one of `KNOWN_SIZES`.

    Raises
    ------
    BadImageError
        The bytes do not make such an image.
    """
    if told is not None:
        if byte_count != told.byte_count:
            raise BadImageError(f"{byte_count} bytes came, and an image of {told} pixels has {told.byte_count}")
        return told
    size = KNOWN_SIZES.get(byte_count)
    if size is None:
        known = ", ".join(f"{size} ({size.byte_count} bytes)" for size in KNOWN_SIZES.values())
        raise BadImageError(f"{byte_count} bytes came, and the known sizes are {known}")
    return size


def decode_image(data: bytes, size: ImageSize) -> NDArray[np.uint8]:
    """Grey values 0 to 255 in steps of 17, as sent: the high nibble is the left pixel, rows come from the top.

    Parameters
    ----------
    data : bytes
        As the data packets carried it.
    size : ImageSize
        From `size_of`.

    Returns
    -------
    (height, width) uint8

    Raises
    ------
    BadImageError
        The bytes do not make such an image.
    """
    if len(data) != size.byte_count:
        raise BadImageError(f"{len(data)} bytes came, and an image of {size} pixels has {size.byte_count}")
    pairs = np.frombuffer(data, np.uint8)
    pixels = np.empty((pairs.size, 2), np.uint8)
    pixels[:, 0] = pairs >> 4
    pixels[:, 1] = pairs & 0x0F
    pixels *= 17
    return pixels.reshape(size.height, size.width)

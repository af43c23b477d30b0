"""Grey pixels of GigE Vision's payload: 8, 10, 12, 14 and 16 bits, loose or packed, to 8 bits."""

import numpy as np
from numpy.typing import NDArray

PIXEL_FORMATS: dict[int, tuple[str, int, int]] = {
    0x01080001: ("Mono8", 8, 8),
    0x01100003: ("Mono10", 10, 16),
    0x010C0004: ("Mono10Packed", 10, 12),
    0x010A0046: ("Mono10p", 10, 10),
    0x01100005: ("Mono12", 12, 16),
    0x010C0006: ("Mono12Packed", 12, 12),
    0x010C0047: ("Mono12p", 12, 12),
    0x01100025: ("Mono14", 14, 16),
    0x01100007: ("Mono16", 16, 16),
}
"""Number of the pixel format: name, bits of a grey value, bits of a pixel on the wire (PFNC 2.1)."""


def payload_bytes(width: int, height: int, pixel_format: int) -> int:
    """How many bytes a frame has without padding; packed formats fill the frame, not each row."""
    return -(-width * height * PIXEL_FORMATS[pixel_format][2] // 8)


def grey_pixels(payload: NDArray[np.uint8], width: int, height: int, pixel_format: int) -> NDArray[np.uint8]:
    """The upper 8 bits of each pixel, as a new array.

    Parameters
    ----------
    payload : (n,) uint8
        At least `payload_bytes` of the frame; what follows is not looked at.
    width, height : int
        In pixels.
    pixel_format : int
        One of `PIXEL_FORMATS`.

    Returns
    -------
    (height, width) uint8

    Raises
    ------
    ValueError
        The payload is too short, the size is not positive, or the format is another.

    References
    ----------
    EMVA, Pixel Format Naming Convention 2.1; GigE Vision 2.0 for the `Packed` formats.
    """
    if pixel_format not in PIXEL_FORMATS:
        raise ValueError(f"pixel format {pixel_format:#010x} is not grey, or not known")
    if width < 1 or height < 1:
        raise ValueError(f"a frame has no {width} x {height} pixels")
    name, bits, _ = PIXEL_FORMATS[pixel_format]
    count, size = width * height, payload_bytes(width, height, pixel_format)
    if payload.ndim != 1 or payload.dtype != np.uint8 or len(payload) < size:
        raise ValueError(f"a {name} frame of {width} x {height} has {size} bytes, not {payload.shape} {payload.dtype}")
    data = payload[:size]
    if name == "Mono8":
        grey = data.copy()
    elif name.endswith("Packed"):
        grey = _of_triples(data, count)
    elif name == "Mono12p":
        grey = _of_mono12p(data, count)
    elif name == "Mono10p":
        grey = _of_mono10p(data, count)
    else:
        grey = (data.view("<u2") >> (bits - 8)).clip(0, 255).astype(np.uint8)
    return grey.reshape(height, width)


def _of_triples(data: NDArray[np.uint8], count: int) -> NDArray[np.uint8]:
    """Two pixels in three bytes, their upper 8 bits in the first and the third."""
    grey = np.empty(count, np.uint8)
    grey[0::2] = data[0::3][: (count + 1) // 2]
    grey[1::2] = data[2::3][: count // 2]
    return grey


def _of_mono12p(data: NDArray[np.uint8], count: int) -> NDArray[np.uint8]:
    """Bits run on from byte to byte, the lowest first."""
    grey = np.empty(count, np.uint8)
    pairs = (count + 1) // 2
    grey[0::2] = data[0::3][:pairs] >> 4 | data[1::3][:pairs] << 4
    grey[1::2] = data[2::3][: count // 2]
    return grey


def _of_mono10p(data: NDArray[np.uint8], count: int) -> NDArray[np.uint8]:
    """Four pixels in five bytes: pixel `k` has its upper 8 bits from bit `10 k + 2` on."""
    groups = -(-count // 4)
    padded = np.zeros(groups * 5, np.uint8)
    padded[: len(data)] = data
    rows = padded.reshape(groups, 5)
    grey = np.empty((groups, 4), np.uint8)
    for k in range(4):
        shift = 2 * k + 2
        grey[:, k] = rows[:, k + 1] if shift == 8 else rows[:, k] >> shift | rows[:, k + 1] << (8 - shift)
    return grey.reshape(-1)[:count]

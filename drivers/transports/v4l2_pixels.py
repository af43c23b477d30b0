"""Bytes of a V4L2 buffer to grey or colour arrays: each pixel format, with its rows' padding."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.errors import DeviceUnsupported

Pixels = NDArray[np.uint8]

MONOCHROME: Final = ("GREY", "Y800", "Y8I", "Y10", "Y12", "Y14", "Y16")
"""Formats of a sensor without colour filters; Y800 is an old name of GREY, Y8I two images pixel by pixel."""
RAW_COLOUR: Final = ("YUYV", "UYVY", "NV12", "RGB3", "BGR3")
COMPRESSED: Final = ("MJPG", "JPEG")
GREY_ORDER: Final = (*MONOCHROME, "YUYV", "UYVY", "NV12", *COMPRESSED, "RGB3", "BGR3")
"""What to take for grey frames, the best first."""
COLOUR_ORDER: Final = (*RAW_COLOUR, *COMPRESSED)
"""What to take for colour frames, the best first: compression leaves its marks, and costs time."""

_BITS = {"Y10": 10, "Y12": 12, "Y14": 14, "Y16": 16}
_BYTES_PER_PIXEL = {"GREY": 1, "Y800": 1, "NV12": 1, "RGB3": 3, "BGR3": 3}
_LARGEST_SIDE = 16384
_LARGEST_IMAGE = 256 * 1024 * 1024
_SMALLEST_SIDE = 16
_JPEG_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Marks of frame headers; those left out are of tables, and one that is kept free."""
_JPEG_START, _JPEG_SCAN, _JPEG_END = b"\xff\xd8", b"\xff\xda", b"\xff\xd9"


class DamagedFrameError(ValueError):
    """The bytes are not a whole frame of the layout."""


@dataclass(frozen=True)
class PixelLayout:
    """How frames lie in a buffer, as the driver says and `checked_layout` believes.

    Parameters
    ----------
    pixel_format : str
        Four letters of V4L2, without blanks at the end.
    width, height : int
        Pixels.
    stride : int
        Bytes from a row to the next; 0 for compressed frames.
    size : int
        Bytes of a whole frame; the most of a compressed one.
    """

    pixel_format: str
    width: int
    height: int
    stride: int
    size: int


def checked_layout(pixel_format: str, width: int, height: int, bytes_per_line: int, size_image: int) -> PixelLayout:
    """What a driver says of its format, if that can be.

    Raises
    ------
    DeviceUnsupported
        A format that is not known here, or numbers that contradict each other.
    """
    told = f"{width}x{height} {pixel_format}, {bytes_per_line} bytes a row, {size_image} a frame"
    if pixel_format not in GREY_ORDER:
        known = ", ".join(GREY_ORDER)
        raise DeviceUnsupported(f"the camera delivers {pixel_format!r}, which is not among the formats known: {known}")
    if not (_SMALLEST_SIDE <= width <= _LARGEST_SIDE and _SMALLEST_SIDE <= height <= _LARGEST_SIDE):
        raise DeviceUnsupported(f"the camera's driver tells an impossible size: {told}")
    if not 0 < size_image <= _LARGEST_IMAGE:
        raise DeviceUnsupported(f"the camera's driver tells an impossible frame length: {told}")
    if pixel_format in COMPRESSED:
        return PixelLayout(pixel_format, width, height, 0, size_image)
    per_pixel = _BYTES_PER_PIXEL.get(pixel_format, 2)
    stride = bytes_per_line or width * per_pixel
    if stride < width * per_pixel or stride > 8 * _LARGEST_SIDE:
        raise DeviceUnsupported(f"the camera's driver tells rows that cannot hold its pixels: {told}")
    if (pixel_format in ("YUYV", "UYVY") and width % 2) or (pixel_format == "NV12" and (width % 2 or height % 2)):
        raise DeviceUnsupported(f"the camera's driver tells an odd size for a format of pairs: {told}")
    if pixel_format in _BITS and stride % 2:
        raise DeviceUnsupported(f"the camera's driver tells an odd row length for pixels of two bytes: {told}")
    layout = PixelLayout(pixel_format, width, height, stride, size_image)
    if size_image < _needed(layout):
        raise DeviceUnsupported(f"the camera's driver tells frames too short for their rows: {told}")
    return layout


def grey(data: Pixels, layout: PixelLayout) -> Pixels:
    """Grey levels of a frame, in memory of its own.

    Parameters
    ----------
    data : (n,) uint8
        The bytes in use of a buffer.
    layout : PixelLayout

    Returns
    -------
    (height, width) uint8
        The luma of colour formats as it is coded; 10 to 16 bits scaled to 8; of two images (Y8I) the left one.

    Raises
    ------
    DamagedFrameError
        Too few bytes, a JPEG that is cut off or of another size.
    """
    name, height, width = layout.pixel_format, layout.height, layout.width
    if name in COMPRESSED:
        return _decoded(data, layout, cv2.IMREAD_GRAYSCALE)
    rows = _rows(data, layout)
    if name in ("GREY", "Y800"):
        return rows[:, :width].copy()
    if name in _BITS:
        # Little-endian, in the low bits (V4L2, "Luma-only formats"); a driver that sets higher ones saturates.
        levels = rows.view("<u2")[:, :width] >> (_BITS[name] - 8)
        return np.asarray(np.minimum(levels, 255), np.uint8)
    if name in ("YUYV", "Y8I"):
        return rows[:, 0 : 2 * width : 2].copy()
    if name == "UYVY":
        return rows[:, 1 : 2 * width : 2].copy()
    if name == "NV12":
        return rows[:height, :width].copy()
    rgb = rows[:, : 3 * width].reshape(height, width, 3)
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY if name == "RGB3" else cv2.COLOR_BGR2GRAY), np.uint8)


def colour(data: Pixels, layout: PixelLayout) -> Pixels:
    """Colours of a frame, in memory of its own; monochrome formats give equal red, green and blue.

    Parameters and errors as for `grey`. YUV is read as ITU-R BT.601 of limited range, the default of V4L2 and UVC.

    Returns
    -------
    (height, width, 3) uint8
        Red, green, blue.
    """
    name, height, width = layout.pixel_format, layout.height, layout.width
    if name in COMPRESSED:
        return _decoded(data, layout, cv2.IMREAD_COLOR_RGB)
    if name in MONOCHROME:
        return np.asarray(cv2.cvtColor(grey(data, layout), cv2.COLOR_GRAY2RGB), np.uint8)
    rows = _rows(data, layout)
    if name == "NV12":
        return np.asarray(cv2.cvtColor(np.ascontiguousarray(rows[:, :width]), cv2.COLOR_YUV2RGB_NV12), np.uint8)
    if name in ("RGB3", "BGR3"):
        pixels = rows[:, : 3 * width].reshape(height, width, 3)
        return pixels.copy() if name == "RGB3" else np.ascontiguousarray(pixels[..., ::-1])
    pairs = rows[:, : 2 * width].reshape(height, width, 2)
    way = cv2.COLOR_YUV2RGB_YUYV if name == "YUYV" else cv2.COLOR_YUV2RGB_UYVY
    return np.asarray(cv2.cvtColor(pairs, way), np.uint8)


def _needed(layout: PixelLayout) -> int:
    """Bytes of a whole frame; the padding of its last row may be missing."""
    rows = layout.height * 3 // 2 if layout.pixel_format == "NV12" else layout.height
    return layout.stride * (rows - 1) + layout.width * _BYTES_PER_PIXEL.get(layout.pixel_format, 2)


def _rows(data: Pixels, layout: PixelLayout) -> Pixels:
    """(rows, stride) uint8, a view where it can be."""
    if len(data) < _needed(layout):
        raise DamagedFrameError(f"{len(data)} bytes are too few for a frame of {_needed(layout)}")
    rows = layout.height * 3 // 2 if layout.pixel_format == "NV12" else layout.height
    whole = rows * layout.stride
    if len(data) < whole:
        data = np.pad(data, (0, whole - len(data)))
    return data[:whole].reshape(rows, layout.stride)


def _decoded(data: Pixels, layout: PixelLayout, flags: int) -> Pixels:
    # libjpeg fills what is missing with grey and says nothing: see to the end ourselves. Within the scan 0xFF is
    # followed by 0 or a restart mark (ITU-T T.81, B.1.1.5), so that an end found after its start is the end.
    coded = data.tobytes()
    scan = coded.find(_JPEG_SCAN)
    if not coded.startswith(_JPEG_START) or scan < 0 or coded.find(_JPEG_END, scan) < 0:
        raise DamagedFrameError(f"{len(coded)} bytes are no whole JPEG image")
    # Looked at before it is decoded: the decoder would take gigabytes for what a garbled header says.
    width, height = _told_size(coded)
    if (width, height) != (layout.width, layout.height):
        was = f"{layout.width}x{layout.height}"
        raise DamagedFrameError(f"a frame of {width}x{height} came where {was} was agreed on")
    try:
        pixels = cv2.imdecode(data, flags | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error as error:
        raise DamagedFrameError(f"the JPEG image cannot be decoded: {error}") from error
    if pixels is None or pixels.shape[:2] != (height, width):
        raise DamagedFrameError("the JPEG image cannot be decoded")
    return np.asarray(pixels, np.uint8)


def _told_size(coded: bytes) -> tuple[int, int]:
    """Width and height that the frame header says (ITU-T T.81, B.2.2); zeros without one before the first scan."""
    at = len(_JPEG_START)
    while (at := coded.find(b"\xff", at)) >= 0 and at + 9 <= len(coded):
        marker = coded[at + 1]
        if marker in _JPEG_FRAMES:
            return int.from_bytes(coded[at + 7 : at + 9], "big"), int.from_bytes(coded[at + 5 : at + 7], "big")
        if marker in (_JPEG_SCAN[1], _JPEG_END[1]):
            break
        # Marks without a segment: fill bytes, a stuffed byte, restarts, a start, TEM.
        bare = marker in (0x00, 0x01, 0xFF) or 0xD0 <= marker <= 0xD8
        at += 1 if bare else 2 + int.from_bytes(coded[at + 2 : at + 4], "big")
    return 0, 0

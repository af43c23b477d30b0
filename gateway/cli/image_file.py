"""Pixels of an image file: grey, of a bearable size, whole; anything else is refused with cause and remedy."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.cli.exits import CommandFailure, bad_file
from gateway.cli.image_header import ImageHeader, ImageHeaderError, read_image_header
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_FILE_BYTES = 64 << 20
MAX_IRIS_FILE_BYTES = 256 << 20
"""A frame of 8000x8000 pixels of 16 bits is 128 MB where it is not compressed; of three channels of 8 bits, 192 MB."""
_CONVERT = "Convert it to 8-bit grey, without changing its size, and try again."
_CONVERT_EYE = "Give the camera's near-infrared grey, 8 or 16 bits a pixel."
_GREY_SPREAD = 3
"""Levels by which the channels of a grey image may differ where JPEG stored it as colour."""


def read_file(path: Path, max_bytes: int = MAX_FILE_BYTES) -> bytes:
    """The bytes of an input file.

    Raises
    ------
    CommandFailure
        It cannot be read, is empty, or is too large to be what is wanted.
    """
    try:
        if path.is_dir():
            raise bad_file(
                LocalizedText(id=f"{path} adalah folder. Sebutkan berkas.", en=f"{path} is a folder. Name a file.")
            )
        size = path.stat().st_size
        if size > max_bytes:
            raise bad_file(
                LocalizedText(
                    id=f"{path} berukuran {size:,} bita; lebih dari {max_bytes:,} tidak dibaca. Benarkah berkasnya?",
                    en=f"{path} has {size:,} bytes; more than {max_bytes:,} are not read. Is it the right file?",
                )
            )
        data = path.read_bytes()
    except OSError as error:
        raise bad_file(
            LocalizedText(
                id=f"{path} tidak dapat dibaca ({error.strerror or error}). Periksa nama dan hak aksesnya.",
                en=f"{path} cannot be read: {error.strerror or error}. Check its name and its rights.",
            )
        ) from error
    if not data:
        raise bad_file(
            LocalizedText(
                id=f"{path} kosong. Salin lagi dari asalnya.", en=f"{path} is empty. Copy it again from where it came."
            )
        )
    return data


def decode_image(data: bytes, path: Path) -> "NDArray[np.uint8]":
    """The pixels of a print's image file.

    Returns
    -------
    (height, width) uint8

    Raises
    ------
    CommandFailure
        It is no image, is not 8-bit grey, is too large, or is cut off; nothing was decoded then.
    """
    import cv2
    import numpy as np

    from gateway.fingerprint.sample import MAX_PIXELS, MAX_SIDE

    header = _header(data, path)
    _check_size(
        header, path, MAX_SIDE, MAX_PIXELS, f"a print has {MAX_SIDE}x{MAX_SIDE}", "Cut the one finger out of it."
    )
    if header.channels != 1:
        raise bad_file(f"{path} is a colour image ({header.channels} channels). {_CONVERT}")
    if header.bits != 8:
        raise bad_file(f"{path} has {header.bits} bits per pixel. {_CONVERT}")
    _check_whole(header, path)
    image = _decoded(data, cv2.IMREAD_GRAYSCALE, header, path)
    if image.dtype != np.uint8:
        raise _damaged(header, path)
    return image.astype(np.uint8, copy=False)


def decode_eye_image(data: bytes, path: Path) -> "NDArray[np.uint8] | NDArray[np.uint16]":
    """The pixels of an eye's image file.

    Cameras' programs like to store grey as colour of three equal channels: that is read, colour is not.

    Returns
    -------
    (height, width) uint8 or uint16
        As deep as the file is; values are not scaled.

    Raises
    ------
    CommandFailure
        It is no image, is neither grey of 8 nor of 16 bits, is too large, or is cut off.
    """
    import cv2
    import numpy as np

    from gateway.iris.sample import MAX_PIXELS, MAX_SIDE

    header = _header(data, path)
    most = f"a frame has {MAX_PIXELS // 1_000_000} million, {MAX_SIDE} a side,"
    _check_size(header, path, MAX_SIDE, MAX_PIXELS, most, "Cut the eye and what is around it out of it.")
    if header.bits not in (8, 16):
        raise bad_file(f"{path} has {header.bits} bits per pixel. {_CONVERT_EYE}")
    _check_whole(header, path)
    image = _decoded(data, cv2.IMREAD_UNCHANGED, header, path)
    if image.ndim == 3:
        image = _grey_of_channels(image, path)
    if image.dtype not in (np.uint8, np.uint16):
        raise bad_file(f"{path} has samples of type {image.dtype}. {_CONVERT_EYE}")
    return np.ascontiguousarray(image)


def _header(data: bytes, path: Path) -> ImageHeader:
    try:
        return read_image_header(data)
    except ImageHeaderError as error:
        raise bad_file(f"{path} cannot be read: {error}. Give PNG, PGM, BMP, TIFF or JPEG files.") from error


def _check_size(header: ImageHeader, path: Path, side: int, pixels: int, most: str, remedy: str) -> None:
    if max(header.width, header.height) > side or header.width * header.height > pixels:
        raise bad_file(f"{path} has {header.width}x{header.height} pixels; {most} at most. {remedy}")


def _check_whole(header: ImageHeader, path: Path) -> None:
    if header.missing:
        raise bad_file(f"{path} is cut off: its end is missing. Copy it again from where it came.")


def _decoded(data: bytes, flags: int, header: ImageHeader, path: Path) -> "NDArray[Any]":
    """The (height, width) or (height, width, channels) image."""
    import cv2
    import numpy as np

    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # what is wrong is said below, once
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flags | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error:
        image = None
    finally:
        cv2.utils.logging.setLogLevel(level)
    if image is None or image.shape[:2] != (header.height, header.width):
        raise _damaged(header, path)
    return np.asarray(image)


def _grey_of_channels(image: "NDArray[Any]", path: Path) -> "NDArray[Any]":
    """The (height, width) grey of (height, width, 3 or 4) equal channels."""
    import numpy as np

    if image.shape[2] < 3:
        raise bad_file(f"{path} has {image.shape[2]} channels. {_CONVERT_EYE}")
    blue, green, red = (image[..., channel] for channel in range(3))
    spread = np.maximum(np.maximum(blue, green), red) - np.minimum(np.minimum(blue, green), red)
    transparent = image.shape[2] > 3 and image[..., 3].min() < image[..., 3].max()
    if transparent or spread.max() > _GREY_SPREAD:
        raise bad_file(f"{path} is a colour image. {_CONVERT_EYE}")
    return green


def _damaged(header: ImageHeader, path: Path) -> CommandFailure:
    return bad_file(f"{path} is a damaged {header.kind} file. Copy it again from where it came.")

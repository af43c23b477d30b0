"""Pixels of an image file: 8-bit grey, of a bearable size, whole; anything else is refused with cause and remedy."""

from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.exits import bad_file
from gateway.cli.image_header import ImageHeader, ImageHeaderError, read_image_header

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_FILE_BYTES = 64 << 20
_CONVERT = "Convert it to 8-bit grey, without changing its size, and try again."


def read_file(path: Path) -> bytes:
    """The bytes of an input file.

    Raises
    ------
    CommandFailure
        It cannot be read, is empty, or is too large to be what is wanted.
    """
    try:
        if path.is_dir():
            raise bad_file(f"{path} is a folder. Name a file.")
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise bad_file(
                f"{path} has {size:,} bytes; more than {MAX_FILE_BYTES:,} are not read. Is it the right file?"
            )
        data = path.read_bytes()
    except OSError as error:
        raise bad_file(f"{path} cannot be read: {error.strerror or error}. Check its name and its rights.") from error
    if not data:
        raise bad_file(f"{path} is empty. Copy it again from where it came.")
    return data


def decode_image(data: bytes, path: Path) -> "NDArray[np.uint8]":
    """The pixels of an image file.

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

    try:
        header = read_image_header(data)
    except ImageHeaderError as error:
        raise bad_file(f"{path} cannot be read: {error}. Give PNG, PGM, BMP, TIFF or JPEG files.") from error
    _check(header, path)
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # what is wrong is said below, once
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error:
        image = None
    finally:
        cv2.utils.logging.setLogLevel(level)
    if image is None or image.shape != (header.height, header.width) or image.dtype != np.uint8:
        raise bad_file(f"{path} is a damaged {header.kind} file. Copy it again from where it came.")
    return image.astype(np.uint8, copy=False)


def _check(header: ImageHeader, path: Path) -> None:
    from gateway.fingerprint.sample import MAX_PIXELS, MAX_SIDE

    if max(header.width, header.height) > MAX_SIDE or header.width * header.height > MAX_PIXELS:
        raise bad_file(
            f"{path} has {header.width}x{header.height} pixels; a print has {MAX_SIDE}x{MAX_SIDE} at most. "
            "Cut the one finger out of it."
        )
    if header.channels != 1:
        raise bad_file(f"{path} is a colour image ({header.channels} channels). {_CONVERT}")
    if header.bits != 8:
        raise bad_file(f"{path} has {header.bits} bits per pixel. {_CONVERT}")
    if header.missing:
        raise bad_file(f"{path} is cut off: its end is missing. Copy it again from where it came.")

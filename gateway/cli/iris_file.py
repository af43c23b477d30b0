"""The eyes in a file or a capture's folder: images of each, and codes."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gateway.cli import options
from gateway.cli.capture_folder import IRIS_CODE, IRIS_IMAGE, LEFT_IRIS_CODE, RIGHT_IRIS_CODE
from gateway.cli.exits import bad_file, bad_usage
from gateway.cli.image_file import MAX_IRIS_FILE_BYTES, decode_eye_image, read_file
from gateway.cli.output import in_words
from gateway.guidance import LocalizedText
from gateway.iris import Contour, IrisCode, decode_code
from gateway.iris.pair import analyze_both
from gateway.records import RecordError, UnsupportedRecordError, iir
from gateway.records.iir import CompressionHistory, EyeLabel

Pixels = NDArray[np.uint8] | NDArray[np.uint16]

CODES_OF_EYES = {EyeLabel.RIGHT: RIGHT_IRIS_CODE, EyeLabel.LEFT: LEFT_IRIS_CODE}
"""What the folder of a capture holds: one code, or one of each eye."""
IMAGE_MAGIC, CODE_MAGIC = b"IIR\0", b"RIC\0"
_JPEG_MAGIC = b"\xff\xd8"
_FINGER_MAGIC = (b"FMR\0", b"FIR\0")
_PART, _WHOLE_HEIGHT, _NEAREST_END = (3.2, 2.4), 7.0, 1.3
"""Of the part about an eye, in iris radii, as `analyze_both` looks at it: half width and height; up to which height all
rows of the image are; and how much there is beside the eye at least, however near the other one is."""
_ONE_EYE = {
    EyeLabel.RIGHT: LocalizedText(
        "hanya mata kanan yang ditemukan. Bila keduanya terlihat, mintalah keduanya dibuka dan diterangi.",
        "only the right eye was found. If both are in view, have both opened and lit.",
    ),
    EyeLabel.LEFT: LocalizedText(
        "hanya mata kiri yang ditemukan. Bila keduanya terlihat, mintalah keduanya dibuka dan diterangi.",
        "only the left eye was found. If both are in view, have both opened and lit.",
    ),
    EyeLabel.UNDEFINED: LocalizedText(
        "hanya satu mata yang ditemukan, dan tidak jelas yang mana. Sebutkan dengan --eye right atau --eye left.",
        "only one eye was found, and it cannot be told which. Say --eye right or --eye left.",
    ),
}
_LABELS = {options.Eye.RIGHT: EyeLabel.RIGHT, options.Eye.LEFT: EyeLabel.LEFT}
_FLIPPED = iir.Orientation.FLIPPED


@dataclass(frozen=True, eq=False)
class EyeImage:
    """An image of one eye.

    Parameters
    ----------
    eye : EyeLabel
    pixels : callable
        Decodes it, as one faces the person; raises CommandFailure where it is damaged.
    source : Path
        The file that holds it.
    history : CompressionHistory
        Whether anything was lost before, as far as the file tells.
    recorded : IrisImage or None
        What a record says of it.
    origin : (int, int)
        Column and row of the file's image at which this part of it begins.
    """

    eye: EyeLabel
    pixels: Callable[[], Pixels]
    source: Path
    history: CompressionHistory = CompressionHistory.UNDEFINED
    recorded: iir.IrisImage | None = None
    origin: tuple[int, int] = (0, 0)


def eye_word(eye: EyeLabel) -> str:
    """`right`, `left`, or empty where it is not known."""
    return "" if eye is EyeLabel.UNDEFINED else eye.name.lower()


def eye_images(path: Path, asked: options.Eye | None, note: Callable[[str], None]) -> list[EyeImage]:
    """The images of eyes in an image file, an iris image record, or the folder of a capture; one at least.

    Parameters
    ----------
    path : Path
    asked : Eye or None
        Right or left: which eye an image shows that does not say so, and the only one taken of a record. Both: the
        eyes of an image are looked for, and the part about each is given, or all of it where there is none; of a
        record both are taken.
    note : callable
        Receives what deviates from the standard in a record that is readable all the same, and which eye was not found.

    Raises
    ------
    CommandFailure
        It cannot be read, is of something else, or does not hold the eye that is asked for.
    """
    if path.is_dir():
        if not (path / IRIS_IMAGE).is_file():
            raise bad_file(f"{path} holds no {IRIS_IMAGE}. Name the folder of an iris capture, or a file.")
        path /= IRIS_IMAGE
    data = read_file(path, MAX_IRIS_FILE_BYTES)
    _check_kind(data, path)
    if data.startswith(CODE_MAGIC):
        raise bad_file(f"{path} is a code without its image. Name the image; `rekam compare` takes codes.")
    if data.startswith(IMAGE_MAGIC):
        return _images_of_record(data, path, asked, note)
    pixels = decode_eye_image(data, path)
    history = CompressionHistory.LOSSY if data.startswith(_JPEG_MAGIC) else CompressionHistory.UNDEFINED
    if asked is options.Eye.BOTH:
        return _eyes_of_frame(pixels, path, history, note)
    return [EyeImage(_label(asked), lambda: pixels, path, history)]


def eye_codes(path: Path, asked: options.Eye | None) -> dict[EyeLabel, IrisCode]:
    """The codes in a file or in the folder of a capture; empty where there are none.

    Raises
    ------
    CommandFailure
        A code is damaged, of another version, or not of the eye that is asked for.
    """
    if not path.is_dir():
        data = read_file(path, MAX_IRIS_FILE_BYTES)
        return {_label(asked): _code(data, path)} if data.startswith(CODE_MAGIC) else {}
    files = {eye: path / name for eye, name in CODES_OF_EYES.items() if (path / name).is_file()}
    if (path / IRIS_CODE).is_file():
        files[_label_of_capture(path, asked)] = path / IRIS_CODE
    codes = {eye: _code(read_file(file, MAX_IRIS_FILE_BYTES), file) for eye, file in files.items()}
    wanted = None if asked is None else _LABELS.get(asked)
    if codes and wanted is not None and wanted not in codes and not (path / IRIS_IMAGE).is_file():
        raise bad_usage(f"{path} holds no code of the {eye_word(wanted)} eye. Say --eye with the other one.")
    return {eye: code for eye, code in codes.items() if wanted in (None, eye)}


def _eyes_of_frame(
    pixels: Pixels, path: Path, history: CompressionHistory, note: Callable[[str], None]
) -> list[EyeImage]:
    """The part of an image about each of its eyes, the right one first; all of it where none is found."""
    try:
        pair = analyze_both(pixels)
    except ValueError as error:
        raise bad_file(f"{path}: {error}.") from error
    sided = ((EyeLabel.RIGHT, pair.right), (EyeLabel.LEFT, pair.left), (EyeLabel.UNDEFINED, pair.unsided))
    irises = {eye: each.geometry.limbus for eye, each in sided if each is not None and each.geometry is not None}
    if not irises:
        return [EyeImage(EyeLabel.UNDEFINED, lambda: pixels, path, history)]
    if len(irises) == 1:
        note(f"{path}: {in_words(_ONE_EYE[next(iter(irises))])}")
    found = []
    for eye, iris in irises.items():
        others = [other.centre[0] for each, other in irises.items() if each is not eye]
        rows, columns = _about(iris, others, pixels.shape)
        part = partial(np.ascontiguousarray, pixels[rows, columns])
        found.append(EyeImage(eye, part, path, history, origin=(columns.start, rows.start)))
    return found


def _about(iris: Contour, others: list[float], shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Rows and columns about an iris; they end half way to another, whose column is in `others`."""
    (x, y), radius = iris.centre, iris.radius
    half = min([_PART[0] * radius, *(max(abs(other - x) / 2, _NEAREST_END * radius) for other in others)])
    reach = _PART[1] * radius if shape[0] > _WHOLE_HEIGHT * radius else shape[0]
    return (
        slice(max(0, int(y - reach)), min(shape[0], int(y + reach) + 1)),
        slice(max(0, int(x - half)), min(shape[1], int(x + half) + 1)),
    )


def _images_of_record(
    data: bytes, path: Path, asked: options.Eye | None, note: Callable[[str], None]
) -> list[EyeImage]:
    images = _record(data, path, note)
    wanted = None if asked is None else _LABELS.get(asked)
    if wanted is not None:
        images = tuple(image for image in images if image.eye in (wanted, EyeLabel.UNDEFINED))
        if not images:
            raise bad_usage(f"{path} holds no image of the {eye_word(wanted)} eye. Say --eye with the other one.")
    return [
        EyeImage(wanted or image.eye, partial(_upright, image, path), path, _history(image), image) for image in images
    ]


def _history(image: iir.IrisImage) -> CompressionHistory:
    return CompressionHistory.LOSSY if image.format is iir.ImageFormat.JPEG else image.history


def _record(data: bytes, path: Path, note: Callable[[str], None]) -> tuple[iir.IrisImage, ...]:
    try:
        record, deviations = iir.decode_leniently(data)
    except UnsupportedRecordError as error:
        raise bad_file(
            f"{path} is not read: {error}. Give ISO/IEC 19794-6:2011 or 2005 with images of 8-bit grey."
        ) from error
    except RecordError as error:
        raise bad_file(f"{path} is no good record: {error}. Copy it again from where it came.") from error
    for each in deviations:
        note(f"{path} is read, though it deviates from the standard: {each}.")
    return record.representations


def _upright(image: iir.IrisImage, path: Path) -> NDArray[np.uint8]:
    """The pixels, not mirrored: a code of a mirrored iris compares with no other."""
    try:
        pixels = iir.decode_pixels(image)
    except RecordError as error:
        raise bad_file(f"{path} holds a damaged image: {error}. Copy it again from where it came.") from error
    rows = slice(None, None, -1) if image.vertical is _FLIPPED else slice(None)
    columns = slice(None, None, -1) if image.horizontal is _FLIPPED else slice(None)
    return np.ascontiguousarray(pixels[rows, columns])


def _label(asked: options.Eye | None) -> EyeLabel:
    return EyeLabel.UNDEFINED if asked is None else _LABELS.get(asked, EyeLabel.UNDEFINED)


def _label_of_capture(folder: Path, asked: options.Eye | None) -> EyeLabel:
    """Which eye the only code of a capture is of, by the image beside it."""
    if not (folder / IRIS_IMAGE).is_file():
        return _label(asked)
    path = folder / IRIS_IMAGE
    labels = {image.eye for image in _record(read_file(path, MAX_IRIS_FILE_BYTES), path, lambda _: None)}
    eye = labels.pop() if len(labels) == 1 else EyeLabel.UNDEFINED
    return eye if eye is not EyeLabel.UNDEFINED else _label(asked)


def _code(data: bytes, path: Path) -> IrisCode:
    _check_kind(data, path)
    try:
        return decode_code(data)
    except ValueError as error:
        raise bad_file(
            f"{path} is no good iris code: {error}. Copy it again from where it came, or name the image of the eye."
        ) from error


def _check_kind(data: bytes, path: Path) -> None:
    if data.startswith(_FINGER_MAGIC):
        raise bad_file(f"{path} is of a finger. Say --modality finger.")

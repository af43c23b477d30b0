"""The portrait of a card: the size and quality at which most of it is left within the file's limit."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.card_profile.content_kind import (
    ContentKind,
    Making,
    Option,
    missing,
    not_fitting,
    number_option,
    text_option,
)
from gateway.card_profile.errors import ContentFaultCode, ContentProblem
from gateway.card_profile.picture import JPEG, JPEG_2000, CardPicture, pixels_of, read_picture
from gateway.card_profile.profile import CardFile, CardProfile
from gateway.guidance import LocalizedText

_STEP = 0.8
"""From one size to the next smaller one: less makes no difference that is seen."""
_QUALITIES = {"jpeg": (25.0, 92.0), "jpeg2000": (26.0, 46.0)}
"""Least and most: JPEG's quality; PSNR in dB. Below, blocks or smears hide a face's features on drawn and public
portraits; above, bytes buy nothing that is seen at this size."""
_BISECTIONS = 6
_NO_PORTRAIT = LocalizedText(id="Tidak ada pas foto.", en="There is no portrait.")
_TAKE_ONE = LocalizedText(id="Ambil pas foto lebih dulu.", en="Take a portrait first.")

Encode = Callable[[NDArray[np.uint8], float], bytes]


def fitted_portrait(
    pixels: NDArray[np.uint8], limit: int, coding: str, most_height: int, least_height: int, grey: bool = False
) -> bytes:
    """The picture file of at most `limit` bytes that is closest to the original.

    Each height from the most to the least is tried at the best quality that fits, until one is farther from the
    original, enlarged again, than the one before.

    Parameters
    ----------
    pixels : (height, width, 3) uint8
        Red first.
    limit : int
        Bytes.
    coding : str
        `jpeg` or `jpeg2000`.
    most_height, least_height : int
        Pixels; the width follows. A picture is never enlarged.

    Raises
    ------
    ValueError
        Even the least height at the least quality is larger.
    """
    encode = _ENCODERS[coding]
    source = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8) if grey else pixels
    reference = _resized(source, min(most_height, pixels.shape[0]))
    best: tuple[float, bytes] | None = None
    for height in _heights(reference.shape[0], min(least_height, reference.shape[0])):
        small = _resized(source, height)
        content = _best_quality(small, limit, encode, *_QUALITIES[coding])
        if content is None:
            continue
        error = _error(content, coding, reference)
        if best is not None and error >= best[0]:
            break
        best = error, content
    if best is None:
        smallest = len(encode(_resized(source, min(least_height, reference.shape[0])), _QUALITIES[coding][0]))
        raise ValueError(f"the smallest form has {smallest} bytes, the file at most {limit}")
    return best[1]


def _make(file: CardFile, making: Making) -> bytes | None:
    if making.person.portrait is None:
        missing(file, _NO_PORTRAIT, _TAKE_ONE)
        return None
    return make_portrait(
        file,
        making,
        file.limit,
        text_option(file, PORTRAIT, "coding"),
        (number_option(file, PORTRAIT, "most_height"), number_option(file, PORTRAIT, "least_height")),
        bool(number_option(file, PORTRAIT, "grey")),
    )


def make_portrait(
    file: CardFile, making: Making, limit: int, coding: str, heights: tuple[int, int], grey: bool = False
) -> bytes:
    """The person's portrait in at most `limit` bytes; `ContentProblem` where it cannot be."""
    picture = making.person.portrait
    assert picture is not None
    try:
        pixels = pixels_of(picture)
    except ValueError as error:
        raise ContentProblem(
            file.name,
            ContentFaultCode.MALFORMED,
            LocalizedText(id=f"Pas foto tidak terbaca: {error}.", en=f"The portrait cannot be read: {error}."),
            LocalizedText(id="Ambil lagi.", en="Take it again."),
        ) from error
    try:
        return fitted_portrait(pixels, limit, coding, heights[0], heights[1], grey)
    except ValueError as error:
        raise not_fitting(
            file,
            LocalizedText(
                id=f"Pas foto tidak muat dalam {limit} bita: {error}.",
                en=f"The portrait does not fit into {limit} bytes: {error}.",
            ),
        ) from error


def _read(profile: CardProfile, file: CardFile, content: bytes) -> CardPicture:
    return read_picture(content, (JPEG_2000 if text_option(file, PORTRAIT, "coding") == "jpeg2000" else JPEG,))


def _heights(most: int, least: int) -> list[int]:
    heights = [most]
    while heights[-1] * _STEP > least:
        heights.append(round(heights[-1] * _STEP))
    return heights if heights[-1] == least else [*heights, least]


def _resized(pixels: NDArray[np.uint8], height: int) -> NDArray[np.uint8]:
    width = max(1, round(pixels.shape[1] * height / pixels.shape[0]))
    if (height, width) == pixels.shape[:2]:
        return pixels
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _best_quality(pixels: NDArray[np.uint8], limit: int, encode: Encode, least: float, most: float) -> bytes | None:
    """The best that fits, by bisection; None where the least does not."""
    best = encode(pixels, most)
    if len(best) <= limit:
        return best
    found = encode(pixels, least)
    if len(found) > limit:
        return None
    for _ in range(_BISECTIONS):
        middle = (least + most) / 2
        trial = encode(pixels, middle)
        if len(trial) <= limit:
            least, found = middle, trial
        else:
            most = middle
    return found


def _error(content: bytes, coding: str, reference: NDArray[np.uint8]) -> float:
    """Mean squared difference from the reference, at its size."""
    picture = read_picture(content, (JPEG_2000 if coding == "jpeg2000" else JPEG,)).pixels()
    size = reference.shape[1], reference.shape[0]
    enlarged = cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC)
    return float(np.mean((enlarged.astype(np.float32) - reference) ** 2))


def _jpeg(pixels: NDArray[np.uint8], quality: float) -> bytes:
    import imagecodecs

    coded = imagecodecs.jpeg8_encode(
        np.ascontiguousarray(pixels), level=round(quality), subsampling="420", optimize=True
    )
    return bytes(coded)


def _jpeg2000(pixels: NDArray[np.uint8], psnr_db: float) -> bytes:
    import imagecodecs

    image = np.ascontiguousarray(pixels)
    # Fractions of a decibel work; the stub of imagecodecs is narrower.
    coded = imagecodecs.jpeg2k_encode(image, level=psnr_db, reversible=False, codecformat="jp2")  # type: ignore[arg-type]
    return bytes(coded)


_ENCODERS: dict[str, Encode] = {"jpeg": _jpeg, "jpeg2000": _jpeg2000}

PORTRAIT = ContentKind(
    "portrait",
    _make,
    _read,
    personal=True,
    options={
        "coding": Option("jpeg2000", ("jpeg", "jpeg2000")),
        "most_height": Option(320, range(64, 2049)),
        "least_height": Option(128, range(64, 2049)),
        "grey": Option(False),
    },
)

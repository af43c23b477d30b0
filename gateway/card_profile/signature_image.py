"""The signature of a card: ink on paper in one bit a pixel, cut to the ink, as large as the file's limit lets it be."""

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.card_profile.content_kind import ContentKind, Making, Option, missing, not_fitting, number_option
from gateway.card_profile.errors import ContentFaultCode, ContentProblem, MalformedContent
from gateway.card_profile.picture import PNG, CardPicture, pixels_of, read_picture
from gateway.card_profile.profile import CardFile, CardProfile
from gateway.guidance import LocalizedText

_STEP = 0.85
_MARGIN = 0.02
"""About the ink, as a share of its width."""


def fitted_signature(ink: NDArray[np.uint8], limit: int, most_width: int, least_width: int) -> bytes:
    """A PNG file of one bit a pixel, of at most `limit` bytes.

    Parameters
    ----------
    ink : (height, width) uint8
        As `ink_of` gives it.
    limit : int
        Bytes.
    most_width, least_width : int
        Pixels of the widths that are tried, the widest first. A picture is never enlarged.

    Raises
    ------
    ValueError
        Even the least width is larger.
    """
    width = min(most_width, ink.shape[1])
    least = min(least_width, width)
    while True:
        content = _png(ink, width)
        if len(content) <= limit:
            return content
        if width <= least:
            raise ValueError(f"the smallest form has {len(content)} bytes, the file at most {limit}")
        width = max(least, round(width * _STEP))


def ink_of(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The part of the paper that has ink on it, with a margin, as (height, width) uint8; 255 is ink.

    Otsu's threshold parts ink from paper whatever the light was.

    Parameters
    ----------
    pixels : (height, width, 3) uint8
        Dark on light.

    Raises
    ------
    ValueError
        There is no ink.
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    darkest, lightest = int(grey.min()), int(grey.max())
    if lightest - darkest < 32:
        raise ValueError("there is no ink on the paper")
    _, ink = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    margin = 1 + round(_MARGIN * (columns[-1] - columns[0]))
    cut = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return np.pad(np.asarray(cut, np.uint8), margin)


def _png(ink: NDArray[np.uint8], width: int) -> bytes:
    height = max(1, round(ink.shape[0] * width / ink.shape[1]))
    small = cv2.resize(ink, (width, height), interpolation=cv2.INTER_AREA)
    # A quarter of ink keeps thin lines whole where they are made smaller.
    paper = np.where(small >= 64, 0, 255).astype(np.uint8)
    done, content = cv2.imencode(".png", paper, [cv2.IMWRITE_PNG_BILEVEL, 1, cv2.IMWRITE_PNG_COMPRESSION, 9])
    if not done:
        raise RuntimeError("the PNG encoder failed")
    return content.tobytes()


def _make(file: CardFile, making: Making) -> bytes | None:
    if making.person.signature is None:
        missing(
            file,
            LocalizedText(id="Tidak ada tanda tangan.", en="There is no signature."),
            LocalizedText(id="Ambil tanda tangan lebih dulu.", en="Take a signature first."),
        )
        return None
    try:
        ink = ink_of(pixels_of(making.person.signature))
    except ValueError as error:
        raise ContentProblem(
            file.name,
            ContentFaultCode.MALFORMED,
            LocalizedText(id=f"Tanda tangan tidak terbaca: {error}.", en=f"The signature cannot be read: {error}."),
            LocalizedText(id="Ambil lagi.", en="Take it again."),
        ) from error
    most, least = (number_option(file, SIGNATURE, name) for name in ("most_width", "least_width"))
    try:
        return fitted_signature(ink, file.limit, most, least)
    except ValueError as error:
        raise not_fitting(
            file,
            LocalizedText(
                id=f"Tanda tangan tidak muat dalam {file.limit} bita: {error}.",
                en=f"The signature does not fit into {file.limit} bytes: {error}.",
            ),
        ) from error


def _read(profile: CardProfile, file: CardFile, content: bytes) -> CardPicture:
    picture = read_picture(content, (PNG,))
    if picture.components != 1:
        raise MalformedContent("the signature is not one component")
    return picture


SIGNATURE = ContentKind(
    "signature",
    _make,
    _read,
    personal=True,
    options={"most_width": Option(320, range(32, 2049)), "least_width": Option(120, range(32, 2049))},
)

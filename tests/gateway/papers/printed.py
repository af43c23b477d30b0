"""A PDF read without its maker: texts with their places, bars, sizes of pages."""

import re
import zlib
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

_MM = 72 / 25.4


@dataclass(frozen=True)
class Page:
    width_mm: float
    height_mm: float
    texts: tuple[tuple[float, float, str], ...]
    """Left and bottom in mm from the page's lower left corner, and the text."""
    bars: tuple[tuple[float, float, float, float], ...]
    """Left, bottom, width and height in mm."""

    @property
    def text(self) -> str:
        return " ".join(text for _, _, text in self.texts)


def pages(pdf: bytes) -> list[Page]:
    sizes = [
        (float(width) / _MM, float(height) / _MM)
        for width, height in re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    ]
    found = [_plain(each) for each in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.S)]
    streams = [each for each in found if b" Tf" in each]
    if len(sizes) == 1:
        sizes *= len(streams)
    assert len(sizes) == len(streams)
    return [_page(stream.decode("latin-1"), *size) for stream, size in zip(streams, sizes, strict=True)]


def _plain(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return stream


def _page(stream: str, width: float, height: float) -> Page:
    texts = tuple(
        (float(x) / _MM, float(y) / _MM, re.sub(r"\\(.)", r"\1", text))
        for x, y, text in re.findall(r"BT ([\d.-]+) ([\d.-]+) Td.*?\(((?:\\.|[^\\)])*)\) Tj ET", stream)
    )
    bars = tuple(
        tuple(float(each) / _MM for each in found)
        for found in re.findall(r"([\d.-]+) ([\d.-]+) ([\d.-]+) ([\d.-]+) re f", stream)
    )
    return Page(width, height, texts, bars)  # type: ignore[arg-type]


def decoded_qr(page: Page, dots_per_mm: int = 8) -> str:
    """What a thermal printer's 8 dots per mm would show to a camera."""
    picture: NDArray[np.uint8] = np.full(
        (round(page.height_mm * dots_per_mm), round(page.width_mm * dots_per_mm)), 255, np.uint8
    )
    for left, bottom, width, height in page.bars:
        # A rectangle goes down from its corner where its height is negative.
        low, high = sorted((bottom, bottom + height))
        rows = round((page.height_mm - high) * dots_per_mm), round((page.height_mm - low) * dots_per_mm)
        columns = round(left * dots_per_mm), round((left + width) * dots_per_mm)
        picture[rows[0] : rows[1], columns[0] : columns[1]] = 0
    text, _, _ = cv2.QRCodeDetector().detectAndDecode(picture)
    return text

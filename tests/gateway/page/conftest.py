"""Pictures that tests take for the documentation are made small enough to keep."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image

from tests.gateway.page.browser import PICTURES

COLOURS = 256
MOST_BYTES = 120_000


@pytest.fixture(autouse=True)
def _small_pictures() -> Iterator[None]:
    yield
    if folder := os.environ.get(PICTURES):
        for file in Path(folder).glob("page-*.png"):
            with suppress(OSError):  # half written: the worker whose it is comes to it
                shrink(file)


def shrink(file: Path) -> None:
    """Write a screenshot again with a palette, of fewer colours until it is small; one that has a palette is left."""
    with Image.open(file) as picture:
        if picture.mode == "P":
            return
        full = picture.convert("RGB")
    colours = COLOURS
    while True:
        # Dithering would make noise of flat grounds, which is what a picture of a page mostly is.
        full.quantize(colours, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(file, optimize=True)
        if file.stat().st_size <= MOST_BYTES or colours <= 16:
            return
        colours //= 2

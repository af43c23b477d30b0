"""Prints that the tests of this room look at: drawn ones, and public ones beside the checkout."""

import csv
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.fingerprint.synthetic import draw_fingerprint

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
PRINTS = SHARED / "fingerprints"
NFIQ2 = SHARED / "records" / "nfiq2"

needs_prints = pytest.mark.skipif(not PRINTS.is_dir(), reason="no public prints beside the checkout")
needs_nfiq2 = pytest.mark.skipif(not NFIQ2.is_dir(), reason="no NFIQ 2 reference images beside the checkout")


@cache
def drawn(finger: int = 3, impression: int = 0, condition: str = "clean") -> NDArray[np.uint8]:
    """A drawn print of 388x374 at 500 ppi that nobody can write to."""
    pixels = draw_fingerprint(finger, impression, condition)
    pixels.flags.writeable = False
    return pixels


def public_paths() -> list[Path]:
    """Every public print, in a fixed order."""
    return sorted(PRINTS.glob("*/*.png"))


def read(path: Path) -> tuple[NDArray[np.uint8], float]:
    """Pixels and ppi of a public print."""
    return grey(path), float((path.parent / "dpi.txt").read_text())


def grey(path: Path) -> NDArray[np.uint8]:
    pixels = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    assert pixels is not None, path
    return np.asarray(pixels, np.uint8)


def nfiq2_rows() -> list[dict[str, str]]:
    """NIST's output for its five synthetic images."""
    with (NFIQ2 / "expected.csv").open() as lines:
        return list(csv.DictReader(lines))

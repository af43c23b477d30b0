"""Images without an eye, drawn: noise, blobs, discs, patterns, text, faces, ridges."""

from collections.abc import Callable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
SHAPE = (240, 320)


def _levels(image: NDArray[np.floating]) -> Grey:
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)


def _soft(rng: np.random.Generator, sigma: float) -> NDArray[np.float64]:
    field = cv2.GaussianBlur(rng.normal(0, 1, SHAPE), (0, 0), sigma)
    return np.asarray(field / max(float(field.std()), 1e-9), np.float64)


def noise(rng: np.random.Generator) -> Grey:
    return _levels(rng.normal(rng.uniform(60, 190), rng.uniform(5, 70), SHAPE))


def blobs(rng: np.random.Generator) -> Grey:
    return _levels(128 + rng.uniform(25, 60) * _soft(rng, rng.uniform(3, 25)) + rng.normal(0, 2, SHAPE))


def ramp(rng: np.random.Generator) -> Grey:
    y, x = np.mgrid[0:1:240j, 0:1:320j]
    return _levels(rng.uniform(0, 255) + rng.uniform(-200, 200) * x + rng.uniform(-200, 200) * y)


def checks(rng: np.random.Generator) -> Grey:
    step = int(rng.integers(6, 60))
    y, x = np.mgrid[0:240, 0:320]
    board = (x // step + y // step) % 2 * rng.uniform(40, 200) + rng.uniform(0, 50)
    return _levels(cv2.GaussianBlur(board, (0, 0), 1.0) + rng.normal(0, 2, SHAPE))


def text(rng: np.random.Generator) -> Grey:
    page = np.full(SHAPE, 235, np.uint8)
    size = rng.uniform(0.4, 1.6)
    for row in range(10, 250, int(26 * size) + 4):
        words = "".join(rng.choice(list("abcdeoghmnopqrst OCQ08. "), 60))
        cv2.putText(page, words, (4, row), cv2.FONT_HERSHEY_SIMPLEX, size, int(rng.integers(0, 90)), int(1 + 2 * size))
    return _levels(page + rng.normal(0, 3, SHAPE))


def face(rng: np.random.Generator) -> Grey:
    """A face from afar: ovals for eyes a few pixels large, a mouth, a nose."""
    image = np.full(SHAPE, int(rng.integers(30, 120)), np.uint8)
    tone = int(rng.integers(140, 220))
    x, y = (int(v) for v in rng.uniform((130, 100), (190, 140)))
    cv2.ellipse(image, (x, y), (75, 100), 0, 0, 360, tone, -1)
    for side in (-1, 1):
        cv2.ellipse(image, (x + side * 30, y - 25), (14, 6), 0, 0, 360, min(255, tone + 25), -1)
        cv2.circle(image, (x + side * 30, y - 25), 6, 40, -1)
        cv2.ellipse(image, (x + side * 30, y - 42), (18, 3), 0, 0, 360, 60, -1)
    cv2.ellipse(image, (x, y + 50), (28, 8), 0, 0, 360, 90, -1)
    cv2.ellipse(image, (x, y + 15), (8, 14), 0, 0, 360, tone - 25, 2)
    return _levels(cv2.GaussianBlur(image, (0, 0), 1.2) + rng.normal(0, 3, SHAPE))


def ridges(rng: np.random.Generator) -> Grey:
    """Whorls as of a finger."""
    y, x = np.mgrid[0:240, 0:320].astype(np.float64)
    cx, cy = rng.uniform(100, 220), rng.uniform(80, 160)
    phase = np.hypot(x - cx, (y - cy) * rng.uniform(0.7, 1.3)) / rng.uniform(1.0, 2.5) + 1.5 * _soft(rng, 20)
    within = ((x - 160) / 110) ** 2 + ((y - 120) / 110) ** 2 < 1
    return _levels(np.where(within, 128 + 90 * np.sin(phase), 235) + rng.normal(0, 5, SHAPE))


def disc(rng: np.random.Generator) -> Grey:
    """A black spot on something even: a screw, a button, a hole."""
    image = np.full(SHAPE, rng.uniform(90, 230)) + rng.uniform(0, 15) * _soft(rng, rng.uniform(1, 10))
    radius = int(rng.integers(10, 60))
    cv2.circle(image, (int(rng.integers(80, 240)), int(rng.integers(70, 170))), radius, float(rng.uniform(0, 40)), -1)
    return _levels(cv2.GaussianBlur(image, (0, 0), 1.0) + rng.normal(0, 2, SHAPE))


def rings(rng: np.random.Generator) -> Grey:
    """A black spot in an even ring: an eye drawn without an iris's texture."""
    image = np.full(SHAPE, rng.uniform(180, 240))
    x, y, radius = int(rng.integers(120, 200)), int(rng.integers(100, 140)), int(rng.integers(40, 90))
    cv2.circle(image, (x, y), radius, float(rng.uniform(90, 150)), -1)
    cv2.circle(image, (x, y), int(radius * rng.uniform(0.25, 0.6)), float(rng.uniform(0, 40)), -1)
    return _levels(cv2.GaussianBlur(image, (0, 0), 1.0) + rng.normal(0, 1, SHAPE))


def lines(rng: np.random.Generator) -> Grey:
    """Strokes every way: hair, grass, scratches."""
    image = np.full(SHAPE, int(rng.integers(120, 220)), np.uint8)
    for _ in range(int(rng.integers(30, 250))):
        a, b = rng.integers(0, 320, 2), rng.integers(-60, 60, 2)
        start, end = (int(a[0]), int(a[1]) % 240), (int(a[0] + b[0]), int(a[1] % 240 + b[1]))
        cv2.line(image, start, end, int(rng.integers(0, 120)), int(rng.integers(1, 4)), cv2.LINE_AA)
    return _levels(image + rng.normal(0, 3, SHAPE))


KINDS: tuple[Callable[[np.random.Generator], Grey], ...] = (
    noise,
    blobs,
    ramp,
    checks,
    text,
    face,
    ridges,
    disc,
    rings,
    lines,
)


def non_eyes(count: int, seed: int = 5) -> Iterator[tuple[str, Grey]]:
    """Name and image, the kinds in turn."""
    rng = np.random.default_rng(seed)
    for index in range(count):
        kind = KINDS[index % len(KINDS)]
        yield kind.__name__, kind(rng)

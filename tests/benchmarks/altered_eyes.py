"""Copies of an eye's image as another camera would have given it: tone, light, noise, blur, framing, size, coding."""

from collections.abc import Callable, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Alteration = Callable[[Grey, np.random.Generator], Grey]


def _levels(image: NDArray[np.floating]) -> Grey:
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)


def _gamma(power: float) -> Alteration:
    return lambda image, rng: _levels(255 * (image / 255.0) ** power)


def _linear(factor: float, offset: float) -> Alteration:
    return lambda image, rng: _levels(image * factor + offset)


def _noise(deviation: float) -> Alteration:
    return lambda image, rng: _levels(image + rng.normal(0, deviation, image.shape))


def _blur(sigma: float) -> Alteration:
    return lambda image, rng: np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8)


def _motion(length: int) -> Alteration:
    return lambda image, rng: np.asarray(cv2.blur(image, (length, 1)), np.uint8)


def _side_light(image: Grey, rng: np.random.Generator) -> Grey:
    ramp = np.linspace(0.5, 1.25, image.shape[1])
    return _levels(image * (ramp if rng.random() < 0.5 else ramp[::-1]))


def _dark_corners(image: Grey, rng: np.random.Generator) -> Grey:
    height, width = image.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return _levels(image * (1 - 0.8 * np.clip((x * x + y * y - 0.5) / 1.0, 0, 1)))


def _dark_frame(image: Grey, rng: np.random.Generator) -> Grey:
    """The rim of a spectacle lens or a tube: black outside of a rounded window."""
    height, width = image.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return np.where(x**4 + y**4 < 0.92, image, 8).astype(np.uint8)


def _shift(image: Grey, rng: np.random.Generator) -> Grey:
    dx, dy = rng.choice([-50.0, 50.0]), rng.uniform(-20, 20)
    move = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
    height, width = image.shape
    # A wider frame about it: the move itself must cut nothing off.
    wide = cv2.copyMakeBorder(image, 60, 60, 60, 60, cv2.BORDER_REPLICATE)
    return np.asarray(
        cv2.warpAffine(wide, move, (width + 120, height + 120), borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def _size(factor: float) -> Alteration:
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return lambda image, rng: np.asarray(cv2.resize(image, None, fx=factor, fy=factor, interpolation=way), np.uint8)


def _in_frame(image: Grey, rng: np.random.Generator) -> Grey:
    """Somewhere in a frame of 640x480 of skin."""
    height, width = image.shape
    skin = float(np.percentile(image, 80))
    frame = cv2.GaussianBlur(rng.normal(0, 30, (480, 640)).astype(np.float32), (0, 0), 3) + skin
    top, left = int(rng.integers(0, 480 - height + 1)), int(rng.integers(0, 640 - width + 1))
    frame[top : top + height, left : left + width] = image
    return _levels(frame)


def _jpeg(quality: int) -> Alteration:
    def coded(image: Grey, rng: np.random.Generator) -> Grey:
        _, octets = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
        return np.asarray(cv2.imdecode(octets, cv2.IMREAD_GRAYSCALE), np.uint8)

    return coded


ALTERATIONS: Mapping[str, Alteration] = {
    "gamma 0.4": _gamma(0.4),
    "gamma 0.55": _gamma(0.55),
    "gamma 1.8": _gamma(1.8),
    "gamma 2": _gamma(2.0),
    "x 0.35": _linear(0.35, 0),
    "contrast x 0.4": _linear(0.4, 77),
    "haze": _linear(0.6, 90),
    "noise sd 7": _noise(7),
    "noise sd 4": _noise(4),
    "blur 1.5": _blur(1.5),
    "motion 5": _motion(5),
    "side light": _side_light,
    "dark corners": _dark_corners,
    "dark frame": _dark_frame,
    "shift 50": _shift,
    "size x 0.6": _size(0.6),
    "size x 2": _size(2.0),
    "in 640x480": _in_frame,
    "JPEG 40": _jpeg(40),
}
"""By what was done. Those of the tables in tests/benchmarks/iris_stress.py."""

FRAMED: Mapping[str, float] = {"size x 0.6": 0.6, "size x 2": 2.0, "shift 50": 1.0, "in 640x480": 1.0}
"""Alterations after which the eye is elsewhere or of another size, and how much larger it is."""

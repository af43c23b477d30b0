"""A contact lens with an iris printed on it in dots: what it lays over the eye that wears it."""

from dataclasses import dataclass
from math import pi

import numpy as np
from numpy.typing import NDArray

from drivers.iris.synthesis.grain import grained, smoothstep
from drivers.iris.synthesis.pose import EyeView, Pose

LENS_RADIUS_MM = 7.1
"""Of the whole lens; the print ends before it."""
_HALF_MM = 7.4  # of the raster
_FINER = 2.0  # raster pixels per scene pixel
_LAG_MM_PER_DEG = 0.022
"""How far a soft lens stays behind an eye that turns."""
_BLINK_MM = 0.45
"""How far the upper lid drags it down."""


@dataclass(frozen=True, eq=False)
class PatternedLens:
    """A lens at one sitting.

    Parameters
    ----------
    layers : (n, n, 2) uint8
        How far ink and rim cover what is behind; their grey level. The lens's centre is the raster's.
    px_per_mm : float
        Of the raster.
    rest_mm : (float, float)
        Where it sits, from the iris centre, x to the right of the image, y down.
    """

    layers: NDArray[np.uint8]
    px_per_mm: float
    rest_mm: tuple[float, float]


def patterned_lens(seed: int, impression: int, px_per_mm: float) -> PatternedLens:
    """The lens that the eye of that seed wears, as it sits at that sitting; `px_per_mm` is the scene's.

    The print is a ring from beyond the widest usual pupil to just beyond the limbus, of dots on a grid or on
    circles, as pad printing makes them, denser outwards, with a dark rim.
    """
    own = np.random.default_rng([seed, 0x4C454E])
    rng = np.random.default_rng([seed, impression, 0x4C454E])
    ppm = _FINER * px_per_mm
    half = int(_HALF_MM * ppm)
    at = (np.arange(2 * half + 1, dtype=np.float32) - half) / np.float32(ppm)
    angle = float(own.uniform(0, pi))  # a lens turns freely: the sitting turns it besides
    angle += float(rng.normal(0, 0.25))
    x, y = at[None, :], at[:, None]
    radius = np.hypot(x, y)
    inner, outer = float(own.uniform(2.3, 3.1)), float(own.uniform(5.9, 6.5))
    pitch = float(own.uniform(0.19, 0.32))
    spot = _grid(x, y, angle, pitch) if own.random() < 0.6 else _circles(x, y, radius, pitch)
    # Dots grow outwards; here and there the pattern thins, as the drawn iris wants it.
    uneven = 0.10 * grained((len(at), len(at)), (0.5 * ppm, 0.5 * ppm), own)
    grow = own.uniform(0.30, 0.42) + 0.16 * (radius - inner) / (outer - inner) + uneven
    ragged = inner + 0.16 * grained((len(at), len(at)), (0.35 * ppm, 0.35 * ppm), own)
    ink = smoothstep(-0.12, 0.12, np.asarray(spot - (1 - grow), np.float32))
    ink *= smoothstep(-0.1, 0.1, np.asarray(radius - ragged, np.float32))
    rim = smoothstep(outer - 0.9, outer - 0.2, radius) * np.float32(own.uniform(0.3, 0.8))
    ink = np.maximum(ink, rim) * (1 - smoothstep(outer - 0.08, outer + 0.08, radius))
    cover = np.float32(own.uniform(0.55, 0.9)) * ink
    tone = np.full_like(cover, own.uniform(34, 78))
    edge = np.exp(-(((radius - LENS_RADIUS_MM) / 0.05) ** 2)) * np.float32(own.uniform(0.08, 0.2))
    tone = np.where(edge > cover, np.float32(236), tone)
    layers = np.stack([np.rint(255 * np.maximum(cover, edge)), np.rint(tone)], axis=-1).astype(np.uint8)
    return PatternedLens(layers, ppm, (float(rng.normal(0, 0.16)), float(rng.normal(0.08, 0.16))))


def lay_lens(
    image: NDArray[np.float32],
    free: NDArray[np.uint8],
    shade: NDArray[np.uint8],
    lens: PatternedLens,
    pose: Pose,
    view: EyeView,
) -> None:
    """Lay the lens over `image` in place, where the eyeball is `free`, in the light that `shade` leaves (0 to 255)."""
    import cv2

    slip = np.array(lens.rest_mm) - _LAG_MM_PER_DEG * np.array([pose.yaw_deg, pose.pitch_deg])
    slip[1] += _BLINK_MM * pose.closing
    centre = view.iris + view.scale * (view.tilt @ slip)
    shrink = lens.px_per_mm / view.scale
    back = shrink * np.linalg.inv(view.tilt @ view.turn)
    half = (lens.layers.shape[0] - 1) / 2
    matrix = np.column_stack([back, np.array([half, half]) - back @ centre])
    size = (image.shape[1], image.shape[0])
    source = lens.layers
    if shrink > 1.5:  # what is finer than the frame's pixels is seen as its mean
        source = np.asarray(cv2.GaussianBlur(source, (0, 0), 0.4 * shrink), np.uint8)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    laid = cv2.warpAffine(source, matrix, size, flags=flags, borderMode=cv2.BORDER_CONSTANT)
    ink = laid[..., 1] * (shade * np.float32(1 / 255)) - image
    ink *= laid[..., 0]
    ink *= free
    image += ink * np.float32(1 / 255**2)


def _grid(x: NDArray[np.float32], y: NDArray[np.float32], angle: float, pitch: float) -> NDArray[np.float32]:
    """0 between dots, 1 at the middle of each, on a square grid."""
    turned = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
    waves = [np.cos(2 * pi / pitch * axis) for axis in turned]
    return np.asarray((waves[0] + waves[1]) / 4 + 0.5, np.float32)


def _circles(
    x: NDArray[np.float32], y: NDArray[np.float32], radius: NDArray[np.float32], pitch: float
) -> NDArray[np.float32]:
    """The same on circles about the centre, every second one turned by half a step."""
    count = max(8, round(2 * pi * 4.6 / pitch))
    row = np.rint(radius / pitch)
    around = np.cos(count * np.arctan2(y, x) + pi * (row % 2))
    along = np.cos(2 * pi * radius / pitch)
    return np.asarray((around + along) / 4 + 0.5, np.float32)

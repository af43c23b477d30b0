"""Lashes and brow: tapered hairs along the lids."""

import numpy as np
from numpy.typing import NDArray

from drivers.iris.synthesis.anatomy import EyeAnatomy
from drivers.iris.synthesis.lids import LidEdges

LASH_TONE = 46.0
_SHIFT = 4  # fractional bits of cv2's coordinates
_POINTS = np.linspace(0, 1, 9)


def lash_cover(
    eye: EyeAnatomy,
    edges: LidEdges,
    shape: tuple[int, int],
    origin: tuple[float, float],
    px_per_mm: float,
    rng: np.random.Generator,
    *,
    droop: float,
    density: float,
) -> NDArray[np.float32]:
    """How far hairs cover each pixel.

    Parameters
    ----------
    eye : EyeAnatomy
    edges : LidEdges
    shape : (height, width)
    origin : (float, float)
        Pixel of the resting iris centre: x, y.
    px_per_mm : float
    rng : numpy.random.Generator
        Of the impression: hairs lie a little otherwise each time.
    droop : float
        Where the upper lashes point: 0 up and away, 1 down before the iris.
    density : float
        Number of hairs relative to the eye's own.

    Returns
    -------
    (height, width) float32, 0 to 1
    """
    import cv2

    cover = np.zeros(shape, np.uint8)
    own = np.random.default_rng([eye.face, 0x4C4153])
    _upper(eye, edges, own, rng, droop, density, (cover, origin, px_per_mm))
    _lower(eye, edges, own, rng, (cover, origin, px_per_mm))
    _brow(eye, own, (cover, origin, px_per_mm))
    return np.asarray(cv2.GaussianBlur(cover, (0, 0), 0.5).astype(np.float32) / 255)


Canvas = tuple[NDArray[np.uint8], tuple[float, float], float]


def _upper(
    eye: EyeAnatomy,
    edges: LidEdges,
    own: np.random.Generator,
    rng: np.random.Generator,
    droop: float,
    density: float,
    canvas: Canvas,
) -> None:
    count = int(eye.lash_count * density)
    along = np.sort(np.clip(np.linspace(-0.97, 0.82, count) + own.normal(0, 0.012, count), -0.99, 0.9))
    tufts = np.linspace(-1.0, 0.85, max(3, count // 4))
    for at in along:
        x = float(at * (eye.nasal_corner[0] if at > 0 else -eye.temporal_corner[0]))
        y = float(np.interp(x, edges.x, edges.upper)) - 0.15
        # Lashes of a tuft lean together; the whole row fans out.
        tuft = tufts[np.argmin(np.abs(tufts - at))]
        lean = 0.95 * at + 5 * (tuft - at) + own.normal(0, 0.17) + rng.normal(0, 0.03)
        length = eye.lash_length * own.uniform(0.45, 1.15) * (1 - 0.35 * max(at, 0)) * (1 + 0.18 * (at < -0.4))
        hang = np.clip(droop + own.normal(0, 0.08) + rng.normal(0, 0.02), 0, 1.1)
        t = _POINTS
        down = length * ((0.22 + 0.68 * hang) * t - (1.05 - 0.85 * hang) * t**2)
        side = length * (lean * (0.35 * t + 0.5 * t**2) + own.normal(0, 0.1) * np.sin(np.pi * t))
        _hair(canvas, x + side, y + down, own.uniform(0.085, 0.13))


def _lower(
    eye: EyeAnatomy, edges: LidEdges, own: np.random.Generator, rng: np.random.Generator, canvas: Canvas
) -> None:
    count = int(0.55 * eye.lash_count)
    for at in np.linspace(-0.93, 0.7, count) + own.normal(0, 0.02, count):
        x = float(at * (eye.nasal_corner[0] if at > 0 else -eye.temporal_corner[0]))
        y = float(np.interp(x, edges.x, edges.lower)) + 1.35 * (1 - at * at) + own.normal(0, 0.12)
        length = eye.lash_length * own.uniform(0.28, 0.62)
        lean = 1.0 * at + own.normal(0, 0.3) + rng.normal(0, 0.03)
        t = _POINTS
        down = length * (0.75 * t - own.uniform(0.0, 0.4) * t**2)
        side = length * lean * (0.3 * t + 0.7 * t**2)
        _hair(canvas, x + side, y + down, own.uniform(0.05, 0.08))


def _brow(eye: EyeAnatomy, own: np.random.Generator, canvas: Canvas) -> None:
    height = own.uniform(17.0, 19.5)
    for _ in range(int(own.integers(220, 420))):
        x = own.uniform(-22, 15)
        arch = height - 0.011 * (x + 4) ** 2
        y = -arch + own.normal(0, 1.5) * (1 - abs(x + 3) / 30)
        length, t = own.uniform(3.5, 6.5), _POINTS
        lean = -0.9 + 0.035 * x + own.normal(0, 0.12)
        _hair(canvas, x + length * lean * t, y - length * t * (0.55 - 0.4 * t - 0.02 * x), own.uniform(0.06, 0.1))


def _hair(canvas: Canvas, x_mm: NDArray[np.float64], y_mm: NDArray[np.float64], width_mm: float) -> None:
    """One hair, tapering to its tip."""
    import cv2

    cover, (x, y), scale = canvas
    points = np.stack([x + scale * x_mm, y + scale * y_mm], axis=1)
    line = np.round(points * (1 << _SHIFT)).astype(np.int32)
    for start, end, share in ((0, 4, 1.0), (3, 7, 0.7), (6, 9, 0.4)):
        width = width_mm * scale * share
        # cv2 draws whole pixels: a thinner hair is a paler one.
        tone = int(225 * min(1.0, width / max(1, round(width))))
        piece = line[start:end].reshape(-1, 1, 2)
        cv2.polylines(cover, [piece], False, tone, max(1, round(width)), cv2.LINE_AA, _SHIFT)

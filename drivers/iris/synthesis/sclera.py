"""The white of the eye, its vessels, the inner corner, and the light that the lids keep from it."""

import numpy as np
from numpy.typing import NDArray

from drivers.iris.synthesis.anatomy import EyeAnatomy
from drivers.iris.synthesis.grain import enlarged, smoothstep
from drivers.iris.synthesis.lids import LidEdges


def sclera_tone(
    eye: EyeAnatomy,
    edges: LidEdges,
    y: NDArray[np.float32],
    px_per_mm: float,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Grey levels of the eyeball without its iris; arguments and shape as for `skin_tone`."""
    rows, x = y[:, None], edges.x[None, :]
    shape = (len(y), edges.x.size)
    tone = eye.sclera_tone - 26 * np.clip((x * x + 1.4 * rows * rows) / 14.0**2, 0, 1.5)
    tone = tone + 3.5 * enlarged(shape, (0.8 * px_per_mm, 0.9 * px_per_mm), rng)
    tone -= 9 * _vessels(shape, (edges.x, y), px_per_mm, rng)
    at_x, at_y = eye.nasal_corner
    lump = 1 - smoothstep(0.55, 1.2, np.hypot((x - at_x + 1.7) / 2.4, (rows - at_y + 0.2) / 1.7))
    tone += lump * (eye.skin_tone - 22 - tone)
    wet = np.clip(enlarged(shape, (0.14 * px_per_mm, 0.2 * px_per_mm), rng) - 1.2, 0, 1.2) * 70
    return np.asarray(tone + lump * wet, np.float32)


def lid_shade(edges: LidEdges, y: NDArray[np.float32]) -> NDArray[np.float32]:
    """Share of the light that reaches the eyeball beneath the lids: (m, n) float32."""
    rows = y[:, None]
    under, over = np.clip(rows - edges.upper[None, :], 0, 40), np.clip(edges.lower[None, :] - rows, 0, 40)
    shade = 1 - 0.34 * np.exp(-under / 0.55) - 0.14 * np.exp(-under / 2.6) - 0.10 * np.exp(-over / 0.7)
    ends = smoothstep(0.72, 1.0, np.abs(edges.along))[None, :]
    return np.asarray(np.clip(shade - 0.16 * ends, 0, 1), np.float32)


def tear_line(
    edges: LidEdges, y: NDArray[np.float32], px_per_mm: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """The lamps mirrored in the film of tears along the lower lid: grey levels to add, (m, n) float32."""
    rows, x = y[:, None], edges.x[None, :]
    dashes = np.clip(enlarged((1, edges.x.size), (1.0, 0.16 * px_per_mm), rng) + 0.2, 0, 2)
    where = np.exp(-(((x - float(rng.normal(0, 1))) / 3.2) ** 2))
    line = np.exp(-(((rows - edges.lower[None, :] + 0.06) / 0.085) ** 2))
    return np.asarray(150 * line * dashes * where, np.float32)


def _vessels(
    shape: tuple[int, int],
    axes: tuple[NDArray[np.float32], NDArray[np.float32]],
    px_per_mm: float,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Thin winding lines from the corners towards the iris; faint in near infrared."""
    import cv2

    lines = np.zeros(shape, np.uint8)
    (x, y), steps = axes, np.linspace(0, 1, 40)
    for _ in range(int(rng.integers(8, 18))):
        side = rng.choice([-1, 1])
        along = side * (15 - steps * rng.uniform(4, 8.5))
        sway = np.cumsum(rng.normal(0, 0.16, 40))
        down = rng.uniform(-3, 4) * (0.4 + 0.6 * steps) + sway - sway[0]
        points = np.stack([(along - x[0]) * px_per_mm, (down - y[0]) * px_per_mm], axis=1)
        cv2.polylines(lines, [np.round(points * 16).astype(np.int32)], False, 255, 1, cv2.LINE_AA, 4)
    return np.asarray(cv2.GaussianBlur(lines, (0, 0), 0.06 * px_per_mm).astype(np.float32) / 100)

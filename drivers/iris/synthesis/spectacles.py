"""Spectacles: their rim, the lamps mirrored in their lenses, the haze on them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.iris.synthesis.grain import enlarged

FRAME_TONE = 40.0
_HALF_MM = (24.0, 17.0)


@dataclass(frozen=True, eq=False)
class Spectacles:
    """A lens before an eye.

    Parameters
    ----------
    rim : (h, w) uint8
        How far the rim covers each scene pixel, of an extent of 73 x 50 mm as the scene's.
    ghosts : (n, 4) float32
        Mirrored lamps: x, y in mm from the resting iris centre, half width in mm, brightness in grey levels.
    haze : float
        Grey levels that scattered light adds.
    """

    rim: NDArray[np.uint8]
    ghosts: NDArray[np.float32]
    haze: float


def spectacles(face_seed: int, impression: int, px_per_mm: float, *, nose_right: bool) -> Spectacles:
    """The spectacles that this person wears at this sitting; arguments as for `eye_scene`."""
    import cv2

    own = np.random.default_rng([face_seed, 0x535045])
    rng = np.random.default_rng([face_seed, impression, 0x535045])
    half = (_HALF_MM[0] * own.uniform(0.82, 0.98), _HALF_MM[1] * own.uniform(0.8, 0.95))
    slip = (rng.normal(0, 1.0), rng.normal(1.0, 1.0))
    width, height = int(73 * px_per_mm), int(50 * px_per_mm)
    x = (np.arange(width, dtype=np.float32) / px_per_mm - 36 - slip[0])[None, :]
    y = (np.arange(height, dtype=np.float32) / px_per_mm - 26 - slip[1])[:, None]
    # A superellipse: between an oval and a rectangle.
    away = (np.abs(x / half[0]) ** 3.2 + np.abs(y / half[1]) ** 3.2) ** (1 / 3.2)
    thick = own.uniform(0.9, 2.6) / half[1]
    rim = np.clip(1 - (np.abs(away - 1) - thick / 2) * half[1] * px_per_mm / 1.5, 0, 1)
    rim *= 1 - 0.12 * np.clip(enlarged(rim.shape, (3.0, 3.0), own), -1, 1)
    lamps = []
    for side in (-1, 1):
        # Both faces of a lens mirror each lamp: two ghosts, a little apart.
        at = (side * rng.uniform(2.2, 4.2) + slip[0] + rng.normal(0, 1.4), rng.uniform(-4.5, 4.5) + slip[1])
        size = rng.uniform(0.45, 0.9)
        lamps.append((at[0], at[1], size, rng.uniform(240, 520)))
        lamps.append((at[0] + 0.9 * side, at[1] + rng.uniform(0.6, 1.4), 0.7 * size, rng.uniform(60, 160)))
    layer = np.asarray(np.rint(255 * np.clip(rim, 0, 1)), np.uint8)
    ghosts = np.array(lamps, np.float32)
    if not nose_right:
        layer = np.ascontiguousarray(cv2.flip(layer, 1))
        ghosts[:, 0] *= -1
    return Spectacles(layer, ghosts, float(rng.uniform(6, 18)))

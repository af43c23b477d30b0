"""The skin of one finger, as it would look unrolled: ridges, pores and creases, before any placement."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.fingerprint.synthesis.master_minutiae import DrawnMinutiae, master_minutiae
from drivers.fingerprint.synthesis.orientation_field import RidgeFlow, ridge_flow, ridge_orientation, ridge_period
from drivers.fingerprint.synthesis.ridges import grow_ridges
from drivers.fingerprint.synthesis.texture import blurred

SHAPE = (540, 440)  # 27 x 22 mm at 500 ppi: more than any flat placement touches
PPI = 500.0


@dataclass(frozen=True, eq=False)
class MasterPrint:
    """One finger.

    Parameters
    ----------
    flow : RidgeFlow
        Its pattern class and singular points.
    minutiae : DrawnMinutiae
        In pixels of `relief`.
    relief : (540, 440) float32
        Height of the skin, -1 in the middle of a valley to 1 on the crest of a ridge, creases cut in; 500 ppi,
        fingertip up. Read-only.
    pores : (540, 440) float32
        Depth of the sweat pores, 0 to about 1. Read-only.
    """

    flow: RidgeFlow
    minutiae: DrawnMinutiae
    relief: NDArray[np.float32]
    pores: NDArray[np.float32]


@lru_cache(maxsize=12)
def master_print(finger: int) -> MasterPrint:
    """Draw finger number `finger`; the same number gives the same finger. The last 12 are kept, 1.9 MB each."""
    rng = np.random.default_rng([finger, 0x46494E])
    flow = ridge_flow(rng)
    orientation = ridge_orientation(flow, SHAPE, rng)
    period = ridge_period(SHAPE, rng)
    ridges = grow_ridges(orientation, period, rng, seed_spacing_px=rng.uniform(20, 30))
    pores = _pores(ridges, rng)
    relief = ridges - _creases(rng)
    relief.flags.writeable = pores.flags.writeable = False
    return MasterPrint(flow, master_minutiae(ridges, orientation, period), relief, pores)


def _pores(ridges: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Pits along the crests, about one every 9 pixels (0.45 mm), 1 to 2 pixels wide."""
    lottery = rng.random(ridges.shape, np.float32)
    lottery[ridges < 0.85] = 0
    winners = (lottery > 0) & (lottery == cv2.dilate(lottery, np.ones((9, 9), np.uint8)))
    depth = np.where(winners, rng.uniform(0.5, 1.0, ridges.shape), 0).astype(np.float32)
    return blurred(depth, 0.9) * np.float32(2 * np.pi * 0.9**2)


def _creases(rng: np.random.Generator) -> NDArray[np.float32]:
    """Fine white lines across the ridges: few in most fingers, many in some."""
    depth = np.zeros(SHAPE, np.float32)
    for _ in range(int(rng.poisson(2.2))):
        middle = rng.uniform((70, 120), (SHAPE[1] - 70, SHAPE[0] - 60))
        angle = rng.normal(0, 0.5) if rng.random() < 0.7 else rng.uniform(0, np.pi)
        length, bend = rng.uniform(35, 130), rng.normal(0, 0.12)
        along = np.linspace(-0.5, 0.5, 24)
        heading = angle + bend * 2 * along + rng.normal(0, 0.06, along.size).cumsum() * 0.3
        points = middle + np.stack([np.cos(heading), np.sin(heading)], 1) * (along * length)[:, None]
        line = np.zeros(SHAPE, np.uint8)
        fixed = np.round(points * 16).astype(np.int32)
        cv2.polylines(line, [fixed], False, 255, int(rng.integers(1, 3)), cv2.LINE_AA, 4)
        depth = np.maximum(depth, line.astype(np.float32) * np.float32(rng.uniform(1.0, 2.0) / 255))
    return blurred(depth, 0.7)

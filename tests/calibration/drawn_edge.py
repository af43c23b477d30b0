"""Frames of one edge whose transfer is known in closed form."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr


def drawn_edge(
    angle_deg: float, blur_px: float, *, noise: float = 1.0, frames: int = 4, upright: bool = True, seed: int = 1
) -> NDArray[np.uint8]:
    """(n, 170, 80) uint8: dark on the left, light on the right, blurred by a Gaussian."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:170, 0:80]
    turn = np.radians(angle_deg)
    off = (x - 40 - rng.uniform(-0.5, 0.5)) * np.cos(turn) - (y - 85) * np.sin(turn)
    level = (40 + 150 * ndtr(off / blur_px)) * (1 - 0.0004 * (x + 0.5 * y))
    stack = level[None] + noise * rng.standard_normal((frames, *level.shape))
    drawn = np.clip(np.rint(stack), 0, 255).astype(np.uint8)
    return drawn if upright else np.ascontiguousarray(drawn.transpose(0, 2, 1))


def gaussian_mtf(frequency: NDArray[np.float64], blur_px: float) -> NDArray[np.float64]:
    """Of that blur, at cycles per pixel."""
    return np.asarray(np.exp(-2 * (np.pi * blur_px * frequency) ** 2))

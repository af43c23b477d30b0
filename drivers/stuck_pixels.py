"""Pixels of a synthetic camera that are hot or dead for ever."""

import numpy as np
from numpy.typing import NDArray

HOT, DEAD = 255, 0


def with_stuck_pixels(pixels: NDArray[np.uint8], share: float, seed: int) -> NDArray[np.uint8]:
    """The frame with a share of its pixels stuck, half of them hot and half dead; always the same ones.

    Parameters
    ----------
    pixels : (height, width) or (height, width, 3) uint8
        Stays unchanged.
    share : float
        0 to 1; with 0 the frame itself comes back.
    seed : int
        Chooses the places.
    """
    if share <= 0:
        return pixels
    rng = np.random.default_rng([seed, 0x53545543])
    height, width = pixels.shape[:2]
    count = max(1, round(share * height * width))
    rows, columns = np.divmod(rng.choice(height * width, count, replace=False), width)
    stuck = pixels.copy()
    stuck[rows[::2], columns[::2]] = HOT
    stuck[rows[1::2], columns[1::2]] = DEAD
    return stuck

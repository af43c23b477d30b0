"""Areas of a quarter of an inch, in which Appendix F judges noise and evenness."""

import numpy as np
from numpy.typing import NDArray

AREA_IN = 0.25


def area_sides(shape: tuple[int, int], ppi: float) -> tuple[int, list[int], list[int]]:
    """Side of an area in pixels, and the first rows and columns of those that a frame holds, half overlapping.

    Raises
    ------
    ValueError
        The frame is smaller than an area.
    """
    side = round(AREA_IN * ppi)
    if min(shape) < side:
        raise ValueError(f"a frame of {shape} pixels at {ppi:.0f} ppi is smaller than an area of {AREA_IN} in")
    starts = [np.linspace(0, length - side, max(1, round(2 * (length - side) / side) + 1)) for length in shape]
    return side, [int(start) for start in starts[0]], [int(start) for start in starts[1]]


def area_means(values: NDArray[np.float32], ppi: float) -> NDArray[np.float64]:
    """Mean of every area.

    Parameters
    ----------
    values : (height, width) float32
    ppi : float

    Returns
    -------
    (rows, columns) float64
    """
    side, tops, lefts = area_sides((values.shape[0], values.shape[1]), ppi)
    total = np.zeros((values.shape[0] + 1, values.shape[1] + 1))
    total[1:, 1:] = values.cumsum(axis=0, dtype=np.float64).cumsum(axis=1)
    top, left = np.array(tops)[:, None], np.array(lefts)[None, :]
    inside = total[top + side, left + side] - total[top, left + side] - total[top + side, left] + total[top, left]
    return np.asarray(inside / side**2, np.float64)

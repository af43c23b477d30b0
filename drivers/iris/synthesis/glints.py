"""The lamps mirrored in the cornea."""

import numpy as np
from numpy.typing import NDArray

from drivers.iris.synthesis.anatomy import CORNEA_RADIUS_MM
from drivers.iris.synthesis.pose import EyeView

LAMPS_MM = ((-44.0, 26.0), (44.0, 26.0))
"""The camera's lamps beside its lens: x to the right of the image, y down."""
GLINT_GREY = 520.0
"""Brighter than white: a glint saturates, and still does when it is blurred a little."""
GLINT_HALF_MM = 0.13
_FAINTEST = 25.0  # grey levels that count as a glint in the truth


def lamp_images(view: EyeView, distance_mm: float) -> NDArray[np.float32]:
    """Where the cornea shows the lamps.

    Returns
    -------
    (n, 4) float32
        x, y and half width in pixels, brightness in grey levels. A convex mirror of radius R shows a far lamp at
        R / 2 times the angle at which it is seen.
    """
    spots = [
        (
            view.cornea[0] + view.scale * CORNEA_RADIUS_MM / 2 * x / distance_mm,
            view.cornea[1] + view.scale * CORNEA_RADIUS_MM / 2 * y / distance_mm,
            view.scale * GLINT_HALF_MM,
            GLINT_GREY,
        )
        for x, y in LAMPS_MM
    ]
    return np.array(spots, np.float32)


def add_spots(image: NDArray[np.float32], spots: NDArray[np.float32], free: NDArray[np.uint8] | None) -> None:
    """Add bright spots to `image` in place; `free` (0 to 255) says where the eyeball is to be seen."""
    height, width = image.shape
    for x, y, half, grey in spots.tolist():
        reach = 1.6 * half + 1
        left, right = max(0, int(x - reach)), min(width, int(x + reach) + 2)
        top, bottom = max(0, int(y - reach)), min(height, int(y + reach) + 2)
        if left >= right or top >= bottom:
            continue
        across = (np.arange(left, right, dtype=np.float32) - x) / half
        down = (np.arange(top, bottom, dtype=np.float32) - y) / half
        away = across[None, :] ** 2 + down[:, None] ** 2
        spot = grey * np.exp(-away * away)
        if free is not None:
            spot *= free[top:bottom, left:right] / np.float32(255)
        image[top:bottom, left:right] += spot


def spot_mask(shape: tuple[int, int], spots: NDArray[np.float32], free: NDArray[np.uint8] | None) -> NDArray[np.bool_]:
    """Where `add_spots` adds a visible amount: (height, width) bool."""
    light = np.zeros(shape, np.float32)
    add_spots(light, spots, free)
    return np.asarray(light > _FAINTEST)

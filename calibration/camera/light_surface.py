"""The even part of a light: a quadratic surface through a plain region, beside which specks and spots stand out."""

import numpy as np
from numpy.typing import NDArray

_SAMPLES = 6000
_ROUNDS = 4


def even_light(image: NDArray[np.floating], plain: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(height, width) float64 of a quadratic surface through what is plain and alike; the rest does not draw on it.

    Parameters
    ----------
    image : (height, width) float
    plain : (height, width) bool
        Where the surface is looked for; it is told everywhere.

    Raises
    ------
    ValueError
        Fewer than 50 pixels are plain.
    """
    places = np.flatnonzero(plain)
    if len(places) < 50:
        raise ValueError(f"a surface of light needs 50 plain pixels, not {len(places)}")
    picked = places[:: max(1, len(places) // _SAMPLES)]
    height, width = image.shape
    y, x = np.divmod(picked, width)
    design = _terms(x / width - 0.5, y / height - 0.5)
    values = np.asarray(image, np.float64).ravel()[picked]
    keep = values > np.percentile(values, 25) * 0.9
    fit: NDArray[np.floating] = np.zeros(6)
    for _ in range(_ROUNDS):
        fit, *_ = np.linalg.lstsq(design[keep], values[keep], rcond=None)
        off = values - design @ fit
        keep = np.abs(off) < max(3 * 1.4826 * float(np.median(np.abs(off[keep]))), 0.5)
    across, down = np.arange(width)[None, :] / width - 0.5, np.arange(height)[:, None] / height - 0.5
    rows = fit[0] + fit[2] * down + fit[5] * down**2
    return np.asarray(rows + (fit[1] + fit[4] * down) * across + fit[3] * across**2, np.float64)


def _terms(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)

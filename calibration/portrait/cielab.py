"""Linear sRGB in CIELAB, for daylight D65."""

import numpy as np
from numpy.typing import NDArray

_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
"""IEC 61966-2-1."""
_WHITE = _TO_XYZ.sum(axis=1)


def lab_of(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    """L*, a*, b* (ISO/CIE 11664-4).

    Parameters
    ----------
    linear : (n, 3) float64
        Red, green, blue, 0 to 1.

    Returns
    -------
    (n, 3) float64
    """
    share = linear @ _TO_XYZ.T / _WHITE
    root = np.where(share > (6 / 29) ** 3, np.cbrt(share), share * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = root.T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)

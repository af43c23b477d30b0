"""Ridge frequency of a whole print, from the ratio of two energies."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

MIN_PERIOD_PX = 3.5
MAX_PERIOD_PX = 10.5
"""Limits at 350 ppi: 0.25 mm (a child) to 0.76 mm; adults lie about 0.46 mm."""


def ridge_frequency(ridges: NDArray[np.float32], foreground: NDArray[np.bool_]) -> float:
    """Ridges per pixel at 350 ppi, clipped to the plausible 1/10.5 to 1/3.5.

    For v = sin(kx) the mean squared forward difference over the mean square is 4 sin^2(k/2), hence
    period = pi / arcsin(sqrt(e) / 2). One figure for a print is enough: following its variation gains nothing
    (measured on five public sets).

    Parameters
    ----------
    ridges : (h, w) float32
        Normalized sample at 350 ppi.
    foreground : (h, w) bool
    """
    band = cv2.GaussianBlur(ridges, (0, 0), 1.0) - cv2.GaussianBlur(ridges, (0, 0), 4.0)
    inside = foreground[:-1, :-1].astype(np.float32)
    here = band[:-1, :-1] * inside
    energy = float(np.vdot(here, here))
    if energy <= 0:
        return 1 / 6.5
    right, below = band[:-1, 1:] * inside - here, band[1:, :-1] * inside - here
    differences = float(np.vdot(right, right)) + float(np.vdot(below, below))
    half_sine = min(1.0, math.sqrt(differences / energy) / 2)
    period = math.pi / math.asin(max(half_sine, 0.05))
    return 1 / min(max(period, MIN_PERIOD_PX), MAX_PERIOD_PX)

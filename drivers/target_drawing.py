"""Flat targets drawn behind a lens that blurs like a Gaussian, in closed form: as sharp as the truth says, exactly."""

from math import cos, radians, sin

import numpy as np
from numpy.typing import NDArray


def target_plane(
    shape: tuple[int, int],
    px_per_mm: tuple[float, float],
    distance_mm: float,
    *,
    x_mm: float = 0.0,
    y_mm: float = 0.0,
    turn_deg: float = 0.0,
    tilt_deg: float = 0.0,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where on the target each pixel looks.

    Parameters
    ----------
    shape : (int, int)
        Height, width.
    px_per_mm : (float, float)
        Sampling across and down at the target's middle.
    distance_mm : float
        Of the target's middle from the entrance pupil.
    x_mm, y_mm : float
        Of the target's middle from the axis; y goes down.
    turn_deg, tilt_deg : float
        In its plane, clockwise; out of it, the right side away.

    Returns
    -------
    u, v : (height, width) float64
        Millimetres along the target's own axes from its middle.
    """
    height, width = shape
    seen_x = (np.arange(width)[None, :] - (width - 1) / 2) / px_per_mm[0]
    seen_y = (np.arange(height)[:, None] - (height - 1) / 2) / px_per_mm[1]
    seen_x, seen_y = np.broadcast_arrays(seen_x, seen_y)
    tilt, turn = radians(tilt_deg), radians(turn_deg)
    # Along the ray from the plane through the target's middle onto the tilted target.
    u = (seen_x - x_mm) / (cos(tilt) - seen_x * sin(tilt) / distance_mm)
    v = seen_y - y_mm + seen_y * u * sin(tilt) / distance_mm
    return u * cos(turn) + v * sin(turn), v * cos(turn) - u * sin(turn)


def blurred_box(
    u: NDArray[np.float64], v: NDArray[np.float64], box_mm: tuple[float, float, float, float], blur_mm: float
) -> NDArray[np.float64]:
    """Coverage 0 to 1 by a box of left, top, right, bottom: a Gaussian blurs it along one axis after the other."""
    left, top, right, bottom = box_mm
    reach = 6 * blur_mm
    near = (u > left - reach) & (u < right + reach) & (v > top - reach) & (v < bottom + reach)
    drawn = np.zeros(u.shape)
    across, down = u[near], v[near]
    drawn[near] = (smooth_step((across - left) / blur_mm) - smooth_step((across - right) / blur_mm)) * (
        smooth_step((down - top) / blur_mm) - smooth_step((down - bottom) / blur_mm)
    )
    return drawn


def blurred_disc(
    u: NDArray[np.float64], v: NDArray[np.float64], middle_mm: tuple[float, float], radius_mm: float, blur_mm: float
) -> NDArray[np.float64]:
    """Coverage 0 to 1 by a disc; where it is several blurs wide, as a lens would show it."""
    distance = np.hypot(u - middle_mm[0], v - middle_mm[1])
    near = distance < radius_mm + 6 * blur_mm
    drawn = np.zeros(u.shape)
    drawn[near] = smooth_step((radius_mm - distance[near]) / blur_mm)
    return drawn


def smooth_step(value: NDArray[np.float64]) -> NDArray[np.float64]:
    """A step behind a Gaussian blur of deviation 1."""
    from scipy.special import ndtr

    return np.asarray(ndtr(value), np.float64)

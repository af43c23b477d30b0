"""Pixels per millimetre of an iris camera, across and down, from the sides of the square target.

Target: the square, at the working distance, in the middle of the frame.
"""

from collections.abc import Sequence
from math import cos, hypot, radians

import numpy as np
from numpy.typing import NDArray

from calibration.camera.frames import check_light, check_steady, digests, stack_of
from calibration.camera.square import square_in
from calibration.camera.target import IRIS_SQUARE, CameraTarget
from calibration.measurement import Measured, Measurement

PROCEDURE, VERSION = "resolution", "1"
MIN_FRAMES = 4
IRIS_MM = 11.7
"""Width of a mean visible iris (10.2 to 13 mm); limits in pixels of an iris are read so."""
_TILT_UNCERTAINTY_DEG = 0.6


def px_per_mm(
    frames: Sequence[NDArray[np.uint8]], target: CameraTarget, distance_mm: float | None
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Value and standard uncertainty of each axis; errors as `measure`."""
    stack = stack_of(frames, MIN_FRAMES)
    check_light(stack)
    check_steady(stack)
    square = square_in(stack.mean(axis=0, dtype=np.float64), target, distance_mm)
    found = []
    for length_px, tilt in zip(square.px_per_side, square.tilt_deg, strict=True):
        seen = target.side_mm * cos(radians(tilt))  # a tilted side is foreshortened
        turned = abs(cos(radians(abs(tilt) + _TILT_UNCERTAINTY_DEG)) / cos(radians(tilt)) - 1)
        relative = hypot(
            2**0.5 * square.side_uncertainty_px / length_px, target.side_uncertainty_mm / target.side_mm, turned
        )
        found.append((length_px / seen, length_px / seen * relative))
    return found[0], found[1]


def measure(
    frames: Sequence[NDArray[np.uint8]], target: CameraTarget = IRIS_SQUARE, distance_mm: float | None = None
) -> Measurement:
    """`px_per_mm_x`, `px_per_mm_y`, and the pixels that an iris of 11.7 mm would have: `iris_diameter`.

    Parameters
    ----------
    frames : sequence of (height, width) uint8
        At least four.
    target : CameraTarget
    distance_mm : float, optional
        About where the target is held.

    Raises
    ------
    MeasurementRefused
        One of its children: no frames, no target, a wrong, tilted, dirty or covered one, too much or too little light.
    """
    across, down = px_per_mm(frames, target, distance_mm)
    least = min(across, down)
    values = (
        Measured("px_per_mm_x", *across, "px/mm"),
        Measured("px_per_mm_y", *down, "px/mm"),
        Measured("iris_diameter", IRIS_MM * least[0], IRIS_MM * least[1], "px"),
    )
    return Measurement(PROCEDURE, VERSION, values, {}, digests(frames))

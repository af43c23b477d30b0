"""An eye before the camera at one instant."""

from dataclasses import dataclass
from math import atan2, cos, hypot, radians, sin

import numpy as np
from numpy.typing import NDArray

from drivers.iris.synthesis.anatomy import CORNEA_CENTRE_MM, IRIS_DEPTH_MM, WORKING_DISTANCE_MM


@dataclass(frozen=True)
class Pose:
    """Where a head is, where its eyes look, how they move.

    Parameters
    ----------
    x_mm, y_mm : float
        Of the point that a settled person holds to the middle of the frame; x to the right of the image, y down.
    distance_mm : float
        From the lens.
    roll_deg : float
        Of the head, clockwise in the image.
    yaw_deg, pitch_deg : float
        Where the eyes look, off the line to the lens: to the right of the image, down.
    closing : float
        0 open, 1 shut by a blink.
    velocity_mm_per_s : (float, float)
    focus_error_px : float
        Blur by the lens beyond the distance's own, deviation.
    """

    x_mm: float = 0.0
    y_mm: float = 0.0
    distance_mm: float = WORKING_DISTANCE_MM
    roll_deg: float = 0.0
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    closing: float = 0.0
    velocity_mm_per_s: tuple[float, float] = (0.0, 0.0)
    focus_error_px: float = 0.0


@dataclass(frozen=True, eq=False)
class EyeView:
    """How one eye falls on the pixels of a frame.

    Parameters
    ----------
    rest : (2,) float64
        Where its iris centre would be if it looked at the lens: x, y.
    iris, cornea : (2,) float64
        Where the centres of the iris and of the cornea's sphere are.
    scale : float
        Pixels per millimetre at the eye.
    turn : (2, 2) float64
        Rotation of the head in the image.
    tilt : (2, 2) float64
        From a circle in the image plane to the foreshortened iris; symmetric.
    """

    rest: NDArray[np.float64]
    iris: NDArray[np.float64]
    cornea: NDArray[np.float64]
    scale: float
    turn: NDArray[np.float64]
    tilt: NDArray[np.float64]
    gaze: float
    """Angle between the gaze and the line to the lens, radians."""
    tilt_way: float
    """Direction of that angle in the image, radians from +x towards +y."""


def eye_view(
    pose: Pose, middle: tuple[float, float], beside_mm: float, px_per_mm: float, torsion_deg: float = 0.0
) -> EyeView:
    """Project an eye.

    Parameters
    ----------
    pose : Pose
    middle : (float, float)
        Pixel that a settled person holds still: the frame's middle.
    beside_mm : float
        Of the eye from the pose's own point, along the head's x.
    px_per_mm : float
        At the working distance.
    torsion_deg : float
        Of the eye in its head.
    """
    scale = px_per_mm * WORKING_DISTANCE_MM / pose.distance_mm
    roll = radians(pose.roll_deg)
    turn = _rotation(roll)
    rest = np.array(middle) + scale * (np.array([pose.x_mm, pose.y_mm]) + turn @ [beside_mm, 0.0])
    look = np.array([sin(radians(pose.yaw_deg)) * cos(radians(pose.pitch_deg)), sin(radians(pose.pitch_deg))])
    sine = min(hypot(*look), 0.99)
    way = atan2(look[1], look[0]) + roll
    along = np.array([cos(way), sin(way)])
    tilt = np.eye(2) - (1 - (1 - sine * sine) ** 0.5) * np.outer(along, along)
    return EyeView(
        rest=rest,
        iris=rest + scale * IRIS_DEPTH_MM * sine * along,
        cornea=rest + scale * CORNEA_CENTRE_MM * sine * along,
        scale=scale,
        turn=turn @ _rotation(radians(torsion_deg)),
        tilt=tilt,
        gaze=float(np.arcsin(sine)),
        tilt_way=way,
    )


def _rotation(angle: float) -> NDArray[np.float64]:
    return np.array([[cos(angle), -sin(angle)], [sin(angle), cos(angle)]])

"""How far from an iris camera an eye still has its pixels, and whether the camera tells distances truly.

Target: the square at three distances or more.
"""

from collections.abc import Sequence
from math import hypot

import numpy as np

from calibration.camera.frames import digests
from calibration.camera.target import IRIS_SQUARE, CameraTarget
from calibration.errors import TargetWrong
from calibration.iris.resolution import IRIS_MM, px_per_mm
from calibration.iris.stop import DistanceStop, in_order
from calibration.measurement import Measured, Measurement

PROCEDURE, VERSION = "distance", "1"
MIN_STOPS = 3
_MOST_STRAY = 0.02


def measure(
    stops: Sequence[DistanceStop],
    target: CameraTarget = IRIS_SQUARE,
    *,
    iris_px: float = 210.0,
    distance_uncertainty_mm: float = 0.5,
) -> Measurement:
    """`iris_farthest`: where an iris of 11.7 mm still has `iris_px` pixels; `pupil_behind`; `told_error`; all mm.

    Millimetres per pixel grow in a line with the distance from the entrance pupil, which lies `pupil_behind` the face
    that distances are taken from.

    Parameters
    ----------
    stops : sequence of DistanceStop
        At least three distances.
    target : CameraTarget
    iris_px : float
        210 for enrolment, 150 for authentication (MOSIP biometric specification).
    distance_uncertainty_mm : float
        Standard uncertainty of each stop's distance.

    Raises
    ------
    TooFewFrames
        Fewer than three distances.
    TargetWrong
        The sampling does not follow the distances: one was misread, or the lens zoomed.
    MeasurementRefused
        As `resolution`.
    """
    ordered = in_order(stops, MIN_STOPS)
    place = np.array([stop.distance_mm for stop in ordered])
    found = [min(px_per_mm(stop.frames, target, stop.distance_mm)) for stop in ordered]
    pitch = np.array([1 / value for value, _ in found])
    relative = np.array([spread / value for value, spread in found])
    slope, offset = np.polyfit(place, pitch, 1)
    stray = float(np.abs(pitch / np.polyval((slope, offset), place) - 1).max())
    if slope <= 0 or stray > _MOST_STRAY:
        raise TargetWrong(
            f"the sampling strays by {100 * stray:.1f} % from what the distances say;"
            " read the rail again, fix zoom and focus"
        )
    wanted = IRIS_MM / iris_px
    farthest = (wanted - offset) / slope
    # Each stop's error in millimetres, then that of a line through them at the place that is told.
    each = hypot(distance_uncertainty_mm, float((relative * pitch / slope).max()))
    about = float(np.square(place - place.mean()).sum())

    def at(distance: float) -> float:
        return float(each * (1 / len(place) + (distance - float(place.mean())) ** 2 / about) ** 0.5)

    values = [
        Measured("iris_farthest", float(farthest), at(float(farthest)), "mm"),
        Measured("pupil_behind", float(offset / slope), at(-float(offset / slope)), "mm"),
    ]
    told = [(stop.told_mm, stop.distance_mm) for stop in ordered if stop.told_mm is not None]
    if told:
        worst = max((said - true for said, true in told), key=abs)
        values.append(Measured("told_error", worst, distance_uncertainty_mm, "mm"))
    series = {"distance_mm": place.astype(np.float32), "px_per_mm": (1 / pitch).astype(np.float32)}
    frames = [frame for stop in ordered for frame in stop.frames]
    return Measurement(PROCEDURE, VERSION, tuple(values), series, digests(frames))

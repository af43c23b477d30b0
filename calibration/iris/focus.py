"""The range of distances in which an iris camera is sharp: 60 % of modulation or better at 2 line pairs per mm.

Target: the square, moved along a rail from too near to too far, in steps of a fifth of the range or less.
"""

from collections.abc import Callable, Sequence
from math import log

import numpy as np
from numpy.typing import NDArray

from calibration.camera.frames import digests
from calibration.camera.target import IRIS_SQUARE, CameraTarget
from calibration.errors import TooFewFrames
from calibration.iris.mtf_edge import square_mtf
from calibration.iris.stop import DistanceStop, in_order
from calibration.measurement import Measured, Measurement

PROCEDURE, VERSION = "focus", "1"
MIN_STOPS = 5
_USABLE = 0.15
"""Modulation below which a stop says little but that it is out of focus."""
_DRAWS = 400


def measure(
    stops: Sequence[DistanceStop],
    target: CameraTarget = IRIS_SQUARE,
    *,
    cycles_per_mm: float = 2.0,
    least: float = 0.6,
    distance_uncertainty_mm: float = 0.5,
    told: Callable[[float], None] | None = None,
) -> Measurement:
    """`focus_near`, `focus_far`, `focus_range`, `working_distance` (the sharpest) in mm, and its modulation.

    Parameters
    ----------
    stops : sequence of DistanceStop
        At least five distances; at least one on each side is below `least`.
    target : CameraTarget
    cycles_per_mm, least : float
        What is called sharp: the worse axis shows so much modulation.
    distance_uncertainty_mm : float
        Standard uncertainty of each stop's distance.
    told : callable, optional
        Called with the share that is done.

    Raises
    ------
    TooFewFrames
        Too few stops, or the range reaches beyond them: the message says on which side one is missing.
    MeasurementRefused
        As `square_mtf`, with the distance of the stop that it is about.

    Notes
    -----
    The logarithm of modulation falls with the square of the way from the best focus, for a Gaussian blur exactly. A
    parabola (weighted) is drawn through the logarithms of the stops near the threshold, and meets it twice.
    """
    ordered = in_order(stops, MIN_STOPS)
    places, levels, uncertain = [], [], []
    for index, stop in enumerate(ordered):
        try:
            modulation, uncertainty = square_mtf(stop.frames, target, stop.distance_mm).worse_at(cycles_per_mm)
        except ValueError as error:  # sampled too coarsely there to show that frequency at all
            raise TooFewFrames(f"at {stop.distance_mm:g} mm: {error}; leave that stop out") from error
        places.append(stop.distance_mm)
        levels.append(modulation)
        uncertain.append(uncertainty)
        if told is not None:
            told((index + 1) / len(ordered))
    place, level, spread = np.array(places), np.array(levels), np.array(uncertain)
    _check_span(place, level, least)
    near, far, best = _range_of(place, level, spread, least)
    errors = _spread_of(place, level, spread, least, distance_uncertainty_mm)
    top = int(level.argmax())
    name = f"modulation_{cycles_per_mm:g}_best"
    values = (
        Measured("focus_near", near, errors[0], "mm"),
        Measured("focus_far", far, errors[1], "mm"),
        Measured("focus_range", far - near, errors[2], "mm"),
        Measured("working_distance", best, errors[3], "mm"),
        Measured(name, float(level[top]), float(spread[top]), "1"),
    )
    series = {"distance_mm": place.astype(np.float32), "modulation": level.astype(np.float32)}
    frames = [frame for stop in ordered for frame in stop.frames]
    return Measurement(PROCEDURE, VERSION, values, series, digests(frames))


def _check_span(place: NDArray[np.float64], level: NDArray[np.float64], least: float) -> None:
    if float(level.max()) < least:
        raise TooFewFrames(
            f"no stop reaches {100 * least:.0f} %: the best is {100 * level.max():.0f} % at"
            f" {place[level.argmax()]:g} mm;"
            " add stops near it, clean the lens"
        )
    if level[0] >= least:
        raise TooFewFrames(f"it is still sharp at the nearest stop, {place[0]:g} mm; add one that is nearer")
    if level[-1] >= least:
        raise TooFewFrames(f"it is still sharp at the farthest stop, {place[-1]:g} mm; add one that is farther")


def _range_of(
    place: NDArray[np.float64], level: NDArray[np.float64], spread: NDArray[np.float64], least: float
) -> tuple[float, float, float]:
    usable = level > _USABLE
    if usable.sum() < MIN_STOPS - 1:
        raise TooFewFrames("most stops are far out of focus; set them closer together about the sharpest one")
    loss = -np.log(level[usable])
    middle = float(place[usable].mean())
    # Beside the uncertainty of each: a hundredth, as no lens blurs in a Gaussian.
    weight = level[usable] / np.hypot(spread[usable], 0.01)
    degree = 2 if usable.sum() < 7 else 3
    curve = np.polyfit(place[usable] - middle, loss, degree, w=weight)
    curve[-1] -= -log(least)
    roots = np.roots(curve)
    real = np.sort(roots[np.abs(roots.imag) < 1e-6].real) + middle
    step = float(np.diff(place).max())
    inside = real[(real > place[0] - step) & (real < place[-1] + step)]
    fine = np.linspace(place[usable].min(), place[usable].max(), 2001)
    best = float(fine[np.polyval(curve, fine - middle).argmin()])
    near, far = inside[inside < best], inside[inside > best]
    if not near.size or not far.size:
        raise TooFewFrames("the stops do not show where sharpness begins and ends; set them closer together")
    return float(near.max()), float(far.min()), best


def _spread_of(
    place: NDArray[np.float64],
    level: NDArray[np.float64],
    spread: NDArray[np.float64],
    least: float,
    distance_mm: float,
) -> tuple[float, float, float, float]:
    """Standard uncertainties of near, far, their difference and the best, by drawing what the stops may have been."""
    rng = np.random.default_rng(0x464F)
    drawn = []
    for _ in range(_DRAWS):
        levels = np.clip(level + spread * rng.standard_normal(len(level)), 1e-3, 1.0)
        try:
            near, far, best = _range_of(place + distance_mm * rng.standard_normal(len(place)), levels, spread, least)
        except TooFewFrames:
            continue
        drawn.append((near, far, far - near, best))
    if len(drawn) < _DRAWS // 2:
        raise TooFewFrames("the stops are too uncertain to tell a range; average more frames, light the target better")
    near, far, span, best = np.std(np.array(drawn), axis=0)
    return float(near), float(far), float(span), float(best)

"""Pixels per inch on each axis and in each region, from a ladder laid with upright, then with lying bars."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from calibration.errors import OutOfOrder
from calibration.frames import Correction, FrameStack, check_exposure, check_frames
from calibration.measurement import Measured, Measurement
from calibration.scanner.ladder import Ladder, find_ladder, turn_uncertainty, turned_pitches
from calibration.targets import Target

VERSION = "1"
FRAMES = 8
FORBIDDEN = (Correction.GEOMETRY,)
REGIONS = 3
_BANDS = 12
_UNKNOWN_SCALE = 0.02  # of the axis along the bars, where no second ladder measures it


def measure_resolution(upright: FrameStack | None, lying: FrameStack | None, target: Target) -> Measurement:
    """Measure the sampling.

    Parameters
    ----------
    upright, lying : FrameStack or None
        Frames of the ladder with its bars along columns, and along rows; one of them at least.
    target : Target
        Of kind `ladder`.

    Returns
    -------
    Measurement
        `ppi_x`, `ppi_y`, `turn_x`, `turn_y` (degrees), and of both `capture_width_mm`, `capture_height_mm`. Series
        `ppi_x_regions`, `ppi_y_regions`: (3, 3) float32, of ninths of the frame.

    Raises
    ------
    MeasurementRefused
        By the name of what is wrong with frames or target.

    Notes
    -----
    Bars are counted by gaps, along hundreds of lines; the turn is taken out with the scale of the other axis. The
    uncertainty is of the data: what the target's own certificate says of its spacing comes on top.
    """
    stacks = [stack for stack in (upright, lying) if stack is not None]
    if not stacks:
        raise OutOfOrder("resolution needs frames of upright or of lying bars; take them")
    for stack in stacks:
        check_frames(stack, FRAMES, FORBIDDEN)
        check_exposure(stack)
    ladders = {
        "x": None if upright is None else find_ladder(upright, target, upright=True),
        "y": None if lying is None else find_ladder(lying, target, upright=False),
    }
    nominal = 25.4 / stacks[0].ppi
    pitches = dict(zip("xy", turned_pitches(ladders["x"], ladders["y"], nominal), strict=True))
    values: list[Measured] = []
    series: dict[str, NDArray[np.generic]] = {}
    for axis, other in (("x", "y"), ("y", "x")):
        ladder = ladders[axis]
        if ladder is None:
            continue
        shape = stacks[0].shape if axis == "x" else stacks[0].shape[::-1]
        ppi = 25.4 / pitches[axis]
        scale = 0.0005 if ladders[other] is not None else _UNKNOWN_SCALE
        spread = np.hypot(_band_spread(ladder), turn_uncertainty(ladder, pitches[other], scale))
        values.append(Measured(f"ppi_{axis}", ppi, ppi * float(spread), "ppi"))
        values.append(Measured(f"turn_{axis}", float(np.degrees(ladder.turn(pitches[other]))), 0.01, "deg"))
        regions = _regions(ladder, shape, pitches[other])
        series[f"ppi_{axis}_regions"] = regions if axis == "x" else np.ascontiguousarray(regions.T)
    if len(stacks) == 2:
        (height, width), by_name = stacks[0].shape, {value.name: value for value in values}
        for name, pixels, axis in (("capture_width_mm", width, "x"), ("capture_height_mm", height, "y")):
            size, relative = pixels * pitches[axis], by_name[f"ppi_{axis}"]
            values.append(Measured(name, size, size * relative.uncertainty / relative.value, "mm"))
    digests = tuple(digest for stack in stacks for digest in stack.digests)
    return Measurement("resolution", VERSION, tuple(values), series, digests)


def _slope(ladder: Ladder, inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    terms = np.stack([ladder.across, ladder.along, np.ones_like(ladder.across)], axis=1)[inside]
    fit, *_ = np.linalg.lstsq(terms, ladder.bar[inside], rcond=None)
    return np.asarray(fit, np.float64)


def _band_spread(ladder: Ladder) -> float:
    """Relative standard error of the slope across, by how bands of rows differ."""
    edges = np.linspace(ladder.along.min(), ladder.along.max() + 1, _BANDS + 1)
    slopes = []
    for low, high in pairwise(edges):
        inside = (ladder.along >= low) & (ladder.along < high)
        if inside.sum() > 20:
            # The bars' turn is known of the whole frame far better than of a band.
            level = ladder.bar[inside] - ladder.plane[1] * ladder.along[inside]
            slopes.append(float(np.polyfit(ladder.across[inside], level, 1)[0]))
    return float(np.std(slopes, ddof=1) / np.sqrt(len(slopes)) / ladder.plane[0]) if len(slopes) > 2 else 0.001


def _regions(ladder: Ladder, shape: tuple[int, int], pitch_along: float) -> NDArray[np.float32]:
    """(rows, columns) of the turned frame: local pixels per inch across the bars; NaN where there are too few."""
    found = np.full((REGIONS, REGIONS), np.nan, np.float32)
    row = np.minimum((ladder.along * REGIONS / shape[0]).astype(np.intp), REGIONS - 1)
    column = np.clip((ladder.across * REGIONS / shape[1]).astype(np.intp), 0, REGIONS - 1)
    for i in range(REGIONS):
        for j in range(REGIONS):
            inside = (row == i) & (column == j)
            if inside.sum() < 50 or np.ptp(ladder.bar[inside]) < 2:
                continue
            local = Ladder(ladder.frequency, ladder.across, ladder.along, ladder.bar, _slope(ladder, inside))
            found[i, j] = 25.4 / local.pitch_mm(pitch_along)
    return found

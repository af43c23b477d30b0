"""Geometric accuracy: distances across bars, straightness along them, and a map of the error."""

from math import sqrt

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.errors import OutOfOrder
from calibration.frames import Correction, FrameStack, check_exposure, check_frames
from calibration.measurement import Measured, Measurement
from calibration.scanner.ladder import Ladder, find_ladder, turned_pitches
from calibration.targets import Target

VERSION = "1"
FRAMES = 8
FORBIDDEN = (Correction.GEOMETRY,)
SHORT_IN, LONG_IN = 0.07, 1.5
_BAND_ROWS = 16
_CELL_PX = 8
_SMOOTH_CELLS = 1.0
_RIDGE = 0.15
_MOST_CASES = 200_000


def measure_geometry(
    upright: FrameStack | None, lying: FrameStack | None, target: Target, stated_ppi: tuple[float, float] | None = None
) -> Measurement:
    """Measure geometric accuracy.

    Parameters
    ----------
    upright, lying : FrameStack or None
        As for the resolution.
    target : Target
        Of kind `ladder`.
    stated_ppi : (float, float), optional
        What records of this device state for x and y; by default the device's own figure.

    Returns
    -------
    Measurement
        Values, each the 99th of a hundred cases: `geometry_across_short` (inch: distance between neighbouring bars up
        to 0.07 in, measured less true), `geometry_across_relative` (beyond, up to 1.5 in, as a share of the true
        distance), `geometry_along` (inch: a bar's middle off its own straight line within 1.5 in); `geometry_rms` in
        pixels. The series of the same names have the cases. Series `error_x`, `error_y`: (height, width) float32,
        pixels, where the frame shows a point less where it ought to, without any plane (that is scale and turn).

    Raises
    ------
    MeasurementRefused
        By the name of what is wrong with frames or target.

    References
    ----------
    FBI EBTS Appendix F, geometric image accuracy, as quoted in BSI TR-03121-3 v6.0 vol. 2, 5.1.5.
    """
    stacks = [stack for stack in (upright, lying) if stack is not None]
    if not stacks:
        raise OutOfOrder("geometry needs frames of upright or of lying bars; take them")
    for stack in stacks:
        check_frames(stack, FRAMES, FORBIDDEN)
        check_exposure(stack)
    ladders = (
        None if upright is None else find_ladder(upright, target, upright=True),
        None if lying is None else find_ladder(lying, target, upright=False),
    )
    pitches = turned_pitches(*ladders, 25.4 / stacks[0].ppi)
    stated = stated_ppi or (stacks[0].ppi, stacks[0].ppi)
    cases: dict[str, list[NDArray[np.float64]]] = {"short": [], "relative": [], "along": []}
    series: dict[str, NDArray[np.generic]] = {}
    maps = []
    for ladder, axis in zip(ladders, "xy", strict=True):
        if ladder is None:
            continue
        own, other = pitches if axis == "x" else pitches[::-1]
        short, relative = _across(ladder, stated["xy".index(axis)], other)
        cases["short"].append(short)
        cases["relative"].append(relative)
        cases["along"].append(_along(ladder, own, other))
        shape = stacks[0].shape if axis == "x" else stacks[0].shape[::-1]
        error = _error_map(ladder, shape)
        maps.append(error)
        series[f"error_{axis}"] = error if axis == "x" else np.ascontiguousarray(error.T)
    values = [Measured("geometry_rms", float(np.sqrt(np.mean([np.mean(m**2) for m in maps]))), 0.02, "px")]
    noise_in = float(np.mean([_middle_noise(ladder) for ladder in ladders if ladder is not None])) / stacks[0].ppi
    for key, name, unit in (
        ("short", "geometry_across_short", "in"),
        ("relative", "geometry_across_relative", "1"),
        ("along", "geometry_along", "in"),
    ):
        all_cases = np.concatenate(cases[key])
        if not all_cases.size:
            continue
        series[name] = np.asarray(_thinned(np.abs(all_cases)), np.float32)
        uncertainty = noise_in * np.sqrt(2) / (1 if unit == "in" else 2 * SHORT_IN)
        values.append(Measured(name, float(np.quantile(np.abs(all_cases), 0.99)), float(uncertainty), unit))
    digests = tuple(digest for stack in stacks for digest in stack.digests)
    return Measurement("geometry", VERSION, tuple(values), series, digests)


def _banded(ladder: Ladder) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Mean middle of each bar in bands of rows: (bands, bars) across, NaN where missing; bars; rows of the bands."""
    band = (ladder.along // _BAND_ROWS).astype(np.intp)
    bar = (ladder.bar - ladder.bar.min()).astype(np.intp)
    shape = (int(band.max()) + 1, int(bar.max()) + 1)
    flat = band * shape[1] + bar
    count = np.bincount(flat, minlength=shape[0] * shape[1])
    # Bars lean: each middle is first brought to its band's middle row.
    middle = (np.arange(shape[0]) + 0.5) * _BAND_ROWS - 0.5
    lean = -ladder.plane[1] / ladder.plane[0]
    level = ladder.across + lean * (middle[band] - ladder.along)
    total = np.bincount(flat, weights=level, minlength=shape[0] * shape[1])
    enough = count >= _BAND_ROWS // 2
    across = np.where(enough, total / np.maximum(count, 1), np.nan).reshape(shape)
    return np.asarray(across, np.float64), np.arange(shape[1], dtype=np.float64), np.asarray(middle, np.float64)


def _across(ladder: Ladder, stated_ppi: float, pitch_along: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Measured less true distances between all pairs of bars of a band: short ones in inch, long ones relative."""
    across, bars, _ = _banded(ladder)
    true_in = 1 / ladder.frequency / 25.4
    cos = np.cos(ladder.turn(pitch_along))
    short: list[NDArray[np.float64]] = []
    relative: list[NDArray[np.float64]] = []
    for gap in range(1, len(bars)):
        distance = gap * true_in
        if distance > LONG_IN:
            break
        # In a row of a turned ladder bars are further apart than across the bars.
        seen = (across[:, gap:] - across[:, :-gap]) * cos / stated_ppi
        error = (seen - distance)[np.isfinite(seen)]
        if distance <= SHORT_IN:
            short.append(error)
        else:
            relative.append(error / distance)
    nothing = np.zeros(0)
    return np.concatenate([nothing, *short]), np.concatenate([nothing, *relative])


def _along(ladder: Ladder, pitch: float, pitch_along: float) -> NDArray[np.float64]:
    """How far bars leave their own straight lines, inch, within windows of 1.5 in."""
    across, _, rows = _banded(ladder)
    window = max(4, int(LONG_IN * 25.4 / pitch_along / _BAND_ROWS))
    found: list[NDArray[np.float64]] = []
    for start in range(0, max(1, len(rows) - window + 1), max(1, window // 2)):
        part, at = across[start : start + window], rows[start : start + window]
        for column in part.T:
            good = np.isfinite(column)
            if good.sum() >= 4:
                line = np.polyfit(at[good], column[good], 1)
                found.append((column[good] - np.polyval(line, at[good])) * pitch / 25.4)
    return np.concatenate([np.zeros(0), *found])


def _middle_noise(ladder: Ladder) -> float:
    """Standard uncertainty of a band's mean middle, pixels: by how neighbouring rows of a bar differ."""
    order = np.lexsort((ladder.along, ladder.bar))
    step = np.diff(ladder.across[order])
    same = (np.diff(ladder.bar[order]) == 0) & (np.diff(ladder.along[order]) == 1)
    return 1.4826 / sqrt(2) * float(np.median(np.abs(step[same] - np.median(step[same])))) / sqrt(_BAND_ROWS)


def _error_map(ladder: Ladder, shape: tuple[int, int]) -> NDArray[np.float32]:
    """Displacement across the bars everywhere, without any plane."""
    expected = (ladder.bar - ladder.plane[1] * ladder.along - ladder.plane[2]) / ladder.plane[0]
    off = ladder.across - expected
    cells = (-(-shape[0] // _CELL_PX), -(-shape[1] // _CELL_PX))
    # A bar's middle may lie just beyond the rim where only its side is seen.
    column = np.clip((ladder.across // _CELL_PX).astype(np.intp), 0, cells[1] - 1)
    flat = (ladder.along // _CELL_PX).astype(np.intp) * cells[1] + column
    count = np.bincount(flat, minlength=cells[0] * cells[1]).reshape(cells).astype(np.float32)
    total = np.bincount(flat, weights=off, minlength=cells[0] * cells[1]).reshape(cells).astype(np.float32)
    filled = _spread_out(total, count)
    y = (np.arange(shape[0], dtype=np.float32) + 0.5) / _CELL_PX - 0.5
    x = (np.arange(shape[1], dtype=np.float32) + 0.5) / _CELL_PX - 0.5
    across, down = np.meshgrid(x, y)
    wide = cv2.remap(filled, across, down, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return _without_plane(np.asarray(wide, np.float32))


def _spread_out(total: NDArray[np.float32], count: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weighted local lines through the cells, so that neither gaps between bars nor the rim bend the map."""
    rows, columns = np.mgrid[: total.shape[0], : total.shape[1]].astype(np.float32)
    result = np.full(total.shape, np.nan, np.float32)
    for sigma in (_SMOOTH_CELLS, 2 * _SMOOTH_CELLS, 4 * _SMOOTH_CELLS):

        def mean(weighted: NDArray[np.float32], sigma: float = sigma) -> NDArray[np.float32]:
            smooth = cv2.GaussianBlur(weighted, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
            return np.asarray(smooth, np.float32)

        w = mean(count)
        known = w > 0.2
        safe = np.maximum(w, 1e-6)
        mx, my, mz = mean(count * columns) / safe, mean(count * rows) / safe, mean(total) / safe
        xx, yy = mean(count * columns**2) / safe - mx * mx, mean(count * rows**2) / safe - my * my
        xy = mean(count * columns * rows) / safe - mx * my
        xz, yz = mean(total * columns) / safe - mx * mz, mean(total * rows) / safe - my * mz
        # At the rim all points may lie on one side, or on one bar; a slope is then held back, not made up.
        xx, yy = xx + _RIDGE * sigma**2, yy + _RIDGE * sigma**2
        determinant = xx * yy - xy * xy
        a, b = (xz * yy - yz * xy) / determinant, (yz * xx - xz * xy) / determinant
        level = mz + a * (columns - mx) + b * (rows - my)
        fill = np.isnan(result) & known
        result[fill] = level[fill]
    return np.asarray(np.nan_to_num(result), np.float32)


def _without_plane(field: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = field.shape
    y, x = np.linspace(-1, 1, height, dtype=np.float32)[:, None], np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    level = field - field.mean()
    level -= x * np.float32((level * x).sum() / (height * (x * x).sum()))
    level -= y * np.float32((level * y).sum() / (width * (y * y).sum()))
    return np.asarray(level, np.float32)


def _thinned(cases: NDArray[np.float64]) -> NDArray[np.float64]:
    """Every so-manieth of the sorted cases, the worst among them: their distribution stays as it is."""
    ordered = np.sort(cases)[::-1]
    return ordered[:: -(-len(ordered) // _MOST_CASES)]

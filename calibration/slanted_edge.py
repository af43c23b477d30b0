"""Modulation transfer from frames of one slanted edge (ISO 12233:2023, e-SFR; four bins to a pixel)."""

from dataclasses import dataclass
from math import atan, ceil, cos, degrees, hypot

import numpy as np
from numpy.typing import NDArray

from calibration.errors import (
    Overexposed,
    TargetDirty,
    TargetMissing,
    TargetTilted,
    TargetWrong,
    TooFewFrames,
    Underexposed,
)

BINS_PER_PX = 4
MIN_CROSSINGS = 5
"""Pixel columns that the edge must cross, so that every quarter pixel is met (MITRE, slanted-edge SFR: five)."""
MAX_SLOPE = 0.6
"""Columns per row; 31 degrees; edges of a target lie at 2 to 10."""
HALF_WINDOW_PX = 16.0
"""The window reaches so far to both sides: a line spread wider than that is no image."""
MIN_SIDE_PX = 12
_LEAST_STEP = 12.0  # grey levels between the two sides
_MOST_STRAY_PX = 1.5  # of one row's edge from the line
_CLIPPED = 0.02
_DIRT = 8.0  # deviations of the noise
_SPECK_SHARE = 0.004


@dataclass(frozen=True, eq=False)
class EdgeMtf:
    """What one edge tells.

    Parameters
    ----------
    frequency : (n,) float64
        Cycles per pixel across the edge, 0 to 0.5.
    modulation : (n,) float64
        1 at 0. Neither the derivative's nor the bins' own loss is left in it.
    uncertainty : (n,) float64
        Standard uncertainty of `modulation`: noise, and the edge's slope.
    slope : float
        Columns per row, after a transposition where the edge runs along rows.
    upright : bool
        Whether the edge runs along columns (and the modulation is that of the rows).
    dark, light : float
        Means of the two sides.
    noise : float
        Deviation of a pixel of the mean frame, same scale.
    crossings : float
        Pixel columns that the edge crosses.
    """

    frequency: NDArray[np.float64]
    modulation: NDArray[np.float64]
    uncertainty: NDArray[np.float64]
    slope: float
    upright: bool
    dark: float
    light: float
    noise: float
    crossings: float

    @property
    def angle_deg(self) -> float:
        """From the grid's line."""
        return degrees(atan(abs(self.slope)))

    def at(self, cycles_per_px: float) -> tuple[float, float]:
        """Modulation and its standard uncertainty at one frequency.

        Raises
        ------
        ValueError
            Outside of 0 to 0.5 cycles per pixel: nothing is extrapolated.
        """
        if not 0 <= cycles_per_px <= float(self.frequency[-1]):
            raise ValueError(f"an edge tells of 0 to 0.5 cycles per pixel, not of {cycles_per_px:g}")
        value = float(np.interp(cycles_per_px, self.frequency, self.modulation))
        return value, float(np.interp(cycles_per_px, self.frequency, self.uncertainty))


def slanted_edge_mtf(
    frames: NDArray[np.generic], *, response: NDArray[np.floating] | None = None, saturated: float = 254.5
) -> EdgeMtf:
    """Measure the modulation transfer across the one edge in the frames.

    Parameters
    ----------
    frames : (n, height, width) or (height, width)
        Grey levels of the same region; averaged. One straight edge divides it, and both of its sides are plain.
    response : (256,) float, optional
        Reflectance of each grey level, for a device that is not linear: modulation is one of light, not of levels.
    saturated : float
        Levels from here on are clipped.

    Returns
    -------
    EdgeMtf

    Raises
    ------
    ValueError
        The array is no stack of frames.
    TargetMissing, TargetWrong, TargetTilted, TargetDirty, Overexposed, Underexposed, TooFewFrames
        As their names say.

    References
    ----------
    ISO 12233:2023, edge-based spatial frequency response: row centroids of the derivative, line fit, projection to
    quarter pixels, derivative, window, DFT. The noise's own power is taken off the squared modulation, and the window
    is another than the standard's.
    """
    stack = _stack_of(frames)
    _check_light(stack, saturated)
    if response is not None:
        table = np.asarray(response, np.float64)
        if table.shape != (256,):
            raise ValueError(f"a response has 256 reflectances, not {table.shape}")
        levels = np.arange(256.0)
        stack = np.interp(stack, levels, table)
    mean = stack.mean(axis=0)
    upright = _runs_down(mean)
    if not upright:
        mean = mean.T
    if mean[:, -3:].mean() < mean[:, :3].mean():
        mean = mean[:, ::-1]
    line = _edge_line(mean)
    slope = float(np.polyder(np.poly1d(line))(len(mean) / 2))
    rows = np.arange(len(mean))
    crossings = abs(float(np.polyval(line, len(mean) - 1) - np.polyval(line, 0)))
    if abs(slope) > MAX_SLOPE:
        raise TargetTilted(
            f"the edge leans by {degrees(atan(abs(slope))):.0f} degrees; turn the target to 2 to 10 degrees"
        )
    if crossings < MIN_CROSSINGS:
        raise TargetTilted(
            f"the edge crosses {crossings:.1f} pixels on its way and {MIN_CROSSINGS} are needed;"
            " turn the target a little further, or take a longer piece of the edge"
        )
    across = (np.arange(mean.shape[1])[None, :] - np.polyval(line, rows)[:, None]) * cos(atan(slope))
    level, noise, dark, light = _levelled(mean, across, upright_sides=HALF_WINDOW_PX)
    frequency, modulation, spread = _transfer(level, across, noise)
    uncertainty = np.hypot(spread, _line_uncertainty(mean, line, frequency, noise))
    return EdgeMtf(
        frequency, modulation, uncertainty, slope, upright, dark, light, noise * abs(light - dark), crossings
    )


def _stack_of(frames: NDArray[np.generic]) -> NDArray[np.float64]:
    stack = np.asarray(frames, np.float64)
    if stack.ndim == 2:
        stack = stack[None]
    if stack.ndim != 3:
        raise ValueError(f"frames are (n, height, width), not {np.shape(frames)}")
    if not len(stack):
        raise TooFewFrames("there is no frame of the edge; take at least one")
    if min(stack.shape[1:]) < 2 * MIN_SIDE_PX:
        raise TargetWrong(
            f"the edge's region is {stack.shape[2]} x {stack.shape[1]} pixels and needs {2 * MIN_SIDE_PX} on each side"
        )
    if not np.isfinite(stack).all():
        raise ValueError("frames must be finite")
    return stack


def _check_light(stack: NDArray[np.float64], saturated: float) -> None:
    low, high = np.percentile(stack, [2, 98])
    if (stack >= saturated).mean() > _CLIPPED:
        raise Overexposed("more than 2 % of the pixels about the edge are clipped; lower exposure or light")
    if high < _LEAST_STEP:
        raise Underexposed(f"the light side of the edge has grey {high:.0f}; give more light or exposure")
    if high - low < _LEAST_STEP:
        raise TargetMissing("there is no edge in the region: both sides are alike; put the edge target in its place")


def _runs_down(image: NDArray[np.float64]) -> bool:
    """Whether the edge runs along columns: then levels differ between columns."""
    columns, rows = image.mean(axis=0), image.mean(axis=1)
    return float(np.ptp(columns)) >= float(np.ptp(rows))


def _edge_line(image: NDArray[np.float64]) -> NDArray[np.float64]:
    """Coefficients of the edge's column by row: a parabola where it is long, as lenses bend lines."""
    height, width = image.shape
    columns = np.arange(width)
    steps = np.zeros_like(image)
    steps[:, 1:-1] = (image[:, 2:] - image[:, :-2]) / 2
    smooth = np.apply_along_axis(np.convolve, 1, steps, np.ones(5) / 5, "same")
    centre = smooth.argmax(axis=1).astype(np.float64)
    rows = np.arange(height)
    line = _robust_line(rows, centre, 1)
    for reach in (12.0, 8.0, 8.0):
        at = np.polyval(line, rows)[:, None]
        weight = np.clip(1 - ((columns[None, :] - at) / reach) ** 2, 0, None)
        weighted = steps * weight
        total = weighted.sum(axis=1)
        # A row without a step of its own would divide by nothing.
        usable = total > 0.15 * np.median(total)
        inside = (at[:, 0] > 2) & (at[:, 0] < width - 3)
        usable &= inside
        if usable.sum() < max(8, 0.5 * height):
            raise TargetWrong("no single straight edge crosses the region; choose the edge target and its middle")
        centre = np.where(usable, (weighted * columns).sum(axis=1) / np.where(usable, total, 1), np.nan)
        good = np.isfinite(centre)
        line = _robust_line(rows[good], centre[good], 2 if good.sum() >= 60 else 1)
    stray = np.abs(centre[good] - np.polyval(line, rows[good]))
    if float(np.sqrt(np.mean(stray**2))) > _MOST_STRAY_PX:
        raise TargetWrong("the edge is not straight; choose the edge target, or a region with one of its edges alone")
    return line


def _robust_line(rows: NDArray[np.integer], columns: NDArray[np.float64], degree: int) -> NDArray[np.float64]:
    keep = np.ones(len(rows), np.bool_)
    line = np.polyfit(rows, columns, degree)
    for _ in range(3):
        off = columns - np.polyval(line, rows)
        scale = 1.4826 * float(np.median(np.abs(off[keep] - np.median(off[keep])))) + 1e-6
        keep = np.abs(off) <= max(4 * scale, 0.02)
        if keep.sum() < degree + 3:
            break
        line = np.polyfit(rows[keep], columns[keep], degree)
    return np.asarray(line, np.float64)


def _levelled(
    image: NDArray[np.float64], across: NDArray[np.float64], upright_sides: float
) -> tuple[NDArray[np.float64], float, float, float]:
    """The image with its dark side at 0 and its light side at 1 though the light falls off, and the noise in it."""
    y, x = np.mgrid[0 : image.shape[0], 0 : image.shape[1]].astype(np.float64)
    x, y = x / image.shape[1] - 0.5, y / image.shape[0] - 0.5
    terms = np.stack([np.ones_like(x), x, y], axis=-1)
    planes, left_over, means = [], [], []
    for side in (-1, 1):
        reach = min(upright_sides / 2, 0.5 * float(np.median(np.abs(side * across).max(axis=1))))
        plain = side * across > max(reach, 4.0)
        if plain.sum() < 50:
            raise TargetWrong("one side of the edge is too narrow to be judged; take a wider region about the edge")
        fit, *_ = np.linalg.lstsq(terms[plain], image[plain], rcond=None)
        residual = image[plain] - terms[plain] @ fit
        deviation = 1.4826 * float(np.median(np.abs(residual - np.median(residual)))) + 1e-9
        specks = float((np.abs(residual) > max(_DIRT * deviation, 3.0 * np.ptp(image) / 100)).mean())
        if specks > _SPECK_SHARE:
            raise TargetDirty(f"{100 * specks:.1f} % of a side of the edge is specked; wipe target and glass")
        planes.append(terms @ fit)
        left_over.append(float(residual.std()))
        means.append(float(image[plain].mean()))
    dark, light = planes
    step = light - dark
    if float(step.min()) < 0.3 * float(step.mean()):
        raise TargetWrong("the light changes too much along the edge; light the target evenly")
    noise = float(np.sqrt(np.mean(np.square(left_over)))) / float(step.mean())
    return (image - dark) / step, noise, means[0], means[1]


def _transfer(
    level: NDArray[np.float64], across: NDArray[np.float64], noise: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Frequencies in cycles per pixel, modulation and its standard uncertainty by noise."""
    reach = ceil(HALF_WINDOW_PX * BINS_PER_PX)
    place = np.rint(across * BINS_PER_PX).astype(np.int64) + reach
    inside = (place >= 0) & (place <= 2 * reach)
    count = np.bincount(place[inside], minlength=2 * reach + 1).astype(np.float64)
    total = np.bincount(place[inside], weights=level[inside], minlength=2 * reach + 1)
    known = np.flatnonzero(count)
    middle = slice(reach - 5 * BINS_PER_PX, reach + 5 * BINS_PER_PX)
    if len(known) < 20 or (count[middle] == 0).mean() > 0.1:
        raise TargetTilted("the edge lies too straight along the pixels to be sampled finely; turn the target a little")
    spread = np.interp(np.arange(len(count)), known, total[known] / count[known])
    line_spread = np.zeros_like(spread)
    line_spread[1:-1] = (spread[2:] - spread[:-2]) / 2
    # The standard's Hamming window narrows a wide line spread: by 0.03 of modulation at 2 pixels. This one is flat in
    # its inner half and falls off as a cosine beyond.
    beyond = np.clip(2 * np.abs(np.arange(len(spread)) - reach) / reach - 1, 0, 1)
    window = 0.5 + 0.5 * np.cos(np.pi * beyond)
    frequency = np.linspace(0, 0.5, 129)
    turns = np.exp(-2j * np.pi * frequency[:, None] * (np.arange(len(spread)) - reach)[None, :] / BINS_PER_PX)
    spectrum = turns @ (line_spread * window)
    whole = abs(spectrum[0])
    # The derivative over half a pixel, and the mean over a quarter, have a transfer of their own.
    loss = np.sinc(2 * frequency / BINS_PER_PX) * np.sinc(frequency / BINS_PER_PX)
    per_bin = noise**2 / np.where(count > 0, count, 1.0)
    # How the noise of each bin reaches the spectrum: it stands in two neighbours of the derivative, with other signs.
    weight = turns * window[None, :]
    reached = np.zeros_like(weight)
    reached[:, 2:] += weight[:, 1:-1] / 2
    reached[:, :-2] -= weight[:, 1:-1] / 2
    power = (np.abs(reached) ** 2 @ per_bin) / whole**2
    squared = np.abs(spectrum / whole) ** 2 - power
    modulation = np.sqrt(np.clip(squared, 0, None)) / loss
    uncertainty = np.sqrt(power / 2) / loss
    modulation[0], uncertainty[0] = 1.0, 0.0
    return frequency, modulation, uncertainty


def _line_uncertainty(
    image: NDArray[np.float64], line: NDArray[np.float64], frequency: NDArray[np.float64], noise: float
) -> NDArray[np.float64]:
    """What a mistake of the line's slope does: the edge smears over the rows, evenly, by slope error times height.

    The fit's own error follows from the noise of a centroid over about 8 pixels; 0.002 columns per row is not
    undercut, as edges are bent a little.
    """
    height = len(image)
    centroid = noise * hypot(8.0, 2.0)
    slope_error = max(centroid * (12 / height**3) ** 0.5, 0.05 / height)
    return np.asarray(1 - np.sinc(frequency * slope_error * height), np.float64) + 0.003

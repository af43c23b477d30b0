"""Periodic dots: peaks that stand out of the spectrum of tiles."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

TILE = 48
_LOWEST, _HIGHEST = 1 / 12, 0.46
"""Cycles per pixel: coarser is texture, finer is the sensor's own."""
_AXIS_BINS = 1
_ALONG_RAY = (0.7, 0.76, 1.3, 1.4)


@dataclass(frozen=True)
class DotPeak:
    """The strongest peak.

    Parameters
    ----------
    excess : float
        Natural logarithm of its power over that of the frequencies about it, mean of all tiles.
    uncertainty : float
        Deviation of such an excess where there is none.
    period_px : float
        Of the strongest frequency about it, interpolated between bins: to 1 % where `excess` is 2.5 or more.
    """

    excess: float
    uncertainty: float
    period_px: float


def log_spectrum(tiles: NDArray[np.float32]) -> NDArray[np.float64]:
    """Mean logarithm of the power of (n, TILE, TILE) tiles about their own means: (TILE, TILE // 2 + 1).

    The logarithm, so that one tile with a lash in it counts once.
    """
    window = np.hanning(TILE + 2)[1:-1]
    power = np.abs(np.fft.rfft2(tiles * (window[:, None] * window[None, :]).astype(np.float32))) ** 2
    power /= power.sum(axis=(1, 2), keepdims=True) + 1e-9
    return np.asarray(np.log(power + 1e-9).mean(axis=0))


def dot_peak(spectrum: NDArray[np.float64], tiles: int, *, axes: bool) -> DotPeak:
    """The peak of a mean log spectrum of that many half-overlapping tiles.

    `axes`: whether frequencies along the axes count. In a frame they do not: compression in blocks of 8, fields,
    banding and rows of the sensor lie there.
    """
    whole = np.concatenate([spectrum, spectrum[(-np.arange(TILE)) % TILE][:, -2:0:-1]], axis=1)
    wide = np.fft.fftshift(whole).astype(np.float32)
    near = np.maximum(cv2.medianBlur(np.ascontiguousarray(wide), 5), _ring_median(wide))
    around = np.maximum(near, _ray_median(wide))
    along, down = np.meshgrid(np.fft.fftshift(np.fft.fftfreq(TILE)), np.fft.fftshift(np.fft.fftfreq(TILE)))
    frequency = np.hypot(along, down)
    counts = (frequency > _LOWEST) & (np.maximum(np.abs(along), np.abs(down)) < _HIGHEST)
    if not axes:
        counts &= np.minimum(np.abs(along), np.abs(down)) * TILE > _AXIS_BINS + 0.5
    excess = np.where(counts, wide - around, -np.inf)
    row, column = (int(index) for index in np.unravel_index(int(excess.argmax()), excess.shape))
    uncertainty = 1.28 / max(0.6 * tiles, 1.0) ** 0.5
    return DotPeak(float(excess[row, column]), uncertainty, _period(wide, wide - around, row, column))


def _period(wide: NDArray[np.float32], excess: NDArray[np.float32], row: int, column: int) -> float:
    """Pixels, by the top of the parabolas through the strongest of the bins about a peak and its neighbours.

    A Hann window spreads one frequency over bins on both sides of it, and of those that are as strong the excess is
    larger farther out, where texture is weaker: a bin too far at times. The logarithm of the window's main lobe is so
    near to a parabola that its top is off by 0.02 bins at most (M. Gasior, J. L. Gonzalez, CERN-AB-2004-021).
    """
    near = np.ix_(np.arange(row - 2, row + 3) % TILE, np.arange(column - 2, column + 3) % TILE)
    level, stands_out = wide[near], excess[near][1:-1, 1:-1] > excess[row, column] / 2
    down, along = np.unravel_index(int(np.where(stands_out, level[1:-1, 1:-1], -np.inf).argmax()), (3, 3))
    fine_row = row - 1 + down + _top(level[down : down + 3, along + 1])
    fine_column = column - 1 + along + _top(level[down + 1, along : along + 3])
    return float(TILE / np.hypot(fine_row - TILE // 2, fine_column - TILE // 2))


def _top(three: NDArray[np.float32]) -> float:
    """Where the parabola through three values is highest, from the middle one, half a step at most."""
    before, middle, after = (float(value) for value in three)
    bend = 2 * middle - before - after
    return float(np.clip((after - before) / (2 * bend), -0.5, 0.5)) if bend > 0 else 0.0


def _ray_median(wide: NDArray[np.float32]) -> NDArray[np.float32]:
    """Median of what lies on the same ray from the origin, a little nearer and farther: an edge gives a whole ray."""
    y, x = np.mgrid[:TILE, :TILE].astype(np.float32)
    centre = np.float32(TILE // 2)
    along = [
        cv2.remap(
            wide,
            np.float32(factor) * (x - centre) + centre,
            np.float32(factor) * (y - centre) + centre,
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT_101,
        )
        for factor in _ALONG_RAY
    ]
    return np.asarray(np.median(np.stack(along), axis=0), np.float32)


def _ring_median(wide: NDArray[np.float32]) -> NDArray[np.float32]:
    """Median of what lies 3 to 5 bins off along eight directions: a ridge through a bin is no peak."""
    offsets = [(dy, dx) for dy in (-4, 0, 4) for dx in (-4, 0, 4) if (dy, dx) != (0, 0)]
    moved = [np.roll(wide, offset, (0, 1)) for offset in offsets]
    return np.asarray(np.median(np.stack(moved), axis=0), np.float32)

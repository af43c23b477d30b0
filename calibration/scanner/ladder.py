"""Ladders of parallel bars (Ronchi rulings): every bar's middle, to a few thousandths of a pixel.

A frame is turned so that its bars stand upright. A dark bar's middle is the mean of its two sides in each row, so that
levels that are a little off move nothing.
"""

from dataclasses import dataclass
from math import asin, cos, degrees, hypot, sin

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.errors import (
    TargetCovered,
    TargetDirty,
    TargetMissing,
    TargetTilted,
    TargetUnsuitable,
    TargetWrong,
)
from calibration.frames import FrameStack
from calibration.placement import MOST_TURN_DEG
from calibration.targets import Target
from drivers.fingerprint.synthesis.target_element import ElementKind

_LEAST_CONTRAST = 0.15
_MOST_STRETCH = 0.08
_SMOOTH_ROWS = 2.0
_SMOOTH_COLUMNS = 0.7
_STRAY_CYCLES = 0.2
_SPECK = 0.1
_DIRTY_SHARE = 0.004


@dataclass(frozen=True, eq=False)
class Ladder:
    """Bars of one frame, as if they stood upright.

    Parameters
    ----------
    frequency : float
        Of the target, cycles per millimetre.
    across, along : (n,) float64
        Pixels: where a bar's middle lies across the bars, and on which row.
    bar : (n,) float64
        Number of the bar.
    plane : (3,) float64
        bar = plane[0] across + plane[1] along + plane[2], by least squares.
    """

    frequency: float
    across: NDArray[np.float64]
    along: NDArray[np.float64]
    bar: NDArray[np.float64]
    plane: NDArray[np.float64]

    def turn(self, pitch_along_mm: float) -> float:
        """Radians by which the target is turned, with the scale along the bars."""
        return asin(float(np.clip(self.plane[1] / (self.frequency * pitch_along_mm), -1, 1)))

    def pitch_mm(self, pitch_along_mm: float) -> float:
        """Millimetres per pixel across the bars."""
        return float(self.plane[0]) / (self.frequency * cos(self.turn(pitch_along_mm)))


def find_ladder(stack: FrameStack, target: Target, upright: bool) -> Ladder:
    """Find the bars of a ladder that covers the glass.

    Parameters
    ----------
    stack : FrameStack
    target : Target
        Of kind `ladder`.
    upright : bool
        Whether its bars run along columns (else along rows).

    Returns
    -------
    Ladder

    Raises
    ------
    TargetUnsuitable, TargetMissing, TargetWrong, TargetTilted, TargetCovered, TargetDirty
    """
    frequency = ladder_frequency(target)
    median = np.asarray(cv2.medianBlur(stack.mean, 3), np.float32)
    image = median if upright else np.ascontiguousarray(median.T)
    low, high = np.percentile(image, [5, 95])
    if high - low < _LEAST_CONTRAST * max(stack.full_scale * 0.5, high):
        raise TargetMissing(f"no bars are seen on the glass; lay target {target.id} on it, face down")
    expected = frequency * 25.4 / stack.ppi
    wave = _wave(image)
    _check_wave(wave, expected, target, upright)
    _check_whole(image, wave, target)
    across, along = _bar_middles(image, stack.mean if upright else stack.mean.T, expected)
    if len(across) < image.shape[0]:
        raise TargetWrong(f"bars of target {target.id} could not be followed; lay it flat, face down")
    return _numbered(frequency, across, along, wave, target)


def ladder_frequency(target: Target) -> float:
    """Cycles per millimetre of a ladder; TargetUnsuitable where the target is none."""
    bars = target.of_kind(ElementKind.BARS)
    if target.kind != "ladder" or len(bars) != 1:
        raise TargetUnsuitable(f"target {target.id} is a {target.kind} target; a ladder of bars is needed")
    return bars[0].frequency


def _wave(image: NDArray[np.float32]) -> tuple[float, float]:
    """Cycles per pixel of the strongest pattern: across and down, the first not negative."""
    height, width = image.shape
    window = np.hanning(height)[:, None] * np.hanning(width)[None, :]
    level = cv2.GaussianBlur(image, (0, 0), 30)
    size = (2 * height, 2 * width)
    power = np.abs(np.fft.rfft2((image - level) * window, s=size))
    power[:2, :2] = 0
    row, column = np.unravel_index(int(power.argmax()), power.shape)

    def peak(before: float, at: float, after: float) -> float:
        bend = before - 2 * at + after
        return 0.0 if bend == 0 else 0.5 * (before - after) / bend

    logs = np.log(power + 1e-9)
    down = peak(logs[row - 1, column], logs[row, column], logs[(row + 1) % size[0], column])
    right = 0.0
    if 0 < column < power.shape[1] - 1:
        right = peak(logs[row, column - 1], logs[row, column], logs[row, column + 1])
    y = (row + down) / size[0]
    return float((column + right) / size[1]), float(y - 1 if y > 0.5 else y)


def _check_wave(wave: tuple[float, float], expected: float, target: Target, upright: bool) -> None:
    found = hypot(*wave)
    turn = degrees(asin(min(1.0, max(-1.0, wave[1] / found))))
    if abs(found / expected - 1) > _MOST_STRETCH:
        raise TargetWrong(
            f"the pattern on the glass has {found / expected:.2f} times the frequency of target {target.id}; lay that"
            " one, or name the one that lies there"
        )
    if abs(turn) > 60:
        asked = "upright" if upright else "lying"
        raise TargetWrong(f"the bars of target {target.id} run the other way; turn it by a quarter, bars {asked}")
    if abs(turn) > MOST_TURN_DEG:
        raise TargetTilted(f"the target is turned by {turn:.0f} degrees; straighten it to within {MOST_TURN_DEG:.0f}")


def _check_whole(image: NDArray[np.float32], wave: tuple[float, float], target: Target) -> None:
    """Refuse bars that fade, or that something lies on: their local contrast tells."""
    height, width = image.shape
    period = 1 / hypot(*wave)
    mean = cv2.GaussianBlur(image, (0, 0), period)
    phase = 2 * np.pi * (wave[0] * np.arange(width)[None, :] + wave[1] * np.arange(height)[:, None])
    parts = [
        cv2.GaussianBlur(np.asarray((image - mean) * turned, np.float32), (0, 0), 0.7 * period)
        for turned in (np.cos(phase), np.sin(phase))
    ]
    contrast = np.hypot(*parts) / np.maximum(mean, 1)
    usual = float(np.percentile(contrast, 90))
    weak = contrast < 0.75 * usual
    rim = round(period)
    inner = weak[rim:-rim, rim:-rim]
    if inner.mean() > 0.01:
        hidden = mean[rim:-rim, rim:-rim][inner].mean()
        # Where a target stands off the glass it is as light as the empty glass; what lies on it is darker.
        if hidden > 1.05 * mean[~weak].mean():
            raise TargetTilted(f"target {target.id} does not touch the glass everywhere; lay it flat and press it down")
        raise TargetCovered(
            f"{100 * inner.mean():.0f} % of the bars are hidden; take hands and things away, and let target {target.id}"
            " cover the whole glass"
        )
    _check_clean(image, wave, target)


def _check_clean(image: NDArray[np.float32], wave: tuple[float, float], target: Target) -> None:
    """Refuse specks: grey along a bar is steady, once the bars are sheared upright."""
    height, width = image.shape
    lean = wave[1] / wave[0]
    shear = np.array([[1, -lean, lean * height / 2], [0, 1, 0]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    straight = cv2.warpAffine(image, shear, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    level = np.maximum(cv2.GaussianBlur(straight, (0, 0), 1 / abs(wave[0])), 1)
    step = np.abs(cv2.GaussianBlur(straight, (0, 0), 1.0) - cv2.GaussianBlur(cv2.blur(straight, (1, 41)), (0, 0), 1.0))
    slope = np.abs(cv2.Sobel(cv2.GaussianBlur(straight, (0, 0), 1.5), cv2.CV_32F, 1, 0))
    # Beside a bar's sides alone: there the least displacement changes the grey.
    flat = slope < 0.12 * level
    rim = int(abs(lean) * height / 2) + 2
    flat[:, :rim] = flat[:, -rim:] = False
    share = float((step[flat] > _SPECK * level[flat]).mean()) if flat.any() else 0.0
    if share > _DIRTY_SHARE:
        raise TargetDirty(
            f"{100 * share:.1f} % of the bars are specked or smeared; wipe target {target.id} and the glass"
        )


def _bar_middles(
    image: NDArray[np.float32], mean: NDArray[np.float32], expected: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Across and row of every dark bar's middle.

    The sides are looked for in the smoothed image, then measured in the untouched one by area: the pixels from the
    middle of a light bar to that of its dark neighbour add up to where the light ends. Where a side lies within its
    pixel does not matter then, as it does when grey is interpolated: by up to 0.04 pixel.
    """
    smooth = cv2.GaussianBlur(image, (0, 0), sigmaX=_SMOOTH_COLUMNS, sigmaY=_SMOOTH_ROWS)
    # A Gaussian of one period leaves 3e-9 of the pattern.
    above = (smooth - cv2.GaussianBlur(image, (0, 0), sigmaX=1 / expected, sigmaY=4)).astype(np.float64)
    changes = np.signbit(above[:, :-1]) != np.signbit(above[:, 1:])
    rows, columns = np.nonzero(changes)
    left, right = above[rows, columns], above[rows, columns + 1]
    falling = left > right
    at = _sides_by_area(mean, rows, columns + left / (left - right), falling, 0.25 / expected)
    return _middles(rows, at, falling, 0.5 / expected)


def _sides_by_area(
    image: NDArray[np.float32],
    rows: NDArray[np.intp],
    near: NDArray[np.float64],
    falling: NDArray[np.bool_],
    quarter: float,
) -> NDArray[np.float64]:
    """Where sides of bars lie that are known to about a tenth of a pixel; NaN where the frame ends too soon."""
    start, end = np.rint(near - quarter).astype(np.intp), np.rint(near + quarter).astype(np.intp)
    whole = (start >= 1) & (end < image.shape[1] - 1)
    start, end = np.clip(start, 1, image.shape[1] - 2), np.clip(end, 1, image.shape[1] - 2)
    total = np.zeros((image.shape[0], image.shape[1] + 1))
    np.cumsum(image, axis=1, dtype=np.float64, out=total[:, 1:])
    first = (total[rows, start + 2] - total[rows, start - 1]) / 3
    last = (total[rows, end + 2] - total[rows, end - 1]) / 3
    contrast = np.where(falling, first - last, last - first)
    good = whole & (contrast > 0.5 * np.median(contrast))
    # So many pixels have the first level, and the others the last.
    share = total[rows, end + 1] - total[rows, start] - last * (end + 1 - start)
    found = start - 0.5 + share / np.where(good, first - last, 1.0)
    return np.where(good, found, np.nan)


def _middles(
    rows: NDArray[np.intp], at: NDArray[np.float64], falling: NDArray[np.bool_], width: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Middles of dark bars: of both sides' mean, and at the frame's rim of the one side that is seen."""
    pair = np.zeros(len(at), np.bool_)
    # Row by row in order of columns, a falling side is followed by the rising one of the same dark bar.
    pair[:-1] = falling[:-1] & ~falling[1:] & (rows[:-1] == rows[1:])
    first = np.flatnonzero(pair)
    seen = at[first + 1] - at[first]
    usual = np.abs(seen / width - 1) < 0.3
    own = float(np.median(seen[usual])) if usual.any() else width
    single = np.isfinite(at)
    single[first[usual]] = single[first[usual] + 1] = False
    # A side whose partner is seen and does not fit is no side of a bar.
    odd = first[np.isfinite(seen) & ~usual]
    single[odd] = single[odd + 1] = False
    alone = at[single] + np.where(falling[single], own / 2, -own / 2)
    middles = np.concatenate([at[first[usual]] + seen[usual] / 2, alone])
    return middles, np.concatenate([rows[first[usual]], rows[single]]).astype(np.float64)


def _numbered(
    frequency: float,
    across: NDArray[np.float64],
    along: NDArray[np.float64],
    wave: tuple[float, float],
    target: Target,
) -> Ladder:
    phase = wave[0] * across + wave[1] * along
    start = float(np.angle(np.exp(2j * np.pi * phase).mean())) / (2 * np.pi)
    bar = np.rint(phase - start)
    keep = np.abs(phase - start - bar) < 0.45
    terms = np.stack([across, along, np.ones_like(across)], axis=1)
    plane = np.zeros(3)
    for _ in range(4):
        if keep.sum() < 0.8 * len(bar):
            raise TargetWrong(f"the bars are not those of target {target.id}, evenly spaced and straight; lay that one")
        plane, *_ = np.linalg.lstsq(terms[keep], bar[keep], rcond=None)
        # Numbers that were taken before the plane was well known may be off by one at the rim.
        bar = np.rint(terms @ plane)
        off = np.abs(bar - terms @ plane)
        keep = off < max(6 * 1.4826 * float(np.median(off)), 0.01)
        keep &= off < _STRAY_CYCLES
    return Ladder(frequency, across[keep], along[keep], bar[keep], plane)


def turned_pitches(upright: Ladder | None, lying: Ladder | None, nominal_mm: float) -> tuple[float, float]:
    """Millimetres per pixel: x of the upright ladder, y of the lying one; each corrects the other for its turn.

    Parameters
    ----------
    upright, lying : Ladder or None
        Without one its axis is taken to have the nominal pitch.
    nominal_mm : float
    """
    x = y = nominal_mm
    for _ in range(4):
        x = upright.pitch_mm(y) if upright is not None else x
        y = lying.pitch_mm(x) if lying is not None else y
    return x, y


def turn_uncertainty(ladder: Ladder, pitch_along_mm: float, relative: float) -> float:
    """Relative standard uncertainty of a pitch through that of the scale along the bars."""
    turn = ladder.turn(pitch_along_mm)
    return sin(turn) ** 2 / cos(turn) ** 2 * relative

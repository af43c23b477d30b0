"""A target as an ideal sensor sees it: its reflectance averaged by optics and pixels.

Every field is a product of two profiles along its own axes. A profile is averaged over fine cells exactly, then
multiplied in the frequency domain by the transfer function of the optics (a Gaussian) and of the pixel's rectangle
projected on that axis. For straight patterns this is the exact image at any turn; where two profiles meet in a corner
of a field it is an approximation.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.fingerprint.synthesis.target_element import ElementKind, LaidTarget, TargetElement
from drivers.fingerprint.synthesis.texture import smooth_noise

Cumulative = Callable[[NDArray[np.float64]], NDArray[np.float64]]

_CELLS_PER_PIXEL = 32
_REACH_MM = 0.6  # beyond a profile's ends; optics of up to 0.1 mm deviation fade out within it
_EMPTY = 1.0  # reflectance of the empty glass: total reflection
_SKIN = 0.35
_LEAK_MM = 0.15  # gap over which a target's pattern fades; frustrated total reflection and its grease film


@dataclass(frozen=True, eq=False)
class Optics:
    """What lies between target and grey.

    Parameters
    ----------
    pitch_mm : (float, float)
        Of the pixels on the glass: x, y. A pixel gathers light from its whole rectangle.
    blur_mm : float
        Deviation of the Gaussian point spread function on the glass.
    """

    pitch_mm: tuple[float, float]
    blur_mm: float

    def transfer(self, frequency: NDArray[np.float64], turn_deg: float) -> NDArray[np.float64]:
        """Modulation transfer of a straight pattern that changes along `turn_deg` to the x axis.

        Parameters
        ----------
        frequency : (n,) float64
            Cycles per millimetre.
        turn_deg : float

        Returns
        -------
        (n,) float64
        """
        along, across = abs(np.cos(np.radians(turn_deg))), abs(np.sin(np.radians(turn_deg)))
        pixel = np.sinc(frequency * self.pitch_mm[0] * along) * np.sinc(frequency * self.pitch_mm[1] * across)
        return np.asarray(pixel * np.exp(-2 * (np.pi * self.blur_mm * frequency) ** 2), np.float64)


def draw_target(
    target: LaidTarget,
    x_mm: NDArray[np.float32],
    y_mm: NDArray[np.float32],
    optics: Optics,
) -> NDArray[np.float32]:
    """Reflectance that each pixel sees.

    Parameters
    ----------
    target : LaidTarget
    x_mm, y_mm : (height, width) float32
        Where on the glass each pixel looks, from the middle of the glass.
    optics : Optics

    Returns
    -------
    (height, width) float32
        0 to 1.
    """
    turn = target.turn_deg + (180.0 if target.upside_down else 0.0)
    u, v = _turned(x_mm - np.float32(target.shift_mm[0]), y_mm - np.float32(target.shift_mm[1]), turn)
    whole = TargetElement(ElementKind.UNIFORM, (0, 0), target.size_mm, light=target.ground)
    seen = np.full(x_mm.shape, _EMPTY, np.float32)
    for element in (whole, *target.elements):
        _lay_element(seen, element, u, v, turn, optics)
    if target.tilt_deg:
        gap = np.maximum(0, u + np.float32(target.size_mm[0] / 2)) * np.float32(np.tan(np.radians(target.tilt_deg)))
        seen = _EMPTY + (seen - _EMPTY) * np.exp(-gap / np.float32(_LEAK_MM))
    if target.dirt:
        seen = seen * _dirt(target, optics.pitch_mm[0], seen.shape)
    if target.covered:
        hand = _hand(target, optics.pitch_mm[0], seen.shape)
        seen = seen * (1 - hand) + np.float32(_SKIN) * hand
    return np.asarray(np.clip(seen, 0, 1), np.float32)


def _lay_element(
    seen: NDArray[np.float32],
    element: TargetElement,
    u: NDArray[np.float32],
    v: NDArray[np.float32],
    turn: float,
    optics: Optics,
) -> None:
    """Draw one field over what is there, in the box of pixels that it reaches."""
    across, down = _turned(u - np.float32(element.centre_mm[0]), v - np.float32(element.centre_mm[1]), element.turn_deg)
    half_width, half_height = (side / 2 + _REACH_MM for side in element.size_mm)
    near = (np.abs(across) < half_width) & (np.abs(down) < half_height)
    rows, columns = np.flatnonzero(near.any(axis=1)), np.flatnonzero(near.any(axis=0))
    if not rows.size:
        return
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    across, down, there = across[box], down[box], seen[box]
    angle = turn + element.turn_deg
    width, height = element.size_mm
    horizontal, vertical = _Axis(width, angle, optics), _Axis(height, angle + 90, optics)
    window = horizontal.seen(_flat(width), across), vertical.seen(_flat(height), down)
    if element.kind is ElementKind.GRID:
        pattern = horizontal.seen(_gaps(width, element.frequency), across) * vertical.seen(
            _gaps(height, element.frequency), down
        )
    elif element.kind is ElementKind.UNIFORM:
        pattern = window[0] * window[1]
    else:
        pattern = horizontal.seen(_pattern(element), across) * window[1]
    covered = window[0] * window[1]
    dark = np.float32(0.0 if element.kind is ElementKind.UNIFORM else element.dark)
    there *= 1 - covered
    there += dark * covered + (np.float32(element.light) - dark) * pattern


class _Axis:
    """One axis of a field: tables of its profiles as optics and pixels average them."""

    def __init__(self, length: float, angle_deg: float, optics: Optics) -> None:
        self._step = min(optics.pitch_mm) / _CELLS_PER_PIXEL
        cells = int(np.ceil((length + 4 * _REACH_MM) / self._step))
        self._borders = np.asarray((np.arange(cells + 1) - cells / 2) * self._step, np.float64)
        frequency = np.asarray(np.fft.rfftfreq(cells, self._step), np.float64)
        self._transfer = optics.transfer(frequency, angle_deg) / np.sinc(frequency * self._step)
        self._cells = cells

    def seen(self, cumulative: Cumulative, at_mm: NDArray[np.float32]) -> NDArray[np.float32]:
        """The averaged profile whose integral is `cumulative`, at places along the axis."""
        cells = np.diff(cumulative(self._borders)) / self._step
        table = np.fft.irfft(np.fft.rfft(cells) * self._transfer, self._cells).astype(np.float32)
        place = (at_mm - np.float32(self._borders[0])) * np.float32(1 / self._step) - np.float32(0.5)
        np.clip(place, 0, self._cells - 1, out=place)
        below = np.minimum(place.astype(np.int32), self._cells - 2)
        part = place - below
        return np.asarray(table[below] * (1 - part) + table[below + 1] * part, np.float32)


def _flat(length: float) -> Cumulative:
    return lambda s: np.clip(s, -length / 2, length / 2)


def _steps(ends: NDArray[np.float64]) -> Cumulative:
    """Integral of a profile that is 1 from each even to each odd of `ends`, 0 between."""
    heights = np.concatenate([[0.0], np.cumsum(np.where(np.arange(len(ends) - 1) % 2 == 0, np.diff(ends), 0.0))])
    return lambda s: np.interp(s, ends, heights)


def _pattern(element: TargetElement) -> Cumulative:
    """Integral of the field's profile, 0 where dark, 1 where light."""
    half, frequency = element.size_mm[0] / 2, element.frequency
    if element.kind is ElementKind.EDGE:
        return _steps(np.array([0.0, half]))
    if element.kind is ElementKind.BARS:
        starts = -half + (np.arange(np.ceil(2 * half * frequency)) + 0.5) / frequency
        ends = np.stack([starts, starts + 0.5 / frequency], axis=1).ravel()
        return _steps(np.clip(ends, -half, half))

    def integral(s: NDArray[np.float64]) -> NDArray[np.float64]:
        inside = np.clip(s, -half, half)
        return np.asarray(inside / 2 - np.cos(2 * np.pi * frequency * inside) / (4 * np.pi * frequency))

    return integral


def _gaps(length: float, frequency: float) -> Cumulative:
    """Integral of 1 between the lines of a grid, 0 on them."""
    lines = np.arange(np.ceil(-length / 2 * frequency), np.floor(length / 2 * frequency) + 1) / frequency
    sides = np.stack([lines - 0.05 / frequency, lines + 0.05 / frequency], axis=1).ravel()
    return _steps(np.clip(np.concatenate([[-length / 2], sides, [length / 2]]), -length / 2, length / 2))


def _turned(
    x: NDArray[np.float32], y: NDArray[np.float32], turn_deg: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Coordinates in axes that are turned clockwise as seen, y pointing down."""
    cos, sin = np.float32(np.cos(np.radians(turn_deg))), np.float32(np.sin(np.radians(turn_deg)))
    return cos * x + sin * y, cos * y - sin * x


def _dirt(target: LaidTarget, pitch_mm: float, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Share of the light that specks of 0.1 to 0.4 mm and a smear let through."""
    rng = np.random.default_rng([target.seed, 0x44495254])
    specks = np.zeros(shape, np.float32)
    area_mm2 = shape[0] * shape[1] * pitch_mm**2
    for _ in range(max(1, int(target.dirt * area_mm2 / 5))):
        place = int(rng.integers(shape[1])), int(rng.integers(shape[0]))
        radius = max(1, round(float(rng.uniform(0.05, 0.2)) / pitch_mm))
        cv2.circle(specks, place, radius, float(rng.uniform(0.3, 0.8)), -1, cv2.LINE_AA)
    smear = np.clip(smooth_noise((shape[0], shape[1]), 1.0 / pitch_mm, rng) - 1, 0, 1) * np.float32(0.25 * target.dirt)
    return np.asarray((1 - specks) * (1 - smear), np.float32)


def _hand(target: LaidTarget, pitch_mm: float, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """1 where a hand lies that covers about the asked share of the glass."""
    rng = np.random.default_rng([target.seed, 0x48414E44])
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    depth = x / shape[1] + y / shape[0] + 0.05 * smooth_noise((shape[0], shape[1]), 2 / pitch_mm, rng)
    rim = np.float32(np.quantile(depth, 1 - target.covered))
    return np.asarray(np.clip((depth - rim) * np.float32(0.3 / pitch_mm * 25), 0, 1), np.float32)

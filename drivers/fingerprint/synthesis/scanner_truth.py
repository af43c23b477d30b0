"""What a synthetic scanner truly is: how light on its glass becomes grey, and what is wrong with it."""

from dataclasses import dataclass, field
from functools import cached_property
from math import inf

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.fingerprint.synthesis.drawn_target import Optics
from drivers.fingerprint.synthesis.texture import smooth_noise

_MM_PER_INCH = 25.4


@dataclass(frozen=True)
class ScannerTruth:
    """The facts that calibration ought to find; every one a plain value, so that a configuration file can set it.

    Parameters
    ----------
    seed : int
        Chooses the fields of gain, offset and displacement, the places of bad pixels, and the noise.
    ppi_x, ppi_y : float
        Real sampling.
    distortion_px : float
        Root mean square of the displacement of image points on each axis. No plane is in it: that is in the ppi.
    distortion_grain_mm : float
        Scale of the displacement.
    blur_mm : float
        Deviation of the optics' point spread function.
    white, dark : float
        Grey of the empty glass in the middle, and of darkness.
    gamma : float
        Grey above darkness grows with reflectance to this power; 1: linear.
    gain_spread, offset_spread : float
        Deviation of the pixels' gain (of 1) and offset (grey).
    falloff : float
        Share of the light that the corners miss.
    hot_share, dead_share : float
        Shares of the pixels.
    read_noise : float
        Grey, deviation.
    shot_gain : float
        Grey per electron: the variance that each grey level of signal adds.
    residue : float
        0: wiped; 1: the lines of a former print darken the light by a fifth.
    gain_step : float
        Factor on all light from the `gain_step_frame`-th frame on: a device that changes its gain by itself.
    gain_step_frame : int

    Raises
    ------
    ValueError
        A value out of range.
    """

    seed: int = 0
    ppi_x: float = 500.0
    ppi_y: float = 500.0
    distortion_px: float = 0.0
    distortion_grain_mm: float = 4.0
    blur_mm: float = 0.012
    white: float = 220.0
    dark: float = 8.0
    gamma: float = 1.0
    gain_spread: float = 0.0
    offset_spread: float = 0.0
    falloff: float = 0.0
    hot_share: float = 0.0
    dead_share: float = 0.0
    read_noise: float = 0.8
    shot_gain: float = 0.006
    residue: float = 0.0
    gain_step: float = 1.0
    gain_step_frame: int = 8
    _fields: "dict[tuple[int, int], SensorFields]" = field(
        default_factory=dict, init=False, repr=False, compare=False, hash=False
    )

    def __post_init__(self) -> None:
        ranges = {
            "ppi_x": (100, 2000),
            "ppi_y": (100, 2000),
            "distortion_px": (0, 20),
            "distortion_grain_mm": (1, 50),
            "blur_mm": (0.002, 0.1),
            "white": (1, 1000),
            "dark": (0, 254),
            "gamma": (0.3, 3),
            "gain_spread": (0, 0.1),
            "offset_spread": (0, 10),
            "falloff": (0, 0.9),
            "hot_share": (0, 0.1),
            "dead_share": (0, 0.1),
            "read_noise": (0, 50),
            "shot_gain": (0, 5),
            "residue": (0, 1),
            "gain_step": (0, 10),
            "seed": (0, inf),
        }
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} of a scanner's truth lies in {low} to {high}, not {value}")

    @property
    def optics(self) -> Optics:
        """Pixels and point spread on the glass."""
        return Optics((_MM_PER_INCH / self.ppi_x, _MM_PER_INCH / self.ppi_y), self.blur_mm)

    def fields(self, shape: tuple[int, int]) -> "SensorFields":
        """What varies from pixel to pixel, for frames of that shape; drawn once."""
        if shape not in self._fields:
            self._fields[shape] = SensorFields(self, shape)
        return self._fields[shape]


class SensorFields:
    """What varies from pixel to pixel of one scanner.

    Attributes
    ----------
    gain, offset : (height, width) float32
        Illumination and the pixel's gain, 1 in the middle of a perfect one; grey without light.
    displacement_px : (2, height, width) float32
        Where the image shows a point minus where it ought to: x, y.
    x_mm, y_mm : (height, width) float32
        Where on the glass a pixel looks, from the middle of the glass.
    hot, dead : (height, width) bool
    """

    def __init__(self, truth: ScannerTruth, shape: tuple[int, int]) -> None:
        rng = np.random.default_rng([truth.seed, 0x54525554])
        height, width = shape
        self.displacement_px = np.stack([_displacement(truth, shape, rng) for _ in range(2)])
        columns, rows = np.arange(width, dtype=np.float32)[None, :], np.arange(height, dtype=np.float32)[:, None]
        self.x_mm = (columns - np.float32((width - 1) / 2) - self.displacement_px[0]) * np.float32(25.4 / truth.ppi_x)
        self.y_mm = (rows - np.float32((height - 1) / 2) - self.displacement_px[1]) * np.float32(25.4 / truth.ppi_y)
        x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
        y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
        light = 1 - np.float32(truth.falloff / 2) * (x * x + y * y)
        spread = np.float32(truth.gain_spread) * rng.standard_normal(shape, np.float32)
        self.gain = np.asarray(light * np.clip(1 + spread, 0.7, 1.3), np.float32)
        offset = np.float32(truth.dark) + np.float32(truth.offset_spread) * rng.standard_normal(shape, np.float32)
        self.hot, self.dead = _bad_pixels(truth, shape, rng)
        hot_grey = rng.uniform(30, 180, shape).astype(np.float32)
        self.offset = np.asarray(np.where(self.hot, offset + hot_grey, offset), np.float32)
        self.gain = np.asarray(np.where(self.dead, self.gain * rng.uniform(0, 0.35, shape), self.gain), np.float32)
        self._truth, self._shape, self._rng = truth, shape, rng

    @cached_property
    def residue(self) -> NDArray[np.float32]:
        """Share of the light that a former print leaves."""
        if not self._truth.residue:
            return np.ones((1, 1), np.float32)
        from drivers.fingerprint.synthesis.condition import CONDITIONS
        from drivers.fingerprint.synthesis.impression import contact, lay_finger
        from drivers.fingerprint.synthesis.master_print import master_print
        from drivers.fingerprint.synthesis.touch import Touch

        former = lay_finger(
            master_print(1_000_000 + self._truth.seed % 200),
            (self._truth.seed, 2),
            CONDITIONS["clean"],
            self._shape,
            self._truth.ppi_x,
        )
        lines, _ = contact(former, Touch())
        return np.asarray(1 - np.float32(0.2 * self._truth.residue) * lines, np.float32)


def sensed(
    truth: ScannerTruth,
    reflectance: NDArray[np.float32],
    rng: np.random.Generator,
    *,
    light: float = 1.0,
    stray: NDArray[np.float32] | None = None,
) -> NDArray[np.uint8]:
    """The frame that the sensor delivers.

    Parameters
    ----------
    truth : ScannerTruth
    reflectance : (height, width) float32
        As `draw_target` gives it: optics and pixels are in it already.
    rng : numpy.random.Generator
        Of this frame's noise.
    light : float
        The lamp: 0 is off.
    stray : (height, width) float32, optional
        Light from elsewhere, as a share of the white.

    Returns
    -------
    (height, width) uint8
        Rounded and clipped.
    """
    fields = truth.fields((reflectance.shape[0], reflectance.shape[1]))
    lit = reflectance * fields.residue
    if truth.gamma != 1:
        lit = lit ** np.float32(truth.gamma)
    lit = lit * np.float32(light)
    if stray is not None:
        lit = lit + stray
    signal = fields.gain * lit * np.float32(truth.white - truth.dark)
    deviation = np.sqrt(np.float32(truth.read_noise**2) + np.float32(truth.shot_gain) * signal)
    grey = fields.offset + signal + deviation * rng.standard_normal(signal.shape, np.float32)
    return np.asarray(np.clip(np.rint(grey), 0, 255), np.uint8)


def as_sensed(
    truth: ScannerTruth, grey: NDArray[np.float32], white: float, drawn_ppi: float = 500.0
) -> NDArray[np.float32]:
    """What is drawn at the nominal resolution without noise, as reflectance where this scanner's pixels look.

    Parameters
    ----------
    truth : ScannerTruth
    grey : (height, width) float32
        `white` where nothing touches.
    white : float
    drawn_ppi : float
        The nominal resolution.
    """
    height, width = grey.shape
    fields = truth.fields((height, width))
    nominal = np.float32(drawn_ppi / _MM_PER_INCH)
    blurred = cv2.GaussianBlur(grey, (0, 0), max(0.1, truth.blur_mm * drawn_ppi / _MM_PER_INCH))
    x = fields.x_mm * nominal + np.float32((width - 1) / 2)
    y = fields.y_mm * nominal + np.float32((height - 1) / 2)
    seen = cv2.remap(blurred, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(white,))
    return np.asarray(np.clip(seen / np.float32(white), 0, 1), np.float32)


def _displacement(truth: ScannerTruth, shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float32]:
    """A smooth field without plane, of the truth's root mean square."""
    drawn = smooth_noise(shape, truth.distortion_grain_mm * truth.ppi_x / _MM_PER_INCH, rng)
    if not truth.distortion_px:
        return np.zeros(shape, np.float32)
    x = np.linspace(-1, 1, shape[1], dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, shape[0], dtype=np.float32)[:, None]
    for direction in (np.ones(shape, np.float32), np.broadcast_to(x, shape), np.broadcast_to(y, shape)):
        drawn = drawn - direction * np.float32((drawn * direction).sum() / (direction * direction).sum())
    return np.asarray(drawn * np.float32(truth.distortion_px / float(drawn.std())), np.float32)


def _bad_pixels(
    truth: ScannerTruth, shape: tuple[int, int], rng: np.random.Generator
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    pixels = shape[0] * shape[1]
    hot, dead = round(truth.hot_share * pixels), round(truth.dead_share * pixels)
    places = rng.permutation(pixels)[: hot + dead]
    bad = np.zeros((2, pixels), np.bool_)
    bad[0, places[:hot]] = True
    bad[1, places[hot:]] = True
    return bad[0].reshape(shape), bad[1].reshape(shape)

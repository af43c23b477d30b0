"""Lens and sensor: defocus, smear, the fall of the light, the noise."""

from dataclasses import dataclass
from math import hypot

import numpy as np
from numpy.typing import NDArray

from drivers.iris.synthesis.anatomy import WORKING_DISTANCE_MM
from drivers.iris.synthesis.grain import enlarged

LENS_BLUR_PX = 0.75
"""Deviation of the sharpest image: modulation 0.89 at 2 lp/mm and 0.63 at 4 lp/mm at the working distance."""
APERTURE_MM = 1.6
EXPOSURE_MS = 8.0
"""At the working distance under the nominal lamps; hand-held cameras expose for 10 to 15 ms at most."""
EXPOSURE_LIMITS_MS = (4.8, 12.0)
GAIN_DB = 6.0
READ_NOISE = 1.0  # grey levels at the nominal gain
SHOT_NOISE = 0.026  # variance per grey level at the nominal gain: 37 dB at grey 200
_NOISE_FIELDS = 4


@dataclass(frozen=True, eq=False)
class Sensor:
    """One camera's own pattern.

    Parameters
    ----------
    fall : (height, width) float32
        Share of the light at each pixel: lamps and lens fall off, pixels differ by half a percent.
    noise : (n, height, width) float32
        Of unit deviation, drawn once; frames take a field of it, turned about.
    """

    fall: NDArray[np.float32]
    noise: NDArray[np.float32]


def sensor_of(seed: int, shape: tuple[int, int]) -> Sensor:
    """The sensor of the device whose serial number gave `seed`."""
    rng = np.random.default_rng([seed, 0x53454E])
    height, width = shape
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :] * max(1.0, width / height / 1.34)
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    lamp_x, lamp_y = rng.normal(0, 0.12, 2)
    # A wide frame has lamps of its own width.
    fall = 1.02 - 0.11 * ((x / max(1.0, float(x.max())) - lamp_x) ** 2 + (y - lamp_y) ** 2) / 2
    fall = fall + 0.012 * enlarged(shape, (60.0, 60.0), rng) + 0.005 * rng.standard_normal(shape, np.float32)
    return Sensor(fall.astype(np.float32), rng.standard_normal((_NOISE_FIELDS, height, width), np.float32))


def exposure_ms(lamp_level: float, distance_mm: float) -> float:
    """What the camera's automatic exposure takes, within its limits; light falls with the square of the distance."""
    light = max(lamp_level, 1e-3) * (WORKING_DISTANCE_MM / distance_mm) ** 2
    return float(np.clip(EXPOSURE_MS / light, *EXPOSURE_LIMITS_MS))


def brightness(lamp_level: float, distance_mm: float, gain_db: float) -> float:
    """Grey levels relative to a nominal frame, at the exposure that `exposure_ms` takes."""
    light = lamp_level * (WORKING_DISTANCE_MM / distance_mm) ** 2
    return float(light * exposure_ms(lamp_level, distance_mm) / EXPOSURE_MS * 10 ** ((gain_db - GAIN_DB) / 20))


def blur_px(distance_mm: float, scale: float, focus_error_px: float, resolution: float) -> float:
    """Deviation of the blur: the lens, the distance from the plane of focus, a lens out of focus.

    Parameters
    ----------
    distance_mm : float
    scale : float
        Pixels per millimetre at the eye.
    focus_error_px : float
        At the sampling of a 640x480 frame.
    resolution : float
        Sampling relative to such a frame.
    """
    confusion = APERTURE_MM * abs(distance_mm - WORKING_DISTANCE_MM) / WORKING_DISTANCE_MM * scale / 4
    return hypot(LENS_BLUR_PX * resolution, confusion, focus_error_px * resolution)


def blurred(image: NDArray[np.float32], deviation_px: float) -> NDArray[np.float32]:
    """`image` behind a lens; a wide blur is made at half the resolution, where nobody can tell."""
    import cv2

    if deviation_px < 2.2:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), deviation_px, borderType=cv2.BORDER_REFLECT), np.float32)
    height, width = image.shape
    small = cv2.resize(image, ((width + 1) // 2, (height + 1) // 2), interpolation=cv2.INTER_AREA)
    # Shrinking and enlarging blur by about 0.55 pixels of the small image themselves.
    left = (max(deviation_px**2 / 4 - 0.3, 0.05)) ** 0.5
    small = cv2.GaussianBlur(small, (0, 0), left, borderType=cv2.BORDER_REFLECT)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def smeared(image: NDArray[np.float32], smear_px: tuple[float, float]) -> NDArray[np.float32]:
    """The mean over a straight movement of x, y pixels, by halves: a comb of two, of four, ... equal steps."""
    import cv2

    height, width = image.shape
    steps = []
    x, y = smear_px
    while hypot(x, y) >= 1.0:
        x, y = x / 2, y / 2
        steps.append((round(x), round(y)))
    for across, down in steps:
        if (across, down) == (0, 0) or abs(across) >= width or abs(down) >= height:
            continue
        moved = image.copy()
        to = (slice(max(0, down), height + min(0, down)), slice(max(0, across), width + min(0, across)))
        of = (slice(max(0, -down), height - max(0, down)), slice(max(0, -across), width - max(0, across)))
        moved[to] = (image[to] + image[of]) * np.float32(0.5)
        image = moved
    # The comb reaches from the image on: the middle of the movement is where the eye is said to be.
    back, up = sum(step[0] for step in steps) // 2, sum(step[1] for step in steps) // 2
    if (back, up) == (0, 0):
        return image
    margin = (max(0, -up), max(0, up), max(0, -back), max(0, back))
    wide = np.asarray(cv2.copyMakeBorder(image, *margin, cv2.BORDER_REPLICATE), np.float32)
    top, left = max(0, up), max(0, back)
    return np.ascontiguousarray(wide[top : top + height, left : left + width])


def read_out(image: NDArray[np.float32], sensor: Sensor, gain_db: float, tick: int) -> NDArray[np.uint8]:
    """What the sensor delivers of the light on it.

    Parameters
    ----------
    image : (height, width) float32
        Grey levels without noise; changed.
    sensor : Sensor
    gain_db : float
    tick : int
        Chooses the noise; the same tick gives the same noise.

    Returns
    -------
    (height, width) uint8
    """
    import cv2

    np.clip(image, 0, 255, out=image)
    gain = 10 ** ((gain_db - GAIN_DB) / 20)
    grey = np.arange(256, dtype=np.float32)
    deviation = np.sqrt((READ_NOISE * gain) ** 2 + SHOT_NOISE * gain * grey).astype(np.float32)
    field = sensor.noise[tick % len(sensor.noise)]
    turn = (tick * 37) % field.shape[0]
    levels = cv2.LUT(image.astype(np.uint8), deviation)
    levels[turn:] *= field[: field.shape[0] - turn]
    levels[:turn] *= field[field.shape[0] - turn :]
    image += levels
    # cv2 rounds and saturates on the way to bytes.
    return np.asarray(cv2.convertScaleAbs(np.maximum(image, 0, out=image)), np.uint8)

"""What is true of a synthetic iris camera, and what lies before it when a technician measures it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import hypot, inf, isfinite, sqrt

import numpy as np
from numpy.typing import NDArray

from drivers.iris.synthesis.anatomy import PX_PER_MM, WORKING_DISTANCE_MM
from drivers.iris.synthesis.optics import APERTURE_MM, EXPOSURE_MS, GAIN_DB, LENS_BLUR_PX, READ_NOISE, SHOT_NOISE
from drivers.truth_option import check_known

TARGETS = {
    "square": "a dark square on a light card, with a dot above it",
    "grey": "a grey card that fills the frame",
    "cap": "the lens cap: no light but stray light",
}
NOMINAL_LEVEL = 230.0
"""Of `CameraTruth.level`, when lamps are new."""
SIDE_MM = 12.0
DOT_MM = (0.0, -7.6)
"""Of the square target's dot from its middle; y goes down."""
DOT_RADIUS_MM = 0.7


@dataclass(frozen=True)
class HotSpot:
    """Light that gathers in one place; position and radius as shares of the frame's width, from its middle."""

    x: float
    y: float
    radius: float
    strength: float
    """Beyond the light about it, e.g. 0.2."""


@dataclass(frozen=True)
class CameraTruth:
    """One camera. What it measures of a target can be held against this.

    Parameters
    ----------
    px_per_mm_x, px_per_mm_y : float
        Sampling of a 640x480 frame at the working distance.
    pupil_mm : float
        The entrance pupil lies so far behind the face that distances are taken from.
    focus_mm : float
        Distance of the sharpest image.
    lens_blur_px : float
        Deviation of its blur, lens and pixels together.
    aperture_mm : float
        Decides how fast the image blurs away from there.
    level : float
        Grey of a reflectance of 1 in the middle, at the working distance and `exposure_ms` of 8.
    exposure_ms, gain_db : float
    black : float
        Grey without light.
    fall : float
        Share of the light that a corner lacks.
    lamp_x, lamp_y : float
        Where the light is brightest, in half widths and heights from the middle.
    hot_spots : tuple of HotSpot
    flicker, flicker_hz : float
        Half the swing as a share of the light, and how often; as the lamps give it, before the exposure evens it out.
    read_noise, shot_noise : float
        Deviation in grey levels; variance per grey level; both at the nominal gain.
    fixed_pattern : float
        Share by which pixels differ for ever.
    gamma : float
        Power by which grey follows light: 1 for a sensor without a curve.
    stuck_share : float
        Of the pixels that are hot or dead for ever.
    """

    px_per_mm_x: float = PX_PER_MM
    px_per_mm_y: float = PX_PER_MM
    pupil_mm: float = 0.0
    focus_mm: float = WORKING_DISTANCE_MM
    lens_blur_px: float = LENS_BLUR_PX
    aperture_mm: float = APERTURE_MM
    level: float = NOMINAL_LEVEL
    exposure_ms: float = EXPOSURE_MS
    gain_db: float = GAIN_DB
    black: float = 4.0
    fall: float = 0.11
    lamp_x: float = 0.05
    lamp_y: float = -0.08
    hot_spots: tuple[HotSpot, ...] = ()
    flicker: float = 0.0
    flicker_hz: float = 100.0
    read_noise: float = READ_NOISE
    shot_noise: float = SHOT_NOISE
    fixed_pattern: float = 0.005
    gamma: float = 1.0
    stuck_share: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, tuple) and not isfinite(value):
                raise ValueError(f"{field.name} must be finite, not {value}")
        for name in (
            "px_per_mm_x",
            "px_per_mm_y",
            "focus_mm",
            "lens_blur_px",
            "level",
            "exposure_ms",
            "flicker_hz",
            "gamma",
        ):
            if not 0 < getattr(self, name) < inf:
                raise ValueError(f"{name} must be positive, not {getattr(self, name)}")
        if not 0 <= self.stuck_share <= 0.1:
            raise ValueError(f"stuck_share is a share of 0 to 0.1, not {self.stuck_share}")

    @classmethod
    def of_options(cls, options: "CameraTruth | Mapping[str, float]") -> "CameraTruth":
        """A truth, or one made of plain options as a configuration has them; `hot_spot` stands for one spot's strength.

        Raises
        ------
        ValueError
            No such option; the message lists those there are. A value out of range.
        """
        if isinstance(options, CameraTruth):
            return options
        known = [*(field.name for field in fields(cls) if field.name != "hot_spots"), "hot_spot"]
        check_known(options, known, "of an iris camera")
        plain = {name: float(value) for name, value in options.items() if name != "hot_spot"}
        spots = (HotSpot(0.1, -0.05, 0.05, float(options["hot_spot"])),) if "hot_spot" in options else ()
        return cls(**plain, hot_spots=spots)

    def px_per_mm(self, distance_mm: float) -> tuple[float, float]:
        """Sampling across and down at a distance."""
        nearer = (WORKING_DISTANCE_MM + self.pupil_mm) / (distance_mm + self.pupil_mm)
        return self.px_per_mm_x * nearer, self.px_per_mm_y * nearer

    def blur_mm(self, distance_mm: float) -> float:
        """Deviation of the blur at a distance, at the target; the same in all directions."""
        across, down = self.px_per_mm(distance_mm)
        confusion = self.aperture_mm * abs(distance_mm - self.focus_mm) / self.focus_mm / 4
        return hypot(self.lens_blur_px / sqrt(across * down), confusion)

    def modulation(self, cycles_per_mm: float, distance_mm: float) -> float:
        """Of a sine grating at a distance, in any direction: the transform of a Gaussian."""
        return float(np.exp(-2 * (np.pi * self.blur_mm(distance_mm) * cycles_per_mm) ** 2))

    def light(self, shape: tuple[int, int]) -> NDArray[np.float32]:
        """(height, width) float32, the light of lamps and lens; 1 where it is brightest without any hot spot."""
        height, width = shape
        x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
        y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
        light = 1 - self.fall * ((x - self.lamp_x) ** 2 + (y - self.lamp_y) ** 2) / 2
        for spot in self.hot_spots:
            # x and y run over half the width and half the height.
            off = ((x / 2 - spot.x) ** 2 + (y * height / width / 2 - spot.y) ** 2) / spot.radius**2
            light = light * (1 + spot.strength * np.exp(-off / 2))
        return np.asarray(light, np.float32)

    def flicker_seen(self) -> float:
        """Half the swing of frames' brightness as a share: the exposure averages the lamps' own."""
        return abs(self.flicker * float(np.sinc(self.flicker_hz * self.exposure_ms / 1000)))

    def snr_db(self, grey: float) -> float:
        """Grey over black to the noise in time, of a pixel of that grey."""
        gain = 10 ** ((self.gain_db - GAIN_DB) / 20)
        light = grey - self.black
        # A byte has rounding noise of its own.
        variance = (self.read_noise * gain) ** 2 + self.shot_noise * gain * light + 1 / 12
        return float(20 * np.log10(light / sqrt(variance)))


@dataclass(frozen=True)
class TargetPlacement:
    """A target before the camera.

    Parameters
    ----------
    target : str
        One of `TARGETS`.
    distance_mm, x_mm, y_mm : float
        Of its middle from the camera's face, and from the axis.
    turn_deg, tilt_deg : float
        In its plane, clockwise; out of it, the right side away.
    side_mm : float
        Of the square.
    light, dark, grey : float
        Reflectances of card and square, and of the grey card.
    specks : int
        Dark dirt on the target.
    covered : float
        Share of the frame's width that a hand covers, from the left.
    stray : float
        Grey that light from elsewhere adds, where the lens is capped.
    """

    target: str = "square"
    distance_mm: float = WORKING_DISTANCE_MM
    x_mm: float = 0.0
    y_mm: float = 0.0
    turn_deg: float = 5.0
    tilt_deg: float = 0.0
    side_mm: float = SIDE_MM
    light: float = 0.8
    dark: float = 0.05
    grey: float = 0.5
    specks: int = 0
    covered: float = 0.0
    stray: float = 0.0

    def __post_init__(self) -> None:
        if self.target not in TARGETS:
            raise ValueError(f"no target {self.target!r}; there are {', '.join(TARGETS)}")
        if not 20 <= self.distance_mm <= 2000:
            raise ValueError(f"a target lies 20 to 2000 mm away, not {self.distance_mm}")
        if not abs(self.tilt_deg) <= 60 or self.specks < 0 or not 0 <= self.covered <= 1:
            raise ValueError("tilt is at most 60 degrees, specks are not negative, covered is a share")

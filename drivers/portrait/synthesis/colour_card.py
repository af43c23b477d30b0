"""A technician's colour card before a synthetic portrait camera, and what is true of that camera."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from drivers.portrait.synthesis.light import tint
from drivers.portrait.synthesis.picture import LENS_BLUR_PX, PX_PER_MM, WORKING_DISTANCE_MM
from drivers.stuck_pixels import with_stuck_pixels
from drivers.target_drawing import blurred_box, blurred_disc, smooth_step, target_plane
from drivers.truth_option import check_known

SIDE_MM = 100.0
DOT_MM, DOT_RADIUS_MM = (0.0, -66.0), 5.0
GREYS = (0.9, 0.59, 0.36, 0.19, 0.09, 0.03)
"""Reflectances, from the left, in the row above the square."""
GREYS_V_MM, GREYS_PITCH_MM, PATCH_MM = -98.0, 40.0, 30.0
COLOURS = ((0.45, 0.04, 0.04), (0.06, 0.30, 0.07), (0.03, 0.06, 0.32))
"""Reflectances in red, green and blue light of the patches below, from the left."""
COLOURS_V_MM, COLOURS_PITCH_MM = 98.0, 60.0
CARD_MM = 260.0
_GROUND, _SQUARE, _WALL, _HAND = 0.78, 0.04, 0.45, (0.42, 0.27, 0.20)
_SPECK = 0.12


@dataclass(frozen=True)
class PortraitTruth:
    """One camera in its room.

    Parameters
    ----------
    px_per_mm : float
        At the working distance of 700 mm, in a frame 480 pixels high.
    blur_px : float
        Deviation of the blur, lens and pixels together.
    light_k, white_balance_k : float
        Colour temperature of the room's light, and that which the camera is set for.
    exposure_stops : float
        By which it exposes more than a reflectance of 0.18 at linear 0.18 asks for.
    fall : float
        Share of the light that the right rim lacks.
    noise : float
        Deviation in levels of sRGB.
    stuck_share : float
        Of the pixels that are hot or dead for ever.
    """

    px_per_mm: float = PX_PER_MM
    blur_px: float = LENS_BLUR_PX
    light_k: float = 5000.0
    white_balance_k: float = 5000.0
    exposure_stops: float = 0.0
    fall: float = 0.05
    noise: float = 0.9
    stuck_share: float = 0.0

    def __post_init__(self) -> None:
        for name in ("px_per_mm", "blur_px", "light_k", "white_balance_k"):
            if not (isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise ValueError(f"{name} must be positive, not {getattr(self, name)}")

    @classmethod
    def of_options(cls, options: "PortraitTruth | Mapping[str, float]") -> "PortraitTruth":
        """A truth, or one made of plain options as a configuration has them.

        Raises
        ------
        ValueError
            No such option; the message lists those there are. A value out of range.
        """
        if isinstance(options, PortraitTruth):
            return options
        known = [field.name for field in fields(cls)]
        check_known(options, known, "of a portrait camera")
        return cls(**{name: float(value) for name, value in options.items()})

    def px_per_mm_at(self, distance_mm: float) -> float:
        """Sampling at a distance."""
        return self.px_per_mm * WORKING_DISTANCE_MM / distance_mm

    def gains(self) -> NDArray[np.float64]:
        """(3,) of red, green and blue that grey gets."""
        return tint(self.light_k, self.white_balance_k)


@dataclass(frozen=True)
class CardPlacement:
    """The card before the camera.

    Parameters
    ----------
    distance_mm, x_mm, y_mm : float
    turn_deg, tilt_deg : float
        In its plane, clockwise; out of it, the right side away.
    specks : int
    covered : float
        Share of the frame's width that a hand covers, from the left.
    mirrored : bool
        The wrong card: its colours stand in another order.
    """

    distance_mm: float = WORKING_DISTANCE_MM
    x_mm: float = 0.0
    y_mm: float = 0.0
    turn_deg: float = 5.0
    tilt_deg: float = 0.0
    specks: int = 0
    covered: float = 0.0
    mirrored: bool = False

    def __post_init__(self) -> None:
        if not 100 <= self.distance_mm <= 5000 or not abs(self.tilt_deg) <= 60:
            raise ValueError("a card stands 100 to 5000 mm away, tilted by at most 60 degrees")
        if self.specks < 0 or not 0 <= self.covered <= 1:
            raise ValueError("specks are not negative, and covered is a share")


def card_frame(
    placement: CardPlacement, truth: PortraitTruth, shape: tuple[int, int], *, serial: int, tick: int
) -> NDArray[np.uint8]:
    """What the camera delivers of the card: (height, width, 3) uint8 in sRGB."""
    height, width = shape
    scale = truth.px_per_mm_at(placement.distance_mm) * min(width, height) / 480
    u, v = target_plane(
        shape,
        (scale, scale),
        placement.distance_mm,
        x_mm=placement.x_mm,
        y_mm=placement.y_mm,
        turn_deg=placement.turn_deg,
        tilt_deg=placement.tilt_deg,
    )
    blur_mm = truth.blur_px / scale
    light = np.linspace(1, 1 - truth.fall, width)[None, :, None] * 2**truth.exposure_stops * truth.gains()
    picture = _reflectances(placement, u, v, blur_mm, serial)
    if placement.covered:
        beside = smooth_step((placement.covered * width - np.arange(width, dtype=np.float64)) / 3.0)[None, :, None]
        picture += (np.array(_HAND) - picture) * beside
    linear = np.clip(picture * light, 0, 1)
    coded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    noise = np.random.default_rng([serial, tick, 0x434152]).standard_normal(coded.shape, np.float32)
    seen = np.asarray(np.clip(np.rint(255 * coded + truth.noise * noise), 0, 255), np.uint8)
    return with_stuck_pixels(seen, truth.stuck_share, serial)


def _reflectances(
    placement: CardPlacement, u: NDArray[np.float64], v: NDArray[np.float64], blur_mm: float, serial: int
) -> NDArray[np.float64]:
    picture = np.full((*u.shape, 3), _WALL)

    def paint(cover: NDArray[np.float64], tone: float | tuple[float, float, float]) -> None:
        near = cover > 0
        picture[near] += (np.broadcast_to(tone, 3) - picture[near]) * cover[near][:, None]

    half = CARD_MM / 2
    paint(blurred_box(u, v, (-half, -half, half, half), blur_mm), _GROUND)
    half = SIDE_MM / 2
    paint(blurred_box(u, v, (-half, -half, half, half), blur_mm), _SQUARE)
    paint(blurred_disc(u, v, DOT_MM, DOT_RADIUS_MM, blur_mm), _SQUARE)
    half = PATCH_MM / 2
    rows: list[tuple[float, float, float | tuple[float, float, float]]] = []
    for index, grey in enumerate(GREYS):
        rows.append(((index - 2.5) * GREYS_PITCH_MM, GREYS_V_MM, grey))
    for index, colour in enumerate(reversed(COLOURS) if placement.mirrored else COLOURS):
        rows.append(((index - 1) * COLOURS_PITCH_MM, COLOURS_V_MM, colour))
    for across, down, tone in rows:
        paint(blurred_box(u, v, (across - half, down - half, across + half, down + half), blur_mm), tone)
    rng = np.random.default_rng([serial, 0x535045])
    for _ in range(placement.specks):
        spot = (float(rng.uniform(-72, 72)), float(rng.uniform(-72, 72)))
        paint(blurred_disc(u, v, spot, float(rng.uniform(1.2, 3.0)), blur_mm), _SPECK)
    return picture

"""A frame of the figure before its wall, through lens and sensor."""

from math import cos, hypot, radians, sin

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.portrait.synthesis.condition import Condition
from drivers.portrait.synthesis.figure import (
    EYE_HALF_MM,
    EYE_X_MM,
    IRIS_RADIUS_MM,
    SPRITE_PX_PER_MM,
    Figure,
    sprite_point,
)
from drivers.portrait.synthesis.light import CameraSetting, noise_deviation, tone_table
from drivers.portrait.synthesis.visit import Pose

WORKING_DISTANCE_MM = 700.0
PX_PER_MM = 1.1
"""At that distance in a frame 480 pixels high: crown to chin takes a good half of it."""
LENS_BLUR_PX = 0.5
EMPTY = CameraSetting(12.0, 0.0, 1.0)
_FACE_HEIGHT = 0.45
"""Of the eyes, from the top of the frame."""
_NOISE_FIELDS = 3
_SHIFT = 4


class Studio:
    """One camera's wall and sensor.

    Parameters
    ----------
    seed : int
        Of the sensor's own noise and the wall's own tone.
    width, height : int
        Of its frames.
    """

    def __init__(self, seed: int, width: int, height: int) -> None:
        rng = np.random.default_rng([seed, 0x57414C])
        self.width, self.height = width, height
        self.scale = min(width, height) / 480
        x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
        fall = 1 - 0.16 * (x**2 + (y - 0.1) ** 2)
        tone = np.array([196, 204, 210]) + rng.integers(-8, 8, 3)
        self.wall = np.ascontiguousarray(np.rint(fall[..., None] * tone).astype(np.uint8))
        # Noise of unit deviation in sixteenths of a level, above and below apart, as bytes saturate.
        fields = np.rint(16 * rng.standard_normal((_NOISE_FIELDS, height, width, 3), np.float32))
        self._noise = np.clip(fields, -60, 60).astype(np.int8)
        self._shadow = np.linspace(0, 1, width, dtype=np.float32)[None, :, None]

    def frame(
        self,
        figure: Figure | None,
        pose: Pose | None,
        condition: Condition,
        setting: CameraSetting,
        white_balance_k: float,
        tick: int,
        speed_mm_s: float = 0.0,
    ) -> NDArray[np.uint8]:
        """(height, width, 3) uint8; without a figure the wall alone."""
        table = tone_table(setting.level, condition.light_k, white_balance_k)
        wall = self.wall if figure is None else self._lit_wall(condition)
        picture = wall if figure is None or pose is None else self._composed(wall, figure, pose)
        if condition.side:
            shade = 1 - condition.side * self._shadow
            picture = np.asarray(picture * shade, np.uint8)
        picture = np.asarray(cv2.LUT(picture, table), np.uint8)
        blur = hypot(LENS_BLUR_PX, condition.focus_error_px) * self.scale
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), max(blur, 0.3)), np.uint8)
        if pose is not None:
            picture = self._smeared(picture, speed_mm_s * setting.exposure_ms / 1e3 * self._px_per_mm(pose))
        return self._with_noise(picture, noise_deviation(setting.gain_db), tick)

    def _px_per_mm(self, pose: Pose) -> float:
        return PX_PER_MM * self.scale * WORKING_DISTANCE_MM / pose.distance_mm

    def _lit_wall(self, condition: Condition) -> NDArray[np.uint8]:
        if condition.behind == 1.0:
            return self.wall
        # Of light, not of levels: sRGB is about a power of 2.2.
        return np.asarray(cv2.convertScaleAbs(self.wall, alpha=condition.behind ** (1 / 2.2)), np.uint8)

    def _composed(self, wall: NDArray[np.uint8], figure: Figure, pose: Pose) -> NDArray[np.uint8]:
        sprite = _with_eyes(figure, pose)
        zoom, turn = self._px_per_mm(pose) / SPRITE_PX_PER_MM, radians(pose.roll_deg)
        shown_x = self.width / 2 + pose.x_mm * self._px_per_mm(pose)
        shown_y = self.height * _FACE_HEIGHT + pose.y_mm * self._px_per_mm(pose)
        own_x, own_y = sprite_point(0, 0)
        across, down = zoom * cos(turn), zoom * sin(turn)
        matrix = np.array(
            [
                [across, -down, shown_x - across * own_x + down * own_y],
                [down, across, shown_y - down * own_x - across * own_y],
            ]
        )
        # Shrinking skips pixels: linear interpolation of a sprite twice as fine still looks at all of them.
        placed = cv2.warpAffine(sprite, matrix, (self.width, self.height), flags=cv2.INTER_LINEAR)
        free = cv2.cvtColor(255 - placed[..., 3], cv2.COLOR_GRAY2BGR)
        return np.asarray(cv2.add(cv2.multiply(wall, free, scale=1 / 255), placed[..., :3]), np.uint8)

    @staticmethod
    def _smeared(picture: NDArray[np.uint8], length_px: float) -> NDArray[np.uint8]:
        taps = int(length_px) | 1
        if taps < 3:
            return picture
        return np.asarray(cv2.blur(picture, (min(taps, 61), 1)), np.uint8)

    def _with_noise(self, picture: NDArray[np.uint8], deviation: float, tick: int) -> NDArray[np.uint8]:
        field = np.roll(self._noise[tick % _NOISE_FIELDS], (tick * 37) % self.height, axis=0)
        summed = cv2.addWeighted(picture, 1.0, field, deviation / 16, 0, dtype=cv2.CV_16S)
        return np.asarray(np.clip(summed, 0, 255), np.uint8)


def _with_eyes(figure: Figure, pose: Pose) -> NDArray[np.uint8]:
    """The sprite with irises where the person looks, and lids as far shut as they are."""
    sprite = figure.sprite.copy()
    traits = figure.traits
    for side in (-1, 1):
        x, y = sprite_point(side * EYE_X_MM, 0)
        half_x, half_y = (round(half * SPRITE_PX_PER_MM) for half in EYE_HALF_MM)
        # Room about the eye, so that nothing drawn leaves it.
        left, top = round(x) - half_x - 2, round(y) - half_y - 2
        view = sprite[top : top + 2 * half_y + 5, left : left + 2 * half_x + 5]
        opening = np.zeros(view.shape[:2], np.uint8)
        middle = (x - left, y - top)
        cv2.ellipse(opening, (round(middle[0]), round(middle[1])), (half_x, half_y), 0, 0, 360, 255, -1, cv2.LINE_AA)
        drawn = view.copy()
        look = (middle[0] + pose.gaze[0] * half_x, middle[1] + pose.gaze[1] * half_y)
        _disc(drawn, look, IRIS_RADIUS_MM * SPRITE_PX_PER_MM, (*traits.iris, 255))
        _disc(drawn, look, 0.42 * IRIS_RADIUS_MM * SPRITE_PX_PER_MM, (14, 12, 12, 255))
        _disc(drawn, (look[0] - 2.0, look[1] - 2.5), 1.6, (250, 250, 250, 255))
        red, green, blue = (int(0.9 * channel) for channel in traits.skin)
        shut = round(min(max(pose.closing, 0.0), 1.0) * len(drawn))
        drawn[:shut] = (red, green, blue, 255)
        if shut > 0:
            drawn[max(0, shut - 2) : shut] = (60, 44, 40, 255)
        share = cv2.cvtColor(opening, cv2.COLOR_GRAY2BGRA).astype(np.float32) / 255
        share[..., 3] = share[..., 0]
        view[:] = np.rint(view + (drawn.astype(np.float32) - view) * share).astype(np.uint8)
    return sprite


def _disc(on: NDArray[np.uint8], middle: tuple[float, float], radius: float, tone: tuple[int, ...]) -> None:
    place = (round(middle[0] * (1 << _SHIFT)), round(middle[1] * (1 << _SHIFT)))
    cv2.circle(on, place, round(radius * (1 << _SHIFT)), tone, -1, cv2.LINE_AA, _SHIFT)

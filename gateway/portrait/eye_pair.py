"""Two eyes side by side: dark discs with lighter surroundings, amid skin, in a face that is alike left and right."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import atan2, cos, degrees, hypot, radians, sin
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

_LEAST_DISTANCE, _STEP, _STEPS, _OCTAVES = 12.0, 2**0.25, 4, 3
"""Pixels between the eyes in the finest picture; the grid of distances has four to an octave."""
_DISC, _BESIDE, _ABOVE = 0.16, 0.17, 0.25
"""Of the distance between the eyes, 63 mm: side of the square within an iris 11.7 mm wide, and how far from its middle
the white beside it and the skin above and below it are looked for."""
_GRID_REACH = 0.06
_LIT_EYE = 0.5
"""An eye may be lighter than the skin about it by so much of the level: the white of an eye in a dark face."""
_TILT = 0.2
"""One eye may be so much higher than the other, of their distance: 11 degrees either way."""
_LEAST_STRENGTH, _ENOUGH_STRENGTH = 0.07, 0.35
_LEAST_SKIN = 0.4
_LEAST_LEVEL = 24.0
_CANDIDATES = 4
_PATCH_PX = 22.0
"""Pixels between the eyes in the upright patch in which candidates are compared."""
_PATCH_TOP, _PATCH_SIDE = 0.5, 1.15
"""Of that distance: rows above the eyes, and columns on either side of the middle."""
_MOUTH, _MOUTH_HALF, _MOUTH_LEVELS = (0.85, 1.4), 0.28, 0.1
"""Where below the eyes the line of the mouth is, half its width, and how much darker it mostly is than about it."""
_LEAST_SCORE, _LEAST_ALONE = 0.18, 0.3
_OF_EXPECTED, _MOST_ASIDE, _MOST_DOWN = (0.62, 1.2), 0.45, 0.6
"""Of the distance that is expected; hair of the colour of skin makes a face look wider by a third."""


@dataclass(frozen=True)
class EyePair:
    """Where the eyes are; pixels. `right` is the subject's own, on the left of the image."""

    right: tuple[float, float]
    left: tuple[float, float]
    score: float
    """How much it looks like a face's, 0 to 1; no probability."""

    @property
    def distance(self) -> float:
        """Between their middles."""
        return hypot(self.left[0] - self.right[0], self.left[1] - self.right[1])

    @property
    def middle(self) -> tuple[float, float]:
        """Between them."""
        return (self.right[0] + self.left[0]) / 2, (self.right[1] + self.left[1]) / 2

    @property
    def roll_deg(self) -> float:
        """Of the line through them: positive where the head leans to the right of the image."""
        return degrees(atan2(self.left[1] - self.right[1], self.left[0] - self.right[0]))

    def magnified(self, zoom: float) -> "EyePair":
        """The same in a picture so many times as large."""

        def place(point: tuple[float, float]) -> tuple[float, float]:
            return zoom * (point[0] + 0.5) - 0.5, zoom * (point[1] + 0.5) - 0.5

        return EyePair(place(self.right), place(self.left), self.score)


@dataclass(frozen=True)
class Expected:
    """About where a pair should be, by the face's outline; pixels."""

    middle: tuple[float, float]
    distance: float

    def window(self, shape: tuple[int, ...], zoom: float) -> NDArray[np.float32]:
        """1 where the middle of a pair may be in a picture that was shrunk `zoom` times, 0 elsewhere."""
        x, y, reach = self.middle[0] / zoom, self.middle[1] / zoom, self.distance / zoom
        inside = np.zeros(shape, np.float32)
        rows = slice(max(0, round(y - _MOST_DOWN * reach)), max(0, round(y + _MOST_DOWN * reach) + 1))
        columns = slice(max(0, round(x - _MOST_ASIDE * reach)), max(0, round(x + _MOST_ASIDE * reach) + 1))
        inside[rows, columns] = 1
        return inside

    def fits(self, pair: EyePair) -> bool:
        """Whether a pair is as wide."""
        narrowest, widest = _OF_EXPECTED
        return narrowest * self.distance <= pair.distance <= widest * self.distance


def eye_pair(luma: NDArray[np.uint8], skin: NDArray[np.bool_], expected: Expected | None = None) -> EyePair | None:
    """The pair that looks most like that of a face.

    Parameters
    ----------
    luma : (height, width) uint8
        Some 240 pixels high.
    skin : (height, width) bool
        Where skin may be.
    expected : Expected, optional
        None where nothing is known; what is found then has to look more like a face.

    Returns
    -------
    EyePair or None
        None where there is none, or the eyes are shut, hidden, turned away, or too small.
    """
    best: EyePair | None = None
    least = _LEAST_ALONE if expected is None else _LEAST_SCORE
    grey, cover, zoom = luma.astype(np.float32), skin.astype(np.float32), 1.0
    for octave in range(_OCTAVES):
        if octave:
            size = (grey.shape[1] // 2, grey.shape[0] // 2)
            if min(size) < _LEAST_DISTANCE:
                break
            grey, cover = _halved(grey, size), _halved(cover, size)
            zoom *= 2
        for step in range(_STEPS):
            for found in _pairs_at(grey, cover, _LEAST_DISTANCE * _STEP**step, zoom, expected):
                pair = found.magnified(zoom)
                if pair.score < least or (expected is not None and not expected.fits(pair)):
                    continue
                if best is None or pair.score > best.score:
                    best = pair
    return best


def _pairs_at(
    grey: NDArray[np.float32], cover: NDArray[np.float32], distance: float, zoom: float, expected: Expected | None
) -> Iterator[EyePair]:
    """Candidates at one distance, in a picture that was shrunk `zoom` times; those of `expected` alone."""
    half, tilt = round(distance / 2), round(_TILT * distance / 2)
    if 2 * half >= grey.shape[1]:
        return
    eyes = _darkness(grey, distance)
    # One may be higher than the other, and their distance lies between two of the grid.
    level = np.asarray(cv2.dilate(eyes, np.ones((2 * tilt + 1, 2 * round(_GRID_REACH * distance) + 1), np.uint8)))
    right, left = _shifted(level, half, 0), _shifted(level, -half, 0)
    # Cheeks and nose: a square as wide as the eyes are apart, half of that below them.
    amid = _shifted(np.asarray(cv2.blur(cover, (round(1.2 * distance), round(0.9 * distance)))), 0, -half)
    weaker = np.minimum(right, left)
    strength = weaker * (amid >= _LEAST_SKIN) * (weaker > 0.4 * np.maximum(right, left))
    if expected is not None:
        strength = strength * expected.window(grey.shape, zoom)
    for _ in range(_CANDIDATES):
        _, top, _, (x, y) = cv2.minMaxLoc(strength)
        if top < _LEAST_STRENGTH:
            return
        pair = EyePair(_peak(eyes, x - half, y, tilt), _peak(eyes, x + half, y, tilt), 0.0)
        score = min(1.0, top / _ENOUGH_STRENGTH) * float(amid[y, x]) * _likeness(grey, pair)
        yield EyePair(pair.right, pair.left, score)
        reach = max(1, half // 3)
        strength[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1] = 0


def _darkness(grey: NDArray[np.float32], distance: float) -> NDArray[np.float32]:
    """How much darker each place is than what is left and right of it, and above and below; a share of the level."""
    side = max(1, round(_DISC * distance))
    disc = np.asarray(cv2.blur(grey, (side, side)))
    beside, above = max(1, round(_BESIDE * distance)), max(2, round(_ABOVE * distance))
    right, left = _shifted(disc, -beside, 0), _shifted(disc, beside, 0)
    over, under = _shifted(disc, 0, above), _shifted(disc, 0, -above)
    level = np.maximum((right + left + over + under) / 4, _LEAST_LEVEL)
    # The lid's shadow and the brow are above: what is below must be lighter, what is above need not be by much.
    down = np.minimum(under, (over + under) / 2)
    across = np.minimum(right, left) - disc
    return np.asarray(np.minimum(across, down - disc + _LIT_EYE * level) / level, np.float32)


def _likeness(grey: NDArray[np.float32], pair: EyePair) -> float:
    """0 to 1: how alike left and right are about the pair, and whether a mouth is below."""
    distance = pair.distance
    if distance < 1:
        return 0.0
    zoom, turn = distance / _PATCH_PX, radians(pair.roll_deg)
    half, above = round(_PATCH_SIDE * _PATCH_PX), round(_PATCH_TOP * _PATCH_PX)
    below = round(_MOUTH[1] * _PATCH_PX)
    across, down = zoom * cos(turn), zoom * sin(turn)
    x, y = pair.middle
    matrix = np.array(
        [[across, -down, x - across * half + down * above], [down, across, y - down * half - across * above]]
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = (2 * half + 1, above + below + 1)
    patch = np.asarray(cv2.warpAffine(grey, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.float32)
    detail = patch - cv2.GaussianBlur(patch, (0, 0), _PATCH_PX / 4)
    return max(0.0, _correlation(detail, detail[:, ::-1])) * (0.4 + 0.6 * _mouth(patch[above:], half))


def _mouth(below_eyes: NDArray[np.float32], middle: int) -> float:
    """How clearly a dark line lies where a mouth is, 0 to 1."""
    wide = round(_MOUTH_HALF * _PATCH_PX)
    rows = below_eyes[:, middle - wide : middle + wide + 1].mean(axis=1)
    beside = np.asarray(cv2.GaussianBlur(rows[:, None], (0, 0), _PATCH_PX / 5)).ravel()
    dip = ((beside - rows) / np.maximum(beside, _LEAST_LEVEL))[round(_MOUTH[0] * _PATCH_PX) :]
    return float(np.clip(dip.max() / _MOUTH_LEVELS, 0, 1))


def _correlation(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    spread = float(np.sqrt((one**2).sum() * (other**2).sum()))
    return float((one * other).sum()) / spread if spread > 0 else 0.0


def _peak(eyes: NDArray[np.float32], x: int, y: int, reach: int) -> tuple[float, float]:
    """The darkest place about where an eye should be."""
    reach = max(2, reach)
    left, top = max(0, x - reach), max(0, y - reach)
    view = eyes[top : y + reach + 1, left : x + reach + 1]
    if not view.size:
        return float(x), float(y)
    row, column = divmod(int(view.argmax()), view.shape[1])
    return float(left + column), float(top + row)


def _halved(image: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.float32)


def _shifted(image: NDArray[Any], right: int, down: int) -> NDArray[np.float32]:
    """So that the place (x, y) shows what was at (x - right, y - down); zero where that is outside."""
    shown = np.zeros(image.shape, np.float32)
    height, width = image.shape
    if abs(right) >= width or abs(down) >= height:
        return shown
    shown[max(0, down) : height + min(0, down), max(0, right) : width + min(0, right)] = image[
        max(0, -down) : height + min(0, -down), max(0, -right) : width + min(0, -right)
    ]
    return shown

"""A drawn head and shoulders, plainly a drawing: flat shapes with outlines, different for each seed.

Lengths are millimetres about the point between the eyes, x to the right of the image, y down. Proportions are those
of an adult: eyes halfway between crown and chin, 63 mm apart (ISO/IEC 39794-5 has 60 to 65 as usual).
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

SPRITE_PX_PER_MM = 1.6
LEFT_MM, RIGHT_MM, TOP_MM, BOTTOM_MM = -300.0, 300.0, -190.0, 520.0
EYE_X_MM = 31.5
"""Of each eye from the middle."""
EYE_HALF_MM = (15.0, 7.5)
IRIS_RADIUS_MM = 5.9
"""The visible iris is some 11.7 mm wide."""
_HAIR_STYLES = ("short", "long", "parted", "bald", "scarf")
_SKINS = ((244, 208, 180), (228, 184, 148), (202, 150, 110), (168, 116, 80), (118, 78, 54), (84, 56, 42))
_HAIRS = ((28, 24, 22), (52, 36, 26), (96, 64, 38), (150, 108, 58), (120, 118, 116))
_IRISES = ((60, 38, 24), (88, 58, 32), (72, 86, 50), (70, 100, 128))
_CLOTHES = ((40, 66, 118), (122, 34, 44), (34, 92, 70), (72, 72, 80), (150, 112, 40), (92, 52, 110))
_WHITE = (238, 236, 230)
_SHIFT = 4  # fractional bits of coordinates for OpenCV
Rgb = tuple[int, int, int]


@dataclass(frozen=True)
class FigureTraits:
    """What makes one figure another than the next."""

    skin: Rgb
    hair: Rgb
    iris: Rgb
    clothes: Rgb
    hair_style: str
    head_half_mm: float
    jaw: float
    """Width of the jaw relative to the head."""
    brow_mm: float
    nose_mm: float
    mouth_half_mm: float
    glasses: bool
    striped: bool


@dataclass(frozen=True, eq=False)
class Figure:
    """A figure with its eyeballs white: irises and lids are put in frame by frame.

    Parameters
    ----------
    traits : FigureTraits
    sprite : (h, w, 4) uint8
        Red, green, blue, premultiplied by the cover, which is the fourth.
    """

    traits: FigureTraits
    sprite: NDArray[np.uint8]


def figure_traits(seed: int) -> FigureTraits:
    """The traits of a seed, always the same."""
    rng = np.random.default_rng([seed, 0x504F52])

    def one(of: tuple[Rgb, ...]) -> Rgb:
        red, green, blue = of[int(rng.integers(len(of)))]
        shade = float(rng.uniform(0.92, 1.05))
        return (min(255, int(red * shade)), min(255, int(green * shade)), min(255, int(blue * shade)))

    return FigureTraits(
        skin=one(_SKINS),
        hair=one(_HAIRS),
        iris=one(_IRISES),
        clothes=one(_CLOTHES),
        hair_style=_HAIR_STYLES[int(rng.integers(len(_HAIR_STYLES)))],
        head_half_mm=float(rng.uniform(70, 80)),
        jaw=float(rng.uniform(0.66, 0.88)),
        brow_mm=float(rng.uniform(3.5, 7.0)),
        nose_mm=float(rng.uniform(11, 17)),
        mouth_half_mm=float(rng.uniform(20, 29)),
        glasses=bool(rng.random() < 0.25),
        striped=bool(rng.random() < 0.5),
    )


@lru_cache(maxsize=4)
def drawn_figure(seed: int) -> Figure:
    """Draw the figure of a seed, or take the one that was drawn lately; takes some tens of milliseconds."""
    traits = figure_traits(seed)
    board = _Board()
    head = head_outline(traits)
    if traits.hair_style == "long":
        board.fill(_ellipse(0, 10, traits.head_half_mm + 24, 165), traits.hair)
    _draw_shoulders(board, traits)
    if traits.hair_style == "scarf":
        wrap = np.array([(-74, 70), (74, 70), (98, 165), (62, 235), (-62, 235), (-98, 165)], np.float64)
        board.fill(wrap, traits.clothes)
        board.fill(_ellipse(0, 6, traits.head_half_mm + 26, 150), traits.clothes)
    else:
        for side in (-1, 1):
            board.fill(_ellipse(side * (traits.head_half_mm - 1), 14, 11, 22), _shaded(traits.skin, 0.92))
    board.fill(head, traits.skin)
    _draw_cheeks(board, head, traits)
    _draw_hair(board, head, traits)
    _draw_features(board, traits)
    cover = cv2.GaussianBlur(board.cover, (0, 0), 0.8)
    picture = cv2.GaussianBlur(board.picture, (0, 0), 0.8)
    premultiplied = picture.astype(np.float32) * (cover.astype(np.float32) / 255)[..., None]
    sprite = np.dstack([np.rint(premultiplied).astype(np.uint8), cover])
    sprite.flags.writeable = False
    return Figure(traits, sprite)


def head_outline(traits: FigureTraits) -> NDArray[np.float64]:
    """(n, 2) millimetres: a rounded top, narrowing to the jaw and chin."""
    angle = np.linspace(0, 2 * np.pi, 160, endpoint=False)
    x, y = np.sin(angle), -np.cos(angle)
    narrowing = 1 - (1 - traits.jaw) * np.maximum(y, 0) ** 1.5
    half = traits.head_half_mm
    return np.column_stack([half * narrowing * np.sign(x) * np.abs(x) ** 0.86, np.where(y < 0, 112 * y, 116 * y)])


def sprite_point(x_mm: float, y_mm: float) -> tuple[float, float]:
    """Sprite pixel of a place on the figure."""
    return (x_mm - LEFT_MM) * SPRITE_PX_PER_MM, (y_mm - TOP_MM) * SPRITE_PX_PER_MM


class _Board:
    """Paper: a picture and where there is something on it."""

    def __init__(self) -> None:
        shape = (
            round((BOTTOM_MM - TOP_MM) * SPRITE_PX_PER_MM),
            round((RIGHT_MM - LEFT_MM) * SPRITE_PX_PER_MM),
        )
        self.picture = np.zeros((*shape, 3), np.uint8)
        self.cover = np.zeros(shape, np.uint8)

    def fill(self, outline: NDArray[np.float64], tone: Rgb, *, edge: float | None = 0.62) -> None:
        points = self._points(outline)
        cv2.fillPoly(self.cover, [points], 255, cv2.LINE_AA, _SHIFT)
        cv2.fillPoly(self.picture, [points], tone, cv2.LINE_AA, _SHIFT)
        if edge is not None:
            cv2.polylines(self.picture, [points], True, _shaded(tone, edge), 2, cv2.LINE_AA, _SHIFT)

    def line(self, outline: NDArray[np.float64], tone: Rgb, width_mm: float, *, closed: bool = False) -> None:
        thickness = max(1, round(width_mm * SPRITE_PX_PER_MM))
        cv2.polylines(self.picture, [self._points(outline)], closed, tone, thickness, cv2.LINE_AA, _SHIFT)

    def within(self, outline: NDArray[np.float64]) -> NDArray[np.uint8]:
        mask = np.zeros_like(self.cover)
        cv2.fillPoly(mask, [self._points(outline)], 255)
        return mask

    @staticmethod
    def _points(outline: NDArray[np.float64]) -> NDArray[np.int32]:
        pixels = (outline - (LEFT_MM, TOP_MM)) * SPRITE_PX_PER_MM
        return np.rint(pixels * (1 << _SHIFT)).astype(np.int32)


def _draw_shoulders(board: _Board, traits: FigureTraits) -> None:
    neck = np.array([(-46, 60), (46, 60), (52, 128), (84, 190), (-84, 190), (-52, 128)], np.float64)
    board.fill(neck, _shaded(traits.skin, 0.84))
    across = np.linspace(-1, 1, 60)
    slope = np.column_stack([232 * across, 140 + 104 * np.abs(across) ** 2.2])
    collar = np.abs(across) < 0.28
    slope[collar, 1] += 34 * (1 - (across[collar] / 0.28) ** 2)
    torso = np.vstack([slope, [(252, 380), (246, 520), (-246, 520), (-252, 380)]])
    board.fill(torso, traits.clothes)
    if traits.striped:
        mask = board.within(torso)
        rows = np.arange(mask.shape[0])[:, None] // 22 % 2 == 0
        light = np.array(_shaded(traits.clothes, 1.35), np.uint8)
        board.picture[(mask > 0) & rows] = light
    board.line(slope, _shaded(traits.clothes, 0.55), 3.0)


def _draw_cheeks(board: _Board, head: NDArray[np.float64], traits: FigureTraits) -> None:
    """Rounds the head off towards its sides."""
    mask = board.within(head) > 0
    y, x = np.nonzero(mask)
    x_mm, y_mm = x / SPRITE_PX_PER_MM + LEFT_MM, y / SPRITE_PX_PER_MM + TOP_MM
    away = (x_mm / traits.head_half_mm) ** 2 + ((y_mm - 6) / 150) ** 2
    shade = (1.04 - 0.24 * np.clip(away, 0, 1) ** 1.5)[:, None]
    board.picture[y, x] = np.clip(board.picture[y, x] * shade, 0, 255).astype(np.uint8)


def _draw_hair(board: _Board, head: NDArray[np.float64], traits: FigureTraits) -> None:
    if traits.hair_style == "bald":
        return
    tone = traits.clothes if traits.hair_style == "scarf" else traits.hair
    reach = {"scarf": 1.13, "long": 1.12, "parted": 1.08, "short": 1.06}[traits.hair_style]
    upper = head[head[:, 1] < (40 if traits.hair_style == "scarf" else -8)]
    upper = upper[np.argsort(upper[:, 0])] * (reach, reach)
    x = np.linspace(upper[-1, 0], upper[0, 0], 40)
    along = x / abs(x[0])
    height = -58.0 if traits.hair_style == "scarf" else -66.0
    parting = 14 * np.cos(5 * along + 1) if traits.hair_style == "parted" else 5 * np.cos(9 * along)
    brow_line = height + (upper[0, 1] - height) * np.abs(along) ** 6 + parting * (1 - along**2)
    board.fill(np.vstack([upper, np.column_stack([x, brow_line])]), tone)


def _draw_features(board: _Board, traits: FigureTraits) -> None:
    dark = _shaded(traits.skin, 0.58)
    for side in (-1, 1):
        middle = side * EYE_X_MM
        board.fill(_ellipse(middle, 0, *EYE_HALF_MM), _WHITE, edge=None)
        lid = _arc(middle, 1, EYE_HALF_MM[0] + 2, EYE_HALF_MM[1] + 1.5, upper=True)
        board.line(lid, dark, 2.2)
        brow = _arc(middle + 1.5 * side, -12, EYE_HALF_MM[0] + 6, 9, upper=True)
        board.line(brow, traits.hair, traits.brow_mm)
        if traits.glasses:
            board.line(_ellipse(middle, 2, 25, 19), (36, 34, 38), 2.5, closed=True)
    if traits.glasses:
        board.line(np.array([(-7.0, 0), (7.0, 0)]), (36, 34, 38), 2.5)
    nose = np.array([(-3, 8), (-traits.nose_mm, 44), (-4, 50), (4, 50), (traits.nose_mm, 44)], np.float64)
    board.line(nose, dark, 1.8)
    half = traits.mouth_half_mm
    x = np.linspace(-half, half, 24)
    lips = np.vstack(
        [
            np.column_stack([x, 74 - 6 * (1 - (x / half) ** 2) + 2.2 * np.exp(-((x / 5) ** 2))]),
            np.column_stack([x[::-1], 74 + 9 * (1 - (x[::-1] / half) ** 2)]),
        ]
    )
    red, green, blue = traits.skin
    board.fill(lips, (min(255, int(0.88 * red) + 12), int(0.58 * green), int(0.6 * blue)))
    board.line(np.column_stack([x, 74 + 1.5 * (1 - (x / half) ** 2)]), dark, 1.4)


def _ellipse(x: float, y: float, half_width: float, half_height: float) -> NDArray[np.float64]:
    angle = np.linspace(0, 2 * np.pi, 96, endpoint=False)
    return np.column_stack([x + half_width * np.cos(angle), y + half_height * np.sin(angle)])


def _arc(x: float, y: float, half_width: float, height: float, *, upper: bool) -> NDArray[np.float64]:
    along = np.linspace(-1, 1, 32)
    bow = height * np.sqrt(1 - along**2)
    return np.column_stack([x + half_width * along, y - bow if upper else y + bow])


def _shaded(tone: Rgb, by: float) -> Rgb:
    red, green, blue = (min(255, int(channel * by)) for channel in tone)
    return red, green, blue

"""Where a target lies in a frame: found by its own drawing, and checked before anything is measured on it.

The description of the target is drawn as an ideal scanner would see it, searched for at coarse scale over turns and
shifts, then fitted by an affine map at half the resolution. What does not look like the drawing is dirt, or a hand.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import atan2, cos, degrees, hypot, radians, sin

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.errors import (
    TargetCovered,
    TargetDirty,
    TargetMissing,
    TargetOffPlace,
    TargetTilted,
    TargetUpsideDown,
    TargetWrong,
)
from calibration.targets import Target
from drivers.fingerprint.synthesis.drawn_target import Optics, draw_target
from drivers.fingerprint.synthesis.target_element import ElementKind, LaidTarget, TargetElement

_COARSE_PPI = 100.0
_FINE_PPI = 250.0
_BLUR_MM = 0.1  # widest that `draw_target` takes: no pattern above 4 cycles per mm is left in either
MOST_TURN_DEG = 5.0
_SEARCHED_DEG = 16.0
_STEP_DEG = 2.0
_LEAST_LIKENESS = 0.6
_LEAST_PARTS = 4  # of nine
_PART_LIKENESS = 0.8
_LEAST_CONTRAST = 0.06
_MOST_SKEW = 0.02
_MOST_STRETCH = 0.08
_STRAY = 0.09
_SPECK = 0.05
_LARGE_MM = 1.2

Affine = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Placement:
    """Where a target lies.

    Parameters
    ----------
    to_px : (2, 3) float64
        From the target's millimetres to pixels of the frame: x, y.
    turn_deg : float
        Clockwise as seen, beyond the expected one.
    likeness : float
        Correlation with the drawing, at most 1.
    """

    to_px: Affine
    turn_deg: float
    likeness: float

    def at(self, x_mm: NDArray[np.float64], y_mm: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
        """Pixels of points of the target."""
        (a, b, c), (d, e, f) = self.to_px
        return a * x_mm + b * y_mm + c, d * x_mm + e * y_mm + f

    def field_coordinates(
        self, element: TargetElement, shape: tuple[int, int], margin_mm: float
    ) -> tuple[tuple[slice, slice], NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
        """The pixels of one field.

        Parameters
        ----------
        element : TargetElement
        shape : (height, width)
            Of the frame.
        margin_mm : float
            To keep from the field's border.

        Returns
        -------
        box : (slice, slice)
            Rows and columns.
        along, across : (rows, columns) float64
            Millimetres from the field's middle, in its own axes.
        inside : (rows, columns) bool
        """
        half_x, half_y = element.size_mm[0] / 2, element.size_mm[1] / 2
        turn = radians(element.turn_deg)
        corner_u, corner_v = np.array([-1, 1, 1, -1]) * half_x, np.array([-1, -1, 1, 1]) * half_y
        x, y = self.at(
            element.centre_mm[0] + corner_u * cos(turn) - corner_v * sin(turn),
            element.centre_mm[1] + corner_u * sin(turn) + corner_v * cos(turn),
        )
        top, bottom = (int(np.clip(v, 0, shape[0])) for v in (np.floor(y.min()), np.ceil(y.max()) + 1))
        left, right = (int(np.clip(v, 0, shape[1])) for v in (np.floor(x.min()), np.ceil(x.max()) + 1))
        back = np.linalg.inv(self.to_px[:, :2])
        columns, rows = np.meshgrid(
            np.arange(left, right) - self.to_px[0, 2], np.arange(top, bottom) - self.to_px[1, 2]
        )
        u = back[0, 0] * columns + back[0, 1] * rows - element.centre_mm[0]
        v = back[1, 0] * columns + back[1, 1] * rows - element.centre_mm[1]
        along, across = u * cos(turn) + v * sin(turn), v * cos(turn) - u * sin(turn)
        inside = (np.abs(along) < half_x - margin_mm) & (np.abs(across) < half_y - margin_mm)
        return (slice(top, bottom), slice(left, right)), along, across, inside


def find_target(
    mean: NDArray[np.float32], full_scale: float, ppi: float, target: Target, quarter_turns: int = 0
) -> Placement:
    """Find a target of several fields, and refuse one that cannot be measured.

    Parameters
    ----------
    mean : (height, width) float32
        Average of the frames.
    full_scale : float
        Highest grey.
    ppi : float
        As the device states it; the real one may differ by 8 %.
    target : Target
    quarter_turns : int
        How the target is laid: 0 upright, 1 turned clockwise by a quarter.

    Returns
    -------
    Placement

    Raises
    ------
    TargetMissing, TargetWrong, TargetUpsideDown, TargetTilted, TargetOffPlace, TargetDirty, TargetCovered
    """
    low, high = np.percentile(mean, [2, 98])
    if high - low < _LEAST_CONTRAST * full_scale:
        raise TargetMissing(f"nothing is seen on the glass; lay target {target.id} on it")
    upright = 90.0 * quarter_turns
    coarse = _scaled(mean, ppi, _COARSE_PPI)
    searched = np.arange(-_SEARCHED_DEG, _SEARCHED_DEG + 1, _STEP_DEG)
    likeness, turn, middle = max(_search(coarse, target, upright + angle) for angle in searched)
    other = max(_search(coarse, target, upright + 180 + angle)[0] for angle in searched[::2])
    if other > max(likeness, _LEAST_LIKENESS - 0.05) + 0.05:
        raise TargetUpsideDown(f"target {target.id} lies the wrong way round; turn it by half a turn")
    sideways = max(_search(coarse, target, upright + quarter)[0] for quarter in (-90, 90))
    if sideways > likeness + 0.1 and sideways > _LEAST_LIKENESS - 0.05:
        asked = "upright" if not quarter_turns % 2 else "by a quarter clockwise"
        raise TargetWrong(f"target {target.id} lies turned by a quarter; lay it {asked}")
    if likeness < _LEAST_LIKENESS and _parts_alike(coarse, target, turn, middle) >= _LEAST_PARTS:
        raise TargetCovered(
            f"only part of target {target.id} is seen (likeness {likeness:.2f}); take hands and things away, lay it in"
            " the middle of the glass, and press it flat"
        )
    if likeness < _LEAST_LIKENESS:
        raise TargetWrong(
            f"what lies on the glass does not look like target {target.id} (likeness {likeness:.2f});"
            " lay that one in the middle, face to the glass, or name the one that lies there"
        )
    if abs(turn - upright) > MOST_TURN_DEG + _STEP_DEG:
        raise TargetTilted(
            f"the target is turned by about {turn - upright:.0f} degrees; straighten it to within {MOST_TURN_DEG:.0f}"
        )
    fitted, likeness = _fitted(mean, ppi, target, turn, middle)
    turned = degrees(atan2(fitted[1, 0] - fitted[0, 1], fitted[0, 0] + fitted[1, 1])) - upright
    turned = (turned + 180) % 360 - 180
    placement = Placement(fitted, turned, likeness)
    _check_place(placement, mean.shape, target)
    if abs(turned) > MOST_TURN_DEG:
        raise TargetTilted(f"the target is turned by {turned:.1f} degrees; straighten it to within {MOST_TURN_DEG:.0f}")
    _check_looks(mean, ppi, target, placement)
    _check_level(placement, ppi)
    return placement


def _search(coarse: NDArray[np.float32], target: Target, turn: float) -> tuple[float, float, tuple[float, float]]:
    """Best correlation at one turn, the turn, and where the target's middle is then: millimetres from the frame's."""
    margin = 30
    drawing = _coarse_drawing(target, turn)
    # Beyond the frame nothing is known: its median there lets a target that lies half off the glass be found, too.
    field = cv2.copyMakeBorder(
        coarse, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=(float(np.median(coarse)),)
    )
    grow_y, grow_x = (max(0, drawing.shape[i] - field.shape[i]) for i in (0, 1))
    if grow_x or grow_y:
        field = cv2.copyMakeBorder(field, 0, grow_y, 0, grow_x, cv2.BORDER_CONSTANT, value=(float(np.median(coarse)),))
    scores = cv2.matchTemplate(field, drawing, cv2.TM_CCOEFF_NORMED)
    _, best, _, (x, y) = cv2.minMaxLoc(scores)
    scale = 25.4 / _COARSE_PPI
    across = (x + (drawing.shape[1] - 1) / 2 - margin - (coarse.shape[1] - 1) / 2) * scale
    down = (y + (drawing.shape[0] - 1) / 2 - margin - (coarse.shape[0] - 1) / 2) * scale
    return float(best), turn, (across, down)


def _parts_alike(coarse: NDArray[np.float32], target: Target, turn: float, middle: tuple[float, float]) -> int:
    """How many ninths of the frame look like the drawing: beside a hand some do, of another target hardly one."""
    drawing = _drawing(target, _COARSE_PPI, (coarse.shape[0], coarse.shape[1]), turn, middle)
    alike = 0
    for rows in np.array_split(np.arange(coarse.shape[0]), 3):
        for columns in np.array_split(np.arange(coarse.shape[1]), 3):
            part = np.ix_(rows, columns)
            seen, drawn = coarse[part] - coarse[part].mean(), drawing[part] - drawing[part].mean()
            size = float(np.sqrt((seen**2).sum() * (drawn**2).sum()))
            alike += bool((seen * drawn).sum() > _PART_LIKENESS * size > 0)
    return alike


def _coarse_drawing(target: Target, turn: float) -> NDArray[np.float32]:
    width, height = target.size_mm
    cos_, sin_ = abs(cos(radians(turn))), abs(sin(radians(turn)))
    size = (width * cos_ + height * sin_, width * sin_ + height * cos_)
    shape = (int(size[1] / 25.4 * _COARSE_PPI), int(size[0] / 25.4 * _COARSE_PPI))
    return _drawing(target, _COARSE_PPI, shape, turn, (0.0, 0.0))


def _drawing(
    target: Target, ppi: float, shape: tuple[int, int], turn: float, middle: tuple[float, float]
) -> NDArray[np.float32]:
    pitch = 25.4 / ppi
    x = ((np.arange(shape[1], dtype=np.float32) - (shape[1] - 1) / 2) * pitch).astype(np.float32)
    y = ((np.arange(shape[0], dtype=np.float32) - (shape[0] - 1) / 2) * pitch).astype(np.float32)
    laid = LaidTarget(target.fields, target.size_mm, target.ground, turn_deg=turn, shift_mm=middle)
    across, down = (np.ascontiguousarray(axis) for axis in np.meshgrid(x, y))
    return draw_target(laid, across, down, Optics((pitch, pitch), _BLUR_MM))


def _scaled(mean: NDArray[np.float32], ppi: float, wanted: float) -> NDArray[np.float32]:
    shape = tuple(max(8, round(side * wanted / ppi)) for side in mean.shape)
    blurred = cv2.GaussianBlur(mean, (0, 0), max(0.1, _BLUR_MM / 25.4 * ppi))
    small = cv2.resize(blurred, (shape[1], shape[0]), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def _fitted(
    mean: NDArray[np.float32], ppi: float, target: Target, turn: float, middle: tuple[float, float]
) -> tuple[Affine, float]:
    """The affine map from the target to the frame, and the correlation of drawing and frame under it."""
    small = _scaled(mean, ppi, _FINE_PPI)
    drawing = _drawing(target, _FINE_PPI, (small.shape[0], small.shape[1]), turn, middle)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 60, 1e-6)
    everywhere = np.full(small.shape, 255, np.uint8)
    try:
        likeness, warp = cv2.findTransformECC(
            drawing, small, np.eye(2, 3, dtype=np.float32), cv2.MOTION_AFFINE, stop, everywhere, 5
        )
    except cv2.error as error:
        raise TargetWrong(
            f"what lies on the glass cannot be fitted to target {target.id}; lay that one, flat, face to the glass"
        ) from error
    # Target mm -> pixel of the drawing -> pixel of the small frame -> pixel of the frame.
    scale = _FINE_PPI / 25.4
    c, s = cos(radians(turn)), sin(radians(turn))
    to_drawing = np.array(
        [
            [scale * c, -scale * s, scale * middle[0] + (small.shape[1] - 1) / 2],
            [scale * s, scale * c, scale * middle[1] + (small.shape[0] - 1) / 2],
            [0, 0, 1],
        ]
    )
    grown = np.array(
        [
            [mean.shape[1] / small.shape[1], 0, 0.5 * mean.shape[1] / small.shape[1] - 0.5],
            [0, mean.shape[0] / small.shape[0], 0.5 * mean.shape[0] / small.shape[0] - 0.5],
            [0, 0, 1],
        ]
    )
    whole = grown @ np.vstack([np.asarray(warp, np.float64), [0, 0, 1]]) @ to_drawing
    return np.asarray(whole[:2], np.float64), float(likeness)


def _check_place(placement: Placement, shape: tuple[int, ...], target: Target) -> None:
    width, height = target.size_mm
    x, y = placement.at(np.array([-1, 1, 1, -1]) * width / 2, np.array([-1, -1, 1, 1]) * height / 2)
    out = max(float(-x.min()), float(x.max()) - shape[1] + 1, float(-y.min()), float(y.max()) - shape[0] + 1)
    if out > 1.0:
        raise TargetOffPlace(
            f"target {target.id} reaches {out:.0f} pixels beyond the glass; move it to the middle, within the frame"
        )


def _check_level(placement: Placement, ppi: float) -> None:
    linear = placement.to_px[:, :2] * 25.4 / ppi
    stretch_x, stretch_y = hypot(*linear[:, 0]), hypot(*linear[:, 1])
    skew = float(linear[:, 0] @ linear[:, 1]) / (stretch_x * stretch_y)
    if abs(skew) > _MOST_SKEW:
        raise TargetTilted(f"the target is skewed by {degrees(skew):.1f} degrees; press it flat on the glass")
    if max(abs(stretch_x - 1), abs(stretch_y - 1)) > _MOST_STRETCH:
        raise TargetWrong(
            f"the target measures {stretch_x:.3f} and {stretch_y:.3f} of what its description says; lay the one that is"
            " described, flat, and state the device's nominal resolution"
        )


def _check_looks(mean: NDArray[np.float32], ppi: float, target: Target, placement: Placement) -> None:
    """Compare with the drawing: large strange areas are a hand or a lifted side, small ones dirt."""
    shape = (mean.shape[0], mean.shape[1])
    pitch = 25.4 / ppi
    rows, columns = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    back = np.linalg.inv(placement.to_px[:, :2])
    x, y = columns - np.float32(placement.to_px[0, 2]), rows - np.float32(placement.to_px[1, 2])
    u = (back[0, 0] * x + back[0, 1] * y).astype(np.float32)
    v = (back[1, 0] * x + back[1, 1] * y).astype(np.float32)
    laid = LaidTarget(target.fields, target.size_mm, target.ground)
    drawing = draw_target(laid, u, v, Optics((pitch, pitch), _BLUR_MM))
    seen = cv2.GaussianBlur(mean, (0, 0), _BLUR_MM / pitch)
    inside = (np.abs(u) < target.size_mm[0] / 2 - 0.3) & (np.abs(v) < target.size_mm[1] / 2 - 0.3)
    steep = cv2.dilate(drawing, np.ones((5, 5))) - cv2.erode(drawing, np.ones((5, 5)))
    plain = inside & (steep < 0.12)
    light = _light_by_reflectance(drawing[plain], seen[plain])
    span = max(float(np.ptp(light)), 1.0)
    expected = np.interp(drawing, np.linspace(0, 1, len(light)), light)
    off = np.asarray(np.abs(seen - expected) / span, np.float32)
    strange = (off > _STRAY) & plain
    kernel = np.ones((max(3, round(_LARGE_MM / pitch)),) * 2, np.uint8)
    large = cv2.morphologyEx(strange.astype(np.uint8), cv2.MORPH_OPEN, kernel) > 0
    share = float(large.sum() / plain.sum())
    if share > 0.25 and _fades(off, u, plain):
        raise TargetTilted(
            "the target does not touch the glass everywhere; press it flat, and take away what lies under it"
        )
    _check_patterns(strange, placement, target)
    if share > 0.01 or strange.sum() > 0.05 * plain.sum():
        raise TargetCovered(
            f"{100 * float(strange.sum() / plain.sum()):.0f} % of target {target.id} look otherwise than it should;"
            " take hands and things away, press it flat, and see that it is the right one"
        )
    specks = float((strange | ((off > _SPECK) & _small(off, plain))).sum() / plain.sum())
    if specks > 0.004:
        raise TargetDirty(f"{100 * specks:.1f} % of target {target.id} are specked or smeared; wipe target and glass")


def _check_patterns(strange: NDArray[np.bool_], placement: Placement, target: Target) -> None:
    """Refuse the sister of a target, of the same layout and other patterns: plain fields look well, others not."""
    shape = (strange.shape[0], strange.shape[1])
    shares: dict[bool, list[float]] = {True: [], False: []}
    for element in target.fields:
        box, _, _, inside = placement.field_coordinates(element, shape, 0.2)
        if inside.any():
            shares[element.kind is ElementKind.UNIFORM].append(float(strange[box][inside].mean()))
    if shares[True] and shares[False] and max(shares[True]) < 0.002 and max(shares[False]) > 0.03:
        raise TargetWrong(
            f"greys and layout are those of target {target.id}, the patterns are not; lay that one, or name the other"
        )


def _light_by_reflectance(drawing: NDArray[np.float32], seen: NDArray[np.float32]) -> NDArray[np.float64]:
    """Median grey for each of 41 reflectances from 0 to 1, filled in between."""
    steps = 41
    place = np.rint(drawing * (steps - 1)).astype(np.intp)
    known = [k for k in range(steps) if int((place == k).sum()) >= 40]
    medians = [float(np.median(seen[place == k])) for k in known]
    return np.asarray(np.interp(np.arange(steps), known, medians), np.float64)


def _fades(off: NDArray[np.float32], u: NDArray[np.float32], plain: NDArray[np.bool_]) -> bool:
    """Whether the likeness goes off steadily from one side to the other."""
    middles = np.linspace(float(u[plain].min()), float(u[plain].max()), 6)
    bands = [float(off[plain & (u >= low) & (u < high)].mean()) for low, high in pairwise(middles)]
    return bool(abs(bands[-1] - bands[0]) > 0.05)


def _small(off: NDArray[np.float32], plain: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """What stands out of its surroundings."""
    background = cv2.medianBlur(np.asarray(np.clip(off * 255, 0, 255), np.uint8), 31).astype(np.float32) / 255
    return np.asarray((off - background > _SPECK) & plain, np.bool_)

"""The square target found in a frame: its corners to a few hundredths of a pixel, and whether it may be measured."""

from dataclasses import dataclass, replace
from math import asin, atan2, degrees, hypot

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.camera.light_surface import even_light
from calibration.camera.target import CameraTarget
from calibration.errors import (
    TargetCovered,
    TargetDirty,
    TargetMissing,
    TargetOffPlace,
    TargetTilted,
    TargetUpsideDown,
    TargetWrong,
)

MAX_TURN_DEG = 15.0
MAX_TILT_DEG = 5.0
MIN_SIDE_PX = 40.0
_LEAST_CONTRAST = 12.0
_POINTS = 160
_REACH = 0.09  # of a side: how far from it the two plain sides are looked at
_MIDDLE = 0.7  # of each side: corners are rounded by blur
_MOST_STRAY_PX = 0.7
_DIRTY = 0.09  # darker than the card about it, as a share of the contrast
_DIRTY_SHARE, _COVERED_SHARE = 0.0001, 0.015


@dataclass(frozen=True, eq=False)
class SquareInFrame:
    """Where the square is.

    Parameters
    ----------
    corners : (4, 2) float64
        x, y in pixels: top left, top right, bottom right, bottom left of the target as it is held.
    side_uncertainty_px : float
        Standard uncertainty of the place of one side.
    turn_deg : float
        In the frame's plane, clockwise.
    tilt_deg : (float, float)
        Out of that plane, right side and lower side away, as far as perspective shows it.
    dark, light : float
        Grey of square and card near its middle.
    """

    corners: NDArray[np.float64]
    side_uncertainty_px: float
    turn_deg: float
    tilt_deg: tuple[float, float]
    dark: float
    light: float

    @property
    def px_per_side(self) -> tuple[float, float]:
        """Pixels across and down that the side's length makes, where pixels need not be square."""
        a, b, c, d = self.corners
        along, down = ((b - a) + (c - d)) / 2, ((d - a) + (c - b)) / 2
        # A turned square has both sides in both axes; the sum of squares is free of the turn.
        return hypot(along[0], down[0]), hypot(along[1], down[1])

    @property
    def side_px(self) -> float:
        """Mean length of a side."""
        across, down = self.px_per_side
        return (across + down) / 2

    def region(self, half: float, side: float, shape: tuple[int, ...]) -> NDArray[np.bool_]:
        """(height, width) bool: the square of half side `half` about the middle, in the unit of `side`."""
        rim = self.onto(np.array([[-half, -half], [half, -half], [half, half], [-half, half]]), side)
        return np.asarray(cv2.fillConvexPoly(np.zeros(shape, np.uint8), np.rint(rim).astype(np.int32), 1) > 0, np.bool_)

    def point(self, u: float, v: float, side: float) -> NDArray[np.float64]:
        """x, y in pixels of a place `u`, `v` from the square's middle, in the unit of `side`."""
        return np.asarray(self.onto(np.array([[u, v]]), side)[0], np.float64)

    def onto(self, places: NDArray[np.float64], side: float) -> NDArray[np.float64]:
        """(n, 2) pixels of (n, 2) such places."""
        half = side / 2
        own = np.array([[-half, -half], [half, -half], [half, half], [-half, half]], np.float32)
        matrix = cv2.getPerspectiveTransform(own, self.corners.astype(np.float32))
        return np.asarray(cv2.perspectiveTransform(places[None].astype(np.float64), matrix)[0], np.float64)


def square_in(image: NDArray[np.floating], target: CameraTarget, distance_mm: float | None = None) -> SquareInFrame:
    """Find the square target, and see that it is whole, clean, level and upright.

    Parameters
    ----------
    image : (height, width) float
        The mean of the frames.
    target : CameraTarget
    distance_mm : float, optional
        About where it is held; tells how far perspective tilts it. By default where it is usually held.

    Raises
    ------
    TargetMissing, TargetWrong, TargetOffPlace, TargetTilted, TargetUpsideDown, TargetDirty, TargetCovered
        As their names say, with what was seen and what to do.
    """
    picture = np.asarray(image, np.float32)
    rough = _rough_corners(picture)
    corners, stray, levels = _refined(picture, rough)
    corners, stray, levels = _refined(picture, corners)
    square = _upright(picture, corners, stray, levels, target)
    _check_ground(picture, square, target)
    away = target.distance_mm if distance_mm is None else distance_mm
    tilts = _tilt_deg(square.corners, target.side_mm, away)
    if (tilt := hypot(*tilts)) > MAX_TILT_DEG:
        raise TargetTilted(f"the target is tilted by {tilt:.0f} degrees; hold it square to the camera")
    if abs(square.turn_deg) > MAX_TURN_DEG:
        raise TargetTilted(f"the target is turned by {abs(square.turn_deg):.0f} degrees; turn it to 2 to 10 degrees")
    return replace(square, tilt_deg=tilts)


def _rough_corners(picture: NDArray[np.float32]) -> NDArray[np.float64]:
    smooth = cv2.GaussianBlur(picture, (0, 0), 1.5)
    low, high = np.percentile(smooth, [0.2, 90])
    if high - low < _LEAST_CONTRAST or high < 1.6 * max(low, 1.0):
        raise TargetMissing(
            "no target is seen: the frame has no dark square on a light card; put the target in its place"
        )
    threshold = float(low + high) / 2
    dark = (smooth < threshold).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(dark)
    height, width = picture.shape
    order = sorted(range(1, count), key=lambda index: -int(stats[index, cv2.CC_STAT_AREA]))
    cut, small = False, 0.0
    for index in order[:6]:
        left, top, wide, tall, area = (int(value) for value in stats[index])
        if area < 25:
            break
        at_border = left == 0 or top == 0 or left + wide == width or top + tall == height
        mask = (labels[top : top + tall, left : left + wide] == index).astype(np.uint8)
        contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE, offset=(left, top))
        box = cv2.minAreaRect(max(contours, key=len))
        (first, second) = box[1]
        square = min(first, second) > 0.82 * max(first, second) and area > 0.9 * first * second
        if square and not at_border:
            if min(first, second) < MIN_SIDE_PX:
                small = max(small, min(first, second))
                continue
            return np.asarray(cv2.boxPoints(box), np.float64)
        cut = cut or (at_border and area > 0.01 * picture.size)
    if cut:
        raise TargetOffPlace(
            "the target reaches out of the frame, or a thing does; move it to the middle, farther away"
        )
    if small:
        raise TargetOffPlace(f"the square is {small:.0f} pixels wide and {MIN_SIDE_PX:.0f} are needed; come closer")
    if order and int(stats[order[0], cv2.CC_STAT_AREA]) > 0.003 * picture.size:
        raise TargetWrong("a dark thing is seen that is no square; put the square target in its place, free of hands")
    raise TargetMissing("no target is seen: the frame has no dark square on a light card; put the target in its place")


def _refined(
    picture: NDArray[np.float32], corners: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float, tuple[float, float]]:
    """Corners where lines through the sides meet, the standard uncertainty of a side's place, levels dark and light."""
    middle = corners.mean(axis=0)
    lines, strays, darks, lights = [], [], [], []
    for index in range(4):
        a, b = corners[index], corners[(index + 1) % 4]
        along = b - a
        length = float(np.hypot(*along))
        along = along / length
        normal = np.array([along[1], -along[0]])
        if float(normal @ ((a + b) / 2 - middle)) < 0:
            normal = -normal
        reach = float(np.clip(_REACH * length, 6.0, 24.0))
        steps = np.arange(-reach, reach + 0.125, 0.25)
        share = np.linspace(0.5 - _MIDDLE / 2, 0.5 + _MIDDLE / 2, _POINTS) * length
        start = a + share[:, None] * along
        places = start[:, None, :] + steps[None, :, None] * normal
        profile = cv2.remap(
            picture,
            places[..., 0].astype(np.float32),
            places[..., 1].astype(np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        plain = max(2, len(steps) // 6)
        dark, light = np.median(profile[:, :plain]), np.median(profile[:, -plain:])
        at = _crossings(np.asarray(profile, np.float32), steps, float(dark + light) / 2)
        if np.isfinite(at).sum() < 0.7 * _POINTS or light - dark < _LEAST_CONTRAST:
            raise TargetCovered(
                "one side of the square is not seen whole; clear the view and hold the target by its rim"
            )
        found = np.isfinite(at)
        offset, slope, spread = _line_through(share[found], at[found])
        if spread > _MOST_STRAY_PX:
            raise TargetWrong(
                f"a side of the square strays by {spread:.1f} pixels from a line; flatten or clean the target"
            )
        lines.append((a + offset * normal, along + slope * normal))
        # Neighbouring profiles share pixels: one independent look for each pixel of length at most.
        strays.append(spread / min(found.sum(), length * _MIDDLE) ** 0.5)
        darks.append(float(dark))
        lights.append(float(light))
    met = [_meeting(lines[index - 1], lines[index]) for index in range(4)]
    # 0.01 pixel: what sampling between pixels leaves of an edge's place.
    return np.array(met), hypot(float(np.mean(strays)), 0.01), (float(np.mean(darks)), float(np.mean(lights)))


def _crossings(profile: NDArray[np.float32], steps: NDArray[np.float64], level: float) -> NDArray[np.float64]:
    """Where each profile rises through a level, nearest to its middle; nan where it does not."""
    low, high = profile[:, :-1] < level, profile[:, 1:] >= level
    rises = low & high
    distance = np.where(rises, np.abs(steps[:-1])[None, :], np.inf)
    index = distance.argmin(axis=1)
    rows = np.arange(len(profile))
    before, after = profile[rows, index], profile[rows, index + 1]
    part = (level - before) / np.where(after > before, after - before, 1.0)
    at = steps[index] + part * (steps[1] - steps[0])
    return np.where(np.isfinite(distance[rows, index]), at, np.nan)


def _line_through(share: NDArray[np.float64], at: NDArray[np.float64]) -> tuple[float, float, float]:
    """Offset at share 0, slope, and rms of what is left; specks are left out."""
    keep = np.ones(len(at), np.bool_)
    line = np.polyfit(share, at, 1)
    for _ in range(3):
        off = at - np.polyval(line, share)
        scale = 1.4826 * float(np.median(np.abs(off[keep]))) + 1e-6
        keep = np.abs(off) <= max(4 * scale, 0.05)
        if keep.sum() < 8:
            break
        line = np.polyfit(share[keep], at[keep], 1)
    spread = float(np.sqrt(np.mean((at[keep] - np.polyval(line, share[keep])) ** 2)))
    return float(line[1]), float(line[0]), spread


def _meeting(
    first: tuple[NDArray[np.float64], NDArray[np.float64]], second: tuple[NDArray[np.float64], NDArray[np.float64]]
) -> NDArray[np.float64]:
    (place, along), (other, across) = first, second
    share = np.linalg.solve(np.stack([along, -across], axis=1), other - place)
    return np.asarray(place + share[0] * along, np.float64)


def _upright(
    picture: NDArray[np.float32],
    corners: NDArray[np.float64],
    uncertainty: float,
    levels: tuple[float, float],
    target: CameraTarget,
) -> SquareInFrame:
    """The corners in the target's own order, by its dot."""
    turned = np.arctan2(corners[:, 1] - corners[:, 1].mean(), corners[:, 0] - corners[:, 0].mean())
    corners = corners[np.argsort(turned)]  # y goes down: from the top left on, clockwise, for a turn below 45 degrees
    along = (corners[1] - corners[0]) + (corners[2] - corners[3])
    turn = degrees(atan2(float(along[1]), float(along[0])))
    square = SquareInFrame(corners, uncertainty, turn, (0.0, 0.0), *levels)
    u, v = target.dot_mm
    contrast = levels[1] - levels[0]
    darkness = []
    for _ in range(4):
        place = square.point(u, v, target.side_mm)
        darkness.append(
            (levels[1] - _level_at(picture, place, 0.4 * target.dot_radius_mm / target.side_mm * square.side_px))
            / contrast
        )
        u, v = -v, u
    if max(darkness) < 0.4:
        raise TargetWrong(
            "a dark square is seen, without the dot beside it; this is another target, or its dot is covered"
        )
    quarter = int(np.argmax(darkness))
    if quarter:
        raise TargetUpsideDown(
            f"the target is turned by {90 * quarter} degrees; turn it until the dot is above the square"
        )
    return square


def _level_at(picture: NDArray[np.float32], place: NDArray[np.float64], radius: float) -> float:
    """Mean grey about a place; that of light card where it lies outside of the frame."""
    x, y, reach = round(float(place[0])), round(float(place[1])), max(1, round(radius))
    height, width = picture.shape
    if not (reach <= x < width - reach and reach <= y < height - reach):
        return float(np.percentile(picture, 90))
    return float(picture[y - reach : y + reach + 1, x - reach : x + reach + 1].mean())


def _check_ground(picture: NDArray[np.float32], square: SquareInFrame, target: CameraTarget) -> None:
    """See that card and square are clean, and that nothing lies over them."""
    inside = square.region(target.plain_mm, target.side_mm, picture.shape)
    own = square.region(0.58 * target.side_mm, target.side_mm, picture.shape).astype(np.uint8)
    dot = square.point(*target.dot_mm, target.side_mm)
    reach = 2.4 * target.dot_radius_mm / target.side_mm * square.side_px
    cv2.circle(own, (round(float(dot[0])), round(float(dot[1]))), max(2, round(reach)), 1, -1)
    ground = inside & (own == 0)
    if ground.sum() < 500:
        return
    smooth = cv2.GaussianBlur(picture, (0, 0), 1.2)
    even = even_light(np.asarray(smooth), ground)
    darker = (ground & (smooth < even - _DIRTY * (square.light - square.dark))).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(darker)
    areas = stats[1:, cv2.CC_STAT_AREA] / float(ground.sum())
    if areas.size and float(areas.max()) > _COVERED_SHARE:
        raise TargetCovered(f"{100 * areas.max():.0f} % of the card is covered or shaded; take the hand away")
    if float(areas.sum()) > _DIRTY_SHARE:
        raise TargetDirty(f"specks cover {100 * areas.sum():.2f} % of the card; wipe target and lens")


def _tilt_deg(corners: NDArray[np.float64], side_mm: float, distance_mm: float) -> tuple[float, float]:
    """From opposite sides that differ: the nearer one is seen longer."""
    top, right, bottom, left = (float(np.hypot(*(corners[(index + 1) % 4] - corners[index]))) for index in range(4))
    tilts = []
    for near, far in ((left, right), (top, bottom)):
        sine = (near - far) / (near + far) * 2 * distance_mm / side_mm
        tilts.append(degrees(asin(float(np.clip(sine, -1, 1)))))
    return tilts[0], tilts[1]

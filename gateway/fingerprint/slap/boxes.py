"""Fingertip boxes: the sides, the tip, the fold and the direction of each fingertip, measured at its candidate."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.fingerprint.slap.contact import GRID_PPI, SlapContact
from gateway.fingerprint.slap.fingertips import LENGTH, FingertipCandidate

_PX_PER_MM = GRID_PPI / 25.4
_ROUNDS = 2
_STRAY_DEG = 7.0
_MIN_WIDTH_MM = 4.0
_USUAL_LENGTH = 1.4
"""From the tip to the fold, in widths of the print; 1.1 (pressed hard) to 1.8 (a light touch) are met."""
_FOLD_MM = 2.5
_FOLD_TILTS = (-0.16, 0.0, 0.16)
_GAP_DEPTH = 0.18
"""Of a shallow gap between fingers that touch, in parts of a finger's own contrast; dry patches make lesser ones."""
_TIP_GAP_MM = 1.25
"""A gap as long as this ends a fingertip; creases are narrower."""


@dataclass(frozen=True)
class FingertipBox:
    """One fingertip, from its tip to the fold; mm from the frame's top left corner, x to the right, y down.

    `rotation_deg` is counter-clockwise from upright; `score` as of the candidate; `strength` is the ridge contrast in
    grey levels; `visible` is the share of the box that lies on the glass; `fill` the share of it that touches.
    """

    x: float
    y: float
    width: float
    height: float
    rotation_deg: float
    score: float
    strength: float
    visible: float
    fill: float

    @property
    def up(self) -> tuple[float, float]:
        """Unit vector to the tip."""
        turn = np.radians(self.rotation_deg)
        return -float(np.sin(turn)), -float(np.cos(turn))

    @property
    def tip(self) -> tuple[float, float]:
        """Middle of the upper side."""
        x, y = self.up
        return self.x + x * self.height / 2, self.y + y * self.height / 2

    def within(self, x: float, y: float) -> tuple[float, float]:
        """(x, y) seen from the middle of this box: to its right, and towards its tip."""
        up_x, up_y = self.up
        dx, dy = x - self.x, y - self.y
        return -up_y * dx + up_x * dy, up_x * dx + up_y * dy


@dataclass(frozen=True, eq=False)
class _Patch:
    """The glass around a finger, turned upright: rows down from above the tip, columns across."""

    skin: NDArray[np.float32]
    raw: NDArray[np.float32]
    glass: NDArray[np.float32]
    across: NDArray[np.float32]
    """mm of each column from the candidate's axis."""
    along: NDArray[np.float32]
    """mm of each row above the candidate's middle."""


def fingertip_box(
    contact: SlapContact,
    candidate: FingertipCandidate,
    expected: tuple[float, float] | None = None,
    hand_width: float = 0.0,
) -> FingertipBox | None:
    """Measure one fingertip; None where nothing like one is left.

    `expected` is the rotation that the hand as a whole asks for and how far this finger may stray from it, in degrees;
    by default the candidate's own within its grid. `hand_width` is the breadth of the other fingers, mm: one that the
    edge of the glass cuts is not taken to be as short as it looks narrow.
    """
    level = _level(contact, candidate)
    if level <= 0:
        return None
    usual, stray = expected or (candidate.rotation_deg, _STRAY_DEG)
    place = replace(candidate, rotation_deg=float(np.clip(candidate.rotation_deg, usual - stray, usual + stray)))
    tilts = _FOLD_TILTS if expected else (0.0,)
    for last in (False,) * (_ROUNDS - 1) + (True,):
        patch = _patch(contact, place, level)
        left, right = _sides(patch, place.width)
        if right - left < _MIN_WIDTH_MM:
            return None
        tip = _tip(patch, left, right, place.width)
        cut = _cut(patch, left, right)
        fold = _fold(patch, (left, right), tip, max(right - left, 0.85 * hand_width) if cut else right - left, tilts)
        if last:
            break
        turn = _lean(patch, left, right, tip, fold)
        # The next round looks from a place on the finger's own axis, a bit more than half a width below its tip.
        width = float(np.clip(right - left, 0.6 * place.width, 1.6 * place.width))
        x, y = _from_patch(place, (left + right) / 2, tip - LENGTH * width / 2)
        rotation = float(np.clip(place.rotation_deg + turn, usual - stray, usual + stray))
        place = replace(place, x=x, y=y, width=width, rotation_deg=rotation)
    return _box(patch, place, (left, right, tip, fold), level)


def _level(contact: SlapContact, candidate: FingertipCandidate) -> float:
    patch = _patch(contact, candidate, 1.0)
    inside = np.abs(patch.across)[None, :] < 0.35 * candidate.width
    inside = inside & (np.abs(patch.along)[:, None] < 0.5 * candidate.width) & (patch.glass > 0.5)
    return float(np.quantile(patch.raw[inside], 0.7)) if inside.sum() > 20 else 0.0


def _from_patch(place: FingertipCandidate, across: float, along: float) -> tuple[float, float]:
    turn = np.radians(place.rotation_deg)
    cos, sin = float(np.cos(turn)), float(np.sin(turn))
    return place.x + cos * across - sin * along, place.y - sin * across - cos * along


def _patch(contact: SlapContact, place: FingertipCandidate, level: float) -> _Patch:
    half, above, below = 1.1 * place.width, 1.5 * place.width, 2.2 * place.width
    columns = max(8, round(2 * half * _PX_PER_MM))
    rows = max(8, round((above + below) * _PX_PER_MM))
    across = ((np.arange(columns) + 0.5) / _PX_PER_MM - half).astype(np.float32)
    along = (above - (np.arange(rows) + 0.5) / _PX_PER_MM).astype(np.float32)
    turn = np.radians(place.rotation_deg)
    cos, sin = float(np.cos(turn)), float(np.sin(turn))
    x, y = _from_patch(place, float(across[0]), float(along[0]))
    matrix = np.array([[cos, sin, x * _PX_PER_MM - 0.5], [-sin, cos, y * _PX_PER_MM - 0.5]], np.float64)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    raw = np.asarray(cv2.warpAffine(contact.strength, matrix, (columns, rows), flags=flags), np.float32)
    grid_y = matrix[1, 0] * np.arange(columns)[None, :] + matrix[1, 1] * np.arange(rows)[:, None] + matrix[1, 2]
    grid_x = matrix[0, 0] * np.arange(columns)[None, :] + matrix[0, 1] * np.arange(rows)[:, None] + matrix[0, 2]
    height, width = contact.strength.shape
    glass = (grid_x > -0.5) & (grid_x < width - 0.5) & (grid_y > -0.5) & (grid_y < height - 0.5)
    skin = np.clip((raw / np.float32(level) - np.float32(0.22)) * np.float32(1 / 0.4), 0, 1)
    return _Patch(skin, raw / np.float32(level), glass.astype(np.float32), across, along)


def _mean(field: NDArray[np.float32], weight: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """Mean of what lies on the glass; -1 where too little does."""
    total = weight.sum(axis=axis)
    mean = (field * weight).sum(axis=axis) / np.maximum(total, 1)
    return np.asarray(np.where(total >= 0.2 * field.shape[axis], mean, -1), np.float32)


def _sides(patch: _Patch, width: float) -> tuple[float, float]:
    rows = np.abs(patch.along) < 0.38 * width
    profile = _mean(patch.skin[rows], patch.glass[rows], 0)
    raw = _smooth(_mean(patch.raw[rows], patch.glass[rows], 0))
    middle = int(np.argmin(np.abs(patch.across)))
    found = []
    for step in (-1, 1):
        found.append(float(patch.across[middle + step * _side(profile[middle::step], raw[middle::step], width)]))
    return found[0], found[1]


def _side(profile: NDArray[np.float32], raw: NDArray[np.float32], width: float) -> int:
    """Pixels from the middle to the side: where skin ends, the glass ends, or a gap parts it from the next finger."""
    first, last = round(0.24 * width * _PX_PER_MM), min(len(profile) - 1, round(0.95 * width * _PX_PER_MM))
    ends = np.flatnonzero(profile[first:last] < 0.5)
    end = first + int(ends[0]) if ends.size else last
    # A neighbour that touches leaves only a shallow valley between two hills.
    inner = np.maximum.accumulate(raw[first:end])
    outer = np.maximum.accumulate(raw[first:end][::-1])[::-1]
    depth = np.minimum(inner, outer) - raw[first:end]
    if depth.size and float(depth.max()) > _GAP_DEPTH:
        return first + int(np.argmax(depth))
    return end


def _smooth(profile: NDArray[np.float32]) -> NDArray[np.float32]:
    """Averaged over a ridge or so, as far as there is a profile."""
    kernel = np.array([0.25, 0.5, 0.25], np.float32)
    smooth = np.convolve(np.pad(profile, 1, mode="edge"), kernel, "valid")
    return np.asarray(np.where(profile < 0, profile, np.maximum(smooth, 0)), np.float32)


def _strip(patch: _Patch, left: float, right: float, share: float) -> NDArray[np.bool_]:
    """The columns of the middle `share` of the finger."""
    return np.asarray(np.abs(patch.across - (left + right) / 2) <= share * (right - left) / 2)


def _tip(patch: _Patch, left: float, right: float, width: float) -> float:
    """Walk up from the middle until a gap."""
    columns = _strip(patch, left, right, 0.45)
    profile = _mean(patch.skin[:, columns], patch.glass[:, columns], 1)
    middle = int(np.argmin(np.abs(patch.along)))
    gap = round(_TIP_GAP_MM * _PX_PER_MM)
    run = 0
    for row in range(middle, -1, -1):
        if profile[row] < 0:
            return float(patch.along[row + run + 1]) if row + run + 1 < len(patch.along) else 0.0
        run = run + 1 if profile[row] < 0.4 else 0
        if run >= gap:
            return float(patch.along[row + gap])
    return LENGTH * width / 2


def _cut(patch: _Patch, left: float, right: float) -> bool:
    """Whether the glass ends at a side of the finger's middle."""
    row = patch.glass[int(np.argmin(np.abs(patch.along)))]
    return bool((row[(patch.across > left - 0.6) & (patch.across < right + 0.6)] < 0.5).any())


def _fold(
    patch: _Patch, sides: tuple[float, float], tip: float, width: float, tilts: tuple[float, ...] = (0.0,)
) -> float:
    """The row of least skin at about the usual distance, for a finger of that `width`, from the tip."""
    columns = np.flatnonzero(_strip(patch, *sides, 0.9))
    if not columns.size:
        return tip - _USUAL_LENGTH * width
    rows = np.flatnonzero((patch.along < tip - 0.2 * width) & (patch.along > tip - 2.3 * width))
    if rows.size < 4:
        return tip - _USUAL_LENGTH * width
    down = (tip - patch.along[rows]) / width
    away = (down - _USUAL_LENGTH) / np.where(down > _USUAL_LENGTH, 0.35, 0.3)
    allowed = (down > 0.8) & (down < 2.2)
    # Folds do not always run straight across, and the direction of the finger is not known to the degree.
    middle = (sides[0] + sides[1]) / 2
    best, fold = np.inf, tip - _USUAL_LENGTH * width
    for tilt in tilts:
        slanted = (
            rows[:, None] + np.round(tilt * (patch.across[columns] - middle) * _PX_PER_MM).astype(np.intp)[None, :]
        )
        slanted = np.clip(slanted, 0, len(patch.along) - 1)
        profile = _smooth(_mean(patch.raw[slanted, columns[None, :]], patch.glass[slanted, columns[None, :]], 1))
        inside = (down > 0.3) & (down < 0.8)
        usual = float(np.median(profile[inside])) if inside.any() else 1.0
        skin = np.clip(profile / max(usual, 0.05), 0, 1.1)
        # A fold is a narrow dip; where the print just ends, or thins out, there may be none.
        reach = 2 * round(_FOLD_MM * _PX_PER_MM) + 1
        beside = np.asarray(cv2.blur(skin[:, None], (1, reach), borderType=cv2.BORDER_REPLICATE), np.float32)[:, 0]
        cost = 0.6 * skin - 0.6 * np.clip(beside - skin, 0, 0.5) + 0.2 * away**2 + 0.3 * abs(tilt)
        cost = np.where(allowed, cost, np.inf)
        row = int(np.argmin(cost))
        off = np.flatnonzero((profile < 0) & (down > 0.5))
        if off.size and off[0] <= row:
            row = int(off[0])
        if cost[row] < best or (off.size and off[0] == row and not np.isfinite(best)):
            best, fold = float(cost[row]), float(patch.along[rows[row]])
    return fold


def _lean(patch: _Patch, left: float, right: float, tip: float, fold: float) -> float:
    """How far the finger's middle line turns away from the patch's, degrees counter-clockwise.

    The line runs through the middles of those rows that end on both sides at ground or in a gap.
    """
    width, centre = right - left, (left + right) / 2
    rows = np.flatnonzero((patch.along < tip - 0.15 * width) & (patch.along > max(fold, tip - 1.7 * width)))
    columns = np.flatnonzero(np.abs(patch.across - centre) < 0.66 * width)
    if rows.size < 6 or columns.size < 6:
        return 0.0
    skin = patch.raw[np.ix_(rows, columns)]
    whole = patch.glass[np.ix_(rows, columns)].mean(axis=1) > 0.98
    middle = columns.size // 2
    reach_left = np.minimum.accumulate(skin[:, middle::-1], axis=1)
    reach_right = np.minimum.accumulate(skin[:, middle:], axis=1)
    to_left = (reach_left > 0.5).sum(axis=1)
    to_right = (reach_right > 0.5).sum(axis=1)
    least = 0.2 * width * _PX_PER_MM
    good = whole & (to_left < reach_left.shape[1]) & (to_right < reach_right.shape[1])
    good &= (to_left > least) & (to_right > least)
    if good.sum() < 8:
        return 0.0
    middles = (to_right - to_left)[good] / (2 * _PX_PER_MM)
    heights = patch.along[rows][good]
    away = heights - heights.mean()
    # A prior of 6 degrees against the rows' own raggedness keeps short stretches from turning a finger.
    slope = float(away @ middles) / float(away @ away + 150 * width)
    return float(np.clip(-np.degrees(np.arctan(slope)), -_STRAY_DEG, _STRAY_DEG))


def _box(
    patch: _Patch, place: FingertipCandidate, sides: tuple[float, float, float, float], level: float
) -> FingertipBox | None:
    left, right, tip, fold = sides
    width = right - left
    columns = (patch.across > left - 0.06 * width) & (patch.across < right + 0.06 * width)
    rows = (patch.along < tip + 0.5) & (patch.along > fold)
    skin = patch.skin[rows][:, columns] * patch.glass[rows][:, columns]
    if skin.size == 0:
        return None
    across, along = skin.max(axis=0) * skin.mean(axis=0), skin.max(axis=1) * skin.mean(axis=1)
    wide, high = np.flatnonzero(across > 0.08), np.flatnonzero(along > 0.08)
    if not wide.size or not high.size:
        return None
    u, v = patch.across[columns], patch.along[rows]
    x0, x1, y0, y1 = float(u[wide[0]]), float(u[wide[-1]]), float(v[high[-1]]), float(v[high[0]])
    if x1 - x0 < _MIN_WIDTH_MM or y1 - y0 < _MIN_WIDTH_MM:
        return None
    x, y = _from_patch(place, (x0 + x1) / 2, (y0 + y1) / 2)
    usual = max(y1 - y0, 1.25 * width) * max(x1 - x0, 0.7 * (y1 - y0) / _USUAL_LENGTH)
    fill = float(skin[high[0] : high[-1] + 1, wide[0] : wide[-1] + 1].mean())
    return FingertipBox(
        x, y, x1 - x0, y1 - y0, place.rotation_deg, place.score, level, min(1.0, (x1 - x0) * (y1 - y0) / usual), fill
    )

"""Singular points: cores, around which ridges turn back, and deltas, where three flows meet."""

import math
from dataclasses import dataclass
from enum import IntEnum, StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.fingerprint.orientation import GRID_PX, RidgeOrientation

_SMOOTHING_CELLS = 1.2
_FILTER_SIGMA_CELLS = 2.2
"""1 mm: wide enough to see the flow around a point, narrow enough to tell the two cores of a small whorl apart."""
_FILTER_RADIUS_CELLS = 6
_RIM_CELLS = 2
"""A point nearer to the border than 0.9 mm sees too little of the flow around it."""
_MIN_CERTAINTY = 0.5
_SAME_CELLS = 4.0
"""Two points of one kind nearer than 1.7 mm are one; a core and a delta that near are a flaw of the field."""
_LARGE_AREA_MM2 = 180.0
"""A plain print of this size shows the core if there is one."""


class SingularKind(IntEnum):
    """What the ridges do around the point."""

    CORE = 1
    DELTA = 2


class PatternClass(StrEnum):
    """Henry's classes as far as the points of one plain print can tell."""

    UNKNOWN = "unknown"
    ARCH = "arch"
    TENTED_ARCH = "tented_arch"
    LEFT_LOOP = "left_loop"
    RIGHT_LOOP = "right_loop"
    WHORL = "whorl"


@dataclass(frozen=True, eq=False)
class SingularPoints:
    """Cores and deltas, the surest first, in the pixels of the image they were found in.

    Parameters
    ----------
    x, y : (n,) float32
        Pixels, x to the right, y down; good to about a ridge (0.5 mm).
    angle : (n,) float32
        Radians in [0, 2 pi), counter-clockwise from the positive x axis as the image is seen. A core: the way its loop
        opens (a finger held upright: about 3/2 pi). A delta: one of the three ways its ridges run out; the others lie
        2/3 pi on.
    kind : (n,) uint8
        `SingularKind` codes.
    certainty : (n,) float32
        0 to 1: how well the flow around the point is that of its kind.
    pattern : PatternClass
        A hint: of an upright print, and UNKNOWN wherever the points leave a doubt.
    """

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    angle: NDArray[np.float32]
    kind: NDArray[np.uint8]
    certainty: NDArray[np.float32]
    pattern: PatternClass

    def __len__(self) -> int:
        return len(self.x)


def singular_points(
    orientation: RidgeOrientation, foreground: NDArray[np.bool_], shape: tuple[int, int]
) -> SingularPoints:
    """Find where the direction of the ridges winds by half a turn.

    The Poincaré index of each square of the orientation's grid names the candidates; the response of a filter for the
    flow around a core or a delta says how sure they are, and its phase gives the angle.

    Parameters
    ----------
    orientation : RidgeOrientation
        After enhancement.
    foreground : (h, w) bool
        Covers the same area, at any scale.
    shape : (height, width)
        Of the image whose pixels the points are given in.

    References
    ----------
    M. Kawagoe, A. Tojo, Fingerprint pattern classification, Pattern Recognition 17(3), 1984 (the index).
    K. Nilsson, J. Bigun, Localization of corresponding points in fingerprints by complex filtering, Pattern
    Recognition Letters 24(13), 2003 (the filters).
    """
    rows, columns = orientation.cos2.shape
    inner = _inner_cells(foreground, (rows, columns))
    if min(rows, columns) < 4 or not inner.any():
        return _none(PatternClass.UNKNOWN)
    field = _ridge_field(orientation)
    index = _poincare_index(field)
    # A square between four cells counts when all four lie inside.
    within = inner[:-1, :-1] & inner[1:, :-1] & inner[:-1, 1:] & inner[1:, 1:]
    found: list[tuple[float, float, float, float, SingularKind]] = []
    for kind, turn in ((SingularKind.CORE, 1), (SingularKind.DELTA, -1)):
        for row, column in np.argwhere((index == turn) & within).tolist():
            response = _symmetry(field, row, column, turn)
            certainty = min(1.0, abs(response))
            if certainty >= _MIN_CERTAINTY:
                bearing = float(np.angle(response))
                angle = bearing if kind is SingularKind.CORE else bearing / 3
                found.append((column + 0.5, row + 0.5, angle, certainty, kind))
    kept = _apart(found)
    if not kept:
        area = float(foreground.mean()) * rows * columns * (GRID_PX * 25.4 / 350) ** 2
        plain = area >= _LARGE_AREA_MM2 and not np.any(index[within])
        return _none(PatternClass.ARCH if plain else PatternClass.UNKNOWN)
    x, y, angles, certainties = (np.array([point[k] for point in kept], np.float64) for k in range(4))
    kinds = np.array([point[4] for point in kept], np.uint8)
    scale_x, scale_y = shape[1] / columns, shape[0] / rows
    x, y = (x + 0.5) * scale_x - 0.5, (y + 0.5) * scale_y - 0.5
    period = np.where(kinds == SingularKind.DELTA, 2 * math.pi / 3, 2 * math.pi)
    return SingularPoints(
        x.astype(np.float32),
        y.astype(np.float32),
        (angles % period).astype(np.float32),
        kinds,
        certainties.astype(np.float32),
        _pattern(x, y, angles, kinds),
    )


def _none(pattern: PatternClass) -> SingularPoints:
    empty = np.zeros(0, np.float32)
    return SingularPoints(empty, empty, empty, np.zeros(0, np.uint8), empty, pattern)


def _inner_cells(foreground: NDArray[np.bool_], grid: tuple[int, int]) -> NDArray[np.bool_]:
    """Cells of the grid that lie in the foreground and not at its rim; the frame counts as a rim."""
    cells = cv2.resize(foreground.astype(np.uint8), (grid[1], grid[0]), interpolation=cv2.INTER_NEAREST)
    side = 2 * _RIM_CELLS + 1
    framed = np.pad(cells, 1)
    return np.asarray(cv2.erode(framed, np.ones((side, side), np.uint8))[1:-1, 1:-1] > 0)


def _ridge_field(orientation: RidgeOrientation) -> NDArray[np.complex64]:
    """exp(2i angle) of the way along the ridges, y up, of length 1 where it is sure."""
    doubled = cv2.merge([-orientation.cos2, orientation.sin2])
    smooth = cv2.GaussianBlur(doubled, (0, 0), _SMOOTHING_CELLS).reshape(doubled.shape)
    field = smooth[..., 0] + 1j * smooth[..., 1]
    return np.asarray(field / np.maximum(np.abs(field), 1e-6), np.complex64)


def _poincare_index(field: NDArray[np.complex64]) -> NDArray[np.int8]:
    """How often twice the angle turns, counter-clockwise, around each square of four cells: (rows - 1, columns - 1)."""
    corners = (field[1:, :-1], field[1:, 1:], field[:-1, 1:], field[:-1, :-1])
    turned = sum(np.angle(corners[(k + 1) % 4] * corners[k].conj()) for k in range(4))
    return np.asarray(np.rint(turned / (2 * math.pi)), np.int8)


def _symmetry(field: NDArray[np.complex64], row: int, column: int, turn: int) -> complex:
    """Mean of the field around a square's middle, turned back by `turn` times the bearing: of length 1 at best."""
    rows, columns = field.shape
    reach = _FILTER_RADIUS_CELLS
    top, left = max(0, row - reach + 1), max(0, column - reach + 1)
    patch = field[top : min(rows, row + reach + 1), left : min(columns, column + reach + 1)]
    y = (row + 0.5 - np.arange(top, top + patch.shape[0]))[:, None]
    x = (np.arange(left, left + patch.shape[1]) - column - 0.5)[None]
    weight = np.exp(-0.5 * (x**2 + y**2) / _FILTER_SIGMA_CELLS**2)
    return complex((weight * patch * np.exp(-1j * turn * np.arctan2(y, x))).sum() / weight.sum())


def _apart(
    found: list[tuple[float, float, float, float, SingularKind]],
) -> list[tuple[float, float, float, float, SingularKind]]:
    """The surest first, without those too near to a surer one."""
    kept: list[tuple[float, float, float, float, SingularKind]] = []
    for point in sorted(found, key=lambda point: -point[3]):
        if all(math.hypot(point[0] - other[0], point[1] - other[1]) >= _SAME_CELLS for other in kept):
            kept.append(point)
    return kept


def _pattern(
    x: NDArray[np.float64], y: NDArray[np.float64], angle: NDArray[np.float64], kind: NDArray[np.uint8]
) -> PatternClass:
    """The class that the points of an upright print speak for.

    Two cores that open away from each other are a whorl. One core that opens downwards with one delta below it is a
    loop when it opens to the side that the delta does not lie on, and a tented arch when the delta lies right below
    it. A core without its delta is not told apart: a plain print often leaves the delta out.
    """
    cores, deltas = np.flatnonzero(kind == SingularKind.CORE), np.flatnonzero(kind == SingularKind.DELTA)
    if len(cores) == 2 and len(deltas) <= 2:
        opposed = math.cos(angle[cores[0]] - angle[cores[1]])
        return PatternClass.WHORL if opposed < -0.5 else PatternClass.UNKNOWN
    if len(cores) != 1 or len(deltas) != 1:
        return PatternClass.UNKNOWN
    aside, below = float(x[deltas[0]] - x[cores[0]]), float(y[deltas[0]] - y[cores[0]])
    opening = float(angle[cores[0]])
    if below <= 0 or math.sin(opening) > -0.2:
        return PatternClass.UNKNOWN
    lean = math.atan2(aside, below)
    if abs(lean) < 0.14 and abs(math.cos(opening)) < 0.5:
        return PatternClass.TENTED_ARCH
    if abs(lean) < 0.26 or math.cos(opening) * lean > 0:
        return PatternClass.UNKNOWN
    return PatternClass.LEFT_LOOP if lean > 0 else PatternClass.RIGHT_LOOP

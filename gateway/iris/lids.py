"""The lids before an iris: one parabola each, of about 900 the one with the largest step of grey along it."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.iris.closed_path import PolarCurve

_RADIUS = 32
"""Of the iris in the crop that is searched, pixels."""
_HALF_WIDTH, _HALF_HEIGHT = 32, 40
_PUPIL_REACH = 1.2
"""Pupil radii that are blanked: lids snap to an unblanked pupil."""
_LASH_WIDTH = 5
"""Pixels of the crop that a clump of lashes is narrower than."""
_CAP = 25.0
_FEW = 8.0
"""Columns added to the count, so that a short arc needs a clearer step."""
_LEAST_STEP = 3.0
_UNSEEN = np.float32(0.3)
"""How much a column that the pupil blanks counts: a low lid crosses the pupil."""
_SURE_STEP = 13.0
"""True lids have 13 to 22, lids of whose pixels most are lashes less."""
_ALIKE = 0.15
"""Share of the iris's grey by which skin or lashes behind a faint line differ from it; else it is a line of the iris's
own."""
_ALIKE_BELOW = 0.3
"""No lashes lie before the skin below, and irises that light falls on from above are brighter there."""
_TRIES, _FARTHER = 2, 0.1
_BESIDE_PUPIL = 1.3
_SIDES = 0.35
GROWN_UPPER, GROWN_LOWER = 0.08, 0.05
"""Iris radii that are masked beyond a lid's edge: the roots of its lashes, few of them below."""


_Candidates = tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.float32]]


@dataclass(frozen=True)
class Lid:
    """y = level + slope * x + bend * x**2, in iris radii from the limbus's centre, y down; and its mean step."""

    level: float
    slope: float
    bend: float
    step: float

    def height(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """y at x."""
        return np.asarray(self.level + self.slope * x + self.bend * x * x)


def seen_from(lid: Lid | None, limbus: PolarCurve, other: PolarCurve) -> Lid | None:
    """The same line in radii of another limbus, from its centre."""
    if lid is None:
        return None
    (x, y), (other_x, other_y) = limbus.centre, other.centre
    size = other.radius / limbus.radius
    dx, dy = (other_x - x) / limbus.radius, (other_y - y) / limbus.radius
    return Lid(
        level=(lid.level + lid.slope * dx + lid.bend * dx * dx - dy) / size,
        slope=lid.slope + 2 * lid.bend * dx,
        bend=lid.bend * size,
        step=lid.step,
    )


def lids(
    filled: NDArray[np.uint8],
    limbus: tuple[float, float, float],
    pupil: tuple[float, float, float],
) -> tuple[Lid | None, Lid | None]:
    """The upper and the lower lid, or None where none crosses the iris.

    Parameters
    ----------
    filled : (h, w) uint8
        Toned, with filled glints.
    limbus, pupil : (x, y, radius)
        Pixels.
    """
    x, y, radius = limbus
    crop = _crop(filled, x, y, radius)
    # Lashes hang over a lid's edge, to both sides of it.
    crop = np.asarray(cv2.morphologyEx(crop, cv2.MORPH_CLOSE, np.ones((1, _LASH_WIDTH), np.uint8)), np.float32)
    step = cv2.blur(crop, (3, 1))
    below = cv2.boxFilter(step, -1, (1, 4), anchor=(0, 0), borderType=cv2.BORDER_REPLICATE)
    above = cv2.boxFilter(step, -1, (1, 4), anchor=(0, 3), borderType=cv2.BORDER_REPLICATE)
    brighter_above = np.clip(np.roll(above, 1, axis=0) - below, -_CAP, _CAP).astype(np.float32)
    brighter_above[0] = brighter_above[-1] = 0
    columns = np.arange(-_HALF_WIDTH, _HALF_WIDTH + 1) / _RADIUS
    rows = np.arange(-_HALF_HEIGHT, _HALF_HEIGHT + 1)[:, None] / _RADIUS
    px, py = (pupil[0] - x) / radius, (pupil[1] - y) / radius
    blank = (columns - px) ** 2 + (rows - py) ** 2 < (_PUPIL_REACH * pupil[2] / radius) ** 2
    brighter_above[blank] = 0
    at = (px, py, pupil[2] / radius)
    return (
        _outermost(crop, brighter_above, ~blank, _UPPER, at, -1),
        _outermost(crop, -brighter_above, ~blank, _LOWER, at, 1),
    )


def _outermost(
    crop: NDArray[np.float32],
    step: NDArray[np.float32],
    seen: NDArray[np.bool_],
    candidates: _Candidates,
    pupil: tuple[float, float, float],
    way: int,
) -> Lid | None:
    """The clearest line that is none of the iris's own; above it (`way` -1) or below (1)."""
    least = -np.inf
    for _ in range(_TRIES):
        lid = _best(step, seen, candidates, way * candidates[0][:, 0] > least)
        if lid is None or not _within_iris(crop, lid, pupil, way):
            return lid
        least = way * lid.level + _FARTHER
    return None


def _within_iris(crop: NDArray[np.float32], lid: Lid, pupil: tuple[float, float, float], way: int) -> bool:
    """Whether what lies behind a faint line is as grey as the iris's sides."""
    if lid.step >= _SURE_STEP:
        return False
    columns = np.arange(-_HALF_WIDTH, _HALF_WIDTH + 1) / _RADIUS
    rows = np.arange(-_HALF_HEIGHT, _HALF_HEIGHT + 1)[:, None] / _RADIUS
    x, y, radius = pupil
    ring = (columns**2 + rows**2 < 1) & ((columns - x) ** 2 + (rows - y) ** 2 > (_BESIDE_PUPIL * radius) ** 2)
    behind, sides = crop[ring & (way * rows > way * lid.height(columns))], crop[ring & (np.abs(rows) < _SIDES)]
    if not behind.size or not sides.size:
        return True
    middle = float(np.median(sides))
    return abs(float(np.median(behind)) - middle) < (_ALIKE if way < 0 else _ALIKE_BELOW) * middle


def _crop(image: NDArray[np.uint8], x: float, y: float, radius: float) -> NDArray[np.float32]:
    """(81, 65) float32 about an iris, its radius 32 pixels, averaged; the frame's edge goes on outside of it."""
    shrink = radius / _RADIUS
    fine = max(1, round(shrink))
    columns = (np.arange((2 * _HALF_WIDTH + 1) * fine) + 0.5) / fine - _HALF_WIDTH - 0.5
    rows = (np.arange((2 * _HALF_HEIGHT + 1) * fine) + 0.5) / fine - _HALF_HEIGHT - 0.5
    map_x = np.broadcast_to((x + columns * shrink).astype(np.float32), (len(rows), len(columns)))
    map_y = np.broadcast_to((y + rows * shrink).astype(np.float32)[:, None], (len(rows), len(columns)))
    sampled = cv2.remap(
        image,
        np.ascontiguousarray(map_x),
        np.ascontiguousarray(map_y),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    size = (2 * _HALF_WIDTH + 1, 2 * _HALF_HEIGHT + 1)
    return np.asarray(cv2.resize(sampled, size, interpolation=cv2.INTER_AREA), np.float32)


def _candidates(levels: NDArray[np.float64], bends: NDArray[np.float64]) -> _Candidates:
    """(n, 3) level, slope, bend; (n, 65) flat index into the crop; (n, 65) 1 inside the iris."""
    slopes = np.linspace(-0.45, 0.45, 7)
    terms = np.array([(level, slope, bend) for level in levels for slope in slopes for bend in bends])
    columns = np.arange(-_HALF_WIDTH, _HALF_WIDTH + 1) / _RADIUS
    y = terms[:, :1] + terms[:, 1:2] * columns + terms[:, 2:] * columns**2
    row = np.clip(np.rint(y * _RADIUS).astype(np.intp) + _HALF_HEIGHT, 0, 2 * _HALF_HEIGHT)
    index = row * (2 * _HALF_WIDTH + 1) + np.arange(2 * _HALF_WIDTH + 1)
    return terms, index, (columns**2 + y**2 < 0.98**2).astype(np.float32)


_UPPER = _candidates(np.linspace(-0.96, 0.12, 28), np.array([0, 0.2, 0.4, 0.6, 0.8]))
_LOWER = _candidates(np.linspace(0.2, 0.96, 20), np.array([0, -0.2, -0.4, -0.6]))


def _best(
    step: NDArray[np.float32], seen: NDArray[np.bool_], candidates: _Candidates, among: NDArray[np.bool_]
) -> Lid | None:
    terms, index, inside = candidates
    inside = inside * (_UNSEEN + (1 - _UNSEEN) * seen.ravel()[index])
    mean = (step.ravel()[index] * inside).sum(axis=1) / (inside.sum(axis=1) + _FEW)
    mean = np.where(among, mean, -np.inf)
    best = int(mean.argmax())
    if mean[best] < _LEAST_STEP:
        return None
    level, slope, bend = (float(term) for term in terms[best])
    return Lid(level, slope, bend, float(mean[best]))

"""Bright spots before an eye: the lamps mirrored in the cornea, and what else is mirrored, as by spectacles."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.iris.geometry import IrisGeometry

_CORNEAL = 0.42
"""Iris radii from the pupil's centre within which an eye mirrors the nearest lamp, up to a gaze of 24 degrees."""
_APART = 0.32
"""Iris radii from the nearest lamp's image to the others'."""
_OVER_IRIS, _WIDE_OVER_IRIS = 1.0, 1.1
_OPENING = 0.45
_ABOVE_IRIS = 0.8
_LEAST_ABOVE = 22.0
_LEAST_PEAK = 1.3
_STRAY_PEAK = 1.4
"""Of the sclera's grey: what is seen of it between lashes is no brighter."""
_FEW_PIXELS = 3
_WIDEST_LAMP = 0.02
"""Area of a lamp's image, squared iris radii; wider ones are windows, or mirrored by a lens."""
_COMPACT = 0.55
_LEAST_STRAY = 0.0008
"""Share of the ring: the tear film along a lid mirrors the lamps in smaller ones."""
_TEAR_FILM = 0.12
"""Iris radii from a lid's line up to which it does."""


@dataclass(frozen=True, eq=False)
class BrightSpots:
    """Spots much brighter than all about them.

    Parameters
    ----------
    corneal : (n, 2) float32
        Middles x, y of those near the pupil's centre.
    stray : int
        How many others lie over the open iris.
    stray_share : float
        What all these cover of the ring, 0 to 1.
    """

    corneal: NDArray[np.float32]
    stray: int
    stray_share: float


def bright_spots(grey: NDArray[np.uint8], geometry: IrisGeometry, iris_grey: float, sclera_grey: float) -> BrightSpots:
    """Spots of (height, width) uint8 `grey` over pupil and iris; the medians of iris and sclera are given."""
    (x, y), radius = geometry.limbus.centre, geometry.limbus.radius
    (px, py), height, width = geometry.pupil.centre, *grey.shape
    reach = 1.3 * radius
    left, right = max(0, int(x - reach)), min(width, int(x + reach) + 2)
    top, bottom = max(0, int(y - reach)), min(height, int(y + reach) + 2)
    if left >= right or top >= bottom:
        return BrightSpots(np.zeros((0, 2), np.float32), 0, 0.0)
    part = grey[top:bottom, left:right]
    side = 2 * max(2, round(_OPENING * radius / 2)) + 1
    opened = cv2.morphologyEx(part, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    above = cv2.subtract(part, opened)
    spots = (above > max(_LEAST_ABOVE, _ABOVE_IRIS * iris_grey)) & (part > _LEAST_PEAK * iris_grey)
    count, labels, statistics, middles = cv2.connectedComponentsWithStats(spots.astype(np.uint8))
    stray_peak = min(250.0, _STRAY_PEAK * max(sclera_grey, 1.4 * iris_grey))
    found: list[tuple[float, float, int, bool, bool]] = []
    for index in range(1, count):
        area = int(statistics[index, cv2.CC_STAT_AREA])
        if area >= _FEW_PIXELS:
            bright = (
                _peak(part, np.asarray(labels, np.int32), np.asarray(statistics[index], np.int32), index) >= stray_peak
            )
            wide = area > _WIDEST_LAMP * radius**2
            whole = wide and _compact(np.asarray(statistics[index], np.int32))
            found.append((float(middles[index, 0]) + left, float(middles[index, 1]) + top, area, bright, whole))
    found.sort(key=lambda spot: float(np.hypot(spot[0] - px, spot[1] - py)))
    corneal: list[tuple[float, float]] = []
    stray, stray_pixels = 0, 0
    ring = max(1.0, geometry.limbus.area - geometry.pupil.area)
    for at_x, at_y, area, bright, wide in found:
        first = corneal[0] if corneal else (px, py)
        near = (_APART if corneal else _CORNEAL) * radius
        if not wide and np.hypot(at_x - first[0], at_y - first[1]) < near:
            corneal.append((at_x, at_y))
        elif area < _LEAST_STRAY * ring:
            continue
        elif bright and _over_iris(geometry, at_x, at_y, wide=wide):
            stray, stray_pixels = stray + 1, stray_pixels + area
    return BrightSpots(np.array(corneal, np.float32).reshape(-1, 2), stray, min(1.0, stray_pixels / ring))


def _compact(statistics: NDArray[np.int32]) -> bool:
    """About as wide as high, and filled: no streak along a lid, nor skin between lashes."""
    width, height, area = (int(value) for value in statistics[2:5])
    return min(width, height) > _COMPACT * max(width, height) and area > _COMPACT * width * height


def _peak(part: NDArray[np.uint8], labels: NDArray[np.int32], statistics: NDArray[np.int32], index: int) -> int:
    left, top, width, height = (int(value) for value in statistics[:4])
    box = (slice(top, top + height), slice(left, left + width))
    return int(part[box][labels[box] == index].max())


def _over_iris(geometry: IrisGeometry, x: float, y: float, *, wide: bool) -> bool:
    """Of a wide spot the middle may lie beside the limbus or on a lid."""
    away = float(np.hypot(x - geometry.limbus.centre[0], y - geometry.limbus.centre[1])) / geometry.limbus.radius
    return away < _WIDE_OVER_IRIS if wide else away < _OVER_IRIS and _open(geometry, x, y)


def _open(geometry: IrisGeometry, x: float, y: float) -> bool:
    """Between the lids: skin mirrors too."""
    margin = _TEAR_FILM * geometry.limbus.radius
    upper, lower = geometry.upper_lid, geometry.lower_lid
    if upper is not None and y < float(np.interp(x, upper[:, 0], upper[:, 1])) + margin:
        return False
    return lower is None or y < float(np.interp(x, lower[:, 0], lower[:, 1])) - margin

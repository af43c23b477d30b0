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
_OVER_IRIS = 1.0
_OPENING = 0.28
_ABOVE_IRIS = 0.8
_LEAST_ABOVE = 22.0
_LEAST_PEAK = 1.3
_STRAY_PEAK = 1.4
"""Of the sclera's grey: what is seen of it between lashes is no brighter."""
_FEW_PIXELS = 3


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
    found: list[tuple[float, float, int, bool]] = []
    for index in range(1, count):
        area = int(statistics[index, cv2.CC_STAT_AREA])
        if area >= _FEW_PIXELS:
            bright = (
                _peak(part, np.asarray(labels, np.int32), np.asarray(statistics[index], np.int32), index) >= stray_peak
            )
            found.append((float(middles[index, 0]) + left, float(middles[index, 1]) + top, area, bright))
    found.sort(key=lambda spot: float(np.hypot(spot[0] - px, spot[1] - py)))
    corneal: list[tuple[float, float]] = []
    stray, stray_pixels = 0, 0
    for at_x, at_y, area, bright in found:
        first = corneal[0] if corneal else (px, py)
        near = (_APART if corneal else _CORNEAL) * radius
        if np.hypot(at_x - first[0], at_y - first[1]) < near:
            corneal.append((at_x, at_y))
        elif bright and np.hypot(at_x - x, at_y - y) < _OVER_IRIS * radius and _open(geometry, at_x, at_y):
            stray, stray_pixels = stray + 1, stray_pixels + area
    ring = max(1.0, geometry.limbus.area - geometry.pupil.area)
    return BrightSpots(np.array(corneal, np.float32).reshape(-1, 2), stray, min(1.0, stray_pixels / ring))


def _peak(part: NDArray[np.uint8], labels: NDArray[np.int32], statistics: NDArray[np.int32], index: int) -> int:
    left, top, width, height = (int(value) for value in statistics[:4])
    box = (slice(top, top + height), slice(left, left + width))
    return int(part[box][labels[box] == index].max())


def _open(geometry: IrisGeometry, x: float, y: float) -> bool:
    """Between the lids: skin mirrors too."""
    margin = 0.06 * geometry.limbus.radius
    upper, lower = geometry.upper_lid, geometry.lower_lid
    if upper is not None and y < float(np.interp(x, upper[:, 0], upper[:, 1])) + margin:
        return False
    return lower is None or y < float(np.interp(x, lower[:, 0], lower[:, 1])) - margin

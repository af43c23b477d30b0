"""What hides the iris: lids, lashes and shadows, glints, the frame's end; and what is left of the ring."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.iris.closed_path import PolarCurve
from gateway.iris.glints import glint_mask
from gateway.iris.lids import GROWN, Lid

_POINTS = 256
_SHIFT = 4
_DARKER = 2.5 * 1.4826
"""Median absolute deviations below the sides' median at which a pixel is a lash or a shadow."""
_LEAST_DEVIATION = 3.0
_FREE_OF_LASHES = 0.15
"""Inner share of the ring where dark is texture."""
_LATERAL = 0.35


@dataclass(frozen=True, eq=False)
class Occlusion:
    """A box of the sample about an iris.

    Parameters
    ----------
    box : (slice, slice)
        Rows and columns of the sample.
    ring, usable, glints : (h, w) bool
        Between the contours; what of that is visible; mirrored lamps on pupil and iris.
    """

    box: tuple[slice, slice]
    ring: NDArray[np.bool_]
    usable: NDArray[np.bool_]
    glints: NDArray[np.bool_]


def occlusion(
    grey: NDArray[np.uint8],
    toned: NDArray[np.uint8],
    pupil: PolarCurve,
    limbus: PolarCurve,
    upper: Lid | None,
    lower: Lid | None,
) -> Occlusion:
    """Mask (h, w) uint8 `grey` with the help of its `toned` copy."""
    (x, y), radius = limbus.centre, limbus.radius
    reach = 1.15 * radius + 4
    height, width = grey.shape
    left, right = max(0, int(x - reach)), min(width, int(x + reach) + 2)
    top, bottom = max(0, int(y - reach)), min(height, int(y + reach) + 2)
    part = grey[top:bottom, left:right]
    inner, outer = (curve.points(_POINTS) - (left, top) for curve in (pupil, limbus))
    disc, hole = _filled(part.shape, outer), _filled(part.shape, inner)
    ring = disc & ~hole
    lashes_reach = ring & ~_filled(part.shape, inner + _FREE_OF_LASHES * (outer - inner))
    columns = (np.arange(left, right) - x) / radius
    rows = ((np.arange(top, bottom) - y) / radius)[:, None]
    hidden = np.zeros(part.shape, bool)
    if upper is not None:
        hidden |= rows < upper.height(columns) + GROWN
    if lower is not None:
        hidden |= rows > lower.height(columns) - GROWN
    lateral = ring & ~hidden & (np.abs(rows) < _LATERAL)
    sides = part[lateral] if np.count_nonzero(lateral) > 50 else part[ring]
    middle = float(np.median(sides)) if sides.size else 0.0
    deviation = max(float(np.median(np.abs(sides - middle))) if sides.size else 0.0, _LEAST_DEVIATION)
    tones = toned[top:bottom, left:right]
    tone = float(np.median(tones[lateral])) if sides.size and lateral.any() else 0.0
    glints = glint_mask(tones, radius, tone) & disc
    dark = lashes_reach & (part < middle - _DARKER * deviation)
    dark = cv2.dilate(dark.astype(np.uint8), np.ones((5, 3), np.uint8)) > 0
    return Occlusion((slice(top, bottom), slice(left, right)), ring, ring & ~hidden & ~glints & ~dark, glints)


def _filled(shape: tuple[int, ...], points: NDArray[np.float64]) -> NDArray[np.bool_]:
    canvas = np.zeros(shape, np.uint8)
    cv2.fillPoly(canvas, [np.rint(points * (1 << _SHIFT)).astype(np.int32)], 1, cv2.LINE_8, _SHIFT)
    return canvas > 0

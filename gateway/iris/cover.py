"""What lies over the iris, each as a share of the ring: lids, lashes and shadows, glints, the frame's end."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.iris.geometry import IrisGeometry, filled_outline

_SKIN = 1.4
"""Times the visible iris's grey, as where `occlusion` masks skin beyond a lid's line."""


@dataclass(frozen=True)
class Cover:
    """Shares of the ring between the contours, 0 to 1."""

    upper_lid: float
    lower_lid: float
    lashes: float
    """Lashes and shadows: dark, but neither lid nor glint."""
    glints: float
    outside: float
    """What the frame cuts off."""
    upper_lid_grey: float
    """Median grey of what counts as the upper lid; 0 where nothing does. Skin is brighter than the iris: where both
    are alike the lid's line is likely false."""


_ALL_OUTSIDE = Cover(0.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def cover(grey: NDArray[np.uint8], geometry: IrisGeometry) -> Cover:
    """Why parts of the ring are not in `geometry.mask`; each pixel counts for the first of lid, glint, lash.

    Parameters
    ----------
    grey : (height, width) uint8
    geometry : IrisGeometry
    """
    ring_area = geometry.limbus.area - geometry.pupil.area
    if ring_area <= 0:
        return _ALL_OUTSIDE
    height, width = geometry.mask.shape
    low = np.floor(geometry.limbus.points.min(axis=0)).astype(int)
    high = np.ceil(geometry.limbus.points.max(axis=0)).astype(int) + 1
    left, top = (max(0, int(at)) for at in low)
    right, bottom = min(width, int(high[0])), min(height, int(high[1]))
    if left >= right or top >= bottom:
        return _ALL_OUTSIDE
    box, shape = (slice(top, bottom), slice(left, right)), (bottom - top, right - left)
    disc, hole = (filled_outline(shape, line.points - (left, top)) for line in (geometry.limbus, geometry.pupil))
    ring = disc & ~hole
    hidden = ring & ~geometry.mask[box]
    rows = np.arange(top, bottom)[:, None]
    upper = hidden & _beyond(geometry.upper_lid, rows, left, right, above=True)
    lower = hidden & ~upper & _beyond(geometry.lower_lid, rows, left, right, above=False)
    glints = hidden & ~upper & ~lower & geometry.glints[box]
    part = grey[box]
    skin = hidden & ~lower & ~geometry.glints[box] & (part > _SKIN * _visible_grey(part, geometry.mask[box]))
    upper |= skin & (rows < geometry.pupil.centre[1])
    counts = [np.count_nonzero(over) / ring_area for over in (upper, lower, glints)]
    dark = max(0.0, np.count_nonzero(hidden) / ring_area - sum(counts))
    behind = part[upper & ~geometry.glints[box]]
    lid_grey = float(np.median(behind)) if behind.size else 0.0
    outside = max(0.0, 1 - np.count_nonzero(ring) / ring_area)
    return Cover(counts[0], counts[1], dark, counts[2], outside, lid_grey)


def _visible_grey(grey: NDArray[np.uint8], visible: NDArray[np.bool_]) -> float:
    seen = grey[visible]
    return float(np.median(seen)) if seen.size else 255.0


def _beyond(
    lid: NDArray[np.float32] | None, rows: NDArray[np.intp], left: int, right: int, *, above: bool
) -> NDArray[np.bool_]:
    """Behind a lid's line; a tenth of the lid's own width beyond it is its lashes' root, which the mask hides too."""
    shape = (len(rows), right - left)
    if lid is None or len(lid) < 2:
        return np.zeros(shape, bool)
    columns = np.arange(left, right)
    line = np.interp(columns, lid[:, 0], lid[:, 1])
    margin = 0.05 * float(lid[-1, 0] - lid[0, 0])
    return np.asarray(rows < line + margin if above else rows > line - margin)

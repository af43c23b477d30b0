"""What hides the iris: lids, lashes and shadows, glints, the frame's end; and what is left of the ring."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.iris.closed_path import PolarCurve
from gateway.iris.geometry import filled_outline
from gateway.iris.glints import glint_mask
from gateway.iris.lids import GROWN_LOWER, GROWN_UPPER, Lid

_POINTS = 256
_DARKER = 2.5 * 1.4826
"""Median absolute deviations below the sides' median at which a pixel is a lash or a shadow."""
_LEAST_DEVIATION = 3.0
_FREE_OF_LASHES = 0.15
"""Inner share of the ring where dark is texture."""
_LATERAL = 0.35
_FEW_PIXELS = 50
_LASH_WIDTH, _LASH_DEPTH, _LASH_GAP = 0.06, 0.15, 7
"""Half the width that is looked at, iris radii; of the iris's grey; pixels from a lid."""
_TEXTURE = 0.9
"""Share of the sides' own dark lines that a lash is deeper than: a dark or contrasted camera deepens both."""
_ROUND_LASHES = np.ones((5, 3), np.uint8)
"""What is masked about each."""
_MOST_LASHES = 0.6
"""Share of the open iris."""
_EVERY, _ROUNDS, _WITHIN, _RIDGE = 5, 3, 5.0, 0.01
"""Pixels that are looked at; of the fit of the light; deviations that take part in it; pull of its slopes to 0."""
_BRIGHTER, _BRIGHTER_SPREAD = 1.4, 4 * 1.4826
"""Times the iris's grey, and median absolute deviations beyond it: skin; no texture is as bright over such an area."""
_SATURATED = 250
_SKIN_FROM = 0.1
"""Iris radii above and below the centre; beside it lies the sclera."""
_LEAST_SKIN = 0.004
"""Share of the iris."""


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
    disc, hole = filled_outline(part.shape, outer), filled_outline(part.shape, inner)
    ring = disc & ~hole
    lashes_reach = ring & ~filled_outline(part.shape, inner + _FREE_OF_LASHES * (outer - inner))
    columns = (np.arange(left, right) - x) / radius
    rows = ((np.arange(top, bottom) - y) / radius)[:, None]
    hidden = np.zeros(part.shape, bool)
    if upper is not None:
        hidden |= rows < upper.height(columns) + GROWN_UPPER
    if lower is not None:
        hidden |= rows > lower.height(columns) - GROWN_LOWER
    lateral = ring & ~hidden & (np.abs(rows) < _LATERAL)
    light, deviation = _expected_grey(part, lateral if np.count_nonzero(lateral) > _FEW_PIXELS else ring, columns, rows)
    tones = toned[top:bottom, left:right]
    tone = float(np.median(tones[lateral])) if lateral.any() else 0.0
    glints = (glint_mask(tones, radius, tone) | _white(part, light)) & disc
    bright = part > light + np.maximum((_BRIGHTER - 1) * light, _BRIGHTER_SPREAD * deviation)
    skin = _skin(bright, ring & ~hidden & (np.abs(rows) > _SKIN_FROM), disc, hidden)
    dark = lashes_reach & (part < light - _DARKER * deviation)
    dark = cv2.dilate(dark.astype(np.uint8), _ROUND_LASHES) > 0
    dark |= _lashes(part, light, hidden | skin, ring, lateral & ~skin, radius)
    usable = ring & ~hidden & ~glints & ~skin & ~dark
    return Occlusion((slice(top, bottom), slice(left, right)), ring, usable, glints & ~skin)


def _expected_grey(
    part: NDArray[np.uint8], seen: NDArray[np.bool_], columns: NDArray[np.float64], rows: NDArray[np.float64]
) -> tuple[NDArray[np.float32], float]:
    """(h, w) grey of an iris in this light, and its deviation: by the sides, as far across and as far out."""
    away = np.sqrt(columns**2 + rows**2)
    at = np.flatnonzero(seen)[::_EVERY]
    if not at.size:
        return np.zeros(part.shape, np.float32), _LEAST_DEVIATION
    grey = part.ravel()[at].astype(np.float64)
    across = np.broadcast_to(columns, part.shape)
    terms = np.stack([np.ones(len(at)), across.ravel()[at], away.ravel()[at]], axis=1)
    fit = np.array([float(np.median(grey)), 0.0, 0.0])
    deviation = _spread(grey - fit[0])
    for _ in range(_ROUNDS):
        near = np.abs(grey - terms @ fit) < _WITHIN * deviation
        scaled = terms[near]
        ridge = _RIDGE * len(scaled) * np.diag([0.0, 1.0, 1.0])
        fit = np.linalg.solve(scaled.T @ scaled + ridge + 1e-9 * np.eye(3), scaled.T @ grey[near])
        deviation = _spread(grey - terms @ fit)
    return (fit[0] + fit[1] * columns + fit[2] * away).astype(np.float32), deviation


def _spread(residual: NDArray[np.float64]) -> float:
    return max(float(np.median(np.abs(residual))), _LEAST_DEVIATION)


def _white(part: NDArray[np.uint8], light: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Reflections wider than the glints of lamps, as of spectacles: what saturates on an iris that does not."""
    white = (part >= _SATURATED) & (light < _SATURATED / _BRIGHTER)
    return np.asarray(cv2.dilate(white.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0)


def _skin(
    bright: NDArray[np.bool_], reach: NDArray[np.bool_], disc: NDArray[np.bool_], lid: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Wide bright parts that come in over the limbus or from a lid: skin that the lid's line left out."""
    wide = cv2.morphologyEx((bright & reach).astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    if not wide.any():
        return np.zeros(disc.shape, bool)
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(wide)
    rim = disc & (cv2.erode((disc & ~lid).astype(np.uint8), np.ones((7, 7), np.uint8)) == 0)
    large = np.flatnonzero(statistics[:, cv2.CC_STAT_AREA] > _LEAST_SKIN * np.count_nonzero(disc))
    found = np.intersect1d(np.unique(labels[rim]), large)
    grown = cv2.dilate(np.isin(labels, found[found > 0]).astype(np.uint8), np.ones((7, 7), np.uint8))
    return (grown > 0) & disc


def _lashes(
    part: NDArray[np.uint8],
    light: NDArray[np.float32],
    lid: NDArray[np.bool_],
    ring: NDArray[np.bool_],
    sides: NDArray[np.bool_],
    radius: float,
) -> NDArray[np.bool_]:
    """Dark lines that come out of a lid: on a dark iris lashes are no darker than its texture, but joined to a lid.

    None where they would be nearly everywhere: noise, or the screen of a print, is joined to everything.
    """
    side = 2 * max(1, round(_LASH_WIDTH * radius)) + 1
    closed = cv2.morphologyEx(part, cv2.MORPH_CLOSE, np.ones((1, side), np.uint8))
    depth = cv2.subtract(closed, part)
    texture = float(np.quantile(depth[sides], _TEXTURE)) if sides.any() else 0.0
    lines = (depth > np.maximum(_LASH_DEPTH * light, texture)) & ring
    near = cv2.dilate(lid.astype(np.uint8), np.ones((_LASH_GAP, _LASH_GAP), np.uint8)) > 0
    _, labels = cv2.connectedComponents(lines.astype(np.uint8))
    rooted = np.zeros(int(labels.max()) + 1, bool)
    rooted[labels[near & ring]] = True
    rooted[0] = False
    found = cv2.dilate(rooted[labels].astype(np.uint8), _ROUND_LASHES) > 0
    everywhere = np.count_nonzero(found & ring & ~lid) > _MOST_LASHES * np.count_nonzero(ring & ~lid)
    return np.zeros(part.shape, bool) if everywhere else np.asarray(found)

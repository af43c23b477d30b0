"""Prepared template: all that a comparison needs of one print and that does not depend on the other."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.finger import FingerTemplate, MinutiaType
from gateway.fingerprint.matching.cylinders import Cylinders, minutia_cylinders
from gateway.fingerprint.matching.hull import ConvexHull, convex_hull
from gateway.fingerprint.sample import ANALYSIS_PPI

DIRECTION_PX = 25.0
"""A radian of direction counts as so many px: places are good to 3 px, directions to 0.12 rad."""
_DISTANCE_TOLERANCE_PX = 5.0
_ANGLE_TOLERANCE_RAD = math.pi / 12
"""How far two pairs may be from one rigid motion before their agreement is a half (LSS-R's middles)."""
SMOOTHING_PX = 80.0
DEEP_PX = 40.0
_TYPICAL_QUALITY = 0.6
"""Stands for a quality that the record does not tell."""


@dataclass(frozen=True, eq=False)
class PreparedTemplate:
    """Minutiae in an order of their own, at 500 ppi around their middle, y up, with what lies between them.

    Parameters
    ----------
    index : (n,) intp
        Where each was in the template.
    middle : (2,) float32
        What was taken off x and y (y up) to get `points`.
    angle : (n,) float32
        Radians, counter-clockwise.
    points, crossed : (4, n) float32
        x, y and the direction as a point on a circle of `DIRECTION_PX`; and each pair of these turned back by 90
        degrees, so that dot products give cosines and sines.
    target : (n, 6) float32
        Such that it @ (p, 1, |p|^2) is the squared distance of a point p to each of `points`.
    known : (n, 3) float32
        Quality 0 to 1, depth inside the hull up to 40 px, and 1 for a bifurcation, -1 for an ending, 0 for neither.
    cylinders : Cylinders
    relations : (5, n, n) float32
        Between two minutiae: distance, turn and bearing (as points on a circle) in units of the tolerances, so that
        the distance of two relations in this space is how far they are from one rigid motion.
    kernel : (n, n) float32
        Weight of one's displacement for another, 1 on the diagonal.
    hull : ConvexHull
    """

    index: NDArray[np.intp]
    middle: NDArray[np.float32]
    angle: NDArray[np.float32]
    points: NDArray[np.float32]
    crossed: NDArray[np.float32]
    target: NDArray[np.float32]
    known: NDArray[np.float32]
    cylinders: Cylinders
    relations: NDArray[np.float32]
    kernel: NDArray[np.float32]
    hull: ConvexHull

    def __len__(self) -> int:
        return len(self.angle)


def prepare(template: FingerTemplate) -> PreparedTemplate:
    """`template` made ready for any number of comparisons.

    Raises
    ------
    ValueError
        A place or a direction is not a finite number.
    """
    if not all(np.isfinite(values).all() for values in (template.x, template.y, template.angle)):
        raise ValueError("the place or direction of a minutia is not a finite number")
    scale = np.float32(ANALYSIS_PPI / template.ppi)
    order = np.lexsort((template.quality, template.kind, template.angle, template.y, template.x))
    x = template.x[order].astype(np.float32) * scale
    y = template.y[order].astype(np.float32) * -scale
    middle = np.array([x.sum(), y.sum()], np.float32) / np.float32(max(1, len(x)))
    x, y = x - middle[0], y - middle[1]
    angle = template.angle[order].astype(np.float32)
    cos, sin = np.cos(angle), np.sin(angle)
    dx, dy = x - x[:, None], y - y[:, None]
    distance = np.sqrt(dx * dx + dy * dy)
    hull = convex_hull(x, y)
    points = np.stack([x, y, cos * np.float32(DIRECTION_PX), sin * np.float32(DIRECTION_PX)])
    return PreparedTemplate(
        index=order,
        middle=middle,
        angle=angle,
        points=points,
        crossed=np.stack([y, -x, sin * np.float32(DIRECTION_PX), -cos * np.float32(DIRECTION_PX)]),
        target=np.column_stack([-2 * points.T, np.square(points).sum(axis=0), np.ones_like(x)]),
        known=_known(template.quality[order], template.kind[order], hull.depth(np.stack([x, y]))),
        cylinders=minutia_cylinders(x, y, angle, hull),
        relations=_relations(distance, dx, dy, cos, sin),
        kernel=np.exp(distance * distance * np.float32(-0.5 / SMOOTHING_PX**2)),
        hull=hull,
    )


def _known(quality: NDArray[np.uint8], kind: NDArray[np.uint8], depth: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.stack(
        [
            np.where(quality > 0, quality.astype(np.float32) / 100, np.float32(_TYPICAL_QUALITY)),
            np.clip(depth, 0, DEEP_PX),
            (kind == MinutiaType.BIFURCATION).astype(np.float32) - (kind == MinutiaType.RIDGE_ENDING),
        ],
        axis=1,
        dtype=np.float32,
    )


def _relations(
    distance: NDArray[np.float32],
    dx: NDArray[np.float32],
    dy: NDArray[np.float32],
    cos: NDArray[np.float32],
    sin: NDArray[np.float32],
) -> NDArray[np.float32]:
    inverse = np.float32(1 / _ANGLE_TOLERANCE_RAD) / np.maximum(distance, np.float32(1e-6))
    ux, uy = dx * inverse, dy * inverse
    ca, sa = cos[:, None], sin[:, None]
    result = np.empty((5, *distance.shape), np.float32)
    result[0] = distance * np.float32(1 / _DISTANCE_TOLERANCE_PX)
    result[1] = ca * cos + sa * sin
    result[2] = sa * cos - ca * sin
    result[1:3] *= np.float32(1 / _ANGLE_TOLERANCE_RAD)
    result[3] = ca * ux + sa * uy
    result[4] = sa * ux - ca * uy
    return result

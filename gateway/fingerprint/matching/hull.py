"""Convex hull: where the minutiae of a print lie, and how deep inside a point is."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class ConvexHull:
    """Half planes whose intersection is the hull.

    Parameters
    ----------
    lines : (edges, 3) float32
        Unit normal pointing inwards and offset: the depth of a point is the least of lines @ (x, y, 1).
    """

    lines: NDArray[np.float32]

    def depth(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """How far points (2, n) lie inside, in px; negative outside, where it is at most the distance."""
        return np.asarray((self.lines[:, :2] @ points + self.lines[:, 2:]).min(axis=0))

    def moved(self, motion: NDArray[np.float32]) -> "ConvexHull":
        """The hull after p -> rotation p + shift, given as (cos, sin, x, y)."""
        cos, sin, x, y = motion
        nx, ny, offset = self.lines.T
        lines = np.empty_like(self.lines)
        lines[:, 0] = cos * nx - sin * ny
        lines[:, 1] = sin * nx + cos * ny
        lines[:, 2] = offset - lines[:, 0] * x - lines[:, 1] * y
        return ConvexHull(lines)


def convex_hull(x: NDArray[np.float32], y: NDArray[np.float32]) -> ConvexHull:
    """The hull of points; of points in a row it is the strip of no width along them, of none it is nowhere."""
    if not len(x):
        return ConvexHull(np.array([[0, 0, -np.inf]], np.float32))
    corners = cv2.convexHull(np.stack([x, y], axis=1).astype(np.float32)).reshape(-1, 2)
    if len(corners) < 3:
        low, high = corners[0], corners[-1]
        along = (high - low) / max(float(np.hypot(*(high - low))), 1e-6) if len(corners) > 1 else np.array([1.0, 0.0])
        ux, uy = float(along[0]), float(along[1])
        normals = np.array([[ux, uy], [-ux, -uy], [uy, -ux], [-uy, ux]])
        through = np.stack([low, high, low, low])
    else:
        normals = np.empty_like(corners)
        normals[:, 0] = corners[:, 1] - np.concatenate([corners[1:, 1], corners[:1, 1]])
        normals[:, 1] = np.concatenate([corners[1:, 0], corners[:1, 0]]) - corners[:, 0]
        normals /= np.maximum(np.sqrt(np.square(normals).sum(axis=1, keepdims=True)), np.float32(1e-6))
        if float(((corners.sum(axis=0) / np.float32(len(corners)) - corners) * normals).sum()) < 0:
            normals = -normals
        through = corners
    return ConvexHull(np.column_stack([normals, -(normals * through).sum(axis=1)]).astype(np.float32))

"""NFIQ 2's measures of the ridges' direction: OCL, OF."""

import math

import numpy as np
from numpy.typing import NDArray

from gateway.fingerprint.nfiq2.blocks import BLOCK_PX, GradientMoments, OrientedBlocks, gradient_moments

CERTAINTY_LIMITS = (0.337, 0.479, 0.579, 0.655, 0.716, 0.766, 0.81, 0.852, 0.898)
"""Upper limits of the ten bins of OCL; the last is open."""
FLOW_LIMITS = (0.01715, 0.035, 0.0557, 0.081, 0.115, 0.1718, 0.2569, 0.4758, 0.748)
_MIN_CHANGE = math.radians(4)


def orientation_certainty(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Orientation certainty level (OCL) of every full 32x32 block that has any gradient, row by row.

    1 - (lesser / greater eigenvalue of the gradient covariance): 0 no direction, 1 parallel ridges.

    References
    ----------
    ISO/IEC 29794-4, orientation certainty level; reproduces NFIQ 2.3 on its five published synthetic images.
    """
    rows, columns = pixels.shape[0] // BLOCK_PX, pixels.shape[1] // BLOCK_PX
    if not rows or not columns:
        return np.zeros(0)
    return certainty_levels(gradient_moments(pixels[: rows * BLOCK_PX, : columns * BLOCK_PX]))


def certainty_levels(moments: GradientMoments) -> NDArray[np.float64]:
    """OCL of those blocks that have any gradient, row by row."""
    xx, yy, xy = (sums.ravel() for sums in (moments.xx, moments.yy, moments.xy))
    root = np.sqrt((xx - yy) ** 2 + 4 * xy**2)
    greater = xx + yy + root
    valid = greater > 0
    return np.asarray(1 - (xx + yy - root)[valid] / greater[valid])


def orientation_flow(blocks: OrientedBlocks) -> NDArray[np.float64]:
    """Orientation flow (OF): by how much the angle of a block differs from its neighbours', as NFIQ 2.3 counts.

    The mean absolute difference to the eight neighbours, less 4 degrees, over 86 degrees. Only blocks that lie in
    foreground on all sides, and only those that differ by more than 4 degrees. The difference is that of angles in
    (-90, 90] degrees and does not wrap at 90: a known quirk.

    Returns
    -------
    (n,) float64
        Over 0; large where ridges turn.
    """
    angle = blocks.angle
    rows, columns = angle.shape
    if min(rows, columns) < 3:
        return np.zeros(0)
    centre = angle[1:-1, 1:-1]
    change, surrounded = np.zeros_like(centre), np.ones(centre.shape, np.bool_)
    for down in range(3):
        for right in range(3):
            part = (slice(down, rows - 2 + down), slice(right, columns - 2 + right))
            change += np.abs(centre - angle[part])
            surrounded &= blocks.foreground[part]
    change /= 8
    taken = change[surrounded & (change > _MIN_CHANGE)]
    return np.asarray((taken - _MIN_CHANGE) / (math.pi / 2 - _MIN_CHANGE))

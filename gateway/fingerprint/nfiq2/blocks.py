"""Blocks of a sample as NFIQ 2's measures take them: their gradients, foreground, orientation and turned copies."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLOCK_PX = 32
BORDER_PX = 2
"""Turned blocks of 32x16 pixels need (36 - 32) / 2 pixels around their block of 32x32."""
_MIN_DEVIATION = 0.1
_FIXED_POINT = 1024


@dataclass(frozen=True, eq=False)
class GradientMoments:
    """Sums over blocks of the products of twice the gradient, (rows, columns) float64: whole numbers, exact."""

    xx: NDArray[np.float64]
    yy: NDArray[np.float64]
    xy: NDArray[np.float64]

    def first(self, rows: int, columns: int) -> "GradientMoments":
        """Of the blocks of the first `rows` and `columns` alone."""
        return GradientMoments(*(sums[:rows, :columns] for sums in (self.xx, self.yy, self.xy)))


@dataclass(frozen=True, eq=False)
class OrientedBlocks:
    """The grid of 32x32 blocks that begins 2 pixels inside the sample.

    Parameters
    ----------
    foreground : (rows, columns) bool
    angle : (rows, columns) float64
        Direction across the ridges, radians in (-pi/2, pi/2], clockwise as the image is seen (x right, y down).
    """

    foreground: NDArray[np.bool_]
    angle: NDArray[np.float64]


def block_sums(values: NDArray[np.float32], side: int = BLOCK_PX) -> NDArray[np.float64]:
    """Sums of (h, w) `values` over blocks from the top left; those cut by the edge count like the others.

    Exact for whole numbers as long as one block's column sums stay below 2^24.
    """
    rows, columns = (np.arange(0, size, side) for size in values.shape)
    down = np.add.reduceat(values, rows, axis=0)
    return np.asarray(np.add.reduceat(down.astype(np.float64), columns, axis=1))


def gradient_moments(pixels: NDArray[np.uint8]) -> GradientMoments:
    """Of every 32x32 block of (h, w) `pixels`: central differences, one-sided at a block's own edges.

    A block that the sample's edge cuts is a smaller block.
    """
    grey = pixels.astype(np.float32)
    gx = _twice_gradient(grey)
    gy = np.ascontiguousarray(_twice_gradient(np.ascontiguousarray(grey.T)).T)
    return GradientMoments(block_sums(gx * gx), block_sums(gy * gy), block_sums(gx * gy))


def oriented_blocks(pixels: NDArray[np.uint8]) -> OrientedBlocks:
    """Foreground and orientation of the inner grid of a sample at 500 ppi; no blocks in one under 36 pixels.

    A pixel is foreground where its block of the outer grid has over a tenth of the sample's standard deviation; a
    block of the inner grid is, where all its pixels are. The angle is atan2(xy, xx - yy) / 2 as NFIQ 2.3 has it,
    where twice xy would be the direction of the gradient.
    """
    rows, columns = ((size - 2 * BORDER_PX) // BLOCK_PX for size in pixels.shape)
    if min(rows, columns) < 1:
        return OrientedBlocks(np.zeros((0, 0), np.bool_), np.zeros((0, 0)))
    deviation = _block_deviation(pixels)
    seen = deviation > _MIN_DEVIATION * float(pixels.std()) if pixels.std() > 0 else deviation > np.inf
    # An inner block lies over four outer ones; where the sample ends with it, there is no second one.
    across = np.minimum(np.arange(columns) + 1, seen.shape[1] - 1)
    down = np.minimum(np.arange(rows) + 1, seen.shape[0] - 1)
    pairs = seen[:, :columns] & seen[:, across]
    inner = pixels[BORDER_PX : BORDER_PX + rows * BLOCK_PX, BORDER_PX : BORDER_PX + columns * BLOCK_PX]
    moments = gradient_moments(inner)
    return OrientedBlocks(pairs[:rows] & pairs[down], np.arctan2(moments.xy, moments.xx - moments.yy) / 2)


def turned_blocks(
    pixels: NDArray[np.uint8], blocks: OrientedBlocks, size: tuple[int, int], *, quarter: bool, padded: bool
) -> NDArray[np.uint8]:
    """The foreground blocks turned so that the direction across their ridges lies level.

    Nearest neighbours by the fixed-point arithmetic of OpenCV 4's warpAffine, which NFIQ 2.3 calls: where a pixel
    falls on a boundary, the rounding decides.

    Parameters
    ----------
    size : (height, width)
        Of the part around the middle that is kept: (16, 32), or (32, 16) with `quarter`.
    quarter : bool
        Turn by another 90 degrees: the profile runs down.
    padded : bool
        NFIQ 2 takes two more pixels around the block for FDA and RVU, and thereby moves what is kept by two.

    Returns
    -------
    (n, height, width) uint8
        Row by row; 0 outside the 36x36 (40x40) pixels that belong to a block.
    """
    side = BLOCK_PX + 2 * BORDER_PX
    pad = BORDER_PX if padded else 0
    rows, columns = np.nonzero(blocks.foreground)
    angle = blocks.angle[rows, columns] + (np.pi / 2 if quarter else 0.0)
    degrees = angle * (180 / np.pi)
    cos, sin = np.cos(degrees * (np.pi / 180)), np.sin(degrees * (np.pi / 180))
    centre = side / 2 + pad
    # Forward: x' = cos x + sin y + tx, y' = -sin x + cos y + ty; the inverse takes the kept pixels to their sources.
    tx, ty = (1 - cos) * centre - sin * centre, sin * centre + (1 - cos) * centre
    height, width = size
    x = np.arange(side // 2 - width // 2, side // 2 + width // 2)
    y = np.arange(side // 2 - height // 2, side // 2 + height // 2)
    scaled = _FIXED_POINT
    source_x = (
        np.rint(cos[:, None] * x * scaled)[:, None, :]
        + np.rint((-sin[:, None] * y - (cos * tx - sin * ty)[:, None]) * scaled)[:, :, None]
    )
    source_y = (
        np.rint(sin[:, None] * x * scaled)[:, None, :]
        + np.rint((cos[:, None] * y - (sin * tx + cos * ty)[:, None]) * scaled)[:, :, None]
    )
    at_x = ((source_x + scaled // 2).astype(np.int32) >> 10) - pad
    at_y = ((source_y + scaled // 2).astype(np.int32) >> 10) - pad
    inside = (at_x >= -pad) & (at_x < side + pad) & (at_y >= -pad) & (at_y < side + pad)
    at_x += (columns * BLOCK_PX).astype(np.int32)[:, None, None]
    at_y += (rows * BLOCK_PX).astype(np.int32)[:, None, None]
    inside &= (at_x >= 0) & (at_x < pixels.shape[1]) & (at_y >= 0) & (at_y < pixels.shape[0])
    at = np.where(inside, at_y * pixels.shape[1] + at_x, 0)
    return np.asarray(np.ascontiguousarray(pixels).ravel()[at] * inside, np.uint8)


def _twice_gradient(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """Twice the gradient along x: differences of grey values stay whole numbers, exact in float32."""
    width = grey.shape[1]
    gradient = np.zeros_like(grey)
    if width < 2:
        return gradient
    np.subtract(grey[:, 2:], grey[:, :-2], out=gradient[:, 1:-1])
    starts = np.arange(0, width, BLOCK_PX)
    ends = np.minimum(starts + BLOCK_PX, width) - 1
    wide = ends > starts
    gradient[:, starts[~wide]] = 0
    starts, ends = starts[wide], ends[wide]
    gradient[:, starts] = 2 * (grey[:, starts + 1] - grey[:, starts])
    gradient[:, ends] = 2 * (grey[:, ends] - grey[:, ends - 1])
    return gradient


def _block_deviation(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Population standard deviation of the outer grid's blocks."""
    grey = pixels.astype(np.float32)
    heights, widths = (np.diff(np.append(np.arange(0, size, BLOCK_PX), size)) for size in pixels.shape)
    count = np.outer(heights, widths)
    mean = block_sums(grey) / count
    return np.asarray(np.sqrt(np.maximum(block_sums(grey * grey) / count - mean * mean, 0)))

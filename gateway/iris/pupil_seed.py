"""Where pupils may be: dark even discs that the strongest gradients point away from, at low resolution."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

SEED_SIDE = 140.0
"""Root of the area that is searched."""
_RADII = np.geomspace(3.0, 40.0, 18)
"""Pixels there: an iris radius of 40 to 200 in a frame of 640x480 or of a third of it."""
_STRONGEST = 0.3
_LEAST_APART = 0.6


@dataclass(frozen=True)
class PupilSeed:
    """A disc that may be a pupil, in the pixels that were given, and how well it looked."""

    x: float
    y: float
    radius: float
    score: float


def pupil_seeds(toned: NDArray[np.uint8], most: int = 4) -> tuple[PupilSeed, ...]:
    """The best discs, best first.

    Parameters
    ----------
    toned : (h, w) uint8
        With filled glints.
    most : int

    References
    ----------
    Radial symmetry of G. Loy, A. Zelinsky, IEEE PAMI 25(8), 2003, in votes of gradients over radii, times darkness.
    """
    height, width = toned.shape
    shrink = max(1.0, (height * width) ** 0.5 / SEED_SIDE)
    size = (max(8, round(width / shrink)), max(8, round(height / shrink)))
    small = np.asarray(cv2.resize(toned, size, interpolation=cv2.INTER_AREA), np.float32)
    scores = _disc_scores(small)
    seeds: list[PupilSeed] = []
    for _ in range(3 * most):
        index = int(scores.argmax())
        level, row, column = np.unravel_index(index, scores.shape)
        score, radius = float(scores[level, row, column]), float(_RADII[level])
        if score <= 0 or len(seeds) == most:
            break
        seeds.append(
            PupilSeed(
                (float(column) + 0.5) * width / size[0] - 0.5,
                (float(row) + 0.5) * height / size[1] - 0.5,
                radius * shrink,
                score,
            )
        )
        reach = max(2, round(_LEAST_APART * radius))
        near = (
            slice(max(0, int(level) - 3), int(level) + 4),
            slice(max(0, int(row) - reach), int(row) + reach + 1),
            slice(max(0, int(column) - reach), int(column) + reach + 1),
        )
        scores[near] = 0
    return tuple(seeds)


def _disc_scores(small: NDArray[np.float32]) -> NDArray[np.float32]:
    """(radii, h, w) how much each pixel looks like the middle of a pupil of each radius."""
    height, width = small.shape
    soft = cv2.GaussianBlur(small, (0, 0), 0.8)
    dx, dy = cv2.Sobel(soft, cv2.CV_32F, 1, 0) / 8, cv2.Sobel(soft, cv2.CV_32F, 0, 1) / 8
    length = cv2.magnitude(dx, dy)
    limit = max(float(np.quantile(length[::2], 1 - _STRONGEST)), 1e-3)
    row, column = np.nonzero(length > limit)
    size = length[row, column]
    away_x, away_y = dx[row, column] / size, dy[row, column] / size
    bright = max(float(np.quantile(small[::2], 0.6)), 1.0)
    scores = np.zeros((len(_RADII), height, width), np.float32)
    for level, radius in enumerate(_RADII):
        x = np.rint(column - radius * away_x).astype(np.int32)
        y = np.rint(row - radius * away_y).astype(np.int32)
        inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        votes = np.bincount(y[inside] * width + x[inside], minlength=height * width)
        votes = votes.reshape(height, width).astype(np.float32)
        votes = np.asarray(cv2.GaussianBlur(votes, (0, 0), max(0.6, 0.12 * radius)), np.float32)
        side = 2 * max(1, round(0.6 * radius)) + 1
        mean = cv2.boxFilter(small, -1, (side, side))
        square = cv2.sqrBoxFilter(small, cv2.CV_32F, (side, side))
        deviation = np.sqrt(np.maximum(square - mean * mean, 0))
        dark = np.maximum(0, 1 - (mean + 3 * deviation) / bright)
        scores[level] = votes * dark * np.float32(radius**0.25 * max(0.6, 0.12 * radius) / radius)
    return scores

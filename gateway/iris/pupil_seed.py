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
    bright = max(float(np.quantile(small[::2], 0.6)), 1.0)
    away_x, away_y = (np.asarray(each[row, column] / size, np.float32) for each in (dx, dy))
    scores = _votes((column, row), (away_x, away_y), (height, width))
    reach = [2 * max(1, round(0.6 * radius)) + 1 for radius in _RADII.tolist()]
    dark = {side: _darkness(small, side, bright) for side in set(reach)}
    for level, radius in enumerate(_RADII.tolist()):
        votes = cv2.GaussianBlur(scores[level], (0, 0), max(0.6, 0.12 * radius))
        weight = radius**0.25 * max(0.6, 0.12 * radius) / radius
        np.multiply(votes, dark[reach[level]] * np.float32(weight), out=scores[level])
    return scores


def _votes(
    place: tuple[NDArray[np.intp], NDArray[np.intp]],
    away: tuple[NDArray[np.float32], NDArray[np.float32]],
    shape: tuple[int, int],
) -> NDArray[np.float32]:
    """(radii, h, w) how many gradients point away from each pixel, from as far as each radius."""
    height, width = shape
    # In float32: of float64, which the indices would make of it, this takes six times as long.
    radii = _RADII.astype(np.float32)[:, None]
    x, y = (
        np.rint(at.astype(np.float32) - radii * share).astype(np.int32) for at, share in zip(place, away, strict=True)
    )
    inside = (x.view(np.uint32) < width) & (y.view(np.uint32) < height)  # what is negative is large
    level = (height * width * np.arange(len(radii), dtype=np.int32))[:, None]
    votes = np.bincount((level + y * width + x)[inside], minlength=len(radii) * height * width)
    return votes.astype(np.float32).reshape(-1, height, width)


def _darkness(small: NDArray[np.float32], side: int, bright: float) -> NDArray[np.float32]:
    """(h, w) how far a square is darker than `bright`, all of it: 0 to 1."""
    mean = cv2.boxFilter(small, -1, (side, side))
    square = cv2.sqrBoxFilter(small, cv2.CV_32F, (side, side))
    deviation = np.sqrt(np.maximum(square - mean * mean, 0))
    return np.asarray(np.maximum(0, 1 - (mean + 3 * deviation) / np.float32(bright)), np.float32)

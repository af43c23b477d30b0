"""A closed contour about a centre: sampled along rays, traced by the best path, smoothed by a few Fourier terms."""

from dataclasses import dataclass
from functools import cached_property
from math import pi

import cv2
import numpy as np
from numpy.typing import NDArray

RAYS = 128
ANGLES: NDArray[np.float64] = np.arange(RAYS, dtype=np.float64) * (2 * pi / RAYS)
COS, SIN = np.cos(ANGLES), np.sin(ANGLES)
BASIS: NDArray[np.float64] = np.stack([np.ones(RAYS), COS, SIN, np.cos(2 * ANGLES), np.sin(2 * ANGLES)], axis=1)
"""(128, 5): Fourier terms 0 to 2."""
_PRODUCTS = (BASIS[:, :, None] * BASIS[:, None, :]).reshape(RAYS, -1)
"""(128, 25): products of two terms each."""
_DIAGONAL = np.eye(BASIS.shape[1])
_ROUNDS = 5
_FINE = 512
"""Points of a curve that are kept: those of a strip, and every second of a mask's outline."""


@dataclass(frozen=True, eq=False)
class PolarCurve:
    """Radius as Fourier terms 0 to 2 of the angle about a centre.

    Parameters
    ----------
    x, y : float
    terms : (5,) float64
        Mean radius, then cosine and sine of one and of two turns.
    scatter : float
        Median absolute distance of the traced edges from the curve, as a share of the radius.
    """

    x: float
    y: float
    terms: NDArray[np.float64]
    scatter: float

    @property
    def radius(self) -> float:
        """Mean radius."""
        return float(self.terms[0])

    @property
    def centre(self) -> tuple[float, float]:
        """x, y of the circle that the first terms describe."""
        return self.x + float(self.terms[1]), self.y + float(self.terms[2])

    def points(self, count: int) -> NDArray[np.float64]:
        """(count, 2) x, y at equal angles about the centre of the circle, so that two curves' points correspond."""
        fine = self._fine_points
        return fine[:: _FINE // count] if _FINE % count == 0 else self._points(count)

    @cached_property
    def _fine_points(self) -> NDArray[np.float64]:
        return self._points(_FINE)

    def _points(self, count: int) -> NDArray[np.float64]:
        angles = np.arange(count, dtype=np.float64) * (2 * pi / count)
        cx, cy = self.centre
        # Angles about the moved centre: a step of Newton's is enough for moves of a few hundredths of the radius.
        about: NDArray[np.float64] = angles
        for _ in range(2):
            x, y = self._at(about)
            astray = np.arctan2(y - cy, x - cx) - angles
            about = np.asarray(about - (astray - 2 * pi * np.rint(astray / (2 * pi))), np.float64)
        return np.stack(self._at(about), axis=1)

    def _at(self, angles: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """x, y at angles about (x, y)."""
        cos, sin = np.cos(angles), np.sin(angles)
        mean, once_cos, once_sin, twice_cos, twice_sin = self.terms
        radius = mean + once_cos * cos + once_sin * sin + twice_cos * (2 * cos * cos - 1) + twice_sin * (2 * sin * cos)
        return self.x + radius * cos, self.y + radius * sin


def polar_samples(
    image: NDArray[np.uint8],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    radii: NDArray[np.float64],
    cos: NDArray[np.float64] = COS,
    sin: NDArray[np.float64] = SIN,
) -> NDArray[np.float32]:
    """(k, rays, n) grey along rays from k centres at (k, n) radii; the frame's edge goes on outside of it."""
    map_x = x[:, None, None] + radii[:, None, :] * cos[:, None]
    map_y = y[:, None, None] + radii[:, None, :] * sin[:, None]
    count, rays, steps = map_x.shape
    at_x, at_y = (part.astype(np.float32).reshape(count * rays, steps) for part in (map_x, map_y))
    sampled = cv2.remap(image, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(sampled, np.float32).reshape(count, rays, steps)


def inside_frame(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    radii: NDArray[np.float64],
    cos: NDArray[np.float64],
    sin: NDArray[np.float64],
    shape: tuple[int, ...],
) -> NDArray[np.bool_]:
    """Which points at radii along rays from k centres lie in a frame of `shape`; first axis k, the rest broadcast."""
    one = (len(x),) + (1,) * (radii.ndim - 1)
    at_x, at_y = x.reshape(one) + radii * cos, y.reshape(one) + radii * sin
    return np.asarray((at_x >= 0) & (at_x <= shape[1] - 1) & (at_y >= 0) & (at_y <= shape[0] - 1))


def outward_step(polar: NDArray[np.float32], reach: int = 3) -> NDArray[np.float32]:
    """(..., n) mean of the `reach` samples from here on outwards less that of those inwards; 0 at both ends."""
    total = np.cumsum(polar, axis=-1, dtype=np.float32)
    padded = np.concatenate([np.zeros_like(total[..., :1]), total], axis=-1)
    step = (padded[..., 2 * reach :] - 2 * padded[..., reach:-reach] + padded[..., : -2 * reach]) / reach
    result = np.zeros_like(polar)
    result[..., reach : reach + step.shape[-1]] = step
    return result


def closed_path(gain: NDArray[np.float32]) -> NDArray[np.intp]:
    """(k, rays) index of the closed path of most gain through (k, rays, n); neighbours differ by at most 1.

    Runs one and a half turns and keeps the middle one: closed but for a step where the evidence is poor.

    References
    ----------
    Viterbi contours of E. Krichen, G. Sutra (OSIRIS 4.1, 2012).
    """
    count, rays, steps = gain.shape
    quarter = rays // 4
    order = np.arange(-quarter, rays + quarter) % rays
    turned = np.ascontiguousarray(gain[:, order].transpose(1, 0, 2))
    score = np.full((len(order) + 1, count, steps + 2), -1e9, np.float32)
    score[0, :, 1:-1] = 0
    best = np.empty((count, steps), np.float32)
    for ray in range(len(order)):
        before = score[ray]
        np.maximum(before[:, :-2], before[:, 2:], out=best)
        np.maximum(best, before[:, 1:-1], out=best)
        np.add(best, turned[ray], out=score[ray + 1, :, 1:-1])
    lower, here, upper = score[:-1, :, :-2], score[:-1, :, 1:-1], score[:-1, :, 2:]
    outwards = upper > np.maximum(lower, here)
    moves = np.where((lower > here) & ~outwards, 0, outwards + np.uint8(1)).astype(np.uint8)
    paths = np.empty((count, len(order)), np.intp)
    for curve in range(count):
        # Bytes: one value of an array at a time is dear.
        move = moves[:, curve].tobytes()
        at = int(score[-1, curve, 1:-1].argmax())
        path = []
        for row in range(len(move) - steps, -1, -steps):
            path.append(at)
            at += move[row + at] - 1
        paths[curve] = path[::-1]
    return paths[:, quarter : quarter + rays]


def peak_offset(gain: NDArray[np.float32], path: NDArray[np.intp]) -> NDArray[np.float64]:
    """(k, rays) where the parabola through the gain about a path peaks, -0.5 to 0.5 samples from it."""
    at = np.clip(path, 1, gain.shape[2] - 2)
    below, here, above = (
        np.take_along_axis(gain, (at + shift)[:, :, None], 2)[:, :, 0].astype(np.float64) for shift in (-1, 0, 1)
    )
    bend = below - 2 * here + above
    offset = np.where(bend < -1e-3, (below - above) / (2 * np.minimum(bend, -1e-3)), 0)
    return np.clip(offset, -0.5, 0.5)


def fitted_terms(
    radius: NDArray[np.float64],
    weight: NDArray[np.float64],
    scale: NDArray[np.float64],
    ridge: NDArray[np.float64],
    target: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(k, 5) Fourier terms of (k, 128) radii by reweighted least squares (Cauchy), and (k,) median residuals.

    Parameters
    ----------
    radius, weight : (k, 128) float64
    scale : (k,) float64
        Residual that halves a weight.
    ridge, target : (k, 5) float64
        Pull of each term to its target, as a share of the total weight.
    """
    start = np.median(radius, axis=1, keepdims=True)
    scale = scale[:, None]
    robust = np.asarray(1 / (1 + ((radius - start) / (4 * scale)) ** 2), np.float64)
    for _ in range(_ROUNDS):
        weights = weight * robust
        pull = ridge * weights.sum(axis=1, keepdims=True) + 1e-9
        normal = (weights @ _PRODUCTS).reshape(-1, *_DIAGONAL.shape) + _DIAGONAL * pull[:, None]
        terms = np.linalg.solve(normal, ((weights * radius) @ BASIS + pull * target)[:, :, None])[:, :, 0]
        residual = radius - terms @ BASIS.T
        robust = np.asarray(1 / (1 + (residual / scale) ** 2), np.float64)
    heavy = weight > 0.3 * weight.max(axis=1, keepdims=True)
    away = np.abs(residual)
    return terms, np.array([np.median(of_curve[kept]) for of_curve, kept in zip(away, heavy, strict=True)])

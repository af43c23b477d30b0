"""The pupil's edge about each seed: the best closed path of three rounds, as Fourier terms, to less than a pixel."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gateway.iris.closed_path import (
    BASIS,
    COS,
    SIN,
    PolarCurve,
    closed_path,
    fitted_terms,
    outward_step,
    peak_offset,
    polar_samples,
)
from gateway.iris.pupil_seed import PupilSeed

_STEPS = 48
_ROUNDS = ((0.5, 1.9), (0.6, 1.5), (0.75, 1.3))
"""Extent of each round in radii of the last."""
_CLIP = 0.7
"""Share of the way from pupil to iris beyond which grey is cut: lids, lashes and sclera vanish (no other choice of the
recipe weighs as much: EER of CASIA1 0.79 % without it)."""
_RESTART = 0.25
_CAUCHY = 0.06
_LATERAL = np.abs(COS) > 0.5
_EDGE_QUANTILES = (0.2, 0.5)
_BELOW = SIN > -0.2
"""Rays that no upper lid reaches before it hides half of the pupil."""
_TOP = SIN < -0.6
_CUT_OFF, _OWN_EDGE = 0.88, 0.93
"""Of the radius that the lower part has: where the top lies nearer in, a lid has cut it off; and where a ray's edge is
the pupil's own."""
_LEAST_SEEN = 0.4
"""Share of the rays that such a pupil is told by."""
_HALF_RIDGE = np.array([0, 0, 0, 0.3, 0.3])
"""Half a pupil's edge does not tell an ellipse from a moved circle."""
_RIDGE = np.array([0, 0, 0, 0.02, 0.02])


@dataclass(frozen=True, eq=False)
class PupilEdge:
    """A pupil's outline and what it looks like.

    Parameters
    ----------
    curve : PolarCurve
    contrast : float
        Grey of the ring about it less its own, levels of the toned sample.
    grey_deviation : float
        Standard deviation of grey within 0.7 radii.
    radius_deviation : float
        Standard deviation of the radius over the angle, as a share of it.
    edge : (float, float)
        Step of grey within 4 % of the radius at the outline, as a share of the contrast: its 20th percentile and its
        median over the angle. Soft blobs have little of it.
    seed : PupilSeed
    """

    curve: PolarCurve
    contrast: float
    grey_deviation: float
    radius_deviation: float
    edge: tuple[float, float]
    seed: PupilSeed


def pupil_edges(filled: NDArray[np.uint8], seeds: tuple[PupilSeed, ...]) -> tuple[PupilEdge, ...]:
    """The edge about each seed, in the same order, in a (h, w) uint8 toned sample with filled glints."""
    if not seeds:
        return ()
    x = np.array([seed.x for seed in seeds])
    y = np.array([seed.y for seed in seeds])
    radius = np.array([seed.radius for seed in seeds])
    x, y, radius = _round(filled, x, y, radius, _ROUNDS[0]).circles
    inner, found = _pupils_within(filled, x, y, radius)
    if found.any():
        x[found], y[found], radius[found] = _round(filled, x[found], y[found], inner[found], _ROUNDS[0]).circles
    x, y, radius = _round(filled, x, y, radius, _ROUNDS[1]).circles
    cut, x, y, radius = _cut_off(filled, x, y, radius)
    last = _round(filled, x, y, radius, _ROUNDS[2], cut)
    edge, contrast = _steepness(last, radius), last.traced.contrast
    scatter = last.residual / np.maximum(last.terms[:, 0], 1e-6)
    inside_x, inside_y, inner = last.circles
    inside = polar_samples(filled, inside_x, inside_y, inner[:, None] * np.linspace(0.05, 0.7, 12))
    deviation = np.where(cut, inside[:, _BELOW].std(axis=(1, 2)), inside.std(axis=(1, 2)))
    edges = []
    for k, seed in enumerate(seeds):
        terms = last.terms[k]
        curve = PolarCurve(float(x[k]), float(y[k]), terms, float(scatter[k]))
        swing = float(np.hypot(*terms[3:]) / inner[k]) / 2**0.5
        low, middle = (float(share) for share in edge[k])
        edges.append(PupilEdge(curve, float(contrast[k]), float(deviation[k]), swing, (low, middle), seed))
    return tuple(edges)


class _Traced(NamedTuple):
    """(k, rays) radius and step of the best closed path, the (k, rays, n) steps, the (k,) contrast, the (n,) shares."""

    radius: NDArray[np.float64]
    edge: NDArray[np.float64]
    gain: NDArray[np.float32]
    contrast: NDArray[np.float32]
    share: NDArray[np.float64]


class _Fitted(NamedTuple):
    """(k,) centres and radii, (k, 5) terms about the centres before, (k,) residuals, and the rays that took part."""

    circles: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
    terms: NDArray[np.float64]
    residual: NDArray[np.float64]
    own: NDArray[np.bool_]
    traced: _Traced


def _round(
    filled: NDArray[np.uint8],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    radius: NDArray[np.float64],
    extent: tuple[float, float],
    cut: NDArray[np.bool_] | None = None,
) -> _Fitted:
    """Trace and fit; of pupils that a lid has `cut` off, by the rays to the edge that is left."""
    traced = _traced(filled, x, y, radius, extent)
    own = np.ones(traced.radius.shape, bool)
    if cut is not None:
        own = _BELOW | (traced.radius > _OWN_EDGE * radius[:, None]) | ~cut[:, None]
    weight = np.where(own, _edge_weight(traced), 0.0)
    target = np.zeros((len(x), BASIS.shape[1]))
    target[:, 0] = [np.median(of_pupil[kept]) for of_pupil, kept in zip(traced.radius, own, strict=True)]
    ridge = np.where(own.all(axis=1, keepdims=True), _RIDGE, _HALF_RIDGE)
    terms, residual = fitted_terms(traced.radius, weight, _CAUCHY * radius, ridge, target)
    circles = (x + terms[:, 1], y + terms[:, 2], np.maximum(terms[:, 0], 1.0))
    return _Fitted(circles, terms, residual, own, traced)


def _steepness(fitted: _Fitted, radius: NDArray[np.float64]) -> NDArray[np.float64]:
    """(k, 2) steps of grey on the fitted curves, as shares of the contrast: low and middle, of the rays that took part.

    `radius` is what was traced about.
    """
    gain, contrast, share = fitted.traced[2:]
    at = fitted.terms @ BASIS.T / radius[:, None]
    at = np.clip(np.rint((at - share[0]) / (share[1] - share[0]) + 0.5).astype(np.intp), 0, _STEPS - 1)
    edge = np.take_along_axis(gain, at[:, :, None], 2)[:, :, 0].astype(np.float64)
    edge /= np.maximum(contrast, 1.0)[:, None]
    quantiles = (np.quantile(steps[kept], _EDGE_QUANTILES) for steps, kept in zip(edge, fitted.own, strict=True))
    return np.stack(list(quantiles))


def _cut_off(
    filled: NDArray[np.uint8], x: NDArray[np.float64], y: NDArray[np.float64], radius: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Which pupils an upper lid has cut off, and the circles of the edge that it has left; of others what was given."""
    traced = _traced(filled, x, y, radius, _ROUNDS[1])
    along, down = traced.radius * COS, traced.radius * SIN
    dx, dy, own_radius = _fitted_circles(along, down, np.where(_BELOW, _edge_weight(traced), 0.0))
    away = np.hypot(along - dx[:, None], down - dy[:, None]) / own_radius[:, None]
    seen = (np.abs(away - 1) < 1 - _OWN_EDGE).mean(axis=1)
    within = (np.abs(dx) < 0.3 * own_radius) & (-0.7 * own_radius < dy) & (dy < 0.2 * own_radius)
    low_top = np.median(away[:, _TOP], axis=1) < _CUT_OFF
    cut = within & (own_radius < 1.6 * radius) & low_top & (seen > _LEAST_SEEN)
    return cut, np.where(cut, x + dx, x), np.where(cut, y + dy, y), np.where(cut, own_radius, radius)


def _edge_weight(traced: _Traced) -> NDArray[np.float64]:
    """(k, rays) by each ray's step, as a share of the contrast."""
    return np.clip(traced.edge / np.maximum(traced.contrast, 8.0)[:, None], 0.02, 0.5)


def _fitted_circles(
    along: NDArray[np.float64], down: NDArray[np.float64], weight: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """(k,) centres and radii of circles through (k, n) points, by reweighted algebraic least squares (Kasa; Cauchy).

    NaN where the points tell no circle.
    """
    terms = np.stack([along, down, np.ones_like(along)], axis=2)
    square = along**2 + down**2
    robust = np.ones_like(along)
    told = np.ones(len(along), bool)
    for _ in range(4):
        scaled = (terms * (weight * robust)[:, :, None]).transpose(0, 2, 1)
        normal = scaled @ terms
        told &= np.linalg.cond(normal) <= 1e9
        normal = np.where(told[:, None, None], normal, np.eye(3))
        a, b, c = np.linalg.solve(normal, scaled @ square[:, :, None])[:, :, 0].T
        radius = np.sqrt(np.maximum(c + a * a / 4 + b * b / 4, 1e-6))
        residual = np.hypot(along - a[:, None] / 2, down - b[:, None] / 2) / radius[:, None] - 1
        robust = 1 / (1 + (residual / _CAUCHY) ** 2)
    x, y, radius = (np.where(told, found, np.nan) for found in (a / 2, b / 2, np.maximum(1.0, radius)))
    return x, y, radius


def _traced(
    filled: NDArray[np.uint8],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    radius: NDArray[np.float64],
    extent: tuple[float, float],
) -> _Traced:
    """The best closed path about each circle."""
    share = np.linspace(*extent, _STEPS)
    polar = polar_samples(filled, x, y, radius[:, None] * share)
    dark = np.median(polar[:, :, share < extent[0] + 0.2], axis=(1, 2))
    bright = np.median(polar[:, _LATERAL][:, :, share > extent[1] - 0.25], axis=(1, 2))
    contrast = bright - dark
    clip = dark + np.float32(_CLIP) * np.maximum(contrast, 8)
    gain = outward_step(np.minimum(polar, clip[:, None, None].astype(np.float32)))
    path = closed_path(gain)
    edge = (np.take_along_axis(gain, path[:, :, None], 2)[:, :, 0]).astype(np.float64)
    fine = path + peak_offset(gain, path)
    # Sample i's step lies between i-1 and i: its edge half a sample before.
    traced = (share[0] + (fine - 0.5) * (share[1] - share[0])) * radius[:, None]
    return _Traced(traced, edge, gain, contrast, share)


def _pupils_within(
    filled: NDArray[np.uint8], x: NDArray[np.float64], y: NDArray[np.float64], radius: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Where an edge is a limbus with a pupil inside: the steepest step's radius, and whether so."""
    share = np.linspace(0.1, 1.25, 47)
    profile = np.median(polar_samples(filled, x, y, radius[:, None] * share)[:, _LATERAL], axis=1)
    inner, outer = profile[:, share < 0.45].mean(axis=1), profile[:, (share > 0.55) & (share < 0.88)].mean(axis=1)
    contrast = profile[:, share > 1.1].mean(axis=1) - profile[:, share < 0.88].min(axis=1)
    step = outward_step(profile.astype(np.float32))
    step[:, (share < 0.2) | (share > 0.75)] = 0
    steepest = share[step.argmax(axis=1)] * radius
    return steepest, np.asarray((outer - inner > _RESTART * contrast) & (contrast > 8) & (steepest > 2))

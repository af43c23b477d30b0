"""The pupil's edge about each seed: the best closed path of three rounds, as Fourier terms, to less than a pixel."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.iris.closed_path import BASIS, COS, PolarCurve, closed_path, fitted_terms, outward_step, polar_samples
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
    x, y, radius, *_ = _round(filled, x, y, radius, _ROUNDS[0])
    inner, found = _pupils_within(filled, x, y, radius)
    if found.any():
        again = _round(filled, x[found], y[found], inner[found], _ROUNDS[0])
        x[found], y[found], radius[found] = again[:3]
    x, y, radius, *_ = _round(filled, x, y, radius, _ROUNDS[1])
    before_x, before_y = x, y
    x, y, radius, terms, scatter, contrast, edge = _round(filled, x, y, radius, _ROUNDS[2])
    inside = polar_samples(filled, x, y, radius[:, None] * np.linspace(0.05, 0.7, 12))
    deviation = inside.std(axis=(1, 2))
    edges = []
    for k, seed in enumerate(seeds):
        curve = PolarCurve(float(before_x[k]), float(before_y[k]), terms[k], float(scatter[k]))
        swing = float(np.hypot(*terms[k][3:]) / max(radius[k], 1e-6)) / 2**0.5
        low, middle = (float(share) for share in edge[k])
        edges.append(PupilEdge(curve, float(contrast[k]), float(deviation[k]), swing, (low, middle), seed))
    return tuple(edges)


def _round(
    filled: NDArray[np.uint8],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    radius: NDArray[np.float64],
    extent: tuple[float, float],
) -> tuple[NDArray[np.float64], ...]:
    """New centres and radii, the terms about the old centres, scatter, contrast, and low and middle share of steps."""
    share = np.linspace(*extent, _STEPS)
    polar = polar_samples(filled, x, y, radius[:, None] * share)
    dark = np.median(polar[:, :, share < extent[0] + 0.2], axis=(1, 2))
    bright = np.median(polar[:, _LATERAL][:, :, share > extent[1] - 0.25], axis=(1, 2))
    contrast = bright - dark
    clip = dark + np.float32(_CLIP) * np.maximum(contrast, 8)
    gain = outward_step(np.minimum(polar, clip[:, None, None].astype(np.float32)))
    path = closed_path(gain)
    edge = (np.take_along_axis(gain, path[:, :, None], 2)[:, :, 0]).astype(np.float64)
    fine = path + _peak_offset(gain, path)
    # Sample i's step lies between i-1 and i: its edge half a sample before.
    step = share[1] - share[0]
    traced = (share[0] + (fine - 0.5) * step) * radius[:, None]
    terms = np.zeros((len(x), 5))
    scatter = np.zeros(len(x))
    for k in range(len(x)):
        weight = np.clip(edge[k] / max(float(contrast[k]), 8.0), 0.02, 0.5)
        target = np.array([np.median(traced[k]), 0, 0, 0, 0])
        terms[k], residual = fitted_terms(traced[k], weight, _CAUCHY * float(radius[k]), _RIDGE, target)
        scatter[k] = residual / max(terms[k][0], 1e-6)
    new_radius = np.maximum(terms[:, 0], 1.0)
    at = np.stack([BASIS @ own for own in terms]) / radius[:, None]
    at = np.clip(np.rint((at - share[0]) / step + 0.5).astype(np.intp), 0, _STEPS - 1)
    edge = np.take_along_axis(gain, at[:, :, None], 2)[:, :, 0].astype(np.float64)
    steep = np.quantile(edge / np.maximum(contrast, 1.0)[:, None], _EDGE_QUANTILES, axis=1).T
    return (x + terms[:, 1], y + terms[:, 2], new_radius, terms, scatter, contrast.astype(np.float64), steep)


def _peak_offset(gain: NDArray[np.float32], path: NDArray[np.intp]) -> NDArray[np.float64]:
    """(k, rays) where the parabola through the gain about a path peaks, -0.5 to 0.5 samples from it."""
    at = np.clip(path, 1, gain.shape[2] - 2)
    below, here, above = (
        np.take_along_axis(gain, (at + shift)[:, :, None], 2)[:, :, 0].astype(np.float64) for shift in (-1, 0, 1)
    )
    bend = below - 2 * here + above
    offset = np.where(bend < -1e-3, (below - above) / (2 * np.minimum(bend, -1e-3)), 0)
    return np.clip(offset, -0.5, 0.5)


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

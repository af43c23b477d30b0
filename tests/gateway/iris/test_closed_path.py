"""Closed paths and the Fourier terms through them, several at once."""

import numpy as np
from numpy.typing import NDArray

from gateway.iris.closed_path import ANGLES, BASIS, RAYS, closed_path, fitted_terms

STEPS = 48


def wavy_gains(count: int, noise: float) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """(count, rays, n) noise with a ridge along a curve of its own each, and the (count, rays) curves."""
    rng = np.random.default_rng(7)
    phase, depth = rng.uniform(0, 6, (count, 1)), rng.uniform(3, 12, (count, 1))
    truth = np.rint(24 + depth * np.sin(ANGLES + phase)).astype(np.intp)
    gains = rng.normal(0, noise, (count, RAYS, STEPS)).astype(np.float32)
    np.put_along_axis(gains, truth[:, :, None], np.float32(6), 2)
    return gains, truth


def along(gains: NDArray[np.float32], paths: NDArray[np.intp]) -> NDArray[np.float64]:
    return np.take_along_axis(gains, paths[:, :, None], 2)[:, :, 0].sum(axis=1, dtype=np.float64)


def test_a_path_follows_the_ridge_and_steps_by_one_at_most():
    gains, truth = wavy_gains(5, 1.0)
    paths = closed_path(gains)
    assert np.abs(np.diff(paths, axis=1, append=paths[:, :1])).max() <= 1
    assert (along(gains, paths) >= along(gains, truth)).all()
    assert (np.abs(paths - truth) <= 1).mean() > 0.95


def test_paths_traced_together_are_those_traced_alone():
    gains, _ = wavy_gains(5, 4.0)
    together = closed_path(gains)
    alone = np.concatenate([closed_path(gains[one : one + 1]) for one in range(5)])
    assert np.array_equal(together, alone)


def test_a_path_runs_along_either_end_of_its_rays():
    for at in (0, STEPS - 1):
        gains = np.zeros((1, RAYS, STEPS), np.float32)
        gains[:, :, at] = 1
        assert (closed_path(gains) == at).all()


def test_terms_fit_each_curve_by_its_own_weights_though_a_fifth_of_its_rays_stray():
    rng = np.random.default_rng(3)
    terms = np.array([[50.0, 2, -1, 0.5, 0.2], [90.0, -3, 4, -1, 1], [30.0, 0, 0, 0, 0]])
    radii = terms @ BASIS.T
    for of_curve in radii:
        of_curve[rng.permutation(RAYS)[: RAYS // 5]] *= 1.3
    weight = rng.uniform(0.5, 1, radii.shape)
    scale = 0.03 * terms[:, 0]
    target = np.zeros_like(terms)
    target[:, 0] = terms[:, 0]
    ridge = np.zeros_like(terms)
    found, residual = fitted_terms(radii, weight, scale, ridge, target)
    assert np.abs(found - terms).max() < 0.5
    assert (residual < 0.01 * terms[:, 0]).all()
    for one in range(len(terms)):
        single = slice(one, one + 1)
        alone, its_residual = fitted_terms(radii[single], weight[single], scale[single], ridge[single], target[single])
        assert np.allclose(alone, found[single], rtol=1e-9, atol=1e-9)
        assert np.allclose(its_residual, residual[single], rtol=1e-6, atol=1e-9)


def test_a_ridge_pulls_terms_to_their_target():
    radii = np.full((2, RAYS), 40.0) + BASIS[:, 3]
    ridge = np.array([[0, 0, 0, 0.0, 0], [0, 0, 0, 100.0, 0]])
    target = np.array([[40.0, 0, 0, 0, 0]] * 2)
    found, _ = fitted_terms(radii, np.ones_like(radii), np.full(2, 5.0), ridge, target)
    assert abs(found[0, 3] - 1) < 0.01
    assert abs(found[1, 3]) < 0.05

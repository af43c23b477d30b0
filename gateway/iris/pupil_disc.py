"""A pupil's circle by the lower and lateral part of its edge, and how much of it is dark: enough for a preview."""

from dataclasses import dataclass
from math import pi

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.iris.closed_path import outward_step, polar_samples
from gateway.iris.pupil_seed import PupilSeed

_ARC = np.deg2rad(np.arange(-20.0, 205.0, 5.0))
"""From +x towards +y, down: upper lids do not reach these rays before they hide half of the pupil."""
_TURN = np.arange(48) * (2 * pi / 48)
_ROUNDS = ((0.5, 1.9), (0.65, 1.5))
"""Extent of each round in radii of the last: a seed's radius is right to a third."""
_STEPS = 40
_CLIP = 0.7
"""As in `pupil_edges`."""
_CAUCHY = 0.08
_TERMS = np.stack([np.ones_like(_ARC), np.cos(_ARC), np.sin(_ARC)], axis=1)
_WITHIN = np.sqrt((np.arange(8) + 0.5) / 8) * 0.85
"""Of the radius, at equal steps of area."""
_BESIDE = np.linspace(1.15, 1.6, 8)
_DARK = 0.45
"""Share of the way from pupil to iris up to which it is pupil."""


@dataclass(frozen=True)
class PupilDisc:
    """A circle, in the pixels that were given.

    Parameters
    ----------
    x, y, radius : float
    seen : float
        Share of it that is as dark as a pupil, 0 to 1: 1 in an open eye, half where lids leave a slit.
    contrast : float
        Grey beside it less its own, levels.
    score : float
        Of its seed.
    """

    x: float
    y: float
    radius: float
    seen: float
    contrast: float
    score: float


def pupil_disc(filled: NDArray[np.uint8], seed: PupilSeed) -> PupilDisc:
    """The circle about a seed in a (h, w) uint8 toned sample with filled glints."""
    x, y, radius = seed.x, seed.y, seed.radius
    dark, contrast = 0.0, 0.0
    for extent in _ROUNDS:
        share = np.linspace(*extent, _STEPS)
        polar = polar_samples(filled, np.array([x]), np.array([y]), (radius * share)[None], np.cos(_ARC), np.sin(_ARC))[
            0
        ]
        dark = float(np.median(polar[:, share < extent[0] + 0.2]))
        contrast = float(np.median(polar[:, share > extent[1] - 0.25])) - dark
        clipped = np.minimum(polar, np.float32(dark + _CLIP * max(contrast, 8.0)))
        gain = outward_step(cv2.blur(clipped, (1, 3)).astype(np.float32))
        at = gain.argmax(axis=1)
        edge = gain[np.arange(len(at)), at].astype(np.float64)
        traced = (share[0] + (at - 0.5) * (share[1] - share[0])) * radius
        dx, dy, radius = _circle(traced, np.clip(edge / max(contrast, 8.0), 0.02, 0.5))
        x, y = x + dx, y + dy
    inside = polar_samples(filled, np.array([x]), np.array([y]), (radius * _WITHIN)[None], np.cos(_TURN), np.sin(_TURN))
    seen = float((inside < dark + _DARK * max(contrast, 8.0)).mean())
    return PupilDisc(x, y, radius, seen, contrast, seed.score)


def grey_step(small: NDArray[np.uint8], disc: PupilDisc) -> float:
    """Levels by which a (h, w) uint8 sample is brighter beside a disc than in it, before it is toned.

    Toned, a dark frame's noise and the fall of its light to the corners are steps of a hundred.
    """
    x, y, shares = np.array([disc.x]), np.array([disc.y]), np.concatenate([_WITHIN, _BESIDE])
    polar = polar_samples(small, x, y, (disc.radius * shares)[None], np.cos(_TURN), np.sin(_TURN))[0]
    return float(np.median(polar[:, len(_WITHIN) :]) - np.median(polar[:, : len(_WITHIN)]))


def _circle(traced: NDArray[np.float64], weight: NDArray[np.float64]) -> tuple[float, float, float]:
    """Move of the centre and radius that fit the radii along the arc, by reweighted least squares (Cauchy)."""
    start = float(np.median(traced))
    robust = 1 / (1 + ((traced - start) / (4 * _CAUCHY * start)) ** 2)
    fit = np.array([start, 0.0, 0.0])
    for _ in range(3):
        weights = weight * robust
        pull = 0.02 * float(weights.sum()) * np.diag([0.0, 1.0, 1.0])
        scaled = _TERMS * weights[:, None]
        fit = np.linalg.solve(scaled.T @ _TERMS + pull, scaled.T @ traced)
        robust = 1 / (1 + ((traced - _TERMS @ fit) / (_CAUCHY * start)) ** 2)
    return float(fit[1]), float(fit[2]), max(1.0, float(fit[0]))

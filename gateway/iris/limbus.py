"""The limbus about a pupil: circles over the sides of the eye, then the best closed path beside the best circle."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.iris.closed_path import (
    BASIS,
    COS,
    SIN,
    PolarCurve,
    closed_path,
    fitted_terms,
    inside_frame,
    outward_step,
)
from gateway.iris.closed_path import polar_samples as sampled
from gateway.iris.pupil import PupilEdge

_SHARES = np.geomspace(1.3, 8.0, 114)
"""Radii searched, in pupil radii."""
_LOG_STEP = log(8.0 / 1.3) / 113
_TESTED = np.arange(12, 100)
"""Indices into those of the circles: pupils of 0.16 to 0.63 of the iris."""
_REACH, _BESIDE = 4, 8
"""Samples to either side of a step: 6.5 % of the radius, a limbus's own softness; and half of those for a slope."""
_RIGHT = np.deg2rad(np.arange(-30, 45, 3.0))
_LEFT = np.pi - _RIGHT
_SIDES = np.concatenate([_RIGHT, _LEFT])
_OFFSET_X = np.linspace(-0.12, 0.12, 7)
_OFFSET_Y = np.linspace(-0.06, 0.06, 5)
_CAP = 11.0
"""Step of toned grey that counts less when larger: one bright corner of the sclera is not a limbus."""
_BEYOND = 0.3
"""What a step beyond that still counts."""
_PIECES = 5
"""Of each side."""
_UNLIKE = 1.5
"""Times the side's middle piece that one of its pieces counts at most."""
_RIVAL, _OTHER_SIZE = 0.6, 9
"""Of the best circle's score that another of another size has at least; steps of `_SHARES`, 16 %, between the two."""
_MIRRORED = 0.7
"""Share that the other side's step counts where a ray has left the frame."""
_FEW_RAYS = 4
_LATERAL = np.abs(SIN) < 0.5
_FINE_CAP, _FULL_WEIGHT, _LEAST_STEP = 40.0, 15.0, 1.0
_SPREAD_X, _SPREAD_Y, _SPREAD_RATIO, _USUAL_RATIO = 0.10, 0.06, 0.62, 2.3
_ROUNDS = (0.18, 0.12)
_STEPS = 48
_ABOVE, _BELOW = 0.35, 0.6
"""Sines at which a ray counts 0.6: above and below the lids are."""
BESIDE_LIDS = np.exp(-0.5 * (SIN / np.where(SIN < 0, _ABOVE, _BELOW)) ** 2)
"""(128,) float64: what a ray to the limbus counts."""
_RIDGE = np.array([0, 0.1, 0.2, 0.05, 0.05])
"""Lids leave the height of the limbus undetermined: its centre is pulled to the pupil's (d' of CASIA1 7.0 without)."""
_CAUCHY = 0.03


@dataclass(frozen=True)
class LimbusCircle:
    """A circle in pixels; its steps of grey on the left and the right (toned levels), and its score."""

    x: float
    y: float
    radius: float
    steps: tuple[float, float]
    score: float


@dataclass(frozen=True, eq=False)
class LimbusEdge:
    """The limbus's outline, its median step of grey on the left and right in toned levels, on which share of the rays
    to the sides it grows brighter at all, and the lesser side's mean step over the steps' deviation."""

    curve: PolarCurve
    steps: tuple[float, float]
    brighter: float
    evenness: float


def limbus_circles(
    filled: NDArray[np.uint8], pupils: tuple[PupilEdge, ...], most: int = 1
) -> tuple[tuple[LimbusCircle, ...], ...]:
    """The best circle about each pupil, then up to `most` - 1 of other sizes that score nearly as well.

    (h, w) uint8 `filled` is toned, with filled glints.
    """
    if not pupils:
        return ()
    x = np.array([pupil.curve.centre[0] for pupil in pupils])
    y = np.array([pupil.curve.centre[1] for pupil in pupils])
    radius = np.array([pupil.curve.radius for pupil in pupils])
    radii = radius[:, None] * _SHARES
    polar = sampled(filled, x, y, radii, np.cos(_SIDES), np.sin(_SIDES))
    step = np.clip(_steeper_than_beside(polar, _REACH), -_CAP, 3 * _CAP)
    step = _mirrored_where_cut(step, x, y, radii, filled.shape)
    return tuple(_best_circles(step[k], float(x[k]), float(y[k]), float(radius[k]), most) for k in range(len(pupils)))


def _mirrored_where_cut(
    step: NDArray[np.float32],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    radii: NDArray[np.float64],
    shape: tuple[int, ...],
) -> NDArray[np.float32]:
    """(k, rays, n) steps; where a ray has left the frame those of the other side, reduced: nothing is seen there."""
    beyond = np.minimum(np.arange(radii.shape[1]) + _REACH, radii.shape[1] - 1)
    out = ~inside_frame(x, y, radii[:, None, beyond], np.cos(_SIDES)[:, None], np.sin(_SIDES)[:, None], shape)
    half = len(_RIGHT)
    other, other_out = np.roll(step, half, axis=1), np.roll(out, half, axis=1)
    return np.where(out & ~other_out, np.float32(_MIRRORED) * other, step)


def _steeper_than_beside(polar: NDArray[np.float32], reach: int) -> NDArray[np.float32]:
    """(..., n) outward steps less what the slope on both sides of them gives: light that falls off is no limbus.

    Of the two sides' slopes the lesser, and none where they differ in sign: another edge beside is not a slope.
    """
    slope = outward_step(polar, _BESIDE) / _BESIDE
    inner, outer = np.zeros_like(slope), np.zeros_like(slope)
    inner[..., 2 * _BESIDE :], outer[..., : -2 * _BESIDE] = slope[..., _BESIDE:-_BESIDE], slope[..., _BESIDE:-_BESIDE]
    lesser = np.where(np.abs(inner) < np.abs(outer), inner, outer) * (inner * outer > 0)
    return np.asarray(outward_step(polar, reach) - reach * lesser, np.float32)


def _best_circles(step: NDArray[np.float32], x: float, y: float, radius: float, most: int) -> tuple[LimbusCircle, ...]:
    found = step.ravel().take(_INDEX)
    capped = np.minimum(found, _CAP)
    pieces = capped.mean(axis=0)
    # One piece of a side that outdoes the others is a corner, a frame or a lid.
    usual = np.maximum(_middle_of_five(pieces), 0)
    strength = np.minimum(pieces, _UNLIKE * usual + 1).mean(axis=0)
    # What goes beyond the cap counts only where it does so along the whole side: a frame's edge does not.
    excess = (found - capped).mean(axis=0).min(axis=0)
    right, left = strength + np.float32(_BEYOND) * excess
    score = (np.minimum(left, right) + 0.3 * (left + right)) * _PRIOR
    circles: list[LimbusCircle] = []
    while len(circles) < most:
        centre, size = np.unravel_index(int(score.argmax()), score.shape)
        if circles and score[centre, size] < _RIVAL * circles[0].score:
            break
        limbus = float(radius * _SHARES[_TESTED[size]])
        dx, dy = _CENTRES[centre]
        steps = float(left[centre, size]), float(right[centre, size])
        circles.append(LimbusCircle(x + dx * limbus, y + dy * limbus, limbus, steps, float(score[centre, size])))
        score[:, max(0, size - _OTHER_SIZE) : size + _OTHER_SIZE + 1] = -np.inf
    return tuple(circles)


def _middle_of_five(pieces: NDArray[np.float32]) -> NDArray[np.float32]:
    """Median over the first axis, of five: by least and greatest, in a twentieth of the time of sorting."""
    a, b, c, d, e = pieces
    low, high = np.minimum(a, b), np.maximum(a, b)
    other_low, other_high = np.minimum(c, d), np.maximum(c, d)
    # Neither the least nor the greatest of these four is the middle one.
    one, other = np.maximum(low, other_low), np.minimum(high, other_high)
    return np.asarray(np.maximum(np.minimum(one, other), np.minimum(np.maximum(one, other), e)), np.float32)


def _circle_index() -> tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.float64]]:
    """(35, 2) centres; index of each circle's radius along each ray; (35, n) prior.

    The index is flat, into (sides, radii) steps, and laid out as (rays of a piece, 5 pieces, 2 sides, 35, n): sums are
    over the first axes.
    """
    centres = np.array([(dx, dy) for dx in _OFFSET_X for dy in _OFFSET_Y])
    dx, dy = centres[:, :1], centres[:, 1:]
    along = dx * np.cos(_SIDES) + dy * np.sin(_SIDES)
    distance = along + np.sqrt(along**2 - dx**2 - dy**2 + 1)
    shift = np.rint(np.log(distance) / _LOG_STEP).astype(np.intp)
    index = np.clip(shift[:, :, None] + _TESTED, 0, len(_SHARES) - 1)
    ratio = np.log(_SHARES[_TESTED] / _USUAL_RATIO) / _SPREAD_RATIO
    offset = (dx / _SPREAD_X) ** 2 + (dy / _SPREAD_Y) ** 2
    flat = np.arange(len(_SIDES))[None, :, None] * len(_SHARES) + index
    by_piece = flat.reshape(len(centres), 2, _PIECES, -1, len(_TESTED)).transpose(3, 2, 1, 0, 4)
    return centres, np.ascontiguousarray(by_piece), np.exp(-0.5 * (offset + ratio**2))


_CENTRES, _INDEX, _PRIOR = _circle_index()


def limbus_edges(
    filled: NDArray[np.uint8], pupils: Sequence[PupilEdge], circles: Sequence[LimbusCircle]
) -> tuple[LimbusEdge, ...]:
    """The outline about each circle, which is about the pupil in the same place, as Fourier terms.

    (h, w) uint8 `filled` is toned, with filled glints.
    """
    if not circles:
        return ()
    pupil_x, pupil_y = np.array([pupil.curve.centre for pupil in pupils]).T
    x, y, radius = np.array([(circle.x, circle.y, circle.radius) for circle in circles]).T
    found = [_Sides(circle.steps, 0.0, 0.0) for circle in circles]
    ridge = np.broadcast_to(_RIDGE, (len(circles), len(_RIDGE)))
    for reach in _ROUNDS:
        share = np.linspace(1 - reach, 1 + reach, _STEPS)
        polar = blurred_along(sampled(filled, x, y, radius[:, None] * share))
        gain = np.clip(outward_step(polar, 5 if reach > 0.15 else 6), -_FINE_CAP, _FINE_CAP)
        path = closed_path((gain * BESIDE_LIDS[:, None]).astype(np.float32))
        edge = np.take_along_axis(gain, path[:, :, None], 2)[:, :, 0].astype(np.float64)
        traced = (share[0] + (path - 0.5) * (share[1] - share[0])) * radius[:, None]
        weight = BESIDE_LIDS * np.clip(edge / _FULL_WEIGHT, 0.01, 1)
        target = np.stack([radius, pupil_x - x, pupil_y - y, np.zeros_like(x), np.zeros_like(x)], axis=1)
        terms, residual = fitted_terms(traced, weight, _CAUCHY * radius, ridge, target)
        # The path follows the plain steps, which lie truer; how sure they are is told on the fitted curve, where noise
        # has none, and without the fall of light.
        radii = terms @ BASIS.T
        at = np.rint((radii / radius[:, None] - share[0]) / (share[1] - share[0]) + 0.5).astype(np.intp)
        at = np.clip(at, 0, _STEPS - 1)[:, :, None]
        sure = np.take_along_axis(np.maximum(gain, _steeper_than_beside(polar, _REACH)), at, 2)[:, :, 0]
        seen = inside_frame(x, y, 1.05 * radii, COS, SIN, filled.shape)
        found = [_sides(*each) or before for *each, before in zip(sure, seen, found, strict=True)]
        curves = zip(x, y, terms, residual / np.maximum(terms[:, 0], 1e-6), strict=True)
        x, y, radius = x + terms[:, 1], y + terms[:, 2], np.maximum(terms[:, 0], 1.0)
    return tuple(
        LimbusEdge(PolarCurve(float(at_x), float(at_y), of_curve, float(scatter)), *sides)
        for (at_x, at_y, of_curve, scatter), sides in zip(curves, found, strict=True)
    )


def blurred_along(polar: NDArray[np.float32]) -> NDArray[np.float32]:
    """(k, rays, n) grey, of five neighbouring rays each the mean."""
    count, _, steps = polar.shape
    wrapped = np.pad(polar, ((0, 0), (2, 2), (0, 0)), "wrap")
    blurred = cv2.blur(wrapped.reshape(-1, steps), (1, 5)).reshape(count, -1, steps)
    return np.asarray(blurred[:, 2:-2], np.float32)


class _Sides(NamedTuple):
    """What a limbus's sides look like, as in `LimbusEdge`."""

    steps: tuple[float, float]
    brighter: float
    evenness: float


def _sides(sure: NDArray[np.float32], seen: NDArray[np.bool_]) -> _Sides | None:
    """Of (rays,) steps of which some are `seen`; None where these are too few on both sides."""
    left, right = (sure[_LATERAL & seen & of_side] for of_side in (COS < 0, COS > 0))
    if max(len(left), len(right)) < _FEW_RAYS:
        return None
    left, right = left if len(left) >= _FEW_RAYS else right, right if len(right) >= _FEW_RAYS else left
    return _Sides(
        (float(np.median(left)), float(np.median(right))),
        float((sure[_LATERAL & seen] > _LEAST_STEP).mean()),
        min(float(side.mean() / (side.std() + _LEAST_STEP)) for side in (left, right)),
    )

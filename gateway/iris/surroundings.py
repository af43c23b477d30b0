"""What lies about an iris in each direction, and how soft its limbus is: a drawn ring has no lids, and a hard edge."""

import numpy as np
from numpy.typing import NDArray

from gateway.iris.closed_path import COS, SIN, PolarCurve, polar_samples

SURROUNDINGS = (
    "limbus_softness",
    "other_softness",
    "above",
    "below",
    "beside",
    "other_beside",
    "iris_above",
    "iris_below",
    "step_above",
    "step_below",
    "step_beside",
    "other_step_beside",
    "as_dark",
    "far_spread",
)
_SHARE = np.linspace(0.02, 1.62, 121)
"""Radii of the limbus."""
_UP, _DOWN = SIN < -0.8, SIN > 0.8
_SIDES = ((np.abs(SIN) < 0.5) & (COS < 0), (np.abs(SIN) < 0.5) & (COS > 0))
_IRIS = (0.5, 0.94)
_BEYOND, _FAR = (_SHARE >= 1.06) & (_SHARE < 1.3), _SHARE >= 1.3
_NEAR_SCLERA, _OUTER_IRIS = (_SHARE >= 1.07) & (_SHARE < 1.2), (_SHARE >= 0.8) & (_SHARE < 0.93)
_AT_STEP, _AT_LIMBUS = ((_SHARE[1:] >= least) & (_SHARE[1:] < most) for least, most in ((0.93, 1.07), (0.92, 1.08)))
_PUPIL_REACH, _LEAST_RING = 0.12, 0.08
_LOW, _HIGH = -1.5, 3.0
"""Contrasts from the iris's grey that one sample counts at most."""
_LEAST_CONTRAST = 4.0
_DARK, _DARK_REACH = 0.1, _SHARE < 1.5
"""Of the contrast above the pupil's grey that is as dark; where it is looked for."""
_LEAST_SHARE = 0.01


def surroundings(pupil: PolarCurve, limbus: PolarCurve, grey: NDArray[np.uint8], iris_grey: float) -> tuple[float, ...]:
    """Measures in the order of `SURROUNDINGS`; of left and right the lesser first.

    - softness: logarithm of the steepest slope across the limbus over the step from iris to sclera, per 1/75 radius;
    - above, below, beside: grey beyond the limbus; iris_above, iris_below: of the iris there; both less the iris's own,
      as shares of the contrast of pupil and iris;
    - step: the steepest rise at the limbus there, as such a share;
    - as_dark: logarithm of the area as dark as the pupil within 1.5 radii, over the pupil's own;
    - far_spread: logarithm of the spread of grey beyond 1.3 radii, as such a share.

    Parameters
    ----------
    pupil, limbus : PolarCurve
    grey : (h, w) uint8
    iris_grey : float
        Median of the visible iris; NaN where nothing is visible.
    """
    (x, y), radius = limbus.centre, limbus.radius
    polar = polar_samples(grey, np.array([x]), np.array([y]), radius * _SHARE[None])[0]
    ratio = pupil.radius / radius
    iris = _between(min(max(ratio + _PUPIL_REACH, _IRIS[0]), _IRIS[1] - _LEAST_RING), _IRIS[1])
    dark = float(np.median(polar[:, _between(0, max(0.06, 0.6 * ratio - 0.05))]))
    usual = float(np.median(polar[:, iris])) if np.isnan(iris_grey) else iris_grey
    contrast = max(usual - dark, _LEAST_CONTRAST)
    share = np.clip((polar - usual) / contrast, _LOW, _HIGH)
    beside = sorted(float(share[side][:, _BEYOND].mean()) for side in _SIDES)
    step_beside = sorted(_step(share[side]) for side in _SIDES)
    as_dark = ((polar[:, _DARK_REACH] <= dark + _DARK * contrast).mean(axis=0) * _SHARE[_DARK_REACH]).sum()
    own = _SHARE[_between(0, ratio)].sum()
    return (
        *sorted(_softness(polar[side].mean(axis=0)) for side in _SIDES),
        *(float(share[part][:, _BEYOND].mean()) for part in (_UP, _DOWN)),
        *beside,
        *(float(share[part][:, iris].mean()) for part in (_UP, _DOWN)),
        *(_step(share[part]) for part in (_UP, _DOWN)),
        *step_beside,
        float(np.log(as_dark / max(own, _SHARE[0]) + _LEAST_SHARE)),
        float(np.log(share[:, _FAR].std() + _LEAST_SHARE)),
    )


def _between(least: float, most: float) -> NDArray[np.bool_]:
    return (least <= _SHARE) & (most > _SHARE)


def _step(share: NDArray[np.float32]) -> float:
    rise = np.diff(np.convolve(share.mean(axis=0), np.full(5, 0.2), "same"))
    return float(rise[_AT_STEP].max())


def _softness(profile: NDArray[np.float32]) -> float:
    even = np.convolve(profile, (0.25, 0.5, 0.25), "same")
    whole = float(even[_NEAR_SCLERA].mean() - even[_OUTER_IRIS].mean())
    steepest = float(np.diff(even)[_AT_LIMBUS].max())
    return float(np.log(max(steepest, 0.05) / max(whole, 1.0)))

"""Whether what was found is an eye, and enough of one."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.iris.closed_path import COS, RAYS, SIN, PolarCurve, inside_frame, outward_step, polar_samples
from gateway.iris.eye import LEAST_RADIUS, Eye
from gateway.iris.geometry import IrisOutcome
from gateway.iris.lids import Lid
from gateway.iris.ring_texture import RING_TEXTURE, ring_texture
from gateway.iris.strip import STRIP_ROWS
from gateway.iris.surroundings import SURROUNDINGS, surroundings

FIT = Path(__file__).with_name("plausibility_fit.json")
"""Written by `tests/benchmarks/fit_eye_plausibility.py`."""
LEAST_ODDS, SURE = 0.0, 3.0
"""Log odds from which an eye is one, where the fit puts them, and those beyond which no other disc of the frame is
looked at."""
DOUBTED_ODDS, SECOND_ODDS = -12.0, 1.5
"""Log odds from which an eye that the first look leaves in doubt is looked at once more with contrast evened, and those
that it must have then. Set by hand: dark eyes have 4, 8 and 10 then, of 344 things none over 1.0."""
_FEW_PIXELS = 64
_LEAST_USABLE = 0.15
_MOST_OUTSIDE = 0.25
_INNER_ROWS = slice(STRIP_ROWS // 8, 7 * STRIP_ROWS // 16)
_OUTER_ROWS = slice(19 * STRIP_ROWS // 32, 29 * STRIP_ROWS // 32)
_FINE, _COARSE = 2.0, 7.0
_ABOUT_LIMBUS = np.linspace(0.5, 1.4, 91)
"""Radii of the limbus."""
_AT_LIMBUS = (_ABOUT_LIMBUS > 0.95) & (_ABOUT_LIMBUS < 1.05)
_SCLERA = (_ABOUT_LIMBUS > 1.06) & (_ABOUT_LIMBUS < 1.25)
_OUTER_IRIS = (_ABOUT_LIMBUS > 0.75) & (_ABOUT_LIMBUS < 0.94)
_STEP_REACH = 6
_PUPIL_REACH = 0.12
_FEW_RAYS = 4
_LATERAL = np.abs(SIN) < 0.5
_OUTLINE = (
    "seed",
    "contrast",
    "edge_low",
    "edge_middle",
    "pupil_scatter",
    "radius_deviation",
    "pupil_grey",
    "ratio",
    "offset",
    "step",
    "steps",
    "brighter",
    "evenness",
    "limbus_scatter",
    "limbus_swing",
    "prominence",
    "other_prominence",
    "beyond",
    "other_beyond",
    "texture_beyond",
    "upper_lid",
    "lower_lid",
)
_RING = ("visible", "spread", "fine", "texture", "coarse", "slope")
MEASURES = (*_OUTLINE, *_RING, *SURROUNDINGS, *RING_TEXTURE)
"""What an eye is told by; `eye_measures` says what each is."""

BETTER_LOW = {"pupil_scatter", "radius_deviation", "offset", "limbus_scatter", "limbus_swing", "as_dark"}
BETTER_HIGH = {
    "seed",
    "contrast",
    "edge_low",
    "edge_middle",
    "step",
    "steps",
    "brighter",
    "evenness",
    "prominence",
    "other_prominence",
    "beyond",
    "other_beyond",
    "upper_lid",
    "lower_lid",
    "visible",
    "beside",
    "other_beside",
    "step_beside",
    "other_step_beside",
}


@dataclass(frozen=True, eq=False)
class PlausibilityFit:
    """Logistic regression: offset + z @ linear + z @ quadratic @ z, of z = (measure - middle) / spread.

    z is held within 3 of 0, and within 1 on the side that is better than usual. Products of two measures tell what
    neither does: a round pupil is no reason to doubt, nor is an even ring, but both together are drawn.

    Parameters
    ----------
    middle, spread, linear : (49,) float64
    quadratic : (49, 49) float64
        0 below the diagonal.
    offset : float
    """

    middle: NDArray[np.float64]
    spread: NDArray[np.float64]
    linear: NDArray[np.float64]
    quadratic: NDArray[np.float64]
    offset: float


def eye_measures(
    eye: Eye,
    lids: tuple[Lid | None, Lid | None],
    grey: NDArray[np.uint8],
    strip: NDArray[np.uint8],
    visible: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """What outlines and the ring between them are judged by, (49,) float64 in the order of `MEASURES`.

    Steps at the outlines and grey of the pupil are shares of the contrast of pupil and iris, lengths shares of radii;
    what spreads over orders of magnitude is a logarithm. A measure that cannot be told is NaN.

    Parameters
    ----------
    eye : Eye
    lids : (Lid or None, Lid or None)
        Upper and lower.
    grey : (h, w) uint8
        The sample that its outlines are in.
    strip : (64, 512) uint8
    visible : (64, 512) bool
    """
    pupil, limbus = eye.pupil, eye.limbus
    (px, py), (lx, ly) = pupil.curve.centre, limbus.curve.centre
    radius, contrast = limbus.curve.radius, max(pupil.contrast, 1.0)
    outline = (
        pupil.seed.score,
        np.log(max(pupil.contrast, 5.0)),
        *pupil.edge,
        np.log(max(pupil.curve.scatter, 1e-3)),
        pupil.radius_deviation,
        min(1.0, pupil.grey_deviation / contrast),
        pupil.curve.radius / radius,
        np.hypot(px - lx, py - ly) / radius,
        np.log(max(min(limbus.steps), 0.0) / contrast + 0.02),
        np.log(max(sum(limbus.steps), 0.0) / contrast + 0.03),
        limbus.brighter,
        limbus.evenness,
        np.log(max(limbus.curve.scatter, 1e-3)),
        np.hypot(*limbus.curve.terms[3:]) / radius,
        *_about_limbus(pupil.curve, limbus.curve, grey),
        *(0.0 if lid is None else min(1.0, lid.step / contrast) for lid in lids),
    )
    dark = _pupil_grey(eye, grey)
    iris_grey = _median(strip, visible, float("nan"))
    levels = 1.0 if np.isnan(iris_grey - dark) else max(1.0, iris_grey - dark)
    return np.array(
        [
            *outline,
            float(visible.mean()),
            *_ring_measures(dark, iris_grey, strip, visible),
            *surroundings(pupil.curve, limbus.curve, grey, iris_grey),
            *ring_texture(pupil.curve, limbus.curve, strip, visible, levels),
        ]
    )


def _pupil_grey(eye: Eye, grey: NDArray[np.uint8]) -> float:
    """Median within 0.7 pupil radii; NaN where that is outside of the frame."""
    (x, y), radius = eye.pupil.curve.centre, eye.pupil.curve.radius
    reach = 0.7 * radius
    top, left = max(0, int(y - reach)), max(0, int(x - reach))
    part = grey[top : max(top, int(y + reach) + 1), left : max(left, int(x + reach) + 1)]
    rows, columns = np.ogrid[: part.shape[0], : part.shape[1]]
    inside = part[(rows + top - y) ** 2 + (columns + left - x) ** 2 <= reach * reach]
    return float(np.median(inside)) if inside.size else float("nan")


def _about_limbus(pupil: PolarCurve, limbus: PolarCurve, grey: NDArray[np.uint8]) -> tuple[float, ...]:
    """How much the limbus stands out from other steps, how much the ground beyond it differs from the iris, lesser side
    first, and how its texture does.

    A disc on any ground has a best circle about it; but only a limbus stands out, with another ground on either side.
    """
    x, y = limbus.centre
    polar = polar_samples(grey, np.array([x]), np.array([y]), limbus.radius * _ABOUT_LIMBUS[None])[0]
    inner = pupil.radius / limbus.radius + _PUPIL_REACH
    elsewhere = ((inner < _ABOUT_LIMBUS) & (_ABOUT_LIMBUS < 0.9)) | ((_ABOUT_LIMBUS > 1.1) & (_ABOUT_LIMBUS < 1.3))
    seen = inside_frame(np.array([x]), np.array([y]), np.full((1, RAYS), 1.1 * limbus.radius), COS, SIN, grey.shape)[0]
    rises, differs = [], []
    for side in (_LATERAL & (COS < 0), _LATERAL & (COS > 0)):
        if np.count_nonzero(side & seen) < _FEW_RAYS:
            continue
        step = outward_step(polar[side & seen].mean(axis=0), _STEP_REACH)
        rises.append(float(step[_AT_LIMBUS].max()) / (float(np.sqrt((step[elsewhere] ** 2).mean())) + 1.0))
        brighter = polar[side & seen][:, _SCLERA].mean(axis=1) - polar[side & seen][:, _OUTER_IRIS].mean(axis=1)
        differs.append(float(brighter.mean()) / (float(brighter.std()) + 1.0))
    if not rises:
        return (float("nan"),) * 5
    fine = (polar - cv2.blur(polar, (7, 7)))[_LATERAL & seen]
    texture = np.log((fine[:, _SCLERA].std() + 0.5) / (fine[:, _OUTER_IRIS].std() + 0.5))
    return (
        float(np.clip(min(rises), -1, 8)),
        float(np.clip(max(rises), -1, 8)),
        float(np.clip(min(differs), -2, 8)),
        float(np.clip(max(differs), -2, 8)),
        float(texture),
    )


def _ring_measures(
    pupil_grey: float, middle: float, strip: NDArray[np.uint8], visible: NDArray[np.bool_]
) -> tuple[float, ...]:
    """Spread of the ring's grey, texture fine, middling and coarse, and slope outwards, by the contrast to the pupil.

    All but the slope are logarithms; all are of what is left of each row when its mean is taken off.
    """
    if np.isnan(middle) or np.isnan(pupil_grey):
        return (float("nan"),) * (len(_RING) - 1)
    grey = strip.astype(np.float32)
    contrast = max(1.0, middle - pupil_grey)
    counts = np.maximum(visible.sum(axis=1, keepdims=True), 1)
    mean = np.where(visible, grey, 0).sum(axis=1, keepdims=True) / counts
    even = np.where(visible, grey - mean, 0).astype(np.float32)
    wide = np.pad(even, ((0, 0), (16, 16)), "wrap")
    soft, softer = (cv2.GaussianBlur(wide, (0, 0), sigma)[:, 16:-16] for sigma in (_FINE, _COARSE))
    inner = cv2.erode(visible.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    inner = inner if np.count_nonzero(inner) >= _FEW_PIXELS else visible
    spreads = (even[visible], (even - soft)[inner], (soft - softer)[inner], softer[inner])
    slope = _median(strip[_OUTER_ROWS], visible[_OUTER_ROWS], middle)
    slope -= _median(strip[_INNER_ROWS], visible[_INNER_ROWS], middle)
    logarithms = (float(np.log(np.clip(part.std() / contrast, 1e-3, 3.0))) for part in spreads)
    return (*logarithms, float(np.clip(slope / contrast, -1, 1)))


def _median(grey: NDArray[np.uint8], visible: NDArray[np.bool_], otherwise: float) -> float:
    """Of what is visible: by counts, which is five times as fast as sorting."""
    reached = np.cumsum(np.bincount(grey[visible], minlength=256))
    if reached[-1] < _FEW_PIXELS:
        return otherwise
    lower, upper = np.searchsorted(reached, ((reached[-1] + 1) // 2, reached[-1] // 2 + 1))
    return float(lower + upper) / 2


def eye_odds(
    eye: Eye,
    lids: tuple[Lid | None, Lid | None],
    grey: NDArray[np.uint8],
    strip: NDArray[np.uint8],
    visible: NDArray[np.bool_],
) -> float:
    """Log odds that outlines and ring are those of an eye; `LEAST_ODDS` and more pass.

    Fitted on eyes of CASIA1 and MMU1, drawn ones, and copies of them in other tones, lights, sizes and under a lid
    drawn down, against noise, patterns, text, discs, fingerprints, skin and what else was taken for a pupil in them.
    """
    if eye.limbus.curve.radius < LEAST_RADIUS:
        return -np.inf
    return float(log_odds(plausibility_fit(), eye_measures(eye, lids, grey, strip, visible)[None])[0])


def standardised(fit: PlausibilityFit, measures: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 49) z of (n, 49) measures; what cannot be told speaks for neither."""
    return np.clip(np.nan_to_num((measures - fit.middle) / fit.spread, nan=0.0), LEAST_Z, MOST_Z)


def log_odds(fit: PlausibilityFit, measures: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) log odds of (n, 49) measures."""
    z = standardised(fit, measures)
    return np.asarray(fit.offset + z @ fit.linear + ((z @ fit.quadratic) * z).sum(axis=1))


@lru_cache(maxsize=1)
def plausibility_fit() -> PlausibilityFit:
    """The fit that is in use."""
    stored = json.loads(FIT.read_text())
    middle, spread, linear = (np.array([stored["measures"][name][part] for name in MEASURES]) for part in _PARTS)
    quadratic = np.zeros((len(MEASURES), len(MEASURES)))
    for index, name in enumerate(MEASURES):
        quadratic[index, index:] = stored["quadratic"][name]
    return PlausibilityFit(middle, spread, linear, quadratic, float(stored["offset"]))


_AT_BEST = 1.0
"""Spreads by which a measure may be better than usual: a camera sharper than those at hand is no reason to doubt."""
_ODD_PUPIL = 1.0
"""Spreads at which a pupil's share of the iris counts at most: few at hand are small or wide, but those of the old
are, and of whoever comes in from the dark."""
LEAST_Z = np.array([-_ODD_PUPIL if name == "ratio" else -_AT_BEST if name in BETTER_LOW else -3.0 for name in MEASURES])
MOST_Z = np.array([_ODD_PUPIL if name == "ratio" else _AT_BEST if name in BETTER_HIGH else 3.0 for name in MEASURES])
_PARTS = ("middle", "spread", "linear")


def written_fit(fit: PlausibilityFit) -> str:
    """JSON that `plausibility_fit` reads: a line for each measure, of products those with itself and all after it."""
    columns = (fit.middle, fit.spread, fit.linear)
    measures, quadratic = [], []
    for index, name in enumerate(MEASURES):
        parts = {part: round(float(column[index]), 5) for part, column in zip(_PARTS, columns, strict=True)}
        measures.append(f'  "{name}": {json.dumps(parts)}')
        products = [round(float(value), 4) for value in fit.quadratic[index, index:]]
        quadratic.append(f'  "{name}": {json.dumps(products)}')
    rows = (",\n".join(part) for part in (measures, quadratic))
    blocks = [f' "{key}": {{\n{lines}\n }}' for key, lines in zip(("measures", "quadratic"), rows, strict=True)]
    return ",\n".join([f'{{\n "offset": {round(fit.offset, 5)}', *blocks]) + "\n}\n"


def judged_visibility(eye: Eye, visible: NDArray[np.bool_], shape: tuple[int, ...]) -> IrisOutcome:
    """FOUND, or why too little of the iris is seen in the (64, 512) strip's mask of a sample of `shape`."""
    (x, y), radius = eye.limbus.curve.centre, eye.limbus.curve.radius
    height, width = shape
    beyond = max(radius - x, radius - y, x + radius - (width - 1), y + radius - (height - 1)) / (2 * radius)
    if beyond > _MOST_OUTSIDE:
        return IrisOutcome.IRIS_INCOMPLETE
    return IrisOutcome.EYE_CLOSED if visible.mean() < _LEAST_USABLE else IrisOutcome.FOUND

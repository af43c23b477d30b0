"""Preview: is there an eye, how far, how sharp, how open, how bright; fast enough for every frame."""

from dataclasses import dataclass
from math import inf, pi

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.guidance import Guidance, GuidanceCode, guidance
from gateway.iris.advice import DEFAULT_LIMITS, GuidanceLimits
from gateway.iris.closed_path import PolarCurve
from gateway.iris.contrast import FrameLight, frame_light
from gateway.iris.geometry import Contour
from gateway.iris.glints import filled_glints
from gateway.iris.lids import Lid, lids
from gateway.iris.limbus import LimbusCircle, limbus_circles
from gateway.iris.pupil import PupilEdge
from gateway.iris.pupil_seed import PupilSeed, pupil_seeds
from gateway.iris.sample import MIN_SIDE, check_sample, grey_sample, toned_sample
from gateway.iris.sharpness import NO_EDGE, EdgeBlur, edge_blur

_SIDE = 240.0
"""Root of the area that is looked at; the pupil's edge is measured in the frame itself."""
_SEED_SIDE = 110.0
_SEEDS = 2
_EYE_SEED, _LID_SEED = 0.9, 0.5
"""A pupil that lids leave half free still looks like one, less."""
_LEAST_STEP = 2.0
_LEAST_VISIBLE = 0.75
_WIDE_PUPIL = 0.57
_GRID = np.linspace(-1, 1, 41)
_SIDES = (0.55, 0.35)
"""Of the iris: beyond the pupil and between the lids."""
_POINTS = 128


@dataclass(frozen=True)
class PreviewQuality:
    """What one preview frame shows; lengths in pixels of the frame."""

    eye_present: bool
    centre: tuple[float, float]
    """Of the iris, (x, y); the middle of the frame where there is none."""
    iris_radius: float
    """0 where there is none."""
    pupil_ratio: float
    """Pupil to iris radius, within a tenth."""
    relative_blur: float
    """Blur of the pupil's edge, percent of the iris radius: about 1 when sharp; infinity where no edge is seen."""
    motion_blur: float
    """Greatest to least blur over the directions, 1 or more."""
    visible: float
    """Share of the iris that the lids leave open, 0 to 1; lashes and glints are not looked at."""
    light: FrameLight
    clarity: float
    """0 to 100, how good a code the frame may give."""
    guidance: tuple[Guidance, ...]
    """Most important first; empty when all is well."""


def assess_preview(
    pixels: NDArray[np.uint8] | NDArray[np.uint16], limits: GuidanceLimits = DEFAULT_LIMITS
) -> PreviewQuality:
    """Judge a frame without tracing outlines: circles do.

    Parameters
    ----------
    pixels : (height, width) uint8 or uint16
    limits : GuidanceLimits

    Raises
    ------
    ValueError
        As `analyze`.
    """
    check_sample(pixels)
    grey = grey_sample(pixels)
    light = frame_light(grey)
    if min(grey.shape) < MIN_SIDE:
        return _nobody(grey.shape, light, [GuidanceCode.EYE_TOO_FAR])
    scale = max(1.0, (grey.shape[0] * grey.shape[1]) ** 0.5 / _SIDE)
    small = _reduced(grey, _SIDE)
    filled = filled_glints(toned_sample(small))
    found = _best_eye(filled)
    if found is None:
        return _nobody(grey.shape, light, _darkness(light, limits) or [GuidanceCode.NO_EYE])
    seed, circle = found
    visible = _visible(
        small, circle, limits, *lids(filled, (circle.x, circle.y, circle.radius), (seed.x, seed.y, seed.radius))
    )
    if seed.score < _EYE_SEED or min(circle.steps) < _LEAST_STEP:
        # Too dim for a pupil: half of one, between lids, or something else.
        codes = _darkness(light, limits)
        codes += [GuidanceCode.OPEN_WIDER] if seed.score > _LID_SEED and not codes else [GuidanceCode.NO_EYE]
        return _nobody(grey.shape, light, codes)
    centre = ((circle.x + 0.5) * scale - 0.5, (circle.y + 0.5) * scale - 0.5)
    radius = circle.radius * scale
    blur = edge_blur(grey, _circle(seed, scale))
    relative = 100 * blur.width / radius
    placing, lit = _placing(centre, radius, grey.shape, limits), _brightness(grey, centre, radius, light, limits)
    # A white eye has false circles.
    codes = [*lit, *placing] if GuidanceCode.EYE_TOO_BRIGHT in lit else [*placing, *lit]
    codes += _sharpness(relative, blur, limits)
    if visible < _LEAST_VISIBLE and GuidanceCode.EYE_OFF_CENTRE not in codes:
        codes.insert(0, GuidanceCode.OPEN_WIDER)
    if not codes and seed.radius > _WIDE_PUPIL * circle.radius:
        codes.append(GuidanceCode.PUPIL_TOO_WIDE)
    return PreviewQuality(
        eye_present=True,
        centre=centre,
        iris_radius=radius,
        pupil_ratio=seed.radius / circle.radius,
        relative_blur=relative,
        motion_blur=blur.anisotropy,
        visible=visible,
        light=light,
        clarity=_clarity(relative, visible, radius),
        guidance=tuple(map(guidance, codes)),
    )


def missing_eye_guidance(pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> tuple[Guidance, ...]:
    """Remarks on a frame in which `analyze` found no eye: its light, lids that leave a slit, or that there is none.

    Raises
    ------
    ValueError
        As `analyze`.
    """
    seen = assess_preview(pixels)
    telling = {GuidanceCode.EYE_TOO_BRIGHT, GuidanceCode.EYE_TOO_DARK, GuidanceCode.OPEN_WIDER}
    codes = [remark.code for remark in seen.guidance if remark.code in telling]
    return tuple(map(guidance, [*codes[:1], GuidanceCode.NO_EYE]))


def _reduced(grey: NDArray[np.uint8], side: float) -> NDArray[np.uint8]:
    height, width = grey.shape
    scale = (height * width) ** 0.5 / side
    if scale <= 1:
        return grey
    size = (max(8, round(width / scale)), max(8, round(height / scale)))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def _best_eye(filled: NDArray[np.uint8]) -> tuple[PupilSeed, LimbusCircle] | None:
    """The disc that sits best in an iris."""
    tiny = _reduced(filled, _SEED_SIDE)
    factor = filled.shape[1] / tiny.shape[1]
    seeds = [
        PupilSeed((seed.x + 0.5) * factor - 0.5, (seed.y + 0.5) * factor - 0.5, seed.radius * factor, seed.score)
        for seed in pupil_seeds(tiny, _SEEDS)
    ]
    if not seeds:
        return None
    circles = limbus_circles(filled, tuple(_round_pupil(seed) for seed in seeds))
    worth = [max(0.0, circle.score) * seed.score for seed, circle in zip(seeds, circles, strict=True)]
    best = int(np.argmax(worth))
    return (seeds[best], circles[best]) if worth[best] > 0 else None


def _round_pupil(seed: PupilSeed) -> PupilEdge:
    """A seed as an untraced pupil: `limbus_circles` looks at nothing but its circle."""
    terms = np.array([seed.radius, 0.0, 0.0, 0.0, 0.0])
    return PupilEdge(PolarCurve(seed.x, seed.y, terms, 0.0), 0.0, 0.0, 0.0, (0.0, 0.0), seed)


def _circle(seed: PupilSeed, scale: float) -> Contour:
    angle = np.arange(_POINTS) * (2 * pi / _POINTS)
    x = (seed.x + seed.radius * np.cos(angle) + 0.5) * scale - 0.5
    y = (seed.y + seed.radius * np.sin(angle) + 0.5) * scale - 0.5
    return Contour(np.stack([x, y], axis=1).astype(np.float32))


def _visible(
    small: NDArray[np.uint8], circle: LimbusCircle, limits: GuidanceLimits, upper: Lid | None, lower: Lid | None
) -> float:
    """Share of the iris's disc between the lids; an upper lid as grey as the iris is taken for a false one."""
    x, y = _GRID[None, :], _GRID[:, None]
    disc = x * x + y * y <= 1
    free = disc.copy()
    if lower is not None:
        free &= y <= lower.height(_GRID)[None, :]
    if upper is not None:
        above = y < upper.height(_GRID)[None, :]
        column = np.clip(np.rint(circle.x + circle.radius * _GRID).astype(np.intp), 0, small.shape[1] - 1)
        row = np.clip(np.rint(circle.y + circle.radius * _GRID).astype(np.intp), 0, small.shape[0] - 1)
        grey = small[row[:, None], column[None, :]]
        behind, sides = grey[disc & above], grey[disc & ~above & (np.abs(x) > _SIDES[0]) & (np.abs(y) < _SIDES[1])]
        middle = float(np.median(sides)) if sides.size else 0.0
        if behind.size and abs(float(np.median(behind)) - middle) >= limits.lid_contrast * middle:
            free &= ~above
    return float(np.count_nonzero(free) / np.count_nonzero(disc))


def _placing(
    centre: tuple[float, float], radius: float, shape: tuple[int, ...], limits: GuidanceLimits
) -> list[GuidanceCode]:
    height, width = shape
    codes = []
    if radius < limits.min_radius:
        codes.append(GuidanceCode.EYE_TOO_FAR)
    elif radius > limits.near_radius and 2 * radius / min(shape) > limits.max_frame_share:
        codes.append(GuidanceCode.EYE_TOO_NEAR)
    sides = min(centre[0], width - 1 - centre[0]) - radius
    upright = min(centre[1], height - 1 - centre[1]) - radius
    if min(sides / 0.6, upright / 0.2) <= limits.min_margin / 100 * radius:
        codes.append(GuidanceCode.EYE_OFF_CENTRE)
    return codes


def _darkness(light: FrameLight, limits: GuidanceLimits) -> list[GuidanceCode]:
    if light.saturated > limits.bright_frame_share:
        return [GuidanceCode.EYE_TOO_BRIGHT]
    return [GuidanceCode.EYE_TOO_DARK] if light.bright_level < limits.dark_frame else []


def _brightness(
    grey: NDArray[np.uint8], centre: tuple[float, float], radius: float, light: FrameLight, limits: GuidanceLimits
) -> list[GuidanceCode]:
    """By the iris's sides and what lies beside them."""
    x, y = (round(at) for at in centre)
    rows = slice(max(0, y - round(radius / 4)), max(1, y + round(radius / 4)))
    reach = [round(share * radius) for share in (0.6, 0.9, 1.1, 1.2)]
    strips = [grey[rows, max(0, x + a) : max(0, x + b)] for a, b in ((reach[0], reach[1]), (-reach[1], -reach[0]))]
    iris = np.concatenate([strip.ravel() for strip in strips])
    strips = [grey[rows, max(0, x + a) : max(0, x + b)] for a, b in ((reach[2], reach[3]), (-reach[3], -reach[2]))]
    sclera = np.concatenate([strip.ravel() for strip in strips])
    if not iris.size or not sclera.size:
        return _darkness(light, limits)
    if np.median(sclera) > limits.bright_sclera or light.saturated > limits.bright_frame_share:
        return [GuidanceCode.EYE_TOO_BRIGHT]
    dark = np.median(iris) < limits.dark_iris and np.median(sclera) < limits.dark_sclera
    return [GuidanceCode.EYE_TOO_DARK] if dark else []


def _sharpness(relative: float, blur: EdgeBlur, limits: GuidanceLimits) -> list[GuidanceCode]:
    if blur is NO_EDGE or relative <= limits.max_blur:
        return []
    return [GuidanceCode.EYE_MOVED if blur.anisotropy > limits.motion_ratio else GuidanceCode.EYE_OUT_OF_FOCUS]


def _clarity(relative: float, visible: float, radius: float) -> float:
    """The least of sharpness, openness and size, as `quality_parts` scales these."""
    sharp = np.clip((6.0 - relative) / 5.5, 0, 1) if relative < inf else 0.0
    size = np.clip((radius - 20) / 70, 0, 1)
    return 100 * float(min(sharp, np.clip((visible - 0.2) / 0.7, 0, 1), size))


def _nobody(shape: tuple[int, ...], light: FrameLight, codes: list[GuidanceCode]) -> PreviewQuality:
    middle = ((shape[1] - 1) / 2, (shape[0] - 1) / 2)
    return PreviewQuality(False, middle, 0.0, 0.0, inf, 1.0, 0.0, light, 0.0, tuple(map(guidance, codes)))

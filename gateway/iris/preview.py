"""Preview: is there an eye, how far, how sharp, how open, how bright; fast enough for every frame."""

from dataclasses import dataclass
from math import inf, pi

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.guidance import Guidance, GuidanceCode, guidance
from gateway.iris.advice import DEFAULT_LIMITS, GuidanceLimits
from gateway.iris.closed_path import PolarCurve
from gateway.iris.contrast import FrameLight, frame_light, pixel_noise
from gateway.iris.geometry import Contour
from gateway.iris.glints import filled_glints
from gateway.iris.lids import Lid, lids
from gateway.iris.limbus import LimbusCircle, limbus_circles
from gateway.iris.pupil import PupilEdge
from gateway.iris.pupil_disc import PupilDisc, grey_step, pupil_disc
from gateway.iris.pupil_seed import PupilSeed, pupil_seeds
from gateway.iris.sample import MIN_SIDE, check_sample, grey_sample, toned_sample
from gateway.iris.sharpness import NO_EDGE, EdgeBlur, edge_blur

_SIDE = 240.0
"""Root of the area that is looked at; the pupil's edge is measured in the frame itself."""
_SEED_SIDE = 110.0
_SEEDS = 2
_EYE_SEED, _LID_SEED = 0.9, 0.5
"""A pupil that lids leave half free still looks like one, less."""
_LEAST_STEP, _LID_STEP = 2.0, 4.0
_LEAST_CONTRAST, _LID_CONTRAST = 12.0, 30.0
_LEAST_GREY_STEP = 3.0
"""Levels of the frame: noise without an eye has under 2.5, the darkest of 1,600 altered eyes 7."""
_LEAST_RADIUS = 24.0
_LEAST_VISIBLE = 0.75
_WHOLE_PUPIL = 0.96
"""Share of its disc that is dark; all of 0.99 and more where no lid comes down to it."""
_GLINT_REACH, _GLINT_SIDE, _GLINT_ABOVE = 0.45, 0.13, 40.0
_LEAST_GLINT, _MOST_LAMPS, _WIDE_GLINT = 3, 2, 0.1
"""Pixels; count; and side in iris radii of what spectacles mirror rather than a cornea."""
_MOST_OFFSET = 0.10
"""Iris radii that the mirrored lamps are off their place when an eye looks aside by 8 degrees; straight ones are up to
0.06 off, as circles are rough."""
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
    """Pupil to iris radius."""
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
    if found is None or grey_step(small, found[0]) < _LEAST_GREY_STEP:
        return _nobody(grey.shape, light, _darkness(light, limits) or [GuidanceCode.NO_EYE])
    disc, circle = found
    visible = _visible(
        small, circle, limits, *lids(filled, (circle.x, circle.y, circle.radius), (disc.x, disc.y, disc.radius))
    )
    centre = ((circle.x + 0.5) * scale - 0.5, (circle.y + 0.5) * scale - 0.5)
    radius = circle.radius * scale
    low_lids = visible < _LEAST_VISIBLE or disc.seen < _WHOLE_PUPIL
    if not _is_eye(disc, circle, radius):
        codes = _darkness(light, limits)
        slit = low_lids and _is_slit(disc, circle, radius) and not codes
        return _nobody(grey.shape, light, [*codes, GuidanceCode.OPEN_WIDER if slit else GuidanceCode.NO_EYE])
    pupil = _circle(disc, scale)
    blur = edge_blur(grey, pupil)
    relative = 100 * blur.width / radius
    codes = _remarks(grey, disc, (centre, radius), pupil, light, blur, limits, low_lids=low_lids)
    return PreviewQuality(
        eye_present=True,
        centre=centre,
        iris_radius=radius,
        pupil_ratio=disc.radius / circle.radius,
        relative_blur=relative,
        motion_blur=blur.anisotropy,
        visible=visible,
        light=light,
        clarity=_clarity(relative, visible, radius),
        guidance=tuple(map(guidance, codes)),
    )


def missing_eye_guidance(pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> tuple[Guidance, ...]:
    """Remarks on a frame in which `analyze` found no eye: what the preview makes of it, or that there is none.

    Raises
    ------
    ValueError
        As `analyze`.
    """
    seen = assess_preview(pixels)
    codes = [remark.code for remark in seen.guidance]
    if GuidanceCode.OPEN_WIDER in codes[:1]:
        return tuple(map(guidance, codes[:1]))
    return tuple(map(guidance, dict.fromkeys([*codes[:1], GuidanceCode.NO_EYE])))


def closed_eye(remarks: tuple[Guidance, ...]) -> bool:
    """Whether `missing_eye_guidance` saw an eye of which lids leave a slit, and not none at all."""
    return bool(remarks) and remarks[0].code is GuidanceCode.OPEN_WIDER


def _is_eye(disc: PupilDisc, circle: LimbusCircle, radius: float) -> bool:
    return (
        disc.score >= _EYE_SEED
        and disc.contrast >= _LEAST_CONTRAST
        and min(circle.steps) >= _LEAST_STEP
        and radius >= _LEAST_RADIUS
    )


def _is_slit(disc: PupilDisc, circle: LimbusCircle, radius: float) -> bool:
    return (
        disc.score >= _LID_SEED
        and disc.contrast >= _LID_CONTRAST
        and min(circle.steps) >= _LID_STEP
        and radius >= _LEAST_RADIUS
    )


def _remarks(
    grey: NDArray[np.uint8],
    disc: PupilDisc,
    iris: tuple[tuple[float, float], float],
    pupil: Contour,
    light: FrameLight,
    blur: EdgeBlur,
    limits: GuidanceLimits,
    *,
    low_lids: bool,
) -> list[GuidanceCode]:
    """On an eye, the most important first."""
    centre, radius = iris
    placing, lit = _placing(centre, radius, grey.shape, limits), _brightness(grey, iris, pupil, light, limits)
    if GuidanceCode.EYE_TOO_BRIGHT in lit:
        # A white eye has false circles and lids.
        return [*lit, *placing]
    codes = [*placing, *lit, *_sharpness(100 * blur.width / radius, blur, limits)]
    if low_lids and GuidanceCode.EYE_OFF_CENTRE not in codes:
        return [GuidanceCode.OPEN_WIDER, *codes]
    if not codes:
        ratio = 100 * pupil.radius / radius
        codes += [GuidanceCode.PUPIL_TOO_WIDE] if ratio > limits.wide_ratio else []
        codes += [GuidanceCode.PUPIL_TOO_SMALL] if ratio < limits.small_ratio else []
        codes += [GuidanceCode.LOOK_AT_CAMERA] if _looks_aside(grey, iris, pupil, limits) else []
    return codes


def _reduced(grey: NDArray[np.uint8], side: float) -> NDArray[np.uint8]:
    height, width = grey.shape
    scale = (height * width) ** 0.5 / side
    if scale <= 1:
        return grey
    size = (max(8, round(width / scale)), max(8, round(height / scale)))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def _best_eye(filled: NDArray[np.uint8]) -> tuple[PupilDisc, LimbusCircle] | None:
    """The disc that sits best in an iris."""
    tiny = _reduced(filled, _SEED_SIDE)
    factor = filled.shape[1] / tiny.shape[1]
    seeds = [
        PupilSeed((seed.x + 0.5) * factor - 0.5, (seed.y + 0.5) * factor - 0.5, seed.radius * factor, seed.score)
        for seed in pupil_seeds(tiny, _SEEDS)
    ]
    if not seeds:
        return None
    discs = [pupil_disc(filled, seed) for seed in seeds]
    circles = [circle for circle, *_ in limbus_circles(filled, tuple(map(_round_pupil, discs)))]
    worth = [max(0.0, circle.score) * disc.score for disc, circle in zip(discs, circles, strict=True)]
    best = int(np.argmax(worth))
    return (discs[best], circles[best]) if worth[best] > 0 else None


def _round_pupil(disc: PupilDisc) -> PupilEdge:
    """A disc as an untraced pupil: `limbus_circles` looks at nothing but its circle."""
    terms = np.array([disc.radius, 0.0, 0.0, 0.0, 0.0])
    seed = PupilSeed(disc.x, disc.y, disc.radius, disc.score)
    return PupilEdge(PolarCurve(disc.x, disc.y, terms, 0.0), disc.contrast, 0.0, 0.0, (0.0, 0.0), seed)


def _circle(seed: PupilDisc, scale: float) -> Contour:
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
    margin = 100 / radius * min(sides / 0.6, upright / 0.2)
    aside = max(abs(centre[0] - (width - 1) / 2) / width, abs(centre[1] - (height - 1) / 2) / height)
    if margin <= limits.min_margin or (margin <= limits.good_margin and aside > limits.max_displacement):
        codes.append(GuidanceCode.EYE_OFF_CENTRE)
    return codes


def _darkness(light: FrameLight, limits: GuidanceLimits) -> list[GuidanceCode]:
    if light.saturated > limits.bright_frame_share:
        return [GuidanceCode.EYE_TOO_BRIGHT]
    return [GuidanceCode.EYE_TOO_DARK] if light.bright_level < limits.dark_frame else []


def _brightness(
    grey: NDArray[np.uint8],
    iris: tuple[tuple[float, float], float],
    pupil: Contour,
    light: FrameLight,
    limits: GuidanceLimits,
) -> list[GuidanceCode]:
    """By the iris's sides and what lies beside them, and by the noise in the pupil."""
    ring, sclera = _beside(grey, iris, 0.6, 0.9), _beside(grey, iris, 1.1, 1.2)
    if not ring.size or not sclera.size:
        return _darkness(light, limits)
    level, white = float(np.median(ring)), float(np.median(sclera))
    if white > limits.bright_sclera or light.saturated > limits.bright_frame_share:
        return [GuidanceCode.EYE_TOO_BRIGHT]
    inside = _square(grey, pupil.centre, 0.55 * pupil.radius)
    noise = pixel_noise(inside, inside < 0.6 * level)
    signal = level - float(np.median(inside)) if inside.size else 0.0
    noisy = noise > limits.max_noise and signal / max(noise, 0.5) < limits.min_signal_to_noise
    return [GuidanceCode.EYE_TOO_DARK] if noisy or (level < limits.dark_iris and white < limits.dark_sclera) else []


def _beside(
    grey: NDArray[np.uint8], iris: tuple[tuple[float, float], float], near: float, far: float
) -> NDArray[np.uint8]:
    """Pixels left and right of an iris's centre, from `near` to `far` of its radius, a quarter of it up and down."""
    (x, y), radius = iris
    middle, column, half = round(y), round(x), round(radius / 4)
    rows = slice(max(0, middle - half), max(1, middle + half))
    near, far = round(near * radius), round(far * radius)
    sides = (slice(column + near, column + far), slice(column - far, column - near))
    return np.concatenate([grey[rows, max(0, side.start) : max(0, side.stop)].ravel() for side in sides])


def _square(grey: NDArray[np.uint8], centre: tuple[float, float], half: float) -> NDArray[np.uint8]:
    x, y = centre
    rows = slice(max(0, int(y - half)), max(0, int(y + half) + 1))
    return grey[rows, max(0, int(x - half)) : max(0, int(x + half) + 1)]


def _looks_aside(
    grey: NDArray[np.uint8], iris: tuple[tuple[float, float], float], pupil: Contour, limits: GuidanceLimits
) -> bool:
    """By the lamps mirrored near the pupil, and where those are at a straight gaze; not where it cannot be told."""
    if limits.lamps is None:
        return False
    seen = _mirrored_lamps(grey, iris, pupil)
    return seen is not None and float(np.hypot(seen[0] - limits.lamps[0], seen[1] - limits.lamps[1])) > _MOST_OFFSET


def _mirrored_lamps(
    grey: NDArray[np.uint8], iris: tuple[tuple[float, float], float], pupil: Contour
) -> tuple[float, float] | None:
    """Middle of small bright spots near the pupil, from the iris centre in iris radii; None without any or too many."""
    (x, y), radius = iris
    px, py = pupil.centre
    half = _GLINT_REACH * radius
    part = _square(grey, (px, py), half)
    side = 2 * max(1, round(_GLINT_SIDE * radius / 2)) + 1
    if min(part.shape, default=0) < side:
        return None
    above = cv2.subtract(part, cv2.morphologyEx(part, cv2.MORPH_OPEN, np.ones((side, side), np.uint8)))
    level = float(np.median(_beside(grey, iris, 0.6, 0.9)))
    spots = (above > max(_GLINT_ABOVE, 0.8 * level)) & (part > 1.3 * level)
    count, _, statistics, middles = cv2.connectedComponentsWithStats(spots.astype(np.uint8))
    areas = statistics[1:count, cv2.CC_STAT_AREA]
    found = middles[1:count][areas >= _LEAST_GLINT]
    if not 1 <= len(found) <= _MOST_LAMPS or areas.max() > (_WIDE_GLINT * radius) ** 2:
        return None
    at_x, at_y = (float(at) for at in found.mean(axis=0))
    return (at_x + max(0, int(px - half)) - x) / radius, (at_y + max(0, int(py - half)) - y) / radius


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

"""The way of an eye: from pixels to outlines, mask, unrolled strip and code."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.iris.advice import DEFAULT_LIMITS, sample_guidance
from gateway.iris.closed_path import PolarCurve
from gateway.iris.denoised import even_sample
from gateway.iris.encoding import CODED_DEPTH, iris_code
from gateway.iris.eye import Eye, LikelyEye, likely_eyes
from gateway.iris.gaze import estimated_gaze
from gateway.iris.geometry import Contour, IrisAnalysis, IrisGeometry, IrisOutcome
from gateway.iris.glints import filled_glints
from gateway.iris.lids import Lid, lids, seen_from
from gateway.iris.occlusion import Occlusion, occlusion
from gateway.iris.open_limbus import open_limbus
from gateway.iris.plausibility import DOUBTED_ODDS, LEAST_ODDS, SECOND_ODDS, SURE, eye_odds, judged_visibility
from gateway.iris.preview import closed_eye, missing_eye_guidance
from gateway.iris.quality import IrisQuality, measured_quality
from gateway.iris.sample import (
    MIN_SIDE,
    barless_sample,
    check_sample,
    evened_sample,
    grey_sample,
    toned_sample,
    working_sample,
)
from gateway.iris.side import estimated_side
from gateway.iris.strip import STRIP_COLUMNS, STRIP_ROWS, unrolled

Trace = Callable[[str, NDArray[Any]], None]
TRACE_NAMES = ("sample", "toned", "filled", "usable", "strip", "strip_mask")
"""What `trace` is given, in this order, as far as the analysis gets. `usable` is a box about the iris."""
CONTOUR_POINTS = 256
_LARGER = 1.0
"""Log odds by which a smaller limbus is to be likelier: a collarette looks like one, and beyond a limbus are frames
alone. Of 192 pairs in altered and drawn eyes 91 % are told right so, 89 % without."""
_HOPELESS = -20.0
"""Log odds of the best circle below which no other about the same pupil is looked at: where that other was the right
one, the best had -13 at least in 15,732 altered eyes."""
_NEAR = 0.15
"""Share by which sizes, and of the pupil's radius by which centres, of one eye differ from look to look."""
MEASURED_RADIUS = 400.0
"""Pixels of the limbus up to which quality is measured on the image as it was given."""


@dataclass(frozen=True, eq=False)
class SeenEye:
    """An eye that may be one, and what is seen of it."""

    eye: Eye
    upper: Lid | None
    lower: Lid | None
    hidden: Occlusion
    strip: NDArray[np.uint8]
    strip_mask: NDArray[np.bool_]


def analyze(pixels: NDArray[np.uint8] | NDArray[np.uint16], *, trace: Trace | None = None) -> IrisAnalysis:
    """Find the iris of one frame, and code it.

    No eye, a closed one, noise or a fingerprint is an outcome, not an error.

    Parameters
    ----------
    pixels : (height, width) uint8 or uint16
        Near-infrared grey, an eye anywhere in it; of two the clearer. 16-bit containers of 10 to 16 bits are scaled.
        Stays as it is.
    trace : callable, optional
        Receives the intermediates named in `TRACE_NAMES`.

    Raises
    ------
    ValueError
        `pixels` is not (height, width) uint8 or uint16, is empty or too large.
    """
    check_sample(pixels)
    whole = grey_sample(pixels)
    grey, scale = working_sample(whole)
    if min(grey.shape) < MIN_SIDE:
        return replace(_nothing(IrisOutcome.TOO_SMALL, scale), guidance=sample_guidance(None, IrisOutcome.TOO_SMALL))
    if trace:
        trace("sample", grey)
    found = _looked_for(grey, trace)
    if found is None:
        remarks = missing_eye_guidance(grey)
        outcome = IrisOutcome.EYE_CLOSED if closed_eye(remarks) else IrisOutcome.NO_EYE
        return replace(_nothing(outcome, scale), guidance=remarks)
    eye, hidden, strip, strip_mask = found.eye, found.hidden, found.strip, found.strip_mask
    if trace:
        trace("usable", hidden.usable)
        trace("strip", strip)
        trace("strip_mask", strip_mask)
    outcome = judged_visibility(eye, strip_mask, grey.shape)
    template = None
    if outcome is IrisOutcome.FOUND:
        template = iris_code(*_unrolled(even_sample(grey, eye.pupil.curve), hidden, eye, CODED_DEPTH))
    geometry = _geometry(found, pixels.shape, scale)
    quality = _quality(whole, grey, found, geometry, scale)
    gaze = estimated_gaze(whole, geometry, lamps=DEFAULT_LIMITS.lamps)
    remarks = sample_guidance(quality, outcome, gaze=gaze)
    side = estimated_side(whole, geometry)
    return IrisAnalysis(outcome, geometry, template, strip, strip_mask, scale, quality, remarks, gaze, side)


def seen_eyes(pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> Iterator[tuple[SeenEye, NDArray[np.uint8], float]]:
    """Every eye that may be in a frame, likeliest first, with the sample that it is in and that one's scale."""
    grey, scale = working_sample(grey_sample(pixels))
    if min(grey.shape) >= MIN_SIDE:
        toned = toned_sample(grey)
        filled = filled_glints(toned)
        for likely in likely_eyes(filled):
            for eye in likely.eyes:
                yield _seen(eye, grey, toned, filled), grey, scale


def _looked_for(grey: NDArray[np.uint8], trace: Trace | None) -> SeenEye | None:
    """The likeliest eye of a frame, from `LEAST_ODDS`.

    Where there is none, of the same without black bars, if it has any; and where it is in doubt, of the same with
    contrast evened: one pupil and one circle alone, so that no frame is more than three times the work.
    """
    toned = toned_sample(grey)
    filled = filled_glints(toned)
    found, odds = _likeliest(likely_eyes(filled), grey, toned, filled)
    if odds < LEAST_ODDS:
        barless = barless_sample(grey)
        doubted = odds >= DOUBTED_ODDS
        if barless is not grey or doubted:
            toned = toned_sample(evened_sample(barless) if doubted else barless)
            filled = filled_glints(toned)
            likely = likely_eyes(filled, 1, rivals=False)
            again, odds = _likeliest(likely, grey, toned, filled)
            accepted = odds >= (SECOND_ODDS if doubted else LEAST_ODDS)
            # Lids and lashes are seen where contrast is as it was: of one eye the first look's outlines are the better.
            is_same = found is not None and again is not None and _are_one(found.eye, again.eye)
            found = (found if is_same else again) if accepted else None
        else:
            found = None
    if trace:
        trace("toned", toned)
        trace("filled", filled)
    return found


def _are_one(eye: Eye, other: Eye) -> bool:
    """Whether two outlines are of one eye."""
    pupil, limbus = eye.pupil.curve, eye.limbus.curve
    apart = np.hypot(*np.subtract(pupil.centre, other.pupil.curve.centre))
    sizes = pupil.radius / other.pupil.curve.radius, limbus.radius / other.limbus.curve.radius
    return bool(apart < _NEAR * pupil.radius) and all(1 - _NEAR < size < 1 / (1 - _NEAR) for size in sizes)


def _likeliest(
    likely: tuple[LikelyEye, ...], grey: NDArray[np.uint8], toned: NDArray[np.uint8], filled: NDArray[np.uint8]
) -> tuple[SeenEye | None, float]:
    """The first that surely is an eye, else the likeliest of all, and its odds.

    But not one whose pupil is an iris, with a pupil of its own: a small pupil is the fainter disc of the two.
    """
    judged: list[tuple[SeenEye, float]] = []
    for one in likely:
        judged.append(_likelier(one, grey, toned, filled))
        if judged[-1][1] >= SURE:
            break
    best, most = max(judged, key=lambda each: each[1], default=(None, -np.inf))
    if best is None or most < LEAST_ODDS:
        return best, most
    for index, one in enumerate(likely):
        if one.within(best.eye):
            found, odds = judged[index] if index < len(judged) else _likelier(one, grey, toned, filled)
            if odds >= LEAST_ODDS:
                return found, odds
    return best, most


def _likelier(
    likely: LikelyEye, grey: NDArray[np.uint8], toned: NDArray[np.uint8], filled: NDArray[np.uint8]
) -> tuple[SeenEye, float]:
    """A pupil with its likeliest limbus, and its odds; of two the larger, unless the other is clearly likelier."""
    judged = []
    for eye in likely.eyes:
        found = _seen(eye, grey, toned, filled)
        judged.append((found, eye_odds(found.eye, (found.upper, found.lower), grey, found.strip, found.strip_mask)))
        if judged[-1][1] < _HOPELESS:
            break
    largest = max(found.eye.limbus.curve.radius for found, _ in judged)
    return max(judged, key=lambda each: each[1] + _LARGER * (each[0].eye.limbus.curve.radius == largest))


def _seen(eye: Eye, grey: NDArray[np.uint8], toned: NDArray[np.uint8], filled: NDArray[np.uint8]) -> SeenEye:
    """What covers an eye, and its ring unrolled."""
    pupil = eye.pupil.curve
    circle = (*pupil.centre, pupil.radius)
    rough = eye.limbus.curve
    over = lids(filled, (*rough.centre, rough.radius), circle)
    eye = replace(eye, limbus=open_limbus(filled, eye.limbus, eye.pupil, over))
    limbus = eye.limbus.curve
    upper, lower = (seen_from(lid, rough, limbus) for lid in over)
    hidden = occlusion(grey, toned, pupil, limbus, upper, lower)
    return SeenEye(eye, upper, lower, hidden, *_unrolled(grey, hidden, eye))


def _unrolled(
    grey: NDArray[np.uint8], hidden: Occlusion, eye: Eye, depth: float = 1.0
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    rows, columns = hidden.box
    origin = (columns.start, rows.start)
    return unrolled(grey[rows, columns], hidden.usable, origin, eye.pupil.curve, eye.limbus.curve, depth)


def _quality(
    whole: NDArray[np.uint8],
    grey: NDArray[np.uint8],
    found: SeenEye,
    geometry: IrisGeometry,
    scale: float,
) -> IrisQuality:
    """Of the image as it was given; of irises far beyond 200 pixels in the sample, which holds all of them."""
    if geometry.limbus.radius <= MEASURED_RADIUS:
        return measured_quality(whole, geometry)
    quality = measured_quality(grey, _geometry(found, grey.shape, 1.0))
    blur = quality.edge_blur
    larger = replace(blur, width=blur.width * scale, across=blur.across * scale, along=blur.along * scale)
    return replace(quality, iris_radius=quality.iris_radius * scale, edge_blur=larger)


def _nothing(outcome: IrisOutcome, scale: float) -> IrisAnalysis:
    shape = (STRIP_ROWS, STRIP_COLUMNS)
    return IrisAnalysis(outcome, None, None, np.zeros(shape, np.uint8), np.zeros(shape, bool), scale)


def _geometry(found: SeenEye, shape: tuple[int, ...], scale: float) -> IrisGeometry:
    """In the pixels that were given, `scale` to one of those worked on."""
    pupil, limbus = found.eye.pupil.curve, found.eye.limbus.curve
    return IrisGeometry(
        pupil=_contour(pupil, scale),
        limbus=_contour(limbus, scale),
        mask=_whole(found.hidden.usable, found.hidden.box, shape, scale),
        upper_lid=_polyline(found.upper, limbus, scale),
        lower_lid=_polyline(found.lower, limbus, scale),
        glints=_whole(found.hidden.glints, found.hidden.box, shape, scale),
        pupil_scatter=pupil.scatter,
        limbus_scatter=limbus.scatter,
        limbus_step=found.eye.limbus.steps,
    )


def _contour(curve: PolarCurve, scale: float) -> Contour:
    return Contour(_given(curve.points(CONTOUR_POINTS), scale))


def _given(points: NDArray[np.float64], scale: float) -> NDArray[np.float32]:
    return ((points + 0.5) * scale - 0.5).astype(np.float32)


def _polyline(lid: Lid | None, limbus: PolarCurve, scale: float) -> NDArray[np.float32] | None:
    """Where a lid lies before the iris."""
    if lid is None:
        return None
    x = np.linspace(-1, 1, 65)
    y = lid.height(x)
    inside = x * x + y * y <= 1
    points = np.stack([x, y], axis=1)[inside] * limbus.radius + limbus.centre
    return _given(points, scale) if len(points) > 1 else None


def _whole(
    part: NDArray[np.bool_], box: tuple[slice, slice], shape: tuple[int, ...], scale: float
) -> NDArray[np.bool_]:
    """A box's mask in an image of `shape`."""
    whole = np.zeros(shape, bool)
    if scale == 1.0:
        whole[box] = part
        return whole
    top, left = (max(0, round(side.start * scale)) for side in box)
    bottom, right = (min(extent, round(side.stop * scale)) for side, extent in zip(box, shape, strict=True))
    size = (right - left, bottom - top)
    whole[top:bottom, left:right] = cv2.resize(part.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    return whole

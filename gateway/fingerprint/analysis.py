"""The way of a print: from pixels to quality, template, segmentation and guidance."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.finger import FingerTemplate
from gateway.fingerprint.advice import DEFAULT_LIMITS, GuidanceLimits, sample_guidance
from gateway.fingerprint.enhanced import enhanced_ridges
from gateway.fingerprint.flow import flow_measures
from gateway.fingerprint.foreground import ForegroundMeasures, foreground_measures
from gateway.fingerprint.minutiae import Minutiae, minutiae
from gateway.fingerprint.normalized import WORKING_PPI, normalized_sample, without_frame
from gateway.fingerprint.orientation import ridge_orientation
from gateway.fingerprint.quality import FingerQuality, measured_quality
from gateway.fingerprint.sample import ANALYSIS_PPI, check_sample, resampled
from gateway.fingerprint.segmentation import (
    believed_foreground,
    light_ridges,
    ridges_present,
    scaled_mask,
    segmentation,
)
from gateway.fingerprint.singular_points import SingularPoints, singular_points
from gateway.fingerprint.skeleton import skeleton
from gateway.guidance import Guidance

MAX_MINUTIAE = 255
"""What a record of ISO/IEC 19794-2 can hold for one view."""
_SKIN_COHERENCE = 0.97
"""Stripes that a machine drew reach 0.98 to 1. Ridges turn, end and have pores: 0.86 at most on the two sets used for
tuning, 0.93 on drawn prints."""
_RESIDUE_MEAN = 210.0
"""Grey. The palest prints of five public sets, re-toned, have 201; drawn residue without a finger 215 to 224."""
Trace = Callable[[str, NDArray[Any]], None]
TRACE_NAMES = (
    "sample",
    "normalized",
    "orientation",
    "coherence",
    "segmentation",
    "window_enhanced",
    "enhanced_orientation",
    "enhanced_coherence",
    "line_enhanced",
    "certainty",
    "ridges",
    "skeleton",
    "minutiae",
    "singular_points",
)
"""What `trace` is given, in this order.

At 500 ppi: `sample` (uint8, ridges dark), `ridges` and `skeleton` (uint8, 0/1). At 350 ppi: `normalized` (float32,
ridges positive), `segmentation` (bool), `window_enhanced` and `line_enhanced` (float32, the two passes). On a grid of
0.43 mm over the whole sample, float32: `orientation` and `enhanced_orientation` (radians in [0, pi) along the ridges,
counter-clockwise as seen), `coherence` and `enhanced_coherence` (0 to 1), `certainty` (0 to 1, what a minutia's quality
is read from). As rows of float32: `minutiae` (x, y, angle, kind, quality 0 to 1, before the best are chosen) and
`singular_points` (x, y, angle, kind, certainty), in pixels at 500 ppi."""


@dataclass(frozen=True, eq=False)
class FingerAnalysis:
    """All that one sample tells.

    Parameters
    ----------
    quality : FingerQuality
    template : FingerTemplate
        At most 255 minutiae, the best; positions, size and ppi are those of the pixels that were given.
    segmentation : (height, width) bool
        The foreground, in the pixels that were given.
    guidance : tuple of Guidance
        Most important first; empty when all is well.
    inverted : bool
        The ridges were light on a dark ground; the quality is that of the negative.
    singular_points : SingularPoints
        Cores and deltas, in the pixels that were given.
    """

    quality: FingerQuality
    template: FingerTemplate
    segmentation: NDArray[np.bool_]
    guidance: tuple[Guidance, ...]
    inverted: bool
    singular_points: SingularPoints


def analyze(pixels: NDArray[np.uint8], ppi: float, *, trace: Trace | None = None) -> FingerAnalysis:
    """Judge one plain or rolled print and find its minutiae.

    A blank, tiny or fingerless image is an outcome: no minutiae, score 0, guidance.

    Parameters
    ----------
    pixels : (height, width) uint8
        Dark ridges on a light ground, or the reverse. Stays as it is.
    ppi : float
        250 to 1000; anything but 500 is resampled first.
    trace : callable, optional
        Receives the intermediates named in `TRACE_NAMES`.

    Raises
    ------
    ValueError
        `pixels` is not (height, width) uint8, is empty, exceeds 4000x4000 or 16 million pixels (also as resampled to
        500 ppi); `ppi` is out of range or NaN.
    """
    check_sample(pixels, ppi)
    grey = resampled(pixels, ppi, ANALYSIS_PPI)
    working = resampled(grey, ANALYSIS_PPI, WORKING_PPI)
    normalized = normalized_sample(without_frame(working))
    orientation = ridge_orientation(normalized.ridges)
    foreground = segmentation(working, normalized, orientation)
    inverted = light_ridges(working, foreground)
    if inverted:
        grey, working, normalized = 255 - grey, 255 - working, normalized.negative()
    enhanced = enhanced_ridges(normalized.ridges, foreground, orientation)
    foreground = believed_foreground(foreground, orientation, enhanced.orientation)
    seen = measures = foreground_measures(working, foreground, normalized, orientation)
    flow = flow_measures(foreground, orientation, normalized.deviation)
    touches = _finger_touches(measures)
    if not (touches and ridges_present(normalized.ridges, enhanced.lines, enhanced.orientation, foreground)):
        foreground = np.zeros_like(foreground)
        measures = foreground_measures(working, foreground, normalized, orientation)
    mask = scaled_mask(foreground, grey.shape)
    ridges = ridge_image(enhanced.lines, mask)
    thin = skeleton(ridges)
    period_px = ANALYSIS_PPI / WORKING_PPI / enhanced.frequency
    found = minutiae(thin, mask, enhanced.orientation, enhanced.certainty, period_px)
    singular = singular_points(enhanced.orientation, foreground, pixels.shape)
    quality = measured_quality(grey, mask, measures, enhanced.frequency, found)
    if trace:
        stages: tuple[NDArray[Any], ...] = (
            grey,
            normalized.ridges,
            orientation.along(),
            orientation.coherence,
            foreground,
            enhanced.windows,
            enhanced.orientation.along(),
            enhanced.orientation.coherence,
            enhanced.lines,
            enhanced.certainty,
            ridges,
            thin,
            _rows(found.x, found.y, found.angle, found.kind, found.quality),
            _singular_rows(singular, ppi),
        )
        for name, array in zip(TRACE_NAMES, stages, strict=True):
            trace(name, array)
    return FingerAnalysis(
        quality,
        _template(found, pixels.shape, ppi),
        scaled_mask(foreground, pixels.shape),
        sample_guidance(measures, len(found.quality), flow=flow, rejected=seen),
        inverted,
        singular,
    )


def _finger_touches(measures: ForegroundMeasures, limits: GuidanceLimits = DEFAULT_LIMITS) -> bool:
    """Whether to look for minutiae: in all but noise, stripes and what a former finger left behind.

    Less strict than `finger_present`: a dry finger that guidance takes for residue has its minutiae all the same.
    """
    return (
        measures.area_mm2 >= limits.min_finger_area_mm2
        and limits.min_noise_coherence <= measures.coherence <= _SKIN_COHERENCE
        and not (measures.contrast < limits.min_contrast and measures.mean > _RESIDUE_MEAN)
    )


def _rows(*columns: NDArray[Any]) -> NDArray[np.float32]:
    return np.stack(columns, axis=1).astype(np.float32)


def _singular_rows(points: SingularPoints, ppi: float) -> NDArray[np.float32]:
    scale = np.float32(ANALYSIS_PPI / ppi)
    x, y = ((place + np.float32(0.5)) * scale - np.float32(0.5) for place in (points.x, points.y))
    return _rows(x, y, points.angle, points.kind, points.certainty)


def ridge_image(lines: NDArray[np.float32], foreground: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """1 on ridges of the foreground, at the foreground's size."""
    height, width = foreground.shape
    enlarged = cv2.resize(lines, (width, height), interpolation=cv2.INTER_CUBIC)
    return ((enlarged > 0) & foreground).astype(np.uint8)


def _template(found: Minutiae, shape: tuple[int, ...], ppi: float) -> FingerTemplate:
    """The best minutiae, by x then y, in the pixels of an image of `shape` at `ppi`."""
    best = np.argsort(-found.quality, kind="stable")[:MAX_MINUTIAE]
    best = best[np.lexsort((found.y[best], found.x[best]))]
    scale = np.float32(ppi / ANALYSIS_PPI)
    height, width = shape
    return FingerTemplate(
        x=np.clip((found.x[best] + np.float32(0.5)) * scale - np.float32(0.5), 0, width - 1),
        y=np.clip((found.y[best] + np.float32(0.5)) * scale - np.float32(0.5), 0, height - 1),
        angle=found.angle[best] % np.float32(2 * math.pi),
        kind=found.kind[best],
        quality=np.clip(np.rint(100 * found.quality[best]), 1, 100).astype(np.uint8),
        width=width,
        height=height,
        ppi=ppi,
    )

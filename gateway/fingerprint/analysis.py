"""The way of a print: from pixels to quality, template, segmentation and guidance."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.finger import FingerTemplate
from gateway.fingerprint.advice import finger_present, sample_guidance
from gateway.fingerprint.enhanced import enhanced_ridges
from gateway.fingerprint.foreground import foreground_measures
from gateway.fingerprint.minutiae import Minutiae, minutiae
from gateway.fingerprint.normalized import WORKING_PPI, normalized_sample
from gateway.fingerprint.orientation import ridge_orientation
from gateway.fingerprint.quality import FingerQuality, measured_quality
from gateway.fingerprint.sample import ANALYSIS_PPI, check_sample, resampled
from gateway.fingerprint.segmentation import light_ridges, ridges_present, scaled_mask, segmentation
from gateway.fingerprint.skeleton import skeleton
from gateway.guidance import Guidance

MAX_MINUTIAE = 255
"""What a record of ISO/IEC 19794-2 can hold for one view."""
Trace = Callable[[str, NDArray[Any]], None]
TRACE_NAMES = (
    "sample",
    "normalized",
    "coherence",
    "segmentation",
    "window_enhanced",
    "enhanced_coherence",
    "line_enhanced",
    "ridges",
    "skeleton",
)
"""What `trace` is given, in this order. `sample`, `ridges` and
`skeleton` are at 500 ppi, the others at 350 ppi, the coherences on a 0.43 mm grid."""


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
    """

    quality: FingerQuality
    template: FingerTemplate
    segmentation: NDArray[np.bool_]
    guidance: tuple[Guidance, ...]
    inverted: bool


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
    normalized = normalized_sample(working)
    orientation = ridge_orientation(normalized.ridges)
    foreground = segmentation(working, normalized, orientation)
    inverted = light_ridges(working, foreground)
    if inverted:
        grey, working, normalized = 255 - grey, 255 - working, normalized.negative()
    enhanced = enhanced_ridges(normalized.ridges, foreground, orientation)
    measures = foreground_measures(working, foreground, normalized, orientation)
    if not (finger_present(measures) and ridges_present(enhanced.orientation, foreground)):
        foreground = np.zeros_like(foreground)
        measures = foreground_measures(working, foreground, normalized, orientation)
    mask = scaled_mask(foreground, grey.shape)
    ridges = ridge_image(enhanced.lines, mask)
    thin = skeleton(ridges)
    found = minutiae(thin, mask, enhanced.orientation, enhanced.certainty)
    quality = measured_quality(grey, mask, measures, enhanced.frequency, found)
    if trace:
        stages: tuple[NDArray[Any], ...] = (
            grey,
            normalized.ridges,
            orientation.coherence,
            foreground,
            enhanced.windows,
            enhanced.orientation.coherence,
            enhanced.lines,
            ridges,
            thin,
        )
        for name, array in zip(TRACE_NAMES, stages, strict=True):
            trace(name, array)
    return FingerAnalysis(
        quality,
        _template(found, pixels.shape, ppi),
        scaled_mask(foreground, pixels.shape),
        sample_guidance(measures, len(found.quality)),
        inverted,
    )


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

"""Whether what was found is an eye, and enough of one.

Each limit lies beyond nearly all of 828 eyes of CASIA1 and MMU1 and of copies of them in 19 tones, sizes and blurs;
together they refuse noise, blobs, discs, text, fingerprints and bare skin, of which each looks like an eye in some way.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.iris.eye import Eye
from gateway.iris.geometry import IrisOutcome

_FEW_PIXELS = 64
_LEAST_USABLE = 0.2
_MOST_OUTSIDE = 0.25
_EYE_LIMITS: dict[str, tuple[float, float]] = {
    "seed": (0.8, np.inf),
    "contrast": (16.0, np.inf),
    "step": (1.3, np.inf),
    "steps": (5.0, np.inf),
    "step_share": (0.011, np.inf),
    "steps_share": (0.048, np.inf),
    "pupil_scatter": (0.0, 0.030),
    "limbus_scatter": (0.0, 0.024),
    "unevenness": (0.25, 8.0),
    "ratio": (0.17, 0.70),
    "offset": (0.0, 0.11),
    "radius_deviation": (0.0, 0.09),
    "pupil_grey": (0.0, 0.30),
    "limbus_swing": (0.0, 0.065),
}
_STRIP_LIMITS: dict[str, tuple[float, float]] = {
    "spread_share": (0.02, 0.95),
    "texture_to_noise": (0.18, 5.0),
    "texture_to_spread": (0.115, 0.53),
    "texture_share": (0.007, 0.21),
}


def eye_measures(eye: Eye) -> dict[str, float]:
    """What outlines are judged by: grey in levels of the toned sample, lengths in radii."""
    pupil, limbus = eye.pupil, eye.limbus
    (px, py), (lx, ly) = pupil.curve.centre, limbus.curve.centre
    radius, contrast = limbus.curve.radius, max(pupil.contrast, 1.0)
    swing = float(np.hypot(*limbus.curve.terms[3:])) / radius
    return {
        "seed": pupil.seed.score,
        "contrast": pupil.contrast,
        "step": min(limbus.steps),
        "steps": sum(limbus.steps),
        "step_share": min(limbus.steps) / contrast,
        "steps_share": sum(limbus.steps) / contrast,
        "pupil_scatter": pupil.curve.scatter,
        "limbus_scatter": limbus.curve.scatter,
        # Nothing that lives is a perfect circle; a drawing is.
        "unevenness": swing / 0.02 + limbus.curve.scatter / 0.004,
        "ratio": pupil.curve.radius / radius,
        "offset": float(np.hypot(px - lx, py - ly)) / radius,
        "radius_deviation": pupil.radius_deviation,
        "pupil_grey": pupil.grey_deviation / contrast,
        "limbus_swing": swing,
    }


def judged_eye(eye: Eye) -> bool:
    """Whether the outlines can be those of an eye."""
    return _within(eye_measures(eye), _EYE_LIMITS)


def strip_measures(eye: Eye, strip: NDArray[np.uint8], visible: NDArray[np.bool_]) -> dict[str, float]:
    """What an unrolled ring is judged by: spread of its grey, texture of middling size, noise, and their relations."""
    grey = strip.astype(np.float32)
    counts = np.maximum(visible.sum(axis=1, keepdims=True), 1)
    mean = np.where(visible, grey, 0).sum(axis=1, keepdims=True) / counts
    even = np.where(visible, grey - mean, 0).astype(np.float32)
    wide = np.pad(even, ((0, 0), (16, 16)), "wrap")
    fine, coarse = (cv2.GaussianBlur(wide, (0, 0), sigma)[:, 16:-16] for sigma in (2.0, 7.0))
    inner = cv2.erode(visible.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    inner = inner if np.count_nonzero(inner) > _FEW_PIXELS else visible
    noise = float(np.abs(cv2.Laplacian(even, cv2.CV_32F))[inner].mean())
    texture = float((fine - coarse)[inner].std())
    spread, contrast = float(grey[visible].std()), max(eye.pupil.contrast, 1.0)
    return {
        "spread_share": spread / contrast,
        "texture_to_noise": texture / max(noise, 0.3),
        "texture_to_spread": texture / max(spread, 0.5),
        "texture_share": texture / contrast,
    }


def judged_strip(eye: Eye, strip: NDArray[np.uint8], visible: NDArray[np.bool_]) -> bool:
    """Whether an unrolled ring can be that of an iris; one of which nothing is seen can."""
    if np.count_nonzero(visible) < _FEW_PIXELS:
        return True
    return _within(strip_measures(eye, strip, visible), _STRIP_LIMITS)


def judged_visibility(eye: Eye, visible: NDArray[np.bool_], shape: tuple[int, ...]) -> IrisOutcome:
    """FOUND, or why too little of the iris is seen in the (64, 512) strip's mask of a sample of `shape`."""
    (x, y), radius = eye.limbus.curve.centre, eye.limbus.curve.radius
    height, width = shape
    beyond = max(radius - x, radius - y, x + radius - (width - 1), y + radius - (height - 1)) / (2 * radius)
    if beyond > _MOST_OUTSIDE:
        return IrisOutcome.IRIS_INCOMPLETE
    return IrisOutcome.EYE_CLOSED if visible.mean() < _LEAST_USABLE else IrisOutcome.FOUND


def _within(measures: dict[str, float], limits: dict[str, tuple[float, float]]) -> bool:
    return all(limits[name][0] <= value <= limits[name][1] for name, value in measures.items())

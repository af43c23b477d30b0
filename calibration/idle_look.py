"""What an idle scanner's own glass tells without anybody: light, noise, evenness, residue, pixels that stick."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.idle_frames import check_frames, frame_noise, without_stray
from calibration.record import Evidence

_CELL = 16
OCCUPIED = 12.0
"""Grey levels of texture: a finger, a hand or a target lies there, and nothing can be said of the glass."""


@dataclass(frozen=True)
class _Bound:
    """When a figure has drifted: beyond a share of what it was, and by more than a step."""

    share: float
    step: float
    unit: str


BOUNDS: Mapping[str, _Bound] = {
    "light": _Bound(0.08, 4.0, "grey"),  # of the illumination, either way
    "noise": _Bound(0.5, 0.5, "grey"),
    "unevenness": _Bound(0.3, 2.0, "%"),
    "residue": _Bound(0.8, 1.0, "grey"),
    "stray_pixels": _Bound(1.0, 15.0, "1"),
}
"""Programme choices, wide enough for a lamp that warms up and a room that changes; docs/calibration.md."""


def idle_figures(frames: Sequence[NDArray[np.uint8]]) -> dict[str, float] | None:
    """Figures of the empty glass; None where something lies on it.

    Parameters
    ----------
    frames : sequence of (height, width) uint8
        One after the other, `idle_frames.MIN_FRAMES` at least, of one size.

    Returns
    -------
    dict
        `light`: mean grey; `noise`: deviation from frame to frame, grey; `unevenness`: of means of 16 x 16 pixels, 1st
        to 99th of a hundred, percent of the mean; `residue`: rms of what is left when light's slow change and single
        pixels are taken off, grey; `stray_pixels`: how many differ from their neighbours by 8 deviations and 12 levels.

    Raises
    ------
    ValueError
        Too few frames, or of different sizes.
    """
    check_frames(frames)
    stack = np.stack(frames).astype(np.float32)
    mean = np.asarray(stack.mean(axis=0), np.float32)
    without_points, stray = without_stray(mean)
    slow = cv2.GaussianBlur(without_points, (0, 0), 12.0)
    residue = float(np.sqrt(np.mean((cv2.GaussianBlur(without_points, (0, 0), 1.0) - slow) ** 2)))
    if residue > OCCUPIED:
        return None
    cells = _cell_means(without_points)
    low, high = (float(each) for each in np.percentile(cells, [1, 99]))
    light = float(mean.mean())
    return {
        "light": light,
        "noise": frame_noise(stack),
        "unevenness": 100 * (high - low) / max(light, 1.0),
        "residue": residue,
        "stray_pixels": float(stray),
    }


def drift(reference: Mapping[str, float], now: Mapping[str, float]) -> tuple[Evidence, ...]:
    """Figures that have left their bounds.

    Parameters
    ----------
    reference : mapping of float
        As they were when the calibration in use was new: see `reference_of`.
    now : mapping of float
    """
    found = []
    for name, bound in BOUNDS.items():
        if name not in reference or name not in now:
            continue
        allowed = max(bound.step, bound.share * abs(reference[name]))
        change = now[name] - reference[name]
        # Of the light either way is a drift; of all else only more is worse.
        if (abs(change) if name == "light" else change) > allowed:
            found.append(Evidence(name, now[name], reference[name] + (allowed if change > 0 else -allowed), bound.unit))
    return tuple(found)


def reference_of(looks: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The median of the first three looks since a calibration came into use."""
    first = looks[:3]
    return {name: float(np.median([look[name] for look in first])) for name in BOUNDS if all(name in x for x in first)}


def _cell_means(values: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = (length // _CELL * _CELL for length in values.shape)
    cells = values[:height, :width].reshape(height // _CELL, _CELL, width // _CELL, _CELL)
    return np.asarray(cells.mean(axis=(1, 3)), np.float32)

"""Hot and dead pixels: outliers of the dark frame, and of what a pixel answers to light with."""

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.frames import Correction, FrameStack, check_exposure, check_frames
from calibration.measurement import Measured, Measurement
from calibration.scanner.dark import check_dark
from calibration.scanner.uniform_field import check_uniform
from calibration.targets import Target

VERSION = "1"
FRAMES = 16
FORBIDDEN = (Correction.DARK, Correction.FLAT_FIELD, Correction.BAD_PIXELS, Correction.DENOISING)
_DEVIATIONS = 6.0  # of the median absolute deviation, scaled
_LEAST_HOT = 3.0 / 255
_ANSWER = (0.5, 1.5)  # of the local median


def measure_bad_pixels(flat: FrameStack, dark: FrameStack, target: Target) -> Measurement:
    """Find hot and dead pixels.

    Parameters
    ----------
    flat, dark : FrameStack
        Raw frames of an even light target, and of darkness.
    target : Target

    Returns
    -------
    Measurement
        `hot_pixels`, `dead_pixels` (counts), `bad_pixels` (percent), `largest_cluster` (pixels that touch, corners
        included); series `bad`, `hot`, `dead`, bool.

    Raises
    ------
    MeasurementRefused
        By the name of what is wrong with frames or target.
    """
    check_frames(flat, FRAMES, FORBIDDEN)
    check_frames(dark, FRAMES, FORBIDDEN)
    check_dark(dark)
    check_exposure(flat)
    check_uniform(flat, target)
    hot = _hot(dark)
    dead = _dead(flat.mean - dark.mean, hot)
    bad = hot | dead
    counted, labels = cv2.connectedComponents(bad.astype(np.uint8), connectivity=8)
    largest = int(np.bincount(labels.ravel())[1:].max()) if counted > 1 else 0
    share = 100 * float(bad.mean())
    values = (
        Measured("hot_pixels", float(hot.sum()), 0.0, "1"),
        Measured("dead_pixels", float(dead.sum()), 0.0, "1"),
        Measured("bad_pixels", share, 0.0, "%"),
        Measured("largest_cluster", float(largest), 0.0, "1"),
    )
    remarks = () if largest < 4 else (f"{largest} bad pixels touch each other; nothing fills such a hole well",)
    series = {"bad": bad, "hot": hot, "dead": dead}
    return Measurement("bad_pixels", VERSION, values, series, flat.digests + dark.digests, remarks)


def _hot(dark: FrameStack) -> NDArray[np.bool_]:
    off = dark.mean - cv2.medianBlur(dark.mean, 5)
    spread = 1.4826 * float(np.median(np.abs(off - np.median(off))))
    # A pixel that flickers shows in its variance rather than in its mean.
    wild = dark.variance > 100 * max(float(np.median(dark.variance)), 1 / 12)
    return np.asarray((np.abs(off) > max(_DEVIATIONS * spread, _LEAST_HOT * dark.full_scale)) | wild, np.bool_)


def _dead(signal: NDArray[np.float32], hot: NDArray[np.bool_]) -> NDArray[np.bool_]:
    local = np.maximum(cv2.medianBlur(signal, 5), np.float32(1e-3))
    answer = signal / local
    # A hot pixel in the light may be clipped, and then answers with little; it is hot, not dead.
    return np.asarray(((answer < _ANSWER[0]) | (answer > _ANSWER[1])) & ~hot, np.bool_)

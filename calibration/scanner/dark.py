"""Dark frames: what the sensor delivers without light; the first of all measurements."""

import cv2
import numpy as np

from calibration.errors import StrayLight
from calibration.frames import Correction, FrameStack, check_frames, check_fresh
from calibration.measurement import Measured, Measurement

VERSION = "1"
FRAMES = 16
FORBIDDEN = (Correction.DARK, Correction.FLAT_FIELD, Correction.BAD_PIXELS, Correction.DENOISING, Correction.RESPONSE)
_HIGHEST = 0.12  # of the full scale: a pedestal, and no light
_SHADING = 2.0 / 255


def measure_dark(dark: FrameStack) -> Measurement:
    """Measure offset and noise without light.

    Parameters
    ----------
    dark : FrameStack
        Lamp off, lid closed; at least `FRAMES`.

    Returns
    -------
    Measurement
        `dark_level`, `dark_pattern` (deviation of the pixels' offsets), `dark_noise` (from frame to frame), all grey;
        series `dark`, the average.

    Raises
    ------
    AlreadyCorrected, TooFewFrames, GainChanged, StrayLight
    """
    check_frames(dark, FRAMES, FORBIDDEN)
    check_fresh(dark, lit=False)
    check_dark(dark)
    noise = float(np.sqrt(max(float(np.median(dark.variance)) * _mean_by_median(len(dark)) - 1 / 12, 0.0)))
    pixels = dark.mean.size
    ordinary = dark.mean[np.abs(dark.mean - np.median(dark.mean)) < 10 * max(_spread(dark), 0.5)]
    pattern = float(np.sqrt(max(float(ordinary.var()) - float(np.median(dark.variance)) / len(dark), 0.0)))
    values = (
        Measured("dark_level", float(ordinary.mean()), noise / np.sqrt(len(dark) * pixels) + 0.01, "grey"),
        Measured("dark_pattern", pattern, pattern / np.sqrt(2 * pixels) + 0.01, "grey"),
        Measured("dark_noise", noise, noise / np.sqrt(2 * pixels * (len(dark) - 1)) + 0.01, "grey"),
    )
    return Measurement("dark", VERSION, values, {"dark": dark.mean}, dark.digests)


def check_dark(dark: FrameStack) -> None:
    """StrayLight unless the frames are dark, and evenly so."""
    smooth = cv2.GaussianBlur(cv2.medianBlur(dark.mean, 5), (0, 0), max(2.0, 20 * dark.ppi / 500))
    level, shading = float(np.median(smooth)), float(np.ptp(smooth))
    if level > _HIGHEST * dark.full_scale:
        raise StrayLight(f"the dark frames have grey {level:.0f}; switch the lamp off, close the lid, and repeat")
    if shading > _SHADING * dark.full_scale:
        raise StrayLight(
            f"the dark frames differ by {shading:.1f} grey from side to side; keep light off the glass (lid, cloth)"
            " and repeat"
        )


def _spread(dark: FrameStack) -> float:
    return 1.4826 * float(np.median(np.abs(dark.mean - np.median(dark.mean))))


def _mean_by_median(frames: int) -> float:
    """Mean over median of a variance estimated from so many frames: chi-square, Wilson and Hilferty."""
    return float((1 - 2 / (9 * (frames - 1))) ** -3)

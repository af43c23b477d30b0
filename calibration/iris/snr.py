"""Signal to noise of an iris camera on a grey card, and the pattern that its pixels have for ever.

Target: the grey card, evenly lit; frames one after the other with exposure and gain fixed, and frames with the cap on.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.camera.frames import black_level, check_steady, digests, stack_of
from calibration.camera.grey import grey_card
from calibration.measurement import Measured, Measurement

PROCEDURE, VERSION = "snr", "1"
MIN_FRAMES = 8
_AREA = 0.5  # of width and height, in the middle
_SHADE_PX = 12.0


def measure(frames: Sequence[NDArray[np.uint8]], dark: Sequence[NDArray[np.uint8]]) -> Measurement:
    """`snr` in dB, of a pixel's light over its noise in time; `fixed_pattern` in percent; `grey_card` in grey levels.

    Noise is told by what differs between frames, each frame's own brightness taken off, so that neither the sensor's
    fixed pattern nor the light's fall nor flicker stands in it. The pattern is what is left of the mean frame beside
    its shades, less what noise leaves there.

    Parameters
    ----------
    frames : sequence of (height, width) uint8
        At least eight.
    dark : sequence of (height, width) uint8
        With the cap on and the lamps off.

    Raises
    ------
    StrayLight
        The dark frames are not dark.
    GainChanged
        The light changed between the frames.
    MeasurementRefused
        As `grey_card`.
    """
    black = black_level(dark)
    stack = stack_of(frames, MIN_FRAMES)
    check_steady(stack)
    mean = grey_card(stack, black)
    height, width = mean.shape
    top, left = round(height * (1 - _AREA) / 2), round(width * (1 - _AREA) / 2)
    area = (slice(top, height - top), slice(left, width - left))
    seen = stack[(slice(None), *area)].astype(np.float32)
    own = seen.mean(axis=(1, 2), keepdims=True, dtype=np.float64).astype(np.float32)
    level = seen * (own.mean() / own)
    variance = level.var(axis=0, ddof=1, dtype=np.float64)
    light, noise = float(mean[area].mean()), float(variance.mean()) ** 0.5
    snr = 20 * np.log10(light / noise)
    # A variance of n frames has a relative deviation of sqrt(2 / (n - 1)) in each pixel; pixels differ independently.
    # The black level is known to half a level, as an offset may follow the warmth of the sensor.
    of_noise = (2 / (len(stack) - 1) / variance.size) ** 0.5 / 2
    spread = float(20 / np.log(10) * np.hypot(of_noise, 0.5 / light))
    pattern = _fixed_pattern(mean[area], variance, len(stack))
    values = (
        Measured("snr", float(snr), spread, "dB"),
        Measured("fixed_pattern", 100 * pattern, 100 * pattern / (2 * variance.size) ** 0.5 + 0.01, "%"),
        Measured("grey_card", light + black, 0.1, "grey"),
        Measured("black", black, 0.1, "grey"),
    )
    return Measurement(PROCEDURE, VERSION, values, {}, digests([*frames, *dark]))


def _fixed_pattern(light: NDArray[np.float64], variance: NDArray[np.float64], frames: int) -> float:
    """As a share of the light."""
    shade = cv2.GaussianBlur(light, (0, 0), _SHADE_PX)
    inner = (slice(24, -24), slice(24, -24)) if min(light.shape) > 96 else (slice(None), slice(None))
    share = (light / shade - 1)[inner]
    left = float(share.var()) - float((variance[inner] / shade[inner] ** 2).mean()) / frames
    return float(max(left, 0.0) ** 0.5)

"""Whether a portrait camera exposes rightly, and follows light as sRGB says.

Target: the colour card where the face will be, in the light that portraits are taken in.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from calibration.camera.frames import digests
from calibration.camera.target import PORTRAIT_CARD, CameraTarget
from calibration.measurement import Measured, Measurement
from calibration.portrait.cielab import lab_of
from calibration.portrait.colour_card import GREYS, colour_card_in

PROCEDURE, VERSION = "exposure", "1"
_SRGB_CLIPPED = 254.5


def measure(
    frames: Sequence[NDArray[np.uint8]], target: CameraTarget = PORTRAIT_CARD, distance_mm: float | None = None
) -> Measurement:
    """`exposure_error` in stops, `tone_error` in L*, `clipped` in percent of all pixels.

    No error is a grey of reflectance 0.18 at linear 0.18, level 118 of sRGB. `tone_error` is the largest departure of a
    grey patch from the lightness that its reflectance would have at the same exposure.

    Raises
    ------
    MeasurementRefused
        As `colour_card_in`.
    """
    card = colour_card_in(frames, target, distance_mm)
    reflectance = np.array(GREYS)
    green = card.greys[:, 1]
    # The middle patches; both ends are where curves bend.
    stops = np.log2(green[1:5] / reflectance[1:5])
    error = float(stops.mean())
    expected = lab_of(np.repeat((reflectance * 2**error)[:, None], 3, axis=1))[:, 0]
    seen = lab_of(np.repeat(green[:, None], 3, axis=1))[:, 0]
    off = seen - expected
    clipped = 100 * float(np.mean([(frame >= _SRGB_CLIPPED).any(axis=2).mean() for frame in frames]))
    values = (
        Measured("exposure_error", error, float(stops.std(ddof=1) / 2), "stops"),
        Measured("tone_error", float(np.abs(off).max()), 0.3, "1"),
        Measured("clipped", clipped, 0.0, "%"),
    )
    series = {"reflectance": reflectance.astype(np.float32), "lightness": seen.astype(np.float32)}
    return Measurement(PROCEDURE, VERSION, values, series, digests(frames))

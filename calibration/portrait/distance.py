"""How many pixels a portrait camera gives a face at its distance, and how far away the card is.

Target: the colour card where the face will be.
"""

from collections.abc import Sequence
from math import cos, hypot, radians

import numpy as np
from numpy.typing import NDArray

from calibration.camera.frames import digests
from calibration.camera.target import PORTRAIT_CARD, CameraTarget
from calibration.measurement import Measured, Measurement
from calibration.portrait.colour_card import colour_card_in

PROCEDURE, VERSION = "distance", "1"
BETWEEN_EYES_MM = 63.0
"""Between the pupils of a mean adult (51 to 77 mm)."""
_TILT_UNCERTAINTY_DEG = 1.0


def measure(
    frames: Sequence[NDArray[np.uint8]],
    target: CameraTarget = PORTRAIT_CARD,
    *,
    distance_mm: float | None = None,
    distance_uncertainty_mm: float = 5.0,
    focal_px: float | None = None,
) -> Measurement:
    """`px_per_mm`, `eyes_px` between the pupils of a mean face, and `focal_px` or `distance`.

    Parameters
    ----------
    frames : sequence of (height, width, 3) uint8
    target : CameraTarget
    distance_mm, distance_uncertainty_mm : float, optional
        Of the card, where it was measured with a rule: then `focal_px`, pixels times distance over length, comes out.
    focal_px : float, optional
        As came out before: then `distance` in mm comes out of the picture alone.

    Raises
    ------
    MeasurementRefused
        As `colour_card_in`.
    """
    card = colour_card_in(frames, target, distance_mm)
    each = [
        length / target.side_mm / cos(radians(tilt))
        for length, tilt in zip(card.square.px_per_side, card.square.tilt_deg, strict=True)
    ]
    scale = float(np.mean(each))
    turned = 1 - cos(radians(max(map(abs, card.square.tilt_deg)) + _TILT_UNCERTAINTY_DEG)) / cos(
        radians(max(map(abs, card.square.tilt_deg)))
    )
    relative = hypot(
        card.square.side_uncertainty_px / card.square.side_px, target.side_uncertainty_mm / target.side_mm, turned
    )
    values = [
        Measured("px_per_mm", scale, scale * relative, "px/mm"),
        Measured("eyes_px", BETWEEN_EYES_MM * scale, BETWEEN_EYES_MM * scale * relative, "px"),
    ]
    if distance_mm is not None:
        found = scale * distance_mm
        values.append(Measured("focal_px", found, found * hypot(relative, distance_uncertainty_mm / distance_mm), "px"))
    if focal_px is not None:
        away = focal_px / scale
        values.append(Measured("distance", away, away * relative, "mm"))
    return Measurement(PROCEDURE, VERSION, tuple(values), {}, digests(frames))

"""Whether a portrait camera shows grey as grey in the light of its room.

Target: the colour card where the face will be, in the light that portraits are taken in.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from calibration.camera.frames import digests
from calibration.camera.target import PORTRAIT_CARD, CameraTarget
from calibration.measurement import Measured, Measurement
from calibration.portrait.cielab import lab_of
from calibration.portrait.colour_card import ColourCard, colour_card_in

PROCEDURE, VERSION = "white_balance", "1"
_USED = slice(1, 5)  # neither the lightest patch, which may near clipping, nor the darkest, where noise decides


def measure(
    frames: Sequence[NDArray[np.uint8]], target: CameraTarget = PORTRAIT_CARD, distance_mm: float | None = None
) -> Measurement:
    """`red_over_green`, `blue_over_green` of grey in linear light (1 is right), and `grey_chroma` in CIELAB units.

    Raises
    ------
    MeasurementRefused
        As `colour_card_in`.
    """
    card = colour_card_in(frames, target, distance_mm)
    values = [_ratio(card, channel, name) for channel, name in ((0, "red_over_green"), (2, "blue_over_green"))]
    lab = lab_of(card.greys[_USED] / card.greys[0].max())
    chroma = np.hypot(lab[:, 1], lab[:, 2])
    spread = float(chroma.std(ddof=1) / len(chroma) ** 0.5)
    values.append(Measured("grey_chroma", float(chroma.mean()), spread, "1"))
    series = {"greys": card.greys.astype(np.float32)}
    return Measurement(PROCEDURE, VERSION, tuple(values), series, digests(frames))


def set_for(measured: Measurement, white_balance_k: float) -> Measurement:
    """The measurement with what the camera was set for: `white_balance_k`, as it tells it.

    What is found holds for that setting alone; with another, captures are not corrected by it.
    """
    return replace(measured, values=(*measured.values, Measured("white_balance_k", white_balance_k, 0.0, "K")))


def _ratio(card: ColourCard, channel: int, name: str) -> Measured:
    used = card.greys[_USED]
    ratios = used[:, channel] / used[:, 1]
    spread = float(ratios.std(ddof=1) / len(ratios) ** 0.5)
    return Measured(name, float(ratios.mean()), max(spread, 1e-4), "1")

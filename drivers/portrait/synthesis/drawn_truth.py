"""What a synthetic portrait camera of a serial number and its room truly are, where nobody says it: all but perfect."""

from collections.abc import Mapping
from functools import partial

import numpy as np

from drivers import truth_option
from drivers.portrait.synthesis.colour_card import PortraitTruth

_SCALE = 0.02
"""Of the nominal sampling: magnification of a lens as it is mounted."""


def drawn_truth(seed: int) -> PortraitTruth:
    """A truth for a serial number; the same seed gives the same.

    Every value keeps the limits of portrait cameras, so that a calibration of it passes: what fails is to be asked for,
    by a truth of one's own. Portraits are a little warmer or colder until a calibration is accepted, and good before.
    """
    rng = np.random.default_rng([seed, 0x464143])
    nominal = PortraitTruth()
    return PortraitTruth(
        px_per_mm=nominal.px_per_mm * (1 + float(rng.uniform(-_SCALE, _SCALE))),
        blur_px=nominal.blur_px * float(rng.uniform(0.9, 1.1)),
        light_k=float(rng.uniform(4850, 5150)),
        exposure_stops=float(rng.uniform(-0.06, 0.06)),
        fall=float(rng.uniform(0.03, 0.07)),
        noise=float(rng.uniform(0.8, 1.0)),
        stuck_share=float(rng.uniform(3e-6, 1e-5)),
    )


def truth_of(options: PortraitTruth | Mapping[str, float] | str, serial_seed: int) -> PortraitTruth:
    """The truth of a portrait camera from its option, by the rules of `drivers.truth_option`."""
    drawn = partial(drawn_truth, serial_seed)
    return truth_option.truth_of(options, PortraitTruth, "of a portrait camera", drawn, PortraitTruth.of_options)

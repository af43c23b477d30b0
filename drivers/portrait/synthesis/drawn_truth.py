"""What a synthetic portrait camera of a serial number and its room truly are, where nobody says it: all but perfect."""

from collections.abc import Mapping

import numpy as np

from drivers.portrait.synthesis.colour_card import PortraitTruth

DRAWN = "drawn"
"""Instead of values: a truth drawn for the serial number."""
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


def truth_of(options: "PortraitTruth | Mapping[str, float] | str", serial_seed: int) -> PortraitTruth:
    """A truth, one made of plain options, or one drawn for the serial number.

    Parameters
    ----------
    options : PortraitTruth, mapping or str
        `DRAWN`, or what `PortraitTruth.of_options` takes.
    serial_seed : int

    Raises
    ------
    ValueError
        No such option; a value out of range.
    """
    if options == DRAWN:
        return drawn_truth(serial_seed)
    if isinstance(options, str):
        raise ValueError(f"truth is {DRAWN!r} or a table of values of a portrait camera, not {options!r}")
    return PortraitTruth.of_options(options)

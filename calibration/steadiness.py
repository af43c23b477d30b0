"""Whether a device stayed as it was while its frames were taken."""

from collections.abc import Sequence

import numpy as np

from calibration.errors import GainChanged, TooFewFrames
from calibration.procedures import AnyFrame
from drivers import Frame

MAX_STEP = 1.5
"""Grey levels by which the mean of a still scene may change from frame to frame: flicker of mains light makes 0.5."""
MAX_DRIFT = 2.5
"""Grey levels between the darkest and the lightest of them: a lamp that warms up makes 1 in ten seconds."""


def check_steady(frames: Sequence[AnyFrame], *, light: bool = True) -> None:
    """Refuse frames between which the device changed size, gain, exposure or light.

    Parameters
    ----------
    frames : sequence of Frame
    light : bool
        Whether a mean grey that changes is refused too: where flicker is measured, it is not.

    Raises
    ------
    TooFewFrames
        There is none, or they differ in size.
    GainChanged
    """
    if not frames:
        raise TooFewFrames("the device gave no frame; look at its cable and start again")
    if len({each.pixels.shape for each in frames}) > 1:
        raise TooFewFrames("the device changed the size of its frames meanwhile; set it to one and start again")
    for name in ("exposure_ms", "gain_db", "ppi"):
        told = {getattr(each, name, None) for each in frames}
        if len(told) > 1:
            words = ", ".join(sorted(str(value) for value in told))
            raise GainChanged(f"the device changed its {name.partition('_')[0]} meanwhile ({words}); fix it and repeat")
    means = np.array([float(np.mean(each.pixels)) for each in frames])
    steps = np.abs(np.diff(means))
    if light and steps.size and (float(steps.max()) > MAX_STEP or float(np.ptp(means)) > MAX_DRIFT):
        raise GainChanged(
            f"the mean grey went from {means.min():.1f} to {means.max():.1f} while nothing should move: gain, light or "
            "the target changed; switch automatic gain off, let nothing touch the device, and repeat"
        )


def nominal_ppi(frames: Sequence[AnyFrame]) -> float:
    """The scale that the device's own frames name; 0 where they name none."""
    first = frames[0] if frames else None
    return first.ppi if isinstance(first, Frame) else 0.0

"""What frames of the empty place tell of the camera: noise, the lamps' light on what is behind, the rate."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from drivers.protocols import SelfTestStep

_LEAST_LIGHT, _MOST_NOISE = 8, 4  # grey levels


def empty_place_steps(frames: Sequence[NDArray[np.uint8]]) -> tuple[SelfTestStep, SelfTestStep]:
    """Lamps and noise, from several frames of one shape."""
    empty = np.stack(frames).astype(np.float32)
    mean = empty.mean(axis=0)
    light, noise = float(mean.mean()), float((empty - mean).std())
    lit = light >= _LEAST_LIGHT
    return (
        SelfTestStep(
            "lamps",
            lit,
            f"the empty place has grey {light:.0f}, at least {_LEAST_LIGHT} is well"
            + ("" if lit else "; check the cable and the supply of the lamps"),
        ),
        SelfTestStep(
            "noise", noise <= _MOST_NOISE, f"frames differ by {noise:.1f} grey levels, at most {_MOST_NOISE} is well"
        ),
    )

"""Decision: the distance at which impostors are accepted at a stated rate."""

import math

import numpy as np

MIN_FMR, MAX_FMR = 0.0001, 0.1
IMPOSTOR_PAIRS = 170_244
_DISTANCE_AT_FMR = (
    (0.1, 0.4132),
    (0.05, 0.4033),
    (0.02, 0.3917),
    (0.01, 0.3837),
    (0.005, 0.3758),
    (0.002, 0.3657),
    (0.001, 0.3576),
    (0.0005, 0.3516),
    (0.0002, 0.3390),
    (0.0001, 0.3315),
)
"""Measured by `tests/benchmarks/iris_accuracy.py --thresholds`; to be measured again when `analyze` or `compare`
changes what they find."""


def distance_at_fmr(fmr: float) -> float:
    """Threshold for `compare` at which a share `fmr` of impostor pairs is as near or nearer.

    Measured on all 170,244 impostor pairs within CASIA1_A and MMU1 (828 images), interpolated over log FMR. At 0.0001
    that rests on 17 pairs; smaller rates are not supported.

    Raises
    ------
    ValueError
        `fmr` is not within 0.0001 to 0.1.
    """
    if not MIN_FMR <= fmr <= MAX_FMR:
        raise ValueError(f"a false match rate of {fmr} was not measured: {MIN_FMR} to {MAX_FMR} was")
    rates, found = zip(*_DISTANCE_AT_FMR, strict=True)
    return float(np.interp(-math.log10(fmr), [-math.log10(rate) for rate in rates], found))

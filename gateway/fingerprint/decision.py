"""Decision: the score at which impostors are accepted at a stated rate."""

import math

import numpy as np

MIN_FMR, MAX_FMR = 0.0005, 0.1
IMPOSTOR_PAIRS = 19_200
_SCORE_AT_FMR = (
    (0.1, 0.1532),
    (0.05, 0.1586),
    (0.02, 0.1660),
    (0.01, 0.1717),
    (0.005, 0.1780),
    (0.002, 0.1886),
    (0.001, 0.1968),
    (0.0005, 0.2052),
)
"""Measured by `tests/benchmarks/finger_accuracy.py --thresholds`; to be measured again when `analyze` or `compare`
changes what they find."""


def score_at_fmr(fmr: float) -> float:
    """Threshold for `compare` at which a share `fmr` of impostor pairs reaches it or more.

    Measured on templates of `analyze`, over all 19,200 impostor pairs within each of five public sets (FVC2002 DB1, DB2
    and DB4, FVC2004 DB2, UPEK: 56 fingers, 448 impressions), interpolated over log FMR. At 0.001 that rests on 19
    pairs, at 0.0005 on 9; smaller rates are not supported. The same pairs' FNMR is 3.2 % at 0.01, 6.3 % at 0.001.

    Raises
    ------
    ValueError
        `fmr` is not within 0.0005 to 0.1.
    """
    if not MIN_FMR <= fmr <= MAX_FMR:
        raise ValueError(f"a false match rate of {fmr} was not measured: {MIN_FMR} to {MAX_FMR} was")
    rates, scores = zip(*_SCORE_AT_FMR, strict=True)
    return float(np.interp(-math.log10(fmr), [-math.log10(rate) for rate in rates], scores))

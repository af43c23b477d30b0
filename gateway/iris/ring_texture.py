"""How the texture of a ring is made: an iris's runs outwards and hangs together; a drawn ring's is noise, or none."""

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.iris.closed_path import PolarCurve
from gateway.iris.strip import STRIP_COLUMNS, STRIP_ROWS

RING_TEXTURE = (
    "fine_streaks",
    "long_fine_streaks",
    "fine_band",
    "streaks",
    "long_streaks",
    "band",
    "across_to_along",
)
_BANDS = ((0.02, 0.06), (0.05, 0.14))
"""Deviations of the two smoothings along the ring whose difference a band is, iris radii: the same share of an iris of
any size and sharpness."""
_LAGS = (STRIP_ROWS // 8, STRIP_ROWS // 4)
_RIM = 6
"""Rows beside either outline that are left out."""
_FOLD = 2
_COLUMNS = STRIP_COLUMNS // _FOLD
_WRAP = 32
_SMOOTH = 1.5
"""Pixels."""
_FEW_PAIRS, _FEW_PIXELS = 300, 100
_LEAST_SLOPE = 0.02


def ring_texture(
    pupil: PolarCurve, limbus: PolarCurve, strip: NDArray[np.uint8], visible: NDArray[np.bool_], contrast: float
) -> tuple[float, ...]:
    """Measures in the order of `RING_TEXTURE`; NaN where too little is visible.

    - streaks: correlation of the band between an eighth and, where long, a quarter of the ring's depth;
    - band: logarithm of its spread over the contrast of pupil and iris;
    - across_to_along: logarithm of the slopes' spread along the ring over that outwards.

    None depends on the tone, and the correlations on neither noise nor blur as long as those reach less far.

    Parameters
    ----------
    pupil, limbus : PolarCurve
    strip : (64, 512) uint8
    visible : (64, 512) bool
    contrast : float
    """
    seen = visible[:, ::_FOLD]
    if np.count_nonzero(seen) < _FEW_PIXELS:
        return (float("nan"),) * len(RING_TEXTURE)
    grey = strip[:, ::_FOLD].astype(np.float32)
    counts = np.maximum(seen.sum(axis=1, keepdims=True), 1)
    mean = np.where(seen, grey, 0).sum(axis=1, keepdims=True) / counts
    wide = np.pad(np.where(seen, grey - mean, 0).astype(np.float32), ((0, 0), (_WRAP, _WRAP)), "wrap")
    column = np.pi * (limbus.radius + pupil.radius) / _COLUMNS
    row = max((limbus.radius - pupil.radius) / STRIP_ROWS, 1e-3)
    found: list[float] = []
    for less, more in _BANDS:
        fine, coarse = (
            cv2.GaussianBlur(wide, (0, 0), sigmaX=share * limbus.radius / column, sigmaY=1.0) for share in (less, more)
        )
        band = (fine - coarse)[:, _WRAP:-_WRAP]
        found += [_correlation(band, seen, lag) for lag in _LAGS]
        found.append(float(np.log(np.clip(band[seen].std() / contrast, 1e-3, 3))))
    return (*found, _across_to_along(wide, seen, column, row))


def _correlation(band: NDArray[np.float32], seen: NDArray[np.bool_], lag: int) -> float:
    """Of what is seen at a depth and `lag` rows farther out."""
    inner, outer = slice(_RIM, STRIP_ROWS - _RIM - lag), slice(_RIM + lag, STRIP_ROWS - _RIM)
    both = seen[inner] & seen[outer]
    if np.count_nonzero(both) < _FEW_PAIRS:
        return float("nan")
    one, other = band[inner][both], band[outer][both]
    return float((one @ other) / np.sqrt((one @ one) * (other @ other) + 1e-6))


def _across_to_along(wide: NDArray[np.float32], seen: NDArray[np.bool_], column: float, row: float) -> float:
    smooth = cv2.GaussianBlur(wide, (0, 0), sigmaX=_SMOOTH / column + 0.3, sigmaY=_SMOOTH / row + 0.3)
    smooth = smooth[:, _WRAP:-_WRAP]
    around = np.diff(smooth, axis=1)[1:] / column
    outwards = np.diff(smooth, axis=0)[:, 1:] / row
    inside = seen[1:, 1:] & seen[:-1, 1:] & seen[1:, :-1]
    if np.count_nonzero(inside) < _FEW_PIXELS:
        return float("nan")
    return float(np.log((around[inside].std() + _LEAST_SLOPE) / (outwards[inside].std() + _LEAST_SLOPE)))

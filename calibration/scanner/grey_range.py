"""How many grey levels real prints use."""

from collections.abc import Sequence
from math import gcd, log2

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.errors import AlreadyCorrected, TargetMissing, TooFewFrames
from calibration.frames import Correction, FrameStack
from calibration.measurement import Measured, Measurement

VERSION = "1"
PRINTS = 20
FORBIDDEN = (Correction.RESPONSE, Correction.SHARPENING, Correction.DENOISING)
_LEVEL_PIXELS = 5
_LEAST_AREA_MM2 = 40.0
_RIDGED = 12.0 / 255


def measure_grey_range(prints: Sequence[FrameStack]) -> Measurement:
    """Count the grey levels in use inside each print.

    Parameters
    ----------
    prints : sequence of FrameStack
        One frame each, of at least 20 prints, by different fingers.

    Returns
    -------
    Measurement
        `grey_range`: what 80 of 100 prints reach, `grey_range_least`: the least; the series `grey_range` has each.
        `grey_depth`: bits that the frames' greys really tell apart; a frame of few levels that were spread has fewer.

    Raises
    ------
    TooFewFrames, AlreadyCorrected
    TargetMissing
        A frame shows no print.

    References
    ----------
    FBI EBTS Appendix F, fingerprint grey range: a level counts where five pixels have it (BSI TR-03121-3 v6.0).
    """
    if len(prints) < PRINTS:
        raise TooFewFrames(f"{len(prints)} prints are too few; capture {PRINTS} of different fingers at least")
    ranges, digests = [], []
    used: set[int] = set()
    for number, stack in enumerate(prints, 1):
        wrong = stack.applied & set(FORBIDDEN)
        if wrong:
            raise AlreadyCorrected(f"print {number} was corrected by {', '.join(sorted(wrong))}; take it raw")
        inside = print_area(stack, number)
        levels = np.rint(stack.pixels[0][inside] * (255 / stack.full_scale)).astype(np.int64)
        ranges.append(int((np.bincount(np.clip(levels, 0, 255), minlength=256) >= _LEVEL_PIXELS).sum()))
        digests.append(stack.digests[0])
        used.update(np.unique(np.asarray(stack.pixels[0], np.int64)).tolist())
    cases = np.array(ranges, np.float32)
    values = (
        Measured("grey_range", float(np.quantile(cases, 0.2, method="lower")), 1.0, "grey"),
        Measured("grey_range_least", float(cases.min()), 1.0, "grey"),
        Measured("grey_depth", prints[0].bits - log2(gcd(*used) or 1), 0.0, "bit"),
    )
    return Measurement("grey_range", VERSION, values, {"grey_range": cases}, tuple(digests))


def print_area(stack: FrameStack, number: int = 1) -> NDArray[np.bool_]:
    """Where ridges lie: grey strays at the scale of a ridge.

    Parameters
    ----------
    stack : FrameStack
        Of one frame.
    number : int
        Of the print, for the message.

    Raises
    ------
    TargetMissing
        The frame shows no print.
    """
    frame = stack.pixels[0].astype(np.float32)
    sigma = 0.4 / 25.4 * stack.ppi
    mean = cv2.GaussianBlur(frame, (0, 0), sigma)
    deviation = np.sqrt(np.maximum(cv2.GaussianBlur(frame * frame, (0, 0), sigma) - mean * mean, 0))
    ridged = (deviation > _RIDGED * stack.full_scale).astype(np.uint8)
    inside = np.asarray(cv2.morphologyEx(ridged, cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8)) > 0, np.bool_)
    if inside.sum() * (25.4 / stack.ppi) ** 2 < _LEAST_AREA_MM2:
        raise TargetMissing(f"frame {number} shows no print; lay a finger on the glass and take it again")
    return inside

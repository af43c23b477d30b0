"""Residue on the empty glass, held against the background that was stored when it was clean."""

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.errors import GainChanged, OutOfOrder, TargetCovered
from calibration.frames import Correction, FrameStack, check_exposure, check_frames
from calibration.measurement import Measured, Measurement
from calibration.scanner.uniform_field import even_light, speck_share

VERSION = "1"
FRAMES = 4
FORBIDDEN = (Correction.DENOISING, Correction.RESPONSE)
_SEEN = 0.01
_LEAST_LIGHT = 0.85
_MOST_LIGHT = 1.15
_THING, _THING_SHARE = 0.3, 0.05  # darker than residue makes it, and larger than a speck


def measure_platen(empty: FrameStack, background: NDArray[np.float32] | None) -> Measurement:
    """Measure what lies on the empty glass.

    Parameters
    ----------
    empty : FrameStack
        Frames of the empty glass, lamp on.
    background : (height, width) float32 or None
        Average of such frames from when the glass was clean; None: there is none yet, and the glass is held against its
        own surroundings.

    Returns
    -------
    Measurement
        `residue_area` (percent of the glass that is darker by more than 1 %), `residue_depth` (percent, mean there),
        `light_change` (percent, of the whole glass). Series `residue`, share of the light that is missing, and
        `background`, the frames' average.

    Raises
    ------
    AlreadyCorrected, TooFewFrames, GainChanged, Overexposed, Underexposed
    OutOfOrder
        The background is of frames of another size.
    TargetCovered
        Something lies on the glass.
    """
    check_frames(empty, FRAMES, FORBIDDEN)
    check_exposure(empty)
    check_empty(empty)
    if background is None:
        area = 100 * speck_share(empty)
        remarks = ("there is no stored background: fine and faint residue is not seen",)
        return Measurement(
            "platen",
            VERSION,
            (Measured("residue_area", area, 0.02, "%"),),
            {"background": empty.mean},
            empty.digests,
            remarks,
        )
    if background.shape != empty.shape:
        raise OutOfOrder(f"the background is of {background.shape}, the frames {empty.shape}; store a new one")
    ratio = cv2.GaussianBlur(cv2.medianBlur(empty.mean, 3), (0, 0), 1.0) / np.maximum(
        cv2.GaussianBlur(cv2.medianBlur(background, 3), (0, 0), 1.0), 1.0
    )
    # Residue only darkens: what is lightest tells the lamp.
    change = float(np.percentile(ratio, 75))
    missing = np.asarray(np.clip(1 - ratio / change, 0, 1), np.float32)
    if float((missing > _THING).mean()) > _THING_SHARE:
        raise TargetCovered("something lies on the glass; take it away, and repeat")
    if not _LEAST_LIGHT <= change <= _MOST_LIGHT:
        raise GainChanged(
            f"the glass gives {100 * change:.0f} % of the stored background's light; check lamp, exposure and gain, and"
            " store a new background if that is as it should be"
        )
    dirty = missing > _SEEN
    depth = 100 * float(missing[dirty].mean()) if dirty.any() else 0.0
    noise = float(np.sqrt(np.median(empty.variance) / len(empty))) / max(float(np.median(empty.mean)), 1.0)
    values = (
        Measured("residue_area", 100 * float(dirty.mean()), 0.05, "%"),
        Measured("residue_depth", depth, 100 * noise, "%"),
        Measured("light_change", 100 * (change - 1), 100 * noise / 10 + 0.02, "%"),
    )
    series = {"residue": missing, "background": empty.mean}
    return Measurement("platen", VERSION, values, series, empty.digests)


def check_empty(empty: FrameStack) -> None:
    """TargetCovered where a finger or a thing lies on the glass."""
    smooth = np.asarray(cv2.medianBlur(empty.mean, 5), np.float32)
    surface = even_light(smooth)
    strange = np.abs(smooth - surface) > _THING * np.maximum(surface, 1)
    if float(strange.mean()) > _THING_SHARE:
        raise TargetCovered("something lies on the glass; take it away, wipe the glass, and repeat")

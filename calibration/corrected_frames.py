"""Frames corrected by what was measured before, and marked as such."""

import cv2
import numpy as np

from calibration.errors import OutOfOrder
from calibration.frames import AppliedCorrection, Correction, FrameStack
from calibration.measurement import Measurement


def corrected_frames(stack: FrameStack, flat_field: Measurement, bad_pixels: Measurement | None = None) -> FrameStack:
    """Apply offset, gain and the map of bad pixels to frames, without rounding.

    Parameters
    ----------
    stack : FrameStack
        Raw frames.
    flat_field, bad_pixels : Measurement

    Returns
    -------
    FrameStack
        float32; it tells which corrections it carries and which frames they were made of.

    Raises
    ------
    OutOfOrder
        The frames were corrected already, or the maps are of frames of another size.
    """
    if stack.applied & {Correction.DARK, Correction.FLAT_FIELD}:
        raise OutOfOrder("these frames are corrected already; correct the raw ones")
    gain, offset = (np.asarray(flat_field.series[name], np.float32) for name in ("gain", "offset"))
    if gain.shape != stack.shape:
        raise OutOfOrder(f"the flat field is of {gain.shape} and the frames are {stack.shape}; measure it anew")
    pixels = (stack.pixels.astype(np.float32) - offset) * gain
    source = flat_field.frames_sha256
    applied = [AppliedCorrection(Correction.DARK, source), AppliedCorrection(Correction.FLAT_FIELD, source)]
    if bad_pixels is not None:
        bad = np.asarray(bad_pixels.series["bad"], np.bool_)
        if bad.shape != stack.shape:
            raise OutOfOrder(f"the bad pixels are of {bad.shape} and the frames are {stack.shape}; find them anew")
        for frame in pixels:
            _fill(frame, bad)
        applied.append(AppliedCorrection(Correction.BAD_PIXELS, bad_pixels.frames_sha256))
    return FrameStack(pixels, stack.ppi, stack.corrections + tuple(applied), stack.bits, stack.digests)


def _fill(
    frame: np.ndarray[tuple[int, ...], np.dtype[np.float32]], bad: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
) -> None:
    """Each bad pixel as the mean of the good ones among its eight neighbours, then of those about them."""
    left = bad.copy()
    for _ in range(8):
        if not left.any():
            return
        good = (~left).astype(np.float32)
        total = cv2.blur(frame * good, (3, 3), borderType=cv2.BORDER_REPLICATE)
        weight = cv2.blur(good, (3, 3), borderType=cv2.BORDER_REPLICATE)
        filled = left & (weight > 0.05)
        frame[filled] = (total[filled] / weight[filled]).astype(np.float32)
        left &= ~filled

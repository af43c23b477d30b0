"""Gain and offset of every pixel, from an even light target and darkness."""

import numpy as np
from numpy.typing import NDArray

from calibration.errors import OutOfOrder, TargetUnsuitable
from calibration.frames import Correction, FrameStack, check_exposure, check_frames
from calibration.measurement import Measured, Measurement
from calibration.scanner.dark import check_dark
from calibration.scanner.uniform_field import check_uniform, uniform_reflectance
from calibration.targets import Target

VERSION = "1"
FRAMES = 16
FORBIDDEN = (Correction.DARK, Correction.FLAT_FIELD, Correction.BAD_PIXELS, Correction.DENOISING, Correction.RESPONSE)
_LEAST_SIGNAL = 0.5  # of the median: what is below is a bad pixel, and a gain of it would be noise made large


def measure_flat_field(flat: FrameStack, dark: FrameStack, target: Target) -> Measurement:
    """Measure the gain map of `corrected = (raw - offset) * gain`, gain = mean(F - D) / (F - D).

    Parameters
    ----------
    flat : FrameStack
        Of the even light target, at least `FRAMES`; more make a better map.
    dark : FrameStack
        Lamp off, the same settings.
    target : Target
        Of kind `uniform`, light.

    Returns
    -------
    Measurement
        `nonuniformity`: deviation of F - D, percent. `flat_residual`: the same after correction, percent, of frames
        that the map was not made of (each half is corrected by the other half's map). Series `gain`, `offset`.

    Raises
    ------
    MeasurementRefused
        By the name of what is wrong with frames or target.
    """
    if uniform_reflectance(target) < 0.5:
        raise TargetUnsuitable(f"target {target.id} is too dark for a flat field; take one of reflectance 0.5 or more")
    check_frames(flat, FRAMES, FORBIDDEN)
    check_frames(dark, FRAMES, FORBIDDEN)
    if flat.shape != dark.shape:
        raise OutOfOrder(f"dark frames of {dark.shape} do not fit flat frames of {flat.shape}; take both anew")
    check_dark(dark)
    check_exposure(flat)
    check_uniform(flat, target)
    gain, usable = gain_map(flat.mean, dark.mean)
    signal = flat.mean - dark.mean
    # Noise that is left in the averages is no pattern.
    noise = float(flat.variance[usable].mean()) / len(flat) + float(dark.variance[usable].mean()) / len(dark)
    mean = float(signal[usable].mean())
    before = float(np.sqrt(max(float(signal[usable].var()) - noise, 0.0))) / mean
    residual, spread = _residual(flat, dark)
    values = (
        Measured("nonuniformity", 100 * before, 100 * before / np.sqrt(2 * usable.sum()) + 0.005, "%"),
        Measured("flat_residual", 100 * residual, 100 * spread + 0.005, "%"),
    )
    unusable = int((~usable).sum())
    remarks = (
        () if not unusable else (f"{unusable} pixels give too little or too much signal for a gain; they are bad",)
    )
    series = {"gain": gain, "offset": dark.mean}
    return Measurement("flat_field", VERSION, values, series, flat.digests + dark.digests, remarks)


def gain_map(flat: NDArray[np.float32], dark: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Gain of each pixel, and where it could be had.

    Parameters
    ----------
    flat, dark : (height, width) float32
        Averages.

    Returns
    -------
    gain : (height, width) float32
        1 where the signal is less than half, or more than one and a half of the frame's median.
    usable : (height, width) bool
    """
    signal = flat - dark
    middle = float(np.median(signal))
    usable = (signal > _LEAST_SIGNAL * middle) & (signal < (2 - _LEAST_SIGNAL + 0.5) * middle)
    gain = np.ones_like(signal)
    gain[usable] = np.float32(signal[usable].mean(dtype=np.float64)) / signal[usable]
    return gain, np.asarray(usable, np.bool_)


def _residual(flat: FrameStack, dark: FrameStack) -> tuple[float, float]:
    """Pattern that one half of the frames keeps after the other half's map, as a share; and what it is unsure by.

    The map's own noise does stay in a corrected frame as a pattern, and so it counts; at full length it is smaller by
    the square root of two. The noise of the judged half does not count.
    """
    halves = (flat.pixels[0::2], flat.pixels[1::2])
    means = [half.mean(axis=0, dtype=np.float32) for half in halves]
    found = []
    for own, other, frames in ((means[0], means[1], halves[0]), (means[1], means[0], halves[1])):
        gain, usable = gain_map(np.asarray(other, np.float32), dark.mean)
        corrected = (own - dark.mean) * gain
        variance = float((flat.variance[usable] * gain[usable] ** 2).mean())
        own_noise = variance / len(frames)
        total = float(corrected[usable].var()) - own_noise
        # Half of the frames made the map: its noise is twice that of all.
        excess = total - own_noise / 2
        found.append(np.sqrt(max(excess, 0.0)) / float(corrected[usable].mean()))
    return float(np.mean(found)), float(abs(found[0] - found[1])) / 2

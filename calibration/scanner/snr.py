"""Signal to noise on even targets, and the sensor's gain and read noise by photon transfer."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from calibration.frames import Correction, FrameStack, check_exposure, check_frames, check_fresh
from calibration.measurement import Measured, Measurement
from calibration.scanner.areas import area_means
from calibration.scanner.dark import check_dark
from calibration.scanner.uniform_field import check_pair, check_reflectances, check_uniform
from calibration.targets import Target

VERSION = "1"
FRAMES = 10
FORBIDDEN = (
    Correction.DARK,
    Correction.FLAT_FIELD,
    Correction.BAD_PIXELS,
    Correction.RESPONSE,
    Correction.GEOMETRY,
    Correction.DENOISING,
    Correction.SHARPENING,
)
SHARE = 0.97
_ROUNDING = 1 / 12  # variance that rounding to whole levels adds (Sheppard)


def measure_snr(
    light: FrameStack,
    light_target: Target,
    dark: FrameStack,
    dark_target: Target,
    darkness: FrameStack | None = None,
    between: Sequence[FrameStack] = (),
) -> Measurement:
    """Measure signal to noise, gain and read noise.

    Parameters
    ----------
    light, dark : FrameStack
        Raw frames of an even light and an even dark target.
    light_target, dark_target : Target
    darkness : FrameStack, optional
        Lamp off; without it read noise and gain are not told.
    between : sequence of FrameStack
        Of even targets of other reflectance, for the photon transfer.

    Returns
    -------
    Measurement
        `snr_white`, `snr_black`: what 97 of 100 areas of 0.25 in reach, (mean of light - mean of dark) over the
        deviation from frame to frame in light and in dark; the series of these names have all areas. `gain` (grey per
        electron) and `read_noise` (grey). Series `transfer_signal`, `transfer_variance`.

    Raises
    ------
    MeasurementRefused
        By the name of what is wrong with frames or targets.

    Notes
    -----
    Noise is what changes from frame to frame, so that no fixed pattern is in it. Rounding is part of the signal to
    noise of what the device delivers; it is taken off the sensor's own read noise.

    References
    ----------
    FBI EBTS Appendix F, signal-to-noise ratio; BSI TR-03118-1 v2.1. Photon transfer: EMVA 1288 release 4, 6.6.
    """
    check_reflectances(light_target, dark_target)
    for stack in (light, dark, *between, *([darkness] if darkness else [])):
        check_frames(stack, FRAMES, FORBIDDEN)
        check_fresh(stack, lit=stack is light)  # a dark target may lie at black
    check_exposure(light)
    check_uniform(light, light_target)
    check_uniform(dark, dark_target)
    check_pair(light, light_target, dark, dark_target, darkness)
    step = area_means(light.mean, light.ppi) - area_means(dark.mean, dark.ppi)
    series: dict[str, NDArray[np.generic]] = {}
    values = []
    for name, stack in (("snr_white", light), ("snr_black", dark)):
        deviation = np.sqrt(np.maximum(area_means(_steady_variance(stack), stack.ppi), _ROUNDING))
        cases = step / deviation
        series[name] = np.asarray(cases, np.float32).ravel()
        # A variance of k samples is known to sqrt(2 / k); areas overlap by half and hold (0.25 in)^2 pixels each.
        samples = (0.25 * stack.ppi) ** 2 * (len(stack) - 1)
        value = float(np.quantile(cases, 1 - SHARE))
        values.append(Measured(name, value, value * float(np.sqrt(0.5 / samples) + 0.002), "1"))
    remarks: tuple[str, ...] = ()
    if darkness is None:
        remarks = ("no dark frames were given: gain and read noise were not measured",)
    else:
        check_dark(darkness)
        told, curve = _photon_transfer([dark, *between, light], darkness)
        values.extend(told)
        series |= curve
    digests = tuple(d for s in (light, dark, *([darkness] if darkness else []), *between) for d in s.digests)
    return Measurement("snr", VERSION, tuple(values), series, digests, remarks)


def _steady_variance(stack: FrameStack) -> NDArray[np.float32]:
    """Variance from frame to frame, that of clipped and flickering pixels replaced by the usual."""
    usual = float(np.median(stack.variance))
    wild = (stack.variance > 30 * max(usual, _ROUNDING)) | (stack.mean >= stack.full_scale - 0.5)
    return np.asarray(np.where(wild, np.float32(usual), stack.variance), np.float32)


def _photon_transfer(
    stacks: Sequence[FrameStack], darkness: FrameStack
) -> tuple[list[Measured], dict[str, NDArray[np.generic]]]:
    """variance = read^2 + gain * signal, by areas of all frames, each weighted by what its variance is known to."""
    bad = np.abs(darkness.mean - np.median(darkness.mean)) > 15 / 255 * darkness.full_scale
    good = ~bad

    def mean(values: NDArray[np.float32]) -> NDArray[np.float64]:
        weight = area_means(good.astype(np.float32), darkness.ppi)
        return np.asarray(area_means(values * good, darkness.ppi) / np.maximum(weight, 0.5), np.float64)

    base = _steady_variance(darkness)
    dark_areas = mean(base).ravel()
    signals = [np.zeros(len(dark_areas))]
    variances = [dark_areas]
    spreads = [np.full(len(dark_areas), 1 / np.sqrt(len(darkness) - 1))]
    for stack in stacks:
        signals.append(mean(np.asarray(stack.mean - darkness.mean, np.float32)).ravel())
        variances.append(mean(_steady_variance(stack)).ravel())
        spreads.append(np.full(len(dark_areas), 1 / np.sqrt(len(stack) - 1)))
    signal, variance = np.concatenate(signals), np.concatenate(variances)
    weight = 1 / np.maximum(variance * np.concatenate(spreads), 1e-6)
    fit, covariance = np.polyfit(signal, variance, 1, w=weight, cov=True)
    gain, intercept = float(fit[0]), float(fit[1])
    read = float(np.sqrt(max(intercept - _ROUNDING, 0.0)))
    read_spread = float(np.sqrt(covariance[1, 1])) / (2 * max(read, 0.1))
    told = [
        Measured("gain", gain, float(np.sqrt(covariance[0, 0])) + 0.01 * abs(gain), "grey/e"),
        Measured("read_noise", read, read_spread + 0.01, "grey"),
    ]
    curve: dict[str, NDArray[np.generic]] = {
        "transfer_signal": signal.astype(np.float32),
        "transfer_variance": variance.astype(np.float32),
    }
    return told, curve

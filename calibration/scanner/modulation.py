"""Modulation of periodic fields, in reflectance, by a fit of waves of known frequency to every pixel of a field.

Peaks of a pattern near half the sampling rate lie between pixels; a fit meets them all the same, where picking the
lightest and darkest pixels would not. The fit gives the phase's slope back, so that a field that is imaged a little too
wide or too narrow loses nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.errors import TargetUnsuitable, TargetWrong
from calibration.frames import Correction, FrameStack, check_exposure, check_frames
from calibration.measurement import Measured, Measurement
from calibration.placement import Placement, find_target
from calibration.scanner.grey_patches import GreyPatches, grey_patches
from calibration.targets import Target
from drivers.fingerprint.synthesis.target_element import ElementKind, TargetElement

FRAMES = 8
FORBIDDEN = (Correction.GEOMETRY, Correction.SHARPENING, Correction.DENOISING, Correction.RESPONSE)
LEAST_PATCHES = 4
HIGHEST_CYCLES_PER_PX = 0.53
"""A field beyond is not told: it is a beat, and no picture. Nyquist is 0.5; 10 cycles per mm at 480 ppi are 0.529."""
_FINEST = 1.6  # cycles per pixel of the highest harmonic: pixel and optics hide what is finer
_WORST_OF_WAVE = 4.0  # condition: at 8 an error of 0.016 was met, at 1.5 of 0.003
_WORST_OF_HARMONICS = 15.0
_ROUNDS = 5
_FAINT = 0.01  # amplitude over mean: a wave fainter than that tells nothing of its phase
_MOST_PHASE = 0.5  # radians in a round, at the rim of a field


@dataclass(frozen=True)
class Modulation:
    """One field.

    Parameters
    ----------
    frequency : float
        Cycles per millimetre.
    value : float
        Modulation in the image over that of the target.
    uncertainty : float
    """

    frequency: float
    value: float
    uncertainty: float


def measure_modulation(
    procedure: str, version: str, prefix: str, kind: ElementKind, lays: Sequence[FrameStack | None], target: Target
) -> Measurement:
    """Modulation of all fields of a chart, on one axis or both.

    Parameters
    ----------
    procedure, version : str
    prefix : str
        Of the values' names.
    kind : ElementKind
        `BARS` or `SINE`.
    lays : (FrameStack or None, FrameStack or None)
        The chart upright (modulation along x), and turned clockwise by a quarter (along y).
    target : Target

    Returns
    -------
    Measurement
        `<prefix>_<frequency>`: of two axes the lower, or the higher one where that is above 1, as only sharpening makes
        it. Series `<prefix>_frequency`, `<prefix>_x`, `<prefix>_y`.

    Raises
    ------
    MeasurementRefused
    """
    found: dict[str, list[Modulation]] = {}
    remarks: list[str] = []
    digests: list[str] = []
    for quarter, (axis, stack) in enumerate(zip("xy", lays, strict=True)):
        if stack is None:
            continue
        check_frames(stack, FRAMES, FORBIDDEN)
        check_exposure(stack)
        found[axis] = _chart(stack, target, kind, quarter, remarks)
        digests.extend(stack.digests)
        if Correction.FLAT_FIELD not in stack.applied:
            remarks.append(f"axis {axis}: the frames carry no flat field: uneven light blurs the scale of reflectance")
    if not found:
        raise TargetUnsuitable("modulation needs frames of the chart; take them")
    values, series = _by_frequency(prefix, found)
    return Measurement(procedure, version, values, series, tuple(digests), tuple(dict.fromkeys(remarks)))


def _chart(stack: FrameStack, target: Target, kind: ElementKind, quarter: int, remarks: list[str]) -> list[Modulation]:
    fields = target.of_kind(kind)
    if len(fields) < 3:
        raise TargetUnsuitable(f"target {target.id} has {len(fields)} fields of {kind}; at least 3 are needed")
    placement = find_target(stack.mean, stack.full_scale, stack.ppi, target, quarter)
    patches = grey_patches(stack, target, placement, LEAST_PATCHES)
    result = []
    for field in sorted(fields, key=lambda element: element.frequency):
        pixels_per_mm = float(np.sqrt(abs(np.linalg.det(placement.to_px[:, :2]))))
        if field.frequency > HIGHEST_CYCLES_PER_PX * pixels_per_mm:
            remarks.append(f"{field.frequency:g} cycles per mm are beyond what this sampling shows")
            continue
        modulation = _field(stack, field, placement, patches)
        if modulation is None:
            remarks.append(
                f"{field.frequency:g} cycles per mm beat with the pixels; turn the target by a degree or two for them"
            )
        else:
            result.append(modulation)
    if not result:
        raise TargetWrong(f"no field of target {target.id} could be measured; lay it turned by one to three degrees")
    return result


def _field(stack: FrameStack, field: TargetElement, placement: Placement, patches: GreyPatches) -> Modulation | None:
    """One field's modulation; None where the pixels do not tell its phase."""
    margin = min(max(0.35, 0.5 / field.frequency), 0.2 * min(field.size_mm))
    box, along, across, inside = placement.field_coordinates(field, stack.shape, margin)
    if inside.sum() < 150:
        raise TargetUnsuitable(f"the field of {field.frequency:g} cycles per mm is too small at this resolution")
    seen = patches.to_reflectance(stack.mean[box][inside])
    harmonics = [1]
    if field.kind is ElementKind.BARS:
        pixels_per_mm = float(np.sqrt(abs(np.linalg.det(placement.to_px[:, :2]))))
        harmonics = [h for h in range(1, 40, 2) if h == 1 or h * field.frequency <= _FINEST * pixels_per_mm]
    place = along[inside], across[inside]
    fit = _fitted_waves(seen, *place, field.frequency, [1], _WORST_OF_WAVE)
    if fit is None:
        return None
    # Harmonics beyond half the sampling rate may coincide with lower ones in the pixels; then the finest is given up.
    while len(harmonics) > 1:
        whole = _fitted_waves(seen, *place, field.frequency, harmonics, _WORST_OF_HARMONICS)
        if whole is not None:
            fit = whole
            break
        harmonics = harmonics[:-1]
    mean, amplitude, uncertainty = fit
    own = (field.light - field.dark) / (field.light + field.dark)
    return Modulation(field.frequency, amplitude / mean / own, uncertainty / mean / own)


def _fitted_waves(
    seen: NDArray[np.float64],
    along: NDArray[np.float64],
    across: NDArray[np.float64],
    frequency: float,
    harmonics: Sequence[int],
    worst: float,
) -> tuple[float, float, float] | None:
    """Mean, half the distance from a bar's middle to its neighbour's, and the latter's standard uncertainty."""
    phase = 2 * np.pi * frequency * along
    # Level and slopes of the light over the field; a wave and its harmonics; then how the phase is displaced.
    u, v = 2 * along / np.ptp(along), 2 * across / np.ptp(across)
    flat = np.stack([np.ones_like(u), u, v], axis=1)
    displaced = np.stack([u, v, u * u - 1 / 3, u * v, v * v - 1 / 3], axis=1)
    fit, terms = _waves(seen, flat, phase, harmonics)
    for _ in range(_ROUNDS):
        a, b = float(fit[3]), float(fit[4])
        if a * a + b * b < (_FAINT * float(fit[0])) ** 2:
            break
        turned = (b * np.cos(phase) - a * np.sin(phase))[:, None] * displaced
        whole, *_ = np.linalg.lstsq(np.concatenate([terms, turned], axis=1), seen, rcond=None)
        phase = phase + displaced @ np.clip(whole[-5:], -_MOST_PHASE, _MOST_PHASE)
        fit, terms = _waves(seen, flat, phase, harmonics)
    if _condition(terms, fit, phase, displaced) > worst:
        return None
    shift = float(np.arctan2(fit[4], fit[3]))
    amplitude = 0.0
    weights = np.zeros(terms.shape[1])
    for index, harmonic in enumerate(harmonics):
        c, s = np.cos(harmonic * shift), np.sin(harmonic * shift)
        amplitude += float(fit[3 + 2 * index] * c + fit[4 + 2 * index] * s)
        weights[3 + 2 * index], weights[4 + 2 * index] = c, s
    variance = float(np.var(seen - terms @ fit)) * len(seen) / max(1, len(seen) - terms.shape[1])
    covariance = np.linalg.pinv(terms.T @ terms) * variance
    mean = float((flat @ fit[:3]).mean())
    return mean, amplitude, float(np.sqrt(max(weights @ covariance @ weights, 0.0)))


def _condition(
    terms: NDArray[np.float64], fit: NDArray[np.float64], phase: NDArray[np.float64], displaced: NDArray[np.float64]
) -> float:
    """How badly the pixels tell waves and their displacement apart; 1 is best.

    Just at half the sampling rate, along the pixels, a wave and its mirror image are one.
    """
    turned = (fit[4] * np.cos(phase) - fit[3] * np.sin(phase))[:, None] * displaced[:, :2]
    whole = np.concatenate([terms, turned], axis=1)
    return float(np.linalg.cond(whole / np.linalg.norm(whole, axis=0)))


def _waves(
    seen: NDArray[np.float64], flat: NDArray[np.float64], phase: NDArray[np.float64], harmonics: Sequence[int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Least squares of a level with slopes, and of cosine and sine of each harmonic; and the terms."""
    waves = [wave for h in harmonics for wave in (np.cos(h * phase), np.sin(h * phase))]
    terms = np.concatenate([flat, np.stack(waves, axis=1)], axis=1)
    fit, *_ = np.linalg.lstsq(terms, seen, rcond=None)
    return np.asarray(fit, np.float64), np.asarray(terms, np.float64)


def _by_frequency(
    prefix: str, found: dict[str, list[Modulation]]
) -> tuple[tuple[Measured, ...], dict[str, NDArray[np.generic]]]:
    by_axis = {axis: {m.frequency: m for m in modulations} for axis, modulations in found.items()}
    frequencies = sorted({f for modulations in by_axis.values() for f in modulations})
    values = []
    for frequency in frequencies:
        measured = [m[frequency] for m in by_axis.values() if frequency in m]
        high, low = max(measured, key=lambda m: m.value), min(measured, key=lambda m: m.value)
        told = high if high.value - 2 * high.uncertainty > 1 else low
        # Scale of reflectance, and placing of the field: 0.003 was met on drawn scanners of known optics.
        values.append(Measured(f"{prefix}_{frequency:g}", told.value, float(np.hypot(told.uncertainty, 0.003)), "1"))
    series: dict[str, NDArray[np.generic]] = {f"{prefix}_frequency": np.array(frequencies, np.float32)}
    for axis, modulations in by_axis.items():
        column = [modulations[f].value if f in modulations else np.nan for f in frequencies]
        series[f"{prefix}_{axis}"] = np.array(column, np.float32)
    return tuple(values), series

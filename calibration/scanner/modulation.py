"""Modulation of periodic fields, in reflectance, by a fit of waves of known frequency to every pixel of a field.

Its uncertainty has a part that the pixels tell: noise by their scatter about the fit, phase that wanders within the
field, harmonics of bars that cannot be fitted; and a part in proportion to the value: what is not known of the target's
own contrast and of its greys, in the frames and by its certificate.
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
from calibration.scanner.waves import FittedWaves, fitted_waves
from calibration.targets import Target
from drivers.fingerprint.synthesis.target_element import ElementKind, TargetElement

FRAMES = 8
FORBIDDEN = (Correction.GEOMETRY, Correction.SHARPENING, Correction.DENOISING, Correction.RESPONSE)
LEAST_PATCHES = 4
HIGHEST_CYCLES_PER_PX = 0.53
"""A field beyond is not told: it is a beat, and no picture. Nyquist is 0.5; 10 cycles per mm at 480 ppi are 0.529."""
_PLACING = 0.003
"""Share of the value, standard: what scanners drawn with up to 0.6 pixel of displacement were off by in addition."""
_FIRST_OF_BARS = 4 / np.pi  # amplitude of the wave in bars of amplitude 1
_FINEST = 1.6  # cycles per pixel of the highest harmonic: pixel and optics hide what is finer
_WORST_OF_WAVE = 4.0  # condition: at 8 an error of 0.016 was met, at 1.5 of 0.003
_WORST_OF_HARMONICS = 15.0


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
    """One field's modulation; None where the pixels do not tell its phase, or nothing of what makes bars of waves."""
    margin = min(max(0.35, 0.5 / field.frequency), 0.2 * min(field.size_mm))
    box, along, across, inside = placement.field_coordinates(field, stack.shape, margin)
    if inside.sum() < 150:
        raise TargetUnsuitable(f"the field of {field.frequency:g} cycles per mm is too small at this resolution")
    grey = stack.mean[box][inside]
    seen, place = patches.to_reflectance(grey), (along[inside], across[inside])
    fit = fitted_waves(seen, *place, field.frequency, [1], _WORST_OF_WAVE)
    if fit is None:
        return None
    own = (field.light - field.dark) / (field.light + field.dark)
    left_out = 0.0
    if field.kind is ElementKind.BARS:
        pixels_per_mm = float(np.sqrt(abs(np.linalg.det(placement.to_px[:, :2]))))
        harmonics = [h for h in range(1, 40, 2) if h == 1 or h * field.frequency <= _FINEST * pixels_per_mm]
        # Harmonics beyond half the sampling rate may coincide with lower ones in the pixels; then the finest is given
        # up. Bars of a single wave are told only where optics and pixels leave no other.
        least = min(2, len(harmonics))
        while (found := fitted_waves(seen, *place, field.frequency, harmonics, _WORST_OF_HARMONICS)) is None:
            harmonics = harmonics[:-1]
            if len(harmonics) < least:
                return None
        fit, left_out = found, _next_part(found, harmonics, own, field.frequency / pixels_per_mm)
    value = fit.amplitude / fit.mean / own
    of_fit = np.hypot.reduce([fit.noise, fit.lost, left_out / np.sqrt(3)]) / fit.mean / own
    known = value * np.hypot.reduce([_of_scale(fit, patches, grey), _of_contrast(field, patches), _PLACING])
    return Modulation(field.frequency, value, float(np.hypot(of_fit, known)))


def _next_part(fit: FittedWaves, harmonics: Sequence[int], own: float, per_pixel: float) -> float:
    """At most what the first harmonic that is not fitted adds; those after it are smaller, and of alternating sign.

    By optics whose transfer falls as a Gaussian does, and pixels that fill their pitch: a sinc, beyond its first zero
    no more than 1 / (pi x). The wave itself tells how much of it is optics.
    """
    following = harmonics[-1] + 2
    transfer = abs(float(fit.parts[0])) / fit.mean / own / _FIRST_OF_BARS
    optics: float = min(transfer / float(np.sinc(per_pixel)), 0.99) ** (following**2)
    pixels = min(1.0, 1 / (np.pi * following * per_pixel))
    return float(fit.mean * own * _FIRST_OF_BARS / following * optics * pixels)


def _of_scale(fit: FittedWaves, patches: GreyPatches, grey: NDArray[np.floating]) -> float:
    """Relative standard uncertainty by the scale of reflectance: its greys, its certificate, and the curve between."""
    as_told = fit.contrast(patches.to_reflectance(grey))
    others = [fit.contrast(each.to_reflectance(grey)) for each in patches.varied()]
    # Straight lines err more than the curve does, and to the same side.
    between = (fit.contrast(patches.along_lines(grey)) - as_told) / np.sqrt(3)
    return float(np.hypot(np.linalg.norm(np.array(others) - as_told), between) / as_told)


def _of_contrast(field: TargetElement, patches: GreyPatches) -> float:
    """Relative standard uncertainty of a field's own modulation, as its lightest and darkest reflectance are known.

    Of (L - D) / (L + D), where L and D are known to the share r each: r sqrt(2) 2 L D / (L^2 - D^2).
    """
    light, dark = field.light, field.dark
    return float(patches.reflectance_uncertainty * np.sqrt(2) * 2 * light * dark / (light**2 - dark**2))


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
        values.append(Measured(f"{prefix}_{frequency:g}", told.value, told.uncertainty, "1"))
    series: dict[str, NDArray[np.generic]] = {f"{prefix}_frequency": np.array(frequencies, np.float32)}
    for axis, modulations in by_axis.items():
        column = [modulations[f].value if f in modulations else np.nan for f in frequencies]
        series[f"{prefix}_{axis}"] = np.array(column, np.float32)
    return tuple(values), series

"""Evenness of grey on an even light and an even dark target: the three tests of Appendix F."""

import numpy as np
from numpy.typing import NDArray

from calibration.errors import AlreadyCorrected
from calibration.frames import Correction, FrameStack, check_exposure, check_frames
from calibration.measurement import Measured, Measurement
from calibration.scanner.areas import area_means, area_sides
from calibration.scanner.uniform_field import check_pair, check_reflectances, check_uniform
from calibration.targets import Target

VERSION = "1"
FRAMES = 8
FORBIDDEN = (Correction.DENOISING, Correction.SHARPENING, Correction.GEOMETRY)
_MOST_CASES = 200_000


def measure_uniformity(light: FrameStack, light_target: Target, dark: FrameStack, dark_target: Target) -> Measurement:
    """Measure how even the grey is.

    Parameters
    ----------
    light, dark : FrameStack
        As captures are delivered: raw, or corrected by a flat field of *other* frames.
    light_target, dark_target : Target

    Returns
    -------
    Measurement
        For each of `_light` and `_dark`, grey: `adjacent_means` (rows and columns of 0.25 in beside each other; the
        99th of a hundred), `pixel_deviation` (a pixel from its area's mean; the 999th of a thousand), `area_means`
        (the two areas that differ most). Series of the same names have the cases, `area_map_light` and
        `area_map_dark` the areas.

    Raises
    ------
    MeasurementRefused
        By the name of what is wrong with frames or targets; `AlreadyCorrected` where the flat field was made of these
        very frames.

    References
    ----------
    FBI EBTS Appendix F, grey level uniformity, as quoted in BSI TR-03121-3 v6.0 vol. 2, 5.1.5.
    """
    check_reflectances(light_target, dark_target)
    values: list[Measured] = []
    series: dict[str, NDArray[np.generic]] = {}
    for name, stack, target in (("light", light, light_target), ("dark", dark, dark_target)):
        check_frames(stack, FRAMES, FORBIDDEN)
        _check_source(stack)
        if name == "light":
            check_exposure(stack)
        if Correction.FLAT_FIELD not in stack.applied:
            check_uniform(stack, target)
        noise = float(np.sqrt(np.median(stack.variance) / len(stack)))
        adjacent, pixels = _adjacent(stack), _pixels(stack)
        areas = area_means(stack.mean, stack.ppi)
        series |= {
            f"adjacent_means_{name}": adjacent,
            f"pixel_deviation_{name}": pixels,
            f"area_map_{name}": areas.astype(np.float32),
        }
        side = 0.25 * stack.ppi
        values += [
            Measured(
                f"adjacent_means_{name}", float(np.quantile(adjacent, 0.99)), noise * float(np.sqrt(2 / side)), "grey"
            ),
            Measured(f"pixel_deviation_{name}", float(np.quantile(pixels, 0.999)), noise, "grey"),
            Measured(f"area_means_{name}", float(np.ptp(areas)), noise / side + 0.02, "grey"),
        ]
    check_pair(light, light_target, dark, dark_target)
    return Measurement("uniformity", VERSION, tuple(values), series, light.digests + dark.digests)


def _check_source(stack: FrameStack) -> None:
    own = set(stack.digests)
    for correction in stack.corrections:
        if own & set(correction.source_sha256):
            raise AlreadyCorrected(
                f"{correction.kind} was made of these very frames, and would find them even; take other frames"
            )


def _adjacent(stack: FrameStack) -> NDArray[np.float32]:
    """Differences of neighbouring rows' and columns' means, 0.25 in long."""
    side, tops, lefts = area_sides(stack.shape, stack.ppi)
    rows = np.stack([stack.mean[:, left : left + side].mean(axis=1) for left in lefts])
    columns = np.stack([stack.mean[top : top + side].mean(axis=0) for top in tops])
    both = np.concatenate([np.abs(np.diff(rows, axis=1)).ravel(), np.abs(np.diff(columns, axis=1)).ravel()])
    return np.asarray(both, np.float32)


def _pixels(stack: FrameStack) -> NDArray[np.float32]:
    """Each pixel's distance from its area's mean; sorted and thinned where there are very many."""
    side, tops, lefts = area_sides(stack.shape, stack.ppi)
    found = []
    for top in tops[::2] if len(tops) > 2 else tops:
        for left in lefts[::2] if len(lefts) > 2 else lefts:
            area = stack.mean[top : top + side, left : left + side]
            found.append(np.abs(area - area.mean()).ravel())
    cases = np.sort(np.concatenate(found))[::-1]
    return np.asarray(cases[:: -(-len(cases) // _MOST_CASES)], np.float32)

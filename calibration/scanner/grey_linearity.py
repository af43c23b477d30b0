"""Whether grey rises with reflectance along a straight line."""

import numpy as np

from calibration.errors import TargetUnsuitable
from calibration.frames import Correction, FrameStack, check_exposure, check_frames
from calibration.measurement import Measured, Measurement
from calibration.placement import find_target
from calibration.scanner.grey_patches import grey_patches
from calibration.targets import Target
from drivers.fingerprint.synthesis.target_element import ElementKind

VERSION = "1"
FRAMES = 8
FORBIDDEN = (Correction.RESPONSE,)
LEAST_PATCHES = 9


def measure_grey_linearity(steps: FrameStack, target: Target) -> Measurement:
    """Fit a straight line to the greys of a step tablet.

    Parameters
    ----------
    steps : FrameStack
        Of a tablet of nine reflectances or more; corrected for its flat field, so that uneven light is not read as
        a bent response.
    target : Target

    Returns
    -------
    Measurement
        `linearity`: the largest distance of a patch's mean from the line, grey; `response_slope` (grey per unit of
        reflectance), `response_offset` (grey). Series `response_reflectance`, `response_grey`, `response_line`.

    Raises
    ------
    MeasurementRefused
        By the name of what is wrong with frames or target.

    References
    ----------
    FBI EBTS Appendix F, linearity, as quoted in BSI TR-03121-3 v6.0; at least nine steps: BSI TR-03118-1 v2.1.
    """
    check_frames(steps, FRAMES, FORBIDDEN)
    check_exposure(steps)
    if len(target.of_kind(ElementKind.UNIFORM)) < LEAST_PATCHES:
        raise TargetUnsuitable(f"target {target.id} has too few greys; a step tablet of {LEAST_PATCHES} is needed")
    placement = find_target(steps.mean, steps.full_scale, steps.ppi, target)
    patches = grey_patches(steps, target, placement, LEAST_PATCHES)
    slope, offset = (float(c) for c in np.polyfit(patches.reflectance, patches.grey, 1))
    line = slope * patches.reflectance + offset
    off = np.abs(patches.grey - line)
    worst = int(off.argmax())
    unsure = float(patches.uncertainty.max())
    reach = float(np.ptp(patches.reflectance))
    values = (
        Measured("linearity", float(off[worst]), unsure, "grey"),
        Measured("response_slope", slope, unsure * 2 / (reach * np.sqrt(len(off))), "grey"),
        Measured("response_offset", offset, unsure * 2 / np.sqrt(len(off)), "grey"),
    )
    series = {
        "response_reflectance": patches.reflectance.astype(np.float32),
        "response_grey": patches.grey.astype(np.float32),
        "response_line": line.astype(np.float32),
    }
    remarks = (
        ()
        if Correction.FLAT_FIELD in steps.applied
        else ("the frames carry no flat field: uneven light is in this figure",)
    )
    return Measurement("grey_linearity", VERSION, values, series, steps.digests, remarks)

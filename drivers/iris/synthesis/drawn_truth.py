"""What a synthetic iris camera of a serial number truly is, where nobody says it: as good as new, and not perfect."""

from collections.abc import Mapping
from functools import partial

import numpy as np

from drivers import truth_option
from drivers.iris.synthesis.anatomy import PX_PER_MM, WORKING_DISTANCE_MM
from drivers.iris.synthesis.camera_truth import NOMINAL_LEVEL, CameraTruth

_SCALE = 0.02
"""Of the nominal sampling, each axis by itself: magnification of a lens as it is mounted."""


def drawn_truth(seed: int) -> CameraTruth:
    """A truth for a serial number; the same seed gives the same.

    Every value keeps the limits for enrolment, so that a calibration of it passes: what fails is to be asked for, by a
    truth of one's own. Lamps are all but new and a few pixels in a million are stuck: persons look as they do without.
    """
    rng = np.random.default_rng([seed, 0x49524953])
    return CameraTruth(
        px_per_mm_x=PX_PER_MM * (1 + float(rng.uniform(-_SCALE, _SCALE))),
        px_per_mm_y=PX_PER_MM * (1 + float(rng.uniform(-_SCALE, _SCALE))),
        pupil_mm=float(rng.uniform(0, 15)),
        focus_mm=WORKING_DISTANCE_MM + float(rng.uniform(-4, 4)),
        lens_blur_px=float(rng.uniform(0.65, 0.85)),
        aperture_mm=float(rng.uniform(1.5, 1.7)),
        level=NOMINAL_LEVEL * float(rng.uniform(0.99, 1.0)),
        black=float(rng.uniform(3, 5)),
        fall=float(rng.uniform(0.08, 0.14)),
        lamp_x=float(rng.uniform(-0.1, 0.1)),
        lamp_y=float(rng.uniform(-0.1, 0.1)),
        flicker=float(rng.uniform(0.0, 0.02)),
        read_noise=float(rng.uniform(0.8, 1.0)),
        shot_noise=float(rng.uniform(0.017, 0.022)),
        fixed_pattern=float(rng.uniform(0.003, 0.006)),
        stuck_share=float(rng.uniform(3e-6, 1e-5)),
    )


def truth_of(options: CameraTruth | Mapping[str, float] | str, serial_seed: int) -> CameraTruth:
    """The truth of an iris camera from its option, by the rules of `drivers.truth_option`."""
    drawn = partial(drawn_truth, serial_seed)
    return truth_option.truth_of(options, CameraTruth, "of an iris camera", drawn, CameraTruth.of_options)

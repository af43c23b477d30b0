"""Modulation transfer by sine fields."""

from calibration.frames import FrameStack
from calibration.measurement import Measurement
from calibration.scanner.modulation import measure_modulation
from calibration.targets import Target
from drivers.fingerprint.synthesis.target_element import ElementKind

VERSION = "1"


def measure_mtf_sine(upright: FrameStack | None, turned: FrameStack | None, target: Target) -> Measurement:
    """Measure the modulation transfer function at the frequencies of a chart of sines.

    Parameters
    ----------
    upright, turned : FrameStack or None
        The chart upright, and turned clockwise by a quarter. Never sharpened or denoised; best with flat field.
    target : Target
        Of kind `sine`, with four greys or more.

    Returns
    -------
    Measurement
        `mtf_1` ... `mtf_10`, as `measure_modulation` says.

    Raises
    ------
    MeasurementRefused
        By the name of what is wrong with frames or target.

    References
    ----------
    FBI EBTS Appendix F, spatial frequency response: modulation in reflectance over the target's own.
    """
    return measure_modulation("mtf_sine", VERSION, "mtf", ElementKind.SINE, (upright, turned), target)

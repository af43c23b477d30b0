"""Contrast transfer by bar fields; it has limits of its own, and is never held against those of sines."""

from calibration.frames import FrameStack
from calibration.measurement import Measurement
from calibration.scanner.modulation import measure_modulation
from calibration.targets import Target
from drivers.fingerprint.synthesis.target_element import ElementKind

VERSION = "1"


def measure_ctf_bars(upright: FrameStack | None, turned: FrameStack | None, target: Target) -> Measurement:
    """Measure the contrast transfer function at the frequencies of a chart of bars.

    Parameters
    ----------
    upright, turned : FrameStack or None
        The chart upright, and turned clockwise by a quarter. Never sharpened or denoised; best with flat field.
    target : Target
        Of kind `bars`, with four greys or more.

    Returns
    -------
    Measurement
        `ctf_1` ... `ctf_10`, as `measure_modulation` says.

    Raises
    ------
    MeasurementRefused
        By the name of what is wrong with frames or target.

    References
    ----------
    BSI TR-03121-3 v6.0 vol. 2, table 5.1, quoting FBI EBTS Appendix F.
    """
    return measure_modulation("ctf_bars", VERSION, "ctf", ElementKind.BARS, (upright, turned), target)

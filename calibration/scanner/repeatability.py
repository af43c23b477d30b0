"""How much a still scene differs from frame to frame."""

import numpy as np

from calibration.frames import Correction, FrameStack, check_exposure, check_frames, check_fresh
from calibration.measurement import Measured, Measurement

VERSION = "1"
FRAMES = 10
FORBIDDEN = (Correction.DENOISING,)


def measure_repeatability(frames: FrameStack) -> Measurement:
    """Measure each pixel's deviation over time, and how the level wanders.

    Parameters
    ----------
    frames : FrameStack
        Ten or more of anything that lies still.

    Returns
    -------
    Measurement
        `temporal_noise` (grey, root mean square over the pixels), `temporal_noise_most` (the 999th of a thousand
        pixels), `level_wander` (deviation of the frames' means, grey). Series `temporal_noise_map`.

    Raises
    ------
    AlreadyCorrected, TooFewFrames, GainChanged, Overexposed, Underexposed
    """
    check_frames(frames, FRAMES, FORBIDDEN)
    check_exposure(frames)
    check_fresh(frames, lit=True)
    deviation = np.sqrt(frames.variance)
    levels = frames.pixels.mean(axis=(1, 2), dtype=np.float64)
    degrees = len(frames) - 1
    root = float(np.sqrt(frames.variance.mean(dtype=np.float64)))
    most = float(np.quantile(deviation, 0.999))
    wander = float(levels.std(ddof=1))
    values = (
        Measured("temporal_noise", root, root / float(np.sqrt(2 * degrees * frames.mean.size)) + 0.005, "grey"),
        Measured("temporal_noise_most", most, most / float(np.sqrt(2 * degrees)), "grey"),
        Measured("level_wander", wander, wander / float(np.sqrt(2 * degrees)), "grey"),
    )
    return Measurement(
        "repeatability", VERSION, values, {"temporal_noise_map": deviation.astype(np.float32)}, frames.digests
    )

"""Whether an iris camera's exposure and gain do what they say, and how bright it takes a grey card.

Target: the grey card; frames at four exposures or more, lamps and gain as in use.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from calibration.camera.frames import SATURATED, digests, stack_of
from calibration.errors import GainChanged, Overexposed, TooFewFrames
from calibration.measurement import Measured, Measurement

PROCEDURE, VERSION = "exposure", "1"
MIN_STEPS = 4
_TOLD = ("exposure is as the camera tells it, not measured", "pajanan menurut kamera, tidak diukur")
_NOT_SET = (
    "this camera's exposure cannot be set from here: whether grey follows it was not measured",
    "pajanan kamera ini tidak dapat disetel dari sini: apakah abu-abu mengikutinya tidak diukur",
)
_LEAST_RATIO = 1.8
_MOST_CLIPPED = 0.01
_LEAST_FOLLOWED = 0.5


@dataclass(frozen=True, eq=False)
class ExposureStep:
    """Frames at one setting.

    Parameters
    ----------
    exposure_ms, gain_db : float
        As the camera tells them.
    frames : sequence of (height, width) uint8
    """

    exposure_ms: float
    gain_db: float
    frames: Sequence[NDArray[np.uint8]]

    def __post_init__(self) -> None:
        if not 0 < self.exposure_ms < inf or not -60 <= self.gain_db <= 60:
            raise ValueError(f"no camera exposes for {self.exposure_ms} ms at {self.gain_db} dB")

    @property
    def taken(self) -> float:
        """Exposure times gain, in milliseconds without gain."""
        return float(self.exposure_ms * 10 ** (self.gain_db / 20))


def measure(steps: Sequence[ExposureStep], in_use: ExposureStep) -> Measurement:
    """`exposure` in ms and `grey_card` as in use; `exposure_linearity` in percent; `black`; `grey_depth` in bits.

    `exposure_linearity` is the largest departure of a step's mean grey from the line through all, in percent of the
    brightest step's: a grey that is not in proportion to light makes contrasts wrong.

    Parameters
    ----------
    steps : sequence of ExposureStep
        At least four, from the shortest to twice as long or more.
    in_use : ExposureStep
        As the camera is set for captures.

    Raises
    ------
    TooFewFrames
        Too few steps, or they are too much alike.
    Overexposed
        A step, or the setting in use, clips more than 1 % of the pixels.
    GainChanged
        Brightness does not follow the setting: automatic exposure is on, or the camera takes no notice.
    """
    taken = np.array([step.taken for step in steps])
    if len(np.unique(taken)) < MIN_STEPS or taken.max() < _LEAST_RATIO * taken.min():
        raise TooFewFrames(f"{MIN_STEPS} exposures are needed, the longest {_LEAST_RATIO:g} times the shortest or more")
    levels = np.array([_mean_grey(step) for step in steps])
    slope, black = np.polyfit(taken, levels, 1)
    rise = float(np.ptp(levels)) / max(float(levels.max()), 1e-6)
    # Light and black: without an offset, brightness would rise by as much as exposure does.
    expected = 1 - float(taken.min() / taken.max())
    if slope <= 0 or rise < _LEAST_FOLLOWED * expected:
        raise GainChanged(
            f"grey rose by {100 * rise:.0f} % where exposure rose by {100 * (taken.max() / taken.min() - 1):.0f} %;"
            " switch automatic exposure and gain off, and see that the setting takes effect"
        )
    off = levels - np.polyval((slope, black), taken)
    worst = 100 * float(np.abs(off).max()) / float(levels.max())
    scatter = float(off.std(ddof=2)) if len(off) > 2 else 0.0
    about = float(np.square(taken - taken.mean()).sum())
    values = (
        Measured("exposure", in_use.exposure_ms, 0.0, "ms"),
        Measured("grey_card", _mean_grey(in_use), scatter, "grey"),
        Measured("exposure_linearity", worst, 100 * scatter / float(levels.max()), "%"),
        Measured("black", float(black), scatter * (1 / len(taken) + float(taken.mean()) ** 2 / about) ** 0.5, "grey"),
        Measured("grey_depth", _grey_depth(in_use), 0.0, "bit"),
    )
    series = {"taken_ms": taken.astype(np.float32), "grey": levels.astype(np.float32)}
    frames = [frame for step in (*steps, in_use) for frame in step.frames]
    return Measurement(PROCEDURE, VERSION, values, series, digests(frames), _TOLD)


def measure_in_use(exposure_ms: float | None, frames: Sequence[NDArray[np.uint8]]) -> Measurement:
    """`exposure` in ms where the camera tells it, `grey_card` and `grey_depth` as in use; no linearity.

    For a camera whose exposure cannot be set from here: whether grey follows it stays unknown, and that is said.

    Raises
    ------
    Overexposed
        More than 1 % of the pixels are clipped.
    """
    in_use = ExposureStep(exposure_ms or 1.0, 0.0, frames)
    values = [
        Measured("grey_card", _mean_grey(in_use), 0.1, "grey"),
        Measured("grey_depth", _grey_depth(in_use), 0.0, "bit"),
    ]
    if exposure_ms is not None:
        values.insert(0, Measured("exposure", exposure_ms, 0.0, "ms"))
    return Measurement(PROCEDURE, VERSION, tuple(values), {}, digests(frames), (*_TOLD, *_NOT_SET))


def _mean_grey(step: ExposureStep) -> float:
    stack = stack_of(step.frames)
    clipped = float((stack >= SATURATED).mean())
    if clipped > _MOST_CLIPPED:
        raise Overexposed(f"at {step.exposure_ms:g} ms {100 * clipped:.0f} % of the pixels are clipped; expose shorter")
    height, width = stack.shape[1:]
    middle = stack[:, height // 4 : 3 * height // 4, width // 4 : 3 * width // 4]
    return float(middle.mean(dtype=np.float64))


def _grey_depth(step: ExposureStep) -> float:
    """Bits of the grey levels in use: a camera that drops the lowest bits leaves gaps between levels."""
    counts = np.bincount(stack_of(step.frames).ravel(), minlength=256)
    used = np.flatnonzero(counts > counts.sum() * 1e-5)
    if len(used) < 2:
        return 0.0
    return 8.0 - float(np.log2(np.median(np.diff(used))))

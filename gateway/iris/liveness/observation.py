"""What is looked at: frames in their order, what was found in each, and when the room light changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from gateway.iris.geometry import IrisAnalysis, IrisGeometry, IrisOutcome
from gateway.iris.sample import check_sample


@dataclass(frozen=True, eq=False)
class ObservedFrame:
    """One frame of a sequence.

    Parameters
    ----------
    time_s : float
        When it was taken, seconds of any one clock.
    pixels : (height, width) uint8 or uint16
    analysis : IrisAnalysis
        Of these pixels, by `gateway.iris.analyze`.

    Raises
    ------
    ValueError
        The time is not finite, the pixels are no sample, or the analysis is of an image of another shape.
    """

    time_s: float
    pixels: NDArray[np.uint8] | NDArray[np.uint16]
    analysis: IrisAnalysis

    def __post_init__(self) -> None:
        if not isfinite(self.time_s):
            raise ValueError(f"time_s must be finite, not {self.time_s}")
        check_sample(self.pixels)
        geometry = self.analysis.geometry
        if geometry is not None and geometry.mask.shape != self.pixels.shape:
            raise ValueError(f"the analysis is of an image of {geometry.mask.shape}, not {self.pixels.shape}")

    @property
    def geometry(self) -> IrisGeometry | None:
        """Where the iris is; None where none was found whole and open."""
        return self.analysis.geometry if self.analysis.outcome is IrisOutcome.FOUND else None


@dataclass(frozen=True)
class LightStep:
    """A change of the visible light that the pupil can answer, on the frames' clock."""

    time_s: float
    brighter: bool = True


def check_order(sequence: Sequence[ObservedFrame]) -> None:
    """ValueError unless each frame is later than the one before."""
    for before, after in pairwise(sequence):
        if after.time_s <= before.time_s:
            raise ValueError(
                f"frames must be in the order of their times: {after.time_s} s comes after {before.time_s} s"
            )


def spread_out(count: int, most: int) -> list[int]:
    """At most `most` indices of `count`, evenly spread."""
    return sorted({round(at) for at in np.linspace(0, count - 1, min(count, most))}) if count else []

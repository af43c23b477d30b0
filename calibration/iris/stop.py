"""Frames of a target at one distance of several."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from calibration.errors import TooFewFrames


@dataclass(frozen=True, eq=False)
class DistanceStop:
    """The target at one place of the rail.

    Parameters
    ----------
    distance_mm : float
        From the camera's face, as the technician read it.
    frames : sequence of (height, width) uint8
    told_mm : float, optional
        Where the camera says that it is focused, or that the target is.
    """

    distance_mm: float
    frames: Sequence[NDArray[np.uint8]]
    told_mm: float | None = None

    def __post_init__(self) -> None:
        if not 0 < self.distance_mm < inf:
            raise ValueError(f"a distance is positive, not {self.distance_mm}")


def in_order(stops: Sequence[DistanceStop], least: int) -> list[DistanceStop]:
    """The stops from near to far.

    Raises
    ------
    TooFewFrames
        Fewer than `least` distances.
    """
    ordered = sorted(stops, key=lambda stop: stop.distance_mm)
    different = len({stop.distance_mm for stop in ordered})
    if different < least:
        raise TooFewFrames(f"{least} different distances are needed and {different} were given; add stops to the rail")
    return ordered

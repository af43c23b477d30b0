"""Frames of targets before a synthetic iris camera of a known truth."""

import numpy as np
from numpy.typing import NDArray

from drivers.iris.synthesis.camera_truth import CameraTruth, TargetPlacement
from drivers.iris.synthesis.target_frame import target_frame

SHAPE = (480, 640)


def shots(
    placement: TargetPlacement | None = None,
    truth: CameraTruth | None = None,
    count: int = 4,
    *,
    first: int = 0,
    times_s: NDArray[np.float64] | None = None,
) -> list[NDArray[np.uint8]]:
    """So many frames one after the other; by default of the square before a good camera."""
    times = np.zeros(count) if times_s is None else times_s
    return [
        target_frame(
            placement or TargetPlacement(),
            truth or CameraTruth(),
            SHAPE,
            serial=5,
            tick=first + number,
            seconds=float(seconds),
        )
        for number, seconds in enumerate(times)
    ]


def values(measurement: object) -> dict[str, float]:
    """Measured values by name."""
    return {value.name: value.value for value in measurement.values}  # type: ignore[attr-defined]

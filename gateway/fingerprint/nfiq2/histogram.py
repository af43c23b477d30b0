"""A measure that NFIQ 2 takes in many places: ten bins, mean and deviation."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class MeasureHistogram:
    """Distribution of a local measure over one sample."""

    bins: tuple[int, ...]
    """Counts in ten bins."""
    mean: float
    """0 where nothing could be measured."""
    deviation: float
    """Population standard deviation."""


def measure_histogram(values: NDArray[np.float64], limits: tuple[float, ...]) -> MeasureHistogram:
    """Of (n,) `values`; `limits` are the nine upper limits, not included in their bins."""
    counts = np.bincount(np.searchsorted(limits, values, side="right"), minlength=10)
    bins = tuple(counts.tolist())
    return MeasureHistogram(bins, float(values.mean()), float(values.std())) if len(values) else _nothing(bins)


def _nothing(bins: tuple[int, ...]) -> MeasureHistogram:
    return MeasureHistogram(bins, 0.0, 0.0)

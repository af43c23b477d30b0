"""Projected cylinders: a minutia's surroundings in 64 numbers, for a search's first look."""

from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from gateway.fingerprint.matching.cylinders import Cylinders

DIRECTIONS = 64


def projected_cylinders(cylinders: Cylinders) -> NDArray[np.float32]:
    """(n, 64) cylinders less the mean one, along the directions that they differ most in; of length 1, or 0 where a
    cylinder is not valid."""
    mean, directions = _stored()
    result = centred_cylinders(cylinders, mean) @ directions
    result /= np.maximum(np.linalg.norm(result, axis=1, keepdims=True), np.float32(1e-6))
    return np.asarray(result)


def centred_cylinders(cylinders: Cylinders, mean: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, cells * angles) values less `mean` in the valid cells: those that are not valid shall say nothing."""
    angles = cylinders.values.shape[1] // cylinders.valid.shape[1]
    return cylinders.values - np.repeat(cylinders.valid, angles, axis=1) * mean


@cache
def _stored() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(cells * angles,) the mean cylinder of the fit's prints, and (cells * angles, 64) the directions."""
    with (files("gateway.fingerprint.matching") / "cylinder_projection.npy").open("rb") as stream:
        stored = np.load(stream, allow_pickle=False).astype(np.float32)
    return stored[0], np.ascontiguousarray(stored[1:].T)

"""The edges of the two lids, and how a blink closes them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.iris.synthesis.anatomy import EyeAnatomy

STILL_ABOVE_MM = 16.0
"""Skin this far above the iris centre does not follow a blink."""


@dataclass(frozen=True, eq=False)
class LidEdges:
    """Where the lids end, millimetres from the resting iris centre, y downwards.

    Parameters
    ----------
    x : (n,) float32
        Towards the nose.
    along : (n,) float32
        -1 at the temporal corner, 1 at the nasal one, further outside.
    upper, lower : (n,) float32
        Equal outside the corners.
    """

    x: NDArray[np.float32]
    along: NDArray[np.float32]
    upper: NDArray[np.float32]
    lower: NDArray[np.float32]

    def every(self, step: int) -> "LidEdges":
        """The same at every `step`-th column."""
        return LidEdges(self.x[::step], self.along[::step], self.upper[::step], self.lower[::step])


def lid_edges(eye: EyeAnatomy, x: NDArray[np.float32], openness: float, gaze_down_mm: float) -> LidEdges:
    """The lids of an eye at rest.

    Parameters
    ----------
    eye : EyeAnatomy
    x : (n,) float32
    openness : float
        Height of the fissure, relative to the eye's own; a low lid is low by the upper lid, mostly.
    gaze_down_mm : float
        How far the iris is below its rest; lids follow the gaze in part.
    """
    (nasal_x, nasal_y), (temporal_x, temporal_y) = eye.nasal_corner, eye.temporal_corner
    along = np.where(x < 0, x / -temporal_x, x / nasal_x)
    corner = temporal_y + (nasal_y - temporal_y) * np.clip((x - temporal_x) / (nasal_x - temporal_x), 0, 1)
    height = eye.upper_lid + eye.lower_lid
    upper_at = -eye.upper_lid + (1 - openness) * height * 0.85 + 0.6 * gaze_down_mm
    lower_at = eye.lower_lid - (1 - openness) * height * 0.15 + 0.35 * gaze_down_mm
    upper = corner + (upper_at - corner) * _arch(x, eye.upper_peak, temporal_x, nasal_x, 2.3)
    lower = corner + (lower_at - corner) * _arch(x, -0.8 * eye.upper_peak - 0.6, temporal_x, nasal_x, 2.0)
    return LidEdges(
        x.astype(np.float32),
        along.astype(np.float32),
        np.minimum(upper, lower).astype(np.float32),
        lower.astype(np.float32),
    )


def _arch(x: NDArray[np.float32], peak: float, temporal_x: float, nasal_x: float, power: float) -> NDArray[np.float32]:
    """1 at `peak`, 0 at the corners and beyond, round between."""
    away = np.where(x < peak, (x - peak) / (temporal_x - peak), (x - peak) / (nasal_x - peak))
    return np.asarray(1 - np.clip(np.abs(away), 0, 1) ** power, np.float32)


def unblinked_rows(edges: LidEdges, y: NDArray[np.float32], closing: float) -> NDArray[np.float32]:
    """Where each point of a blinking eye lies when it is open.

    Parameters
    ----------
    edges : LidEdges
        Of n columns.
    y : (m,) float32
    closing : float
        0 open, 1 closed.

    Returns
    -------
    (m, n) float32
        y of the open eye: the skin above stretches, the fissure and its lashes are squeezed, what lies below stays.
    """
    upper, lower = edges.upper[None, :], edges.lower[None, :]
    edge = upper + np.float32(0.97 * closing) * (lower - upper)
    rows = y[:, None]
    skin = -STILL_ABOVE_MM + (rows + STILL_ABOVE_MM) * (upper + STILL_ABOVE_MM) / (edge + STILL_ABOVE_MM)
    fissure = lower + (rows - lower) * (upper - lower) / np.minimum(edge - lower, -1e-3)
    source = np.where(rows < edge, skin, fissure)
    return np.asarray(np.where((rows < -STILL_ABOVE_MM) | (rows > lower), rows, source), np.float32)

"""Modulation transfer of an iris camera at its working distance, from the sides of the square target.

Target: the square, of an ink that is black at 850 nm, turned by 2 to 10 degrees, in the middle of the frame.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, hypot

import numpy as np
from numpy.typing import NDArray

from calibration.camera.frames import check_light, check_steady, digests, stack_of
from calibration.camera.square import SquareInFrame, square_in
from calibration.camera.target import IRIS_SQUARE, CameraTarget
from calibration.errors import TargetOffPlace
from calibration.measurement import Measured, Measurement
from calibration.slanted_edge import EdgeMtf, slanted_edge_mtf

PROCEDURE, VERSION = "mtf_edge", "1"
MIN_FRAMES = 4
CYCLES_PER_MM = (1.0, 2.0, 3.0, 4.0)
_REACH_PX = 20
_MIDDLE = 0.72


@dataclass(frozen=True, eq=False)
class SquareMtf:
    """Transfer across and down, and the sampling that it was seen with.

    Parameters
    ----------
    square : SquareInFrame
    across : tuple of EdgeMtf
        Of the left and the right side.
    down : tuple of EdgeMtf
        Of the lower side; the dot lies above the upper one.
    px_per_mm : (float, float)
    """

    square: SquareInFrame
    across: tuple[EdgeMtf, ...]
    down: tuple[EdgeMtf, ...]
    px_per_mm: tuple[float, float]

    def at(self, cycles_per_mm: float) -> tuple[tuple[float, float], tuple[float, float]]:
        """Modulation and its standard uncertainty, across and down; `ValueError` beyond half the sampling."""
        return (
            _mean_at(self.across, cycles_per_mm / self.px_per_mm[0]),
            _mean_at(self.down, cycles_per_mm / self.px_per_mm[1]),
        )

    @property
    def highest(self) -> float:
        """Cycles per millimetre that both axes can show."""
        return min(self.px_per_mm) / 2

    def worse_at(self, cycles_per_mm: float) -> tuple[float, float]:
        """The axis with less modulation."""
        return min(self.at(cycles_per_mm))


def square_mtf(
    frames: Sequence[NDArray[np.uint8]], target: CameraTarget = IRIS_SQUARE, distance_mm: float | None = None
) -> SquareMtf:
    """Transfer across and down from frames of the square target.

    Raises
    ------
    MeasurementRefused
        One of its children: as `square_in` and `slanted_edge_mtf` say.
    """
    stack = stack_of(frames, MIN_FRAMES)
    check_light(stack)
    check_steady(stack)
    square = square_in(stack.mean(axis=0, dtype=np.float64), target, distance_mm)
    a, b, c, d = square.corners
    across = (_side_mtf(stack, d, a), _side_mtf(stack, b, c))
    down = (_side_mtf(stack, c, d),)
    px_per_mm = (square.px_per_side[0] / target.side_mm, square.px_per_side[1] / target.side_mm)
    return SquareMtf(square, across, down, px_per_mm)


def measure(
    frames: Sequence[NDArray[np.uint8]], target: CameraTarget = IRIS_SQUARE, distance_mm: float | None = None
) -> Measurement:
    """Modulation at 1 to 4 line pairs per millimetre at the eye: `modulation_2` and so on, of the worse axis.

    Parameters
    ----------
    frames : sequence of (height, width) uint8
        At least four, as the camera delivers them, without sharpening.
    target : CameraTarget
    distance_mm : float, optional
        About where the target is held.

    Raises
    ------
    MeasurementRefused
        As `square_mtf`.
    """
    found = square_mtf(frames, target, distance_mm)
    values = []
    for cycles in (c for c in CYCLES_PER_MM if c <= found.highest):
        axes = found.at(cycles)
        for name, (modulation, uncertainty) in zip(("_x", "_y", ""), (*axes, min(axes)), strict=True):
            values.append(Measured(f"modulation_{cycles:g}{name}", modulation, uncertainty, "1"))
    grid = np.linspace(0, floor(2 * found.highest) / 2, 81)
    curves = np.array([[value for value, _ in found.at(f)] for f in grid], np.float32)
    series = {"cycles_per_mm": grid.astype(np.float32), "mtf_x": curves[:, 0], "mtf_y": curves[:, 1]}
    return Measurement(PROCEDURE, VERSION, tuple(values), series, digests(frames))


def _side_mtf(stack: NDArray[np.uint8], a: NDArray[np.float64], b: NDArray[np.float64]) -> EdgeMtf:
    """Of the middle part of one side."""
    middle, along = (a + b) / 2, (b - a) * _MIDDLE / 2
    lengthwise = 1 if abs(along[1]) > abs(along[0]) else 0
    half = np.abs(along)
    half[1 - lengthwise] += _REACH_PX
    left, top = np.floor(middle - half).astype(int)
    right, bottom = np.ceil(middle + half).astype(int) + 1
    height, width = stack.shape[1:]
    if left < 0 or top < 0 or right > width or bottom > height:
        raise TargetOffPlace("the square is too near the frame's rim; move it to the middle, or a little farther away")
    return slanted_edge_mtf(stack[:, top:bottom, left:right])


def _mean_at(edges: tuple[EdgeMtf, ...], cycles_per_px: float) -> tuple[float, float]:
    found = [edge.at(cycles_per_px) for edge in edges]
    mean = float(np.mean([value for value, _ in found]))
    noise = hypot(*(uncertainty for _, uncertainty in found)) / len(found)
    # What the sides differ by beyond their noise is the lens: it counts for a place between them.
    spread = float(np.ptp([value for value, _ in found])) / 2 if len(found) > 1 else 0.0
    return mean, hypot(noise, spread / 3**0.5)

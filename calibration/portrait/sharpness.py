"""How sharp a portrait camera is where the face will be.

Target: the colour card, turned by 2 to 10 degrees; sharpening of the camera off, or it is measured too.
"""

from collections.abc import Sequence
from math import hypot

import numpy as np
from numpy.typing import NDArray

from calibration.camera.frames import digests
from calibration.camera.square import SquareInFrame
from calibration.camera.target import PORTRAIT_CARD, CameraTarget
from calibration.measurement import Measured, Measurement
from calibration.portrait.colour_card import colour_card_in
from calibration.slanted_edge import EdgeMtf, slanted_edge_mtf

PROCEDURE, VERSION = "sharpness", "1"
_REACH_PX = 14
_MIDDLE = 0.8
_SHARPENED = 1.05


def measure(
    frames: Sequence[NDArray[np.uint8]], target: CameraTarget = PORTRAIT_CARD, distance_mm: float | None = None
) -> Measurement:
    """`mtf50` in cycles per pixel, `modulation_quarter` at a quarter cycle per pixel, of the worse axis, in green.

    `overshoot` is the most modulation anywhere: beyond 1.05 the camera sharpens, and the figures flatter it.

    Raises
    ------
    MeasurementRefused
        As `colour_card_in` and `slanted_edge_mtf`.
    """
    card = colour_card_in(frames, target, distance_mm)
    green = card.linear[..., 1]
    a, b, c, d = card.square.corners
    across = [_side(green, card.square, one, other) for one, other in ((d, a), (b, c))]
    down = [_side(green, card.square, d, c)]
    axes = [_axis(across), _axis(down)]
    quarter = min((np.interp(0.25, f, m), np.interp(0.25, f, u)) for f, m, u in axes)
    half = min(_mtf50(*axis) for axis in axes)
    top = max((float(m.max()), float(u[m.argmax()])) for _, m, u in axes)
    values = (
        Measured("mtf50", *half, "cycles/px"),
        Measured("modulation_quarter", float(quarter[0]), float(quarter[1]), "1"),
        Measured("overshoot", *top, "1"),
    )
    series = {
        "cycles_per_px": axes[0][0].astype(np.float32),
        "mtf_x": axes[0][1].astype(np.float32),
        "mtf_y": axes[1][1].astype(np.float32),
    }
    remarks: tuple[str, ...] = ()
    if top[0] - 2 * top[1] > _SHARPENED:
        remarks = (
            "the camera sharpens its pictures: the figures are better than its lens",
            "kamera menajamkan gambar: angka ini lebih baik daripada lensanya",
        )
    return Measurement(PROCEDURE, VERSION, values, series, digests(frames), remarks)


_Curve = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


def _side(stack: NDArray[np.float32], square: SquareInFrame, a: NDArray[np.float64], b: NDArray[np.float64]) -> EdgeMtf:
    middle, along = (a + b) / 2, np.abs(b - a) * _MIDDLE / 2
    reach = min(_REACH_PX, 0.2 * square.side_px)
    along[0 if along[1] > along[0] else 1] += reach
    (left, top), (right, bottom) = np.floor(middle - along).astype(int), np.ceil(middle + along).astype(int) + 1
    return slanted_edge_mtf(stack[:, max(top, 0) : bottom, max(left, 0) : right])


def _axis(edges: list[EdgeMtf]) -> _Curve:
    modulation = np.mean([edge.modulation for edge in edges], axis=0)
    spread = np.sqrt(np.sum([edge.uncertainty**2 for edge in edges], axis=0)) / len(edges)
    return edges[0].frequency, modulation, spread


def _mtf50(
    frequency: NDArray[np.float64], modulation: NDArray[np.float64], spread: NDArray[np.float64]
) -> tuple[float, float]:
    """Where modulation first falls below a half; half the sampling where it does not."""
    below = np.flatnonzero(modulation < 0.5)
    if not len(below):
        return float(frequency[-1]), 0.01
    last = int(below[0])
    part = (modulation[last - 1] - 0.5) / (modulation[last - 1] - modulation[last])
    step = float(frequency[1] - frequency[0])
    slope = max(
        float(modulation[max(last - 6, 0)] - modulation[min(last + 6, len(modulation) - 1)]) / (12 * step), 1e-3
    )
    return float(frequency[last - 1] + part * step), hypot(float(spread[last]) / slope, step / 10)

"""Drawn eyes, whose truth is known: how far the outlines stray from it, and how often guidance is right.

The eyes are others than those that anything was set on (`FIRST_EYE` and after).
"""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.iris.synthesis.condition import CONDITIONS
from drivers.iris.synthesis.drawn_eye import drawn_eye
from drivers.iris.synthesis.eye import Ellipse
from gateway.iris import Contour, analyze
from tests.benchmarks.iris_figure import POOLED, IrisFigure
from tests.benchmarks.iris_guidance import fits

FIRST_EYE = 7001
RADIUS = 100.0
"""Pixels of the iris that every eye is scaled to."""


@dataclass(frozen=True)
class DrawnResult:
    """What came of one condition.

    Parameters
    ----------
    condition : str
    eyes : int
    right : int
        Eyes whose first remark fits, or that fittingly have none.
    pupil_squares, limbus_squares : tuple of float
        Mean square of the outline's distance from the truth, of each eye that was outlined; pixels at `RADIUS`.
    """

    condition: str
    eyes: int
    right: int
    pupil_squares: tuple[float, ...]
    limbus_squares: tuple[float, ...]


def square_distance(contour: Contour, truth: Ellipse) -> float:
    """Mean square of an outline's distance from an ellipse, along the rays from the ellipse's centre; pixels."""
    offset = contour.points.astype(np.float64) - (truth.x, truth.y)
    cos, sin = np.cos(truth.angle), np.sin(truth.angle)
    along, across = offset[:, 0] * cos + offset[:, 1] * sin, offset[:, 1] * cos - offset[:, 0] * sin
    share = np.hypot(along / truth.semi_major, across / truth.semi_minor)
    return float(np.mean(((share - 1) * np.hypot(along, across) / np.maximum(share, 1e-6)) ** 2))


def drawn_result(condition: str, eyes: int) -> DrawnResult:
    """Analyse the first `eyes` eyes in a condition."""
    right, pupils, limbi = 0, [], []
    for eye in range(FIRST_EYE, FIRST_EYE + eyes):
        drawn = drawn_eye(eye, 1, condition)
        found = analyze(drawn.pixels)
        right += fits(condition, found.guidance)
        if found.geometry is not None:
            iris = drawn.truth.iris
            scale = RADIUS**2 / (iris.semi_major * iris.semi_minor)
            pupils.append(scale * square_distance(found.geometry.pupil, drawn.truth.pupil))
            limbi.append(scale * square_distance(found.geometry.limbus, iris))
    return DrawnResult(condition, eyes, right, tuple(pupils), tuple(limbi))


def figures(pool: Executor, eyes: int, conditions: Sequence[str] = tuple(CONDITIONS)) -> list[IrisFigure]:
    """Of each condition: guidance, then outlines over all eyes that have any."""
    results = list(pool.map(drawn_result, conditions, [eyes] * len(conditions)))
    found = [
        IrisFigure(
            f"guidance right, {result.condition}",
            {POOLED: 100 * result.right / result.eyes},
            "%",
            95 if result.condition == "clean" else 90,
            98,
            "higher",
            note=f"{result.eyes} drawn eyes",
        )
        for result in results
    ]
    for name, squares in (
        ("pupil", {result.condition: result.pupil_squares for result in results}),
        ("limbus", {result.condition: result.limbus_squares for result in results}),
    ):
        every = np.array([square for of_condition in squares.values() for square in of_condition])
        note = f"{len(every)} of {eyes * len(results)} outlined, median eye {_root(np.median(every)):.2f} px"
        found.append(
            IrisFigure(f"{name}: rms from the truth at R = 100", {POOLED: _rms(every)}, "px", 2, 0.7, note=note)
        )
        found += [
            IrisFigure(f"  {condition}", {POOLED: _rms(np.array(of_condition))}, "px", note=_spread(of_condition))
            for condition, of_condition in squares.items()
        ]
    return found


def _rms(squares: NDArray[np.float64]) -> float:
    return _root(squares.mean()) if len(squares) else float("nan")


def _root(square: float | np.floating) -> float:
    return float(np.sqrt(square))


def _spread(squares: Sequence[float]) -> str:
    if not squares:
        return "none outlined"
    return f"{len(squares)} outlined, median {_root(np.median(squares)):.2f}, worst {_root(max(squares)):.2f}"

"""Drawn figures as a camera would see them."""

import numpy as np
from numpy.typing import NDArray

from drivers.portrait.synthesis.condition import CONDITIONS
from drivers.portrait.synthesis.figure import drawn_figure
from drivers.portrait.synthesis.light import automatic
from drivers.portrait.synthesis.picture import Studio
from drivers.portrait.synthesis.visit import Pose

PX_PER_MM = 1.1
"""Of a frame 480 pixels high, at 700 mm."""


def figure(
    face: int,
    condition: str = "clean",
    *,
    width: int = 640,
    height: int = 480,
    x_mm: float = 0.0,
    y_mm: float = 0.0,
    roll_deg: float | None = None,
) -> NDArray[np.uint8]:
    """(height, width, 3) uint8: figure `face`, its eyes at `eyes_at` but for the offset."""
    seen = CONDITIONS[condition]
    x, y = seen.offset_mm[0] + x_mm, seen.offset_mm[1] + y_mm
    roll = seen.roll_deg if roll_deg is None else roll_deg
    pose = Pose(x, y, seen.distance_mm, roll, seen.gaze, seen.closing)
    studio = Studio(face % 7, width, height)
    return studio.frame(drawn_figure(face), pose, seen, automatic(seen.light), 5000.0, face)


def wall(width: int = 640, height: int = 480) -> NDArray[np.uint8]:
    """The empty place."""
    seen = CONDITIONS["clean"]
    return Studio(1, width, height).frame(None, None, seen, automatic(seen.light), 5000.0, 1)


def eyes_at(width: int = 640, height: int = 480) -> tuple[float, float]:
    """Between the eyes of a figure without an offset; pixels."""
    return width / 2, 0.45 * height

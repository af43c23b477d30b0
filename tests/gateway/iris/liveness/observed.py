"""Sequences to judge: bare circles whose pupil does what a test says, and drawn eyes."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from drivers.iris.synthesis.sequence import drawn_sequence
from gateway.iris import Contour, IrisAnalysis, IrisGeometry, IrisOutcome, analyze
from gateway.iris.liveness import ObservedFrame

SHAPE = (240, 320)


def circle(radius: float, x: float = 160.0, y: float = 120.0) -> Contour:
    angle = np.arange(256) * (2 * np.pi / 256)
    return Contour(np.stack([x + radius * np.cos(angle), y + radius * np.sin(angle)], axis=1).astype(np.float32))


def circles(
    time_s: float, pupil: float, limbus: float = 100.0, pixels: NDArray[np.uint8] | None = None
) -> ObservedFrame:
    """A frame with a found iris of these radii."""
    grey = np.zeros(SHAPE, np.uint8) if pixels is None else pixels
    geometry = IrisGeometry(
        pupil=circle(pupil),
        limbus=circle(limbus),
        mask=np.zeros(grey.shape, bool),
        upper_lid=None,
        lower_lid=None,
        glints=np.zeros(grey.shape, bool),
        pupil_scatter=0.0,
        limbus_scatter=0.0,
        limbus_step=(20.0, 20.0),
    )
    return ObservedFrame(time_s, grey, analysis(geometry, IrisOutcome.FOUND))


def analysis(geometry: IrisGeometry | None, outcome: IrisOutcome) -> IrisAnalysis:
    return IrisAnalysis(outcome, geometry, None, np.zeros((64, 512), np.uint8), np.zeros((64, 512), bool), 1.0)


def pupils(radii: NDArray[np.float64], rate: float) -> list[ObservedFrame]:
    return [circles(at / rate, float(radius)) for at, radius in enumerate(radii)]


@cache
def drawn(eye: int, artefact: str | None = None, condition: str = "clean", step: bool = True) -> list[ObservedFrame]:
    """2.4 s at 12 frames a second, with a flash after 0.8 s if `step`."""
    frames = drawn_sequence(
        eye, 1, condition, artefact=artefact, seconds=2.4, frame_rate=12, light_step=(0.8, 1500.0) if step else None
    )
    return [ObservedFrame(frame.time_s, frame.pixels, analyze(frame.pixels)) for frame in frames]

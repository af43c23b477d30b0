"""Frames of one eye in sequence, on a clock of their own: as the camera's, without waiting for them."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from drivers.iris.synthesis.artefact import artefact_named
from drivers.iris.synthesis.condition import condition_named
from drivers.iris.synthesis.drawn_eye import ROOM_LUX, check_seeds, frame_scale, frame_truths, seen_frame
from drivers.iris.synthesis.eye import EyeTruth
from drivers.iris.synthesis.optics import sensor_of
from drivers.iris.synthesis.person import drawn_person
from drivers.iris.synthesis.sitter import Chosen, Visit


@dataclass(frozen=True, eq=False)
class TimedFrame:
    """A frame, its truth, and its time since the eye had settled, seconds."""

    time_s: float
    pixels: NDArray[np.uint8]
    truth: EyeTruth


def drawn_sequence(
    eye: int,
    impression: int,
    condition: str = "clean",
    *,
    artefact: str | None = None,
    side: str = "right",
    seconds: float = 4.0,
    frame_rate: float = 15.0,
    lux: float = ROOM_LUX,
    light_step: tuple[float, float] | None = None,
    width: int = 640,
    height: int = 480,
) -> Iterator[TimedFrame]:
    """Draw a settled eye frame by frame: it sways, blinks, and its pupil moves. The same arguments, the same frames.

    Parameters
    ----------
    eye, impression, condition, artefact, side, width, height
        As for `drawn_eye`.
    seconds, frame_rate : float
    lux : float
        Visible light at first.
    light_step : (float, float), optional
        When it changes, and to how many lux.

    Raises
    ------
    ValueError
        As for `drawn_eye`; or a duration, rate or light that is negative or not finite.
    """
    check_seeds(eye, None, impression)
    condition_named(condition)
    artefact_named(artefact)
    if side not in ("right", "left"):
        raise ValueError(f"an eye is the right or the left one, not {side!r}")
    told = (seconds, lux, *(light_step or ()))
    if not 0 < frame_rate < inf or not all(0 <= value < inf for value in told):
        raise ValueError("seconds, lux and light_step must be finite and not negative, and frame_rate above 0")
    scale = frame_scale(width, height, twin=False)
    chosen = Chosen(eye, None, impression, condition, artefact)
    return _frames(chosen, side, scale, (height, width), np.arange(0, seconds, 1 / frame_rate), lux, light_step)


def _frames(
    chosen: Chosen,
    side: str,
    scale: float,
    shape: tuple[int, int],
    times: NDArray[np.float64],
    lux: float,
    light_step: tuple[float, float] | None,
) -> Iterator[TimedFrame]:
    person, stance = drawn_person(chosen, nose_right=side == "right", scale=scale, lux=lux)
    # Sway is a function of the clock: every sitting begins at another time, and with another time to the next blink.
    began = np.random.default_rng([chosen.eye, chosen.impression, 0x534551]).uniform(0, 1000, 2)
    settled_at, blinked = 20.0 + float(began[0]), float(began[1]) % 3.0
    visit = Visit(chosen, person, stance, settled_at - 1.4 - blinked, settled_at - 1.4 - blinked, settled_at, inf)
    sensor = sensor_of(0, shape)
    pending = light_step
    for tick, time_s in enumerate(times.tolist()):
        if pending is not None and time_s >= pending[0]:
            person.light(pending[1], settled_at + pending[0])
            pending = None
        now = settled_at + time_s
        pose, ratios = visit.pose(now), person.pupil_ratios(now)
        pixels = seen_frame(person.scenes, pose, ratios, sensor, chosen.impression + tick)
        yield TimedFrame(time_s, pixels, frame_truths(person.scenes, pose, ratios, shape)[0])

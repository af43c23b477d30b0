"""The signature of a synthetic person: strokes of a pen, and the picture of them."""

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH_PX, HEIGHT_PX = 640, 240
"""Of the pad."""
SAMPLE_MS = 10
"""A pad of 100 points per second."""
_MARGIN_PX = 24
_SHIFT = 4  # fractional bits of coordinates for OpenCV


@dataclass(frozen=True)
class PenPoint:
    """Where the pen is: pixels of the pad, y down; milliseconds since the first touch; pressure, 0 to 1."""

    x: float
    y: float
    t_ms: float
    pressure: float


@dataclass(frozen=True)
class Signature:
    """One writing of a signature: a tuple of points for each time that the pen is down."""

    strokes: tuple[tuple[PenPoint, ...], ...]

    def picture(self) -> NDArray[np.uint8]:
        """(240, 640) uint8: dark on white, as wide a line as the pen presses."""
        paper = np.full((HEIGHT_PX, WIDTH_PX), 255, np.uint8)
        for stroke in self.strokes:
            for before, after in pairwise(stroke):
                width = 1 + round(4 * (before.pressure + after.pressure) / 2)
                ends = [(round(p.x * (1 << _SHIFT)), round(p.y * (1 << _SHIFT))) for p in (before, after)]
                cv2.line(paper, ends[0], ends[1], 24, width, cv2.LINE_AA, _SHIFT)
        return paper


@dataclass(frozen=True, eq=False)
class _Habit:
    """How a person writes: for each half turn of the pen where it ends, its reach to the side, its phase and time."""

    durations_s: NDArray[np.float64]
    ends: NDArray[np.float64]
    """Height over the line of writing, in heights of a small letter; upwards."""
    widths: NDArray[np.float64]
    phases: NDArray[np.float64]
    drift: float
    """Of the hand to the right, for each half turn."""
    slant: float
    lifts: tuple[int, ...]
    """Before which half turns the pen is lifted."""
    flourish: bool
    firmness: float


def person_signature(person: int, writing: int) -> Signature:
    """Write once; the same arguments give the same strokes.

    The pen swings in x and y with amplitudes and phases that change at each half turn, while the hand drifts to the
    right. What belongs to the person is drawn from `person`, what differs from one writing to the next from both.

    Parameters
    ----------
    person, writing : int
        Seeds, 0 or more: whose signature, and which of its writings.

    Raises
    ------
    ValueError
        A negative seed.

    References
    ----------
    Hollerbach, "An oscillation theory of handwriting", Biological Cybernetics 39, 1981.
    """
    if person < 0 or writing < 0:
        raise ValueError(f"person and writing are seeds of 0 or more, not {person} and {writing}")
    habit = _habit(np.random.default_rng([person, 0x534947]))
    rng = np.random.default_rng([person, writing, 0x534947])
    turns = len(habit.durations_s)
    durations = habit.durations_s * rng.normal(1, 0.05, turns)
    ends = habit.ends * rng.normal(1, 0.06, turns) + rng.normal(0, 0.05, turns)
    widths = habit.widths * rng.normal(1, 0.07, turns)
    phases = habit.phases + rng.normal(0, 0.07, turns)
    strokes: list[list[NDArray[np.float64]]] = [[np.zeros((1, 2))]]
    x_at, height = 0.0, 0.0
    for turn in range(turns):
        swing = np.linspace(0, np.pi, max(3, round(durations[turn] * 1000 / SAMPLE_MS)))[1:]
        up = height + (ends[turn] - height) * (1 - np.cos(swing)) / 2
        aside = widths[turn] * (np.sin(swing + phases[turn]) - np.sin(phases[turn])) / 2
        x = x_at + aside + habit.drift * swing / np.pi
        if turn in habit.lifts:
            strokes.append([])
        strokes[-1].append(np.column_stack([x + habit.slant * up, -up]))
        x_at, height = float(x[-1]), float(ends[turn])
    lines = [np.vstack(pieces) for pieces in strokes]
    if habit.flourish:
        lines.append(_flourish(np.vstack(lines), rng))
    return Signature(_timed(_on_pad(lines), habit.firmness, rng))


def _habit(rng: np.random.Generator) -> _Habit:
    turns = 2 * int(rng.integers(8, 16))
    tops, bottoms = rng.uniform(0.7, 1.2, turns // 2), rng.normal(0, 0.08, turns // 2)
    tall, deep = rng.random(turns // 2) < 0.25, rng.random(turns // 2) < 0.18
    tall[0] = True  # the capital
    tops[tall] = rng.uniform(1.9, 3.0, int(tall.sum()))
    bottoms[deep] = -rng.uniform(0.8, 1.6, int(deep.sum()))
    lifts = rng.choice(np.arange(3, turns - 3), int(rng.integers(0, 3)), replace=False)
    return _Habit(
        durations_s=rng.uniform(0.07, 0.14, turns),
        ends=np.column_stack([tops, bottoms]).ravel(),
        widths=rng.uniform(0.2, 0.9, turns),
        phases=rng.uniform(-1.2, 1.2, turns),
        drift=float(rng.uniform(0.3, 0.55)),
        slant=float(rng.uniform(-0.1, 0.5)),
        lifts=tuple(sorted(int(lift) for lift in lifts)),
        flourish=bool(rng.random() < 0.45),
        firmness=float(rng.uniform(0.45, 0.75)),
    )


def _flourish(path: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """A line back under the name."""
    along = np.linspace(0, 1, 34)
    left, right = path[:, 0].min(), path[:, 0].max()
    below = path[:, 1].max() + 0.25
    x = right - (right - left) * (1.05 * along - 0.4 * np.sin(np.pi * along) * along)
    return np.column_stack([x, below + 0.35 * np.sin(2.2 * np.pi * along) + float(rng.normal(0, 0.05)) * along])


def _on_pad(strokes: list[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    """The same in pixels of the pad, as large as fits."""
    every = np.vstack(strokes)
    low, high = every.min(axis=0), every.max(axis=0)
    room = np.array([WIDTH_PX - 2 * _MARGIN_PX, HEIGHT_PX - 2 * _MARGIN_PX])
    scale = float((room / np.maximum(high - low, 1e-6)).min())
    offset = (np.array([WIDTH_PX, HEIGHT_PX]) - (high - low) * scale) / 2
    return [(stroke - low) * scale + offset for stroke in strokes]


def _timed(
    strokes: list[NDArray[np.float64]], firmness: float, rng: np.random.Generator
) -> tuple[tuple[PenPoint, ...], ...]:
    """A point every 10 ms, firmer where the pen is slow, light where it lands and lifts; a pause between strokes."""
    written, now = [], 0.0
    for stroke in strokes:
        speed = np.hypot(*np.gradient(stroke, axis=0).T)
        slow = 1 / (1 + speed / max(float(np.median(speed)), 1e-6))
        ends = np.minimum(1, np.minimum(np.arange(len(stroke)), np.arange(len(stroke))[::-1]) / 4 + 0.2)
        pressure = np.clip((firmness + 0.5 * (slow - 0.5) + rng.normal(0, 0.015, len(stroke))) * ends, 0.02, 1)
        times = now + SAMPLE_MS * np.arange(len(stroke))
        written.append(
            tuple(
                PenPoint(round(float(x), 2), round(float(y), 2), float(t), round(float(p), 3))
                for (x, y), t, p in zip(stroke, times, pressure, strict=True)
            )
        )
        now = float(times[-1]) + float(rng.uniform(120, 260))
    return tuple(written)

"""The flow of the ridges of one finger: its pattern class, its cores and deltas, the orientation and period they give.

Coordinates are pixels at 500 ppi on a canvas with the middle of the finger pad at its middle, x to the right, y down.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from drivers.fingerprint.synthesis.texture import smooth_noise


class FingerPattern(StrEnum):
    """The five classes into which Henry's system is usually merged."""

    ARCH = "arch"
    TENTED_ARCH = "tented arch"
    LEFT_LOOP = "left loop"
    RIGHT_LOOP = "right loop"
    WHORL = "whorl"


PATTERN_PROPORTIONS: dict[FingerPattern, float] = {
    # Wilson, Candela and Watson, "Neural network fingerprint classification", J. Artificial Neural Networks 1(2), 1994.
    FingerPattern.ARCH: 0.037,
    FingerPattern.TENTED_ARCH: 0.029,
    FingerPattern.LEFT_LOOP: 0.338,
    FingerPattern.RIGHT_LOOP: 0.317,
    FingerPattern.WHORL: 0.279,
}


LOOP_ROUNDNESS = 0.8
"""0: ridges around a core are parabolas; 1: half circles that end in parallel legs, as in most fingers."""
LOOP_REACH_PX = 120.0


@dataclass(frozen=True)
class RidgeFlow:
    """What decides how the ridges of a finger run.

    Parameters
    ----------
    pattern : FingerPattern
        Henry class.
    cores, deltas : tuple of complex
        Singular points relative to the middle of the pad, `x + iy` in pixels at 500 ppi, **y up**.
    arch_rad : float
        How steeply the ridges fall to the sides of the fingertip, beyond what the singular points ask for.
    arch_width_px : float
        Distance from the axis at which they fall most steeply (arches only).
    """

    pattern: FingerPattern
    cores: tuple[complex, ...]
    deltas: tuple[complex, ...]
    arch_rad: float
    arch_width_px: float


def ridge_flow(rng: np.random.Generator) -> RidgeFlow:
    """Draw a pattern class in its natural proportion, and the places of its singular points."""
    patterns = list(PATTERN_PROPORTIONS)
    weights = np.array(list(PATTERN_PROPORTIONS.values()))
    pattern = patterns[int(rng.choice(len(patterns), p=weights / weights.sum()))]
    middle = complex(rng.normal(0, 11), rng.normal(10, 18))
    if pattern is FingerPattern.ARCH:
        return RidgeFlow(pattern, (), (), rng.uniform(0.55, 0.8), rng.uniform(50, 75))
    if pattern is FingerPattern.TENTED_ARCH:
        tent = complex(rng.normal(0, 4), -rng.uniform(35, 75))
        return RidgeFlow(pattern, (middle,), (middle + tent,), rng.uniform(0.45, 0.65), 70)
    if pattern is FingerPattern.WHORL:
        spread = complex(rng.normal(0, 14), rng.uniform(8, 36))
        left = complex(-rng.uniform(85, 140), -rng.uniform(70, 140))
        right = complex(rng.uniform(85, 140), -rng.uniform(70, 140))
        return RidgeFlow(
            pattern, (middle + spread, middle - spread), (middle + left, middle + right), rng.uniform(0.2, 0.55), 70
        )
    # A left loop runs out to the left, past a delta on the right; a right loop is its mirror.
    side = 1.0 if pattern is FingerPattern.LEFT_LOOP else -1.0
    delta = complex(side * rng.uniform(70, 135), -rng.uniform(65, 140))
    return RidgeFlow(pattern, (middle,), (middle + delta,), rng.uniform(0.3, 0.6), 70)


def ridge_orientation(flow: RidgeFlow, shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float32]:
    """Direction of the ridges at each pixel.

    Parameters
    ----------
    flow : RidgeFlow
    shape : (height, width)
    rng : numpy.random.Generator
        For the small waver that every finger has.

    Returns
    -------
    (height, width) float32
        Radians, modulo pi, counter-clockwise from the x axis as the image is seen.

    References
    ----------
    Sherlock and Monro, "A model for interpreting fingerprint topology", Pattern Recognition 26(7), 1993: half the sum
    of the angles seen from cores less that from deltas. That model is too flat towards the fingertip (Vizcaya and
    Gerhardt, Pattern Recognition 29(7), 1996); here a smooth fall to the sides is added, without a singular point.
    """
    x, y = _pad_coordinates(shape)
    z = x + 1j * y
    orientation = np.zeros(shape, np.float64)
    for delta in flow.deltas:
        orientation -= 0.5 * np.angle(z - delta)
    for core in flow.cores:
        inward = np.exp(2j * _rest_at(core, flow))
        around = np.angle((z - core) / inward)
        roundness = LOOP_ROUNDNESS * np.exp(-((np.abs(z - core) / LOOP_REACH_PX) ** 2))
        orientation += 0.5 * (np.angle(z - core) - roundness * np.sin(around))
    # From flat at the crease of the joint to bent like the fingertip's outline.
    height = 1 / (1 + np.exp(-(y + 55) / 32))
    width = flow.arch_width_px + (150 - flow.arch_width_px) / (1 + np.exp(-(y - 60) / 40))
    across = x / width
    if flow.cores:
        fall = np.sin(np.clip(x / 155, -1, 1) * np.pi / 2)
    else:
        fall = across * np.exp(0.5 * (1 - across**2))
        height = 0.12 + 0.88 * height + 0.3 / (1 + np.exp(-(y - 80) / 30))
    orientation -= flow.arch_rad * height * fall
    # Waver at two grains: with it two fingers score as little in bozorth3 as two real ones (99 % below about 22).
    orientation += 0.12 * smooth_noise(shape, 40, rng) + 0.08 * smooth_noise(shape, 12, rng)
    return np.asarray(orientation, np.float32)


def _rest_at(core: complex, flow: RidgeFlow) -> float:
    """Orientation that all but `core` itself ask for at `core`; its loop opens towards twice that angle."""
    rest = sum(0.5 * np.angle(core - other) for other in flow.cores if other != core)
    return float(rest - sum(0.5 * np.angle(core - delta) for delta in flow.deltas))


def ridge_period(shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float32]:
    """Distance from ridge to ridge at each pixel, pixels at 500 ppi: about 9, wider towards the joint.

    Returns
    -------
    (height, width) float32
        7.5 to 10.5.
    """
    _, y = _pad_coordinates(shape)
    mean = np.clip(rng.normal(8.9, 0.45), 8.0, 9.8)
    towards_joint = 1 / (1 + np.exp((y + 70) / 30))
    period = mean * (0.98 + 0.09 * towards_joint + 0.035 * smooth_noise(shape, 40, rng))
    return np.asarray(np.clip(period, 7.5, 10.5), np.float32)


def _pad_coordinates(shape: tuple[int, int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """`x` (1, width) to the right and `y` (height, 1) up, zero in the middle of the canvas."""
    height, width = shape
    x = np.arange(width, dtype=np.float64)[None, :] - (width - 1) / 2
    return x, (height - 1) / 2 - np.arange(height, dtype=np.float64)[:, None]

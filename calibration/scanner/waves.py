"""Waves of known frequency fitted to every pixel of a field, and how well the pixels tell their amplitude.

Peaks of a pattern near half the sampling rate lie between pixels; a fit meets them all the same, where picking the
lightest and darkest pixels would not. The fit gives the phase's slope back, so that a field that is imaged a little too
wide or too narrow loses nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_ROUNDS = 5
_FAINT = 0.01  # amplitude over mean: a wave fainter than that tells nothing of its phase
_MOST_PHASE = 0.5  # radians in a round, at the rim of a field
_BLOCKS = 4  # along and across: in each the phase that the fit has not met is looked for


@dataclass(frozen=True, eq=False)
class FittedWaves:
    """What a fit found.

    Parameters
    ----------
    mean : float
    parts : (n,) float64
        What each harmonic adds to half the distance from a bar's middle to its neighbour's.
    noise : float
        Standard uncertainty of that half distance, by the scatter of the pixels about the fit.
    lost : float
        Of it, what a phase that wanders within the field has blurred away.
    of_mean, of_amplitude : (pixels,) float64
        Weights by which the pixels make mean and half distance.
    """

    mean: float
    parts: NDArray[np.float64]
    noise: float
    lost: float
    of_mean: NDArray[np.float64]
    of_amplitude: NDArray[np.float64]

    @property
    def amplitude(self) -> float:
        """Half the distance from a bar's middle to its neighbour's."""
        return float(self.parts.sum())

    def contrast(self, seen: NDArray[np.float64]) -> float:
        """Amplitude over mean, had the pixels been these, a little different ones."""
        return float(self.of_amplitude @ seen) / float(self.of_mean @ seen)


def fitted_waves(
    seen: NDArray[np.float64],
    along: NDArray[np.float64],
    across: NDArray[np.float64],
    frequency: float,
    harmonics: Sequence[int],
    worst: float,
) -> FittedWaves | None:
    """Fit a wave and harmonics of it to a field.

    Parameters
    ----------
    seen, along, across : (pixels,) float64
        Reflectance, and place in the field, mm.
    frequency : float
        Cycles per millimetre.
    harmonics : sequence of int
        From 1 on.
    worst : float
        Highest condition number that is believed.

    Returns
    -------
    FittedWaves or None
        None where the pixels do not tell the waves' phases.
    """
    phase = 2 * np.pi * frequency * along
    # Level and slopes of the light over the field; a wave and its harmonics; then how the phase is displaced.
    u, v = 2 * along / np.ptp(along), 2 * across / np.ptp(across)
    flat = np.stack([np.ones_like(u), u, v], axis=1)
    displaced = np.stack([u, v, u * u - 1 / 3, u * v, v * v - 1 / 3], axis=1)
    fit, terms = _waves(seen, flat, phase, harmonics)
    for _ in range(_ROUNDS):
        a, b = float(fit[3]), float(fit[4])
        if a * a + b * b < (_FAINT * float(fit[0])) ** 2:
            break
        turned = (b * np.cos(phase) - a * np.sin(phase))[:, None] * displaced
        whole, *_ = np.linalg.lstsq(np.concatenate([terms, turned], axis=1), seen, rcond=None)
        phase = phase + displaced @ np.clip(whole[-5:], -_MOST_PHASE, _MOST_PHASE)
        fit, terms = _waves(seen, flat, phase, harmonics)
    if _condition(terms, fit, phase, displaced) > worst:
        return None
    shift = float(np.arctan2(fit[4], fit[3]))
    weights = np.zeros((len(harmonics), terms.shape[1]))
    for index, harmonic in enumerate(harmonics):
        weights[index, 3 + 2 * index : 5 + 2 * index] = np.cos(harmonic * shift), np.sin(harmonic * shift)
    parts, left = weights @ fit, seen - terms @ fit
    variance = float(np.var(left)) * len(seen) / max(1, len(seen) - terms.shape[1])
    inverse = np.linalg.pinv(terms.T @ terms)
    whole_weight, flat_weight = weights.sum(axis=0), np.zeros(terms.shape[1])
    flat_weight[:3] = flat.mean(axis=0)
    wander = _phase_variance(left, fit[4] * np.cos(phase) - fit[3] * np.sin(phase), u, v, variance)
    return FittedWaves(
        float(flat_weight @ fit),
        np.asarray(parts, np.float64),
        float(np.sqrt(max(whole_weight @ inverse @ whole_weight * variance, 0.0))),
        # The mean of cos(h phase) about 0 is 1 - h^2 variance / 2.
        float(wander / 2 * np.abs(np.square(harmonics) @ parts)),
        terms @ (inverse @ flat_weight),
        terms @ (inverse @ whole_weight),
    )


def _phase_variance(
    left: NDArray[np.float64],
    slope: NDArray[np.float64],
    u: NDArray[np.float64],
    v: NDArray[np.float64],
    variance: float,
) -> float:
    """Of the phase, from block to block of a field, beyond what the fit met and what noise makes of it; radian^2."""
    place = [np.clip(((each + 1) / 2 * _BLOCKS).astype(int), 0, _BLOCKS - 1) for each in (u, v)]
    block = place[0] * _BLOCKS + place[1]
    steep = np.bincount(block, slope * slope, _BLOCKS**2)
    told = steep > 0
    phase = np.bincount(block, left * slope, _BLOCKS**2)[told] / steep[told]
    return max(0.0, float(np.average(phase**2 - variance / steep[told], weights=steep[told]))) if told.any() else 0.0


def _condition(
    terms: NDArray[np.float64], fit: NDArray[np.float64], phase: NDArray[np.float64], displaced: NDArray[np.float64]
) -> float:
    """How badly the pixels tell waves and their displacement apart; 1 is best.

    Just at half the sampling rate, along the pixels, a wave and its mirror image are one.
    """
    turned = (fit[4] * np.cos(phase) - fit[3] * np.sin(phase))[:, None] * displaced[:, :2]
    whole = np.concatenate([terms, turned], axis=1)
    return float(np.linalg.cond(whole / np.linalg.norm(whole, axis=0)))


def _waves(
    seen: NDArray[np.float64], flat: NDArray[np.float64], phase: NDArray[np.float64], harmonics: Sequence[int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Least squares of a level with slopes, and of cosine and sine of each harmonic; and the terms."""
    waves = [wave for h in harmonics for wave in (np.cos(h * phase), np.sin(h * phase))]
    terms = np.concatenate([flat, np.stack(waves, axis=1)], axis=1)
    fit, *_ = np.linalg.lstsq(terms, seen, rcond=None)
    return np.asarray(fit, np.float64), np.asarray(terms, np.float64)

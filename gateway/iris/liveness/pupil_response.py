"""The pupil over time: its answer to a step of the light, or its natural wander where the light stays."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.guidance import LocalizedText
from gateway.iris.liveness.cue import LivenessCue, graded, judged, not_assessed
from gateway.iris.liveness.observation import LightStep, ObservedFrame

NAME = "pupil_response"
_BEFORE_S, _AFTER_S = 1.5, 1.0
"""Looked at before a step at most, and needed after it: 0.2 to 0.5 s pass until the pupil moves."""
_LATENCIES = np.arange(0.10, 0.81, 0.04)
_PACES = np.array([0.12, 0.18, 0.28, 0.42, 0.65, 1.0, 1.6])
_LEAST_ANSWER, _CLEAR_ANSWER = 0.03, 0.06
"""Of the pupil's diameter. 50 to 1,500 lux close a drawn pupil by 30 %, an old one's answer is about half of that."""
_USUAL_ANSWER = 0.20
_WANDER_S, _WANDER_RATE = 4.0, 8.0
_LEAST_WANDER, _CLEAR_WANDER, _USUAL_WANDER = 0.0025, 0.0045, 0.012
"""Deviation of the slow wander, of the diameter: hippus lies at 0.01 to 0.03."""
_SMOOTH_S = 0.5
_MIN_RATIO = 0.21
"""A pupil this small can close no further."""


@dataclass(frozen=True, eq=False)
class PupilSeries:
    """Pupil to iris radius over time, blinks and misfits left out.

    Parameters
    ----------
    times_s, ratios : (n,) float64
    noise : float
        Deviation from frame to frame, a share of the ratio.
    """

    times_s: NDArray[np.float64]
    ratios: NDArray[np.float64]
    noise: float


@dataclass(frozen=True)
class PupilAnswer:
    """A delayed exponential fitted to the answer to a step.

    Parameters
    ----------
    amplitude : float
        By how much of its diameter the pupil closed (opened, after a darker step) in the time seen; below 0: it did the
        opposite.
    latency_s, pace_s : float
        Until it begins to move, and the time constant of the movement.
    explained : float
        Share of the variance that the fit explains, 0 to 1.
    uncertainty : float
        Standard error of the amplitude.
    """

    amplitude: float
    latency_s: float
    pace_s: float
    explained: float
    uncertainty: float


def pupil_series(sequence: Sequence[ObservedFrame]) -> PupilSeries:
    """The pupil's size in each frame that shows it whole."""
    seen = [(frame.time_s, frame.geometry) for frame in sequence]
    rows = [(time, found.pupil.radius, found.limbus.radius) for time, found in seen if found is not None]
    if len(rows) < 5:
        return PupilSeries(np.zeros(0), np.zeros(0), 0.0)
    times, pupils, irises = np.array(rows, np.float64).T
    # The limbus is found less surely than the pupil, and changes its size with the distance alone: slowly.
    ratios = pupils / _running_median(irises, 9)
    bend = np.abs(np.diff(ratios, 2))
    noise = 1.4826 * float(np.median(bend)) / 6**0.5
    stray = np.abs(ratios - _running_median(ratios, 5))
    keep = stray <= np.maximum(5 * noise, 0.025 * ratios)
    return PupilSeries(times[keep], ratios[keep], noise / max(float(np.median(ratios)), 1e-6))


def pupil_answer(series: PupilSeries, step: LightStep) -> PupilAnswer | None:
    """Fit the answer to a step; None where the frames about it are too few.

    References
    ----------
    A. Czajka, IEEE TIFS 10(4), 2015, fits the pair of delayed channels of Kohn and Clynes; over the second or two of a
    capture the fast one alone is to be seen, a delayed exponential.
    """
    since = series.times_s - step.time_s
    near = since > -_BEFORE_S
    times, ratios = since[near], series.ratios[near]
    before, after = int((times <= 0.1).sum()), int((times > 0.1).sum())
    if before < 3 or after < 6 or times.max() < _AFTER_S:
        return None
    if int(((times > 0.1) & (times < _AFTER_S)).sum()) < 4:
        return None
    best: tuple[float, float, float, NDArray[np.float64]] | None = None
    spread = float(((ratios - ratios.mean()) ** 2).sum())
    for latency in _LATENCIES:
        for pace in _PACES:
            moved = 1 - np.exp(-np.maximum(times - latency, 0) / pace)
            design = np.column_stack([np.ones_like(moved), moved])
            found, *_ = np.linalg.lstsq(design, ratios, rcond=None)
            rest = float(((ratios - design @ found) ** 2).sum())
            if best is None or rest < best[0]:
                best = (rest, float(latency), float(pace), found)
    assert best is not None
    rest, latency, pace, (level, change) = best
    reached = 1 - np.exp(-max(float(times.max()) - latency, 0.0) / pace)
    amplitude = -change * reached / level * (1 if step.brighter else -1)
    deviation = (rest / max(len(times) - 4, 1)) ** 0.5 / level
    uncertainty = deviation * (1 / before + 1 / after) ** 0.5
    return PupilAnswer(float(amplitude), latency, pace, 1 - rest / max(spread, 1e-12), float(uncertainty))


def pupil_wander(series: PupilSeries) -> tuple[float, float] | None:
    """Deviation of the slow wander and what noise alone would leave of it, shares of the ratio; None: not long enough.

    Faster than 2 Hz is smoothed away, a straight trend is taken off: a head that comes closer gives one.
    """
    times = series.times_s
    if len(times) < 2 or times[-1] - times[0] < _WANDER_S or len(times) < _WANDER_RATE * (times[-1] - times[0]):
        return None
    rate = len(times) / (times[-1] - times[0])
    within = max(3, round(_SMOOTH_S * rate))
    kernel = np.ones(within) / within
    smooth = np.convolve(series.ratios, kernel, "valid")
    at = np.convolve(times, kernel, "valid")
    wander = smooth - np.polyval(np.polyfit(at, smooth, 1), at)
    return float(wander.std() / smooth.mean()), series.noise / within**0.5


def pupil_response(sequence: Sequence[ObservedFrame], light: LightStep | None) -> LivenessCue:
    """Whether the pupil answers the light, or wanders where the light stays."""
    series = pupil_series(sequence)
    answer = None if light is None or not len(series.times_s) else pupil_answer(series, light)
    if answer is not None and light is not None:
        return _judged_answer(series, answer, light)
    found = pupil_wander(series) if len(series.times_s) else None
    if found is None:
        return not_assessed(NAME, _TOO_SHORT)
    wander, floor = found
    if wander >= max(_CLEAR_WANDER, 3 * floor):
        return judged(NAME, graded(wander, 0.0, _LEAST_WANDER, _USUAL_WANDER), _STILL, _WANDERS)
    if wander < _LEAST_WANDER and floor < _LEAST_WANDER / 2:
        return judged(NAME, graded(wander, 0.0, _LEAST_WANDER, _USUAL_WANDER), _STILL, _WANDERS)
    return not_assessed(NAME, _UNCLEAR)


def _judged_answer(series: PupilSeries, answer: PupilAnswer, light: LightStep) -> LivenessCue:
    start = float(np.median(series.ratios[series.times_s <= light.time_s + 0.1]))
    score = graded(answer.amplitude, 0.0, _LEAST_ANSWER, _USUAL_ANSWER)
    if answer.amplitude >= max(_CLEAR_ANSWER, 3 * answer.uncertainty) and answer.explained > 0.5:
        return judged(NAME, score, _NO_ANSWER, _ANSWERS)
    if answer.amplitude < _LEAST_ANSWER and answer.uncertainty < _LEAST_ANSWER / 3:
        if light.brighter and start < _MIN_RATIO:
            return not_assessed(NAME, _SMALL_ALREADY)
        return judged(NAME, score, _NO_ANSWER, _ANSWERS)
    return not_assessed(NAME, _UNCLEAR)


def _running_median(values: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    half = width // 2
    padded = np.pad(values, half, mode="reflect" if len(values) > half else "edge")
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(padded, width), axis=1))


_ANSWERS = LocalizedText("Pupil menjawab perubahan cahaya.", "The pupil answers the change of the light.")
_NO_ANSWER = LocalizedText(
    "Pupil tidak menjawab perubahan cahaya: cetakan, lensa, atau pupil yang kaku karena obat atau penyakit.",
    "The pupil does not answer the change of the light: a print, a lens, or a pupil fixed by drugs or disease.",
)
_WANDERS = LocalizedText(
    "Pupil berubah sedikit-sedikit seperti pada mata hidup.", "The pupil wanders as a living one does."
)
_STILL = LocalizedText(
    "Ukuran pupil sama sekali tidak berubah: cetakan, atau pupil yang kaku.",
    "The pupil's size does not change at all: a print, or a fixed pupil.",
)
_TOO_SHORT = LocalizedText(
    "Rekaman terlalu pendek atau cahaya tidak berubah, sehingga gerak pupil tidak dapat dinilai.",
    "Too few frames or no change of the light: the pupil's movement cannot be judged.",
)
_UNCLEAR = LocalizedText("Gerak pupil terlalu kecil untuk dinilai.", "The pupil's movement is too small to be judged.")
_SMALL_ALREADY = LocalizedText(
    "Pupil sudah kecil sebelum cahaya berubah; redupkan ruangan.",
    "The pupil was small before the light changed; make the room darker.",
)

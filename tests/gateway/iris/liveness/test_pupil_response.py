"""The pupil's answer: what a fit recovers, what too little shows, and what a fixed pupil is called."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gateway.iris.liveness import CueStatus, LightStep, ObservedFrame
from gateway.iris.liveness.pupil_response import pupil_answer, pupil_response, pupil_series, pupil_wander
from tests.gateway.iris.liveness.observed import circles, pupils

RATE = 15.0
STEP = LightStep(1.0)


def answering(
    amplitude: float,
    latency: float = 0.26,
    pace: float = 0.3,
    *,
    seconds: float = 3.0,
    noise: float = 0.1,
    seed: int = 0,
) -> NDArray[np.float64]:
    """Radii of a pupil of 40 pixels that closes by `amplitude` of that after a step at 1 s."""
    times = np.arange(0, seconds, 1 / RATE)
    moved = 1 - np.exp(-np.maximum(times - 1.0 - latency, 0) / pace)
    return np.asarray(40 * (1 - amplitude * moved) + np.random.default_rng(seed).normal(0, noise, len(times)))


class TestAnswer:
    @settings(max_examples=12, deadline=None)
    @given(
        amplitude=st.floats(0.08, 0.4), latency=st.floats(0.18, 0.5), pace=st.floats(0.15, 0.5), seed=st.integers(0, 99)
    )
    def test_the_fit_recovers_what_was_put_in(self, amplitude: float, latency: float, pace: float, seed: int) -> None:
        found = pupil_answer(pupil_series(pupils(answering(amplitude, latency, pace, seed=seed), RATE)), STEP)
        assert found is not None
        assert found.amplitude == pytest.approx(amplitude, abs=0.03)
        assert found.latency_s == pytest.approx(latency, abs=0.12)
        assert found.explained > 0.8

    @pytest.mark.parametrize("amplitude", [0.1, 0.3])
    def test_an_answer_is_no_sign_of_an_attack(self, amplitude: float) -> None:
        cue = pupil_response(pupils(answering(amplitude), RATE), STEP)
        assert cue.status is CueStatus.NONE_SEEN
        assert cue.score is not None
        assert cue.score > 0.6

    @pytest.mark.parametrize("amplitude", [0.0, 0.01, -0.15])
    def test_no_answer_or_the_opposite_is_suspected(self, amplitude: float) -> None:
        cue = pupil_response(pupils(answering(amplitude), RATE), STEP)
        assert cue.status is CueStatus.ATTACK_SUSPECTED
        assert cue.score is not None
        assert cue.score < 0.5

    def test_darker_light_opens_a_pupil(self) -> None:
        opening = pupils(answering(-0.2), RATE)
        assert pupil_response(opening, LightStep(1.0, brighter=False)).status is CueStatus.NONE_SEEN
        assert (
            pupil_response(pupils(answering(0.2), RATE), LightStep(1.0, brighter=False)).status
            is not CueStatus.NONE_SEEN
        )

    def test_a_blink_does_not_hide_the_answer(self) -> None:
        radii = answering(0.25)
        radii[20:23] = (25, 12, 55)
        cue = pupil_response(pupils(radii, RATE), STEP)
        assert cue.status is CueStatus.NONE_SEEN

    def test_a_head_that_comes_closer_is_no_answer(self) -> None:
        radii = answering(0.0, noise=0.05)
        nearer = 1 + 0.1 * np.arange(len(radii)) / len(radii)
        frames = [
            circles(at / RATE, float(radius * scale), float(100 * scale))
            for at, (radius, scale) in enumerate(zip(radii, nearer, strict=True))
        ]
        assert pupil_response(frames, STEP).status is CueStatus.ATTACK_SUSPECTED

    def test_a_pupil_that_is_small_already_says_nothing(self) -> None:
        cue = pupil_response(pupils(answering(0.0) * 0.48, RATE), STEP)
        assert cue.status is CueStatus.NOT_ASSESSED
        assert "small" in cue.reason.en

    def test_noise_as_large_as_the_answer_says_nothing(self) -> None:
        cue = pupil_response(pupils(answering(0.02, noise=3.0), RATE), STEP)
        assert cue.status is CueStatus.NOT_ASSESSED

    @pytest.mark.parametrize(
        "frames",
        [
            pytest.param([], id="none"),
            pytest.param(pupils(answering(0.3)[:1], RATE), id="one"),
            pytest.param(pupils(answering(0.3)[:18], RATE), id="ends soon after"),
            pytest.param([circles(1.13 + at / RATE, 40 - 0.2 * at) for at in range(30)], id="begins late"),
            pytest.param(pupils(answering(0.3)[::9], RATE / 9), id="too slow"),
        ],
    )
    def test_too_little_is_not_assessed(self, frames: list[ObservedFrame]) -> None:
        cue = pupil_response(frames, STEP)
        assert cue.status is CueStatus.NOT_ASSESSED
        assert cue.score is None


class TestWander:
    TIMES = np.arange(0, 5, 1 / RATE)

    def wandering(self, depth: float, noise: float = 0.1) -> NDArray[np.float64]:
        sway = np.sin(2 * np.pi * 0.23 * self.TIMES) + 0.6 * np.sin(2 * np.pi * 0.61 * self.TIMES + 1)
        return np.asarray(40 * (1 + depth * sway) + np.random.default_rng(2).normal(0, noise, len(self.TIMES)))

    def test_hippus_is_a_sign_of_life(self) -> None:
        cue = pupil_response(pupils(self.wandering(0.015), RATE), None)
        assert cue.status is CueStatus.NONE_SEEN

    def test_a_pupil_that_never_moves_is_suspected(self) -> None:
        cue = pupil_response(pupils(self.wandering(0.0), RATE), None)
        assert cue.status is CueStatus.ATTACK_SUSPECTED

    def test_noise_hides_it(self) -> None:
        cue = pupil_response(pupils(self.wandering(0.0, noise=1.5), RATE), None)
        assert cue.status is CueStatus.NOT_ASSESSED

    def test_a_trend_is_no_wander(self) -> None:
        radii = np.linspace(38, 42, len(self.TIMES))
        found = pupil_wander(pupil_series(pupils(radii, RATE)))
        assert found is not None
        assert found[0] < 0.001

    def test_short_sequences_are_not_assessed(self) -> None:
        cue = pupil_response(pupils(self.wandering(0.015)[:40], RATE), None)
        assert cue.status is CueStatus.NOT_ASSESSED

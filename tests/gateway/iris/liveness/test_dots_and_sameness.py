"""Dots in tiles, frames that are too alike, and the scores made of them."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gateway.iris import IrisOutcome
from gateway.iris.liveness import CueStatus, ObservedFrame
from gateway.iris.liveness.cue import graded
from gateway.iris.liveness.dot_spectrum import TILE, DotPeak, dot_peak, log_spectrum
from gateway.iris.liveness.sameness import likeness, sameness
from tests.gateway.iris.liveness.observed import analysis

NOTHING = analysis(None, IrisOutcome.NO_EYE)


def tiles(count: int, seed: int = 0) -> NDArray[np.float32]:
    """Smooth texture and noise, as skin has them."""
    rng = np.random.default_rng(seed)
    spectrum = np.fft.fft2(rng.standard_normal((count, TILE, TILE)))
    frequency = np.hypot(np.fft.fftfreq(TILE)[:, None], np.fft.fftfreq(TILE)[None, :])
    smooth = np.fft.ifft2(spectrum / (1 + (frequency / 0.03) ** 2)).real
    return np.asarray(60 * smooth + 1.5 * rng.standard_normal(smooth.shape), np.float32)


def screened(count: int, period: float, angle: float, depth: float) -> NDArray[np.float32]:
    """The same with a square screen of dots over it, in another phase in each tile."""
    rng = np.random.default_rng(1)
    y, x = np.mgrid[:TILE, :TILE]
    phase = rng.uniform(0, 2 * np.pi, (2, count, 1, 1))
    one = np.cos(2 * np.pi / period * (x * np.cos(angle) + y * np.sin(angle)) + phase[0])
    other = np.cos(2 * np.pi / period * (y * np.cos(angle) - x * np.sin(angle)) + phase[1])
    return np.asarray(tiles(count) + depth * (one + other), np.float32)


def peak_of(stack: NDArray[np.float32], *, axes: bool = False) -> DotPeak:
    return dot_peak(log_spectrum(stack), len(stack), axes=axes)


def moving(count: int, *, noise: float = 2.0, step: float = 1.0, rate: float = 12.0) -> list[ObservedFrame]:
    """A textured scene that slides by `step` pixels a frame, with noise."""
    rng = np.random.default_rng(5)
    spectrum = np.fft.fft2(rng.standard_normal((160, 240)))
    frequency = np.hypot(np.fft.fftfreq(160)[:, None], np.fft.fftfreq(240)[None, :])
    spectrum *= np.exp(-((frequency / 0.05) ** 2))
    frames = []
    for at in range(count):
        shifted = np.fft.ifft2(spectrum * np.exp(-2j * np.pi * np.fft.fftfreq(240)[None, :] * step * at)).real
        grey = 128 + 150 * shifted + noise * rng.standard_normal(shifted.shape)
        frames.append(ObservedFrame(at / rate, np.clip(np.rint(grey), 0, 255).astype(np.uint8), NOTHING))
    return frames


def at_other_times(frames: list[ObservedFrame], rate: float = 12.0) -> list[ObservedFrame]:
    return [ObservedFrame(at / rate, frame.pixels, NOTHING) for at, frame in enumerate(frames)]


class TestDots:
    @settings(max_examples=20, deadline=None)
    @example(period=6.875, angle=0.6875)
    @given(period=st.floats(2.6, 7.0), angle=st.floats(0.3, 1.25))
    def test_a_screen_stands_out_and_its_period_is_told(self, period: float, angle: float) -> None:
        found = peak_of(screened(30, period, angle, 6.0))
        assert found.excess > 2.5
        # The parabola is off by 0.02 bins along either axis at most, 0.4 % of the 6.9 bins of a period of 7 pixels;
        # texture and noise move it by as much again.
        assert found.period_px == pytest.approx(period, rel=0.01)

    @pytest.mark.parametrize("seed", range(8))
    def test_texture_and_noise_have_no_peak(self, seed: int) -> None:
        assert peak_of(tiles(30, seed)).excess < 1.3

    def test_a_faint_screen_is_found_in_more_tiles(self) -> None:
        few, many = peak_of(screened(6, 4.2, 0.8, 0.5)), peak_of(screened(120, 4.2, 0.8, 0.5))
        assert many.excess / many.uncertainty > few.excess / few.uncertainty

    def test_compression_in_blocks_is_no_print(self) -> None:
        blocks = tiles(40)
        blocks[:, ::8] += 6
        blocks[:, :, ::8] += 6
        assert peak_of(blocks).excess < 1.3
        assert peak_of(blocks, axes=True).excess > 1.3

    def test_an_edge_is_no_print(self) -> None:
        edges = tiles(30)
        y, x = np.mgrid[:TILE, :TILE]
        at = np.random.default_rng(3).uniform(10, 55, (30, 1, 1))
        # As wide as a lens draws it.
        edges += np.asarray(40 / (1 + np.exp(-(x * 0.8 + y * 0.6 - at))), np.float32)
        assert peak_of(edges).excess < 1.3


class TestSameness:
    def test_a_moving_noisy_scene_is_no_recording(self) -> None:
        cue = sameness(moving(14))
        assert cue.status is CueStatus.NONE_SEEN
        assert cue.score == 1.0

    def test_a_loop_is_suspected_wherever_it_closes(self) -> None:
        for length in (2, 5, 11):
            cue = sameness(at_other_times((moving(length) * 12)[: length + 3]))
            assert cue.status is CueStatus.ATTACK_SUSPECTED
            assert cue.score == 0.0

    def test_a_frame_delivered_twice_now_and_then_is_the_drivers(self) -> None:
        frames = moving(14)
        assert sameness(at_other_times(frames[:7] + frames[6:])).status is CueStatus.NONE_SEEN
        doubled = [frame for frame in frames[:7] for _ in (0, 1)]
        assert sameness(at_other_times(doubled)).status is CueStatus.ATTACK_SUSPECTED

    def test_a_still_picture_with_fresh_noise_does_not_move(self) -> None:
        cue = sameness(moving(14, step=0.0))
        assert cue.status is CueStatus.ATTACK_SUSPECTED
        assert "move" in cue.reason.en

    def test_a_scene_that_moves_without_noise_was_made(self) -> None:
        flat = []
        for at in range(14):
            pixels = np.full((160, 240), 120, np.uint8)
            pixels[40:80, 10 + 3 * at : 60 + 3 * at] = 30
            flat.append(ObservedFrame(at / 12, pixels, NOTHING))
        found = likeness(flat)
        assert found.noise == 0.0
        assert sameness(flat).status is CueStatus.ATTACK_SUSPECTED

    def test_noise_is_measured_in_grey_levels(self) -> None:
        for noise in (1.0, 3.0):
            found = likeness(moving(8, noise=noise, step=0.0)).noise
            assert found is not None
            assert found == pytest.approx(noise, rel=0.2)

    def test_too_few_frames_or_frames_of_two_sizes_are_not_assessed(self) -> None:
        assert sameness(moving(2)).status is CueStatus.NOT_ASSESSED
        mixed = [*moving(3), ObservedFrame(9.0, np.zeros((100, 100), np.uint8), NOTHING)]
        assert sameness(mixed).status is CueStatus.NOT_ASSESSED
        black = [ObservedFrame(at / 9, np.full((100, 100), at % 2, np.uint8), NOTHING) for at in range(3)]
        assert sameness(black).status is not CueStatus.NONE_SEEN


class TestScore:
    @given(st.floats(-5, 5), st.floats(-5, 5))
    def test_grows_towards_the_eye_in_either_direction(self, one: float, other: float) -> None:
        low, high = sorted((one, other))
        assert 0 <= graded(low, 0, 1, 3) <= graded(high, 0, 1, 3) <= 1
        assert 0 <= graded(high, 3, 1, 0) <= graded(low, 3, 1, 0) <= 1

    def test_is_a_half_at_the_limit(self) -> None:
        assert (graded(0, 0, 1, 3), graded(1, 0, 1, 3), graded(3, 0, 1, 3)) == (0, 0.5, 1)

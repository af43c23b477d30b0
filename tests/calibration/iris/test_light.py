"""Illumination, exposure and noise of an iris camera against what is true of it."""

from dataclasses import replace

import numpy as np
import pytest

from calibration.errors import GainChanged, Overexposed, StrayLight, TargetWrong, TooFewFrames
from calibration.iris import exposure, illumination, snr
from calibration.limits import limits_of
from calibration.verdict import Decision, verdicts
from drivers.iris.synthesis.camera_truth import CameraTruth, HotSpot, TargetPlacement
from tests.calibration.iris.shots import SHAPE, shots, values

GREY, CAP = TargetPlacement(target="grey"), TargetPlacement(target="cap")
EVEN_TIMES = np.arange(32) / 30
UNEVEN_TIMES = np.cumsum(np.random.default_rng(4).uniform(0.9, 1.1, 32)) / 30


@pytest.mark.parametrize("times", [EVEN_TIMES, UNEVEN_TIMES])
def test_evenness_hot_spots_and_flicker_are_those_of_the_lamps(times: np.ndarray) -> None:
    truth = CameraTruth(fall=0.3, hot_spots=(HotSpot(-0.2, 0.1, 0.05, 0.2),), flicker=0.2, flicker_hz=103.0)
    measured = illumination.measure(shots(GREY, truth, 32, times_s=times), times.tolist(), black=4.0, told_nm=850)
    found = values(measured)
    blocks = illumination.block_means(truth.light(SHAPE))
    assert found["evenness"] == pytest.approx(100 * blocks.min() / blocks.max(), abs=0.5)
    assert found["hot_spot"] == pytest.approx(20, abs=1.5)
    assert found["flicker"] == pytest.approx(200 * truth.flicker_seen(), rel=0.1)
    assert found["frame_rate"] == pytest.approx(30, rel=0.03)
    assert found["wavelength"] == 850
    assert any("not measured" in remark for remark in measured.remarks)


def test_steady_even_lamps_keep_their_limits_and_bad_ones_fail_by_name() -> None:
    limits = limits_of("iris-enrolment")
    good = illumination.measure(shots(GREY, count=32, times_s=EVEN_TIMES), EVEN_TIMES.tolist(), black=4.0)
    assert {v.decision for v in verdicts(limits, [good])} == {Decision.PASS}
    bad = CameraTruth(fall=0.9, hot_spots=(HotSpot(0.2, 0, 0.05, 0.4),), flicker=0.3, flicker_hz=40.0)
    seen = illumination.measure(shots(GREY, bad, 32, times_s=EVEN_TIMES), EVEN_TIMES.tolist(), black=4.0)
    failed = {v.limit.name for v in verdicts(limits, [seen]) if v.decision is Decision.FAIL}
    assert failed == {"evenness", "hot_spot", "flicker"}


def test_a_sequence_needs_its_times() -> None:
    frames = shots(GREY, count=1) * 30
    with pytest.raises(ValueError, match="times rise"):
        illumination.measure(frames, [0.0] * 30)
    with pytest.raises(TooFewFrames, match="30 frames"):
        illumination.measure(frames[:5], [0, 1, 2, 3, 4])
    with pytest.raises(TooFewFrames, match="gaps"):
        illumination.measure(frames, [*range(29), 60])
    with pytest.raises(TargetWrong):
        illumination.measure(shots(count=1) * 30, list(range(30)))


@pytest.mark.parametrize(("read", "shot", "pattern"), [(1.0, 0.026, 0.005), (2.5, 0.06, 0.015), (0.6, 0.01, 0.002)])
def test_noise_in_time_and_the_fixed_pattern_are_told_apart(read: float, shot: float, pattern: float) -> None:
    truth = CameraTruth(read_noise=read, shot_noise=shot, fixed_pattern=pattern)
    found = values(snr.measure(shots(GREY, truth, 10), shots(CAP, truth, first=90)))
    assert found["snr"] == pytest.approx(truth.snr_db(found["grey_card"]), abs=0.15)
    assert found["fixed_pattern"] == pytest.approx(100 * pattern, rel=0.05)
    assert found["black"] == pytest.approx(4.0, abs=0.1)


def test_flicker_is_no_noise() -> None:
    truth = CameraTruth(flicker=0.04, flicker_hz=63.0)
    times = np.arange(10) / 30
    found = values(snr.measure(shots(GREY, truth, 10, times_s=times), shots(CAP)))
    assert found["snr"] == pytest.approx(CameraTruth().snr_db(found["grey_card"]), abs=0.3)


def test_noise_is_not_measured_with_stray_light_or_a_changing_gain() -> None:
    with pytest.raises(StrayLight):
        snr.measure(shots(GREY, count=8), shots(TargetPlacement(target="cap", stray=40.0)))
    with pytest.raises(GainChanged):
        snr.measure(shots(GREY, count=4) + shots(GREY, CameraTruth(gain_db=7), 4), shots(CAP))
    with pytest.raises(TooFewFrames):
        snr.measure(shots(GREY, count=2), shots(CAP))


def steps(truth: CameraTruth, exposures: tuple[float, ...] = (3, 5, 7, 9, 11)) -> list[exposure.ExposureStep]:
    return [exposure.ExposureStep(ms, 6.0, shots(GREY, replace(truth, exposure_ms=ms), 1)) for ms in exposures]


def test_exposure_is_in_proportion_and_its_bits_are_counted() -> None:
    taken = steps(CameraTruth(black=7.0))
    found = values(exposure.measure(taken, taken[2]))
    assert found["exposure"] == 7
    assert found["exposure_linearity"] < 0.1
    assert found["black"] == pytest.approx(7.0, abs=0.2)
    assert found["grey_depth"] == 8


def test_a_curve_of_the_sensor_shows_as_nonlinearity() -> None:
    taken = steps(CameraTruth(gamma=0.6))
    assert values(exposure.measure(taken, taken[0]))["exposure_linearity"] > 1


def test_a_camera_that_drops_bits_is_found_out() -> None:
    taken = [
        exposure.ExposureStep(s.exposure_ms, s.gain_db, [f & 0xFC for f in s.frames]) for s in steps(CameraTruth())
    ]
    assert values(exposure.measure(taken, taken[0]))["grey_depth"] == 6


def test_a_setting_that_takes_no_effect_is_told() -> None:
    same = shots(GREY, count=1)
    taken = [exposure.ExposureStep(ms, 6.0, same) for ms in (3, 5, 7, 9)]
    with pytest.raises(GainChanged, match="automatic exposure"):
        exposure.measure(taken, taken[0])


def test_clipped_and_too_few_steps_are_refused() -> None:
    with pytest.raises(Overexposed, match="at 30 ms"):
        exposure.measure(steps(CameraTruth(), (3, 5, 7, 30)), steps(CameraTruth(), (5,))[0])
    taken = steps(CameraTruth(), (7, 7.1, 7.2, 7.3))
    with pytest.raises(TooFewFrames, match="exposures are needed"):
        exposure.measure(taken, taken[0])
    with pytest.raises(ValueError, match="no camera exposes"):
        exposure.ExposureStep(0.0, 0.0, [])

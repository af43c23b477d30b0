"""Signal to noise, photon transfer, repeatability and the grey range of prints."""

from dataclasses import replace

import numpy as np
import pytest

from calibration.errors import (
    AlreadyCorrected,
    GainChanged,
    StrayLight,
    TargetMissing,
    TargetUnsuitable,
    TargetWrong,
    TooFewFrames,
)
from calibration.frames import AppliedCorrection, Correction, FrameStack
from calibration.scanner.dark import measure_dark
from calibration.scanner.grey_range import measure_grey_range
from calibration.scanner.repeatability import measure_repeatability
from calibration.scanner.snr import measure_snr
from drivers.fingerprint.synthesis.scanner_truth import ScannerTruth
from drivers.fingerprint.synthetic import draw_fingerprint
from tests.benchmarks.calibration_figures import true_snr
from tests.calibration.scanner_scenes import (
    DARK,
    GREY,
    LIGHT,
    SHAPE,
    corrected,
    darkness_of,
    frames_of,
    levelled,
    real_scanner,
    target,
    value,
)


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_noise_is_told_apart_from_the_fixed_pattern(seed: int) -> None:
    truth = real_scanner(seed)
    light, dark, grey = (frames_of(truth, name, 16, take=take) for take, name in enumerate((LIGHT, DARK, GREY)))
    found = measure_snr(light, target(LIGHT), dark, target(DARK), darkness_of(truth), [grey])
    assert value(found, "snr_white") == pytest.approx(true_snr(truth, LIGHT), rel=0.05)
    assert value(found, "snr_black") == pytest.approx(true_snr(truth, DARK), rel=0.05)
    assert value(found, "gain") == pytest.approx(truth.shot_gain, rel=0.05)
    assert value(found, "read_noise") == pytest.approx(truth.read_noise, rel=0.1)
    cases = np.asarray(found.series["snr_white"], np.float64)
    assert (cases >= value(found, "snr_white")).mean() >= 0.96


def test_flicker_of_the_lamp_is_no_noise_of_the_sensor() -> None:
    truth = ScannerTruth(seed=8)
    steady = frames_of(truth, LIGHT, 16)
    flickering = frames_of(truth, LIGHT, gains=[1 + 0.004 * (-1) ** k for k in range(16)])
    assert flickering.variance.mean() == pytest.approx(float(steady.variance.mean()), rel=0.02)
    told = [value(measure_repeatability(frames), "level_wander") for frames in (steady, flickering)]
    assert told[0] < 0.02 < 0.5 < told[1]


def test_without_darkness_gain_is_not_told() -> None:
    truth = ScannerTruth(seed=8)
    light, dark = frames_of(truth, LIGHT, 10), frames_of(truth, DARK, 10)
    found = measure_snr(light, target(LIGHT), dark, target(DARK))
    assert {measured.name for measured in found.values} == {"snr_white", "snr_black"}
    assert found.remarks


def test_what_is_no_pair_of_targets_is_refused() -> None:
    truth = ScannerTruth(seed=8)
    light, dark, grey = (frames_of(truth, name, 10) for name in (LIGHT, DARK, GREY))
    with pytest.raises(TargetUnsuitable):
        measure_snr(light, target(LIGHT), light, target(LIGHT))
    with pytest.raises(TargetWrong):
        measure_snr(grey, target(LIGHT), dark, target(DARK), darkness_of(truth))
    with pytest.raises(StrayLight):
        measure_snr(light, target(LIGHT), dark, target(DARK), darkness_of(truth, stray=0.1))


def test_denoised_and_corrected_frames_measure_no_noise() -> None:
    truth = ScannerTruth(seed=8)
    light, dark = frames_of(truth, LIGHT, 16), frames_of(truth, DARK, 16)
    smooth = replace(light, corrections=(AppliedCorrection(Correction.DENOISING),))
    level = levelled(truth, 16)
    for frames in (smooth, corrected(light, level)):
        with pytest.raises(AlreadyCorrected):
            measure_snr(frames, target(LIGHT), dark, target(DARK))
    with pytest.raises(AlreadyCorrected):
        measure_repeatability(smooth)


def test_a_gain_that_steps_is_refused() -> None:
    truth = ScannerTruth(seed=8)
    with pytest.raises(GainChanged, match="frame"):
        measure_repeatability(frames_of(truth, LIGHT, gains=[1.0] * 6 + [1.05] * 4))
    with pytest.raises(TooFewFrames):
        measure_repeatability(frames_of(truth, LIGHT, 9))


def repeated(stack: FrameStack, times: int) -> FrameStack:
    """As a device delivers it that gives each frame so often."""
    return replace(stack, pixels=np.repeat(stack.pixels, times, axis=0)[: len(stack)])


@pytest.mark.parametrize("times", [2, 16])
def test_frames_that_are_delivered_again_measure_no_noise(times: int) -> None:
    truth = ScannerTruth(seed=8)
    light, dark, darkness = frames_of(truth, LIGHT, 16), frames_of(truth, DARK, 16), darkness_of(truth)
    with pytest.raises(TooFewFrames, match="old frames again"):
        measure_snr(repeated(light, times), target(LIGHT), dark, target(DARK), darkness)
    with pytest.raises(TooFewFrames, match="old frames again"):
        measure_repeatability(repeated(light, times))
    with pytest.raises(TooFewFrames, match="old frames again"):
        measure_dark(repeated(darkness, 2))
    with pytest.raises(TooFewFrames, match="old frames again"):
        measure_snr(light, target(LIGHT), repeated(dark, 2), target(DARK), darkness)


def test_dark_frames_of_a_device_without_noise_are_equal_and_no_repeats() -> None:
    black = np.zeros((16, *SHAPE), np.uint8)
    black[:, 20, 30] = 9  # a hot pixel
    assert value(measure_dark(FrameStack(black, 500.0)), "dark_noise") == 0
    black[3, 5, 5] = 1  # one that flips once
    assert value(measure_dark(FrameStack(black, 500.0)), "dark_noise") == 0


def test_grey_range_counts_levels_inside_prints() -> None:
    drawn = [draw_fingerprint(finger, 1) for finger in range(3)]
    prints = [FrameStack(np.roll(drawn[turn % 3], turn, axis=0)[None], 500.0) for turn in range(20)]
    found = measure_grey_range(prints)
    assert 150 <= value(found, "grey_range") <= 256
    assert value(found, "grey_depth") == 8
    coarse = [replace(each, pixels=each.pixels & np.uint8(0xF8)) for each in prints]
    assert value(measure_grey_range(coarse), "grey_depth") == 5
    pale = [replace(each, pixels=np.asarray(180 + each.pixels // 4, np.uint8)) for each in prints]
    assert value(measure_grey_range(pale), "grey_range") < 80
    with pytest.raises(TooFewFrames, match="20"):
        measure_grey_range(prints[:19])
    empty = FrameStack(np.full((1, *SHAPE), 240, np.uint8), 500.0)
    with pytest.raises(TargetMissing, match="frame 3"):
        measure_grey_range([*prints[:2], empty, *prints[3:]])

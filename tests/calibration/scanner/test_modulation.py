"""Modulation by sines, bars and edges, and the grey response."""

from dataclasses import replace

import numpy as np
import pytest

from calibration.errors import (
    AlreadyCorrected,
    MeasurementRefused,
    TargetCovered,
    TargetDirty,
    TargetMissing,
    TargetOffPlace,
    TargetTilted,
    TargetUnsuitable,
    TargetUpsideDown,
    TargetWrong,
)
from calibration.frames import AppliedCorrection, Correction
from calibration.scanner.ctf_bars import measure_ctf_bars
from calibration.scanner.grey_linearity import measure_grey_linearity
from calibration.scanner.mtf_edge import measure_mtf_edge
from calibration.scanner.mtf_sine import measure_mtf_sine
from drivers.fingerprint.synthesis.scanner_truth import ScannerTruth
from drivers.fingerprint.synthesis.target_element import EMPTY_GLASS
from tests.benchmarks.calibration_figures import true_ctf, true_mtf
from tests.calibration.scanner_scenes import corrected, frames_of, levelled, real_scanner, target, value

TRUTH = ScannerTruth(seed=6, falloff=0.1, gain_spread=0.01, blur_mm=0.015)
SINE, BARS, EDGE, STEPS = "sine-1-10", "bars-1-10", "slanted-edge", "step-tablet-12"


@pytest.mark.parametrize("seed", [0, 4])
def test_modulation_is_that_of_the_optics_on_each_axis(seed: int) -> None:
    truth = real_scanner(seed)
    level = levelled(truth, 32)
    for chart, measure, prefix, true in (
        (SINE, measure_mtf_sine, "mtf", true_mtf),
        (BARS, measure_ctf_bars, "ctf", true_ctf),
    ):
        upright = corrected(frames_of(truth, chart, turn_deg=1.5, take=1), level)
        turned = corrected(frames_of(truth, chart, turn_deg=91.5, take=2), level)
        series = measure(upright, turned, target(chart)).series
        assert len(series[f"{prefix}_frequency"]) == 10
        for axis, turn in (("x", 1.5), ("y", 91.5)):
            for frequency, told in zip(series[f"{prefix}_frequency"], series[f"{prefix}_{axis}"], strict=True):
                assert float(told) == pytest.approx(true(truth, float(frequency), turn), abs=0.02)


def test_bars_are_not_sines() -> None:
    level = levelled(TRUTH, 16)
    sine = measure_mtf_sine(corrected(frames_of(TRUTH, SINE, turn_deg=1.0), level), None, target(SINE))
    bars = measure_ctf_bars(corrected(frames_of(TRUTH, BARS, turn_deg=1.0), level), None, target(BARS))
    assert value(bars, "ctf_6") > value(sine, "mtf_6") + 0.1


@pytest.mark.parametrize("gamma", [0.7, 1.4])
def test_modulation_is_of_reflectance_though_grey_is_bent(gamma: float) -> None:
    bent = replace(TRUTH, gamma=gamma)
    found = measure_mtf_sine(corrected(frames_of(bent, SINE, turn_deg=1.0), levelled(bent, 16)), None, target(SINE))
    straight = true_mtf(bent, 3.0, 1.0)
    assert value(found, "mtf_3") == pytest.approx(straight, abs=0.02)


def test_a_sharpened_image_is_told_as_more_than_all() -> None:
    frames = frames_of(replace(TRUTH, white=150.0, dark=60.0), SINE, turn_deg=1.0)
    mean = frames.pixels.astype(np.float32)
    blurred = np.stack([_blurred(frame) for frame in mean])
    sharp = replace(frames, pixels=np.asarray(np.clip(mean + 1.5 * (mean - blurred), 0, 255), np.uint8))
    found = measure_mtf_sine(sharp, None, target(SINE))
    assert value(found, "mtf_5") > 1.05
    marked = replace(frames, corrections=(AppliedCorrection(Correction.SHARPENING),))
    with pytest.raises(AlreadyCorrected, match="sharpening"):
        measure_mtf_sine(marked, None, target(SINE))


def _blurred(frame: np.ndarray) -> np.ndarray:
    import cv2

    return cv2.GaussianBlur(frame, (0, 0), 1.5)


def test_a_field_that_beats_with_the_pixels_is_not_told() -> None:
    beat = replace(TRUTH, ppi_x=508.0)  # 20 pixels per mm: 10 cycles are just half of them
    found = measure_mtf_sine(frames_of(beat, SINE, turn_deg=0.0), None, target(SINE))
    assert "mtf_10" not in {measured.name for measured in found.values}
    assert any("turn the target" in remark for remark in found.remarks)
    turned = measure_mtf_sine(frames_of(beat, SINE, turn_deg=2.0), None, target(SINE))
    assert value(turned, "mtf_10") == pytest.approx(true_mtf(beat, 10.0, 2.0), abs=0.02)


@pytest.mark.parametrize("turn", [-3.0, -1.0, 1.5, 4.9])
def test_slanted_edges_that_lean_by_2_to_10_degrees(turn: float) -> None:
    truth = replace(real_scanner(3), distortion_px=0.2)
    frames = corrected(frames_of(truth, EDGE, 16, turn_deg=turn), levelled(truth, 32))
    series = measure_mtf_edge(frames, target(EDGE)).series
    for axis, lean in (("x", 5.0), ("y", 95.0)):
        for frequency, told in zip(series["mtf_edge_frequency"][:8], series[f"mtf_edge_{axis}"][:8], strict=True):
            assert float(told) == pytest.approx(true_mtf(truth, float(frequency), turn + lean), abs=0.03)


@pytest.mark.parametrize("gamma", [0.8, 1.0, 1.3])
def test_linearity_tells_how_far_patches_leave_the_line(gamma: float) -> None:
    truth = replace(TRUTH, gamma=gamma)
    found = measure_grey_linearity(
        corrected(frames_of(truth, STEPS, turn_deg=-1.0), levelled(truth, 16)), target(STEPS)
    )
    patches = np.asarray(found.series["response_reflectance"], np.float64)
    scale = np.mean(truth.fields((374, 388)).gain) * (truth.white - truth.dark)
    bent = scale * patches**gamma
    off = np.abs(bent - np.polyval(np.polyfit(patches, bent, 1), patches)).max()
    assert value(found, "linearity") == pytest.approx(off, abs=0.1 + 0.03 * off)


@pytest.mark.parametrize("chart", [SINE, BARS, EDGE, STEPS])
@pytest.mark.parametrize(
    ("laid", "named"),
    [
        ({"turn_deg": 10.0}, TargetTilted),
        ({"turn_deg": -10.0}, TargetTilted),
        ({"upside_down": True}, TargetUpsideDown),
        ({"turn_deg": 90.0}, TargetWrong),
        ({"shift_mm": (3.0, 1.0)}, TargetOffPlace),
        ({"dirt": 0.5}, TargetDirty),
        ({"covered": 0.4}, TargetCovered),
    ],
)
def test_a_bad_lay_is_refused_by_name(chart: str, laid: dict[str, object], named: type[MeasurementRefused]) -> None:
    frames, shown = frames_of(TRUTH, chart, **laid), target(chart)  # type: ignore[arg-type]
    with pytest.raises(named, match=";"):
        _measured(chart, frames, shown)


@pytest.mark.parametrize("chart", [SINE, BARS, EDGE, STEPS])
def test_another_target_is_refused(chart: str) -> None:
    for other in {SINE, BARS, EDGE, STEPS, "ronchi-1"} - {chart}:
        with pytest.raises(TargetWrong):
            _measured(chart, frames_of(TRUTH, other), target(chart))
    with pytest.raises(TargetUnsuitable):
        _measured(chart, frames_of(TRUTH, "ronchi-1"), target("ronchi-1"))
    with pytest.raises(MeasurementRefused):
        _measured(chart, frames_of(TRUTH, EMPTY_GLASS), target(chart))
    with pytest.raises(TargetMissing):
        _measured(chart, frames_of(TRUTH, "uniform-grey"), target(chart))


def _measured(chart: str, frames: object, shown: object) -> object:
    if chart == SINE:
        return measure_mtf_sine(frames, None, shown)  # type: ignore[arg-type]
    if chart == BARS:
        return measure_ctf_bars(frames, None, shown)  # type: ignore[arg-type]
    if chart == EDGE:
        return measure_mtf_edge(frames, shown)  # type: ignore[arg-type]
    return measure_grey_linearity(frames, shown)  # type: ignore[arg-type]

"""Resolution and geometry: the truth is found, and what is laid wrongly is refused by name."""

from dataclasses import replace

import numpy as np
import pytest

from calibration.errors import (
    AlreadyCorrected,
    GainChanged,
    MeasurementRefused,
    OutOfOrder,
    Overexposed,
    TargetCovered,
    TargetDirty,
    TargetMissing,
    TargetTilted,
    TargetUnsuitable,
    TargetWrong,
    TooFewFrames,
    Underexposed,
)
from calibration.frames import AppliedCorrection, Correction
from calibration.scanner.geometry import measure_geometry
from calibration.scanner.resolution import measure_resolution
from drivers.fingerprint.synthesis.scanner_truth import ScannerTruth
from drivers.fingerprint.synthesis.target_element import EMPTY_GLASS
from tests.calibration.scanner_scenes import SHAPE, frames_of, real_scanner, target, value

LADDER = "ronchi-1"
TRUTH = ScannerTruth(seed=4, ppi_x=511.0, ppi_y=488.0, distortion_px=0.4, falloff=0.15, gain_spread=0.01)


@pytest.mark.parametrize(("across", "down"), [(0.0, 90.0), (3.0, 87.0), (-2.0, 92.5)])
def test_each_axis_has_its_own_scale_and_turning_changes_nothing(across: float, down: float) -> None:
    upright = frames_of(TRUTH, LADDER, turn_deg=across, shift_mm=(0.31, 0.0))
    lying = frames_of(TRUTH, LADDER, turn_deg=down, take=1)
    found = measure_resolution(upright, lying, target(LADDER))
    assert value(found, "ppi_x") == pytest.approx(511.0, rel=1e-3)
    assert value(found, "ppi_y") == pytest.approx(488.0, rel=1e-3)
    assert value(found, "turn_x") == pytest.approx(across, abs=0.1)
    assert value(found, "capture_width_mm") == pytest.approx(SHAPE[1] * 25.4 / 511, rel=1e-3)
    assert found.frames_sha256 == upright.digests + lying.digests


def test_one_lay_measures_one_axis_and_says_no_more() -> None:
    found = measure_resolution(None, frames_of(TRUTH, LADDER, turn_deg=91.0), target(LADDER))
    assert {measured.name for measured in found.values} == {"ppi_y", "turn_y"}
    assert value(found, "ppi_y") == pytest.approx(488.0, rel=1e-3)
    with pytest.raises(OutOfOrder, match="take them"):
        measure_resolution(None, None, target(LADDER))


def test_regions_tell_a_scale_that_changes_over_the_glass() -> None:
    bent = replace(TRUTH, distortion_px=2.0)
    found = measure_resolution(frames_of(bent, LADDER), None, target(LADDER))
    even = measure_resolution(frames_of(replace(TRUTH, distortion_px=0.0), LADDER), None, target(LADDER))
    spreads = [float(np.ptp(np.asarray(m.series["ppi_x_regions"], np.float64))) for m in (found, even)]
    assert spreads[0] > 3 > 1 > spreads[1]


def test_the_uncertainty_covers_most_errors() -> None:
    off = []
    for seed in range(6):
        truth = real_scanner(seed)
        found = measure_resolution(frames_of(truth, LADDER, turn_deg=1.0 - 0.3 * seed), None, target(LADDER))
        measured = next(v for v in found.values if v.name == "ppi_x")
        off.append(abs(measured.value - truth.ppi_x) / measured.uncertainty)
    assert np.median(off) < 2
    assert max(off) < 6


def test_the_error_map_is_the_displacement() -> None:
    upright, lying = frames_of(TRUTH, LADDER, turn_deg=1.5), frames_of(TRUTH, LADDER, turn_deg=89.0, take=1)
    found = measure_geometry(upright, lying, target(LADDER))
    for axis, displaced in zip("xy", TRUTH.fields(SHAPE).displacement_px, strict=True):
        off = np.asarray(found.series[f"error_{axis}"], np.float64) - displaced
        assert np.sqrt((off**2).mean()) < 0.1 < 0.3 < displaced.std()


def test_distances_are_held_against_what_records_state() -> None:
    upright = frames_of(replace(TRUTH, distortion_px=0.0, ppi_x=510.0), LADDER)
    nominal = measure_geometry(upright, None, target(LADDER))
    stated = measure_geometry(upright, None, target(LADDER), (510.0, 500.0))
    assert value(nominal, "geometry_across_relative") == pytest.approx(0.02, rel=0.05)
    assert value(stated, "geometry_across_relative") < 0.002
    cases = np.asarray(nominal.series["geometry_across_relative"], np.float64)
    assert np.quantile(cases, 0.99) == pytest.approx(value(nominal, "geometry_across_relative"), rel=1e-3)


@pytest.mark.parametrize(
    ("laid", "named"),
    [
        ({"turn_deg": 10.0}, TargetTilted),
        ({"turn_deg": -7.0}, TargetTilted),
        ({"tilt_deg": 0.3}, TargetTilted),
        ({"turn_deg": 90.0}, TargetWrong),
        ({"dirt": 1.0}, TargetDirty),
        ({"covered": 0.15}, TargetCovered),
        ({"covered": 0.4}, TargetCovered),
        ({"lamp": 0.1}, Underexposed),
        ({"lamp": 1.4}, Overexposed),
        ({"gains": (1, 1, 1, 1, 0.9, 0.9, 0.9, 0.9)}, GainChanged),
        ({"count": 2}, TooFewFrames),
    ],
)
def test_a_bad_lay_is_refused_by_name(laid: dict[str, object], named: type[MeasurementRefused]) -> None:
    with pytest.raises(named) as told:
        measure_resolution(frames_of(TRUTH, LADDER, **laid), None, target(LADDER))  # type: ignore[arg-type]
    assert ";" in str(told.value), "cause and remedy"


@pytest.mark.parametrize("other", ["bars-1-10", "sine-1-10", "slanted-edge", "step-tablet-12"])
def test_another_target_is_no_ladder(other: str) -> None:
    with pytest.raises(TargetWrong):
        measure_resolution(frames_of(TRUTH, other), None, target(LADDER))
    with pytest.raises(TargetUnsuitable):
        measure_resolution(frames_of(TRUTH, LADDER), None, target(other))


def test_an_empty_glass_is_no_ladder() -> None:
    with pytest.raises(TargetMissing):
        measure_resolution(frames_of(TRUTH, EMPTY_GLASS), None, target(LADDER))


def test_rescaled_frames_measure_nothing() -> None:
    frames = replace(frames_of(TRUTH, LADDER), corrections=(AppliedCorrection(Correction.GEOMETRY),))
    for measure in (measure_resolution, measure_geometry):
        with pytest.raises(AlreadyCorrected, match="geometry"):
            measure(frames, None, target(LADDER))

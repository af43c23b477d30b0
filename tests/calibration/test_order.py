"""The order of a scanner's measurements, and one that goes through all of them."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from calibration.errors import OutOfOrder, TargetExpired, TooFewFrames
from calibration.frames import AppliedCorrection, Correction, FrameStack, check_frames, stack_of
from calibration.measurement import Measurement
from calibration.order import BY_PROCEDURE, LAYS, STEPS, in_order
from calibration.scanner.run import ScannerSitting, measure_step
from tests.benchmarks.calibration_figures import taken_frames
from tests.calibration.scanner_scenes import real_scanner, value


def test_each_step_comes_after_what_it_rests_on() -> None:
    seen: set[str] = set()
    for step in STEPS:
        assert {*step.needs, *step.after} <= seen
        assert set(step.lays) <= set(LAYS)
        seen.add(step.procedure)


def test_the_order_is_kept_whatever_is_asked_for() -> None:
    steps = in_order({"snr", "dark", "resolution", "flat_field"})
    assert [step.procedure for step in steps] == ["dark", "flat_field", "resolution", "snr"]
    with pytest.raises(OutOfOrder, match="flat_field"):
        in_order({"mtf_sine"})
    assert [step.procedure for step in in_order({"mtf_sine"}, measured={"flat_field", "bad_pixels"})] == ["mtf_sine"]
    with pytest.raises(OutOfOrder, match="resolutoin"):
        in_order({"resolutoin"})


def test_the_whole_plan_on_the_synthetic_scanner() -> None:
    truth = real_scanner(2)
    frames, targets = taken_frames(truth, fingers=2)
    earlier: dict[str, Measurement] = {}
    for step in in_order(BY_PROCEDURE):
        earlier[step.procedure] = measure_step(step.procedure, ScannerSitting(frames, targets, earlier))
    assert value(earlier["resolution"], "ppi_x") == pytest.approx(truth.ppi_x, rel=1e-3)
    assert value(earlier["resolution"], "ppi_y") == pytest.approx(truth.ppi_y, rel=1e-3)
    assert value(earlier["geometry"], "geometry_across_relative") < 0.02
    for measurement in earlier.values():
        assert measurement.values
        assert all(np.isfinite([v.value, v.uncertainty]).all() and v.uncertainty >= 0 for v in measurement.values)
        assert all(len(digest) == 64 for digest in measurement.frames_sha256)
        assert len({v.name for v in measurement.values}) == len(measurement.values)
    with pytest.raises(OutOfOrder, match="bad_pixels"):
        measure_step("mtf_edge", ScannerSitting(frames, targets, {"flat_field": earlier["flat_field"]}))
    with pytest.raises(TooFewFrames, match="no frames of edge"):
        measure_step("mtf_edge", ScannerSitting({}, targets, earlier))
    with pytest.raises(OutOfOrder, match="which target"):
        measure_step("resolution", ScannerSitting(frames, {}, earlier))
    old = {name: replace(target, certificate="7", expires=date(2020, 1, 1)) for name, target in targets.items()}
    with pytest.raises(TargetExpired):
        measure_step("resolution", ScannerSitting(frames, old, earlier, on=date(2026, 1, 1)))


def test_stacks_are_checked() -> None:
    frame = np.full((80, 90), 100, np.uint8)
    with pytest.raises(TooFewFrames, match="differ in size"):
        stack_of([frame, frame[:70]], 500.0)
    with pytest.raises(TooFewFrames):
        stack_of([], 500.0)
    for pixels, options in (
        (frame, {}),
        (frame[None].astype(np.float64), {}),
        (frame[None].astype(np.float32), {}),
        (frame[None, :10], {}),
        (frame[None], {"bits": 12}),
        (frame[None], {"ppi": 0.0}),
    ):
        with pytest.raises(ValueError):
            FrameStack(pixels, **{"ppi": 500.0, **options})  # type: ignore[arg-type]
    deep = FrameStack(np.full((4, 80, 90), 3000, np.uint16), 500.0, bits=12)
    assert deep.full_scale == 4095
    check_frames(deep, 4)
    assert AppliedCorrection(Correction.DARK).kind in {Correction.DARK}

"""The order of a scanner's measurements, and one that goes through all of them."""

import numpy as np
import pytest

from calibration.errors import OutOfOrder, TooFewFrames
from calibration.frames import AppliedCorrection, Correction, FrameStack, check_frames, stack_of
from calibration.installed import installed_procedures
from calibration.procedures import PlanRefused, Procedure, Sitting, plan
from drivers import DeviceKind
from tests.calibration.scanner_scenes import looked_at, measured_in_order, real_scanner, value

ORDER = (
    "dark",
    "flat_field",
    "bad_pixels",
    "platen",
    "resolution",
    "geometry",
    "grey_linearity",
    "mtf_sine",
    "ctf_bars",
    "mtf_edge",
    "snr",
    "illumination",
    "uniformity",
    "repeatability",
    "grey_range",
)


def planned(*names: str, done: tuple[str, ...] = ()) -> list[Procedure]:
    return plan(installed_procedures(), DeviceKind.FINGERPRINT_SCANNER, names, done)


@pytest.mark.parametrize("kind", [DeviceKind.FINGERPRINT_SCANNER, DeviceKind.SLAP_SCANNER])
def test_each_step_comes_after_what_it_rests_on(kind: DeviceKind) -> None:
    steps = plan(installed_procedures(), kind)
    assert tuple(step.name for step in steps) == ORDER
    seen: set[str] = set()
    for step in steps:
        assert {*step.needs, *step.after} <= seen
        assert all(view.placing.id and view.placing.en for view in step.views)
        seen.add(step.name)


def test_the_order_is_kept_whatever_is_asked_for() -> None:
    assert [step.name for step in planned("snr", "dark", "resolution", "flat_field")] == [
        "dark",
        "flat_field",
        "resolution",
        "snr",
    ]
    with pytest.raises(PlanRefused, match="flat_field"):
        planned("mtf_sine")
    with pytest.raises(PlanRefused, match="dark"):
        planned("flat_field")
    assert [step.name for step in planned("mtf_sine", done=("flat_field", "bad_pixels"))] == ["mtf_sine"]
    with pytest.raises(PlanRefused, match="resolutoin"):
        planned("resolutoin")


def test_what_is_judged_by_the_flat_field_is_looked_at_anew() -> None:
    views = {step.name: {view.name for view in step.views} for step in planned()}
    made_of = views["flat_field"] | views["bad_pixels"]
    for name in ("grey_linearity", "mtf_sine", "ctf_bars", "mtf_edge", "illumination", "uniformity", "repeatability"):
        assert not views[name] & made_of, name


def test_the_whole_plan_on_the_synthetic_scanner() -> None:
    truth, steps = real_scanner(2), planned()
    frames, targets = looked_at(truth, steps, fingers=2)
    earlier = measured_in_order(steps, frames, targets)
    assert value(earlier["resolution"], "ppi_x") == pytest.approx(truth.ppi_x, rel=1e-3)
    assert value(earlier["resolution"], "ppi_y") == pytest.approx(truth.ppi_y, rel=1e-3)
    assert value(earlier["geometry"], "geometry_across_relative") < 0.02
    for measurement in earlier.values():
        assert measurement.values
        assert all(np.isfinite([v.value, v.uncertainty]).all() and v.uncertainty >= 0 for v in measurement.values)
        assert all(len(digest) == 64 for digest in measurement.frames_sha256)
        assert len({v.name for v in measurement.values}) == len(measurement.values)
    by_name = {step.name: step for step in steps}
    with pytest.raises(OutOfOrder, match="bad_pixels"):
        by_name["mtf_edge"].measure(Sitting(frames, targets, 500.0, {"flat_field": earlier["flat_field"]}))
    with pytest.raises(TooFewFrames, match="no frames of 'edge'"):
        by_name["mtf_edge"].measure(Sitting({}, targets, 500.0, earlier))
    with pytest.raises(OutOfOrder, match="which target"):
        by_name["resolution"].measure(Sitting(frames, {}, 500.0, earlier))


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

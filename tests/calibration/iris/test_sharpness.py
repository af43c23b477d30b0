"""Modulation, sampling, focus and distance of an iris camera against what is true of it."""

from dataclasses import replace

import numpy as np
import pytest

from calibration.camera.target import IRIS_SQUARE
from calibration.errors import GainChanged, MeasurementRefused, TargetTilted, TargetWrong, TooFewFrames, Underexposed
from calibration.iris import distance, focus, mtf_edge, resolution
from calibration.iris.stop import DistanceStop
from calibration.limits import limits_of
from calibration.verdict import Decision, verdicts
from drivers.iris.synthesis.camera_truth import CameraTruth, TargetPlacement
from tests.calibration.iris.shots import shots, values

TRUTH = CameraTruth(lens_blur_px=0.8, focus_mm=245.0, pupil_mm=12.0, px_per_mm_x=19.9)


def stops(distances: np.ndarray, truth: CameraTruth = TRUTH) -> list[DistanceStop]:
    return [
        DistanceStop(
            float(d), shots(TargetPlacement(distance_mm=float(d)), replace(truth, exposure_ms=8 * (d / 250) ** 2))
        )
        for d in distances
    ]


@pytest.fixture(scope="module")
def rail() -> list[DistanceStop]:
    return stops(np.linspace(180, 330, 9))


@pytest.mark.parametrize(("turn", "blur"), [(2.2, 0.6), (-5.0, 1.0), (9.8, 1.4)])
def test_modulation_is_that_of_the_lens(turn: float, blur: float) -> None:
    truth = CameraTruth(lens_blur_px=blur)
    measured = mtf_edge.measure(shots(TargetPlacement(turn_deg=turn), truth))
    for value in measured.values:
        cycles = float(value.name.split("_")[1])
        assert value.value == pytest.approx(truth.modulation(cycles, 250), abs=0.015)
        assert value.uncertainty < 0.01
    assert len(measured.frames_sha256) == 4
    assert measured.series["mtf_x"].dtype == np.float32


def test_an_edge_along_the_pixels_is_refused() -> None:
    with pytest.raises(TargetTilted, match="a little further"):
        mtf_edge.measure(shots(TargetPlacement(turn_deg=0.5)))


def test_a_camera_out_of_focus_fails_enrolment_by_name() -> None:
    measured = mtf_edge.measure(shots(truth=CameraTruth(lens_blur_px=2.0)))
    found = {v.limit.name: v.decision for v in verdicts(limits_of("iris-enrolment"), [measured])}
    assert found == {"modulation_2": Decision.FAIL}
    sharp = mtf_edge.measure(shots())
    assert verdicts(limits_of("iris-enrolment"), [sharp])[0].decision is Decision.PASS


def test_resolution_tells_both_axes_and_an_iris() -> None:
    truth = CameraTruth(px_per_mm_x=19.2, px_per_mm_y=19.9)
    found = values(resolution.measure(shots(TargetPlacement(tilt_deg=3), truth)))
    assert found["px_per_mm_x"] == pytest.approx(19.2, rel=1e-3)
    assert found["px_per_mm_y"] == pytest.approx(19.9, rel=1e-3)
    assert found["iris_diameter"] == pytest.approx(11.7 * 19.2, rel=1e-3)


def test_a_camera_that_samples_too_coarsely_fails_by_name() -> None:
    measured = resolution.measure(shots(truth=CameraTruth(px_per_mm_x=9.5, px_per_mm_y=9.5)))
    found = {v.limit.name: v.decision for v in verdicts(limits_of("iris-enrolment"), [measured])}
    assert set(found.values()) == {Decision.FAIL}
    assert set(found) == {"px_per_mm_x", "px_per_mm_y", "iris_diameter"}


def test_the_range_of_focus_is_where_modulation_is_60_percent(rail: list[DistanceStop]) -> None:
    told: list[float] = []
    measured = focus.measure(rail, told=told.append)
    found = values(measured)
    fine = np.linspace(150, 400, 5001)
    sharp = fine[[TRUTH.modulation(2, float(d)) >= 0.6 for d in fine]]
    assert found["focus_near"] == pytest.approx(sharp.min(), abs=1.0)
    assert found["focus_far"] == pytest.approx(sharp.max(), abs=1.0)
    assert found["focus_range"] == pytest.approx(np.ptp(sharp), abs=1.5)
    assert found["working_distance"] == pytest.approx(
        fine[np.argmax([TRUTH.modulation(2, float(d)) for d in fine])], abs=2
    )
    assert told[-1] == 1.0
    assert all(value.uncertainty > 0 for value in measured.values)


def test_a_range_that_reaches_beyond_the_stops_says_on_which_side(rail: list[DistanceStop]) -> None:
    with pytest.raises(TooFewFrames, match=r"nearest stop.*nearer"):
        focus.measure(rail[3:])
    with pytest.raises(TooFewFrames, match=r"farthest stop.*farther"):
        focus.measure(rail[:6])
    with pytest.raises(TooFewFrames, match="5 different distances"):
        focus.measure(rail[:1] * 8)


def test_a_lens_that_is_never_sharp_is_told() -> None:
    with pytest.raises(TooFewFrames, match="no stop reaches 60 %"):
        focus.measure(stops(np.linspace(200, 300, 5), CameraTruth(lens_blur_px=2.5)))


def test_distance_follows_the_entrance_pupil(rail: list[DistanceStop]) -> None:
    found = values(distance.measure(rail[::2]))
    scale = min(TRUTH.px_per_mm(250)) * (250 + TRUTH.pupil_mm)
    assert found["pupil_behind"] == pytest.approx(TRUTH.pupil_mm, abs=1.0)
    assert found["iris_farthest"] == pytest.approx(scale * 11.7 / 210 - TRUTH.pupil_mm, abs=0.5)


def test_a_distance_that_was_misread_is_noticed(rail: list[DistanceStop]) -> None:
    wrong = [*rail[:2], DistanceStop(rail[2].distance_mm + 40, rail[2].frames), *rail[3:]]
    with pytest.raises(TargetWrong, match="read the rail again"):
        distance.measure(wrong)


def test_what_the_camera_tells_is_held_against_the_rail(rail: list[DistanceStop]) -> None:
    told = [DistanceStop(stop.distance_mm, stop.frames, stop.distance_mm + 7) for stop in rail[::3]]
    assert values(distance.measure(told))["told_error"] == pytest.approx(7)


def test_a_gain_that_changes_meanwhile_is_refused() -> None:
    frames = shots(count=2) + shots(truth=CameraTruth(gain_db=7.5), count=2)
    for measure in (mtf_edge.measure, resolution.measure):
        with pytest.raises(GainChanged):
            measure(frames)


@pytest.mark.parametrize("measure", [mtf_edge.measure, resolution.measure])
@pytest.mark.parametrize(
    ("placement", "refusal"),
    [(TargetPlacement(target="cap"), Underexposed), (TargetPlacement(tilt_deg=10), TargetTilted)],
)
def test_bad_placements_are_refused_by_each(
    measure: object, placement: TargetPlacement, refusal: type[MeasurementRefused]
) -> None:
    with pytest.raises(refusal):
        measure(shots(placement), IRIS_SQUARE)  # type: ignore[operator]
    with pytest.raises(TooFewFrames):
        measure(shots(count=1), IRIS_SQUARE)  # type: ignore[operator]

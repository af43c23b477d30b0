"""The square target found, and every way in which it may not be measured."""

from math import degrees, hypot

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.camera.square import square_in
from calibration.camera.target import IRIS_SQUARE
from calibration.errors import (
    MeasurementRefused,
    TargetCovered,
    TargetDirty,
    TargetMissing,
    TargetOffPlace,
    TargetTilted,
    TargetUpsideDown,
    TargetWrong,
)
from drivers.iris.synthesis.camera_truth import CameraTruth, HotSpot, TargetPlacement
from tests.calibration.iris.shots import shots


def mean(placement: TargetPlacement, truth: CameraTruth | None = None) -> np.ndarray:
    return np.mean(shots(placement, truth), axis=0)


@settings(max_examples=6, deadline=None)
@given(
    st.floats(200, 320),
    st.floats(-10, 10),
    st.floats(-2, 2),
    st.floats(17.5, 20.5),
    st.floats(17.5, 20.5),
    st.floats(0.5, 1.3),
)
def test_the_sampling_of_both_axes_is_right_to_a_twentieth_of_a_percent(
    distance: float, turn: float, x_mm: float, across: float, down: float, blur: float
) -> None:
    exposure = 8 * (distance / 250) ** 2  # as much light from everywhere: a clipped card would seem to grow
    truth = CameraTruth(px_per_mm_x=across, px_per_mm_y=down, lens_blur_px=blur, exposure_ms=exposure)
    square = square_in(
        mean(TargetPlacement(distance_mm=distance, turn_deg=turn, x_mm=x_mm), truth), IRIS_SQUARE, distance
    )
    for found, true in zip(square.px_per_side, truth.px_per_mm(distance), strict=True):
        assert found / IRIS_SQUARE.side_mm == pytest.approx(true, rel=5e-4)


@pytest.mark.parametrize("tilt", [-4.0, 0.0, 2.0, 4.0])
def test_tilt_is_told(tilt: float) -> None:
    square = square_in(mean(TargetPlacement(tilt_deg=tilt)), IRIS_SQUARE)
    assert square.tilt_deg[0] == pytest.approx(tilt, abs=0.6)
    assert abs(square.tilt_deg[1]) < 1.0
    assert hypot(*square.tilt_deg) < 5
    assert square.turn_deg == pytest.approx(5.0, abs=0.3)
    assert degrees(0.1) > square.turn_deg  # 5 degrees, not radians


@pytest.mark.parametrize(
    ("placement", "refusal", "told"),
    [
        (TargetPlacement(target="grey"), TargetMissing, "no target is seen"),
        (TargetPlacement(tilt_deg=10), TargetTilted, "tilted by 10 degrees"),
        (TargetPlacement(turn_deg=20), TargetTilted, "turned by 20 degrees"),
        (TargetPlacement(turn_deg=185), TargetUpsideDown, "turned by 180 degrees"),
        (TargetPlacement(turn_deg=95), TargetUpsideDown, "turned by 90 degrees"),
        (TargetPlacement(x_mm=12), TargetOffPlace, "out of the frame"),
        (TargetPlacement(distance_mm=1600), TargetOffPlace, "come closer"),
        (TargetPlacement(covered=0.3), TargetCovered, "take the hand away"),
        (TargetPlacement(specks=4), TargetDirty, "wipe"),
    ],
)
def test_what_may_not_be_measured_is_refused_by_name(
    placement: TargetPlacement, refusal: type[Exception], told: str
) -> None:
    picture = mean(placement, CameraTruth(level=200.0 * (placement.distance_mm / 250) ** 2, aperture_mm=0.3))
    with pytest.raises(refusal, match=told):
        square_in(picture, IRIS_SQUARE, placement.distance_mm)


def test_a_square_without_its_dot_is_another_target() -> None:
    picture = mean(TargetPlacement(turn_deg=0))
    picture[:110, 280:360] = picture[50, 200]
    with pytest.raises(TargetWrong, match="dot"):
        square_in(picture, IRIS_SQUARE)


def test_a_round_thing_is_no_square() -> None:
    y, x = np.mgrid[0:480, 0:640]
    picture = np.where(np.hypot(x - 320, y - 240) < 110, 20.0, 190.0)
    with pytest.raises(TargetWrong, match="no square"):
        square_in(picture, IRIS_SQUARE)


def test_an_uneven_light_is_no_dirt() -> None:
    truth = CameraTruth(fall=0.4, hot_spots=(HotSpot(0.1, 0.1, 0.12, 0.15),))
    square = square_in(mean(TargetPlacement(), truth), IRIS_SQUARE)
    assert square.side_px == pytest.approx(12 * 19.6, rel=2e-3)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.floats(0, 120))
def test_no_picture_makes_it_fail_otherwise_than_by_refusal(seed: int, coarse: float) -> None:
    rng = np.random.default_rng(seed)
    small = rng.uniform(0, 255, (6, 8))
    picture = np.kron(small, np.ones((30, 30))) + coarse * rng.standard_normal((180, 240))
    with pytest.raises(MeasurementRefused):
        square_in(picture, IRIS_SQUARE)

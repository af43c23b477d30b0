"""Targets before the synthetic cameras, as drivers deliver them, and cameras that are as before without them."""

from threading import Event

import numpy as np
import pytest

from drivers.iris.synthesis.camera_truth import CameraTruth, TargetPlacement
from drivers.iris.synthetic import SyntheticIrisCamera
from drivers.portrait.synthesis.colour_card import CardPlacement, PortraitTruth
from drivers.portrait.synthetic import SyntheticPortraitCamera


def test_an_iris_camera_shows_the_target_at_once_and_tells_its_settings() -> None:
    with SyntheticIrisCamera() as camera:
        camera.show_target(TargetPlacement(), CameraTruth(exposure_ms=5.0, gain_db=3.0, focus_mm=240.0))
        frame = camera.capture(1.0, Event())
        other = next(camera.frames(Event()))
    assert frame.exposure_ms == 5.0
    assert frame.gain_db == 3.0
    assert frame.focus_distance_mm == 240.0
    dark, light = frame.pixels[240, 320], frame.pixels[240, 60]
    assert light > 3 * dark
    assert not np.array_equal(frame.pixels, other.pixels)  # every frame has its own noise


def test_a_portrait_camera_shows_the_card_at_once() -> None:
    with SyntheticPortraitCamera() as camera:
        camera.show_target(CardPlacement(), PortraitTruth(white_balance_k=4000.0))
        frame = camera.capture(1.0, Event())
    assert frame.white_balance_k == 4000.0
    assert frame.pixels[240, 320].max() < 90
    assert frame.pixels[240, 400].min() > 120


def test_without_a_target_persons_come_as_before() -> None:
    with SyntheticIrisCamera(eye=3, impression=2, delay_s=0, approach_s=0, settle_s=0) as camera:
        camera.show_target(TargetPlacement())
        camera.show_target(None)
        seen = camera.capture(5.0, Event()).pixels
    assert seen.std() > 15
    with SyntheticPortraitCamera(delay_s=0, approach_s=0, settle_s=0) as portrait:
        portrait.show_target(CardPlacement())
        portrait.show_target(None)
        assert portrait.capture(5.0, Event()).pixels.shape == (480, 640, 3)


@pytest.mark.parametrize(
    "wrong",
    [
        {"target": "ruler"},
        {"distance_mm": 5.0},
        {"tilt_deg": 80.0},
        {"specks": -1},
        {"covered": 1.5},
    ],
)
def test_an_impossible_placement_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        TargetPlacement(**wrong)  # type: ignore[arg-type]
    if "target" not in wrong:
        with pytest.raises(ValueError):
            CardPlacement(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [{"px_per_mm_x": 0.0}, {"black": float("nan")}, {"exposure_ms": -1.0}])
def test_an_impossible_camera_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        CameraTruth(**wrong)


def test_the_truth_of_a_blur_is_that_of_the_drawn_edge() -> None:
    from drivers.iris.synthesis.target_frame import target_frame

    truth = CameraTruth(read_noise=0, shot_noise=0, fixed_pattern=0, fall=0, lens_blur_px=2.0, level=250)
    frame = target_frame(TargetPlacement(turn_deg=0), truth, (480, 640), serial=1, tick=1)
    from scipy.special import ndtr

    x_mm = (np.arange(640) - 319.5) / 19.6
    blur_mm = 2.0 / 19.6
    covered = ndtr((x_mm + 6) / blur_mm) - ndtr((x_mm - 6) / blur_mm)
    expected = truth.black + truth.level * (0.8 - 0.75 * covered)
    assert np.abs(frame[240] - expected).max() <= 0.51
    assert truth.modulation(2, 250) == pytest.approx(np.exp(-2 * (np.pi * blur_mm * 2) ** 2))

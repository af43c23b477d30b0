"""White balance, exposure, sharpness and distance of a portrait camera against what is true of it."""

import numpy as np
import pytest
from numpy.typing import NDArray

from calibration.errors import (
    Overexposed,
    TargetCovered,
    TargetDirty,
    TargetOffPlace,
    TargetTilted,
    TargetUpsideDown,
    TargetWrong,
    TooFewFrames,
    Underexposed,
)
from calibration.portrait import distance, exposure, sharpness, white_balance
from calibration.portrait.cielab import lab_of
from calibration.portrait.colour_card import colour_card_in
from drivers.portrait.synthesis.colour_card import CardPlacement, PortraitTruth, card_frame
from tests.calibration.iris.shots import values

TRUTH = PortraitTruth(px_per_mm=1.15, blur_px=0.8, light_k=4300.0, exposure_stops=-0.4)


def shots(
    placement: CardPlacement | None = None, truth: PortraitTruth = TRUTH, count: int = 4
) -> list[NDArray[np.uint8]]:
    drawn = placement or CardPlacement()
    return [card_frame(drawn, truth, (480, 640), serial=3, tick=number) for number in range(count)]


@pytest.fixture(scope="module")
def frames() -> list[NDArray[np.uint8]]:
    return shots(count=6)


def test_a_warm_light_shows_in_grey(frames: list[NDArray[np.uint8]]) -> None:
    found = values(white_balance.measure(frames))
    red, _, blue = TRUTH.gains()
    assert found["red_over_green"] == pytest.approx(red, abs=0.005)
    assert found["blue_over_green"] == pytest.approx(blue, abs=0.005)
    right = values(white_balance.measure(shots(truth=PortraitTruth(exposure_stops=-0.4))))
    assert right["grey_chroma"] < 0.5 < found["grey_chroma"]


def test_exposure_is_told_in_stops(frames: list[NDArray[np.uint8]]) -> None:
    found = values(exposure.measure(frames))
    assert found["exposure_error"] == pytest.approx(-0.4 + np.log2(0.975), abs=0.02)
    assert found["tone_error"] < 1.0
    assert found["clipped"] == 0.0


def test_a_tone_curve_shows(frames: list[NDArray[np.uint8]]) -> None:
    contrasty = [np.clip(255 * (frame / 255.0) ** 1.4, 0, 255).astype(np.uint8) for frame in frames]
    assert values(exposure.measure(contrasty))["tone_error"] > 5


def test_sharpness_is_that_of_the_lens(frames: list[NDArray[np.uint8]]) -> None:
    found = values(sharpness.measure(frames))
    assert found["mtf50"] == pytest.approx(np.sqrt(np.log(2) / 2) / np.pi / TRUTH.blur_px, rel=0.03)
    assert found["modulation_quarter"] == pytest.approx(np.exp(-2 * (np.pi * TRUTH.blur_px / 4) ** 2), abs=0.02)
    assert found["overshoot"] < 1.02


def test_a_camera_that_sharpens_is_found_out(frames: list[NDArray[np.uint8]]) -> None:
    import cv2

    sharpened = [cv2.addWeighted(f, 2.0, cv2.GaussianBlur(f, (0, 0), 2.0), -1.0, 0) for f in frames]
    measured = sharpness.measure(sharpened)
    assert values(measured)["overshoot"] > 1.1
    assert "sharpens" in measured.remarks[0]


def test_distance_comes_out_of_the_picture_once_the_camera_is_known(frames: list[NDArray[np.uint8]]) -> None:
    known = values(distance.measure(frames, distance_mm=700.0))
    assert known["focal_px"] == pytest.approx(1.15 * 700, rel=2e-3)
    assert known["eyes_px"] == pytest.approx(63 * 1.15, rel=2e-3)
    other = shots(CardPlacement(distance_mm=820, tilt_deg=2), PortraitTruth(px_per_mm=1.15, exposure_stops=-0.4))
    assert values(distance.measure(other, focal_px=known["focal_px"]))["distance"] == pytest.approx(820, rel=3e-3)


@pytest.mark.parametrize(
    ("placement", "truth", "refusal", "told"),
    [
        (CardPlacement(tilt_deg=10), TRUTH, TargetTilted, "tilted by 10"),
        (CardPlacement(turn_deg=185), TRUTH, TargetUpsideDown, "180"),
        (CardPlacement(covered=0.37), TRUTH, TargetCovered, "hand"),
        (CardPlacement(specks=10), TRUTH, TargetDirty, "wipe"),
        (CardPlacement(mirrored=True), TRUTH, TargetWrong, "red patch does not look red"),
        (CardPlacement(x_mm=200), TRUTH, TargetOffPlace, "outside"),
        (CardPlacement(), PortraitTruth(exposure_stops=1.2), Overexposed, "clipped"),
        (CardPlacement(), PortraitTruth(exposure_stops=-4), Underexposed, "longer"),
    ],
)
def test_what_may_not_be_measured_is_refused_by_name(
    placement: CardPlacement, truth: PortraitTruth, refusal: type[Exception], told: str
) -> None:
    with pytest.raises(refusal, match=told):
        white_balance.measure(shots(placement, truth))


def test_frames_have_to_be_enough_and_in_colour(frames: list[NDArray[np.uint8]]) -> None:
    with pytest.raises(TooFewFrames):
        colour_card_in(frames[:2])
    with pytest.raises(ValueError, match="uint8"):
        colour_card_in([frame[..., 0] for frame in frames])


def test_interchanged_channels_are_found(frames: list[NDArray[np.uint8]]) -> None:
    with pytest.raises(TargetWrong, match="red and blue are interchanged"):
        white_balance.measure([np.ascontiguousarray(frame[..., ::-1]) for frame in frames])


def test_cielab_of_known_colours() -> None:
    lab = lab_of(np.array([[1.0, 1.0, 1.0], [0.18, 0.18, 0.18], [1.0, 0.0, 0.0]]))
    assert lab[0] == pytest.approx([100, 0, 0], abs=0.01)
    assert lab[1] == pytest.approx([49.5, 0, 0], abs=0.05)
    assert lab[2] == pytest.approx([53.24, 80.09, 67.20], abs=0.1)

"""Whether a target lies before a camera as it should, told of one frame."""

import numpy as np
import pytest

from calibration.camera.placement import (
    blur_px,
    check_cap,
    check_colour_card,
    check_grey_card,
    check_square,
)
from calibration.camera.square import square_in
from calibration.camera.target import IRIS_SQUARE, PORTRAIT_CARD
from calibration.errors import (
    MeasurementRefused,
    Overexposed,
    StrayLight,
    TargetCovered,
    TargetDirty,
    TargetMissing,
    TargetOffPlace,
    TargetOutOfFocus,
    TargetTilted,
    TargetUpsideDown,
    TargetWrong,
    Underexposed,
)
from drivers.iris.synthesis.camera_truth import CameraTruth, TargetPlacement
from drivers.portrait.synthesis.colour_card import CardPlacement, PortraitTruth, card_frame
from tests.calibration.iris.shots import SHAPE, shots


def card(placement: CardPlacement | None = None, truth: PortraitTruth | None = None) -> np.ndarray:
    return card_frame(
        placement or CardPlacement(), truth or PortraitTruth(exposure_stops=-0.4), SHAPE, serial=3, tick=1
    )


@pytest.mark.parametrize("turn", [3.0, -5.0, 9.5])
@pytest.mark.parametrize("tilt", [0.0, 3.0])
def test_a_square_that_lies_well_is_found_in_one_frame(turn: float, tilt: float) -> None:
    (frame,) = shots(TargetPlacement(turn_deg=turn, tilt_deg=tilt), count=1)
    assert check_square(frame, IRIS_SQUARE).side_px == pytest.approx(12 * 19.7, rel=0.03)


@pytest.mark.parametrize(
    ("placement", "truth", "refusal"),
    [
        (TargetPlacement("grey"), CameraTruth(), TargetMissing),
        (TargetPlacement(turn_deg=0.5), CameraTruth(), TargetTilted),
        (TargetPlacement(turn_deg=13), CameraTruth(), TargetTilted),
        (TargetPlacement(tilt_deg=10), CameraTruth(), TargetTilted),
        (TargetPlacement(turn_deg=185), CameraTruth(), TargetUpsideDown),
        (TargetPlacement(x_mm=12), CameraTruth(), TargetOffPlace),
        (TargetPlacement(specks=6), CameraTruth(), TargetDirty),
        (TargetPlacement(covered=0.3), CameraTruth(), MeasurementRefused),
        (TargetPlacement(), CameraTruth(lens_blur_px=6.0), TargetOutOfFocus),
        (TargetPlacement(), CameraTruth(exposure_ms=16.0), Overexposed),
        (TargetPlacement(), CameraTruth(exposure_ms=0.4), Underexposed),
    ],
)
def test_each_fault_of_placing_is_named(
    placement: TargetPlacement, truth: CameraTruth, refusal: type[MeasurementRefused]
) -> None:
    (frame,) = shots(placement, truth, count=1)
    with pytest.raises(refusal):
        check_square(frame, IRIS_SQUARE)


def test_a_lens_that_only_fails_its_limit_is_measured_and_not_sent_back() -> None:
    (frame,) = shots(truth=CameraTruth(lens_blur_px=2.5), count=1)
    check_square(frame, IRIS_SQUARE)


def test_on_a_rail_out_of_focus_is_no_fault() -> None:
    (frame,) = shots(truth=CameraTruth(lens_blur_px=6.0), count=1)
    check_square(frame, IRIS_SQUARE, sharp=False)


@pytest.mark.parametrize("blur", [0.8, 1.5, 3.0, 6.0])
def test_blur_is_that_of_the_lens(blur: float) -> None:
    (frame,) = shots(truth=CameraTruth(lens_blur_px=blur), count=1)
    found = blur_px(frame, square_in(frame.astype(np.float32), IRIS_SQUARE))
    assert found == pytest.approx(blur, abs=0.35)


@pytest.mark.parametrize(
    ("placement", "truth", "refusal"),
    [
        (TargetPlacement(), CameraTruth(), TargetWrong),
        (TargetPlacement("grey", grey=0.75, covered=0.3), CameraTruth(), MeasurementRefused),
        (TargetPlacement("grey", specks=8), CameraTruth(), TargetDirty),
        (TargetPlacement("grey"), CameraTruth(exposure_ms=30.0), Overexposed),
        (TargetPlacement("grey"), CameraTruth(exposure_ms=0.5), Underexposed),
    ],
)
def test_a_grey_card_has_to_fill_the_frame_clean_and_well_lit(
    placement: TargetPlacement, truth: CameraTruth, refusal: type[MeasurementRefused]
) -> None:
    (good,) = shots(TargetPlacement("grey"), count=1)
    check_grey_card(good)
    (bad,) = shots(placement, truth, count=1)
    with pytest.raises(refusal):
        check_grey_card(bad)


def test_a_cap_lets_no_light_in() -> None:
    (dark,) = shots(TargetPlacement("cap"), count=1)
    check_cap(dark)
    (stray,) = shots(TargetPlacement("cap", stray=40.0), count=1)
    with pytest.raises(StrayLight):
        check_cap(stray)


@pytest.mark.parametrize(
    ("placement", "truth", "refusal"),
    [
        (CardPlacement(turn_deg=0), None, TargetTilted),
        (CardPlacement(tilt_deg=14), None, TargetTilted),
        (CardPlacement(mirrored=True), None, TargetWrong),
        (CardPlacement(covered=0.35), None, TargetCovered),
        (CardPlacement(x_mm=230), None, MeasurementRefused),
        (CardPlacement(), PortraitTruth(blur_px=5.5), TargetOutOfFocus),
        (CardPlacement(), PortraitTruth(exposure_stops=1.5), Overexposed),
        (CardPlacement(), PortraitTruth(exposure_stops=-5), Underexposed),
    ],
)
def test_a_colour_card_is_looked_at_likewise(
    placement: CardPlacement, truth: PortraitTruth | None, refusal: type[MeasurementRefused]
) -> None:
    check_colour_card(card(), PORTRAIT_CARD)
    with pytest.raises(refusal):
        check_colour_card(card(placement, truth), PORTRAIT_CARD)

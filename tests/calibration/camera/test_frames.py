"""What frames are refused for before anything is looked for in them, and when a target's certificate holds."""

from datetime import date

import numpy as np
import pytest

from calibration.camera.frames import black_level, check_light, check_steady, digests, stack_of
from calibration.camera.grey import grey_card
from calibration.camera.target import CameraTarget, CameraTargetKind
from calibration.errors import (
    GainChanged,
    Overexposed,
    StrayLight,
    TargetCovered,
    TargetDirty,
    TargetExpired,
    TargetWrong,
    TooFewFrames,
    Underexposed,
)
from drivers.iris.synthesis.camera_truth import CameraTruth, TargetPlacement
from tests.calibration.iris.shots import shots

GREY = TargetPlacement(target="grey")
CAP = TargetPlacement(target="cap")


def test_a_capped_lens_is_black() -> None:
    assert black_level(shots(CAP, CameraTruth(black=6.0))) == pytest.approx(6.0, abs=0.1)


@pytest.mark.parametrize("stray", [20.0, 60.0])
def test_stray_light_is_refused(stray: float) -> None:
    with pytest.raises(StrayLight, match="darken the room"):
        black_level(shots(TargetPlacement(target="cap", stray=stray)))


def test_stray_light_that_comes_from_one_side_is_refused_though_it_is_faint() -> None:
    frames = [np.clip(frame + np.linspace(0, 8, 640)[None], 0, 255).astype(np.uint8) for frame in shots(CAP)]
    with pytest.raises(StrayLight, match="place to place"):
        black_level(frames)


@pytest.mark.parametrize(
    ("placement", "truth", "refusal"),
    [
        (GREY, CameraTruth(level=700), Overexposed),
        (GREY, CameraTruth(level=20), Underexposed),
        (CAP, CameraTruth(), Underexposed),
        (TargetPlacement(target="square"), CameraTruth(), TargetWrong),
        (TargetPlacement(target="grey", covered=0.3, grey=0.8), CameraTruth(), TargetCovered),
        (TargetPlacement(target="grey", specks=4), CameraTruth(), TargetDirty),
    ],
)
def test_what_is_no_grey_card_is_refused_by_name(
    placement: TargetPlacement, truth: CameraTruth, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        grey_card(np.stack(shots(placement, truth)))


def test_a_camera_that_changes_its_gain_meanwhile_is_noticed() -> None:
    frames = shots(GREY, count=4) + shots(GREY, CameraTruth(gain_db=7.0), 4)
    with pytest.raises(GainChanged, match="fix exposure and gain"):
        check_steady(np.stack(frames))
    check_steady(np.stack(frames[:4]))
    check_steady(np.stack(frames[:1]))


def test_frames_have_to_be_enough_and_of_one_size() -> None:
    frame = np.zeros((10, 12), np.uint8)
    with pytest.raises(TooFewFrames, match="4 frames are averaged and 1"):
        stack_of([frame], 4)
    with pytest.raises(TooFewFrames, match="size"):
        stack_of([frame, frame.T])
    with pytest.raises(ValueError, match="uint8"):
        stack_of([frame.astype(np.float32)])  # type: ignore[list-item]
    with pytest.raises(Underexposed):
        check_light(np.stack([frame]))


def test_digests_are_those_of_the_pixels() -> None:
    one, other = np.zeros((3, 4), np.uint8), np.ones((3, 4), np.uint8)
    assert digests([one, other]) == digests([one.copy(), np.asfortranarray(other)])
    assert digests([one])[0] != digests([other])[0]


def test_a_target_past_its_certificate_is_refused() -> None:
    target = CameraTarget(CameraTargetKind.GREY, "G-7", valid_from=date(2026, 1, 1), valid_until=date(2027, 1, 1))
    target.check_valid(date(2026, 6, 1))
    CameraTarget(CameraTargetKind.GREY).check_valid(date(2026, 6, 1))
    with pytest.raises(TargetExpired, match="G-7 ran out on 2027-01-01"):
        target.check_valid(date(2027, 1, 2))
    with pytest.raises(TargetExpired, match="begins on 2026-01-01"):
        target.check_valid(date(2025, 12, 31))
    with pytest.raises(ValueError, match="no target"):
        CameraTarget(CameraTargetKind.SQUARE, side_mm=0)

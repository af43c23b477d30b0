"""Slaps: drawn hands are parted and named; what is no slap is an outcome or an error."""

from functools import cache

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.fingerprint.synthesis.slap import DrawnSlap, drawn_slap
from drivers.fingerprint.synthesis.slap import SlapHand as DrawnHand
from gateway.finger import FingerPosition
from gateway.fingerprint.slap.segmentation import SlapHand, crop, segment_slap
from gateway.guidance import GuidanceCode
from tests.benchmarks.slap_segmentation import judged

PERSON = 4


@cache
def slap(hand: DrawnHand, condition: str = "clean", impression: int = 1) -> DrawnSlap:
    return drawn_slap(PERSON, hand, impression, condition)


def codes(found: object) -> set[GuidanceCode]:
    return {remark.code for remark in found.guidance}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("hand", "condition"),
    [
        (DrawnHand.RIGHT_FOUR, "clean"),
        (DrawnHand.LEFT_FOUR, "close"),
        (DrawnHand.TWO_THUMBS, "clean"),
        (DrawnHand.RIGHT_FOUR, "one_light"),
        (DrawnHand.LEFT_FOUR, "missing"),
        (DrawnHand.RIGHT_FOUR, "rotated"),
        (DrawnHand.LEFT_FOUR, "children"),
    ],
)
def test_fingers_are_boxed_and_named(hand: DrawnHand, condition: str) -> None:
    drawn = slap(hand, condition)
    found = segment_slap(drawn.pixels, 500.0, SlapHand(hand))
    verdict = judged(found, drawn.fingers)
    assert verdict.boxes_right
    assert verdict.names_right
    assert verdict.missing_right
    assert not found.wrong_hand
    assert (GuidanceCode.FINGERS_MISSING in codes(found)) == (condition == "missing")


def test_the_other_hand_is_noticed() -> None:
    found = segment_slap(slap(DrawnHand.RIGHT_FOUR).pixels, 500.0, SlapHand.LEFT_FOUR)
    assert found.wrong_hand
    assert found.seen_hand is SlapHand.RIGHT_FOUR
    assert GuidanceCode.WRONG_HAND in codes(found)
    assert [int(finger.position) for finger in found.fingers] == [2, 3, 4, 5]


def test_either_hand_is_told() -> None:
    mirrored = np.ascontiguousarray(slap(DrawnHand.RIGHT_FOUR).pixels[:, ::-1])
    assert segment_slap(mirrored, 500.0, SlapHand.EITHER_FOUR).seen_hand is SlapHand.LEFT_FOUR


def test_light_ridges_make_no_difference() -> None:
    drawn = slap(DrawnHand.RIGHT_FOUR)
    found = segment_slap(255 - drawn.pixels, 500.0, SlapHand.RIGHT_FOUR)
    assert judged(found, drawn.fingers).right


@pytest.mark.parametrize("ppi", [250.0, 1000.0])
def test_other_sampling_rates(ppi: float) -> None:
    drawn = slap(DrawnHand.RIGHT_FOUR)
    scaled = np.asarray(
        cv2.resize(drawn.pixels, None, fx=ppi / 500, fy=ppi / 500, interpolation=cv2.INTER_AREA), np.uint8
    )
    at_500 = segment_slap(drawn.pixels, 500.0, SlapHand.RIGHT_FOUR).fingers
    for one, two in zip(at_500, segment_slap(scaled, ppi, SlapHand.RIGHT_FOUR).fingers, strict=True):
        assert one.position is two.position
        assert np.hypot(one.x - two.x * 500 / ppi, one.y - two.y * 500 / ppi) < 20


def test_crop_is_upright_and_holds_the_finger() -> None:
    drawn = slap(DrawnHand.RIGHT_FOUR, "rotated")
    for finger in segment_slap(drawn.pixels, 500.0, SlapHand.RIGHT_FOUR).fingers:
        cut = crop(drawn.pixels, finger, 500.0)
        assert cut.dtype == np.uint8
        assert abs(cut.shape[0] - finger.height - 39) < 2
        assert abs(cut.shape[1] - finger.width - 39) < 2
        height, width = cut.shape
        alone = segment_slap(np.pad(cut, 150, constant_values=240), 500.0, SlapHand.TWO_THUMBS)
        assert len(alone.fingers) >= 1
        assert abs(alone.fingers[0].rotation_deg) < 15
        assert cut[height // 2 - 40 : height // 2 + 40, width // 2 - 40 : width // 2 + 40].mean() < 200


NOTHING = {
    "white": np.full((1500, 1600), 255, np.uint8),
    "black": np.zeros((1500, 1600), np.uint8),
    "grey noise": np.random.default_rng(1).normal(240, 3, (1500, 1600)).astype(np.uint8),
    "one pixel": np.zeros((1, 1), np.uint8),
    "a line": np.full((1, 1600), 128, np.uint8),
}


@pytest.mark.parametrize("name", NOTHING)
@pytest.mark.parametrize("hand", list(SlapHand))
def test_an_empty_glass_is_an_outcome(name: str, hand: SlapHand) -> None:
    found = segment_slap(NOTHING[name], 500.0, hand)
    assert found.fingers == ()
    assert found.missing == hand.positions
    assert codes(found) == {GuidanceCode.NO_FINGER}


@pytest.mark.parametrize("pattern", ["noise", "stripes", "checkerboard", "half", "strided", "read only"])
def test_what_is_no_slap_does_not_fail(pattern: str) -> None:
    rows, columns = np.indices((700, 800))
    images: dict[str, NDArray[np.uint8]] = {
        "noise": np.random.default_rng(1).integers(0, 256, (700, 800)).astype(np.uint8),
        "stripes": (columns // 5 % 2 * 255).astype(np.uint8),
        "checkerboard": ((rows // 40 + columns // 40) % 2 * 255).astype(np.uint8),
        "half": (rows > 350).astype(np.uint8) * 255,
        "strided": slap(DrawnHand.RIGHT_FOUR).pixels[::-2, ::-2],
        "read only": slap(DrawnHand.RIGHT_FOUR).pixels[::2, ::2].copy(),
    }
    image = images[pattern]
    image.flags.writeable = False
    found = segment_slap(image, 250.0, SlapHand.RIGHT_FOUR)
    assert len(found.fingers) <= 4
    names = [finger.position for finger in found.fingers]
    assert len(set(names)) == len(names)
    assert FingerPosition.UNKNOWN not in names


@pytest.mark.parametrize(
    ("pixels", "ppi"),
    [
        (np.zeros((10, 10), np.float32), 500.0),
        (np.zeros((10, 10, 3), np.uint8), 500.0),
        (np.zeros((0, 10), np.uint8), 500.0),
        (np.zeros((10, 10), np.uint8), 100.0),
        (np.zeros((10, 10), np.uint8), float("nan")),
    ],
)
def test_a_wrong_array_is_an_error(pixels: NDArray[np.uint8], ppi: float) -> None:
    with pytest.raises(ValueError):
        segment_slap(pixels, ppi, SlapHand.RIGHT_FOUR)

"""Irises found and coded, on drawn eyes whose outlines are known, and on images without an eye."""

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.iris.synthesis.drawn_eye import DrawnEye, drawn_eye, drawn_eyes
from drivers.iris.synthesis.eye import Ellipse
from gateway.iris import TRACE_NAMES, Contour, IrisAnalysis, IrisOutcome, analyze, compare, distance_at_fmr

SHARED = Path(__file__).resolve().parents[4] / "shared"
IRISES = SHARED / "data" / "iris"


@lru_cache(maxsize=64)
def eye(seed: int, impression: int = 1, condition: str = "clean") -> DrawnEye:
    return drawn_eye(seed, impression, condition)


def distance_from(contour: Contour, ellipse: Ellipse) -> float:
    """Root mean square of the contour's distance from an ellipse, pixels."""
    offset = contour.points - np.array([ellipse.x, ellipse.y])
    cos, sin = np.cos(ellipse.angle), np.sin(ellipse.angle)
    along, across = offset[:, 0] * cos + offset[:, 1] * sin, offset[:, 1] * cos - offset[:, 0] * sin
    share = np.hypot(along / ellipse.semi_major, across / ellipse.semi_minor)
    return float(np.sqrt(np.mean(((share - 1) * np.hypot(along, across) / share) ** 2)))


def coded(pixels: NDArray[np.uint8]) -> IrisAnalysis:
    analysis = analyze(pixels)
    assert analysis.outcome is IrisOutcome.FOUND
    assert analysis.template is not None
    assert analysis.geometry is not None
    return analysis


def apart(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    one, other = coded(a).template, coded(b).template
    assert one is not None
    assert other is not None
    return compare(one, other)


@pytest.mark.parametrize("condition", ["clean", "gaze_off", "spectacles", "pupil_wide", "rotated"])
def test_outlines_are_those_of_the_drawing(condition: str) -> None:
    pupils, limbi = [], []
    for seed in range(300, 306):
        drawn = eye(seed, 1, condition)
        geometry = coded(drawn.pixels).geometry
        assert geometry is not None
        pupils.append(distance_from(geometry.pupil, drawn.truth.pupil))
        limbi.append(distance_from(geometry.limbus, drawn.truth.iris))
    assert np.median(pupils) < 0.8
    assert np.median(limbi) < 2.0
    assert max(pupils) < 2


def test_the_mask_leaves_out_what_covers_the_iris() -> None:
    for condition in ("clean", "lashes", "spectacles"):
        drawn = eye(310, 1, condition)
        geometry = coded(drawn.pixels).geometry
        assert geometry is not None
        covered = drawn.truth.lids | drawn.truth.glints
        assert geometry.mask.shape == drawn.pixels.shape
        assert (covered & geometry.mask).sum() < 0.05 * geometry.mask.sum()
        assert 0.35 < geometry.usable < 0.98


def test_sittings_of_one_eye_agree_and_strangers_do_not() -> None:
    limit = distance_at_fmr(0.001)
    for seed in range(320, 324):
        assert apart(eye(seed, 1).pixels, eye(seed, 2).pixels) < limit
        assert apart(eye(seed, 1).pixels, eye(seed + 1, 1).pixels) > limit


def test_brightness_size_shift_and_turn_leave_the_code() -> None:
    pixels = eye(330).pixels
    height, width = pixels.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 12, 1)
    shift = np.array([[1, 0, 37.0], [0, 1, -21.0]], np.float32)
    changed = {
        "darker": (pixels * 0.5).astype(np.uint8),
        "hazy": (pixels * 0.5 + 100).astype(np.uint8),
        "smaller": cv2.resize(pixels, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA),
        "larger": cv2.resize(pixels, None, fx=1.7, fy=1.7, interpolation=cv2.INTER_CUBIC),
        "turned": cv2.warpAffine(pixels, turn, (width, height), borderMode=cv2.BORDER_REPLICATE),
        "shifted": cv2.warpAffine(pixels, shift, (width, height), borderMode=cv2.BORDER_REPLICATE),
    }
    for name, image in changed.items():
        assert apart(pixels, np.asarray(image, np.uint8)) < 0.2, name


def test_a_turned_eye_turns_its_code() -> None:
    pixels = eye(331).pixels
    height, width = pixels.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 45, 1)
    turned = cv2.warpAffine(pixels, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
    analysis = analyze(np.asarray(turned, np.uint8))
    original = coded(pixels).template
    assert original is not None
    if analysis.template is not None:  # far beyond the turns that are followed
        assert compare(original, analysis.template) > 0.3


def test_16_bit_containers_are_scaled() -> None:
    pixels = eye(332).pixels
    template = coded(pixels).template
    assert template is not None
    for bits in (10, 12, 16):
        deep = (pixels.astype(np.uint32) * ((1 << bits) - 1) // 255).astype(np.uint16)
        again = analyze(deep).template
        assert again is not None
        assert compare(template, again) < 0.1


def test_scale_is_that_of_the_pixels_given() -> None:
    drawn = eye(333)
    large = np.asarray(cv2.resize(drawn.pixels, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC), np.uint8)
    analysis = coded(large)
    assert analysis.scale > 1
    assert analysis.geometry is not None
    assert analysis.geometry.mask.shape == large.shape
    assert analysis.geometry.limbus.radius == pytest.approx(3 * drawn.truth.iris.semi_major, rel=0.04)
    assert analysis.geometry.limbus.centre[0] == pytest.approx(3 * drawn.truth.iris.x, abs=9)


def test_of_two_eyes_one_is_found() -> None:
    drawn = drawn_eyes(340, 341, 1)
    geometry = coded(drawn.pixels).geometry
    assert geometry is not None
    x, y = geometry.pupil.centre
    assert any(np.hypot(x - truth.pupil.x, y - truth.pupil.y) < 4 for truth in drawn.truths)


def test_values_are_well_formed_and_pixels_stay() -> None:
    pixels = eye(334).pixels.copy()
    pixels.flags.writeable = False
    seen: dict[str, tuple[int, ...]] = {}
    analysis = analyze(pixels, trace=lambda name, array: seen.update({name: array.shape}))
    assert tuple(seen) == TRACE_NAMES
    assert analysis.strip.shape == analysis.strip_mask.shape == (64, 512)
    assert analysis.strip.dtype == np.uint8
    geometry = analysis.geometry
    assert geometry is not None
    assert geometry.pupil.points.dtype == np.float32
    assert 0.1 < geometry.pupil_ratio < 0.8
    assert geometry.pupil.radius < geometry.limbus.radius
    again = analyze(np.asfortranarray(pixels))
    assert again.template is not None
    assert analysis.template is not None
    assert np.array_equal(again.template.bits, analysis.template.bits)


@pytest.mark.parametrize("shape", [(1, 1), (1, 4000), (95, 400), (3, 3)])
def test_tiny_images_are_an_outcome(shape: tuple[int, int]) -> None:
    assert analyze(np.full(shape, 90, np.uint8)).outcome is IrisOutcome.TOO_SMALL


def test_even_and_huge_images_are_an_outcome() -> None:
    for grey in (0, 128, 255):
        assert analyze(np.full((240, 320), grey, np.uint8)).outcome is IrisOutcome.NO_EYE
    assert analyze(np.full((8000, 8000), 77, np.uint8)).outcome is IrisOutcome.NO_EYE


def test_half_an_eye_has_no_code() -> None:
    drawn = eye(335)
    cut = drawn.pixels[:, round(drawn.truth.iris.x) :]
    analysis = analyze(np.ascontiguousarray(cut))
    assert analysis.outcome is not IrisOutcome.FOUND
    assert analysis.template is None


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((200, 200), np.float32),
        np.full((200, 200), np.nan),
        np.zeros((200, 200, 3), np.uint8),
        np.zeros((0, 200), np.uint8),
        np.zeros(200, np.uint8),
        [[1, 2], [3, 4]],
    ],
)
def test_wrong_arrays_are_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="sample"):
        analyze(wrong)  # type: ignore[arg-type]


@pytest.mark.shared
@pytest.mark.skipif(not IRISES.is_dir(), reason="the public irises are not beside the checkout")
@pytest.mark.parametrize("name", ["CASIA1_A", "MMU1"])
def test_public_eyes_are_coded_and_told_apart(name: str) -> None:
    paths = sorted((IRISES / name).glob("*_[12].png"))
    eyes = sorted({path.stem[:-2] for path in paths})[5::6]
    codes = {}
    for path in paths:
        if path.stem[:-2] in eyes:
            pixels = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
            assert pixels is not None
            codes[path.stem] = coded(np.asarray(pixels, np.uint8)).template
    limit = distance_at_fmr(0.001)
    missed = [one for one in eyes if compare(codes[f"{one}_1"], codes[f"{one}_2"]) > limit]  # type: ignore[arg-type]
    assert len(missed) <= 1, missed
    strangers = [compare(codes[f"{a}_1"], codes[f"{b}_2"]) for a in eyes for b in eyes if a != b]  # type: ignore[arg-type]
    assert (np.array(strangers) <= limit).mean() < 0.01

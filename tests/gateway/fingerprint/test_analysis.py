"""The way of a print: what it refuses, what is an outcome, and how its results follow the image."""

import math
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.fingerprint.synthetic import drawn_minutiae
from gateway.finger import FingerTemplate, MinutiaType
from gateway.fingerprint import TRACE_NAMES, FingerAnalysis, analyze, assess_preview
from gateway.guidance import GuidanceCode
from tests.gateway.fingerprint.prints import drawn


def codes(analysis: FingerAnalysis) -> list[GuidanceCode]:
    return [remark.code for remark in analysis.guidance]


def agreement(found: FingerTemplate, expected: FingerTemplate, px: float = 8.0) -> float:
    """Share of `expected` that has a minutia of `found` within `px` and 0.4 rad."""
    distance = np.hypot(found.x[:, None] - expected.x, found.y[:, None] - expected.y)
    turn = np.abs((found.angle[:, None] - expected.angle + math.pi) % (2 * math.pi) - math.pi)
    return float(((distance <= px) & (turn < 0.4)).any(axis=0).mean())


def moved(template: FingerTemplate, **changes: Any) -> FingerTemplate:
    values = {name: getattr(template, name) for name in template.__dataclass_fields__}
    return FingerTemplate(**{**values, **changes})


@pytest.mark.parametrize(
    ("pixels", "complaint"),
    [
        (np.zeros((50, 50), np.uint16), "uint16"),
        (np.zeros((50, 50), np.float32), "float32"),
        (np.zeros((50, 50), np.bool_), "bool"),
        (np.zeros((50, 50), np.int8), "int8"),
        (np.zeros((50, 50, 3), np.uint8), "one grey value"),
        (np.zeros((50, 50, 1), np.uint8), "one grey value"),
        (np.zeros(50, np.uint8), "one grey value"),
        (np.zeros((0, 0), np.uint8), "empty"),
        (np.zeros((0, 50), np.uint8), "empty"),
        (np.zeros((50, 0), np.uint8), "empty"),
        (np.broadcast_to(np.uint8(0), (10_000, 10_000)), "4000x4000"),
        (np.broadcast_to(np.uint8(0), (1, 4001)), "4000x4000"),
        (b"\x00\x01", "bytes"),
        (None, "NoneType"),
        ([[1, 2], [3, 4]], "list"),
    ],
)
def test_a_wrong_array_is_refused_with_its_reason(pixels: Any, complaint: str) -> None:
    for judge in (analyze, assess_preview):
        with pytest.raises(ValueError, match=complaint):
            judge(pixels, 500.0)


@pytest.mark.parametrize("ppi", [math.nan, math.inf, -500.0, 0.0, 249.9, 1000.1])
def test_an_implausible_scale_is_refused(ppi: float) -> None:
    for judge in (analyze, assess_preview):
        with pytest.raises(ValueError, match="ppi"):
            judge(np.zeros((50, 50), np.uint8), ppi)


def test_an_image_that_grows_too_large_at_500_ppi_is_refused() -> None:
    with pytest.raises(ValueError, match="at 500 ppi"):
        analyze(np.broadcast_to(np.uint8(0), (3000, 3000)), 250.0)


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (2, 1), (1, 500), (500, 1), (3, 3), (7, 9), (16, 16), (31, 40)])
@pytest.mark.parametrize("ppi", [250.0, 500.0, 1000.0])
def test_a_tiny_image_is_an_outcome(shape: tuple[int, int], ppi: float) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    analysis = analyze(pixels, ppi)
    assert analysis.quality.score == 0
    assert len(analysis.template) == 0
    assert codes(analysis)[0] is GuidanceCode.NO_FINGER
    assert analysis.segmentation.shape == shape
    assert not assess_preview(pixels, ppi).finger_present


@pytest.mark.parametrize("level", [0, 1, 128, 254, 255])
def test_a_blank_image_is_an_outcome(level: int) -> None:
    analysis = analyze(np.full((374, 388), level, np.uint8), 500.0)
    assert (analysis.quality.score, len(analysis.template)) == (0, 0)
    assert codes(analysis) == [GuidanceCode.NO_FINGER]
    assert not analysis.segmentation.any()
    assert all(math.isfinite(value) for value in vars(analysis.quality).values() if isinstance(value, float))


@pytest.mark.parametrize("grain_px", [0.0, 0.7, 1.0, 2.0, 3.0, 4.0])
def test_noise_is_no_finger(grain_px: float) -> None:
    noise = np.random.default_rng(5).normal(0, 1, (374, 388)).astype(np.float32)
    if grain_px:
        noise = np.asarray(cv2.GaussianBlur(noise, (0, 0), grain_px), np.float32)
    pixels = np.clip(128 + 40 * noise / noise.std(), 0, 255).astype(np.uint8)
    analysis = analyze(pixels, 500.0)
    assert len(analysis.template) == 0
    assert codes(analysis) == [GuidanceCode.NO_FINGER]


def test_a_clean_print_draws_no_remark() -> None:
    analysis = analyze(drawn(), 500.0)
    assert analysis.quality.score >= 60
    assert analysis.guidance == ()
    assert not analysis.inverted
    assert 120 < analysis.quality.foreground_area_mm2 < 280
    assert 0.40 < analysis.quality.ridge_period_mm < 0.52
    assert analysis.quality.algorithm == "rekam-finger"


def test_the_template_holds_what_a_record_can() -> None:
    template = analyze(drawn(), 500.0).template
    assert 20 <= len(template) <= 80
    assert (template.width, template.height, template.ppi) == (388, 374, 500.0)
    assert ((template.x >= 0) & (template.x <= 387) & (template.y >= 0) & (template.y <= 373)).all()
    assert ((template.angle >= 0) & (template.angle < 2 * math.pi)).all()
    assert set(template.kind.tolist()) <= {MinutiaType.RIDGE_ENDING, MinutiaType.BIFURCATION}
    assert ((template.quality >= 1) & (template.quality <= 100)).all()


def test_minutiae_are_those_that_were_drawn() -> None:
    for finger in (3, 4):
        truth = drawn_minutiae(finger, 0)
        analysis = analyze(drawn(finger), 500.0)
        inner = cv2.erode(analysis.segmentation.astype(np.uint8), np.ones((31, 31), np.uint8), borderValue=0)
        x, y = np.rint(truth.x).astype(int), np.rint(truth.y).astype(int)
        inside = (x >= 0) & (y >= 0) & (x < 388) & (y < 374)
        inside[inside] = inner[y[inside], x[inside]] > 0
        found = analysis.template
        distance = np.hypot(found.x[:, None] - truth.x[inside], found.y[:, None] - truth.y[inside])
        assert (distance.min(axis=0) < 10).mean() >= 0.8, "missed"
        assert np.hypot(found.x[:, None] - truth.x, found.y[:, None] - truth.y).min(axis=1).mean() < 12, "invented"


def test_only_the_best_255_minutiae_are_kept() -> None:
    tiled = np.tile(drawn(4), (3, 4))
    template = analyze(tiled, 500.0).template
    assert len(template) == 255


def test_inputs_stay_as_they_are_and_strides_do_not_matter() -> None:
    pixels = drawn()
    before = pixels.copy()
    expected = analyze(before, 500.0)
    mirrored_twice = before[::-1, ::-1].copy()[::-1, ::-1]
    column_order = np.asfortranarray(before)
    wide = np.repeat(before, 2, axis=1)[:, ::2]
    for view in (pixels, mirrored_twice, column_order, wide):
        analysis = analyze(view, 500.0)
        np.testing.assert_array_equal(analysis.template.x, expected.template.x)
        np.testing.assert_array_equal(analysis.template.angle, expected.template.angle)
        assert analysis.quality == expected.quality
    np.testing.assert_array_equal(pixels, before)


def test_light_ridges_are_recognised_and_give_the_same_print() -> None:
    dark, light = analyze(drawn(), 500.0), analyze(255 - drawn(), 500.0)
    assert light.inverted
    assert abs(light.quality.score - dark.quality.score) <= 2
    assert agreement(light.template, dark.template) > 0.9
    assert light.guidance == dark.guidance


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_turning_by_quarters_turns_the_minutiae(quarters: int) -> None:
    pixels = drawn()
    straight = analyze(pixels, 500.0).template
    turned = analyze(np.rot90(pixels, quarters), 500.0).template
    x, y, width, height = straight.x, straight.y, straight.width, straight.height
    for _ in range(quarters):
        x, y, width, height = y, width - 1 - x, height, width
    angle = (straight.angle + quarters * math.pi / 2) % (2 * math.pi)
    expected = moved(straight, x=x, y=y, angle=angle.astype(np.float32), width=width, height=height)
    assert agreement(turned, expected) > 0.85


def test_mirroring_mirrors_the_angles() -> None:
    straight = analyze(drawn(), 500.0).template
    mirrored = analyze(drawn()[:, ::-1], 500.0).template
    angle = ((math.pi - straight.angle) % (2 * math.pi)).astype(np.float32)
    assert agreement(mirrored, moved(straight, x=387 - straight.x, angle=angle)) > 0.85


def test_shifting_shifts_the_minutiae() -> None:
    pixels = drawn()
    straight = analyze(pixels, 500.0).template
    frame = np.full((420, 450), int(np.median(pixels[0])), np.uint8)
    frame[23 : 23 + 374, 37 : 37 + 388] = pixels
    shifted = analyze(frame, 500.0).template
    assert agreement(shifted, moved(straight, x=straight.x + 37, y=straight.y + 23)) > 0.85


@pytest.mark.parametrize("ppi", [350.0, 569.0, 750.0, 1000.0])
def test_other_scales_give_the_same_minutiae_in_their_own_pixels(ppi: float) -> None:
    pixels = drawn()
    straight = analyze(pixels, 500.0)
    size = (round(388 * ppi / 500), round(374 * ppi / 500))
    method = cv2.INTER_AREA if ppi < 500 else cv2.INTER_CUBIC
    scaled = analyze(np.asarray(cv2.resize(pixels, size, interpolation=method), np.uint8), ppi)
    assert (scaled.template.width, scaled.template.height, scaled.template.ppi) == (*size, ppi)
    assert scaled.segmentation.shape == size[::-1]
    scale = ppi / 500
    expected = moved(straight.template, x=straight.template.x * scale, y=straight.template.y * scale)
    assert agreement(scaled.template, expected, 8 * scale) > 0.8
    assert abs(scaled.quality.score - straight.quality.score) <= 8
    area = scaled.quality.foreground_area_mm2 / straight.quality.foreground_area_mm2
    assert 0.95 < area < 1.05


def test_brightness_and_contrast_hardly_matter() -> None:
    straight = analyze(drawn(), 500.0)
    pale = np.clip(drawn() * 0.5 + 90, 0, 255).astype(np.uint8)
    assert agreement(analyze(pale, 500.0).template, straight.template) > 0.9


def test_trace_shows_every_stage_by_its_name() -> None:
    shown: dict[str, NDArray[Any]] = {}
    analysis = analyze(drawn(), 500.0, trace=shown.__setitem__)
    assert tuple(shown) == TRACE_NAMES
    assert shown["sample"].shape == shown["skeleton"].shape == (374, 388)
    assert shown["segmentation"].dtype == np.bool_
    assert not (shown["skeleton"] & ~shown["ridges"]).any()
    assert len(analysis.template) == len(analyze(drawn(), 500.0).template)
    blank: list[str] = []
    analyze(np.full((60, 60), 255, np.uint8), 500.0, trace=lambda name, _: blank.append(name))
    assert tuple(blank) == TRACE_NAMES

"""Frames of a live scanner: presence, place and stillness."""

import math

import cv2
import numpy as np
import pytest

from gateway.fingerprint import analyze, assess_preview, displacement
from tests.gateway.fingerprint.prints import drawn

BLANK = np.full((374, 388), 240, np.uint8)


def test_a_finger_is_seen_where_it_lies() -> None:
    preview, analysis = assess_preview(drawn(), 500.0), analyze(drawn(), 500.0)
    assert preview.finger_present
    y, x = np.nonzero(analysis.segmentation)
    assert math.dist(preview.centroid, (x.mean(), y.mean())) < 2
    assert preview.coverage == pytest.approx(analysis.segmentation.mean(), abs=0.01)
    assert preview.area_mm2 == pytest.approx(analysis.quality.foreground_area_mm2, rel=0.02)


def test_a_blank_frame_shows_none() -> None:
    preview = assess_preview(BLANK, 500.0)
    assert not preview.finger_present
    assert (preview.coverage, preview.clarity) == (0.0, 0.0)
    assert preview.centroid == (193.5, 186.5)


def test_clarity_estimates_the_score() -> None:
    for condition in ("clean", "light", "partial", "dry", "hard"):
        pixels = drawn(condition=condition)
        estimate = assess_preview(pixels, 500.0).clarity
        assert abs(estimate - analyze(pixels, 500.0).quality.score) < 30
    assert assess_preview(drawn(condition="light"), 500.0).clarity < assess_preview(drawn(), 500.0).clarity - 15


@pytest.mark.parametrize(("dx", "dy"), [(0, 0), (3, 0), (0, -5), (8, 6), (-20, 15)])
@pytest.mark.parametrize(("height", "width"), [(374, 388), (374, 338), (338, 374)])
def test_displacement_is_that_of_the_finger(dx: int, dy: int, height: int, width: int) -> None:
    frame = drawn()[:height, :width]
    moved = np.roll(frame, (dy, dx), axis=(0, 1))
    expected = math.hypot(dx, dy) * 25.4 / 500
    assert displacement(frame, moved, 500.0) == pytest.approx(expected, abs=0.03)
    assert displacement(moved, frame, 500.0) == pytest.approx(expected, abs=0.03)


def test_displacement_is_in_millimetres_at_any_scale() -> None:
    large = np.asarray(cv2.resize(drawn(), None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), np.uint8)
    moved = np.roll(large, (12, 16), axis=(0, 1))
    assert displacement(large, moved, 1000.0) == pytest.approx(20 * 25.4 / 1000, abs=0.03)


def test_frames_without_anything_in_common_are_infinitely_apart() -> None:
    assert displacement(BLANK, drawn(), 500.0) == math.inf
    assert displacement(drawn(), BLANK, 500.0) == math.inf
    assert displacement(BLANK, BLANK, 500.0) == 0.0
    assert displacement(drawn(3), drawn(4), 500.0) > 0.5


def test_sensor_noise_is_no_movement() -> None:
    noise = np.random.default_rng(4).normal(0, 4, (374, 388))
    noisy = np.clip(drawn() + noise, 0, 255).astype(np.uint8)
    assert displacement(drawn(), noisy, 500.0) < 0.03


def test_frames_of_two_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="one shape"):
        displacement(BLANK, BLANK[:-1], 500.0)


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (5, 3)])
def test_tiny_frames_have_a_displacement(shape: tuple[int, int]) -> None:
    frame = np.random.default_rng(6).integers(0, 256, shape, dtype=np.uint8)
    assert displacement(frame, frame, 500.0) >= 0

"""Minutiae follow the image: turned, shifted, inverted, resampled; and other sensors' frames, tones and noise.

Tolerance: a minutia counts as the same within 8 px at 500 ppi (0.4 mm, less than a ridge period) and 0.4 rad. The
shares that must be found again leave room for those at the border and for those that the change itself destroys.
"""

import math
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gateway.finger import FingerTemplate
from gateway.fingerprint import FingerAnalysis, analyze
from tests.gateway.fingerprint.prints import drawn

FINGERS = (3, 4, 9)
Pixels = NDArray[np.uint8]
property_test = settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


def grey(values: NDArray[Any]) -> Pixels:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def found_again(found: FingerTemplate, x: NDArray[Any], y: NDArray[Any], angle: NDArray[Any], px: float = 8.0) -> float:
    """Share of the expected minutiae that are in `found`."""
    near = np.hypot(found.x[:, None] - x, found.y[:, None] - y) <= px
    turn = np.abs((found.angle[:, None] - angle + math.pi) % (2 * math.pi) - math.pi)
    return float((near & (turn < 0.4)).any(axis=0).mean())


def both_ways(one: FingerTemplate, other: FingerTemplate) -> float:
    """The lesser share of minutiae of two templates of one frame that are in the other."""
    return min(found_again(one, other.x, other.y, other.angle), found_again(other, one.x, one.y, one.angle))


@property_test
@given(st.sampled_from(FINGERS), st.floats(-180, 180))
def test_turning(finger: int, degrees: float) -> None:
    pixels = drawn(finger)
    straight = analyze(pixels, 500.0).template
    side = 540
    matrix = cv2.getRotationMatrix2D((193.5, 186.5), degrees, 1.0)
    matrix[:, 2] += (side / 2 - 194, side / 2 - 187)
    ground = (int(np.median(pixels[0])),)
    turned = cv2.warpAffine(pixels, matrix, (side, side), flags=cv2.INTER_CUBIC, borderValue=ground)
    x = matrix[0, 0] * straight.x + matrix[0, 1] * straight.y + matrix[0, 2]
    y = matrix[1, 0] * straight.x + matrix[1, 1] * straight.y + matrix[1, 2]
    template = analyze(np.asarray(turned, np.uint8), 500.0).template
    assert found_again(template, x, y, straight.angle + math.radians(degrees)) >= 0.8
    assert len(template) <= 1.35 * len(straight) + 2


@property_test
@given(st.sampled_from(FINGERS), st.integers(0, 90), st.integers(0, 90))
def test_shifting(finger: int, right: int, down: int) -> None:
    pixels = drawn(finger)
    straight = analyze(pixels, 500.0).template
    frame = np.full((374 + 90, 388 + 90), int(np.median(pixels[0])), np.uint8)
    frame[down : down + 374, right : right + 388] = pixels
    shifted = analyze(frame, 500.0).template
    assert found_again(shifted, straight.x + right, straight.y + down, straight.angle) >= 0.85


@property_test
@given(st.sampled_from(FINGERS), st.floats(250, 1000))
def test_resampling(finger: int, ppi: float) -> None:
    pixels = drawn(finger)
    straight = analyze(pixels, 500.0).template
    size = (round(388 * ppi / 500), round(374 * ppi / 500))
    method = cv2.INTER_AREA if ppi < 500 else cv2.INTER_CUBIC
    template = analyze(np.asarray(cv2.resize(pixels, size, interpolation=method), np.uint8), ppi).template
    across, down = size[0] / 388, size[1] / 374
    x, y = (straight.x + 0.5) * across - 0.5, (straight.y + 0.5) * down - 0.5
    assert found_again(template, x, y, straight.angle, 8 * ppi / 500) >= 0.8


@pytest.mark.parametrize("finger", FINGERS)
def test_inverting(finger: int) -> None:
    dark, light = analyze(drawn(finger), 500.0), analyze(np.asarray(255 - drawn(finger), np.uint8), 500.0)
    assert light.inverted
    assert not dark.inverted
    assert both_ways(dark.template, light.template) >= 0.95


def noisy(deviation: float) -> Callable[[Pixels], Pixels]:
    return lambda pixels: grey(pixels + np.random.default_rng(7).normal(0, deviation, pixels.shape))


def salted(pixels: Pixels) -> Pixels:
    draw = np.random.default_rng(8).random(pixels.shape)
    return np.where(draw < 0.01, 0, np.where(draw > 0.99, 255, pixels)).astype(np.uint8)


def compressed(pixels: Pixels) -> Pixels:
    encoded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 15])[1]
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE), np.uint8)


def half_lit(pixels: Pixels) -> Pixels:
    return grey(pixels * np.linspace(0.35, 1.0, pixels.shape[1]))


CHANGES: dict[str, Callable[[Pixels], Pixels]] = {
    "pale": lambda pixels: grey(110 + (pixels - 128.0) * 0.15),
    "half lit": half_lit,
    "saturated": lambda pixels: grey((pixels - 60.0) * 2.0),
    "gamma": lambda pixels: grey(255 * (pixels / 255) ** 2),
    "noise": noisy(15),
    "salt and pepper": salted,
    "JPEG": compressed,
    "blurred": lambda pixels: np.asarray(cv2.GaussianBlur(pixels, (0, 0), 1.5), np.uint8),
    "column noise": lambda pixels: grey(pixels + np.random.default_rng(9).normal(0, 8, (1, pixels.shape[1]))),
}


@pytest.mark.parametrize("change", CHANGES)
def test_tone_noise_and_compression_keep_most_minutiae(change: str) -> None:
    shares = []
    for finger in FINGERS:
        analysis = analyze(CHANGES[change](drawn(finger)), 500.0)
        assert not analysis.inverted
        shares.append(both_ways(analysis.template, analyze(drawn(finger), 500.0).template))
    assert np.mean(shares) >= 0.7


def framed(border: int, value: int) -> FingerAnalysis:
    return analyze(np.pad(drawn(4), border, constant_values=value), 500.0)


@pytest.mark.parametrize(("border", "value"), [(40, 0), (60, 128), (150, 255), (420, 255)])
def test_a_frame_of_one_grey_changes_nothing(border: int, value: int) -> None:
    plain, analysis = analyze(drawn(4), 500.0), framed(border, value)
    x, y = plain.template.x + border, plain.template.y + border
    assert not analysis.inverted
    assert found_again(analysis.template, x, y, plain.template.angle) >= 0.9
    assert len(analysis.template) <= 1.15 * len(plain.template)


def test_a_finger_in_a_large_noisy_frame_is_found() -> None:
    frame = np.pad(drawn(4), 420, constant_values=235)
    analysis = analyze(noisy(2)(frame), 500.0)
    plain = analyze(drawn(4), 500.0).template
    assert found_again(analysis.template, plain.x + 420, plain.y + 420, plain.angle) >= 0.85


@pytest.mark.parametrize("invert", [False, True])
def test_a_small_sensor_that_the_finger_covers_wholly(invert: bool) -> None:
    part = drawn(4)[91:283, 98:290]
    analysis = analyze(np.asarray(255 - part if invert else part, np.uint8), 500.0)
    plain = analyze(drawn(4), 500.0).template
    x, y = plain.x - 98, plain.y - 91
    inner = (x > 16) & (x < 175) & (y > 16) & (y < 175)
    assert analysis.segmentation.mean() > 0.95
    assert found_again(analysis.template, x[inner], y[inner], plain.angle[inner]) >= 0.7


def test_black_around_a_cut_off_print_is_no_ground() -> None:
    part = drawn(4)[91:283, 98:290]
    analysis, bare = analyze(np.pad(part, 40), 500.0), analyze(part, 500.0)
    assert not analysis.inverted
    x, y = bare.template.x, bare.template.y
    inner = (x > 20) & (x < 171) & (y > 20) & (y < 171)
    assert found_again(analysis.template, x[inner] + 40, y[inner] + 40, bare.template.angle[inner]) >= 0.8


def test_noise_beside_a_finger_gives_few_minutiae() -> None:
    pixels = drawn(4)
    analysis = analyze(noisy(40)(pixels), 500.0)
    outside = cv2.dilate(analyze(pixels, 500.0).segmentation.astype(np.uint8), np.ones((25, 25), np.uint8)) == 0
    x, y = (np.rint(place).astype(int) for place in (analysis.template.x, analysis.template.y))
    assert int((outside[y, x] & (analysis.template.quality > 40)).sum()) <= 12

"""What turning, moving, enlarging, toning and mirroring a frame do to outlines and code."""

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.iris.synthesis.drawn_eye import drawn_eye
from gateway.iris import IrisCode, IrisGeometry, IrisOutcome, analyze, compare, distance_at_fmr
from gateway.iris.code import COLUMNS
from gateway.iris.comparison import best_turn

EYES = (411, 412, 413)


@lru_cache(maxsize=8)
def pixels_of(eye: int) -> NDArray[np.uint8]:
    return drawn_eye(eye, 1).pixels


def found(pixels: NDArray[np.uint8]) -> tuple[IrisGeometry, IrisCode]:
    analysis = analyze(np.ascontiguousarray(pixels))
    assert analysis.outcome is IrisOutcome.FOUND
    assert analysis.geometry is not None
    assert analysis.template is not None
    return analysis.geometry, analysis.template


@lru_cache(maxsize=8)
def original(eye: int) -> tuple[IrisGeometry, IrisCode]:
    return found(pixels_of(eye))


def warped(pixels: NDArray[np.uint8], move: NDArray[Any]) -> NDArray[np.uint8]:
    height, width = pixels.shape
    image = cv2.warpAffine(pixels, move, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(image, np.uint8)


@pytest.mark.parametrize("degrees", [-20, -11, -3, 3, 11, 20])
def test_a_turned_frame_turns_the_code_by_as_much(degrees: float) -> None:
    for eye in EYES:
        pixels = pixels_of(eye)
        height, width = pixels.shape
        # OpenCV turns against the clock, a code's columns go with it.
        turned = found(warped(pixels, cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)))[1]
        best = best_turn(original(eye)[1], turned)
        assert best.shift == pytest.approx(-degrees * COLUMNS / 360, abs=1.01)
        assert best.distance < 0.1
        assert best_turn(turned, original(eye)[1]).shift == pytest.approx(-best.shift, abs=1.01)


@pytest.mark.parametrize(("x", "y"), [(31.0, 0.0), (0.0, -18.0), (-40.5, 12.25)])
def test_a_moved_frame_moves_the_outlines_and_leaves_the_code(x: float, y: float) -> None:
    for eye in EYES:
        geometry, code = found(warped(pixels_of(eye), np.array([[1, 0, x], [0, 1, y]], np.float32)))
        before, template = original(eye)
        for contour, was in ((geometry.pupil, before.pupil), (geometry.limbus, before.limbus)):
            assert np.subtract(contour.centre, was.centre) == pytest.approx((x, y), abs=1.5)
            assert contour.radius == pytest.approx(was.radius, rel=0.015)
        assert compare(code, template) < 0.1


@pytest.mark.parametrize("factor", [0.5, 0.75, 1.5, 2.5])
def test_an_enlarged_frame_enlarges_the_outlines_and_leaves_the_code(factor: float) -> None:
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    for eye in EYES:
        pixels = np.asarray(cv2.resize(pixels_of(eye), None, fx=factor, fy=factor, interpolation=way), np.uint8)
        geometry, code = found(pixels)
        before, template = original(eye)
        assert geometry.mask.shape == pixels.shape
        assert geometry.pupil.radius == pytest.approx(factor * before.pupil.radius, rel=0.03)
        assert geometry.limbus.radius == pytest.approx(factor * before.limbus.radius, rel=0.03)
        assert compare(code, template) < 0.2


@pytest.mark.parametrize(("gain", "offset", "power"), [(0.4, 0, 1), (0.5, 90, 1), (1, 0, 0.6), (1, 0, 1.6)])
def test_brightness_leaves_outlines_and_code(gain: float, offset: float, power: float) -> None:
    for eye in EYES:
        toned = 255 * (pixels_of(eye) / 255.0) ** power * gain + offset
        geometry, code = found(np.clip(np.rint(toned), 0, 255).astype(np.uint8))
        before, template = original(eye)
        assert geometry.pupil.radius == pytest.approx(before.pupil.radius, rel=0.03)
        assert geometry.limbus.radius == pytest.approx(before.limbus.radius, rel=0.05)
        assert compare(code, template) < 0.2


def test_distance_grows_with_the_noise() -> None:
    rng = np.random.default_rng(1)
    for eye in EYES:
        grain = rng.normal(0, 1, pixels_of(eye).shape)
        distances = [
            compare(found(np.clip(pixels_of(eye) + deviation * grain, 0, 255).astype(np.uint8))[1], original(eye)[1])
            for deviation in (0.0, 4.0, 12.0)
        ]
        assert distances[0] < 0.02
        assert distances[0] < distances[1] < distances[2] < distance_at_fmr(0.001)


def test_an_eye_upside_down_is_found_and_another_than_upright() -> None:
    for eye in EYES:
        pixels = pixels_of(eye)
        height, width = pixels.shape
        analysis = analyze(np.ascontiguousarray(pixels[::-1, ::-1]))
        assert analysis.outcome is not IrisOutcome.TOO_SMALL
        if analysis.geometry is None:
            continue
        x, y = original(eye)[0].pupil.centre
        assert analysis.geometry.pupil.centre == pytest.approx((width - 1 - x, height - 1 - y), abs=2)
        if analysis.template is not None:  # far beyond the turns that are followed
            assert compare(analysis.template, original(eye)[1]) > distance_at_fmr(0.001)


def test_a_mirrored_eye_is_another() -> None:
    for eye in EYES:
        assert compare(found(pixels_of(eye)[:, ::-1])[1], original(eye)[1]) > distance_at_fmr(0.001)


def test_codes_of_frames_compare_the_same_both_ways_and_with_themselves_as_0() -> None:
    codes = [original(eye)[1] for eye in EYES]
    codes += [found(drawn_eye(eye, 2).pixels)[1] for eye in EYES]
    for one in codes:
        assert compare(one, one) == 0
        for other in codes:
            assert compare(one, other) == compare(other, one)

"""Both eyes of one frame: two sensors' width, faces, one eye alone, the same eye twice."""

from functools import lru_cache

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.iris.synthesis.drawn_eye import DrawnEye, drawn_eye, drawn_eyes
from drivers.iris.synthesis.eye import EyeTruth
from gateway.iris import TRACE_NAMES, IrisAnalysis, analyze, compare, distance_at_fmr
from gateway.iris.pair import analyze_both


@lru_cache(maxsize=8)
def both(eye: int, condition: str = "clean") -> DrawnEye:
    return drawn_eyes(eye, eye + 7, 1, condition)


def is_where(analysis: IrisAnalysis | None, truth: EyeTruth, scale: float = 1, x: float = 0, y: float = 0) -> bool:
    """Whether the outlines are those of an eye of a frame that was scaled and moved."""
    if analysis is None or analysis.geometry is None:
        return False
    limbus = analysis.geometry.limbus
    away = np.hypot(limbus.centre[0] - truth.iris.x * scale - x, limbus.centre[1] - truth.iris.y * scale - y)
    radius = truth.iris.semi_major * scale
    return bool(away < 0.08 * radius and abs(limbus.radius - radius) < 0.08 * radius)


def matches(analysis: IrisAnalysis | None, eye: int, side: str) -> bool:
    """Whether a code is that of another sitting of a drawn eye."""
    other = analyze(drawn_eye(eye, 2, side=side).pixels).template
    assert other is not None
    assert analysis is not None
    assert analysis.template is not None
    return compare(analysis.template, other) < distance_at_fmr(0.001)


def face(eye: int, width: int, height: int, scale: float) -> tuple[NDArray[np.uint8], int, int]:
    """A face with brows' shadow, nostrils and mouth about two drawn eyes, and where these were laid."""
    eyes = cv2.resize(both(eye).pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    top, left = int(0.3 * height), (width - eyes.shape[1]) // 2
    image = np.full((height, width), 190, np.float32)
    laid = np.zeros_like(image)
    inside = (slice(top, top + eyes.shape[0]), slice(left, left + eyes.shape[1]))
    laid[inside] = 1
    blend = cv2.GaussianBlur(cv2.erode(laid, np.ones((25, 25))), (0, 0), 6)
    whole = image.copy()
    whole[inside] = eyes
    image += blend * (whole - image)
    millimetre, middle = 19.6 * scale, top + eyes.shape[0] // 2
    for beside in (-7, 7):
        nostril = (width // 2 + int(beside * millimetre), middle + int(45 * millimetre))
        cv2.ellipse(image, nostril, (int(3.5 * millimetre), int(2.2 * millimetre)), 0, 0, 360, 40, -1)
    mouth = (width // 2, middle + int(72 * millimetre))
    cv2.ellipse(image, mouth, (int(25 * millimetre), int(3 * millimetre)), 0, 0, 360, 90, -1)
    image[: height // 12] = 35
    image += np.random.default_rng(eye).normal(0, 2, image.shape).astype(np.float32)
    return np.asarray(np.clip(image, 0, 255), np.uint8), left, top


@pytest.mark.parametrize("condition", ["clean", "gaze_off", "spectacles", "far", "noisy"])
def test_both_eyes_of_a_wide_frame_are_found(condition: str) -> None:
    for eye in (900, 901):
        drawn = both(eye, condition)
        pair = analyze_both(drawn.pixels)
        assert pair.unsided is None
        for found, truth in zip((pair.right, pair.left), drawn.truths, strict=True):
            assert is_where(found, truth)


def test_each_code_is_of_its_eye_and_masks_are_of_the_whole_frame() -> None:
    drawn = both(900)
    pair = analyze_both(drawn.pixels)
    assert matches(pair.right, 900, "right")
    assert matches(pair.left, 907, "left")
    for analysis, truth in zip(pair.eyes, drawn.truths, strict=True):
        geometry = analysis.geometry
        assert geometry is not None
        assert geometry.mask.shape == geometry.glints.shape == drawn.pixels.shape
        assert 0.35 < geometry.usable < 0.98
        assert ((truth.lids | truth.glints) & geometry.mask).sum() < 0.05 * geometry.mask.sum()
        x, y = np.nonzero(geometry.mask)[1].mean(), np.nonzero(geometry.mask)[0].mean()
        assert np.hypot(x - truth.iris.x, y - truth.iris.y) < 0.4 * truth.iris.semi_major
        if geometry.upper_lid is not None:
            assert abs(geometry.upper_lid[:, 0].mean() - truth.iris.x) < truth.iris.semi_major
        assert not analysis.guidance


@pytest.mark.parametrize(("width", "height", "scale"), [(1200, 900, 0.5), (2592, 1944, 1.0)])
def test_both_eyes_of_a_face_are_found(width: int, height: int, scale: float) -> None:
    pixels, x, y = face(920, width, height, scale)
    pair = analyze_both(pixels)
    right, left = both(920).truths
    assert is_where(pair.right, right, scale, x, y)
    assert is_where(pair.left, left, scale, x, y)


def test_one_eye_of_a_wide_frame_is_on_the_side_of_its_place() -> None:
    for eye in (900, 901):
        drawn = both(eye)
        only_right, only_left = drawn.pixels.copy(), drawn.pixels.copy()
        only_right[:, 960:] = 180
        only_left[:, :960] = 180
        pair = analyze_both(only_right)
        assert is_where(pair.right, drawn.truths[0])
        assert pair.left is None
        pair = analyze_both(only_left)
        assert is_where(pair.left, drawn.truths[1])
        assert pair.right is None


def test_a_frame_of_one_eye_gives_what_analyze_gives() -> None:
    for side in ("right", "left"):
        pixels = drawn_eye(902, 1, side=side).pixels
        pair, alone = analyze_both(pixels), analyze(pixels)
        (only,) = pair.eyes
        assert only in (getattr(pair, side), pair.unsided)
        assert only.template is not None
        assert alone.template is not None
        assert np.array_equal(only.template.bits, alone.template.bits)
        assert only.guidance == alone.guidance


def test_the_same_eye_is_never_given_twice() -> None:
    for eye in (900, 903):
        half = both(eye).pixels[:, :960]
        noise = np.random.default_rng(1).normal(0, 3, half.shape)
        again = np.clip(half + noise, 0, 255).astype(np.uint8)
        assert len(analyze_both(np.hstack([half, again])).eyes) == 1
    wide = np.full((480, 1400), 185, np.uint8)
    wide[:, 380:1020] = drawn_eye(904, 1).pixels
    assert len(analyze_both(wide).eyes) == 1


def test_images_of_two_sensors_may_lie_side_by_side() -> None:
    halves = [drawn_eye(905 + n, 1, side=side).pixels for n, side in enumerate(("right", "left"))]
    pair = analyze_both(np.hstack(halves))
    assert matches(pair.right, 905, "right")
    assert matches(pair.left, 906, "left")


def test_nobody_is_nobody_and_says_why() -> None:
    noise = np.random.default_rng(3).integers(0, 255, (480, 1920)).astype(np.uint8)
    for pixels in (noise, np.full((480, 1920), 180, np.uint8), np.full((60, 300), 90, np.uint8)):
        pair = analyze_both(pixels)
        assert pair.eyes == ()
        assert pair.guidance
    with pytest.raises(ValueError, match="sample"):
        analyze_both(np.zeros((10, 10, 3), np.uint8))


def test_pixels_stay_and_stages_are_traced_per_eye() -> None:
    pixels = both(900).pixels.copy()
    pixels.flags.writeable = False
    seen: list[str] = []
    analyze_both(pixels, trace=lambda name, array: seen.append(name))
    assert seen == [f"{side}/{name}" for side in ("right", "left") for name in TRACE_NAMES]
    deep = pixels.astype(np.uint16) * 4
    assert len(analyze_both(deep).eyes) == 2

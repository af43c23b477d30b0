"""Frames as no camera should give them: an outcome, nothing that contradicts itself, not much more work than an eye."""

from functools import lru_cache
from statistics import median
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.iris.synthesis.drawn_eye import DrawnEye, drawn_eye
from gateway.iris import IrisAnalysis, IrisOutcome, analyze
from tests.counted_calls import counted_calls
from tests.gateway.iris.non_eyes import KINDS, face, non_eyes, text

Grey = NDArray[np.uint8]
MOST_WORK = 3.0
"""Calls that an odd frame may take, in those of a median eye's frame; arrays are bounded by the sample worked on."""
MOST_PIXELS = 1_000_000
"""Of the sample that is worked on, whatever was given."""


@lru_cache(maxsize=16)
def eye(seed: int) -> DrawnEye:
    return drawn_eye(seed, 1)


def consistent(pixels: Grey) -> IrisAnalysis:
    """The analysis of a frame, of whose parts none contradicts another."""
    analysis = analyze(np.ascontiguousarray(pixels))
    assert (analysis.template is not None) == (analysis.outcome is IrisOutcome.FOUND)
    assert (analysis.geometry is None) == (analysis.quality is None)
    if analysis.geometry is None:
        assert analysis.outcome is not IrisOutcome.FOUND
        assert not analysis.strip_mask.any()
    else:
        assert analysis.geometry.mask.shape == pixels.shape
        assert np.isfinite(analysis.geometry.limbus.points).all()
        assert 0 < analysis.geometry.pupil.radius < analysis.geometry.limbus.radius
    if analysis.outcome is not IrisOutcome.FOUND:
        assert analysis.guidance
    return analysis


def work(pixels: Grey) -> int:
    with counted_calls() as calls:
        analyze(pixels)
    return calls[0]


@lru_cache(maxsize=1)
def usual_work() -> float:
    """Calls of a median eye's frame."""
    for pixels in (eye(431).pixels, *(pixels for _, pixels in non_eyes(len(KINDS)))):
        analyze(pixels)  # what is imported, or kept from one frame to the next, is not counted
    return median(work(eye(seed).pixels) for seed in range(431, 436))


def test_no_image_without_an_eye_is_much_more_work() -> None:
    usual = usual_work()
    most = max((work(pixels), kind) for kind, pixels in non_eyes(40, seed=9))
    assert most[0] <= MOST_WORK * usual, most


def huge(kind: str) -> Grey:
    if kind == "even":
        return np.full((8000, 8000), 77, np.uint8)
    if kind == "noise":
        return np.random.default_rng(1).integers(0, 256, (8000, 8000), np.uint8)
    small = next(pixels for name, pixels in non_eyes(len(KINDS), seed=10) if name == kind)
    return np.asarray(cv2.resize(small, (8000, 8000), interpolation=cv2.INTER_LINEAR), np.uint8)


@pytest.mark.parametrize("kind", ["even", "noise", "blobs", "text"])
def test_a_huge_frame_is_no_more_work_than_a_small_one(kind: str) -> None:
    pixels, usual = huge(kind), usual_work()
    shapes: dict[str, tuple[int, ...]] = {}
    with counted_calls() as calls:
        analysis = analyze(pixels, trace=lambda name, array: shapes.update({name: array.shape}))
    assert analysis.template is None
    assert calls[0] <= MOST_WORK * usual
    assert all(np.prod(shape) <= MOST_PIXELS for shape in shapes.values()), shapes


def test_an_eye_in_a_huge_frame_is_found() -> None:
    drawn = eye(436)
    pixels = np.asarray(cv2.resize(drawn.pixels, (6400, 4800), interpolation=cv2.INTER_LINEAR), np.uint8)
    analysis = consistent(pixels)
    assert analysis.geometry is not None
    assert analysis.geometry.pupil.radius == pytest.approx(10 * drawn.truth.pupil.semi_major, rel=0.05)


@pytest.mark.parametrize("shape", [(1, 1), (1, 16384), (16384, 1), (2, 3)])
def test_next_to_nothing_is_next_to_no_work(shape: tuple[int, int]) -> None:
    pixels = np.full(shape, 200, np.uint8)
    assert consistent(pixels).outcome is IrisOutcome.TOO_SMALL
    assert work(pixels) < 0.1 * usual_work()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int16, np.int64, np.bool_, np.complex64])
@pytest.mark.parametrize("fill", [0.0, 1.0, np.nan, np.inf])
def test_other_numbers_are_refused(dtype: type[np.generic], fill: float) -> None:
    if np.issubdtype(dtype, np.integer) and not np.isfinite(fill):
        fill = 7.0
    with pytest.raises(ValueError, match="sample"):
        analyze(np.full((240, 320), fill).astype(dtype))


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 1.2])
def test_glare_over_the_pupil_is_an_outcome(share: float) -> None:
    for seed in (437, 438):
        pixels, pupil = eye(seed).pixels.copy(), eye(seed).truth.pupil
        at = (round(pupil.x), round(pupil.y))
        cv2.circle(pixels, at, round(share * pupil.semi_major), 255, -1, cv2.LINE_AA)
        analysis = consistent(np.asarray(cv2.GaussianBlur(pixels, (0, 0), 1.0), np.uint8))
        if analysis.outcome is IrisOutcome.FOUND:
            assert analysis.geometry is not None
            x, y = analysis.geometry.limbus.centre
            truth = eye(seed).truth.iris
            assert np.hypot(x - truth.x, y - truth.y) < 0.2 * truth.semi_major


@pytest.mark.parametrize("border", ["left", "right", "top", "bottom"])
def test_half_an_eye_at_the_border_has_no_code(border: str) -> None:
    for seed in (439, 440):
        x, y = round(eye(seed).truth.iris.x), round(eye(seed).truth.iris.y)
        pixels = eye(seed).pixels
        cut = {"left": pixels[:, x:], "right": pixels[:, :x], "top": pixels[y:], "bottom": pixels[:y]}[border]
        assert consistent(cut).template is None


@pytest.mark.parametrize("slimness", [0.12, 0.25, 0.5])
def test_a_slit_pupil_is_no_mans_eye(slimness: float) -> None:
    for seed in (441, 442):
        pixels, truth = eye(seed).pixels.copy(), eye(seed).truth
        at, radius = (round(truth.iris.x), round(truth.iris.y)), truth.iris.semi_major
        rows, columns = np.mgrid[: pixels.shape[0], : pixels.shape[1]]
        from_middle = np.hypot(columns - at[0], rows - at[1])
        tone = int(np.median(pixels[(from_middle > 0.6 * radius) & (from_middle < 0.9 * radius)]))
        cv2.circle(pixels, at, round(1.1 * truth.pupil.semi_major), tone, -1)
        cv2.ellipse(pixels, at, (round(0.75 * slimness * radius), round(0.75 * radius)), 0, 0, 360, 12, -1, cv2.LINE_AA)
        assert consistent(np.asarray(cv2.GaussianBlur(pixels, (0, 0), 1.0), np.uint8)).template is None


@pytest.mark.parametrize("kind", [text, face])
def test_a_page_and_a_face_have_no_code(kind: Any) -> None:
    rng = np.random.default_rng(44)
    coded = sum(consistent(kind(rng)).template is not None for _ in range(24))
    assert coded <= 1  # of 300 drawn pages three are taken for an eye: a letter o in the right company

"""Pictures for people: of an analysis, and of what a comparison matched."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gateway.finger import FingerTemplate
from gateway.fingerprint import FingerAnalysis, analyze
from gateway.fingerprint.annotated import analysis_sheet, annotated, annotated_pairs
from tests.gateway.fingerprint.prints import drawn


def traced(pixels: NDArray[np.uint8], ppi: float = 500.0) -> tuple[FingerAnalysis, dict[str, NDArray[Any]]]:
    shown: dict[str, NDArray[Any]] = {}
    return analyze(pixels, ppi, trace=shown.__setitem__), shown


def coloured(image: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return np.asarray(np.ptp(image.astype(int), axis=2) > 60)


def without_minutiae(template: FingerTemplate) -> FingerTemplate:
    nothing = np.zeros(0, np.float32)
    codes = np.zeros(0, np.uint8)
    return FingerTemplate(nothing, nothing, nothing, codes, codes, template.width, template.height, template.ppi)


def test_marks_lie_on_the_minutiae() -> None:
    pixels = drawn(4)
    template = analyze(pixels, 500.0).template
    image = annotated(pixels, template)
    assert image.shape == (748, 776, 3)
    marks = coloured(image)
    for x, y in zip(template.x, template.y, strict=True):
        row, column = round(2 * float(y)), round(2 * float(x))
        assert marks[max(0, row - 9) : row + 10, max(0, column - 9) : column + 10].any()
    assert not coloured(annotated(pixels, without_minutiae(template))).any()


def test_cores_and_deltas_are_marked_besides() -> None:
    pixels = drawn(9, 1)
    analysis = analyze(pixels, 500.0)
    bare = without_minutiae(analysis.template)
    marks = coloured(annotated(pixels, bare, None, analysis.singular_points))
    for x, y in zip(analysis.singular_points.x, analysis.singular_points.y, strict=True):
        row, column = round(2 * float(y)), round(2 * float(x))
        assert marks[row - 3 : row + 4, column - 3 : column + 4].any()


@pytest.mark.parametrize("ppi", [500.0, 1000.0])
def test_a_sheet_shows_four_panels(ppi: float) -> None:
    factor = round(ppi / 500)
    pixels = np.repeat(np.repeat(drawn(4), factor, axis=0), factor, axis=1)
    analysis, shown = traced(pixels, ppi)
    sheet = analysis_sheet(pixels, analysis.template, shown, analysis.singular_points)
    height, width = annotated(pixels, analysis.template).shape[:2]
    assert sheet.dtype == np.uint8
    assert sheet.shape[0] >= 2 * height
    assert sheet.shape[1] >= 2 * width
    half = (sheet.shape[0] // 2, sheet.shape[1] // 2)
    minutiae, orientation = sheet[: half[0], : half[1]], sheet[: half[0], half[1] :]
    ridges, quality = sheet[half[0] :, : half[1]], sheet[half[0] :, half[1] :]
    assert coloured(minutiae).any()
    assert coloured(orientation).any()
    assert not coloured(ridges).any()
    assert coloured(quality).mean() > 0.2


def test_a_sheet_of_nothing_is_a_picture_too() -> None:
    blank = np.full((90, 120), 255, np.uint8)
    analysis, shown = traced(blank)
    sheet = analysis_sheet(blank, analysis.template, shown, analysis.singular_points)
    assert not coloured(sheet).any()


def test_pairs_are_joined_across_the_gap() -> None:
    first, second = drawn(4), drawn(4, 1)[:300, :250]
    a, b = analyze(first, 500.0).template, analyze(second, 500.0).template
    pairs = np.array([[0, 0], [3, 2]])
    image = annotated_pairs(first, a, second, b, pairs)
    assert image.shape == (748, 776 + 12 + 500, 3)
    gap = coloured(image[:, 776:788])
    assert gap.any(axis=1).sum() >= 2
    none = annotated_pairs(first, a, second, b, np.zeros((0, 2), np.intp))
    assert not coloured(none).any()


def test_pairs_of_other_scales_are_drawn_at_one() -> None:
    small, large = drawn(4), np.repeat(np.repeat(drawn(4), 2, axis=0), 2, axis=1)
    a, b = analyze(small, 500.0).template, analyze(large, 1000.0).template
    image = annotated_pairs(small, a, large, b, np.array([[0, 0]]))
    assert image.shape == (748, 776 + 12 + 776, 3)


@pytest.mark.parametrize("pairs", [np.zeros((1, 3), int), np.zeros(2, int), np.array([[0, 900]]), np.array([[-1, 0]])])
def test_pairs_that_cannot_be_are_refused(pairs: NDArray[Any]) -> None:
    template = analyze(drawn(4), 500.0).template
    with pytest.raises(ValueError, match="pairs"):
        annotated_pairs(drawn(4), template, drawn(4), template, pairs)

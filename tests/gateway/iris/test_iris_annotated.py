"""Pictures for people: of an analysis, of a frame, and of what a comparison rests on."""

from dataclasses import replace
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.iris.synthesis.drawn_eye import drawn_eye
from gateway.guidance import LocalizedText
from gateway.iris import IrisAnalysis, IrisCode, IrisOutcome, analyze, compare
from gateway.iris.annotated import analysis_sheet, annotated_comparison, annotated_frame
from gateway.iris.comparison_detail import bit_agreement, compared
from gateway.iris.iso_metrics import ISO_METRICS
from gateway.iris.panels import AGREE, DIFFER, UNCOUNTED, agreement_panel, code_panel, metrics_panel

Grey = NDArray[np.uint8]


@lru_cache(maxsize=16)
def eye(seed: int, impression: int = 1, condition: str = "clean") -> tuple[Grey, IrisAnalysis, dict[str, NDArray[Any]]]:
    pixels = drawn_eye(seed, impression, condition).pixels
    shown: dict[str, NDArray[Any]] = {}
    return pixels, analyze(pixels, trace=shown.__setitem__), shown


def code_of(analysis: IrisAnalysis) -> IrisCode:
    assert analysis.template is not None
    return analysis.template


def coloured(image: Grey) -> NDArray[np.bool_]:
    return np.asarray(np.ptp(image.astype(np.int16), axis=2) > 60)


def marked_at(image: Grey, points: NDArray[np.float32], scale: float) -> float:
    """Share of the points with colour within a pixel of where they lie."""
    near = cv2.dilate(coloured(image).astype(np.uint8), np.ones((3, 3), np.uint8))
    x, y = np.rint((points + 0.5) * scale - 0.5).astype(int).T
    inside = (x >= 0) & (y >= 0) & (x < near.shape[1]) & (y < near.shape[0])
    return float(near[y[inside], x[inside]].mean())


@pytest.mark.parametrize("longest", [1280, 320])
def test_outlines_lie_where_the_geometry_is(longest: int) -> None:
    pixels, analysis, _ = eye(31)
    geometry = analysis.geometry
    assert geometry is not None
    frame = annotated_frame(pixels, analysis, longest)
    scale = min(1.0, longest / 640)
    assert frame.shape == (round(480 * scale), round(640 * scale), 3)
    for contour in (geometry.pupil, geometry.limbus):
        assert marked_at(frame, contour.points, scale) > 0.98
    between = (geometry.pupil.points + geometry.limbus.points) / 2
    assert marked_at(frame, between, scale) < 0.2
    assert not coloured(annotated_frame(pixels, replace(analysis, geometry=None), longest)).any()


def test_a_frame_of_16_bits_and_a_huge_one_are_drawn() -> None:
    pixels, analysis, _ = eye(31)
    deep = annotated_frame(pixels.astype(np.uint16) * 257, analysis)
    assert np.abs(deep.astype(int) - annotated_frame(pixels, analysis)).max() <= 1
    large = cv2.resize(pixels, (2560, 1920), interpolation=cv2.INTER_LINEAR)
    found = analyze(np.asarray(large, np.uint8))
    assert found.geometry is not None
    frame = annotated_frame(np.asarray(large, np.uint8), found)
    assert frame.shape == (960, 1280, 3)
    assert marked_at(frame, found.geometry.limbus.points, 0.5) > 0.98


def test_a_frame_that_was_not_the_one_analysed_is_refused() -> None:
    pixels, analysis, shown = eye(31)
    with pytest.raises(ValueError, match="not"):
        annotated_frame(pixels[:-1], analysis)
    with pytest.raises(ValueError, match="not"):
        analysis_sheet(pixels[:, :-1], analysis, shown)


def test_a_sheet_shows_what_covers_the_iris() -> None:
    pixels, analysis, shown = eye(33)
    geometry = analysis.geometry
    assert geometry is not None
    red = []
    for share in (0.0, 0.5, 1.0):
        mask = geometry.mask.copy()
        mask[: round(pixels.shape[0] * share)] = False
        covered = replace(analysis, geometry=replace(geometry, mask=mask, glints=np.zeros_like(mask)))
        sheet = analysis_sheet(pixels, covered, shown)
        assert sheet.shape[1] == 1048
        frame, iris = (part.astype(int) for part in (sheet[:450, :570], sheet[:450, 596:]))
        assert not (frame[..., 2] - frame[..., 1] > 50).mean() > 0.02, "the frame has outlines alone"
        red.append((iris[..., 2] - iris[..., 1] > 50).sum())
    assert red[0] < red[1] - 5000 < red[2] - 20_000


def test_a_sheet_says_why_there_is_no_iris() -> None:
    noise = np.clip(np.random.default_rng(5).normal(90, 12, (300, 400)), 0, 255).astype(np.uint8)
    shown: dict[str, NDArray[Any]] = {}
    analysis = analyze(noise, trace=shown.__setitem__)
    assert analysis.outcome is IrisOutcome.NO_EYE
    asked: list[LocalizedText] = []

    def words(text: LocalizedText) -> str:
        asked.append(text)
        return text.id

    sheet = analysis_sheet(noise, analysis, shown, words=words)
    assert not coloured(sheet).any()
    said = {text.en for text in asked}
    assert "No iris was found." in said
    assert {each.fault.en for each in analysis.guidance} <= said
    assert sheet.shape[0] > 432
    bare = analysis_sheet(noise, analysis, {})
    assert bare.shape[1] == sheet.shape[1]
    assert (bare[100:300, 700:900] == 255).all(), "no second picture where the trace holds none"


@pytest.mark.parametrize("shape", [(1, 1), (2, 3000), (97, 5000)])
def test_a_sheet_of_any_shape_is_a_picture(shape: tuple[int, int]) -> None:
    pixels = np.full(shape, 120, np.uint8)
    shown: dict[str, NDArray[Any]] = {}
    sheet = analysis_sheet(pixels, analyze(pixels, trace=shown.__setitem__), shown)
    assert sheet.dtype == np.uint8
    assert sheet.shape[1:] == (1048, 3)


def test_bars_are_as_long_as_their_values_and_red_outside_of_what_is_recommended() -> None:
    _, analysis, _ = eye(31)
    quality = analysis.quality
    assert quality is not None
    radius = next(index for index, metric in enumerate(ISO_METRICS) if metric.field == "iris_radius") + 1
    shown = {}
    for value in (50.0, 100.0, float("inf")):
        row = metrics_panel(replace(quality, iris_radius=value))[22 * radius : 22 * (radius + 1)]
        shown[value] = row[11, 300:520].astype(int)
    red = (shown[50.0][:, 2] - shown[50.0][:, 1] > 100).sum()
    dark_green = (shown[100.0][:, 1] - shown[100.0][:, 2] > 70).sum()
    assert red == pytest.approx(190 * 50 / 200, abs=1)
    assert dark_green == pytest.approx(190 * 100 / 200, abs=1)
    assert not (shown[float("inf")][:, 1] - shown[float("inf")][:, 2] > 70).any()


def test_recommendations_hold_at_their_ends() -> None:
    by_field = {metric.field: metric for metric in ISO_METRICS}
    assert len(by_field) == 10
    assert by_field["iris_sclera_contrast"].within(5.0) is False
    assert by_field["iris_sclera_contrast"].within(5.1) is True
    assert by_field["iris_pupil_contrast"].within(30.0) is True
    assert [by_field["pupil_to_iris_ratio"].within(value) for value in (19.9, 20.0, 70.0, 70.1)] == [
        False,
        True,
        True,
        False,
    ]
    assert by_field["sharpness"].within(1.0) is None


def test_every_bit_of_a_code_is_shown() -> None:
    code = code_of(eye(31)[1])
    panel = code_panel(code)[:, ::4].reshape(-1, 3)
    ones = int(np.bitwise_count(code.bits).sum())
    black, white = ((panel == level).all(axis=1).sum() for level in (0, 255))
    assert black == ones
    assert black + white == code.counted


def test_the_detail_of_a_comparison_is_that_of_compare() -> None:
    codes = [code_of(eye(*each)[1]) for each in ((31, 1), (31, 2), (31, 1, "rotated"), (32, 1))]
    for a in codes:
        for b in codes:
            detail, back = compared(a, b), compared(b, a)
            assert detail.distance == compare(a, b)
            assert detail.common > 0
            assert detail.shift == -back.shift or detail.distance > 0.4
            agreement = bit_agreement(a, b, detail.shift)
            assert np.count_nonzero(agreement.common) == detail.common
            assert np.count_nonzero(agreement.differing) == detail.differing
            assert detail.decidable
    assert compared(codes[0], codes[0]).shift == 0


def test_a_turned_code_is_found_at_its_turn() -> None:
    code = code_of(eye(31)[1])
    for columns in (-16, -5, 3, 64 // 8):
        words = [np.roll(np.unpackbits(plane.view(np.uint8), axis=-1, bitorder="little"), columns, axis=-1)
                 for plane in (code.bits, code.mask)]  # fmt: skip
        bits, mask = (np.packbits(word, axis=-1, bitorder="little").view(np.uint64) for word in words)
        detail = compared(code, IrisCode(bits, mask))
        assert (detail.shift, detail.differing, detail.common) == (columns, 0, code.counted)
        assert detail.shift_degrees == columns * 360 / 256


def test_codes_with_nothing_in_common_are_not_decided() -> None:
    code = code_of(eye(31)[1])
    nothing = IrisCode(np.zeros_like(code.bits), np.zeros_like(code.mask))
    detail = compared(code, nothing)
    assert (detail.shift, detail.common, detail.decidable) == (0, 0, False)


def test_agreement_is_drawn_bit_by_bit() -> None:
    a, b = code_of(eye(31)[1]), code_of(eye(32)[1])
    detail = compared(a, b)
    panel = agreement_panel(bit_agreement(a, b, detail.shift))[:, ::4].reshape(-1, 3)
    counts = [int((panel == colour).all(axis=1).sum()) for colour in (AGREE, DIFFER, UNCOUNTED)]
    assert counts == [detail.common - detail.differing, detail.differing, len(panel) - detail.common]


def test_a_comparison_shows_more_agreement_for_one_eye_than_for_two() -> None:
    pixels, analysis, _ = eye(31)
    differing = []
    for other in ((31, 2), (32, 1)):
        b_pixels, b_analysis, _ = eye(*other)
        picture = annotated_comparison(pixels, analysis, b_pixels, b_analysis)
        assert picture.shape[1] == 1048
        bits = picture[-200:].reshape(-1, 3)
        agree, differ = ((bits == colour).all(axis=1).sum() for colour in (AGREE, DIFFER))
        differing.append(differ / (agree + differ))
    assert differing[0] < 0.3 < 0.4 < differing[1]


def test_a_comparison_of_codes_alone_is_drawn_without_their_images() -> None:
    pixels, analysis, _ = eye(31)
    alone = replace(analysis, geometry=None, strip=np.zeros_like(analysis.strip))
    both = annotated_comparison(pixels, analysis, pixels, analysis)
    one = annotated_comparison(pixels, analysis, None, alone)
    none = annotated_comparison(None, alone, None, alone)
    assert both.shape[0] > one.shape[0] > none.shape[0] > 128
    with pytest.raises(ValueError, match="codes"):
        annotated_comparison(pixels, replace(analysis, template=None), pixels, analysis)

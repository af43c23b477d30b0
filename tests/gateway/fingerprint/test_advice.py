"""What the operator is told about a print."""

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.fingerprint.synthesis.drawn_platen import draw_platen
from drivers.fingerprint.synthesis.platen import clean_platen, dirty_platen, seen_frame
from drivers.fingerprint.synthesis.touch import Touch
from gateway.fingerprint import DEFAULT_LIMITS, analyze, assess_preview
from gateway.fingerprint.advice import finger_present, sample_guidance
from gateway.guidance import GuidanceCode, guidance
from tests.gateway.fingerprint.prints import drawn

CLEAN = analyze(drawn(), 500.0).quality.foreground


@pytest.mark.parametrize(
    ("condition", "accepted"),
    [
        ("clean", set()),
        ("dry", {GuidanceCode.TOO_DRY}),
        ("wet", {GuidanceCode.TOO_WET, GuidanceCode.TOO_HARD}),
        ("hard", {GuidanceCode.TOO_HARD}),
        ("light", {GuidanceCode.TOO_LIGHT}),
        ("off_centre", {GuidanceCode.OFF_CENTRE}),
        ("partial", {GuidanceCode.PARTIAL, GuidanceCode.OFF_CENTRE}),
        ("dirty_platen", {GuidanceCode.DIRTY_PLATEN}),
    ],
)
@pytest.mark.parametrize("finger", [3, 4])
def test_a_drawn_state_is_named_first(condition: str, accepted: set[GuidanceCode], finger: int) -> None:
    pixels = drawn(finger, 0, condition)
    for remarks in (analyze(pixels, 500.0).guidance, assess_preview(pixels, 500.0).guidance):
        if accepted:
            assert remarks[0].code in accepted
        else:
            assert remarks == ()


def test_an_empty_platen_holds_no_finger_and_residue_is_named() -> None:
    clean = clean_platen(0, (374, 388), 500.0)
    for seed in range(3):
        dirty = dirty_platen(clean, seed, 500.0, 1.0)
        for platen, dirt in ((clean, []), (dirty, [GuidanceCode.DIRTY_PLATEN])):
            pixels = seen_frame(platen, None, Touch(0), seed)
            analysis, preview = analyze(pixels, 500.0), assess_preview(pixels, 500.0)
            assert [remark.code for remark in analysis.guidance][:1] == [GuidanceCode.NO_FINGER]
            assert {remark.code for remark in analysis.guidance} >= set(dirt)
            assert [remark.code for remark in preview.guidance][:1] == [GuidanceCode.NO_FINGER]
            assert (GuidanceCode.DIRTY_PLATEN in {remark.code for remark in preview.guidance}) == bool(dirt)
            assert not preview.finger_present
            assert (analysis.quality.score, len(analysis.template)) == (0, 0)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"contrast": 8.0}, GuidanceCode.LOW_CONTRAST),
        ({"coherence": 0.3}, GuidanceCode.UNCLEAR_RIDGES),
        ({"area_mm2": 80.0}, GuidanceCode.PARTIAL),
        ({"area_mm2": 10.0}, GuidanceCode.NO_FINGER),
        ({"darkness": 0.6}, GuidanceCode.TOO_WET),
        ({"darkness": 0.6, "area_mm2": 270.0}, GuidanceCode.TOO_HARD),
        ({"darkness": 0.25, "area_mm2": 100.0}, GuidanceCode.TOO_LIGHT),
        ({"darkness": 0.25, "coherence": 0.5}, GuidanceCode.TOO_DRY),
        ({"residue_share": 0.05}, GuidanceCode.DIRTY_PLATEN),
    ],
)
def test_each_measure_has_its_remark(changes: dict[str, Any], expected: GuidanceCode) -> None:
    measures = replace(CLEAN, **changes)
    assert [remark.code for remark in sample_guidance(measures, 40)] == [expected]
    assert finger_present(measures) == (expected is not GuidanceCode.NO_FINGER)


def test_few_minutiae_are_named_where_they_were_counted() -> None:
    assert sample_guidance(CLEAN) == ()
    assert [remark.code for remark in sample_guidance(CLEAN, 5)] == [GuidanceCode.FEW_MINUTIAE]
    lenient = replace(DEFAULT_LIMITS, min_minutiae=5)
    assert sample_guidance(CLEAN, 5, lenient) == ()


def told(pixels: NDArray[np.uint8]) -> list[GuidanceCode]:
    return [remark.code for remark in assess_preview(pixels, 500.0).guidance]


@pytest.mark.parametrize(
    ("dx", "dy", "way"),
    [
        (120, 0, GuidanceCode.MOVE_LEFT),
        (-120, 0, GuidanceCode.MOVE_RIGHT),
        (0, 120, GuidanceCode.MOVE_UP),
        (0, -120, GuidanceCode.MOVE_DOWN),
    ],
)
def test_an_off_centre_finger_is_told_which_way_to_move(dx: int, dy: int, way: GuidanceCode) -> None:
    wide = drawn()
    shifted = np.full_like(wide, 240)
    height, width = wide.shape
    rows = slice(max(0, dy), height + min(0, dy)), slice(max(0, -dy), height + min(0, -dy))
    columns = slice(max(0, dx), width + min(0, dx)), slice(max(0, -dx), width + min(0, -dx))
    shifted[rows[0], columns[0]] = wide[rows[1], columns[1]]
    assert told(shifted)[:2] == [GuidanceCode.OFF_CENTRE, way]


def test_a_turned_finger_is_named_and_its_turn_told() -> None:
    assert told(drawn(3, 0, "rotated")) == [GuidanceCode.ROTATED]
    upright = assess_preview(drawn(), 500.0).flow.rotation_deg
    turn = cv2.getRotationMatrix2D((194, 187), -30, 1)  # OpenCV's angles are counter-clockwise
    turned = np.asarray(cv2.warpAffine(drawn(), turn, (388, 374), borderValue=240), np.uint8)
    assert assess_preview(turned, 500.0).flow.rotation_deg - upright == pytest.approx(30, abs=8)


def test_a_smeared_finger_is_named() -> None:
    assert told(drawn(3, 0, "moved")) == [GuidanceCode.MOVED]
    assert assess_preview(drawn(), 500.0).flow.smear < 0.1


@pytest.mark.parametrize("kind", ["cloth", "leather", "card"])
def test_what_is_no_finger_is_named(kind: str) -> None:
    assert told(draw_platen(5, kind)) == [GuidanceCode.NO_FINGER, GuidanceCode.NOT_A_FINGER]


def test_a_trace_alone_is_named() -> None:
    for seed in range(3):
        assert told(draw_platen(seed, "latent"))[:2] == [GuidanceCode.NO_FINGER, GuidanceCode.LATENT_ONLY]
    assert told(draw_platen(0, "empty")) == [GuidanceCode.NO_FINGER]


def test_every_code_has_words_in_both_languages() -> None:
    for code in GuidanceCode:
        remark = guidance(code)
        for text in (remark.fault, remark.remedy):
            assert text.id
            assert text.en
            assert text.id != text.en


def test_an_unknown_platen_is_refused() -> None:
    with pytest.raises(ValueError, match="no platen"):
        draw_platen(0, "sticky")

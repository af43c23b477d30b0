"""What the operator is told about a print."""

from dataclasses import replace
from typing import Any

import pytest

from drivers.fingerprint.synthesis.platen import clean_platen, dirty_platen, seen_frame
from drivers.fingerprint.synthesis.touch import Touch
from gateway.fingerprint import DEFAULT_LIMITS, analyze, assess_preview
from gateway.fingerprint.advice import finger_present, sample_guidance
from gateway.guidance import GuidanceCode
from tests.gateway.fingerprint.prints import drawn

CLEAN = analyze(drawn(), 500.0).quality.foreground


@pytest.mark.parametrize(
    ("condition", "accepted"),
    [
        ("clean", set()),
        ("rotated", set()),
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
            assert [remark.code for remark in analysis.guidance] == [GuidanceCode.NO_FINGER, *dirt]
            assert [remark.code for remark in preview.guidance] == [GuidanceCode.NO_FINGER, *dirt]
            assert not preview.finger_present
            assert (analysis.quality.score, len(analysis.template)) == (0, 0)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"contrast": 8.0}, GuidanceCode.LOW_CONTRAST),
        ({"coherence": 0.3}, GuidanceCode.UNCLEAR_RIDGES),
        ({"area_mm2": 80.0}, GuidanceCode.PARTIAL),
        ({"area_mm2": 10.0}, GuidanceCode.NO_FINGER),
        ({"coherence": 0.1}, GuidanceCode.NO_FINGER),
        ({"contrast": 8.0, "mean": 230.0}, GuidanceCode.NO_FINGER),
        ({"darkness": 0.6}, GuidanceCode.TOO_WET),
        ({"darkness": 0.6, "area_mm2": 260.0}, GuidanceCode.TOO_HARD),
        ({"darkness": 0.25, "area_mm2": 100.0}, GuidanceCode.TOO_LIGHT),
        ({"darkness": 0.25, "coherence": 0.5}, GuidanceCode.TOO_DRY),
        ({"residue_share": 0.05}, GuidanceCode.DIRTY_PLATEN),
        ({"centroid": (0.75, 0.5), "cut_share": 0.3}, GuidanceCode.OFF_CENTRE),
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

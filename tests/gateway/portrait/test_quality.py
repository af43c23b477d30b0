"""Portraits judged, and what is told of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.guidance import GuidanceCode
from gateway.portrait import Head, analyze, portrait_framing
from gateway.portrait.framing import fitted
from tests.gateway.portrait.figures import figure, wall

FACES = range(200, 212)


def codes(pixels: np.ndarray) -> list[GuidanceCode]:
    return [remark.code for remark in analyze(pixels).guidance]


def test_who_sits_well_has_a_high_score_and_no_remark():
    for face in FACES:
        found = analyze(figure(face))
        assert found.quality is not None
        assert found.quality.score >= 70, face
        assert found.guidance == (), face


@pytest.mark.parametrize(
    ("condition", "code", "most"),
    [
        ("far", GuidanceCode.HEAD_TOO_SMALL, 45),
        ("near", GuidanceCode.HEAD_TOO_LARGE, 45),
        ("defocused", GuidanceCode.FACE_BLURRED, 20),
        ("tilted", GuidanceCode.HEAD_TILTED, 80),
    ],
)
def test_what_is_wrong_is_told_and_costs_score(condition, code, most):
    found = [analyze(figure(face, condition)) for face in FACES]
    told = [each for each in found if each.quality is not None and code in [r.code for r in each.guidance]]
    assert len(told) >= len(FACES) - 2
    assert np.median([each.quality.score for each in told if each.quality is not None]) <= most


def test_a_dark_room_is_told_and_dark_skin_is_not():
    assert all(GuidanceCode.FACE_TOO_DARK not in codes(figure(face)) for face in FACES)
    dark = [codes(figure(face, "dark")) for face in FACES]
    assert all({GuidanceCode.FACE_TOO_DARK, GuidanceCode.NO_FACE} & set(each) for each in dark)
    assert sum(GuidanceCode.FACE_TOO_DARK in each for each in dark) >= 8


def test_light_from_one_side_is_told():
    picture = figure(203).astype(np.float32)
    shade = np.ones((1, 640, 1), np.float32)
    shade[:, 320:] = 0.4
    assert GuidanceCode.LIGHT_FROM_ONE_SIDE in codes((picture * shade).astype(np.uint8))


def test_an_empty_place_has_no_quality_and_the_middle_as_its_portrait():
    found = analyze(wall())
    assert (found.head, found.quality) == (None, None)
    assert [remark.code for remark in found.guidance] == [GuidanceCode.NO_FACE]
    assert (found.framing.width, found.framing.height) == (360, 480)


def test_blur_is_measured_in_millimetres_whatever_the_resolution():
    small, large = analyze(figure(203, "defocused")), analyze(figure(203, "defocused", width=1280, height=960))
    assert small.quality is not None
    assert large.quality is not None
    assert large.quality.edge_blur == pytest.approx(small.quality.edge_blur, rel=0.15)


def test_a_head_at_the_edge_is_off_centre():
    found = analyze(figure(203, x_mm=230.0))
    assert found.head is not None
    assert GuidanceCode.HEAD_OFF_CENTRE in [remark.code for remark in found.guidance]


@settings(max_examples=200, deadline=None)
@given(
    st.integers(1, 700),
    st.integers(1, 700),
    st.floats(-50, 800),
    st.floats(-50, 800),
    st.floats(0.5, 2000),
)
def test_a_framing_is_always_within_its_frame(high, wide, x, y, width):
    framing = portrait_framing((high, wide, 3), Head((x, y), width, 0.0, None))
    assert framing.width >= 1
    assert framing.height >= 1
    assert 0 <= framing.left <= wide - framing.width
    assert 0 <= framing.top <= high - framing.height
    assert portrait_framing((high, wide, 3), None).width >= 1


@given(st.floats(60, 150), st.floats(0.35, 0.65), st.floats(0.4, 0.5))
def test_a_head_with_room_about_it_is_framed_as_a_full_frontal_image(width, x, y):
    fit = fitted((720, 960, 3), Head((960 * x, 720 * y), width, 0.0, None))
    framing = fit.framing
    assert not fit.too_large
    assert not fit.off_centre
    assert framing.width / framing.height == pytest.approx(0.75, abs=0.01)
    # ISO/IEC 19794-5:2005, 8.3.2 to 8.3.5.
    assert (960 * x - framing.left) / framing.width == pytest.approx(0.5, abs=0.02)
    assert 0.5 <= 1 - (720 * y - framing.top) / framing.height <= 0.7
    assert 1.4 <= framing.width / width <= 2.0
    assert 230 / 150 * width / framing.height <= 0.8

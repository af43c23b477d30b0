"""Reduced templates: the innermost minutiae stay, in their order, and the finger is still known by them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.finger import FingerTemplate
from gateway.fingerprint import compare, score_at_fmr
from gateway.fingerprint.reduced import (
    CARD_MINUTIAE,
    USUAL_QUALITY,
    best_first,
    reduced,
    with_ranked_quality,
    with_usual_quality,
    within_span,
)
from tests.gateway.fingerprint.synthetic_templates import finger_template, impression

FIELDS = ("x", "y", "angle", "kind", "quality")


def rows(template: FingerTemplate) -> list[tuple[float, ...]]:
    return list(zip(*(getattr(template, name).tolist() for name in FIELDS), strict=True))


@given(st.integers(1, 90), st.integers(0, 50))
def test_the_innermost_stay_in_their_order(limit, finger):
    whole = finger_template(finger, 80)
    found = reduced(whole, limit)
    assert len(found) == min(limit, 80)
    kept = rows(found)
    assert kept == [row for row in rows(whole) if row in set(kept)]
    middle = whole.x.astype(float).mean(), whole.y.astype(float).mean()
    distance = {row: np.hypot(row[0] - middle[0], row[1] - middle[1]) for row in rows(whole)}
    dropped = set(rows(whole)) - set(kept)
    if dropped:
        assert max(distance[row] for row in kept) <= min(distance[row] for row in dropped) + 1e-6


def test_a_template_that_fits_is_given_back_as_it_is():
    template = finger_template(1, CARD_MINUTIAE)
    assert reduced(template) is template
    assert len(reduced(finger_template(1, CARD_MINUTIAE + 1))) == CARD_MINUTIAE


@given(st.permutations(range(30)))
def test_the_choice_does_not_depend_on_the_order_of_minutiae(order):
    template = finger_template(3, 30)
    shuffled = FingerTemplate(
        **{name: getattr(template, name)[list(order)] for name in FIELDS}, width=380, height=380, ppi=500.0
    )
    assert set(rows(reduced(shuffled, 12))) == set(rows(reduced(template, 12)))


def test_of_two_that_are_equally_far_the_better_one_stays():
    x = np.array([100, 120, 80, 100, 100], np.float32)
    y = np.array([100, 100, 100, 120, 80], np.float32)
    quality = np.array([10, 90, 20, 80, 70], np.uint8)
    cross = FingerTemplate(x, y, np.zeros(5, np.float32), np.ones(5, np.uint8), quality, 200, 200, 500.0)
    assert reduced(cross, 3).quality.tolist() == [10, 90, 80]


@given(st.floats(0.5, 40), st.integers(0, 20))
def test_what_is_wider_than_a_span_loses_its_outermost_until_it_fits(span_mm, finger):
    whole = finger_template(finger, 60)
    found = within_span(whole, span_mm)
    span_px = span_mm * 500 / 25.4
    assert np.ptp(found.x) <= span_px if len(found) else span_px >= 0
    assert np.ptp(found.y) <= span_px if len(found) else span_px >= 0
    assert rows(found) == rows(reduced(whole, max(1, len(found))))
    if len(found) < 60:
        more = reduced(whole, len(found) + 1)
        assert max(np.ptp(more.x), np.ptp(more.y)) > span_px


def test_a_print_within_the_reach_of_a_card_is_given_back_as_it_is():
    template = finger_template(2, 40)
    assert within_span(template) is template
    assert len(within_span(finger_template(2, 0))) == 0
    with pytest.raises(ValueError, match="span -1"):
        within_span(template, -1)


def test_unknown_qualities_get_the_usual_one_and_known_ones_stay():
    template = finger_template(5, 10)
    template.quality[[2, 7]] = 0
    found = with_usual_quality(template)
    assert found.quality[[2, 7]].tolist() == [USUAL_QUALITY] * 2
    assert (found.quality[3], found.quality.dtype) == (template.quality[3], np.uint8)
    assert template.quality[2] == 0


def test_the_order_tells_qualities_where_a_card_holds_none():
    template = finger_template(6, 60)
    ordered = best_first(template)
    assert set(rows(ordered)) == set(rows(template))
    assert (np.diff(ordered.quality.astype(int)) <= 0).all()
    found = with_ranked_quality(FingerTemplate(**{**vars(ordered), "quality": np.zeros(60, np.uint8)}))
    assert (np.diff(found.quality.astype(int)) <= 0).all()
    assert (found.quality[0], found.quality[-1]) == (95, 32)
    assert abs(float(np.median(found.quality)) - USUAL_QUALITY) <= 1
    assert found.x.tolist() == ordered.x.tolist()


def test_few_minutiae_are_ranked_too():
    assert with_ranked_quality(finger_template(1, 1)).quality.tolist() == [USUAL_QUALITY]
    assert len(with_ranked_quality(best_first(finger_template(1, 0)))) == 0


def test_geometry_is_kept():
    template = finger_template(4, 70)
    found = reduced(template, 20)
    assert (found.width, found.height, found.ppi) == (template.width, template.height, template.ppi)


def test_nothing_to_reduce_and_nothing_sound():
    empty = reduced(finger_template(1, 0), 5)
    assert len(empty) == 0
    with pytest.raises(ValueError, match="0 minutiae"):
        reduced(finger_template(1, 10), 0)
    broken = finger_template(1, 10)
    broken.x[3] = np.inf
    with pytest.raises(ValueError, match="finite"):
        reduced(broken, 5)


def test_the_finger_is_still_known():
    threshold = score_at_fmr(1e-4)
    for finger in range(8):
        whole = finger_template(finger, 90)
        card = reduced(whole)
        assert compare(card, impression(whole, 100 + finger)) >= threshold
        assert compare(card, impression(finger_template(finger + 50, 90), 200 + finger)) < threshold

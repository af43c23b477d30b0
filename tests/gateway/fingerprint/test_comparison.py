"""Scores of pairs of templates, and which minutiae make them."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.finger import FingerTemplate
from gateway.fingerprint import analyze
from gateway.fingerprint.matching.comparison import compare, compare_prepared, matched_pairs
from gateway.fingerprint.matching.decision import score_at_fmr
from gateway.fingerprint.matching.prepared import prepare
from tests.gateway.fingerprint.prints import drawn
from tests.gateway.fingerprint.synthetic_templates import changed, finger_template, impression, moved, reordered

SEEDS = st.integers(0, 2**31 - 1)
TURNS = st.floats(-math.pi, math.pi)
FIELDS = ("x", "y", "angle", "kind", "quality")
MATES = 12


def random_template(seed: int, count: int = 40) -> FingerTemplate:
    rng = np.random.default_rng(seed)
    return FingerTemplate(
        x=rng.uniform(20, 360, count).astype(np.float32),
        y=rng.uniform(20, 350, count).astype(np.float32),
        angle=rng.uniform(0, 2 * math.pi, count).astype(np.float32),
        kind=rng.integers(0, 3, count).astype(np.uint8),
        quality=rng.integers(0, 101, count).astype(np.uint8),
        width=388,
        height=374,
        ppi=500.0,
    )


@settings(max_examples=40, deadline=None)
@given(SEEDS, SEEDS, st.integers(0, 60), st.integers(0, 60))
def test_scores_are_symmetric_and_bounded(one: int, other: int, count: int, other_count: int) -> None:
    a, b = random_template(one, count), random_template(other, other_count)
    score = compare(a, b)
    assert 0 <= score <= 1
    assert compare(b, a) == score


@settings(max_examples=25, deadline=None)
@given(SEEDS, SEEDS, TURNS)
def test_mates_score_the_same_either_way_and_in_any_order(finger: int, seed: int, turn: float) -> None:
    a = finger_template(finger)
    b = impression(a, seed, turn=turn)
    score = compare(a, b)
    assert compare(b, a) == score
    assert compare(reordered(a, seed), reordered(b, seed + 1)) == score


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.integers(3, 120))
def test_a_template_scores_1_with_itself_in_any_order(seed: int, count: int) -> None:
    template = random_template(seed, count)
    assert compare(template, template) == compare(template, reordered(template, seed)) == 1.0


@pytest.mark.parametrize("count", [1, 2, 255])
def test_minutiae_at_under_three_places_say_nothing_though_they_look_alike(count: int) -> None:
    template = random_template(1, count)
    at = np.minimum(np.arange(count, dtype=np.float32), 1)
    one = changed(template, x=50 + 9 * at, y=60 + 9 * at, angle=np.zeros(count, np.float32))
    other = changed(one, x=one.x + 200, y=one.y + 150, kind=1 + template.kind % 2)
    assert compare(one, other) == compare(other, one) == compare(one, one) == 0.0


@settings(max_examples=25, deadline=None)
@given(SEEDS, TURNS, st.floats(-300, 300), st.floats(-300, 300))
def test_a_turned_or_shifted_print_is_still_that_print(finger: int, turn: float, dx: float, dy: float) -> None:
    a = finger_template(finger)
    assert compare(a, moved(a, turn, (dx, dy))) > score_at_fmr(0.0001)


def test_scale_hardly_matters() -> None:
    a = finger_template(1)
    b = impression(a, 1)
    scaled = changed(b, x=b.x * 2, y=b.y * 2, width=2 * b.width, height=2 * b.height, ppi=1000.0)
    assert compare(a, scaled) == pytest.approx(compare(a, b), abs=1e-3)
    assert compare(b, scaled) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("turn", [0.0, math.radians(45), math.radians(-45), math.pi / 2, math.pi])
def test_mates_match_and_strangers_do_not(turn: float) -> None:
    fingers = [finger_template(finger) for finger in range(MATES)]
    others = [impression(template, finger, turn=turn) for finger, template in enumerate(fingers)]
    threshold = score_at_fmr(0.001)
    scores = np.array([[compare(a, b) for b in others] for a in fingers])
    mates = np.diag(scores)
    strangers = scores[~np.eye(MATES, dtype=np.bool_)]
    assert (mates > threshold).all()
    assert (strangers > threshold).sum() <= 1
    assert mates.min() > strangers.max()


def test_unknown_types_and_qualities_are_borne() -> None:
    threshold = score_at_fmr(0.001)
    for finger in range(6):
        a = finger_template(finger)
        b = impression(a, finger)
        blank = changed(b, kind=np.zeros_like(b.kind), quality=np.zeros_like(b.quality))
        blank_a = changed(a, kind=np.zeros_like(a.kind), quality=np.zeros_like(a.quality))
        assert compare(a, blank) > threshold
        assert compare(blank_a, blank) > threshold
        assert compare(blank, b) == 1.0
        assert compare(finger_template(finger + 100), blank) < threshold


def test_half_of_a_print_matches_the_whole() -> None:
    threshold = score_at_fmr(0.001)
    for finger in range(6):
        whole = finger_template(finger, 60)
        other = impression(whole, finger, kept=0.9)
        left = other.x < np.median(other.x)
        half = changed(other, **{name: getattr(other, name)[left] for name in FIELDS})
        assert compare(whole, half) > threshold


def test_too_few_minutiae_compare_as_0() -> None:
    whole = random_template(2)
    empty = random_template(2, 0)
    assert compare(empty, empty) == compare(empty, whole) == 0.0
    for count in (1, 2):
        assert compare(random_template(3, count), whole) == 0.0


def test_degenerate_templates_compare_without_complaint() -> None:
    pile = changed(random_template(3, 30), x=np.full(30, 50, np.float32), y=np.full(30, 50, np.float32))
    row = changed(random_template(3, 30), y=np.full(30, 50, np.float32))
    for one in (pile, row):
        for other in (pile, row, random_template(4), random_template(5, 3)):
            assert 0 <= compare(one, other) <= 1
            assert compare(one, other) == compare(other, one)


@pytest.mark.parametrize("name", ["x", "y", "angle"])
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_places_that_are_no_numbers_are_refused(name: str, value: float) -> None:
    template = random_template(6)
    broken = getattr(template, name).copy()
    broken[7] = value
    with pytest.raises(ValueError, match="not a finite number"):
        compare(template, changed(template, **{name: broken}))


def test_inputs_stay_as_they_are() -> None:
    template = random_template(5)
    before = {name: getattr(template, name).copy() for name in FIELDS}
    for name in before:
        getattr(template, name).flags.writeable = False
    matched_pairs(template, random_template(6))
    for name, array in before.items():
        np.testing.assert_array_equal(getattr(template, name), array)


def test_prepared_templates_score_as_the_templates_do() -> None:
    a, b = finger_template(8), impression(finger_template(8), 8)
    assert compare_prepared(prepare(a), prepare(b)) == compare(a, b)


@settings(max_examples=15, deadline=None)
@given(SEEDS, TURNS)
def test_pairs_and_alignment_are_the_true_ones(finger: int, turn: float) -> None:
    a = finger_template(finger)
    b = reordered(moved(a, turn, (12.0, -7.0)), finger)
    found = matched_pairs(a, b)
    assert found.score == compare(a, b)
    assert len(found.indices) >= 0.9 * len(a)
    # As it is the same print, a minutia and its mate share their type and quality.
    rows, columns = found.indices.T
    true = moved(a, turn, (12.0, -7.0))
    np.testing.assert_allclose(true.x[rows], b.x[columns], atol=0.01)
    np.testing.assert_allclose(true.y[rows], b.y[columns], atol=0.01)
    assert abs(math.remainder(found.rotation - turn, 2 * math.pi)) < 0.02
    np.testing.assert_allclose(found.laid(a.x, a.y, a.ppi, b.ppi), np.stack([true.x, true.y], axis=1), atol=2.0)


def test_pairs_of_the_other_way_round_are_the_same_pairs() -> None:
    a = finger_template(11)
    b = impression(a, 5, turn=0.7)
    there, back = matched_pairs(a, b), matched_pairs(b, a)
    assert there.score == back.score
    assert {tuple(pair) for pair in there.indices} == {tuple(pair[::-1]) for pair in back.indices}
    assert there.rotation == pytest.approx(-back.rotation)
    laid = there.laid(a.x, a.y, a.ppi, b.ppi)
    returned = back.laid(laid[:, 0].astype(np.float32), laid[:, 1].astype(np.float32), b.ppi, a.ppi)
    np.testing.assert_allclose(returned, np.stack([a.x, a.y], axis=1), atol=0.01)


def test_what_has_no_pairs_gives_none() -> None:
    found = matched_pairs(random_template(1, 2), random_template(2))
    assert found.score == 0.0
    assert found.indices.shape == (0, 2)


def test_drawn_mates_and_strangers_part_at_the_stated_threshold() -> None:
    prints = {
        (finger, number): analyze(drawn(finger, number), 500.0).template for finger in (3, 4) for number in (0, 1)
    }
    threshold = score_at_fmr(0.001)
    for finger in (3, 4):
        assert compare(prints[finger, 0], prints[finger, 1]) > threshold
    for number in (0, 1):
        for other in (0, 1):
            assert compare(prints[3, number], prints[4, other]) < threshold

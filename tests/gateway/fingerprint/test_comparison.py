"""Scores of pairs of templates."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.finger import FingerTemplate
from gateway.fingerprint import analyze, compare, score_at_fmr
from gateway.fingerprint.decision import MAX_FMR, MIN_FMR
from tests.gateway.fingerprint.prints import drawn

SEEDS = st.integers(0, 2**32 - 1)


def random_template(seed: int, count: int = 40, ppi: float = 500.0) -> FingerTemplate:
    rng = np.random.default_rng(seed)
    return FingerTemplate(
        x=rng.uniform(20, 360, count).astype(np.float32),
        y=rng.uniform(20, 350, count).astype(np.float32),
        angle=rng.uniform(0, 2 * math.pi, count).astype(np.float32),
        kind=rng.integers(1, 3, count).astype(np.uint8),
        quality=rng.integers(1, 101, count).astype(np.uint8),
        width=388,
        height=374,
        ppi=ppi,
    )


def changed(template: FingerTemplate, **changes: Any) -> FingerTemplate:
    values = {name: getattr(template, name) for name in template.__dataclass_fields__}
    return FingerTemplate(**{**values, **changes})


def ordered(template: FingerTemplate, order: Any) -> FingerTemplate:
    return changed(
        template, **{name: getattr(template, name)[order] for name in ("x", "y", "angle", "kind", "quality")}
    )


@settings(max_examples=25, deadline=None)
@given(SEEDS, SEEDS, st.integers(0, 60), st.integers(0, 60))
def test_scores_are_symmetric_and_bounded(one: int, other: int, count: int, other_count: int) -> None:
    a, b = random_template(one, count), random_template(other, other_count)
    score = compare(a, b)
    assert 0 <= score <= 1
    assert compare(b, a) == score


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.integers(25, 120))
def test_a_template_is_like_itself_in_any_order(seed: int, count: int) -> None:
    template = random_template(seed, count)
    shuffled = ordered(template, np.random.default_rng(seed).permutation(count))
    assert compare(template, template) == pytest.approx(1.0, abs=1e-6)
    assert compare(template, shuffled) == pytest.approx(1.0, abs=1e-6)


@settings(max_examples=15, deadline=None)
@given(SEEDS, SEEDS)
def test_the_order_of_minutiae_does_not_matter(one: int, other: int) -> None:
    a, b = random_template(one), random_template(other)
    shuffled = ordered(b, np.random.default_rng(one).permutation(len(b)))
    assert compare(a, shuffled) == compare(a, b)


def test_shifting_turning_and_scaling_hardly_matter() -> None:
    template = random_template(1)
    cos, sin = math.cos(0.5), math.sin(0.5)
    # Counter-clockwise as seen; y points down.
    x = cos * (template.x - 200) + sin * (template.y - 200) + 240
    y = -sin * (template.x - 200) + cos * (template.y - 200) + 210
    angle = ((template.angle + 0.5) % (2 * math.pi)).astype(np.float32)
    turned = changed(template, x=x.astype(np.float32), y=y.astype(np.float32), angle=angle)
    assert compare(template, turned) > 0.95
    scaled = changed(template, x=template.x * 2, y=template.y * 2, width=776, height=748, ppi=1000.0)
    assert compare(template, scaled) == pytest.approx(1.0, abs=1e-4)


def test_too_few_minutiae_compare_as_0() -> None:
    whole = random_template(2)
    for count in range(3):
        few = random_template(2, count)
        assert compare(few, whole) == compare(few, few) == 0.0


def test_degenerate_templates_compare_without_complaint() -> None:
    pile = changed(random_template(3, 30), x=np.full(30, 50, np.float32), y=np.full(30, 50, np.float32))
    row = changed(random_template(3, 30), y=np.full(30, 50, np.float32))
    for one in (pile, row):
        for other in (pile, row, random_template(4)):
            assert 0 <= compare(one, other) <= 1


def test_inputs_stay_as_they_are() -> None:
    template = random_template(5)
    before = {name: getattr(template, name).copy() for name in ("x", "y", "angle", "kind", "quality")}
    for name in before:
        getattr(template, name).flags.writeable = False
    compare(template, random_template(6))
    for name, array in before.items():
        np.testing.assert_array_equal(getattr(template, name), array)


def test_mates_and_strangers_part_at_the_stated_threshold() -> None:
    prints = {
        (finger, impression): analyze(drawn(finger, impression), 500.0).template
        for finger in (3, 4)
        for impression in (0, 1)
    }
    threshold = score_at_fmr(0.001)
    for finger in (3, 4):
        assert compare(prints[finger, 0], prints[finger, 1]) > threshold
    for impression in (0, 1):
        for other in (0, 1):
            assert compare(prints[3, impression], prints[4, other]) < threshold


def test_thresholds_rise_as_fewer_false_matches_are_asked_for() -> None:
    rates = np.geomspace(MIN_FMR, MAX_FMR, 40)
    scores = [score_at_fmr(float(np.clip(rate, MIN_FMR, MAX_FMR))) for rate in rates]
    assert all(low < high for low, high in zip(scores[1:], scores, strict=False))
    assert all(0 < score < 1 for score in scores)


@pytest.mark.parametrize("fmr", [0.0, -0.1, 1e-5, 0.2, 1.0, math.nan])
def test_rates_that_were_not_measured_are_refused(fmr: float) -> None:
    with pytest.raises(ValueError, match="false match rate"):
        score_at_fmr(fmr)

"""Which fingers a card gets: the index fingers by default, the best others, none where there is none."""

import numpy as np
import pytest

from gateway.card_holders import FINGERS_KEPT, RatedFinger, fingers_for_card
from gateway.finger import FingerPosition as F
from gateway.fingerprint import FAILED
from tests.gateway.card_holders.people import finger


def rated(**scores: int) -> dict[F, RatedFinger]:
    return {F[name.upper()]: RatedFinger(finger(int(F[name.upper()])), score) for name, score in scores.items()}


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ({"right_index": 40, "left_index": 30, "right_thumb": 99}, {F.RIGHT_INDEX, F.LEFT_INDEX}),
        ({"right_index": 40, "right_thumb": 80, "left_ring": 90}, {F.RIGHT_INDEX, F.LEFT_RING}),
        ({"left_index": 40, "right_thumb": 80, "left_thumb": 80}, {F.LEFT_INDEX, F.RIGHT_THUMB}),
        ({"right_thumb": 50, "left_thumb": 70, "right_little": 60}, {F.LEFT_THUMB, F.RIGHT_LITTLE}),
        ({"right_index": 5, "left_index": 40, "right_middle": 50}, {F.LEFT_INDEX, F.RIGHT_MIDDLE}),
        ({"right_index": 5, "left_index": 3, "right_middle": 4}, {F.RIGHT_INDEX, F.RIGHT_MIDDLE}),
        ({"right_index": 0}, {F.RIGHT_INDEX}),
        ({"right_index": FAILED, "left_index": FAILED}, set()),
        ({}, set()),
    ],
)
def test_the_index_fingers_by_default_and_the_best_others(scores, expected):
    chosen = fingers_for_card(rated(**scores))
    assert set(chosen) == expected
    assert len(chosen) <= FINGERS_KEPT


def test_a_template_that_tells_nobody_is_none_and_a_large_one_is_reduced():
    fingers = {
        F.RIGHT_INDEX: RatedFinger(finger(1, 7), 90),
        F.LEFT_INDEX: RatedFinger(finger(2, 90), 60),
        F.RIGHT_THUMB: RatedFinger(finger(3, 8), 30),
    }
    chosen = fingers_for_card(fingers)
    assert {position: len(each.template) for position, each in chosen.items()} == {F.LEFT_INDEX: 60, F.RIGHT_THUMB: 8}
    left, whole = chosen[F.LEFT_INDEX].template, fingers[F.LEFT_INDEX].template
    assert set(zip(left.x.tolist(), left.y.tolist(), strict=True)) < set(
        zip(whole.x.tolist(), whole.y.tolist(), strict=True)
    )
    assert np.hypot(left.x - whole.x.mean(), left.y - whole.y.mean()).max() < 200
    assert fingers[F.RIGHT_INDEX].template.x.size == 7


def test_chosen_again_they_are_the_same():
    chosen = fingers_for_card(rated(right_index=5, left_ring=60, right_thumb=50, left_thumb=40))
    again = fingers_for_card(chosen)
    assert list(again) == list(chosen)
    assert all(again[each].template is chosen[each].template for each in chosen)


def test_nothing_of_a_finger_is_in_its_text():
    assert "FingerTemplate" not in repr(RatedFinger(finger(1), 50))

"""Which of several tries is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.finger import FingerPosition as F
from gateway.fingerprint.best_of_tries import FAILED, best_of_each_finger, best_of_tries, try_passes

LIMITS = {
    F.RIGHT_THUMB: 30,
    F.LEFT_THUMB: 30,
    F.RIGHT_INDEX: 30,
    F.LEFT_INDEX: 30,
    F.RIGHT_MIDDLE: 20,
    F.RIGHT_RING: 10,
    F.RIGHT_LITTLE: 10,
}


def slap(*scores: int) -> dict[F, int]:
    return dict(zip((F.RIGHT_INDEX, F.RIGHT_MIDDLE, F.RIGHT_RING, F.RIGHT_LITTLE), scores, strict=True))


def number(tries: list[dict[F, int]], *, rolled: bool = False) -> int | None:
    best = best_of_tries(tries, LIMITS, rolled=rolled)
    return None if best is None else next(iter(best.tries.values()))


def test_a_slap_passes_when_every_finger_does() -> None:
    assert try_passes(slap(30, 20, 10, 10), LIMITS)
    assert not try_passes(slap(100, 100, 100, 9), LIMITS)
    assert not try_passes(slap(FAILED, 100, 100, 100), LIMITS)
    assert not try_passes({}, LIMITS)


def test_a_slap_that_passes_beats_a_better_index() -> None:
    best = best_of_tries([slap(90, 90, 90, 5), slap(30, 20, 10, 10)], LIMITS)
    assert best is not None
    assert best.passed
    assert set(best.tries.values()) == {1}


def test_the_first_finger_that_differs_decides_not_the_sum() -> None:
    assert number([slap(20, 5, 5, 5), slap(19, 99, 99, 99)]) == 0
    assert number([slap(20, 5, 5, 5), slap(20, 5, 6, 0)]) == 1
    assert number([{F.LEFT_THUMB: 99, F.RIGHT_THUMB: 10}, {F.RIGHT_THUMB: 11, F.LEFT_THUMB: 0}]) == 1


def test_equal_rolled_prints_the_latest_wins_plain_ones_the_first() -> None:
    tries = [{F.RIGHT_INDEX: 20}, {F.RIGHT_INDEX: 50}, {F.RIGHT_INDEX: 50}]
    assert number(tries) == 1
    assert number(tries, rolled=True) == 2


def test_a_failure_is_worse_than_nothing_and_never_the_best() -> None:
    assert number([{F.RIGHT_INDEX: FAILED}, {F.RIGHT_INDEX: 0}]) == 1
    assert number([{F.RIGHT_INDEX: FAILED}] * 3) is None
    assert number([]) is None


def test_only_index_fingers_may_be_mixed() -> None:
    tries = [{F.RIGHT_INDEX: 80, F.LEFT_INDEX: 10}, {F.RIGHT_INDEX: 20, F.LEFT_INDEX: 60}]
    best = best_of_each_finger(tries, LIMITS)
    assert best is not None
    assert (best.tries, best.passed) == ({F.RIGHT_INDEX: 0, F.LEFT_INDEX: 1}, True)
    assert best_of_each_finger([{F.RIGHT_INDEX: 80, F.LEFT_INDEX: FAILED}], LIMITS) is None
    assert best_of_each_finger([], LIMITS) is None
    with pytest.raises(ValueError, match="index"):
        best_of_each_finger([{F.RIGHT_THUMB: 80}], LIMITS)


@pytest.mark.parametrize(
    ("tries", "message"),
    [
        ([{F.RIGHT_INDEX: 1}, {F.LEFT_INDEX: 1}], "different fingers"),
        ([{F.LEFT_LITTLE: 1}], "no threshold"),
        ([{F.RIGHT_INDEX: 101}], "0 to 100"),
        ([{F.RIGHT_INDEX: -1}], "0 to 100"),
    ],
)
def test_what_cannot_be_compared_is_refused(tries: list[dict[F, int]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        best_of_tries(tries, LIMITS)


@given(st.lists(st.integers(0, 100) | st.just(FAILED), min_size=1, max_size=6), st.booleans())
def test_the_best_of_one_finger_has_the_highest_score(scores: list[int], rolled: bool) -> None:
    chosen = number([{F.RIGHT_INDEX: score} for score in scores], rolled=rolled)
    valid = [score for score in scores if score != FAILED]
    if not valid:
        assert chosen is None
    else:
        assert chosen is not None
        assert scores[chosen] == max(valid)

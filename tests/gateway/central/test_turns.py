from random import Random

from hypothesis import given
from hypothesis import strategies as st

from gateway.central.turns import Intake, Turns

QUIET = Intake(0.0, 100_000.0)
FULL = Intake(40e6, 100_000.0)


def turns() -> Turns:
    return Turns(40e6, Random(1))


def test_while_there_is_capacity_everybody_sends_as_much_as_they_like() -> None:
    centre = turns()
    for second in range(100):
        assert centre.admits("a", 1_000_000, second, QUIET)
        centre.sent("a", 100_000_000)


def test_nobody_new_gets_in_where_the_capacity_is_used_and_is_told_when_to_come_again() -> None:
    centre = turns()
    assert centre.is_busy("a", 0.0, FULL)
    assert not centre.admits("a", 1_000_000, 0.0, FULL)
    assert 2.0 <= centre.turned_away("a", 0.0) <= 302.0


def test_a_turn_is_over_after_a_share_of_what_waits_if_others_wait() -> None:
    centre = turns()
    assert centre.admits("a", 120_000_000, 0.0, QUIET)
    centre.turned_away("b", 0.0)
    centre.sent("a", 9_999_999)
    assert centre.admits("a", 110_000_000, 1.0, QUIET)
    centre.sent("a", 1)
    assert not centre.admits("a", 110_000_000, 2.0, QUIET)
    assert centre.admits("a", 110_000_000, 3.0, QUIET), "it begins a turn anew where there is capacity"


def test_who_waits_for_long_gets_in_before_who_has_just_come() -> None:
    centre = turns()
    nearly = Intake(38e6, 100_000.0)
    for number in range(200):
        centre.turned_away(f"usual-{number}", 0.0)
        assert centre.admits(f"usual-{number}", 1, 100.0, QUIET)
    centre.turned_away("old", 0.0)
    assert not centre.admits("new", 1, 300.0, nearly)
    assert centre.admits("old", 1, 300.0, nearly)


def test_who_has_nothing_left_is_forgotten() -> None:
    centre = turns()
    centre.turned_away("a", 0.0)
    assert centre.admits("a", 1, 10.0, QUIET)
    centre.sent("a", 1)
    centre.leaves("a")
    assert not centre.admits("a", 1, 20.0, Intake(37e6, 100_000.0)), "a newcomer again"


@given(st.integers(1, 7_000), st.integers(0, 5_000))
def test_the_more_wait_the_longer_they_are_told_to_within_bounds(waiting: int, whole: int) -> None:
    centre = turns()
    for _ in range(whole):
        centre.whole(0.0)
    waits = [centre.turned_away(str(number), 0.0) for number in range(waiting)]
    assert min(waits) >= 2.0
    assert max(waits) <= 2.0 + max(2.0, min(300.0, waiting * 60.0 / max(whole, 1)))


@given(st.floats(0, 1e9), st.floats(1, 1e7), st.floats(0, 1e5))
def test_load_is_not_pushed_beyond_its_bound(under_way: float, typical: float, now: float) -> None:
    centre = turns()
    if centre.admits("a", 1, now, Intake(under_way, typical)) and under_way:
        assert under_way + typical <= 1.1 * 40e6

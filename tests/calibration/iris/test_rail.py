"""Where on the rail the square is wanted next."""

from math import exp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.iris.rail import MOST_STOPS, USABLE, first_stops, next_distance


def led(focus_mm: float, depth_mm: float, middle_mm: float = 250.0, best: float = 0.9) -> dict[float, float]:
    """Modulation at all stops that were asked for, of a lens that loses it with the square of the way."""
    levels: dict[float, float] = {}
    while (place := next_distance(levels, middle_mm, 0.6)) is not None:
        assert place not in levels  # nothing is asked for twice
        levels[place] = best * exp(-(((place - focus_mm) / depth_mm) ** 2))
        assert len(levels) <= MOST_STOPS
    return levels


@settings(max_examples=200, deadline=None)
@given(st.floats(0.92, 1.08), st.floats(8, 90), st.sampled_from([120.0, 250.0, 400.0]))
def test_both_ends_are_seen_whatever_the_lens(focus: float, depth_mm: float, middle_mm: float) -> None:
    levels = led(focus * middle_mm, depth_mm, middle_mm)
    places = sorted(levels)
    inside = [place for place in places if levels[place] >= 0.6]
    # 60 % of a best of 90 %: sqrt(ln 1.5) of the depth to both sides.
    near, far = focus * middle_mm - 0.637 * depth_mm, focus * middle_mm + 0.637 * depth_mm
    if middle_mm * 0.55 < near and far < middle_mm * 1.45:  # within the rail
        assert inside
        assert places[0] < inside[0]
        assert inside[-1] < places[-1]


def test_a_wide_range_is_seen_in_a_few_steps_and_a_shallow_one_in_fine_ones() -> None:
    assert len(led(250, 70)) <= 12
    shallow = led(250, 6)
    assert sum(level > USABLE for level in shallow.values()) >= 7


def test_a_lens_that_never_is_sharp_ends_the_search() -> None:
    levels = led(250, 40, best=0.4)
    assert len(levels) < MOST_STOPS


def test_a_lens_that_is_sharp_everywhere_is_followed_to_the_end_of_the_rail() -> None:
    levels = led(250, 1e6)
    assert min(levels) >= 125
    assert max(levels) <= 375


def test_the_first_stops_are_those_that_the_search_begins_with() -> None:
    levels = led(246, 70, 246.0)
    assert first_stops(246.0, (-2, 0, 2)) == pytest.approx([216.0, 246.0, 275.5], abs=1.0)
    assert set(first_stops(246.0, (-2, 0, 2))) <= set(levels)

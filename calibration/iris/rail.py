"""Where on a rail the square is wanted next, so that the range of focus is seen from one end to the other."""

from collections.abc import Iterable, Mapping
from itertools import pairwise

import numpy as np

STEP = 0.06
"""Of the working distance: the first steps outward."""
REACH = 0.5
"""So far to both sides at most: farther out no camera is meant to be sharp."""
MOST_STOPS = 26
LEAST_USABLE = 7
USABLE = 0.15
"""Modulation below which a stop says little but that it is out of focus."""
FINEST_MM = 1.0
"""Closer than that nobody sets a target by hand."""


def next_distance(levels: Mapping[float, float], middle_mm: float, least: float) -> float | None:
    """The next distance in mm; None where the range is seen, or nothing more can be done about it.

    Outward from the working distance until sharpness is lost on both sides; toward the sharper side where it was not
    sharp at all; then between the stops until enough of them tell of the curve.

    Parameters
    ----------
    levels : mapping of float
        Modulation by distance, of the stops so far.
    middle_mm : float
        The working distance as it is meant.
    least : float
        Modulation that is called sharp.
    """
    if not levels:
        return _round(middle_mm)
    if len(levels) >= MOST_STOPS:
        return None
    places = sorted(levels)
    step = STEP * middle_mm
    best = max(places, key=lambda place: levels[place])
    if levels[best] >= least:
        outward = [(places[-1], step), (places[0], -step)]
    else:  # not sharp yet: only toward the side that is sharper
        outward = [(best, step if best == places[-1] else -step)] if best in (places[0], places[-1]) else []
        if len(places) == 1:
            outward = [(best, step)]
        elif not outward:
            return _between(places, levels, around=best)
    for end, way in outward:
        lost = levels[best] >= least and levels[end] < least
        if not lost and abs(end + way - middle_mm) <= REACH * middle_mm:
            return _round(end + way)
    if levels[best] < least or sum(level > USABLE for level in levels.values()) >= LEAST_USABLE:
        return None
    return _between(places, levels)


def first_stops(middle_mm: float, ways: Iterable[int]) -> list[float]:
    """The working distance and the stops so many steps outward from it, as `next_distance` chooses them."""
    step, found = STEP * middle_mm, []
    for way in ways:
        place = _round(middle_mm)
        for _ in range(abs(way)):
            place = _round(place + (step if way > 0 else -step))
        found.append(place)
    return found


def _between(places: list[float], levels: Mapping[float, float], around: float | None = None) -> float | None:
    """The middle of the widest gap beside a stop that tells something; None where all are as close as can be set."""
    gaps = [
        (float(after - before), (before + after) / 2)
        for before, after in pairwise(places)
        if (around in (before, after) if around is not None else max(levels[before], levels[after]) > USABLE)
    ]
    width, middle = max(gaps, default=(0.0, 0.0))
    return _round(middle) if width >= 2 * FINEST_MM else None


def _round(distance_mm: float) -> float:
    """To what a rail shows: half a millimetre."""
    return float(np.round(2 * distance_mm) / 2)

"""A limbus by what the lids leave of it, on drawn eyes whose outlines are known."""

from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.iris.synthesis.drawn_eye import DrawnEye, drawn_eye
from gateway.iris import analyze
from gateway.iris.closed_path import PolarCurve
from gateway.iris.eye import likely_eyes
from gateway.iris.glints import filled_glints
from gateway.iris.lids import Lid, lids, seen_from
from gateway.iris.limbus import LimbusEdge
from gateway.iris.open_limbus import open_limbus
from gateway.iris.sample import toned_sample
from tests.benchmarks.iris_drawn import square_distance
from tests.gateway.iris.test_iris_analysis import distance_from


@lru_cache(maxsize=16)
def eye(seed: int, condition: str) -> DrawnEye:
    return drawn_eye(seed, 1, condition)


def strays(edge: LimbusEdge, drawn: DrawnEye) -> float:
    """Root mean square of an outline's distance from the drawn limbus, pixels."""
    iris = drawn.truth.iris
    offset = edge.curve.points(256) - (iris.x, iris.y)
    return float(np.sqrt(np.mean((np.hypot(*offset.T) - iris.semi_major) ** 2)))


@pytest.mark.parametrize(("condition", "most"), [("clean", 1.5), ("lids_low", 2.5), ("lashes", 2.5), ("noisy", 1.5)])
def test_outlines_are_truer_without_what_the_lids_cover(condition: str, most: float) -> None:
    before, after = [], []
    for seed in range(460, 466):
        drawn = eye(seed, condition)
        filled = filled_glints(toned_sample(drawn.pixels))
        likely = likely_eyes(filled)[0]
        edge = likely.eyes[0].limbus
        pupil = likely.pupil.curve
        over = lids(filled, (*edge.curve.centre, edge.curve.radius), (*pupil.centre, pupil.radius))
        before.append(strays(edge, drawn))
        after.append(strays(open_limbus(filled, edge, likely.pupil, over), drawn))
    assert np.median(after) < np.median(before)
    assert np.median(after) < most


def test_covered_all_round_it_stays_as_it_was() -> None:
    filled = filled_glints(toned_sample(eye(460, "clean").pixels))
    likely = likely_eyes(filled)[0]
    edge = likely.eyes[0].limbus
    everything = Lid(level=2.0, slope=0.0, bend=0.0, step=20.0)
    assert open_limbus(filled, edge, likely.pupil, (everything, None)) is edge


def test_a_strong_collarette_is_not_the_limbus() -> None:
    for condition in ("clean", "dark", "off_centre", "rotated"):
        drawn = eye(7095, condition)
        geometry = analyze(drawn.pixels).geometry
        assert geometry is not None
        assert square_distance(geometry.limbus, drawn.truth.iris) < 5.0**2
        assert distance_from(geometry.pupil, drawn.truth.pupil) < 2


SMALL, UNIT = st.floats(-0.2, 0.2), st.floats(-1, 1)


@given(
    level=st.floats(-1, 1), slope=SMALL, bend=SMALL, dx=SMALL, dy=SMALL, size=st.floats(0.7, 1.4), x=st.floats(-1, 1)
)
def test_a_lid_is_the_same_line_in_other_radii(
    level: float, slope: float, bend: float, dx: float, dy: float, size: float, x: float
) -> None:
    lid = Lid(level, slope, bend, 12.0)
    one = PolarCurve(100.0, 80.0, np.array([50.0, 0, 0, 0, 0]), 0.0)
    other = PolarCurve(100.0 + 50 * dx, 80.0 + 50 * dy, np.array([50.0 * size, 0, 0, 0, 0]), 0.0)
    moved = seen_from(lid, one, other)
    assert moved is not None
    at = (100.0 + 50 * x - other.x) / (50.0 * size)
    assert other.y + 50 * size * float(moved.height(np.array(at))) == pytest.approx(
        80.0 + 50 * float(lid.height(np.array(x))), abs=1e-6
    )
    assert seen_from(None, one, other) is None

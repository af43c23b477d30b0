"""Cores and deltas: found where a field of known singular points has them, and where drawn fingers have them."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.fingerprint.synthesis.condition import CONDITIONS
from drivers.fingerprint.synthesis.impression import lay_finger
from drivers.fingerprint.synthesis.master_print import SHAPE, master_print
from gateway.fingerprint import analyze
from gateway.fingerprint.orientation import RidgeOrientation
from gateway.fingerprint.singular_points import PatternClass, SingularKind, SingularPoints, singular_points
from tests.gateway.fingerprint.prints import drawn

IMAGE = (374, 388)
GRID = (44, 45)
EVERYWHERE = np.ones(IMAGE, np.bool_)


def field(*points: tuple[float, float, int], turn: float = 0.0) -> RidgeOrientation:
    """The field of Sherlock and Monro: half the angles from cores (+1) less those from deltas (-1), in image pixels."""
    rows, columns = GRID
    y, x = np.mgrid[:rows, :columns]
    x, y = (x + 0.5) * IMAGE[1] / columns, (y + 0.5) * IMAGE[0] / rows
    ridge = np.full(GRID, turn / 2)
    for px, py, sign in points:
        ridge += sign * 0.5 * np.arctan2(py - y, x - px)
    # Across the ridges, clockwise because y points down.
    across = -(ridge + math.pi / 2)
    ones = np.ones(GRID, np.float32)
    return RidgeOrientation(np.cos(2 * across).astype(np.float32), np.sin(2 * across).astype(np.float32), ones)


def found(orientation: RidgeOrientation, foreground: NDArray[np.bool_] = EVERYWHERE) -> SingularPoints:
    return singular_points(orientation, foreground, IMAGE)


@pytest.mark.parametrize("opening", [0.3, 1.9, 3.5, 4.7, 5.8])
def test_a_core_opens_where_its_ridges_run_out(opening: float) -> None:
    # A ridge runs straight out where its direction is the bearing: half the bearing plus half the opening.
    points = found(field((190.0, 200.0, 1), turn=opening))
    assert points.kind.tolist() == [SingularKind.CORE]
    assert math.hypot(points.x[0] - 190, points.y[0] - 200) < 10
    assert abs((float(points.angle[0]) - opening + math.pi) % (2 * math.pi) - math.pi) < 0.15
    assert points.certainty[0] > 0.9


def test_a_delta_has_three_arms() -> None:
    points = found(field((190.0, 200.0, -1), turn=3 * 0.4))
    assert points.kind.tolist() == [SingularKind.DELTA]
    assert math.hypot(points.x[0] - 190, points.y[0] - 200) < 10
    off = (float(points.angle[0]) - 0.4) % (2 * math.pi / 3)
    assert min(off, 2 * math.pi / 3 - off) < 0.15


def test_parallel_ridges_have_none_and_a_large_print_without_is_an_arch() -> None:
    points = found(field(turn=0.6))
    assert len(points) == 0
    assert points.pattern is PatternClass.ARCH
    part = np.zeros(IMAGE, np.bool_)
    part[100:200, 100:200] = True
    assert found(field(turn=0.6), part).pattern is PatternClass.UNKNOWN


def test_points_outside_of_the_finger_do_not_count() -> None:
    part = np.zeros(IMAGE, np.bool_)
    part[:150] = True
    assert len(found(field((190.0, 200.0, 1)), part)) == 0
    assert len(found(field((190.0, 200.0, 1)), np.zeros(IMAGE, np.bool_))) == 0


@pytest.mark.parametrize(("finger", "seen"), [(1, 2), (3, 1), (9, 2), (13, 1)])
def test_cores_of_drawn_fingers_are_found(finger: int, seen: int) -> None:
    flow = master_print(finger).flow
    laid = lay_finger(master_print(finger), (finger, 1), CONDITIONS["clean"], IMAGE, 500.0)
    points = analyze(drawn(finger, 1), 500.0).singular_points
    cores = np.flatnonzero(points.kind == SingularKind.CORE)
    assert len(cores) == len(flow.cores) == seen
    for core in flow.cores:
        skin = (laid.skin_x - (SHAPE[1] - 1) / 2 - core.real) ** 2 + (laid.skin_y - (SHAPE[0] - 1) / 2 + core.imag) ** 2
        row, column = np.unravel_index(int(np.argmin(skin)), skin.shape)
        away = np.hypot(points.x[cores] - (column - laid.margin), points.y[cores] - (row - laid.margin))
        assert away.min() < 20  # two ridges: the field is averaged over one


@pytest.mark.parametrize("finger", [1, 2, 4, 6, 10, 15, 16])
def test_a_pattern_is_named_rightly_or_not_at_all(finger: int) -> None:
    truth = master_print(finger).flow.pattern.value.replace(" ", "_")
    assert analyze(drawn(finger, 1), 500.0).singular_points.pattern in {truth, "unknown"}


def test_points_come_in_the_pixels_that_were_given() -> None:
    pixels = drawn(9, 1)
    once = analyze(pixels, 500.0).singular_points
    twice = analyze(np.repeat(np.repeat(pixels, 2, axis=0), 2, axis=1), 1000.0).singular_points
    assert twice.kind.tolist() == once.kind.tolist()
    np.testing.assert_allclose(twice.x, 2 * once.x + 0.5, atol=8)
    np.testing.assert_allclose(twice.y, 2 * once.y + 0.5, atol=8)

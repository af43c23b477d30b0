"""Thinning and what is read off the lines."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from gateway.finger import MinutiaType
from gateway.fingerprint.minutiae import Minutiae, minutiae
from gateway.fingerprint.orientation import ridge_orientation
from gateway.fingerprint.skeleton import CROSSING_NUMBER, neighbour_codes, skeleton


def pieces(image: NDArray[np.uint8]) -> int:
    return int(cv2.connectedComponents(image, connectivity=8)[0]) - 1


def found_anywhere(ridges: NDArray[np.uint8]) -> Minutiae:
    """Minutiae of a 0/1 image whose ridges are all believed."""
    soft = cv2.GaussianBlur(ridges.astype(np.float32), (0, 0), 2.0)
    orientation = ridge_orientation(np.asarray(soft, np.float32))
    return minutiae(skeleton(ridges), np.ones(ridges.shape, np.bool_), orientation, np.ones_like(orientation.coherence))


def found(ridges: NDArray[np.uint8]) -> Minutiae:
    """Those away from the frame: where there are so few, what lies near it is taken in as well."""
    every = found_anywhere(ridges)
    height, width = ridges.shape
    inner = (every.x > 12) & (every.x < width - 13) & (every.y > 12) & (every.y < height - 13)
    return Minutiae(*(getattr(every, name)[inner] for name in ("x", "y", "angle", "kind", "quality")))


def line(*points: tuple[int, int], into: NDArray[np.uint8] | None = None) -> NDArray[np.uint8]:
    image = np.zeros((200, 200), np.uint8) if into is None else into
    return np.asarray(
        cv2.polylines(image, [np.array(points, np.int32)], isClosed=False, color=1, thickness=5), np.uint8
    )


@settings(max_examples=60, deadline=None)
@given(arrays(np.uint8, st.tuples(st.integers(1, 24), st.integers(1, 24)), elements=st.integers(0, 1)))
def test_a_skeleton_is_thin_and_keeps_its_pieces(image: NDArray[np.uint8]) -> None:
    before = image.copy()
    thin = skeleton(image)
    assert not (thin & ~image & 1).any()
    assert pieces(thin) <= pieces(image)
    assert (pieces(thin) == 0) == (pieces(image) == 0)
    np.testing.assert_array_equal(image, before)


@settings(max_examples=60, deadline=None)
@given(arrays(np.uint8, st.tuples(st.integers(1, 20), st.integers(1, 70)), elements=st.integers(0, 1)))
def test_thinning_is_that_of_zhang_and_suen(image: NDArray[np.uint8]) -> None:
    np.testing.assert_array_equal(skeleton(image), thinned_pixel_by_pixel(image))


def thinned_pixel_by_pixel(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """As the paper has it, and then without corners, one kind after another."""
    thin = np.pad(image, 1)
    steps = [(0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1)]

    def around() -> list[tuple[tuple[int, int], list[int]]]:
        return [((r, c), [int(thin[r + y, c + x]) for y, x in steps]) for r, c in np.argwhere(thin).tolist()]

    changed = True
    while changed:
        changed = False
        for first in (True, False):
            gone = []
            for place, near in around():
                east, _, south, _, west, _, north, _ = near
                runs = sum(near[k] and not near[k - 1] for k in range(8))
                kept = (north and east and south) or (east and south and west)
                kept = kept if first else (north and east and west) or (north and south and west)
                if runs == 1 and 2 <= sum(near) <= 6 and not kept:
                    gone.append(place)
            for place in gone:
                thin[place] = 0
            changed |= bool(gone)
    for turn in (0, 2, 4, 6):
        for place, near in around():
            ahead = near[turn:] + near[:turn]
            if ahead[0] and ahead[2] and not any(ahead[4:7]):
                thin[place] = 0
    return thin[1:-1, 1:-1]


def test_a_thick_bar_becomes_one_line() -> None:
    image = np.zeros((60, 200), np.uint8)
    image[20:31, 20:180] = 1
    thin = skeleton(image)
    assert pieces(thin) == 1
    assert thin[:, 40:160].sum(axis=0).max() == 1
    assert int((CROSSING_NUMBER[neighbour_codes(thin)] * thin == 1).sum()) == 2


@pytest.mark.parametrize("degrees", range(0, 360, 30))
def test_an_ending_points_into_its_own_ridge(degrees: int) -> None:
    angle = math.radians(degrees)
    tip = (100, 100)
    far = (round(100 + 400 * math.cos(angle)), round(100 - 400 * math.sin(angle)))
    result = found(line(tip, far))
    assert len(result.x) == 1
    assert result.kind[0] == MinutiaType.RIDGE_ENDING
    assert math.hypot(result.x[0] - 100, result.y[0] - 100) < 5
    turn = (float(result.angle[0]) - angle + math.pi) % (2 * math.pi) - math.pi
    assert abs(turn) < 0.15


@pytest.mark.parametrize("degrees", range(0, 360, 30))
def test_a_bifurcation_points_into_the_valley_between_its_closest_branches(degrees: int) -> None:
    def towards(turn: float) -> tuple[int, int]:
        angle = math.radians(degrees + turn)
        return round(100 + 400 * math.cos(angle)), round(100 - 400 * math.sin(angle))

    image = line(towards(28), (100, 100), towards(180))
    result = found(line((100, 100), towards(-28), into=image))
    assert len(result.x) == 1
    assert result.kind[0] == MinutiaType.BIFURCATION
    ahead = (result.x[0] - 100) * math.cos(math.radians(degrees)) - (result.y[0] - 100) * math.sin(
        math.radians(degrees)
    )
    assert 4 < ahead < 13, "the tip of the valley lies ahead of the lines' crossing"
    assert math.hypot(result.x[0] - 100, result.y[0] - 100) < 13
    turn = (float(result.angle[0]) - math.radians(degrees) + math.pi) % (2 * math.pi) - math.pi
    assert abs(turn) < 0.3


def test_spurs_islands_and_bridges_are_no_minutiae() -> None:
    ridge = line((0, 60), (199, 60))
    assert len(found(line((100, 60), (100, 65), into=ridge.copy())).x) == 0, "spur"
    assert len(found(line((90, 100), (98, 100), into=ridge.copy())).x) == 0, "island"
    two = line((0, 67), (199, 67), into=ridge.copy())
    assert len(found(line((100, 60), (100, 67), into=two)).x) == 0, "bridge"


def test_a_print_of_many_minutiae_leaves_out_those_near_the_frame() -> None:
    image = np.zeros((400, 400), np.uint8)
    for row in range(20, 380, 12):
        cv2.line(image, (0, row), (120 + row // 4, row), 1, 5)
        cv2.line(image, (250, row), (399, row), 1, 5)
    result = found_anywhere(image)
    assert len(result.x) >= 32
    assert result.x.min() > 10
    assert result.x.max() < 389
    few = found_anywhere(image[:60])
    assert 389 < few.x.max() <= 396

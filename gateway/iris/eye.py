"""The eye in a frame: of all discs that may be pupils the one that sits best in an iris, with both outlines."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.iris.limbus import LimbusCircle, LimbusEdge, limbus_circles, limbus_edges
from gateway.iris.pupil import PupilEdge, pupil_edges
from gateway.iris.pupil_seed import pupil_seeds

_WORTH = 0.3
"""Seeds below this share of the best are left out."""
_CIRCLES = 2
_RIVAL = 0.2
"""Of the likeliest eye's worth that another has at least, to be looked at: where another was the eye, of 15,732 altered
ones, it had 0.53. But not where it is the pupil of that one's pupil."""
LEAST_RADIUS = 24.0
"""Pixels of the sample; a code needs an iris of 40, half of that is noise and letters."""
_REFINED = 0.9
"""Of a circle's radius that its outline has at least."""
_INSIDE, _SAME_EDGE = 0.5, 0.15
"""Of a pupil's radius that the centre of an iris inside of it is off at most; logarithm of the radii."""


@dataclass(frozen=True, eq=False)
class Eye:
    """Pupil and limbus of one eye, in the pixels of the sample."""

    pupil: PupilEdge
    limbus: LimbusEdge


@dataclass(frozen=True, eq=False)
class LikelyEye:
    """A pupil, the circles that may be its limbus, best first, and the eye with each of those that are looked at."""

    pupil: PupilEdge
    circles: tuple[LimbusCircle, ...]
    eyes: tuple[Eye, ...]

    def within(self, eye: Eye) -> bool:
        """Whether this iris is what `eye` takes for its pupil."""
        return _within_pupil(self.pupil, self.circles, eye.pupil)


def likely_eyes(filled: NDArray[np.uint8], most: int = 4, *, rivals: bool = True) -> tuple[LikelyEye, ...]:
    """Eyes of a (h, w) uint8 toned sample with filled glints, likeliest first; none where nothing is dark and round.

    At most `most`. More than one circle is looked at of the first alone, and with `rivals`: where another pupil was the
    eye, of 15,732 altered ones, its best circle was its limbus.
    """
    seeds = pupil_seeds(filled, most)
    pupils = pupil_edges(filled, tuple(seed for seed in seeds if seed.score >= _WORTH * seeds[0].score))
    circles = [
        tuple(circle for circle in of_pupil if circle.radius > _REFINED * LEAST_RADIUS)
        for of_pupil in limbus_circles(filled, pupils, _CIRCLES)
    ]
    likely = _likely(pupils, circles, filled.shape)
    traced = {one: circles[one] if rivals and one == likely[0] else circles[one][:1] for one in likely}
    of_each = [pupils[one] for one in likely for _ in traced[one]]
    edges = iter(limbus_edges(filled, of_each, [circle for one in likely for circle in traced[one]]))
    return tuple(
        LikelyEye(pupils[one], circles[one], tuple(Eye(pupils[one], next(edges)) for _ in traced[one]))
        for one in likely
    )


def _likely(
    pupils: tuple[PupilEdge, ...], circles: list[tuple[LimbusCircle, ...]], shape: tuple[int, ...]
) -> list[int]:
    """Which of the pupils may be one in an iris, the likeliest first."""
    worth = [
        max(0.0, of_pupil[0].score)
        * max(0.0, pupil.contrast)
        * _roundness(pupil)
        * pupil.seed.score**0.5
        * _within(of_pupil[0], shape)
        if of_pupil
        else 0.0
        for pupil, of_pupil in zip(pupils, circles, strict=True)
    ]
    likely = [int(best) for best in np.argsort(worth)[::-1] if worth[best] > 0]
    return [
        one
        for one in likely
        if worth[one] >= _RIVAL * worth[likely[0]]
        or any(_within_pupil(pupils[one], circles[one], pupils[other]) for other in likely)
    ]


def _within_pupil(pupil: PupilEdge, circles: tuple[LimbusCircle, ...], other: PupilEdge) -> bool:
    """Whether an iris is what another takes for its pupil."""
    (x, y), radius = other.curve.centre, other.curve.radius
    px, py = pupil.curve.centre
    return bool(np.hypot(px - x, py - y) < _INSIDE * radius) and any(
        abs(np.log(circle.radius / radius)) < _SAME_EDGE for circle in circles
    )


def _within(circle: LimbusCircle, shape: tuple[int, ...]) -> float:
    """Share of the box about a circle that is in the frame, squared."""
    height, width = shape
    across = min(circle.x + circle.radius, width) - max(circle.x - circle.radius, 0)
    down = min(circle.y + circle.radius, height) - max(circle.y - circle.radius, 0)
    return (max(0.0, across) * max(0.0, down) / (4 * circle.radius**2)) ** 2


def _roundness(pupil: PupilEdge) -> float:
    return max(0.1, 1 - 4 * pupil.radius_deviation - 4 * pupil.curve.scatter)

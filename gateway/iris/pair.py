"""Both eyes of one frame: searched for in overlapping parts of it, each analysed in its own surroundings."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from math import atan2, degrees, hypot

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.guidance import Guidance
from gateway.iris.analysis import Trace, analyze
from gateway.iris.comparison import compare
from gateway.iris.decision import distance_at_fmr
from gateway.iris.geometry import Contour, IrisAnalysis, IrisGeometry
from gateway.iris.sample import MIN_SIDE, check_sample, grey_sample
from gateway.iris.side import Side, estimated_side

BETWEEN_EYES = 10.8
"""Distance of the two irises, in iris radii: 63 mm over 5.85."""
_LEAST_BETWEEN, _MOST_BETWEEN = 7.5, 15.0
_LEAST_JOINED = 2.8
"""Of two eyes with codes: some cameras lay the images of two sensors side by side."""
_MOST_SLANT_DEG = 35.0
_MOST_RATIO = 1.35
"""Of the two radii: one eye is never much nearer than the other."""
_APART = 2.5
"""Iris radii within which two finds are of one eye."""
_LEAST_PART = 500.0
"""Root of the area of the least parts, pixels: the search sees irises from 0.06 of that upwards, and none under 30
pixels is of use."""
_LEVELS = 3
"""A face as wide as the frame has irises of 0.03 of its width; a quarter of the frame shows them well."""
_SEARCHED = 400.0
"""Root of the area that a part is reduced to: enough to find an eye."""
_HALF_WIDTH, _HALF_HEIGHT = 3.2, 2.4
"""Iris radii about an eye that are analysed, as much as a camera of one eye shows."""
_NEAREST_END = 1.3
"""Iris radii beside an eye that are analysed at least."""
_WHOLE_HEIGHT = 7.0
"""Iris radii up to which the frame's whole height is."""
_WIDER = 1.3
"""Radii about the place where an eye should be."""
_SAME_EYE_FMR = 0.001


@dataclass(frozen=True, eq=False)
class EyePair:
    """The eyes of one frame, in the coordinates of the whole frame.

    A right eye is the person's own; in a frame that is not mirrored it is on the left. Measures that look at a frame
    (margins, frame share, sharpness) are those of the eye's surroundings.

    Parameters
    ----------
    right, left : IrisAnalysis or None
        None where that eye was not found.
    unsided : IrisAnalysis or None
        The only eye of a frame that does not tell which one it is.
    guidance : tuple of Guidance
        Why there is no eye at all; empty where there is one.
    """

    right: IrisAnalysis | None
    left: IrisAnalysis | None
    unsided: IrisAnalysis | None = None
    guidance: tuple[Guidance, ...] = ()

    @property
    def eyes(self) -> tuple[IrisAnalysis, ...]:
        """Those that were found, right before left."""
        return tuple(eye for eye in (self.right, self.left, self.unsided) if eye is not None)


@dataclass(frozen=True, eq=False)
class _Seen:
    """An analysis, and the box (top, bottom, left, right) of the frame that it is of."""

    analysis: IrisAnalysis
    box: tuple[int, int, int, int]
    x: float
    y: float
    radius: float

    @property
    def worth(self) -> tuple[bool, int]:
        """With a code before without one, then by quality."""
        quality = self.analysis.quality
        return self.analysis.template is not None, quality.score if quality is not None else 0


def analyze_both(pixels: NDArray[np.uint8] | NDArray[np.uint16], *, trace: Trace | None = None) -> EyePair:
    """Find and code both eyes of a frame.

    Two finds are a pair when they lie side by side as eyes do, are of one size and not of one code: the same eye is
    never given twice. Of a single eye `estimated_side` says which it is, and its place where the other one would have
    to be in the frame on one side and outside of it on the other; where these disagree it is unknown.

    Parameters
    ----------
    pixels : (height, width) uint8 or uint16
        One eye, two, or a face. Stays as it is.
    trace : callable, optional
        Receives the intermediates of `analyze`, their names after "right/", "left/" or "unsided/".

    Raises
    ------
    ValueError
        As `analyze`.
    """
    check_sample(pixels)
    grey = grey_sample(pixels)
    whole = analyze(grey)
    seen = _finds(grey, whole)
    pair = _best_pair(seen)
    if pair is None and seen:
        seen = _partners(grey, seen)
        pair = _best_pair(seen)
    if pair is not None:
        right, left = sorted(pair, key=lambda eye: eye.x)
        return EyePair(_placed(right, grey, trace, "right"), _placed(left, grey, trace, "left"))
    if not seen:
        return EyePair(None, None, None, whole.guidance)
    only = max(seen, key=lambda eye: eye.worth)
    side = _side_of_one(only, grey)
    eye = _placed(only, grey, trace, side if side != "unknown" else "unsided")
    return EyePair(
        right=eye if side == "right" else None,
        left=eye if side == "left" else None,
        unsided=eye if side == "unknown" else None,
    )


def _finds(grey: NDArray[np.uint8], whole: IrisAnalysis) -> list[_Seen]:
    """Every eye that was found, once each; parts are made smaller until there are two."""
    height, width = grey.shape
    first = _seen(whole, (0, height, 0, width))
    if first is not None and not _room_beside(first, width):
        return [first]
    found = [first] if first is not None else []
    seen = found
    for boxes in _parts(height, width):
        # A part's own find is only a place: it is analysed again in the frame's pixels.
        found = found + [part for part in [_searched(grey, box) for box in boxes] if part is not None]
        seen = _distinct([*seen, *_analysed(grey, found, seen)])
        if _best_pair(seen) is not None:
            break
    return seen


def _analysed(grey: NDArray[np.uint8], places: list[_Seen], known: list[_Seen]) -> list[_Seen]:
    """What is found at places, but for those whose surroundings are known."""
    seen: list[_Seen] = []
    for eye in places:
        box = _surroundings(eye, places, (grey.shape[0], grey.shape[1]))
        if not any(other.box == box or _alike(eye, other) for other in [*known, *seen]):
            better = _seen(_analysis(grey, box), box)
            seen += [better] if better is not None else []
    return seen


def _room_beside(eye: _Seen, width: int) -> bool:
    """Whether the frame can show another iris as well."""
    reach = (_LEAST_JOINED + 1) * eye.radius
    return eye.x - reach >= 0 or eye.x + reach <= width - 1


def _partners(grey: NDArray[np.uint8], seen: list[_Seen]) -> list[_Seen]:
    """Finds where the other eye of one that was found would be."""
    height, width = grey.shape
    partners: list[_Seen] = []
    for eye in seen:
        for x in (eye.x - BETWEEN_EYES * eye.radius, eye.x + BETWEEN_EYES * eye.radius):
            if 0 <= x < width:
                place = replace(eye, x=x, radius=_WIDER * eye.radius)
                box = _surroundings(place, seen, (height, width))
                partners += [other for other in [_seen(_analysis(grey, box), box)] if other is not None]
    return _distinct([*seen, *partners])


def _analysis(grey: NDArray[np.uint8], box: tuple[int, int, int, int]) -> IrisAnalysis:
    return analyze(np.ascontiguousarray(grey[box[0] : box[1], box[2] : box[3]]))


def _searched(grey: NDArray[np.uint8], box: tuple[int, int, int, int]) -> _Seen | None:
    """The eye of a part of the frame, from a smaller copy of it."""
    top, bottom, left, right = box
    shrink = max(1.0, ((bottom - top) * (right - left)) ** 0.5 / _SEARCHED)
    size = (round((right - left) / shrink), round((bottom - top) / shrink))
    if min(size) < MIN_SIDE:
        return None
    small = cv2.resize(np.ascontiguousarray(grey[top:bottom, left:right]), size, interpolation=cv2.INTER_AREA)
    found = _seen(analyze(np.asarray(small, np.uint8)), (0, size[1], 0, size[0]))
    if found is None:
        return None
    x, y = (found.x + 0.5) * shrink - 0.5 + left, (found.y + 0.5) * shrink - 0.5 + top
    return _Seen(found.analysis, box, x, y, found.radius * shrink)


def _alike(one: _Seen, other: _Seen) -> bool:
    """Whether two finds are the same outlines, nearly."""
    least, most = sorted((one.radius, other.radius))
    return hypot(one.x - other.x, one.y - other.y) < 0.2 * most and most < 1.1 * least


def _parts(height: int, width: int) -> Iterator[list[tuple[int, int, int, int]]]:
    """Overlapping boxes of 4 x 3, each level half the size of the last; none that is the whole frame."""
    largest = min(height * (4 / 3) ** 0.5, width * (3 / 4) ** 0.5)
    for level in range(_LEVELS):
        side = largest / 2**level
        if level and side < _LEAST_PART:
            return
        part_height, part_width = round(side * (3 / 4) ** 0.5), round(side * (4 / 3) ** 0.5)
        tops, lefts = _starts(height, part_height), _starts(width, part_width)
        if len(tops) * len(lefts) > 1 and part_height >= MIN_SIDE:
            yield [
                (top, min(height, top + part_height), left, min(width, left + part_width))
                for top in tops
                for left in lefts
            ]


def _starts(extent: int, part: int) -> list[int]:
    """Where parts that overlap by half begin."""
    count = max(1, round(2 * (extent - part) / part) + 1)
    return [round(start) for start in np.linspace(0, max(0, extent - part), count)]


def _seen(analysis: IrisAnalysis, box: tuple[int, int, int, int]) -> _Seen | None:
    if analysis.geometry is None:
        return None
    (x, y), radius = analysis.geometry.limbus.centre, analysis.geometry.limbus.radius
    return _Seen(analysis, box, x + box[2], y + box[0], radius)


def _surroundings(eye: _Seen, others: list[_Seen], shape: tuple[int, int]) -> tuple[int, int, int, int]:
    """The box about an eye that is analysed; it ends half way to the next one."""
    height, width = shape
    apart = [abs(other.x - eye.x) for other in others if not _one_place(eye, other)]
    half = min([_HALF_WIDTH * eye.radius, *(max(distance / 2, _NEAREST_END * eye.radius) for distance in apart)])
    left, right = max(0, int(eye.x - half)), min(width, int(eye.x + half) + 1)
    if height <= _WHOLE_HEIGHT * eye.radius:
        return 0, height, left, right
    reach = _HALF_HEIGHT * eye.radius
    return max(0, int(eye.y - reach)), min(height, int(eye.y + reach) + 1), left, right


def _one_place(one: _Seen, other: _Seen) -> bool:
    return hypot(one.x - other.x, one.y - other.y) <= _APART * max(one.radius, other.radius)


def _distinct(seen: list[_Seen]) -> list[_Seen]:
    """The best of the finds at each place."""
    kept: list[_Seen] = []
    for eye in sorted(seen, key=lambda eye: eye.worth, reverse=True):
        if not any(_one_place(eye, other) for other in kept):
            kept.append(eye)
    return kept


def _best_pair(seen: list[_Seen]) -> tuple[_Seen, _Seen] | None:
    pairs = [pair for pair in combinations(seen, 2) if _side_by_side(*pair) and not _same_eye(*pair)]
    return max(pairs, key=lambda pair: sorted(eye.worth for eye in pair), default=None)


def _side_by_side(one: _Seen, other: _Seen) -> bool:
    across, down = abs(one.x - other.x), abs(one.y - other.y)
    radius = (one.radius + other.radius) / 2
    coded = one.worth[0] and other.worth[0]
    return (
        (_LEAST_JOINED if coded else _LEAST_BETWEEN) <= hypot(across, down) / radius <= _MOST_BETWEEN
        and degrees(atan2(down, across)) <= _MOST_SLANT_DEG
        and max(one.radius, other.radius) <= _MOST_RATIO * min(one.radius, other.radius)
    )


def _same_eye(one: _Seen, other: _Seen) -> bool:
    a, b = one.analysis.template, other.analysis.template
    return a is not None and b is not None and compare(a, b) <= distance_at_fmr(_SAME_EYE_FMR)


def _side_of_one(eye: _Seen, grey: NDArray[np.uint8]) -> Side:
    """By what the eye looks like and by where the other one would be in the frame; unknown where these disagree."""
    top, bottom, left, right = eye.box
    looks: Side = "unknown"
    if eye.analysis.geometry is not None:
        looks = estimated_side(np.ascontiguousarray(grey[top:bottom, left:right]), eye.analysis.geometry).side
    reach = BETWEEN_EYES * eye.radius
    before, after = eye.x - reach >= 0, eye.x + reach <= grey.shape[1] - 1
    if before == after:
        return looks
    lies: Side = "right" if after else "left"
    return lies if looks in (lies, "unknown") else "unknown"


def _placed(eye: _Seen, grey: NDArray[np.uint8], trace: Trace | None, name: str) -> IrisAnalysis:
    """The analysis in the coordinates of the whole frame."""
    top, bottom, left, right = eye.box
    if trace:
        analyze(
            np.ascontiguousarray(grey[top:bottom, left:right]),
            trace=lambda stage, array: trace(f"{name}/{stage}", array),
        )
    geometry = eye.analysis.geometry
    if geometry is None or eye.box == (0, grey.shape[0], 0, grey.shape[1]):
        return eye.analysis
    return replace(eye.analysis, geometry=_moved(geometry, eye.box, (grey.shape[0], grey.shape[1])))


def _moved(geometry: IrisGeometry, box: tuple[int, int, int, int], shape: tuple[int, int]) -> IrisGeometry:
    top, bottom, left, right = box
    offset = np.array([left, top], np.float32)

    def whole(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        full = np.zeros(shape, bool)
        full[top:bottom, left:right] = mask
        return full

    def moved(points: NDArray[np.float32] | None) -> NDArray[np.float32] | None:
        return None if points is None else points + offset

    return replace(
        geometry,
        pupil=Contour(geometry.pupil.points + offset),
        limbus=Contour(geometry.limbus.points + offset),
        mask=whole(geometry.mask),
        glints=whole(geometry.glints),
        upper_lid=moved(geometry.upper_lid),
        lower_lid=moved(geometry.lower_lid),
    )

"""The lamps mirrored in the cornea: small, brighter than any paper, and never quite still against the pupil."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.guidance import LocalizedText
from gateway.iris.geometry import IrisGeometry
from gateway.iris.liveness.cue import LivenessCue, graded, judged, not_assessed
from gateway.iris.liveness.observation import ObservedFrame
from gateway.iris.liveness.printed_dots import sharp_enough
from gateway.iris.sample import grey_sample

NAME = "glint_pattern"
FEWEST = 5
"""Frames that show the lamps."""
_FEWEST_MOVED, _LEAST_SPAN_S = 12, 1.0
_FIXED, _MOVES, _USUAL_MOVE = 0.0004, 0.0009, 0.0025
"""Deviation of the reflections from the pupil's centre, iris radii: an eye that fixates moves by 0.1 to 0.3 degrees,
about a point 5.7 mm behind the cornea's centre and 9.8 mm behind the pupil."""
_MOST_BLUR = 2.0
"""Percent of the iris radius: a wider blur dulls a glint."""
_REACH = 0.55
"""Iris radii about the pupil's centre in which the nearest lamps are mirrored."""
_SMALL = 0.14
"""Iris radii: half width of the greatest glint."""
_LEAST_ABOVE = 14.0  # grey levels
_ABOVE_PUPIL = 0.8
"""Of the step from pupil to iris by which a spot must rise: texture rises less."""
_DULL, _BRIGHT, _USUAL = 0.95, 1.10, 1.25
"""Peak over the light parts about the eye: paper is no whiter than paper, a cornea mirrors the lamp itself."""
_LIGHT_PART = 90.0  # percentile of what lies about the iris
_ABOUT = 2.0  # iris radii to either side
_OVEREXPOSED = 225.0
_EQUAL = 0.5
"""Share of the brightest spot's rise above its neighbourhood that a lamp's image has at least."""
_LEAST_PIXELS = 60.0
_PAINTED = 0.2
"""Grey levels: a pupil without any noise was painted over."""


@dataclass(frozen=True, eq=False)
class Glints:
    """Of one frame.

    Parameters
    ----------
    points : (n, 2) float32
        From the pupil's centre, iris radii, the brightest first.
    peaks : (n,) float32
        Grey over that of the light parts about the eye, skin or white.
    light : float
        Grey of those.
    painted : bool
        The pupil has no noise: somebody has edited the picture.
    """

    points: NDArray[np.float32]
    peaks: NDArray[np.float32]
    light: float
    painted: bool


def frame_glints(pixels: NDArray[np.uint8], geometry: IrisGeometry) -> Glints:
    """Small bright spots near the pupil of (height, width) uint8 pixels."""
    (x, y), radius = geometry.pupil.centre, geometry.limbus.radius
    height, width = pixels.shape
    inner = geometry.pupil.radius
    reach = max(_REACH * radius, 1.4 * inner)
    left, right = max(0, int(x - reach)), min(width, int(x + reach) + 2)
    top, bottom = max(0, int(y - reach)), min(height, int(y + reach) + 2)
    part = pixels[top:bottom, left:right]
    side = 2 * max(2, round(_SMALL * radius)) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    rise = cv2.subtract(part, np.asarray(cv2.morphologyEx(part, cv2.MORPH_OPEN, disc), np.uint8))
    away = np.hypot(np.arange(left, right)[None, :] - x, np.arange(top, bottom)[:, None] - y)
    inside, ring = away < 0.8 * inner, (away > 1.1 * inner) & (away < 1.4 * inner)
    dark = float(np.median(part[inside])) if inside.any() else 0.0
    iris = float(np.median(part[ring])) if ring.any() else dark
    spots = (rise > max(_LEAST_ABOVE, _ABOVE_PUPIL * (iris - dark))) & (away < _REACH * radius)
    count, labels, statistics, _ = cv2.connectedComponentsWithStats(spots.astype(np.uint8))
    found = []
    for index in range(1, count):
        if statistics[index, cv2.CC_STAT_AREA] < 3:
            continue
        rows, columns = np.nonzero(labels == index)
        light = rise[rows, columns].astype(np.float64)
        middle = (columns @ light / light.sum() + left - x, rows @ light / light.sum() + top - y)
        found.append((float(light.max()), float(part[rows, columns].max()), middle[0] / radius, middle[1] / radius))
    found.sort(reverse=True)
    found = [spot for spot in found if spot[0] >= _EQUAL * found[0][0]]
    even = part[inside]
    painted = bool(even.size) and float(np.median(np.abs(even.astype(np.float32) - dark))) < _PAINTED
    painted = painted and float(np.mean(even == dark)) > 0.9
    about = _ABOUT * radius
    across, down = (
        slice(max(0, int(middle - about)), max(0, int(middle + about))) for middle in geometry.limbus.centre
    )
    bright = max(1.0, float(np.percentile(pixels[down, across], _LIGHT_PART)))
    table = np.array(found, np.float32).reshape(-1, 4)
    return Glints(table[:, 2:], table[:, 1] / np.float32(bright), bright, painted)


def glint_pattern(sequence: Sequence[ObservedFrame], lamps: int | None) -> LivenessCue:
    """Whether the lamps are mirrored as by a cornea. `lamps`: how many the camera has lit, where that is known."""
    fit = [frame for frame in sequence if frame.geometry is not None and frame.geometry.limbus.radius >= _LEAST_PIXELS]
    seen = [frame_glints(grey_sample(frame.pixels), frame.geometry) for frame in fit if frame.geometry is not None]
    if len(seen) < FEWEST:
        return not_assessed(NAME, _TOO_FEW)
    if sum(glints.painted for glints in seen) > len(seen) / 2:
        return not_assessed(NAME, _PAINTED_OVER)
    if float(np.median([glints.light for glints in seen])) > _OVEREXPOSED:
        return not_assessed(NAME, _TOO_BRIGHT)
    if not sharp_enough(fit, _MOST_BLUR):
        return not_assessed(NAME, _BLURRED)
    shown = [glints for glints in seen if len(glints.peaks)]
    if len(shown) < len(seen) / 2:
        if lamps:
            return judged(NAME, 0.25 * len(shown) / len(seen), _NONE, _MIRRORED)
        return not_assessed(NAME, _NONE_KNOWN)
    peak = float(np.median([glints.peaks[0] for glints in shown]))
    scores = [(graded(peak, _DULL, _BRIGHT, _USUAL), _DULL_SPOTS)]
    times = [frame.time_s for frame in fit]
    if times[-1] - times[0] >= _LEAST_SPAN_S and (moved := glint_movement(seen)) is not None:
        scores.append((graded(moved, _FIXED, _MOVES, _USUAL_MOVE), _FIXED_SPOTS))
    score, words = min(scores, key=lambda pair: pair[0])
    return judged(NAME, score, words, _MIRRORED)


def glint_movement(seen: Sequence[Glints]) -> float | None:
    """Deviation of the pattern from the pupil's centre over the frames, iris radii, the greater of x and y.

    Only frames with the usual number of spots count; None where these are fewer than 12.
    """
    counts = [len(glints.peaks) for glints in seen]
    usual = max(set(counts), key=counts.count)
    middles = np.array([glints.points.mean(axis=0) for glints in seen if len(glints.peaks) == usual > 0])
    if len(middles) < _FEWEST_MOVED:
        return None
    away = np.abs(middles - np.median(middles, axis=0))
    return float(1.4826 * np.median(away, axis=0).max())


_TOO_FEW = LocalizedText(
    "Terlalu sedikit gambar untuk menilai pantulan lampu.", "Too few frames to judge the mirrored lamps."
)
_PAINTED_OVER = LocalizedText(
    "Pupil pada gambar telah disunting; pantulan lampu tidak dapat dinilai.",
    "The pupil has been painted over; the mirrored lamps cannot be judged.",
)
_TOO_BRIGHT = LocalizedText(
    "Gambar terlalu terang untuk menilai pantulan lampu.", "The image is too bright to judge the mirrored lamps."
)
_NONE_KNOWN = LocalizedText(
    "Tidak ada pantulan lampu, dan susunan lampu kamera tidak diketahui.",
    "No mirrored lamp is seen, and the camera's lamps are not known.",
)
_NONE = LocalizedText(
    "Lampu kamera tidak terpantul di mata: mungkin cetakan.",
    "The camera's lamps are not mirrored in the eye: it may be a print.",
)
_DULL_SPOTS = LocalizedText(
    "Pantulan di mata kusam seperti tercetak.", "The reflections in the eye are dull, as if printed."
)
_FIXED_SPOTS = LocalizedText(
    "Pantulan tidak bergerak terhadap pupil, seperti tercetak.",
    "The reflections do not move against the pupil, as if printed.",
)
_BLURRED = LocalizedText(
    "Gambar terlalu kabur untuk menilai pantulan lampu.", "The image is too blurred to judge the mirrored lamps."
)
_MIRRORED = LocalizedText("Lampu terpantul seperti pada kornea.", "The lamps are mirrored as by a cornea.")

"""A patterned contact lens: dots over the iris, and a ring that keeps its radius while the pupil changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.guidance import LocalizedText
from gateway.iris.geometry import Contour, IrisGeometry
from gateway.iris.liveness.cue import LivenessCue, graded, judged, not_assessed
from gateway.iris.liveness.dot_spectrum import TILE, DotPeak, dot_peak, log_spectrum
from gateway.iris.liveness.observation import ObservedFrame
from gateway.iris.liveness.printed_dots import coarsening, dot_peaks, dots_score, fine_enough, sharp_enough
from gateway.iris.sample import grey_sample

NAME = "lens_ring"
_FEWEST_TILES = 8
_LIMIT = 2.2
"""Natural logarithm of power: a ring has few tiles."""
_INNER = 0.55
"""Iris radii: a patterned lens leaves the pupil free, and prints from 0.4 or 0.5 on."""
_OUTER = 0.95
_ROWS, _COLUMNS = 40, 512
_SECTORS = 16
_MOST_TURN = 12  # columns either way
_LEAST_CHANGE = 0.035
"""Of the pupil's share of the iris radius: less does not tell a ring that stretches from one that stays."""
_PAIRS = 4
_LEAST_LIKENESS = 0.25
_STRETCHES, _STAYS = 0.04, -0.10


@dataclass(frozen=True)
class RingStretch:
    """How alike a ring is to itself after the pupil changed: correlations, -1 to 1.

    Parameters
    ----------
    stretched : float
        Where the iris went with the pupil (rubber sheet).
    kept : float
        Where it would be at the radius it had.
    """

    stretched: float
    kept: float


def ring_peak(pixels: NDArray[np.uint8], geometry: IrisGeometry) -> DotPeak | None:
    """The strongest peak over the iris of (height, width) uint8 pixels, on a grid or on circles."""
    found = [
        dot_peak(log_spectrum(np.stack(tiles)), len(tiles), axes=axes)
        for tiles, axes in ((_flat_tiles(pixels, geometry), False), (_polar_tiles(pixels, geometry), True))
        if len(tiles) >= _FEWEST_TILES
    ]
    return max(found, key=lambda peak: peak.excess - 3 * peak.uncertainty, default=None)


def ring_stretch(first: ObservedFrame, second: ObservedFrame) -> RingStretch | None:
    """Compare the ring of two frames in both ways; None where too little of it is seen in both."""
    one, other = first.geometry, second.geometry
    if one is None or other is None:
        return None
    rows = np.linspace(_INNER, _OUTER, _ROWS)[:, None]
    inner, grown = (_pupil_shares(found) for found in (one, other))
    # Where the same tissue lies in the other frame.
    moved = grown + (rows - inner) / (1 - inner) * (1 - grown)
    seen, mask = _ring(first, one, np.broadcast_to(rows, (_ROWS, _COLUMNS)))
    found = []
    for at in (moved, np.broadcast_to(rows, (_ROWS, _COLUMNS))):
        likeness = _likeness(seen, mask, *_ring(second, other, at))
        if likeness is None:
            return None
        found.append(likeness)
    return RingStretch(*found)


def lens_ring(sequence: Sequence[ObservedFrame]) -> LivenessCue:
    """Whether a printed ring lies over the iris."""
    fit = [frame for frame in sequence if fine_enough(frame)]
    peaks = dot_peaks(fit, ring_peak)
    dots = dots_score(peaks, _LIMIT) if peaks else None
    stretch = _median_stretch(fit)
    if stretch is not None and max(stretch.stretched, stretch.kept) >= _LEAST_LIKENESS:
        kept = graded(stretch.stretched - stretch.kept, _STAYS - 0.1, _STAYS, _STRETCHES)
        if kept < 0.5 and (dots is None or kept < dots):
            return judged(NAME, kept, _KEEPS, _NO_RING)
    if dots is None or (dots >= 0.5 and not sharp_enough(fit)):
        return not_assessed(NAME, _TOO_COARSE)
    return judged(NAME, dots, _DOTS, _NO_RING)


def _median_stretch(frames: Sequence[ObservedFrame]) -> RingStretch | None:
    """Of the frames with the widest and with the smallest pupils, in pairs."""
    found = [(frame, frame.geometry.pupil_ratio) for frame in frames if frame.geometry is not None]
    found.sort(key=lambda pair: pair[1])
    pairs = [
        (wide[0], small[0])
        for small, wide in zip(found[:_PAIRS], found[::-1][:_PAIRS], strict=True)
        if wide[1] - small[1] > _LEAST_CHANGE
    ]
    measured = [stretch for pair in pairs if (stretch := ring_stretch(*pair)) is not None]
    if not measured:
        return None
    return RingStretch(
        float(np.median([one.stretched for one in measured])), float(np.median([one.kept for one in measured]))
    )


def _flat_tiles(pixels: NDArray[np.uint8], geometry: IrisGeometry) -> list[NDArray[np.float32]]:
    """Tiles of the frame that lie on the open ring, the rest of them even."""
    (x, y), radius = geometry.limbus.centre, geometry.limbus.radius
    left, top = int(x - radius), int(y - radius)
    side = int(2 * radius) + 1
    around = _window(pixels, left, top, side)
    open_ring = _window(_open_ring(pixels.shape, geometry), left, top, side)
    if (fold := coarsening(radius)) > 1:
        size = (round(side / fold), round(side / fold))
        around = cv2.resize(around, size, interpolation=cv2.INTER_AREA)
        open_ring = cv2.resize(open_ring.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    return _masked_tiles(around, open_ring, TILE // 3)


def _polar_tiles(pixels: NDArray[np.uint8], geometry: IrisGeometry) -> list[NDArray[np.float32]]:
    """Tiles of the ring unrolled about the limbus: a pixel of the frame to a row, and to a column at its middle."""
    (x, y), radius = geometry.limbus.centre, geometry.limbus.radius
    inner = max(0.42, 1.05 * geometry.pupil_ratio)
    fold = coarsening(radius)
    rows = np.arange(inner * radius, 0.97 * radius, fold)
    if len(rows) < 3 * TILE // 4:
        return []
    columns = round(2 * pi * float(rows.mean()) / fold)
    angle = np.arange(columns + TILE) * (2 * pi / columns)
    at_x = (x + rows[:, None] * np.cos(angle)).astype(np.float32)
    at_y = (y + rows[:, None] * np.sin(angle)).astype(np.float32)
    border = cv2.BORDER_CONSTANT
    source = pixels if fold == 1 else cv2.blur(pixels, (round(fold), round(fold)))
    strip = np.asarray(cv2.remap(source, at_x, at_y, cv2.INTER_CUBIC, borderMode=border), np.float32)
    mask = _open_ring(pixels.shape, geometry).astype(np.uint8)
    seen = cv2.remap(mask, at_x, at_y, cv2.INTER_NEAREST, borderMode=border) > 0
    short = max(0, TILE - len(rows))
    strip, seen = np.pad(strip, ((0, short), (0, 0))), np.pad(seen, ((0, short), (0, 0)))
    return _masked_tiles(strip, seen, TILE // 3)


def _masked_tiles(grey: NDArray[Any], seen: NDArray[np.bool_], step: int) -> list[NDArray[np.float32]]:
    """Tiles most of which is seen, zero mean, zero where hidden."""
    tiles = []
    soft = cv2.blur(seen.astype(np.float32), (5, 5))
    for row in range(0, grey.shape[0] - TILE + 1, step):
        for column in range(0, grey.shape[1] - TILE + 1, step):
            box = (slice(row, row + TILE), slice(column, column + TILE))
            if seen[box].mean() < 0.72:
                continue
            tile, weight = grey[box].astype(np.float32), soft[box]
            tiles.append(np.asarray((tile - (tile * weight).sum() / weight.sum()) * weight, np.float32))
    return tiles


def _open_ring(shape: tuple[int, ...], geometry: IrisGeometry) -> NDArray[np.bool_]:
    """The ring between the lids without glints; dark dots that pass for lashes belong to it."""
    (x, y), radius = geometry.limbus.centre, geometry.limbus.radius
    (px, py), inner = geometry.pupil.centre, geometry.pupil.radius
    rows = np.arange(shape[0], dtype=np.float32)[:, None]
    columns = np.arange(shape[1], dtype=np.float32)[None, :]
    ring = (np.hypot(columns - x, rows - y) < 0.97 * radius) & (
        np.hypot(columns - px, rows - py) > inner + 0.05 * radius
    )
    for lid, way in ((geometry.upper_lid, 1), (geometry.lower_lid, -1)):
        if lid is not None:
            edge = np.interp(columns[0], lid[:, 0], lid[:, 1], left=way * -1e9, right=way * -1e9)
            ring &= way * (rows - edge[None, :]) > 0.08 * radius
    return np.asarray(ring & ~geometry.glints)


def _window(image: NDArray[Any], left: int, top: int, side: int) -> NDArray[Any]:
    """A square of `image`, zero beyond it."""
    height, width = image.shape
    found = np.zeros((side, side), image.dtype)
    to_top, to_left = max(0, -top), max(0, -left)
    part = image[max(0, top) : min(height, top + side), max(0, left) : min(width, left + side)]
    found[to_top : to_top + part.shape[0], to_left : to_left + part.shape[1]] = part
    return found


def _points(contour: Contour) -> NDArray[np.float64]:
    """The outline at `_COLUMNS` equal steps: (columns, 2)."""
    count = len(contour.points)
    at = np.arange(_COLUMNS) * (count / _COLUMNS)
    closed = np.concatenate([contour.points, contour.points[:1]]).astype(np.float64)
    return np.stack([np.interp(at, np.arange(count + 1), closed[:, axis]) for axis in (0, 1)], axis=1)


def _pupil_shares(geometry: IrisGeometry) -> NDArray[np.float64]:
    """Distance of the pupil's edge from the limbus's centre, of the limbus's: (columns,), by direction."""
    away = _points(geometry.pupil) - np.array(geometry.limbus.centre)
    angles = np.arctan2(away[:, 1], away[:, 0])
    order = np.argsort(angles)
    radii = np.hypot(away[:, 0], away[:, 1])[order]
    wanted = np.arange(_COLUMNS) * (2 * pi / _COLUMNS)
    wanted = (wanted + pi) % (2 * pi) - pi
    inner = np.interp(wanted, angles[order], radii, period=2 * pi)
    limbus = np.hypot(*(_points(geometry.limbus) - np.array(geometry.limbus.centre)).T)
    return np.asarray(np.clip(inner / limbus, 0.05, 0.9))


def _ring(
    frame: ObservedFrame, geometry: IrisGeometry, shares: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Grey at shares of the way from the limbus's centre to its edge, and where it is iris."""
    centre = np.array(geometry.limbus.centre)
    edge = _points(geometry.limbus) - centre
    x, y = ((centre[axis] + shares * edge[:, axis]).astype(np.float32) for axis in (0, 1))
    grey = cv2.remap(grey_sample(frame.pixels), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    # Lashes and ghosts do not stretch either: they must not count.
    mask = cv2.erode(geometry.mask.astype(np.uint8), np.ones((3, 3), np.uint8))
    seen = cv2.remap(mask, x, y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT) > 0
    fine = np.asarray(grey, np.float32)
    fine = fine - cv2.GaussianBlur(fine, (0, 0), 9.0)
    if seen.any():
        most = 3 * 1.4826 * float(np.median(np.abs(fine[seen])))
        fine = np.clip(fine, -most, most)
    return np.asarray(cv2.GaussianBlur(fine, (0, 0), 1.0), np.float32), seen


def _likeness(
    one: NDArray[np.float32], seen: NDArray[np.bool_], other: NDArray[np.float32], also: NDArray[np.bool_]
) -> float | None:
    """The greatest correlation over small turns of the eye."""
    best: float | None = None
    for turn in range(-_MOST_TURN, _MOST_TURN + 1, 2):
        turned, both = np.roll(other, turn, axis=1), seen & np.roll(also, turn, axis=1)
        found = [
            likeness
            for sector in np.split(np.arange(_COLUMNS), _SECTORS)
            if (likeness := _correlation(one[:, sector], turned[:, sector], both[:, sector])) is not None
        ]
        if len(found) >= _SECTORS // 4:
            # The middle one: what hides a few sectors unnoticed decides nothing.
            best = max(float(np.median(found)), -1.0 if best is None else best)
    return best


def _correlation(one: NDArray[np.float32], other: NDArray[np.float32], both: NDArray[np.bool_]) -> float | None:
    if np.count_nonzero(both) < 0.4 * both.size:
        return None
    a, b = one[both], other[both]
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).sum() / max(float(np.sqrt((a * a).sum() * (b * b).sum())), 1e-6))


_TOO_COARSE = LocalizedText(
    "Iris terlalu kecil, kabur, atau tertutup untuk melihat lensa bermotif.",
    "The iris is too small, blurred or covered to show a patterned lens.",
)
_DOTS = LocalizedText(
    "Titik-titik teratur di atas iris: mungkin lensa kontak bermotif. Lepaskan lensa.",
    "Regular dots over the iris: it may be a patterned contact lens. Take the lenses off.",
)
_KEEPS = LocalizedText(
    "Pola iris tidak ikut meregang dengan pupil: mungkin lensa kontak bermotif atau cetakan. Lepaskan lensa.",
    "The iris does not stretch with the pupil: it may be a patterned contact lens or a print. Take the lenses off.",
)
_NO_RING = LocalizedText("Tidak tampak lensa bermotif.", "No patterned lens is seen.")

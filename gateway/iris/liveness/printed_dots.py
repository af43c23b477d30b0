"""Dots of a print over the skin and the white about the iris: what a printer needs, and no eye has."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.guidance import LocalizedText
from gateway.iris.geometry import IrisGeometry
from gateway.iris.liveness.cue import LivenessCue, graded, judged, not_assessed
from gateway.iris.liveness.dot_spectrum import TILE, DotPeak, dot_peak, log_spectrum
from gateway.iris.liveness.observation import ObservedFrame, spread_out
from gateway.iris.sample import grey_sample

NAME = "printed_dots"
LEAST_RADIUS = 70.0
"""Pixels of an iris: 12 to the millimetre, so that a screen of 141 lines to the inch has 2.2 to a line."""
MOST_BLUR = 3.5
"""Percent of the iris radius: a wider blur hides the dots."""
_FINE_RADIUS, _WORKING_RADIUS = 150.0, 120.0
_FRAMES = 5
_FEWEST_TILES = 12
_ACROSS, _DOWN = 2.4, 1.7
"""Half sides of what is looked at, iris radii."""
_LIMIT = 1.3
"""Natural logarithm of power."""
_SURE = 5.0
"""Deviations of the excess by which a peak must stand out."""


def fine_enough(frame: ObservedFrame) -> bool:
    """Whether dots of a usual print span pixels enough."""
    found = frame.geometry
    return found is not None and found.limbus.radius >= LEAST_RADIUS


def sharp_enough(frames: Sequence[ObservedFrame], most_blur: float = MOST_BLUR) -> bool:
    """Whether the pupil's edge is sharp in most frames: that no dots are seen in a blurred one says nothing."""
    blurs = [frame.analysis.quality.relative_blur for frame in frames if frame.analysis.quality is not None]
    return bool(blurs) and float(np.median(blurs)) <= most_blur


def coarsening(radius: float) -> float:
    """Pixels to one of those looked at: of a finer camera dots would span too many."""
    return radius / _WORKING_RADIUS if radius > _FINE_RADIUS else 1.0


def dots_score(peaks: Sequence[DotPeak], limit: float) -> float:
    """Score of the middle one of the frames' peaks: 1 no peak, below 0.5 one over `limit`."""
    scores = []
    for peak in peaks:
        least = max(limit, _SURE * peak.uncertainty)
        scores.append(graded(peak.excess, 2.5 * least, least, 0.3 * least))
    return float(np.median(scores))


def dot_peaks(
    frames: Sequence[ObservedFrame], peak: Callable[[NDArray[np.uint8], IrisGeometry], DotPeak | None]
) -> list[DotPeak]:
    """What `peak` finds in a few of the frames, spread over all of them."""
    few = [frames[index] for index in spread_out(len(frames), _FRAMES)]
    found = [peak(grey_sample(frame.pixels), frame.geometry) for frame in few if frame.geometry is not None]
    return [each for each in found if each is not None]


def surrounding_peak(pixels: NDArray[np.uint8], geometry: IrisGeometry) -> DotPeak | None:
    """The strongest peak about the iris of (height, width) uint8 pixels; None where too little is in the frame."""
    (x, y), radius = geometry.limbus.centre, geometry.limbus.radius
    if (fold := coarsening(radius)) > 1:
        size = (round(pixels.shape[1] / fold), round(pixels.shape[0] / fold))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
        x, y, radius = x / fold, y / fold, radius / fold
    height, width = pixels.shape
    left, right = max(0, int(x - _ACROSS * radius)), min(width, int(x + _ACROSS * radius))
    top, bottom = max(0, int(y - _DOWN * radius)), min(height, int(y + _DOWN * radius))
    step, tiles = TILE // 2, []
    for row in range(top, bottom - TILE + 1, step):
        for column in range(left, right - TILE + 1, step):
            near_x = min(max(x, column), column + TILE)
            near_y = min(max(y, row), row + TILE)
            if np.hypot(near_x - x, near_y - y) < 1.02 * radius:
                continue
            tile = pixels[row : row + TILE, column : column + TILE]
            # A white or black tile shows nothing, whatever is there.
            if np.count_nonzero((tile > 8) & (tile < 247)) > 0.9 * tile.size:
                tiles.append(tile)
    if len(tiles) < _FEWEST_TILES:
        return None
    stack = np.stack(tiles).astype(np.float32)
    return dot_peak(log_spectrum(stack - stack.mean(axis=(1, 2), keepdims=True)), len(tiles), axes=False)


def printed_dots(sequence: Sequence[ObservedFrame]) -> LivenessCue:
    """Whether dots cover the whole picture."""
    fit = [frame for frame in sequence if fine_enough(frame)]
    peaks = dot_peaks(fit, surrounding_peak)
    if not peaks:
        return not_assessed(NAME, _TOO_COARSE)
    score = dots_score(peaks, _LIMIT)
    if score >= 0.5 and not sharp_enough(fit):
        return not_assessed(NAME, _TOO_COARSE)
    return judged(NAME, score, _DOTS, _NO_DOTS)


_TOO_COARSE = LocalizedText(
    "Gambar terlalu kasar, kabur, atau sempit untuk melihat titik cetakan.",
    "The image is too coarse, blurred or narrow to show a print's dots.",
)
_DOTS = LocalizedText(
    "Titik-titik teratur di kulit dan putih mata: mungkin cetakan di kertas.",
    "Regular dots on skin and white of the eye: it may be a print on paper.",
)
_NO_DOTS = LocalizedText("Tidak tampak titik cetakan teratur.", "No regular dots of a print are seen.")

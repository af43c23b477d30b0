"""Frames too alike to be seen by a camera: repeated, without noise, or of a scene in which nothing moves."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.guidance import LocalizedText
from gateway.iris.liveness.cue import CueStatus, LivenessCue, graded, judged, not_assessed
from gateway.iris.liveness.observation import ObservedFrame, spread_out
from gateway.iris.sample import grey_sample

NAME = "sameness"
_FEWEST = 3
_MOST_REPEATED = 0.2
"""Share of frames that a driver may deliver twice in a row when it is late."""
_LEAST_NOISE, _USUAL_NOISE = 0.25, 0.8
"""Grey levels between frames; rounding alone gives 0.3."""
_LEAST_SPAN_S = 0.8
_LEAST_MOVE, _USUAL_MOVE = 0.04, 0.25
"""Pixels that a head moves within a second, however still it is held."""
_BLUR_PX = 2.0
_PAIRS = 6
_GREY = (12, 243)


@dataclass(frozen=True)
class Likeness:
    """How alike the frames of a sequence are.

    Parameters
    ----------
    repeated : float
        Share that is equal, pixel by pixel, to the frame just before.
    looped : int
        Frames equal to one earlier than that.
    noise : float or None
        Median difference from frame to frame of the least moved parts, as a deviation of one frame's noise in grey
        levels; None where nothing is neither black nor white.
    move_px : float or None
        The greatest shift of the picture against its first frame; None where less than 0.8 s are seen.
    """

    repeated: float
    looped: int
    noise: float | None
    move_px: float | None


def likeness(sequence: Sequence[ObservedFrame]) -> Likeness:
    """Measure 2 or more frames of one shape."""
    digests = [blake2b(np.ascontiguousarray(frame.pixels).tobytes(), digest_size=16).digest() for frame in sequence]
    repeated = sum(one == other for one, other in pairwise(digests))
    runs = [digests[0]] + [after for before, after in pairwise(digests) if after != before]
    noises = []
    for index in spread_out(len(sequence) - 1, _PAIRS):
        pair = [grey_sample(sequence[at].pixels) for at in (index, index + 1)]
        noise = None if digests[index] == digests[index + 1] else _noise(*pair)
        if noise is not None:
            noises.append(noise)
    return Likeness(
        repeated / max(len(sequence) - 1, 1),
        len(runs) - len(set(runs)),
        float(np.median(noises)) if noises else None,
        _greatest_move(sequence),
    )


def sameness(sequence: Sequence[ObservedFrame]) -> LivenessCue:
    """Whether the frames may be a recording or a still picture."""
    shapes = {frame.pixels.shape for frame in sequence}
    if len(sequence) < _FEWEST or len(shapes) > 1:
        return not_assessed(NAME, _TOO_FEW)
    found = likeness(sequence)
    if found.looped or found.repeated > _MOST_REPEATED:
        return LivenessCue(NAME, 0.0, CueStatus.ATTACK_SUSPECTED, _REPEATED)
    scores = []
    if found.noise is not None:
        scores.append((graded(found.noise, 0.0, _LEAST_NOISE, _USUAL_NOISE), _NO_NOISE))
    if found.move_px is not None:
        scores.append((graded(found.move_px, 0.0, _LEAST_MOVE, _USUAL_MOVE), _NO_MOVE))
    if not scores:
        return not_assessed(NAME, _TOO_FEW)
    score, words = min(scores, key=lambda pair: pair[0])
    return judged(NAME, score, words, _DIFFERENT)


def _noise(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float | None:
    """Deviation of the noise of one frame, from the calmest tenth of blocks of the difference of two."""
    height, width = (side // 16 * 16 for side in one.shape)
    if min(height, width) < 64:
        return None
    a, b = (image[:height, :width].astype(np.float32) for image in (one, other))
    lit = (np.minimum(a, b) > _GREY[0]) & (np.maximum(a, b) < _GREY[1])
    blocks, shown = (part.reshape(height // 16, 16, width // 16, 16).swapaxes(1, 2) for part in (a - b, lit))
    whole = shown.all(axis=(2, 3))
    if np.count_nonzero(whole) < 20:
        return None
    return float(np.quantile(blocks[whole].std(axis=(1, 2)), 0.1)) / 2**0.5


def _greatest_move(sequence: Sequence[ObservedFrame]) -> float | None:
    """By least squares on the slopes of grey (Lucas and Kanade 1981): exact where the shift is small, which matters."""
    if sequence[-1].time_s - sequence[0].time_s < _LEAST_SPAN_S:
        return None
    first, *others = (
        np.asarray(cv2.GaussianBlur(grey_sample(sequence[at].pixels), (0, 0), _BLUR_PX), np.float32)
        for at in spread_out(len(sequence), _PAIRS)
    )
    down, across = np.gradient(first)
    slopes = np.stack([across.ravel(), down.ravel()])
    normal = slopes @ slopes.T
    if np.linalg.cond(normal) > 1e6:
        return None
    shifts = [np.linalg.solve(normal, slopes @ (first - image).ravel()) for image in others]
    return max(float(np.hypot(*shift)) for shift in shifts)


_TOO_FEW = LocalizedText(
    "Terlalu sedikit gambar untuk dibandingkan satu sama lain.", "Too few frames to be compared with each other."
)
_REPEATED = LocalizedText(
    "Gambar yang sama persis berulang: mungkin rekaman yang diputar ulang.",
    "The very same frame comes again: it may be a recording played again.",
)
_NO_NOISE = LocalizedText(
    "Gambar tidak berderau seperti dari kamera: mungkin rekaman atau gambar buatan.",
    "The frames lack a camera's noise: it may be a recording or a made picture.",
)
_NO_MOVE = LocalizedText(
    "Tidak ada yang bergerak sedikit pun: mungkin foto atau gambar diam.",
    "Nothing moves at all: it may be a photograph or a still picture.",
)
_DIFFERENT = LocalizedText("Gambar berbeda sewajarnya satu sama lain.", "The frames differ as a camera's do.")

"""Frames of a camera as a stack of light, after what can be wrong with them was looked for."""

from collections.abc import Sequence
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from calibration.errors import GainChanged, Overexposed, StrayLight, TooFewFrames, Underexposed

SATURATED = 254.5
_MOST_CLIPPED = 0.02
_LEAST_GREY = 20.0
_MOST_STRAY = 16.0  # grey of a capped lens: an offset of a few levels is usual
_STRAY_SHAPE = 2.0  # levels by which its blocks may differ: light from elsewhere has a shape
_MOST_CHANGE = 0.05  # half a decibel; lamps may flicker by as much


def stack_of(frames: Sequence[NDArray[np.uint8]], least: int = 1) -> NDArray[np.uint8]:
    """(n, height, width) uint8 of grey frames.

    Raises
    ------
    TooFewFrames
        Fewer than `least`, or frames of several sizes.
    ValueError
        They are no grey frames.
    """
    if len(frames) < least:
        raise TooFewFrames(f"{least} frames are averaged and {len(frames)} were given; take more")
    if len({frame.shape for frame in frames}) > 1:
        raise TooFewFrames("the frames differ in size; take them again with one setting of the camera")
    stack = np.stack(frames)
    if stack.ndim != 3 or stack.dtype != np.uint8:
        raise ValueError(f"frames are (height, width) uint8, not {stack.shape[1:]} {stack.dtype}")
    return stack


def digests(frames: Sequence[NDArray[np.uint8]]) -> tuple[str, ...]:
    """SHA-256 of the pixels of each frame, row by row."""
    return tuple(sha256(np.ascontiguousarray(frame).tobytes()).hexdigest() for frame in frames)


def black_level(frames: Sequence[NDArray[np.uint8]]) -> float:
    """Mean grey of frames behind the lens cap.

    Raises
    ------
    StrayLight
        There is light in them.
    TooFewFrames
        There is none.
    """
    dark = stack_of(frames).mean(axis=0)
    height, width = dark.shape
    rows, columns = max(1, height // 16), max(1, width // 16)
    blocks = dark[: height // rows * rows, : width // columns * columns]
    blocks = blocks.reshape(height // rows, rows, width // columns, columns).mean(axis=(1, 3))
    if float(dark.mean()) > _MOST_STRAY or float(np.ptp(blocks)) > _STRAY_SHAPE:
        raise StrayLight(
            f"the dark frames have grey {dark.mean():.1f} and differ by {np.ptp(blocks):.1f} from place to place;"
            " put the cap on, switch the lamps off and darken the room"
        )
    return float(dark.mean())


def check_light(stack: NDArray[np.uint8]) -> None:
    """Refuse frames that are clipped or nearly black.

    Raises
    ------
    Overexposed, Underexposed
        More than 2 % of all pixels are clipped; the brightest tenth is darker than grey 20.
    """
    clipped = float((stack >= SATURATED).mean())
    if clipped > _MOST_CLIPPED:
        raise Overexposed(f"{100 * clipped:.0f} % of the pixels are clipped; lower the exposure, gain or light")
    bright = float(np.percentile(stack[0], 90))
    if bright < _LEAST_GREY:
        raise Underexposed(f"the brightest part has grey {bright:.0f}; check the lamps, open the lens, expose longer")


def check_steady(stack: NDArray[np.uint8], most: float = _MOST_CHANGE) -> None:
    """Refuse frames between which gain, exposure or light changed.

    Raises
    ------
    GainChanged
        The first and the second half of the frames differ by more than a share `most` of their mean.
    """
    if len(stack) < 2:
        return
    means = stack.reshape(len(stack), -1).mean(axis=1)
    half = len(stack) // 2
    change = abs(float(means[half:].mean() / max(float(means[:half].mean()), 1e-6)) - 1)
    if change > most:
        raise GainChanged(
            f"the light changed by {100 * change:.1f} % between frames; fix exposure and gain, let the lamps warm up"
        )

"""What every look at an idle device takes from its frames alike."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

MIN_FRAMES = 4


def check_frames(frames: Sequence[NDArray[np.uint8]]) -> None:
    """Refuse frames of which nothing can be said.

    Raises
    ------
    ValueError
        Fewer than `MIN_FRAMES`, or of different sizes.
    """
    if len(frames) < MIN_FRAMES or len({frame.shape for frame in frames}) > 1:
        raise ValueError(f"{MIN_FRAMES} frames of one size are needed, not {[frame.shape for frame in frames]}")


def frame_noise(stack: NDArray[np.float32]) -> float:
    """Deviation from frame to frame, grey, of (n, height, width): the median pixel's."""
    return float(np.sqrt(np.median(stack.var(axis=0, ddof=1))))


def without_stray(mean: NDArray[np.float32]) -> tuple[NDArray[np.float32], int]:
    """A mean frame without its single pixels, and how many of those differ by 8 deviations and 12 levels."""
    smooth = np.asarray(cv2.medianBlur(mean, 5), np.float32)
    off = np.abs(mean - smooth)
    spread = 1.4826 * float(np.median(off)) + 1e-6
    return smooth, int(((off > 8 * spread) & (off > 12)).sum())

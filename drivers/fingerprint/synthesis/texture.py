"""Random textures of a given grain."""

import cv2
import numpy as np
from numpy.typing import NDArray


def smooth_noise(shape: tuple[int, int], grain_px: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Gaussian noise of zero mean and unit deviation whose features are about `grain_px` wide.

    Parameters
    ----------
    shape : (height, width)
    grain_px : float
        Standard deviation of the smoothing, pixels; coarse grains are drawn small and enlarged.
    rng : numpy.random.Generator

    Returns
    -------
    (height, width) float32
    """
    step = max(1, int(grain_px / 2))
    margin = int(2 * grain_px / step) + 2
    height, width = (-(-side // step) + 2 * margin for side in shape)
    coarse = rng.standard_normal((height, width), np.float32)
    coarse = blurred(coarse, max(grain_px / step, 0.3))
    # White noise smoothed by a Gaussian of deviation s keeps 1 / (2 s sqrt(pi)) of its own, if s is a pixel or more.
    coarse *= max(1.0, 2 * np.sqrt(np.pi) * grain_px / step)
    inner = coarse[margin:-margin, margin:-margin]
    if step == 1:
        return np.ascontiguousarray(inner[: shape[0], : shape[1]])
    enlarged = cv2.resize(inner, None, fx=step, fy=step, interpolation=cv2.INTER_CUBIC)
    return np.ascontiguousarray(enlarged[: shape[0], : shape[1]], np.float32)


def blurred(image: NDArray[np.float32], deviation_px: float) -> NDArray[np.float32]:
    """`image` smoothed by a Gaussian, mirrored at its edges."""
    smooth = cv2.GaussianBlur(image, (0, 0), deviation_px, borderType=cv2.BORDER_REFLECT)
    return np.asarray(smooth, np.float32)

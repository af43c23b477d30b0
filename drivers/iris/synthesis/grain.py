"""Random fields of a given grain, along each axis its own."""

import numpy as np
from numpy.typing import NDArray


def grained(shape: tuple[int, int], grain: tuple[float, float], rng: np.random.Generator) -> NDArray[np.float32]:
    """Gaussian noise of zero mean and unit deviation, periodic on both axes.

    Parameters
    ----------
    shape : (rows, columns)
    grain : (float, float)
        Standard deviation of the smoothing along rows and along columns, in samples; 0 leaves an axis white.
    rng : numpy.random.Generator

    Returns
    -------
    (rows, columns) float32
    """
    rows, columns = shape
    spectrum = np.fft.rfft2(rng.standard_normal(shape))
    down = np.exp(-2 * (np.pi * grain[0] * np.fft.fftfreq(rows)) ** 2)
    across = np.exp(-2 * (np.pi * grain[1] * np.fft.rfftfreq(columns)) ** 2)
    spectrum *= down[:, None] * across[None, :]
    spectrum[0, 0] = 0
    field = np.fft.irfft2(spectrum, shape)
    return np.asarray(field / max(float(field.std()), 1e-12), np.float32)


def ring(count: int, grain: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """The same along a closed line of `count` samples: (count,) float32."""
    return np.asarray(grained((1, count), (0, grain), rng)[0], np.float32)


def enlarged(shape: tuple[int, int], grain: tuple[float, float], rng: np.random.Generator) -> NDArray[np.float32]:
    """As `grained`, of coarse grain, drawn small and enlarged: (rows, columns) float32, not periodic."""
    import cv2

    down, across = (max(1, int(length / 2)) for length in grain)
    small = rng.standard_normal((shape[0] // down + 2, shape[1] // across + 2), np.float32)
    deviations = (max(grain[1] / across, 0.2), max(grain[0] / down, 0.2))
    smooth = cv2.GaussianBlur(small, (0, 0), deviations[0], sigmaY=deviations[1], borderType=cv2.BORDER_REFLECT)
    small = np.asarray(smooth, np.float32)
    whole = cv2.resize(small, None, fx=across, fy=down, interpolation=cv2.INTER_CUBIC)[: shape[0], : shape[1]]
    return np.asarray(whole * np.float32(1 / max(float(small.std()), 1e-12)), np.float32)


def smoothstep(low: float, high: float, values: NDArray[np.float32]) -> NDArray[np.float32]:
    """0 below `low`, 1 above `high`, smooth between."""
    share = np.clip((values - np.float32(low)) / np.float32(high - low), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)

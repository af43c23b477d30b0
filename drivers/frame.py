"""One image as a device delivered it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Frame:
    """One grey image with its scale and time.

    Parameters
    ----------
    pixels : (height, width) uint8
        Finger: ridges dark on a light ground, fingertip up, row 0 at the top, whatever the wire says.
    ppi : float
        Sampling rate in pixels per inch, equal on both axes.
    captured_at : float
        `time.monotonic()` seconds at which the last byte arrived.
    """

    pixels: NDArray[np.uint8]
    ppi: float
    captured_at: float

    def __post_init__(self) -> None:
        if self.pixels.ndim != 2 or self.pixels.dtype != np.uint8:
            raise ValueError(f"a frame is (height, width) uint8, not {self.pixels.shape} {self.pixels.dtype}")
        if not self.ppi > 0:
            raise ValueError(f"ppi must be positive, not {self.ppi}")

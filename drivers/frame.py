"""One image as a device delivered it."""

from dataclasses import dataclass
from enum import StrEnum
from math import inf, isfinite

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


class Eyes(StrEnum):
    """Which eyes a frame should show; the subject's own right and left."""

    UNKNOWN = "unknown"
    """One eye; the camera cannot tell which."""
    RIGHT = "right"
    LEFT = "left"
    BOTH = "both"
    """Side by side: the right eye on the left of the image, as one faces a person."""


@dataclass(frozen=True)
class Illumination:
    """The camera's own light while a frame was exposed."""

    wavelength_nm: float
    """Of its peak; 700 to 900 for near infrared."""
    level: float
    """Drive of the lamps as a share of their rated current, 0 to 1."""
    lamps: tuple[bool, ...] = ()
    """Which of the lamps were lit, in the device's own order; empty where it has them all or none."""


@dataclass(frozen=True, eq=False)
class IrisFrame:
    """One near-infrared image of one eye or two, with what the camera tells of how it was taken.

    Parameters
    ----------
    pixels : (height, width) uint8
        Upright and not mirrored: the subject's right eye has the nose on its right.
    captured_at : float
        `time.monotonic()` seconds at which the frame was there: the kernel's time stamp where the driver has one, else
        when the last byte arrived.
    eyes : Eyes
        Which eyes it should show, as the camera was built or set; nobody has looked for them.
    exposure_ms, gain_db : float or None
        None where the camera does not tell.
    illumination : Illumination or None
    focus_distance_mm : float or None
        Where the lens was focused: a fixed lens tells its working distance.
    dropped : int
        Frames that were lost between the one before and this: in the device, on the wire, or as nobody took them.
    """

    pixels: NDArray[np.uint8]
    captured_at: float
    eyes: Eyes = Eyes.UNKNOWN
    exposure_ms: float | None = None
    gain_db: float | None = None
    illumination: Illumination | None = None
    focus_distance_mm: float | None = None
    dropped: int = 0

    def __post_init__(self) -> None:
        if self.pixels.ndim != 2 or self.pixels.dtype != np.uint8 or not self.pixels.size:
            raise ValueError(f"an iris frame is (height, width) uint8, not {self.pixels.shape} {self.pixels.dtype}")
        for name in ("exposure_ms", "focus_distance_mm"):
            value = getattr(self, name)
            if value is not None and not 0 < value < inf:
                raise ValueError(f"{name} must be positive, not {value}")
        if self.gain_db is not None and not isfinite(self.gain_db):
            raise ValueError(f"gain_db must be finite, not {self.gain_db}")
        if self.dropped < 0:
            raise ValueError(f"dropped counts frames, so not {self.dropped}")


@dataclass(frozen=True, eq=False)
class PortraitFrame:
    """One colour image of a face and shoulders, with what the camera tells of how it was taken.

    Parameters
    ----------
    pixels : (height, width, 3) uint8
        Red, green, blue in sRGB; upright and not mirrored, as one faces a person.
    captured_at : float
        As of `IrisFrame`.
    exposure_ms, gain_db : float or None
        None where the camera does not tell.
    white_balance_k : float or None
        Colour temperature in kelvin of the light that comes out grey; None where the camera does not tell.
    dropped : int
        As of `IrisFrame`.
    """

    pixels: NDArray[np.uint8]
    captured_at: float
    exposure_ms: float | None = None
    gain_db: float | None = None
    white_balance_k: float | None = None
    dropped: int = 0

    def __post_init__(self) -> None:
        if self.pixels.ndim != 3 or self.pixels.shape[2] != 3 or self.pixels.dtype != np.uint8 or not self.pixels.size:
            told = f"{self.pixels.shape} {self.pixels.dtype}"
            raise ValueError(f"a portrait frame is (height, width, 3) uint8, not {told}")
        for name in ("exposure_ms", "white_balance_k"):
            value = getattr(self, name)
            if value is not None and not 0 < value < inf:
                raise ValueError(f"{name} must be positive, not {value}")
        if self.gain_db is not None and not isfinite(self.gain_db):
            raise ValueError(f"gain_db must be finite, not {self.gain_db}")
        if self.dropped < 0:
            raise ValueError(f"dropped counts frames, so not {self.dropped}")

"""Frames as a procedure takes them: what was delivered, and which corrections went into it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from calibration.errors import AlreadyCorrected, GainChanged, Overexposed, TooFewFrames, Underexposed

_MOST_CLIPPED = 0.005
_MOST_RESTLESS = 0.01  # share of pixels that may change between frames while two frames are equal by chance
_GAIN_STEP = 0.01  # lamps flicker by parts in a thousand
_WORD_BITS = 16


class Correction(StrEnum):
    """What may have been done to frames before they are measured."""

    DARK = "dark"
    FLAT_FIELD = "flat_field"
    BAD_PIXELS = "bad_pixels"
    GEOMETRY = "geometry"
    RESPONSE = "response"
    SHARPENING = "sharpening"
    DENOISING = "denoising"


@dataclass(frozen=True)
class AppliedCorrection:
    """A correction, and the frames that it was made of."""

    kind: Correction
    source_sha256: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class FrameStack:
    """Frames of one scene, taken one after the other.

    Parameters
    ----------
    pixels : (n, height, width) uint8, uint16 or float32
        As the device delivered them; float32 only once they were corrected.
    ppi : float
        As the device states it, on both axes.
    corrections : tuple of AppliedCorrection
        In the order in which they were applied, those of the device itself included.
    bits : int
        Of the device's grey: 8 for uint8; for uint16 as many as are in use.
    sha256 : tuple of str
        Of the frames as they came from the device; by default of `pixels`, which then are just that.

    Raises
    ------
    ValueError
        Another shape or type of array; a scale that is none; corrected frames without the digests of the raw ones.
    """

    pixels: NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.float32]
    ppi: float
    corrections: tuple[AppliedCorrection, ...] = ()
    bits: int = 8
    sha256: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.pixels.ndim != 3 or self.pixels.dtype not in (np.uint8, np.uint16, np.float32):
            told = f"{self.pixels.shape} {self.pixels.dtype}"
            raise ValueError(f"frames are (n, height, width) uint8, uint16 or float32, not {told}")
        if min(self.pixels.shape[1:]) < 64:
            raise ValueError(f"a frame has at least 64 pixels on each side, not {self.pixels.shape[1:]}")
        if self.pixels.dtype == np.float32 and not np.isfinite(self.pixels).all():
            raise ValueError("corrected frames must be finite")
        if not 50 <= self.ppi <= 5000:
            raise ValueError(f"a scale lies in 50 to 5000 ppi, not {self.ppi}")
        if not 8 <= self.bits <= _WORD_BITS or (self.pixels.dtype == np.uint8 and self.bits != 8):
            raise ValueError(f"bits are 8 for uint8 and 8 to 16 otherwise, not {self.bits}")
        if self.pixels.dtype == np.float32 and len(self.sha256) != len(self.pixels):
            raise ValueError("corrected frames need the digests of the frames as they were delivered")

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def full_scale(self) -> float:
        """Highest grey."""
        return float(2**self.bits - 1)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of a frame."""
        return int(self.pixels.shape[1]), int(self.pixels.shape[2])

    @cached_property
    def mean(self) -> NDArray[np.float32]:
        """(height, width) float32: the average of the frames."""
        return np.asarray(self.pixels.mean(axis=0, dtype=np.float32), np.float32)

    @cached_property
    def variance(self) -> NDArray[np.float32]:
        """(height, width) float32: each pixel's variance from frame to frame, n - 1 in the denominator.

        Each frame's own mean is taken off first, so that a lamp's flicker is not read as the sensor's noise.
        """
        total = np.zeros(self.shape, np.float32)
        level = float(self.mean.mean())
        for frame in self.pixels:
            own = float(frame.mean(dtype=np.float64)) - level
            total += np.square(frame - self.mean - np.float32(own))
        return np.asarray(total / max(len(self) - 1, 1), np.float32)

    @cached_property
    def digests(self) -> tuple[str, ...]:
        """SHA-256 of each frame as it was delivered, hexadecimal."""
        return self.sha256 or tuple(hashlib.sha256(frame.tobytes()).hexdigest() for frame in self.pixels)

    @property
    def applied(self) -> frozenset[Correction]:
        """Kinds of the corrections."""
        return frozenset(correction.kind for correction in self.corrections)


def stack_of(frames: Sequence[NDArray[np.uint8]], ppi: float) -> FrameStack:
    """Frames of one scene together.

    Raises
    ------
    TooFewFrames
        There are none, or they differ in size.
    """
    if not frames:
        raise TooFewFrames("there are no frames; take them again")
    if len({frame.shape for frame in frames}) > 1:
        raise TooFewFrames("the frames differ in size; take all of them with one setting of the device")
    return FrameStack(np.stack(frames), ppi)


def check_frames(stack: FrameStack, at_least: int, forbidden: Sequence[Correction] = ()) -> None:
    """Refuse frames that a procedure cannot measure honestly.

    Parameters
    ----------
    stack : FrameStack
    at_least : int
        Frames to average.
    forbidden : sequence of Correction
        Those that the procedure measures, or that falsify it.

    Raises
    ------
    AlreadyCorrected, TooFewFrames, GainChanged
    """
    for correction in stack.corrections:
        if correction.kind in forbidden:
            raise AlreadyCorrected(
                f"these frames were corrected by {correction.kind} already, which this measurement is about;"
                " take raw frames, in the device's test mode if it corrects by itself"
            )
    if len(stack) < at_least:
        raise TooFewFrames(f"{len(stack)} frames are too few; take at least {at_least} of the same scene")
    levels = stack.pixels.mean(axis=(1, 2), dtype=np.float64)
    usual = float(np.median(levels))
    farthest = int(np.argmax(np.abs(levels - usual)))
    if abs(levels[farthest] - usual) > max(_GAIN_STEP * usual, 0.001 * stack.full_scale):
        raise GainChanged(
            f"frame {farthest + 1} has a mean of {levels[farthest]:.1f} where the others have {usual:.1f}; switch off"
            " automatic gain and exposure, let the device warm up, leave the target alone, and take the frames again"
        )


def check_fresh(stack: FrameStack, *, lit: bool) -> None:
    """Refuse frames that the device delivered more than once: their noise would be counted too low.

    Without light a device whose noise is below a grey level gives equal frames honestly; so repeats are refused there
    only beside frames that differ from them by more than single pixels. Light always has shot noise, which makes no two
    frames equal.

    Parameters
    ----------
    stack : FrameStack
    lit : bool
        Whether light falls on the sensor.

    Raises
    ------
    TooFewFrames
    """
    fresh = len(set(stack.digests))
    if fresh == len(stack):
        return
    restless = float((stack.pixels.max(axis=0) != stack.pixels.min(axis=0)).mean())
    if lit or restless > _MOST_RESTLESS:
        raise TooFewFrames(
            f"of {len(stack)} frames {len(stack) - fresh} repeat another one to the last pixel: the device delivers old"
            " frames again; switch its frame buffer off or ask for frames at a lower rate, and take them anew"
        )


def check_exposure(stack: FrameStack, darkest: float = 0.02, lightest: float = 0.25) -> None:
    """Refuse frames whose light side is clipped or lost in the dark.

    Parameters
    ----------
    stack : FrameStack
    darkest : float
        Share of the pixels that may lie at grey 0.
    lightest : float
        Share of the full scale that the lightest percent of the pixels must reach.

    Raises
    ------
    Overexposed, Underexposed
    """
    clipped = float((stack.mean >= stack.full_scale - 0.5).mean())
    if clipped > _MOST_CLIPPED:
        raise Overexposed(
            f"{100 * clipped:.1f} % of the pixels are clipped at {stack.full_scale:.0f};"
            " lower exposure, gain or lamp current"
        )
    light = float(np.percentile(stack.mean, 99))
    black = float((stack.mean <= 0.25).mean())
    if light < lightest * stack.full_scale or black > max(darkest, 0.02):
        raise Underexposed(
            f"the lightest parts reach grey {light:.0f} of {stack.full_scale:.0f}, and {100 * black:.0f} % lie at 0;"
            " raise exposure or lamp current, and see that the lamp is on"
        )

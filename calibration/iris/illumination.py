"""The light of an iris camera on a grey card: how even, where it gathers, and whether it flickers.

Target: the grey card at the working distance, filling the frame; frames in sequence, with their times.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.camera.frames import digests, stack_of
from calibration.camera.grey import grey_card
from calibration.camera.light_surface import even_light
from calibration.errors import TooFewFrames
from calibration.measurement import Measured, Measurement

PROCEDURE, VERSION = "illumination", "1"
MIN_FRAMES = 30
BLOCKS = (6, 8)
"""Rows and columns of the places whose light is compared."""
_SPOT_BLUR_PX = 6.0
_HIGHEST_HZ = 260.0
"""Mains lamps flicker at 100 or 120 Hz, and twice that. Frames that come unevenly show such a rate truly."""
_SLOWEST_TURNS = 1.5
"""Slower than so many turns in the sequence is drift, not flicker."""


def measure(
    frames: Sequence[NDArray[np.uint8]],
    times_s: Sequence[float],
    *,
    black: float = 0.0,
    card_unevenness: float = 0.01,
    told_nm: float | None = None,
) -> Measurement:
    """`evenness`: the darkest place's light in percent of the brightest's; `hot_spot`; `flicker`; in percent.

    `hot_spot` is the most by which light in a place of some ten pixels exceeds the even light about it; `flicker` the
    swing of the frames' brightness, from lowest to highest. A lamp that flickers faster than half the frame rate may
    show at another, slower rate, `flicker_seen`; only what the exposure leaves of it is seen, and matters.

    Parameters
    ----------
    frames : sequence of (height, width) uint8
        At least 30, with exposure and gain fixed.
    times_s : sequence of float
        Of each frame, in seconds, rising.
    black : float
        Grey without light, as `black_level` gives it.
    card_unevenness : float
        Standard uncertainty of the card's own evenness, as a share.
    told_nm : float, optional
        Wavelength as the camera tells it; it goes on as `wavelength`, with the remark that it was not measured.

    Raises
    ------
    ValueError
        As many times as frames are needed, and they rise.
    MeasurementRefused
        As `grey_card`; `TooFewFrames` besides.
    """
    stack = stack_of(frames, MIN_FRAMES)
    times = np.asarray(times_s, np.float64)
    if times.shape != (len(stack),) or not np.isfinite(times).all() or not (np.diff(times) > 0).all():
        raise ValueError("each frame needs its time, and the times rise")
    light = grey_card(stack, black)
    blocks = block_means(light)
    evenness = 100 * float(blocks.min() / blocks.max())
    excess, spread = _hot_spot(light)
    swing, noise, rate = _flicker(stack.reshape(len(stack), -1).mean(axis=1) - black, times)
    span = float(np.ptp(times))
    values = [
        Measured("evenness", evenness, 2**0.5 * card_unevenness * evenness, "%"),
        Measured("hot_spot", excess, float(np.hypot(spread, 50 * card_unevenness)), "%"),
        Measured("flicker", swing, noise, "%"),
        Measured("flicker_seen", rate, 0.5 / span, "1/s"),
        Measured("frame_rate", (len(times) - 1) / span, 0.5 / span, "1/s"),
    ]
    remarks: tuple[str, ...] = ()
    if told_nm is not None:
        values.append(Measured("wavelength", told_nm, 0.0, "nm"))
        remarks = (
            "wavelength is as the camera tells it, not measured",
            "panjang gelombang menurut kamera, tidak diukur",
        )
    share = (light / light.max()).astype(np.float32)
    series = {
        "light": cv2.resize(share, (80, 60), interpolation=cv2.INTER_AREA),
        "light_blocks": blocks.astype(np.float32),
    }
    return Measurement(PROCEDURE, VERSION, tuple(values), series, digests(frames), remarks)


def block_means(light: NDArray[np.floating]) -> NDArray[np.float64]:
    """(6, 8) means of the frame's places."""
    rows, columns = BLOCKS
    cut = [np.array_split(band, columns, axis=1) for band in np.array_split(light, rows, axis=0)]
    return np.array([[block.mean(dtype=np.float64) for block in band] for band in cut])


def _hot_spot(light: NDArray[np.float64]) -> tuple[float, float]:
    """Percent by which the hottest place exceeds the even light there, and the uncertainty by noise."""
    smooth = np.asarray(cv2.GaussianBlur(light, (0, 0), _SPOT_BLUR_PX), np.float64)
    even = even_light(smooth, np.ones(light.shape, np.bool_))
    excess = 100 * (smooth / np.maximum(even, 1.0) - 1)
    usual = 1.4826 * float(np.median(np.abs(excess - np.median(excess))))
    return max(0.0, float(excess.max())), usual


def _flicker(brightness: NDArray[np.float64], times: NDArray[np.float64]) -> tuple[float, float, float]:
    """Swing in percent of the strongest sine, its standard uncertainty, and its frequency as the frames show it."""
    span = float(np.ptp(times))
    interval = float(np.median(np.diff(times)))
    if float(np.diff(times).max()) * 4 > span:
        raise TooFewFrames("the frames leave gaps of a quarter of the whole time; take them without a break")
    at = (times - times.mean()) / span
    slow = np.polynomial.polynomial.polyfit(at, brightness, 2)
    off = brightness / np.polynomial.polynomial.polyval(at, slow) - 1
    rates = np.arange(_SLOWEST_TURNS / span, max(_HIGHEST_HZ, 0.5 / interval), 0.25 / span)
    turns = 2 * np.pi * rates[:, None] * (times - times[0])[None, :]
    best, left, rate = 0.0, float(off @ off), float(rates[0])
    for sine, cosine, frequency in zip(np.sin(turns), np.cos(turns), rates, strict=True):
        design = np.stack([sine, cosine, np.ones_like(sine)], axis=1)
        fit, *_ = np.linalg.lstsq(design, off, rcond=None)
        rest = off - design @ fit
        # At multiples of half the frame rate a sine may vanish in all frames: what a huge factor brings out is none.
        # Even frames show a rate and its aliases alike: the slowest is told.
        if float(rest @ rest) < 0.999 * left and float(np.hypot(fit[0], fit[1])) < 1.5 * float(np.abs(off).max()):
            best, left, rate = float(np.hypot(fit[0], fit[1])), float(rest @ rest), float(frequency)
    deviation = (left / max(len(off) - 5, 1)) ** 0.5
    return 200 * best, 200 * deviation * (2 / len(off)) ** 0.5, rate

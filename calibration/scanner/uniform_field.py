"""Frames of one even target: is it there, whole and clean?"""

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.errors import TargetCovered, TargetDirty, TargetMissing, TargetUnsuitable, TargetWrong
from calibration.frames import Correction, FrameStack
from calibration.targets import Target

_STRANGE = 0.1
_SPECK = 0.025
_SPECK_GREY = 3.0 / 255  # of the full scale: what a speck on a dark target stands out by
_DIRTY_SHARE = 0.0015
_SMEAR_PATCHES = 3
_PATTERN_PIECES = 4
_PEDESTAL = 0.15  # of the light target's grey: what a sensor gives without light
_BENT = 0.05  # the same, by a response as bent as an exponent of 0.8


def check_uniform(stack: FrameStack, target: Target) -> None:
    """Refuse frames that do not show the even target alone.

    Parameters
    ----------
    stack : FrameStack
        Raw frames; bad pixels and the sensor's fixed pattern do not count as dirt.
    target : Target
        Of kind `uniform`.

    Raises
    ------
    TargetUnsuitable, TargetMissing, TargetWrong, TargetCovered, TargetDirty
    """
    reflectance = uniform_reflectance(target)
    smooth = _without_points(stack.mean)
    level = float(np.median(smooth))
    if reflectance < 0.3 and level > 0.5 * stack.full_scale:
        raise TargetMissing(f"the glass is light (grey {level:.0f}); lay the dark target {target.id} on it")
    surface = even_light(smooth)
    off = np.abs(smooth - surface) / np.maximum(surface, 0.08 * np.float32(stack.full_scale))
    pixel_mm = 25.4 / stack.ppi
    strange = (off > _STRANGE).astype(np.uint8)
    large = cv2.morphologyEx(strange, cv2.MORPH_OPEN, np.ones((max(3, round(1.2 / pixel_mm)),) * 2, np.uint8))
    patches = cv2.connectedComponents(large)[0] - 1
    if strange.mean() > 0.25 and _pieces(smooth, pixel_mm) >= _PATTERN_PIECES:
        raise TargetWrong(f"a pattern lies on the glass, not the even target {target.id}; lay that one, face down")
    if large.mean() > 0.01 and not (patches >= _SMEAR_PATCHES and large.mean() < 0.15):
        raise TargetCovered(
            f"{100 * large.mean():.0f} % of target {target.id} look otherwise than the rest; take hands and things"
            " away, let the target cover the whole glass, and press it flat"
        )
    share = speck_share(stack)
    if share > _DIRTY_SHARE:
        raise TargetDirty(f"{100 * share:.2f} % of the area are specked or smeared; wipe glass and target, and repeat")


def check_pair(
    light: FrameStack,
    light_target: Target,
    dark: FrameStack,
    dark_target: Target,
    darkness: FrameStack | None = None,
) -> None:
    """Refuse frames whose greys do not stand in the proportion of the targets' reflectances.

    Parameters
    ----------
    light, dark, darkness : FrameStack
        Without `darkness`, what the sensor gives without light is not known, and less is noticed; frames that it was
        taken off already need none.
    light_target, dark_target : Target

    Raises
    ------
    TargetWrong
        One of the targets is another.
    """
    high, low = uniform_reflectance(light_target), uniform_reflectance(dark_target)
    base = 0.0 if darkness is None else float(np.median(darkness.mean))
    known = darkness is not None or Correction.DARK in dark.applied
    seen = (float(np.median(dark.mean)) - base) / max(float(np.median(light.mean)) - base, 1e-3)
    if seen > low / high + (_BENT if known else _PEDESTAL):
        raise TargetWrong(
            f"the dark target has {100 * seen:.0f} % of the light one's grey, and {100 * low / high:.0f} % of its"
            f" reflectance; lay {light_target.id} and {dark_target.id}, each for its own frames"
        )


def check_reflectances(light_target: Target, dark_target: Target) -> None:
    """TargetUnsuitable unless one target is clearly lighter than the other."""
    if uniform_reflectance(light_target) < uniform_reflectance(dark_target) + 0.3:
        raise TargetUnsuitable(
            f"target {light_target.id} is not much lighter than {dark_target.id}; take a light and a dark one"
        )


def uniform_reflectance(target: Target) -> float:
    """Reflectance of an even target.

    Raises
    ------
    TargetUnsuitable
        The target is none.
    """
    if target.kind != "uniform" or len(target.fields) != 1:
        raise TargetUnsuitable(f"target {target.id} is a {target.kind} target, and an even one is needed")
    return target.fields[0].light


def _pieces(smooth: NDArray[np.float32], pixel_mm: float) -> int:
    """How many light and dark pieces a frame falls into at its middle grey: a hand makes two or three."""
    low, high = np.percentile(smooth, [3, 97])
    light = (smooth > (low + high) / 2).astype(np.uint8)
    least = (0.5 / pixel_mm) ** 2
    count = 0
    for part in (light, 1 - light):
        _, _, stats, _ = cv2.connectedComponentsWithStats(part, connectivity=4)
        count += int((stats[1:, cv2.CC_STAT_AREA] > least).sum())
    return count


def speck_share(stack: FrameStack) -> float:
    """Share of the area that stands out of its surroundings in patches larger than a pixel."""
    smooth = _without_points(stack.mean)
    background = _local_level(smooth, 25.4 / stack.ppi)
    relative = (smooth - background) / np.maximum(background, 0.08 * np.float32(stack.full_scale))
    spread = 1.4826 * float(np.median(np.abs(relative)))
    floor = np.maximum(_SPECK, np.float32(_SPECK_GREY * stack.full_scale) / np.maximum(background, 1))
    return float((np.abs(relative) > np.maximum(floor, 7 * spread)).mean())


def even_light(smooth: NDArray[np.float32]) -> NDArray[np.float32]:
    """The surface of second order that fits the most of a frame: fall-off of light, and no patch of anything."""
    height, width = smooth.shape
    small = cv2.resize(smooth, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float64).ravel()
    y, x = (axis.ravel() for axis in np.mgrid[-1:1:32j, -1:1:32j])
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)
    keep = np.ones(len(small), np.bool_)
    fit = np.zeros(6)
    for _ in range(6):
        fit, *_ = np.linalg.lstsq(terms[keep], small[keep], rcond=None)
        off = np.abs(small - terms @ fit)
        keep = off <= max(2.5 * 1.4826 * float(np.median(off)), 1e-3 * max(float(np.median(small)), 1.0))
    down, along = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)[None, :]
    surface = fit[0] + fit[1] * along + fit[2] * down + fit[3] * along**2 + fit[4] * along * down + fit[5] * down**2
    return np.asarray(surface, np.float32)


def _without_points(mean: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(cv2.medianBlur(mean, 5), (0, 0), 1.0), np.float32)


def _local_level(smooth: NDArray[np.float32], pixel_mm: float) -> NDArray[np.float32]:
    """Median of about 3 mm, made at a quarter of the resolution."""
    small = cv2.resize(smooth, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    side = min(2 * round(3.0 / pixel_mm / 8) + 1, 255)
    low, high = float(small.min()), float(small.max())
    scaled = np.asarray((small - low) * (255 / max(high - low, 1e-6)), np.uint8)
    median = np.asarray(cv2.medianBlur(scaled, max(3, side)), np.float32) * np.float32((high - low) / 255)
    # Eight bits leave steps; the level is smooth anyway.
    level = cv2.GaussianBlur(median + np.float32(low), (0, 0), 2.0)
    return np.asarray(cv2.resize(level, (smooth.shape[1], smooth.shape[0]), interpolation=cv2.INTER_LINEAR), np.float32)

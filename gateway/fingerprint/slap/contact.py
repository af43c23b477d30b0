"""Contact: where skin lies on a large glass, from ridge contrast and darkness, before anything is known of fingers."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.fingerprint.sample import resampled

CONTRAST_PPI = 250.0
"""A ridge is still 4.5 pixels wide."""
GRID_PPI = 101.6
"""4 pixels to the millimetre."""
_RIDGE_MM = 0.35
"""Deviation of the average over which contrast is taken: a ridge, but hardly more than a fold or a gap."""
_FINE_MM = 0.2
"""The same where gaps and folds are to be seen, and a whole row or column is averaged besides."""
_MIN_CONTRAST = 2.5
"""Grey levels; what a blank glass of any sensor stays below at 250 ppi."""


@dataclass(frozen=True, eq=False)
class SlapContact:
    """What touches, on a grid of 4 pixels to the millimetre.

    Parameters
    ----------
    contact : (h, w) float32
        0 to 1: how surely skin touches.
    strength : (h, w) float32
        Ridge contrast or darkness in grey levels, whichever is more telling.
    light_ridges : bool
        Whether ridges are light on a dark ground.
    blank : bool
        Nothing at all stands out of the ground.
    """

    contact: NDArray[np.float32]
    strength: NDArray[np.float32]
    light_ridges: bool
    blank: bool


def slap_contact(pixels: NDArray[np.uint8], ppi: float) -> SlapContact:
    """Find the skin in (height, width) uint8 `pixels`; the glass may be uneven or dark, the skin dry or wet."""
    grey = resampled(pixels, ppi, CONTRAST_PPI).astype(np.float32)
    side = 5
    high = grey - cv2.blur(grey, (side, side), borderType=cv2.BORDER_REFLECT_101)
    size = _grid_size(pixels.shape, ppi)
    power = cv2.resize(high * high, size, interpolation=cv2.INTER_AREA)
    mean = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.float32)
    deviation = _RIDGE_MM * GRID_PPI / 25.4
    contrast = np.sqrt(cv2.GaussianBlur(power, (0, 0), deviation))
    mean = np.asarray(cv2.GaussianBlur(mean, (0, 0), deviation), np.float32)
    floor, strong = _floor(contrast), _strong(contrast)
    if strong < max(_MIN_CONTRAST, 1.6 * floor):
        none = np.zeros_like(mean)
        return SlapContact(none, none, False, True)
    low, high_ = max(1.8 * min(floor, 0.25 * strong), 0.12 * strong), 0.36 * strong
    by_contrast = np.asarray(np.clip((contrast - low) / max(high_ - low, 0.5), 0, 1), np.float32)
    light = _light_ridges(mean, by_contrast)
    if light:
        mean = 255 - mean
    darkness = _ground(mean, by_contrast) - mean
    dark = float(np.quantile(darkness[::3, ::3], 0.97))
    by_darkness = np.clip((darkness - 0.3 * dark) / max(0.3 * dark, 8.0), 0, 1)
    contact = np.maximum(by_contrast, by_darkness)
    fine = np.sqrt(cv2.GaussianBlur(power, (0, 0), _FINE_MM * GRID_PPI / 25.4))
    strength = np.maximum(fine, 0.4 * np.maximum(darkness, 0))
    return SlapContact(contact.astype(np.float32), strength.astype(np.float32), light, False)


def _grid_size(shape: tuple[int, ...], ppi: float) -> tuple[int, int]:
    return max(8, round(shape[1] * GRID_PPI / ppi)), max(8, round(shape[0] * GRID_PPI / ppi))


def _floor(contrast: NDArray[np.float32]) -> float:
    """Contrast of the empty glass: its quietest tenth, noise but no ridges."""
    return float(np.quantile(contrast[::3, ::3], 0.1))


def _strong(contrast: NDArray[np.float32]) -> float:
    """Contrast of clear ridges. One fingertip of a child is 2 percent of a large glass."""
    return float(np.quantile(contrast[::2, ::2], 0.98))


def _light_ridges(mean: NDArray[np.float32], skin: NDArray[np.float32]) -> bool:
    inside, outside = skin > 0.6, skin < 0.05
    if not inside.any() or np.count_nonzero(outside) < 0.02 * outside.size:
        return False
    return float(mean[inside].mean()) > float(mean[outside].mean()) + 4


def _ground(mean: NDArray[np.float32], skin: NDArray[np.float32]) -> NDArray[np.float32]:
    """Grey of the empty glass at each place: an average of the ground around it, over a centimetre or more."""
    small = (max(4, mean.shape[1] // 8), max(4, mean.shape[0] // 8))
    weight = np.asarray(cv2.resize((skin < 0.05).astype(np.float32), small, interpolation=cv2.INTER_AREA))
    weight = weight**4  # whole blocks of ground count; those at a rim hardly
    light = cv2.resize(mean, small, interpolation=cv2.INTER_AREA)
    # Wet skin without ridges is no ground either: what is much darker than most of the ground does not count.
    if weight.sum() > 0:
        usual = float(np.average(light, weights=weight))
        spread = float(np.sqrt(np.average((light - usual) ** 2, weights=weight)))
        weight = weight * (light > usual - max(2 * spread, 10))
    total = float(weight.sum())
    if total <= 0:
        return np.full_like(mean, float(np.quantile(mean, 0.95)))
    overall = float((weight * light).sum()) / total
    wide = 5.0
    near = cv2.GaussianBlur(weight, (0, 0), wide) + np.float32(1e-3)
    ground = (cv2.GaussianBlur(weight * light, (0, 0), wide) + np.float32(1e-3 * overall)) / near
    return np.asarray(cv2.resize(ground, mean.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)

"""The grey fields of a target: which grey stands for which reflectance, in the very frames that are measured."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from calibration.errors import TargetUnsuitable, TargetWrong
from calibration.frames import FrameStack
from calibration.placement import Placement
from calibration.targets import Target
from drivers.fingerprint.synthesis.target_element import ElementKind

_MARGIN_MM = 0.35
_LEAST_PIXELS = 60


@dataclass(frozen=True, eq=False)
class GreyPatches:
    """Mean grey of patches of known reflectance, by rising reflectance.

    Parameters
    ----------
    reflectance, grey : (n,) float64
    uncertainty : (n,) float64
        Standard uncertainty of each mean, grey.
    reflectance_uncertainty : float
        Standard uncertainty of each reflectance of the target, as a share of it.
    """

    reflectance: NDArray[np.float64]
    grey: NDArray[np.float64]
    uncertainty: NDArray[np.float64]
    reflectance_uncertainty: float = 0.0

    def varied(self) -> "Iterator[GreyPatches]":
        """One after the other, with each grey and each reflectance off by its standard uncertainty."""
        for index in range(len(self.grey)):
            grey, reflectance = self.grey.copy(), self.reflectance.copy()
            grey[index] += self.uncertainty[index]
            reflectance[index] *= 1 + self.reflectance_uncertainty
            if np.all(np.diff(grey) > 0):
                yield replace(self, grey=grey)
            if np.all(np.diff(reflectance) > 0):
                yield replace(self, reflectance=reflectance)

    def to_reflectance(self, grey: NDArray[np.floating]) -> NDArray[np.float64]:
        """Reflectance of greys: a monotone cubic through the patches, its ends drawn on straight."""
        from scipy.interpolate import PchipInterpolator

        curve = PchipInterpolator(self.grey, self.reflectance)
        low, high = self.grey[0], self.grey[-1]
        inside = np.asarray(curve(np.clip(grey, low, high)), np.float64)
        slope_low = (self.reflectance[1] - self.reflectance[0]) / (self.grey[1] - self.grey[0])
        slope_high = (self.reflectance[-1] - self.reflectance[-2]) / (self.grey[-1] - self.grey[-2])
        inside += np.minimum(grey - low, 0) * slope_low + np.maximum(grey - high, 0) * slope_high
        return inside

    def along_lines(self, grey: NDArray[np.floating]) -> NDArray[np.float64]:
        """Reflectance by straight lines between the patches: how far they leave the curve tells how bent it is."""
        inside = np.clip(grey, self.grey[0], self.grey[-1])
        beyond = self.to_reflectance(grey) - self.to_reflectance(inside)
        return np.asarray(np.interp(inside, self.grey, self.reflectance) + beyond, np.float64)


def grey_patches(stack: FrameStack, target: Target, placement: Placement, at_least: int) -> GreyPatches:
    """Measure the uniform fields of a target.

    Parameters
    ----------
    stack : FrameStack
    target : Target
    placement : Placement
    at_least : int
        Patches of different reflectance.

    Raises
    ------
    TargetUnsuitable
        The target has fewer.
    TargetWrong
        Grey does not rise with reflectance.
    """
    fields = sorted(target.of_kind(ElementKind.UNIFORM), key=lambda element: element.light)
    if len({field.light for field in fields}) < at_least:
        raise TargetUnsuitable(f"target {target.id} has {len(fields)} greys; {at_least} are needed")
    means, spreads = [], []
    for field in fields:
        box, _, _, inside = placement.field_coordinates(field, stack.shape, _MARGIN_MM)
        if inside.sum() < _LEAST_PIXELS:
            raise TargetUnsuitable(f"a grey field of target {target.id} is too small at this resolution")
        pixels = stack.mean[box][inside]
        low, high = np.percentile(pixels, [2, 98])
        kept = pixels[(pixels >= low) & (pixels <= high)]
        means.append(float(kept.mean()))
        spreads.append(float(pixels.std() / np.sqrt(len(pixels))) + 0.02)
    grey = np.array(means)
    if np.any(np.diff(grey) <= 0):
        raise TargetWrong(
            f"grey does not rise with the reflectances of target {target.id}: {', '.join(f'{g:.0f}' for g in grey)};"
            " it is another target, or the light is very uneven: measure and apply the flat field first"
        )
    return GreyPatches(
        np.array([field.light for field in fields]), grey, np.array(spreads), target.reflectance_uncertainty
    )

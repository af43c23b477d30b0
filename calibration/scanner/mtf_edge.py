"""Modulation transfer by slanted edges (ISO 12233)."""

import numpy as np
from numpy.typing import NDArray

from calibration.errors import TargetUnsuitable
from calibration.frames import Correction, FrameStack, check_exposure, check_frames
from calibration.measurement import Measured, Measurement
from calibration.placement import find_target
from calibration.scanner.grey_patches import grey_patches
from calibration.slanted_edge import EdgeMtf, slanted_edge_mtf
from calibration.targets import Target
from drivers.fingerprint.synthesis.target_element import ElementKind, TargetElement

VERSION = "1"
FRAMES = 8
FORBIDDEN = (Correction.GEOMETRY, Correction.SHARPENING, Correction.DENOISING, Correction.RESPONSE)
LEAST_PATCHES = 4
_LEAST_HALF_PX, _HALF_ACROSS_PX = 16, 30
_GREY_OF_ONE = 240.0  # reflectance in the levels that the edge's own checks know


def measure_mtf_edge(frames: FrameStack, target: Target, ppi: tuple[float, float] | None = None) -> Measurement:
    """Measure the modulation transfer function by the edges of a target, across and down in one lay.

    Parameters
    ----------
    frames : FrameStack
        Never sharpened or denoised; best with flat field.
    target : Target
        With an edge near each axis that is to be measured, and four greys or more.
    ppi : (float, float), optional
        Measured, x and y; by default as the placement of the target tells.

    Returns
    -------
    Measurement
        `mtf_edge_1` ... in whole cycles per mm below half the sampling rate, the lower of both axes. Series
        `mtf_edge_frequency`, `mtf_edge_x`, `mtf_edge_y`.

    Raises
    ------
    MeasurementRefused
        By the name of what is wrong with frames or target.
    """
    check_frames(frames, FRAMES, FORBIDDEN)
    check_exposure(frames)
    edges = target.of_kind(ElementKind.EDGE)
    if not edges:
        raise TargetUnsuitable(f"target {target.id} has no edge; lay one of kind edge")
    placement = find_target(frames.mean, frames.full_scale, frames.ppi, target)
    patches = grey_patches(frames, target, placement, LEAST_PATCHES)
    own = tuple(25.4 * float(np.hypot(*placement.to_px[:, axis])) for axis in (0, 1))
    scale = ppi or (own[0], own[1])
    curves: dict[str, EdgeMtf] = {}
    remarks: list[str] = []
    for edge in edges:
        region = _inner_box(placement.field_coordinates(edge, frames.shape, 0.1), edge)
        seen = patches.to_reflectance(frames.mean[region]) * _GREY_OF_ONE
        found = slanted_edge_mtf(seen, saturated=np.inf)
        curves["x" if found.upright else "y"] = found
    if Correction.FLAT_FIELD not in frames.applied:
        remarks.append("the frames carry no flat field: uneven light blurs the scale of reflectance")
    values, series = _told(curves, {"x": scale[0] / 25.4, "y": scale[1] / 25.4})
    return Measurement("mtf_edge", VERSION, values, series, frames.digests, tuple(remarks))


def _inner_box(
    coordinates: tuple[tuple[slice, slice], NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]],
    edge: TargetElement,
) -> tuple[slice, slice]:
    """An upright rectangle about the field's middle that lies in the field whole, as long as may be along the edge."""
    (rows, columns), along, across, inside = coordinates
    middle = np.unravel_index(int((along**2 + across**2).argmin()), along.shape)
    centre = int(middle[0]), int(middle[1])
    half = [_LEAST_HALF_PX, _LEAST_HALF_PX]
    if not _lies_within(inside, centre, half):
        raise TargetUnsuitable(f"the edge's field of {edge.size_mm[0]:g} mm is too small at this resolution")
    runs_down = abs(np.sin(np.radians(edge.turn_deg))) < 0.7
    # To both sides no more than the edge's own window needs; then along it.
    for axis, most in ((1 if runs_down else 0, _HALF_ACROSS_PX), (0 if runs_down else 1, max(inside.shape))):
        while half[axis] < most:
            grown = half.copy()
            grown[axis] += 1
            if not _lies_within(inside, centre, grown):
                break
            half = grown
    top, left = rows.start + centre[0] - half[0], columns.start + centre[1] - half[1]
    return slice(top, top + 2 * half[0] + 1), slice(left, left + 2 * half[1] + 1)


def _lies_within(inside: NDArray[np.bool_], centre: tuple[int, int], half: list[int]) -> bool:
    low = [centre[axis] - half[axis] for axis in (0, 1)]
    high = [centre[axis] + half[axis] for axis in (0, 1)]
    if min(low) < 0 or high[0] >= inside.shape[0] or high[1] >= inside.shape[1]:
        return False
    return bool(inside[np.ix_([low[0], high[0]], [low[1], high[1]])].all())


def _told(
    curves: dict[str, EdgeMtf], pixels_per_mm: dict[str, float]
) -> tuple[tuple[Measured, ...], dict[str, NDArray[np.generic]]]:
    highest = min(int(0.5 * pixels_per_mm[axis]) for axis in curves)
    frequencies = range(1, min(highest, 20) + 1)
    values = []
    series: dict[str, NDArray[np.generic]] = {"mtf_edge_frequency": np.array(list(frequencies), np.float32)}
    at = {axis: [curve.at(f / pixels_per_mm[axis]) for f in frequencies] for axis, curve in curves.items()}
    for index, frequency in enumerate(frequencies):
        value, uncertainty = min(found[index] for found in at.values())
        values.append(Measured(f"mtf_edge_{frequency}", value, uncertainty, "1"))
    for axis, found in at.items():
        series[f"mtf_edge_{axis}"] = np.array([value for value, _ in found], np.float32)
    return tuple(values), series

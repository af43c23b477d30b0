"""The limbus once more, by what the lids leave of it, to less than a pixel."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gateway.iris.closed_path import (
    BASIS,
    COS,
    RAYS,
    SIN,
    PolarCurve,
    closed_path,
    fitted_terms,
    inside_frame,
    outward_step,
    peak_offset,
    polar_samples,
)
from gateway.iris.lids import Lid
from gateway.iris.limbus import BESIDE_LIDS, LimbusEdge, blurred_along
from gateway.iris.pupil import PupilEdge

_SHARE = np.linspace(0.9, 1.1, 61)
"""Radii of the limbus that is given, a third of a pixel apart at 100 pixels."""
_REACH = 12
"""Samples to either side of a step: 4 % of the radius, a limbus's own softness."""
_UNDER_UPPER, _OVER_LOWER = 0.12, 0.08
"""Iris radii from a lid's line within which its edge and its lashes are taken for a limbus."""
_CAP = 9.0
"""Times the median ray's step that one counts along the path."""
_FULL_WEIGHT = 15.0
_CAUCHY = 0.01
_RIDGE = np.array([0, 0.005, 0.05, 0.02, 0.02])
"""A quarter of what a limbus is held by whose lids are not known yet: with 0.2 drawn eyes' strays by 1.6 pixels of 100
rather than 1.3, with 0.02 sittings of one eye of CASIA1 differ in its height (d' 7.9 rather than 8.3)."""
_FEW_RAYS = 10
_MOST_CHANGE = 0.1


def open_limbus(
    filled: NDArray[np.uint8], edge: LimbusEdge, pupil: PupilEdge, lids: tuple[Lid | None, Lid | None]
) -> LimbusEdge:
    """The outline by those rays that neither a lid nor the frame's end cuts off; as given where few are left.

    Parameters
    ----------
    filled : (h, w) uint8
        Toned, with filled glints.
    edge : LimbusEdge
    pupil : PupilEdge
    lids : (Lid or None, Lid or None)
        Upper and lower, in the radii of `edge`.
    """
    (x, y), radius = edge.curve.centre, edge.curve.radius
    at_x, at_y = np.array([x]), np.array([y])
    uncovered = _uncovered(lids)
    uncovered &= inside_frame(at_x, at_y, np.full((1, RAYS), 1.06 * radius), COS, SIN, filled.shape)[0]
    if np.count_nonzero(uncovered) < 2 * _FEW_RAYS:
        return edge
    polar = blurred_along(polar_samples(filled, at_x, at_y, radius * _SHARE[None]))
    gain = outward_step(polar, _REACH)
    most = np.float32(_CAP * np.median(gain[0, uncovered].max(axis=1)))
    path = closed_path(np.where(uncovered[:, None], np.minimum(gain, most), np.float32(0)))
    step = gain[0, np.arange(RAYS), path[0]].astype(np.float64)
    traced = (path[0] + peak_offset(gain, path)[0] - 0.5) * (_SHARE[1] - _SHARE[0]) + _SHARE[0]
    sure = np.where(uncovered, np.clip(step / _FULL_WEIGHT, 0.01, 1), 0.0)
    if min(np.count_nonzero((sure > 0.1) & of_side) for of_side in (COS < 0, COS > 0)) < _FEW_RAYS:
        return edge
    px, py = pupil.curve.centre
    target = np.array([[radius, px - x, py - y, 0, 0]])
    scale = np.array([_CAUCHY * radius])
    weight = BESIDE_LIDS * sure
    (terms,), (residual,) = fitted_terms((traced * radius)[None], weight[None], scale, _RIDGE[None], target)
    if abs(float(terms[0]) / radius - 1) > _MOST_CHANGE or (BASIS @ terms).min() <= 0:
        return edge
    return replace(edge, curve=PolarCurve(x, y, terms, float(residual / terms[0])))


def _uncovered(lids: tuple[Lid | None, Lid | None]) -> NDArray[np.bool_]:
    """(128,) rays that meet the limbus between the lids."""
    upper, lower = lids
    uncovered = np.ones(RAYS, bool)
    if upper is not None:
        uncovered &= upper.height(COS) + _UNDER_UPPER < SIN
    if lower is not None:
        uncovered &= lower.height(COS) - _OVER_LOWER > SIN
    return uncovered

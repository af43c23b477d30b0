"""Where the iris is: its two contours, what covers it, how surely each was found, and why there is none."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from math import hypot, pi
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.guidance import Guidance
from gateway.iris.code import IrisCode
from gateway.iris.sample import check_sample, grey_sample

if TYPE_CHECKING:
    from gateway.iris.gaze import GazeEstimate
    from gateway.iris.quality import IrisQuality
    from gateway.iris.side import EstimatedSide


_SHIFT = 4


class IrisOutcome(StrEnum):
    """What came of looking for an iris."""

    FOUND = "found"
    NO_EYE = "no_eye"
    """Nothing looks like a pupil in an iris: no eye, one far out of focus, or something else."""
    EYE_CLOSED = "eye_closed"
    """A pupil in an iris, of which lids and lashes leave too little."""
    IRIS_INCOMPLETE = "iris_incomplete"
    """The frame cuts the iris off."""
    TOO_SMALL = "too_small"
    """The frame has fewer pixels than an iris of 40 pixels radius needs."""


@dataclass(frozen=True, eq=False)
class Contour:
    """A closed outline in the pixels that were given.

    Parameters
    ----------
    points : (n, 2) float32
        x, y; the middle of the first pixel is (0, 0). At equal steps of angle about the centre, from +x towards +y
        (down, so clockwise in the image); the last is joined to the first.
    """

    points: NDArray[np.float32]

    @cached_property
    def centre(self) -> tuple[float, float]:
        """x, y of the area's centroid."""
        x, y, cross, area = self._shoelace()
        if abs(area) < 1e-6:
            return float(x.mean()), float(y.mean())
        return (
            float(((x + np.roll(x, -1)) * cross).sum() / (6 * area)),
            float(((y + np.roll(y, -1)) * cross).sum() / (6 * area)),
        )

    @cached_property
    def radius(self) -> float:
        """Mean distance of the points from the centre, pixels."""
        return float(self.radii.mean())

    @property
    def radii(self) -> NDArray[np.float64]:
        """(n,) distances of the points from the centre, pixels."""
        x, y = self.centre
        return np.asarray(np.hypot(self.points[:, 0] - np.float64(x), self.points[:, 1] - np.float64(y)))

    @property
    def area(self) -> float:
        """Square pixels."""
        return abs(float(self._shoelace()[3]))

    @property
    def axes(self) -> tuple[float, float, float]:
        """Semi-major and semi-minor axis of the ellipse with the same second moments of radius, and its angle.

        Pixels, and radians from +x towards +y.
        """
        angle = np.arange(len(self.points)) * (2 * pi / len(self.points))
        second = complex((self.radii * np.exp(2j * angle)).mean()) * 2
        swing = abs(second)
        return self.radius + swing, self.radius - swing, float(np.angle(second)) / 2

    def _shoelace(
        self,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], np.float64]:
        x, y = self.points[:, 0].astype(np.float64), self.points[:, 1].astype(np.float64)
        cross = x * np.roll(y, -1) - np.roll(x, -1) * y
        return x, y, cross, cross.sum() / 2


@dataclass(frozen=True, eq=False)
class IrisGeometry:
    """An iris in the pixels that were given.

    Parameters
    ----------
    pupil, limbus : Contour
    mask : (height, width) bool
        Iris pixels that lids, lashes, glints and shadows leave visible, inside the frame.
    upper_lid, lower_lid : (n, 2) float32 or None
        Polyline x, y from left to right where the lid crosses the iris; None where it does not.
    glints : (height, width) bool
        Mirrored lamps on pupil and iris.
    pupil_scatter, limbus_scatter : float
        How far the edges that were seen stray from the contour, as a share of its radius.
    limbus_step : (float, float)
        Median step of grey at the limbus on its left and right, in units of the noise of such steps.
    """

    pupil: Contour
    limbus: Contour
    mask: NDArray[np.bool_]
    upper_lid: NDArray[np.float32] | None
    lower_lid: NDArray[np.float32] | None
    glints: NDArray[np.bool_]
    pupil_scatter: float
    limbus_scatter: float
    limbus_step: tuple[float, float]

    @property
    def usable(self) -> float:
        """Share of the ring that is visible, 0 to 1; what the frame cuts off is not."""
        ring = self.limbus.area - self.pupil.area
        return min(1.0, float(np.count_nonzero(self.mask)) / ring) if ring > 0 else 0.0

    @property
    def pupil_ratio(self) -> float:
        """Pupil to iris radius."""
        return self.pupil.radius / self.limbus.radius

    @property
    def offset(self) -> float:
        """Distance of the two centres, in iris radii."""
        (px, py), (lx, ly) = self.pupil.centre, self.limbus.centre
        return hypot(px - lx, py - ly) / self.limbus.radius


def grey_of(pixels: NDArray[np.uint8] | NDArray[np.uint16], geometry: IrisGeometry) -> NDArray[np.uint8]:
    """8-bit grey of the image that a geometry is of.

    Raises
    ------
    ValueError
        `pixels` is not (height, width) uint8 or uint16, or has another shape than the geometry's masks.
    """
    check_sample(pixels)
    if pixels.shape != geometry.mask.shape:
        raise ValueError(f"the geometry is of an image of {geometry.mask.shape}, not {pixels.shape}")
    return grey_sample(pixels)


def filled_outline(shape: tuple[int, ...], points: NDArray[np.floating]) -> NDArray[np.bool_]:
    """(h, w) what lies within (n, 2) x, y, to a sixteenth of a pixel."""
    canvas = np.zeros(shape, np.uint8)
    cv2.fillPoly(canvas, [np.rint(points * (1 << _SHIFT)).astype(np.int32)], 1, cv2.LINE_8, _SHIFT)
    return canvas > 0


@dataclass(frozen=True, eq=False)
class IrisAnalysis:
    """All that one image tells.

    Parameters
    ----------
    outcome : IrisOutcome
    geometry : IrisGeometry or None
        None where no iris was found; there for `FOUND`, and for `EYE_CLOSED` and `IRIS_INCOMPLETE` where its outlines
        were seen.
    template : IrisCode or None
        There for `FOUND` alone.
    strip : (64, 512) uint8
        The ring unrolled (rubber sheet), row 0 at the pupil, column 0 at +x; zeros without geometry.
    strip_mask : (64, 512) bool
        Where the strip shows iris.
    scale : float
        Pixels given per pixel worked on: segmentation works at an iris radius of about 100.
    quality : IrisQuality or None
    guidance : tuple of Guidance
        Most important first; empty when all is well.
    gaze : GazeEstimate or None
        Where the eye looks, for a camera whose lamps are where `GuidanceLimits.lamps` says.
    side : EstimatedSide or None
        Right or left, where corners show.
    """

    outcome: IrisOutcome
    geometry: IrisGeometry | None
    template: IrisCode | None
    strip: NDArray[np.uint8]
    strip_mask: NDArray[np.bool_]
    scale: float
    quality: "IrisQuality | None" = None
    guidance: tuple[Guidance, ...] = ()
    gaze: "GazeEstimate | None" = None
    side: "EstimatedSide | None" = None

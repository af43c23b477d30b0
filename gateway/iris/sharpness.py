"""How sharp an eye is: the standard's focus measure, the blur of the pupil's edge in every direction, interlacing."""

from dataclasses import dataclass
from math import pi, sqrt

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.iris.geometry import Contour

_KERNEL = np.array(
    [
        [0, 1, 1, 2, 2, 2, 1, 1, 0],
        [1, 2, 4, 5, 5, 5, 4, 2, 1],
        [1, 4, 5, 3, 0, 3, 5, 4, 1],
        [2, 5, 3, -12, -24, -12, 3, 5, 2],
        [2, 5, 0, -24, -40, -24, 0, 5, 2],
        [2, 5, 3, -12, -24, -12, 3, 5, 2],
        [1, 4, 5, 3, 0, 3, 5, 4, 1],
        [1, 2, 4, 5, 5, 5, 4, 2, 1],
        [0, 1, 1, 2, 2, 2, 1, 1, 0],
    ],
    np.float32,
)
"""Laplacian of a Gaussian of 1.4 pixels in whole numbers of sum 0, as the standard prints it."""
_HALF_POWER = 180_000.0
_EVERY = 4
_RAYS = 128
_REACH = 0.45
"""Pupil radii to either side of its edge."""
_LEAST_STEP = 6.0
_FEW_RAYS = 24


@dataclass(frozen=True)
class EdgeBlur:
    """Blur of the pupil's edge, as the deviation of a Gaussian in pixels."""

    width: float
    """Median over the directions; infinity where no edge is seen."""
    across: float
    """In the direction where the edge is most blurred."""
    along: float
    """At right angles to that."""
    angle: float
    """Direction of the greatest blur, radians from +x towards +y, 0 to pi."""

    @property
    def anisotropy(self) -> float:
        """Greatest to least blur, 1 or more: that of a lens is about 1, a movement's is not."""
        return self.across / self.along if 0 < self.along < np.inf else 1.0


NO_EDGE = EdgeBlur(np.inf, np.inf, np.inf, 0.0)


def iso_sharpness(grey: NDArray[np.uint8]) -> float:
    """Focus of (height, width) uint8 `grey`, 0 to 100; none is recommended.

    The power of a Laplacian-of-Gaussian at every fourth pixel of every fourth row, per pixel of the image.

    References
    ----------
    ISO/IEC 29794-6:2015, sharpness; J. Daugman, IEEE TCSVT 14(1), 2004.
    """
    if min(grey.shape) < len(_KERNEL):
        return 0.0
    reach = len(_KERNEL) // 2
    rows = np.lib.stride_tricks.sliding_window_view(grey, len(_KERNEL), axis=0)[::_EVERY]
    bands = rows.transpose(0, 2, 1).astype(np.float32)
    count = (grey.shape[1] - 2 * reach - 1) // _EVERY + 1
    total = np.zeros((len(bands), count), np.float32)
    for column in range(len(_KERNEL)):
        part = bands[:, :, column : column + _EVERY * (count - 1) + 1 : _EVERY]
        total += np.einsum("r,brc->bc", _KERNEL[:, column], part)
    power = float((total.astype(np.float64) ** 2).sum()) / grey.size
    return 100 * power**2 / (power**2 + _HALF_POWER**2)


def edge_blur(grey: NDArray[np.uint8], pupil: Contour, glints: NDArray[np.bool_] | None = None) -> EdgeBlur:
    """Blur of the pupil's edge: its step over its steepest slope, ray by ray, and how that turns with the direction.

    Parameters
    ----------
    grey : (height, width) uint8
    pupil : Contour
    glints : (height, width) bool, optional
        Rays that meet one do not count.
    """
    (x, y), radius = pupil.centre, pupil.radius
    if radius < 3:
        return NO_EDGE
    points = pupil.points[:: max(1, len(pupil.points) // _RAYS)].astype(np.float64)
    away = points - (x, y)
    length = np.hypot(away[:, 0], away[:, 1])
    away /= np.maximum(length, 1e-6)[:, None]
    step = max(0.5, radius / 60)
    reach = np.arange(-_REACH * radius, _REACH * radius + step / 2, step)
    map_x = (points[:, :1] + away[:, :1] * reach).astype(np.float32)
    map_y = (points[:, 1:] + away[:, 1:] * reach).astype(np.float32)
    profile = np.asarray(cv2.remap(grey, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)
    wide = np.pad(profile, ((2, 2), (0, 0)), "wrap")
    profile = cv2.blur(wide, (1, 5))[2:-2].astype(np.float32)
    quarter = len(reach) // 4
    inner = np.median(profile[:, :quarter], axis=1)
    # What the iris is just beyond the edge; a lid or a lash there is not.
    outer = np.median(profile[:, -quarter:], axis=1)
    rise = outer - inner
    slope = (profile[:, 2:] - profile[:, :-2]) / np.float32(2 * step)
    steepest = slope[:, quarter:-quarter].max(axis=1)
    seen = (rise > _LEAST_STEP) & (steepest > 0) & (rise > 0.5 * np.median(rise)) & (rise < 2 * np.median(rise))
    if glints is not None:
        column = np.clip(np.rint(map_x).astype(np.intp), 0, grey.shape[1] - 1)
        row = np.clip(np.rint(map_y).astype(np.intp), 0, grey.shape[0] - 1)
        seen &= ~glints[row, column].any(axis=1)
    if np.count_nonzero(seen) < _FEW_RAYS:
        return NO_EDGE
    width = rise[seen] / (sqrt(2 * pi) * steepest[seen])
    # Two samples' difference and the mean over five rays blur by themselves.
    variance = np.maximum(width.astype(np.float64) ** 2 - step**2 / 3, 0.04)
    return _by_direction(variance, np.arctan2(away[seen, 1], away[seen, 0]))


def _by_direction(variance: NDArray[np.float64], angle: NDArray[np.float64]) -> EdgeBlur:
    """Fit variance = a + b cos 2t + c sin 2t, what a movement adds to a round blur; rays far off count less."""
    terms = np.stack([np.ones_like(angle), np.cos(2 * angle), np.sin(2 * angle)], axis=1)
    weight, middle = np.ones_like(angle), float(np.median(variance))
    fit = np.array([middle, 0.0, 0.0])
    for _ in range(4):
        scaled = terms * weight[:, None]
        fit = np.linalg.solve(scaled.T @ terms + 1e-9 * np.eye(3), scaled.T @ variance)
        residual = np.abs(variance - terms @ fit)
        weight = 1 / (1 + (residual / max(0.5 * middle, 0.05)) ** 2)
    swing = float(np.hypot(fit[1], fit[2]))
    most, least = max(0.04, float(fit[0]) + swing), max(0.04, float(fit[0]) - swing)
    turn = float(np.arctan2(fit[2], fit[1])) / 2 % pi
    return EdgeBlur(sqrt(middle), sqrt(most), sqrt(least), turn)


def interlace(grey: NDArray[np.uint8], mask: NDArray[np.bool_]) -> float:
    """How far odd rows stand apart from even ones within the visible iris, 0 (not at all) to 100.

    A moving eye in two fields alternates from row to row: differences of neighbouring rows then exceed those of rows
    two apart. 0 where the iris is not seen.
    """
    rows = np.flatnonzero(mask.any(axis=1))
    if len(rows) < 8:
        return 0.0
    box = slice(rows[0], rows[-1] + 1)
    part, seen = grey[box].astype(np.float32), mask[box]
    both = seen[:-2] & seen[1:-1] & seen[2:]
    if not both.any():
        return 0.0
    near = float(np.abs(part[1:-1] - (part[:-2] + part[2:]) / 2)[both].mean())
    far = float(np.abs(part[2:] - part[:-2])[both].mean()) / 2
    return 100 * float(np.clip((near - 2 * far) / max(near, 1e-6), 0, 1)) if near > 1 else 0.0

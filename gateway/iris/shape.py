"""Shape and place of pupil and iris: circularity, concentricity, margins, gaze."""

from math import hypot, sqrt

import numpy as np
from numpy.typing import NDArray

from gateway.iris.geometry import Contour, IrisGeometry

_TERMS = 16
_SIDE_MARGIN, _UPRIGHT_MARGIN = 0.6, 0.2


def boundary_circularity(contour: Contour) -> float:
    """Circularity of an outline, 0 to 100.

    The energy of the Fourier terms 1 to 16 of its 256 radii, in mean radii, is taken off 100; so 99 is far from round.

    References
    ----------
    ISO/IEC 29794-6:2015, pupil boundary circularity.
    """
    mean = contour.radius
    if mean <= 0:
        return 0.0
    terms = np.fft.rfft(contour.radii / mean)[1 : _TERMS + 1]
    return max(0.0, 100 - float((np.abs(terms) ** 2).sum()) / len(contour.points))


def concentricity(geometry: IrisGeometry) -> float:
    """100 where pupil and iris have one centre, 0 where these are an iris radius apart; 90 or more is recommended.

    References
    ----------
    ISO/IEC 29794-6:2015, iris-pupil concentricity.
    """
    return 100 * max(0.0, 1 - geometry.offset)


def margin_adequacy(geometry: IrisGeometry) -> float:
    """100 where 0.6 radii are left beside the iris and 0.2 above and below, 0 to 100; over 80 is recommended.

    References
    ----------
    ISO/IEC 29794-6:2015, margin adequacy.
    """
    (x, y), radius = geometry.limbus.centre, geometry.limbus.radius
    height, width = geometry.mask.shape
    if radius <= 0:
        return 0.0
    sides = min(x - radius, width - 1 - x - radius) / (_SIDE_MARGIN * radius)
    upright = min(y - radius, height - 1 - y - radius) / (_UPRIGHT_MARGIN * radius)
    return 100 * float(np.clip(min(sides, upright), 0, 1))


def displacement(geometry: IrisGeometry) -> float:
    """Of the iris from the middle of the frame, as a share of the width or the height, whichever is more; 0 to 0.5."""
    (x, y), (height, width) = geometry.limbus.centre, geometry.mask.shape
    return float(max(abs(x - (width - 1) / 2) / width, abs(y - (height - 1) / 2) / height))


def axis_ratio(contour: Contour) -> float:
    """Lesser to greater axis of an outline, 0 to 1: the cosine of the gaze's angle, for an iris that is round."""
    major, minor, _ = contour.axes
    return max(0.0, minor / major) if major > 0 else 0.0


def glint_offset(glints: NDArray[np.float32], geometry: IrisGeometry) -> float:
    """Distance of the lamps' mirrored images from the pupil's centre, in iris radii; 0 where none is seen.

    The cornea mirrors the lamps in front of its centre of curvature, which lies about 0.7 iris radii behind the iris:
    an eye that turns by an angle moves its pupil from the glints by 0.7 sin(angle) of the iris radius.

    Parameters
    ----------
    glints : (n, 2) float32
        Middles of the glints, x, y.
    geometry : IrisGeometry

    References
    ----------
    E. D. Guestrin, M. Eizenman, IEEE TBME 53(6), 2006: pupil centre and corneal reflection.
    """
    if not len(glints):
        return 0.0
    x, y = geometry.pupil.centre
    middle = glints.mean(axis=0)
    return hypot(float(middle[0]) - x, float(middle[1]) - y) / max(geometry.limbus.radius, 1e-6)


def rms_deviation(contour: Contour) -> float:
    """Root mean square of the radii's distance from their mean, as a share of it."""
    radii = contour.radii
    return sqrt(float(radii.var())) / max(float(radii.mean()), 1e-6)

"""Gaze: how far, and where to, an eye looks off the line to the lens, from one image."""

from dataclasses import dataclass
from math import asin, atan2, degrees, pi

import numpy as np
from numpy.typing import NDArray

from gateway.iris.contrast import grey_zones
from gateway.iris.geometry import Contour, IrisGeometry, grey_of
from gateway.iris.spots import bright_spots

LAMPS_BELOW_LENS = (0.0, 0.063)
"""Where lamps on both sides of a lens and 26 mm below it, at 250 mm from the eye, are mirrored when it looks into the
lens: x, y from the iris centre, iris radii."""
ASIDE_DEG = 10.0
"""From here on an eye is told to look at the camera."""
_LEVER = 0.70
"""Iris radii by which iris centre and mirrored lamps part per unit sine of the gaze: the iris lies 9.8 mm before the
centre of rotation, the cornea's centre of curvature 5.7 mm, over a radius of 5.85 mm (general anatomy)."""
_LAMPS_SPREAD, _ANY_LAMPS_SPREAD = 0.02, 0.10
"""Of that distance, iris radii: with lamps whose place is known, and somewhere about the lens."""
_ASTRAY = 0.05
"""Share of mirrored lamps that are something else, as in spectacles."""
_PUPIL_SPREAD, _LIMBUS_SPREAD = 0.012, 0.018
"""Of the flatness of outlines that are seen straight; no living pupil is quite round, and lids bend the limbus."""
_LID_FLATNESS = 0.008
"""By which lids make a limbus seem wide."""
_PRIOR = 0.35
"""Spread of the sine of gazes before a camera, 20 degrees."""
_MOST_SINE, _STEP = 0.71, 0.01
_ONE_PLACE_DEG = 5.0
"""Spread of the gazes that are likely up to which they are one gaze."""
_DIRECTED = 0.6
"""Share of the angle that the error may reach before its direction is not told."""


@dataclass(frozen=True)
class GazeEstimate:
    """Where an eye looks, degrees off the line from the eye to the lens.

    It is the eye's own axis that is measured. The line of sight of a living eye lies some 5 degrees nosewards of it, by
    the person: a straight look reads 2 to 8.
    """

    angle_deg: float
    """0 into the lens; beyond 40 nothing is told apart."""
    direction_deg: float | None
    """Of that angle in the image, from +x towards +y (down), -180 to 180; None where it is not determined, as at a
    straight gaze, or by outlines alone: these are as flat to one side as to the other."""
    yaw_deg: float | None
    """To the right of the image; None where gazes to opposite sides are as likely."""
    pitch_deg: float | None
    """Down; likewise."""
    uncertainty_deg: float
    """Root mean square error to be expected of the angle."""
    aside: float
    """Probability, 0 to 1, that the angle is `ASIDE_DEG` or more."""
    lamps_seen: int
    """Mirrored lamps that were used; without any the outlines alone tell."""


def estimated_gaze(
    pixels: NDArray[np.uint8] | NDArray[np.uint16],
    geometry: IrisGeometry,
    *,
    lamps: tuple[float, float] | None = LAMPS_BELOW_LENS,
) -> GazeEstimate:
    """Gaze from the mirrored lamps and the foreshortening of both outlines.

    The distance of the middle of the mirrored lamps from the iris centre grows with the sine of the gaze; a circle seen
    aslant is flat by its cosine. Both are weighed in one likelihood over all gazes. The pupil centre's distance from
    the limbus's tells nothing that exceeds the pupils' own eccentricity (0.04 iris radii; correlation with the gaze
    0.3).

    Of drawn eyes it is 0.9 to 1.4 degrees off (rms, both axes), with spectacles, whose ghosts pass for lamps, 2.8 and
    at worst 16; without lamps 3 to 6 in the angle. Of MMU1's eyes, which look into a lens, half read under 5.1 and 90 %
    under 10 once the lamps' place was measured on other persons.

    Parameters
    ----------
    pixels : (height, width) uint8 or uint16
        As given to `analyze`.
    geometry : IrisGeometry
        In these pixels.
    lamps : (float, float) or None
        Of the camera: `lamp_offset` at a straight gaze, iris radii. None where it is not known: the lamps are then
        somewhere about the lens, and the estimate is rough.

    Raises
    ------
    ValueError
        `pixels` is not (height, width) uint8 or uint16, or has another shape than the geometry's masks.

    References
    ----------
    E. D. Guestrin, M. Eizenman, IEEE TBME 53(6), 2006 (corneal reflection); J. Daugman, IEEE Trans. SMC B 37(5), 2007
    (gaze from the outlines).
    """
    offset, count = _mirrored(pixels, geometry)
    middle = lamps if lamps is not None else (0.0, 0.0)
    spread = _LAMPS_SPREAD if lamps is not None else _ANY_LAMPS_SPREAD
    # Each angle is as likely as the next, whatever the number of its directions.
    likelihood = -0.5 * (np.abs(_GAZES) / _PRIOR) ** 2 - np.log(np.abs(_GAZES) + _STEP)
    if offset is not None:
        parted = np.abs(_LEVER * _GAZES - complex(*middle) + complex(*offset)) / spread
        likelihood = likelihood + np.log((1 - _ASTRAY) * np.exp(-0.5 * parted**2) + _ASTRAY * spread**2)
    for contour, deviation, bias in (
        (geometry.pupil, _PUPIL_SPREAD, 0.0),
        (geometry.limbus, _LIMBUS_SPREAD, _LID_FLATNESS),
    ):
        likelihood = likelihood - 0.5 * (np.abs(flatness(contour) - bias - _FLATNESS) / deviation) ** 2
    return _estimate(np.exp(likelihood - likelihood.max()), count)


def lamp_offset(pixels: NDArray[np.uint8] | NDArray[np.uint16], geometry: IrisGeometry) -> tuple[float, float] | None:
    """Middle of the mirrored lamps, x, y from the iris centre in iris radii; None where none is seen.

    Its median over eyes that look into the lens, of as many right as left ones, is what `estimated_gaze` wants to know
    of a camera.

    Raises
    ------
    ValueError
        As `estimated_gaze`.
    """
    return _mirrored(pixels, geometry)[0]


def flatness(contour: Contour) -> complex:
    """Second Fourier term of the radius over its mean: (a - b) / (a + b) of an ellipse, along twice its axis' angle."""
    angle = np.arange(len(contour.points)) * (2 * pi / len(contour.points))
    radii = contour.radii
    return complex(2 * (radii * np.exp(2j * angle)).mean() / max(float(radii.mean()), 1e-6))


def _mirrored(
    pixels: NDArray[np.uint8] | NDArray[np.uint16], geometry: IrisGeometry
) -> tuple[tuple[float, float] | None, int]:
    grey = grey_of(pixels, geometry)
    zones = grey_zones(grey, geometry)
    spots = bright_spots(grey, geometry, zones.iris, zones.sclera).corneal
    if not len(spots):
        return None, 0
    (x, y), radius = geometry.limbus.centre, max(geometry.limbus.radius, 1e-6)
    middle = spots.mean(axis=0, dtype=np.float64)
    return ((float(middle[0]) - x) / radius, (float(middle[1]) - y) / radius), len(spots)


def _all_gazes() -> tuple[NDArray[np.complex128], NDArray[np.complex128], NDArray[np.float64]]:
    """Gazes as sine times direction in the image, the flatness of a circle seen so, and the angle in degrees."""
    side = np.arange(-_MOST_SINE, _MOST_SINE + _STEP / 2, _STEP)
    gazes = (side[None, :] + 1j * side[:, None]).ravel()
    gazes = gazes[np.abs(gazes) <= _MOST_SINE]
    angle = np.arcsin(np.abs(gazes))
    # (1 - cos) / (1 + cos), the lesser axis lying along the gaze.
    return gazes, -(np.tan(angle / 2) ** 2) * np.exp(2j * np.angle(gazes)), np.degrees(angle)


_GAZES, _FLATNESS, _ANGLES = _all_gazes()


def _estimate(weight: NDArray[np.float64], lamps_seen: int) -> GazeEstimate:
    weight = weight / weight.sum()
    mean = complex((weight * _GAZES).sum())
    apart = degrees(float((np.abs(_GAZES - mean) ** 2 * weight).sum()) ** 0.5)
    length = degrees(asin(min(1.0, abs(mean))))
    one_place = apart <= _ONE_PLACE_DEG or apart <= _DIRECTED * length
    # Where gazes to all sides are as likely, their mean is straight ahead, and only the angles' own mean tells.
    angle = length if one_place else float((weight * _ANGLES).sum())
    return GazeEstimate(
        angle_deg=angle,
        direction_deg=degrees(atan2(mean.imag, mean.real)) if apart <= _DIRECTED * length else None,
        yaw_deg=degrees(atan2(mean.real, max(1e-9, 1 - abs(mean) ** 2) ** 0.5)) if one_place else None,
        pitch_deg=degrees(asin(mean.imag)) if one_place else None,
        uncertainty_deg=float(((_ANGLES - angle) ** 2 * weight).sum()) ** 0.5,
        aside=float(weight[_ANGLES >= ASIDE_DEG].sum()),
        lamps_seen=lamps_seen,
    )

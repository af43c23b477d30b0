"""Quality: the measures of ISO/IEC 29794-6 and some of our own, and a score from 0 to 100."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.iris.contrast import (
    GreyZones,
    grey_scale_utilisation,
    grey_zones,
    iris_pupil_contrast,
    iris_sclera_contrast,
)
from gateway.iris.cover import Cover, cover
from gateway.iris.geometry import IrisGeometry, grey_of
from gateway.iris.quality_score import ALGORITHM, ALGORITHM_VERSION, QualityParts, quality_parts, quality_score
from gateway.iris.shape import (
    axis_ratio,
    boundary_circularity,
    concentricity,
    displacement,
    glint_offset,
    margin_adequacy,
    rms_deviation,
)
from gateway.iris.sharpness import EdgeBlur, edge_blur, interlace, iso_sharpness
from gateway.iris.spots import bright_spots


@dataclass(frozen=True)
class IrisQuality:
    """What was measured of one iris. Percentages go from 0 to 100; recommendations are the standard's where it has one.

    The first ten are those of ISO/IEC 29794-6:2015; the score is our own, and not the standard's product.
    """

    score: int
    """0 (useless) to 100, see `quality_score`."""
    usable_iris_area: float
    """Percent of the ring that is visible; 70 or more is usual."""
    iris_sclera_contrast: float
    """Percent; over 5."""
    iris_pupil_contrast: float
    """Percent; 30 or more."""
    pupil_boundary_circularity: float
    """0 to 100; none is recommended."""
    grey_scale_utilisation: float
    """Bits, 0 to 8; 6 or more."""
    iris_radius: float
    """Pixels; 80 or more is usual."""
    pupil_to_iris_ratio: float
    """Percent, 0 to 100; 20 to 70."""
    iris_pupil_concentricity: float
    """Percent; 90 or more."""
    margin_adequacy: float
    """Percent; over 80."""
    sharpness: float
    """0 to 100; none is recommended."""
    motion_blur: float
    """Blur of the pupil's edge in the direction where it is greatest, as a multiple of that at right angles; 1 or more.
    The standard names motion blur without a formula."""
    interlace: float
    """Percent by which odd and even rows are apart, 0 where they agree."""
    edge_blur: EdgeBlur
    """Of the pupil's edge, pixels."""
    relative_blur: float
    """Width of that blur as percent of the iris radius; infinity where no edge is seen."""
    zones: GreyZones
    """Grey of pupil, iris and sclera; exposure and noise."""
    cover: Cover
    """What hides the iris."""
    signal_to_noise: float
    """Iris less pupil over the noise in the pupil, a ratio."""
    pupil_deviation: float
    """Rms deviation of the pupil's radii from round, percent."""
    pupil_axis_ratio: float
    """Lesser to greater axis of the pupil, 0 to 1."""
    limbus_axis_ratio: float
    """Lesser to greater axis of the limbus, 0 to 1; lids make it uncertain."""
    glint_offset: float
    """Of the mirrored lamps from the pupil's centre, iris radii; 0 where none is seen."""
    corneal_glints: int
    """Lamps mirrored near the pupil."""
    stray_glints: int
    """Other spots over the iris."""
    stray_glint_share: float
    """Of the ring, 0 to 1."""
    displacement: float
    """Of the iris from the middle of the frame, as a share of its width or height."""
    frame_share: float
    """Iris diameter as a share of the frame's height, or of its width where that is less."""
    parts: QualityParts
    """What the score is made of."""
    algorithm: str = ALGORITHM
    version: int = ALGORITHM_VERSION


def measured_quality(pixels: NDArray[np.uint8] | NDArray[np.uint16], geometry: IrisGeometry) -> IrisQuality:
    """Every measure of one iris.

    Parameters
    ----------
    pixels : (height, width) uint8 or uint16
        As given to `analyze`.
    geometry : IrisGeometry
        In these pixels.

    Raises
    ------
    ValueError
        `pixels` is not (height, width) uint8 or uint16, or has another shape than the geometry's masks.
    """
    grey = grey_of(pixels, geometry)
    zones, hidden = grey_zones(grey, geometry), cover(grey, geometry)
    spots = bright_spots(grey, geometry, zones.iris, zones.sclera)
    blur = edge_blur(grey, geometry.pupil, geometry.glints)
    radius = geometry.limbus.radius
    relative_blur = 100 * blur.width / radius if radius > 0 else np.inf
    signal_to_noise = max(0.0, zones.iris - zones.pupil) / max(zones.noise, 0.5)
    parts = quality_parts(geometry, relative_blur, signal_to_noise, zones)
    return IrisQuality(
        score=quality_score(parts),
        usable_iris_area=100 * geometry.usable,
        iris_sclera_contrast=iris_sclera_contrast(zones),
        iris_pupil_contrast=iris_pupil_contrast(zones),
        pupil_boundary_circularity=boundary_circularity(geometry.pupil),
        grey_scale_utilisation=grey_scale_utilisation(grey, geometry.mask),
        iris_radius=radius,
        pupil_to_iris_ratio=100 * geometry.pupil_ratio,
        iris_pupil_concentricity=concentricity(geometry),
        margin_adequacy=margin_adequacy(geometry),
        sharpness=iso_sharpness(grey),
        motion_blur=blur.anisotropy,
        interlace=interlace(grey, geometry.mask),
        edge_blur=blur,
        relative_blur=relative_blur,
        zones=zones,
        cover=hidden,
        signal_to_noise=signal_to_noise,
        pupil_deviation=100 * rms_deviation(geometry.pupil),
        pupil_axis_ratio=axis_ratio(geometry.pupil),
        limbus_axis_ratio=axis_ratio(geometry.limbus),
        glint_offset=glint_offset(spots.corneal, geometry),
        corneal_glints=len(spots.corneal),
        stray_glints=spots.stray,
        stray_glint_share=spots.stray_share,
        displacement=displacement(geometry),
        frame_share=2 * radius / min(grey.shape),
        parts=parts,
    )

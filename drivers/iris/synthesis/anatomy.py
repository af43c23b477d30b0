"""What stays the same about one eye, from its seed: sizes, tones, the cut of its lids, its kind of iris."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

WORKING_DISTANCE_MM = 250.0
"""Where the camera is in focus and an eye has its nominal size."""
PX_PER_MM = 19.6
"""Sampling at that distance of a frame of 640x480: an iris radius of 105 to 120 pixels."""
IRIS_DEPTH_MM = 9.8
"""From the eye's centre of rotation to the iris plane."""
CORNEA_CENTRE_MM = 5.7
"""From the eye's centre of rotation to the cornea's centre of curvature."""
CORNEA_RADIUS_MM = 7.8


@dataclass(frozen=True)
class EyeAnatomy:
    """One eye. Lengths are millimetres, x towards the nose, y downwards, from the iris centre of an eye at rest.

    Sizes and positions follow general anatomy: a visible iris of 10.2 to 13 mm, a fissure of about 30 x 10.5 mm, a
    pupil centre a little towards the nose. Tones are grey levels under the nominal lamps.
    """

    seed: int
    face: int
    """Seed of lids, lashes and skin: a face has one for both eyes."""
    iris_radius: float
    pupil_offset: tuple[float, float]
    """In iris radii, with the wide pupil a little elsewhere, see `pupil.py`."""
    pupil_bias: float
    """Diameter beyond that of an average eye in the same light, mm."""
    limbus_softness: float
    """Half the width of the seam to the sclera, as a share of the ring."""
    stretch: float
    """How far the ring's stretching departs from linear."""
    iris_tone: float
    sclera_tone: float
    skin_tone: float
    nasal_corner: tuple[float, float]
    temporal_corner: tuple[float, float]
    upper_lid: float
    """Height of the open upper lid's edge above the iris centre."""
    lower_lid: float
    """Depth of the lower lid's edge below it."""
    upper_peak: float
    """Where along x the upper lid is highest."""
    crease: float
    """Height of the fold above the upper lid's edge."""
    lash_count: int
    lash_length: float
    lash_droop: float
    """Where the upper lashes point: 0 up and away, 1 down before the iris."""


@lru_cache(maxsize=256)
def eye_anatomy(seed: int, face: int | None = None) -> EyeAnatomy:
    """The eye of that seed, 0 or more, in the face of that seed, by default its own; the same each time."""
    face = seed if face is None else face
    rng, own = np.random.default_rng([seed, 0x414E41]), np.random.default_rng([face, 0x464143])
    # The two irises of a person are of one size and one pigment, nearly; their textures are not akin.
    radius = float(np.clip(own.normal(5.75, 0.19), 5.3, 6.25) + rng.normal(0, 0.03))
    tone = float(own.uniform(90, 138) + rng.normal(0, 2))
    return EyeAnatomy(
        seed=seed,
        face=face,
        iris_radius=radius,
        pupil_offset=(float(rng.normal(0.035, 0.015)), float(rng.normal(0.012, 0.012))),
        pupil_bias=float(own.normal(0, 0.35) + rng.normal(0, 0.06)),
        limbus_softness=float(own.uniform(0.035, 0.075)),
        stretch=float(rng.uniform(-0.1, 0.35)),
        iris_tone=tone,
        sclera_tone=float(own.uniform(176, 198)),
        skin_tone=float(own.uniform(184, 214)),
        nasal_corner=(float(own.uniform(13.2, 15.2)), float(own.uniform(1.6, 3.4))),
        temporal_corner=(float(own.uniform(-15.6, -13.6)), float(own.uniform(-0.4, 1.6))),
        upper_lid=float(own.uniform(0.80, 1.02)) * radius,
        lower_lid=float(own.uniform(0.94, 1.06)) * radius,
        upper_peak=float(own.uniform(-0.5, 2.0)),
        crease=float(own.uniform(2.0, 4.8)),
        lash_count=int(own.integers(60, 105)),
        lash_length=float(own.uniform(4.2, 6.4)),
        lash_droop=float(own.beta(1.6, 2.6)),
    )

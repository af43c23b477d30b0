"""The states in which an eye is before the camera."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Condition:
    """How a person, lids, light and camera differ from a good capture.

    Lengths are millimetres, angles degrees, times seconds. Pairs are the ends of a uniform draw; where a side is
    possible it is drawn besides.
    """

    distance_mm: tuple[float, float] = (245.0, 256.0)
    offset_mm: tuple[float, float] = (0.0, 1.2)
    """Of the eye from the middle of the frame."""
    roll_deg: tuple[float, float] = (0.0, 3.0)
    gaze_deg: tuple[float, float] = (0.0, 2.0)
    openness: tuple[float, float] = (0.92, 1.06)
    """Of the fissure, relative to the eye's own."""
    lash_droop: float | None = None
    """Where the lashes point, 0 up to 1 down; by default as the eye's own do."""
    lash_density: float = 1.0
    focus_error_px: float = 0.0
    """Deviation of the blur by a lens out of focus, beyond the distance's own."""
    drift_mm_per_s: float = 0.0
    """Speed at which the head goes on moving."""
    lamp_level: float = 1.0
    """Near-infrared light, relative to what the camera is set for."""
    gain_db: float = 6.0
    """Of the sensor; noise grows with it."""
    pupil_ratio: float | None = None
    """Of the iris diameter; by default as the light has it."""
    spectacles: bool = False


CONDITIONS: dict[str, Condition] = {
    "clean": Condition(),
    "defocused": Condition(focus_error_px=3.6),
    "moved": Condition(drift_mm_per_s=120.0),
    "gaze_off": Condition(gaze_deg=(16.0, 24.0)),
    "lids_low": Condition(openness=(0.42, 0.55)),
    "lashes": Condition(lash_droop=1.0, lash_density=1.5, openness=(0.78, 0.86)),
    "spectacles": Condition(spectacles=True),
    "dark": Condition(lamp_level=0.22),
    "bright": Condition(lamp_level=3.4),
    "noisy": Condition(lamp_level=0.17, gain_db=18.0),
    "far": Condition(distance_mm=(370.0, 410.0)),
    "near": Condition(distance_mm=(178.0, 192.0)),
    "off_centre": Condition(offset_mm=(8.5, 11.0)),
    "rotated": Condition(roll_deg=(16.0, 24.0)),
    "pupil_wide": Condition(pupil_ratio=0.66),
    "pupil_small": Condition(pupil_ratio=0.18),
}
"""By name; the names that guidance uses are close to these."""


def condition_named(name: str) -> Condition:
    """The condition of that name; ValueError lists the names there are."""
    try:
        return CONDITIONS[name]
    except KeyError:
        raise ValueError(f"no condition {name!r}; there are {', '.join(CONDITIONS)}") from None

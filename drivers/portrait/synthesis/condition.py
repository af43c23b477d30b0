"""The states in which a figure is before the camera."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Condition:
    """How a person and the light differ from a good portrait.

    Lengths are millimetres, angles degrees, light relative to a well-lit office.
    """

    distance_mm: float = 700.0
    offset_mm: tuple[float, float] = (0.0, 0.0)
    roll_deg: float = 1.0
    gaze: tuple[float, float] = (0.0, 0.0)
    """Of the irises, as a share of the way to the corner of the eye and to its lid."""
    closing: float = 0.0
    """How far the lids are shut."""
    light: float = 1.0
    light_k: float = 5000.0
    """Colour temperature of the light, where the camera does not follow it."""
    side: float = 0.0
    """How much darker one side is: 0 even, 1 black."""
    behind: float = 1.0
    """Light on the wall, relative to that on the person."""
    focus_error_px: float = 0.0
    """Deviation of the blur, at the sampling of 640x480."""
    sway_mm: float = 1.0
    """How far the head goes on moving."""


CONDITIONS: dict[str, Condition] = {
    "clean": Condition(),
    "dark": Condition(light=0.006),
    "bright": Condition(light=90.0),
    "backlit": Condition(light=0.35, behind=6.0),
    "side_lit": Condition(side=0.75),
    "warm_light": Condition(light_k=2900.0),
    "cold_light": Condition(light_k=9000.0),
    "noisy": Condition(light=0.06),
    "far": Condition(distance_mm=1500.0),
    "near": Condition(distance_mm=420.0),
    "off_centre": Condition(offset_mm=(110.0, -20.0)),
    "tilted": Condition(roll_deg=16.0),
    "gaze_off": Condition(gaze=(0.55, 0.1)),
    "eyes_closed": Condition(closing=1.0),
    "moved": Condition(sway_mm=26.0),
    "defocused": Condition(focus_error_px=3.5),
}
"""By name."""


def condition_named(name: str) -> Condition:
    """The condition of that name; ValueError lists the names there are."""
    try:
        return CONDITIONS[name]
    except KeyError:
        raise ValueError(f"no condition {name!r}; there are {', '.join(CONDITIONS)}") from None

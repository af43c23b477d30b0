"""The states in which a finger is laid on the glass."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Condition:
    """How skin, hand and glass differ from a good impression.

    Lengths are pixels at 500 ppi, angles degrees. Pairs are the ends of a uniform draw; the sign is drawn besides.
    """

    threshold: float = 0.0
    """Height of the skin that just touches at full pressure, -1 (valley) to 1 (crest)."""
    reach: float = 1.0
    """Size of the contact, relative to a usual one."""
    tone: float = 52.0
    """Grey of a ridge in full contact."""
    fine_roughness: float = 0.2
    """Deviation of the skin's height at the grain of a pixel."""
    coarse_roughness: float = 0.22
    """The same at the grain of a third of a ridge."""
    patchiness: float = 0.2
    """The same at the grain of several ridges."""
    pore_depth: float = 1.5
    moisture: float = 0.0
    """How far pools of sweat fill valleys, in heights of the skin."""
    blur_px: float = 0.85
    """Optics, and the film of water that rounds every edge."""
    distortion_px: float = 1.6
    """Deviation of the skin's elastic shift."""
    stretch: float = 0.0
    """Share by which pressure spreads the pad."""
    shift_px: tuple[float, float] = (0.0, 0.0)
    """Distance from the middle of the glass."""
    turn_deg: tuple[float, float] = (0.0, 0.0)
    """Rotation, beyond the usual few degrees."""
    part: tuple[float, float] = (0.0, 0.0)
    """How far only the tip or one side touches, as a share of the pad."""
    drift_px_per_s: float = 0.0
    """Speed at which the finger goes on sliding."""
    residue: float = 0.0
    """Strength of what former fingers left on the glass, 0 to 1."""


CONDITIONS: dict[str, Condition] = {
    "clean": Condition(),
    "dry": Condition(
        threshold=0.42,
        tone=88,
        fine_roughness=0.8,
        coarse_roughness=0.72,
        patchiness=0.3,
        pore_depth=2.2,
        blur_px=0.65,
        reach=0.95,
    ),
    "wet": Condition(
        threshold=-0.42,
        tone=34,
        fine_roughness=0.05,
        coarse_roughness=0.16,
        pore_depth=0.15,
        moisture=0.75,
        blur_px=1.25,
        reach=1.03,
    ),
    "light": Condition(threshold=0.52, reach=0.66, tone=128, fine_roughness=0.2, coarse_roughness=0.24, patchiness=0.2),
    "hard": Condition(
        threshold=-0.62,
        reach=1.16,
        tone=42,
        fine_roughness=0.08,
        coarse_roughness=0.12,
        pore_depth=0.4,
        distortion_px=3.6,
        stretch=0.07,
    ),
    "off_centre": Condition(shift_px=(95, 130)),
    "rotated": Condition(turn_deg=(28, 40)),
    "partial": Condition(part=(0.5, 0.75)),
    "moved": Condition(drift_px_per_s=150.0, distortion_px=2.6),
    "dirty_platen": Condition(residue=1.0),
}
"""By name; the names that guidance uses are close to these."""


def condition_named(name: str) -> Condition:
    """The condition of that name; ValueError lists the names there are."""
    try:
        return CONDITIONS[name]
    except KeyError:
        raise ValueError(f"no condition {name!r}; there are {', '.join(CONDITIONS)}") from None

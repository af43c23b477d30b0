"""The ways in which a slap, several fingers at once, is laid on the glass."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SlapCondition:
    """How a slap differs from a good one.

    Lengths are mm, angles degrees. Pairs are the ends of a uniform draw.
    """

    gap_mm: tuple[float, float] = (2.0, 6.0)
    """Between the prints of neighbouring fingers; negative: they overlap."""
    turn_deg: tuple[float, float] = (-4.0, 22.0)
    """Rotation of the hand towards its thumb's side away, as an arm comes from its shoulder: right hands
    counter-clockwise, left hands clockwise."""
    either_way: bool = False
    """Whether the sign of the rotation is drawn."""
    size: tuple[float, float] = (0.85, 1.05)
    """Of the hand, relative to a large man's."""
    shift_mm: tuple[float, float] = (0.0, 4.0)
    """Distance from the middle of the glass."""
    off_glass: bool = False
    """The shift goes on until the nearest finger is cut by 15 to 45 percent of its print."""
    skin: tuple[str, ...] = ("clean",)
    """Names of finger conditions, one drawn for all fingers."""
    odd_skin: tuple[str, ...] = ()
    """Names of finger conditions: one finger is laid in one of them."""
    missing: tuple[int, int] = (0, 0)
    """Least and most fingers that are not there."""
    extra_thumb: bool = False
    """The thumb of the same hand lies beside the four fingers."""
    lower_phalanges: tuple[float, float] = (0.0, 0.85)
    """Pressure of the middle phalanx relative to the fingertip."""
    residue: float = 0.0
    """Strength of what a former slap left on the glass, 0 to 1."""
    noise: float = 0.0
    """Deviation of additional noise, grey levels."""
    ground: tuple[float, float] = (0.0, 0.0)
    """By how many grey levels the empty glass is darker than usual."""


SLAP_CONDITIONS: dict[str, SlapCondition] = {
    "clean": SlapCondition(),
    "close": SlapCondition(gap_mm=(0.3, 1.2)),
    "touching": SlapCondition(gap_mm=(-0.6, 0.4)),
    "spread": SlapCondition(gap_mm=(6.0, 10.0), size=(0.7, 0.95), turn_deg=(-4, 12)),
    "one_light": SlapCondition(odd_skin=("light",)),
    "one_dry_or_wet": SlapCondition(odd_skin=("dry", "wet")),
    "light": SlapCondition(skin=("light",), lower_phalanges=(0.0, 0.5)),
    "dry": SlapCondition(skin=("dry",)),
    "wet": SlapCondition(skin=("wet",)),
    "hard": SlapCondition(skin=("hard",), gap_mm=(0.5, 4.0), lower_phalanges=(0.6, 1.0)),
    "missing": SlapCondition(missing=(1, 1)),
    "two_missing": SlapCondition(missing=(2, 2)),
    "extra": SlapCondition(extra_thumb=True, size=(0.8, 0.9), gap_mm=(1.0, 3.0), turn_deg=(-10, 0)),
    "rotated": SlapCondition(turn_deg=(25, 34), either_way=True, gap_mm=(1.0, 5.0)),
    "rotated_far": SlapCondition(turn_deg=(38, 46), either_way=True, size=(0.8, 0.95), gap_mm=(1.0, 4.0)),
    "shifted": SlapCondition(off_glass=True),
    "residue": SlapCondition(residue=1.0),
    "noisy": SlapCondition(noise=9.0, ground=(20, 70)),
    "children": SlapCondition(size=(0.58, 0.72), gap_mm=(0.8, 5.0)),
    "large": SlapCondition(size=(1.08, 1.16), gap_mm=(0.4, 2.0), turn_deg=(-4, 12)),
}
"""By name."""


def slap_condition_named(name: str) -> SlapCondition:
    """The condition of that name; ValueError lists the names there are."""
    try:
        return SLAP_CONDITIONS[name]
    except KeyError:
        raise ValueError(f"no slap condition {name!r}; there are {', '.join(SLAP_CONDITIONS)}") from None

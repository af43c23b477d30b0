"""What a calibration target shows, part by part: the reflectance of its fields in its own millimetres."""

from dataclasses import dataclass
from enum import StrEnum


class ElementKind(StrEnum):
    """What a field of a target shows."""

    UNIFORM = "uniform"
    """One reflectance, `light`."""
    BARS = "bars"
    """Light and dark bars of equal width; a dark one starts at the left end."""
    SINE = "sine"
    """A sine from `dark` to `light`."""
    EDGE = "edge"
    """`dark` on the left half, `light` on the right."""
    GRID = "grid"
    """Dark lines across each other, a tenth of their period wide, on a light ground."""


@dataclass(frozen=True)
class TargetElement:
    """One field of a target.

    Parameters
    ----------
    kind : ElementKind
    centre_mm : (float, float)
        From the middle of the target: x to the right, y down.
    size_mm : (float, float)
        Width along the direction in which the pattern changes, and height across it.
    light, dark : float
        Reflectances, 0 to 1.
    frequency : float
        Cycles per millimetre; 0 for `UNIFORM` and `EDGE`.
    turn_deg : float
        Of the field about its centre, clockwise as seen: 0 for upright bars, 90 for lying ones.

    Raises
    ------
    ValueError
        A reflectance beyond 0 to 1, a field without area, a pattern without frequency.
    """

    kind: ElementKind
    centre_mm: tuple[float, float]
    size_mm: tuple[float, float]
    light: float = 1.0
    dark: float = 0.0
    frequency: float = 0.0
    turn_deg: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.dark <= 1 or not 0 <= self.light <= 1:
            raise ValueError(f"reflectances lie in 0 to 1, not {self.dark} and {self.light}")
        if not min(self.size_mm) > 0:
            raise ValueError(f"a field has a width and a height, not {self.size_mm} mm")
        periodic = self.kind in (ElementKind.BARS, ElementKind.SINE, ElementKind.GRID)
        if periodic and not 0 < self.frequency <= 40:
            raise ValueError(f"{self.kind} need a frequency in 0 to 40 cycles per mm, not {self.frequency}")
        if self.kind is not ElementKind.UNIFORM and not self.light > self.dark:
            raise ValueError(f"{self.kind} need a light reflectance above the dark one, not {self.light}, {self.dark}")


@dataclass(frozen=True)
class LaidTarget:
    """A target on the glass.

    Parameters
    ----------
    elements : tuple of TargetElement
        Fields do not overlap.
    size_mm : (float, float)
        Of the target; beyond it the glass is empty.
    ground : float
        Reflectance of the target beside its fields.
    turn_deg : float
        Clockwise as seen in the frame.
    shift_mm : (float, float)
        Of its middle from the middle of the glass: x to the right, y down.
    tilt_deg : float
        How far its right side stands off the glass; where it does not touch, light leaks in and the pattern fades.
    upside_down : bool
        Turned by half a turn.
    dirt : float
        0: clean; 1: specks and a smear that anybody would see.
    covered : float
        Share of the glass that a hand covers, from the lower right.
    seed : int
        Where dirt and hand lie.
    """

    elements: tuple[TargetElement, ...]
    size_mm: tuple[float, float]
    ground: float = 0.5
    turn_deg: float = 0.0
    shift_mm: tuple[float, float] = (0.0, 0.0)
    tilt_deg: float = 0.0
    upside_down: bool = False
    dirt: float = 0.0
    covered: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.ground <= 1 or not 0 <= self.covered <= 1 or not 0 <= self.dirt <= 1:
            raise ValueError("ground, dirt and covered are shares of 1")
        if not 0 <= self.tilt_deg < 60:
            raise ValueError(f"a target stands off by 0 to 60 degrees, not {self.tilt_deg}")


EMPTY_GLASS = LaidTarget((), (1.0, 1.0), ground=1.0)
"""Nothing: no target, and no finger either."""

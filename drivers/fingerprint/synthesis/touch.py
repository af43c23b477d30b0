"""A finger on the glass at one instant: how hard it presses, where it is, how it moves."""

from dataclasses import dataclass

EXPOSURE_S = 0.04
"""How long the sensor gathers light for a frame; what moves meanwhile is smeared."""


@dataclass(frozen=True)
class Touch:
    """A finger at one instant.

    Parameters
    ----------
    pressure : float
        0: not at all; 1: as it settles.
    slide_px : (float, float)
        Where it is relative to where it settles: x, y.
    smear_px : (float, float)
        How far it moves during one exposure: x, y.
    """

    pressure: float = 1.0
    slide_px: tuple[float, float] = (0.0, 0.0)
    smear_px: tuple[float, float] = (0.0, 0.0)

    def at_scale(self, scale: float) -> "Touch":
        """The same in pixels that are `scale` times as many to the millimetre."""
        (x, y), (along, down) = self.slide_px, self.smear_px
        return Touch(self.pressure, (x * scale, y * scale), (along * scale, down * scale))

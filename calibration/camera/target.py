"""Targets that a camera looks at, as their certificates describe them."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from calibration.errors import TargetExpired


class CameraTargetKind(StrEnum):
    """What is on the card."""

    SQUARE = "square"
    """A dark square on a light card, and a dark dot above it."""
    GREY = "grey"
    """One even grey."""
    COLOUR = "colour"
    """The square, with a row of greys above it and red, green and blue below."""


@dataclass(frozen=True)
class CameraTarget:
    """One card, and what its certificate says.

    Parameters
    ----------
    kind : CameraTargetKind
    serial : str
    side_mm, side_uncertainty_mm : float
        Of the square, and its standard uncertainty.
    dot_mm : (float, float)
        Of the dot's middle from the square's; y goes down.
    dot_radius_mm : float
    distance_mm : float
        Where it is usually held.
    plain_mm : float
        So far from the middle, to all sides, the card is plain beside square and dot.
    unevenness : float
        Of a grey card: standard uncertainty of its own evenness, as a share.
    valid_from, valid_until : date, optional
        Of its certificate; None where it has none.
    """

    kind: CameraTargetKind
    serial: str = ""
    side_mm: float = 12.0
    side_uncertainty_mm: float = 0.005
    dot_mm: tuple[float, float] = (0.0, -7.6)
    dot_radius_mm: float = 0.7
    distance_mm: float = 250.0
    plain_mm: float = 15.6
    unevenness: float = 0.01
    valid_from: date | None = None
    valid_until: date | None = None

    def __post_init__(self) -> None:
        if not 0 < self.side_mm < 1000 or not 0 <= self.side_uncertainty_mm < 0.1 * self.side_mm:
            raise ValueError(f"a square of {self.side_mm} mm, known to {self.side_uncertainty_mm} mm, is no target")

    def check_valid(self, on: date) -> None:
        """TargetExpired unless its certificate is valid on that day; that a target has none belongs in the record."""
        if self.valid_until is not None and on > self.valid_until:
            raise TargetExpired(
                f"the certificate of target {self.serial or self.kind} ran out on {self.valid_until};"
                " have it certified again, or take another"
            )
        if self.valid_from is not None and on < self.valid_from:
            raise TargetExpired(
                f"the certificate of target {self.serial or self.kind} begins on {self.valid_from}; check the clock"
            )


IRIS_SQUARE = CameraTarget(CameraTargetKind.SQUARE)
"""12 mm, printed with carbon black: most inks are not seen at 850 nm."""
PORTRAIT_CARD = CameraTarget(
    CameraTargetKind.COLOUR,
    side_mm=100.0,
    side_uncertainty_mm=0.05,
    dot_mm=(0.0, -66.0),
    dot_radius_mm=5.0,
    distance_mm=700.0,
    plain_mm=76.0,
)

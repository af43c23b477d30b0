"""How reliably a reader powers cards up, and how far off it still does; the field itself is not measured.

Needs: one test card; for a contactless reader spacers of known thickness, from none upwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calibration.card.conversation import PowerUp
from calibration.card.error_bound import upper_bound
from calibration.errors import TooFewFrames
from calibration.measurement import Measured, Measurement

PROCEDURE, VERSION = "field", "1"
MIN_RESETS = 30
NOT_MEASURED = (
    "the field in A/m and its frequency are not measured: that takes a reference card and an oscilloscope",
    "kuat medan dalam A/m dan frekuensinya tidak diukur: itu memerlukan kartu acuan dan osiloskop",
)


@dataclass(frozen=True)
class FieldTrial:
    """Resets with the card at one distance.

    Parameters
    ----------
    distance_mm : float
        Of the card from the reader; 0 where it lies on it, or stands in it.
    resets : tuple of PowerUp
    contactless : bool
        Whether the card is read without contacts, so that it can be lifted.
    """

    distance_mm: float
    resets: tuple[PowerUp, ...]
    contactless: bool = True

    @property
    def failed(self) -> int:
        """Resets without an answer."""
        return sum(bool(reset.failure) for reset in self.resets)


def measure(trials: Sequence[FieldTrial]) -> Measurement:
    """`power_ups_failed` at the nearest distance, `power_up_failure_bound`, and `reach` in mm.

    `reach` is the farthest distance up to which every reset was answered; with one distance alone it is not told.
    Its uncertainty is that of a step of the spacers, evenly spread. `power_up_failure_bound` holds with 95 %
    confidence.

    Raises
    ------
    TooFewFrames
        Fewer than 30 resets at a distance.
    """
    ordered = sorted(trials, key=lambda trial: trial.distance_mm)
    if not ordered or min(len(trial.resets) for trial in ordered) < MIN_RESETS:
        raise TooFewFrames(f"{MIN_RESETS} resets at each distance are needed; make more")
    nearest = ordered[0]
    values = [
        Measured("power_ups_failed", float(nearest.failed), 0.0, "1"),
        Measured("power_up_failure_bound", upper_bound(nearest.failed, len(nearest.resets)), 0.0, "1"),
    ]
    remarks = list(NOT_MEASURED)
    if len(ordered) > 1:
        answered = 0
        while answered < len(ordered) and not ordered[answered].failed:
            answered += 1
        if answered == len(ordered):
            remarks.append("the card answers at the farthest distance too: add spacers to find the reach")
            remarks.append("kartu masih menjawab pada jarak terjauh: tambahkan pengganjal untuk mencari jangkauan")
        reach = ordered[answered - 1].distance_mm if answered else 0.0
        step = (ordered[min(answered, len(ordered) - 1)].distance_mm - reach) or (reach - ordered[-2].distance_mm)
        values.append(Measured("reach", reach, abs(step) / 12**0.5, "mm"))
    series = {
        "distance_mm": np.array([trial.distance_mm for trial in ordered], np.float32),
        "failed_share": np.array([trial.failed / len(trial.resets) for trial in ordered], np.float32),
    }
    first = next((reset.failure for trial in ordered for reset in trial.resets if reset.failure), "")
    return Measurement(PROCEDURE, VERSION, tuple(values), series, (), (*remarks, *([first] if first else ())))

"""How long a card and its reader take: resets, selections, writes and reads."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from calibration.card.conversation import CardExercise, PowerUp
from calibration.errors import TooFewFrames
from calibration.measurement import Measured, Measurement

PROCEDURE, VERSION = "timing", "1"
MIN_TIMES = 20
_DRAWS = 300


def measure(exercise: CardExercise, resets: Sequence[PowerUp]) -> Measurement:
    """`power_up_p50`, `..._p99` and the same of `select`, `write`, `read` in ms; `write_rate` in bytes per second.

    Times are those between call and return: reader, its cable and the operating system are in them.

    Raises
    ------
    TooFewFrames
        Fewer than 20 exchanges of a kind went well.
    """
    taken = {
        "power_up": np.array([reset.seconds for reset in resets if not reset.failure]),
        "select": np.array([s for cycle in exercise.cycles for s in cycle.select_s]),
        "write": np.array([s for cycle in exercise.cycles for s in cycle.write_s]),
        "read": np.array([s for cycle in exercise.cycles for s in cycle.read_s]),
    }
    values = []
    for name, seconds in taken.items():
        if len(seconds) < MIN_TIMES:
            raise TooFewFrames(
                f"{MIN_TIMES} times of {name} are needed and {len(seconds)} were taken; make more cycles"
            )
        for share in (50, 99):
            value, spread = _percentile(1000 * seconds, share)
            values.append(Measured(f"{name}_p{share}", value, spread, "ms"))
    written = sum(cycle.bytes_written for cycle in exercise.cycles if not cycle.failure)
    whole = sum(sum(cycle.write_s) for cycle in exercise.cycles if not cycle.failure)
    rate = written / max(whole, 1e-9)
    scatter = float(taken["write"].std(ddof=1) / taken["write"].mean()) / len(taken["write"]) ** 0.5
    values.append(Measured("write_rate", rate, rate * scatter, "bytes/s"))
    series = {f"{name}_ms": (1000 * seconds).astype(np.float32) for name, seconds in taken.items()}
    return Measurement(PROCEDURE, VERSION, tuple(values), series)


def _percentile(values: NDArray[np.float64], share: float) -> tuple[float, float]:
    """And its standard uncertainty, by drawing the same times again and again."""
    rng = np.random.default_rng(0x54)
    drawn = np.percentile(rng.choice(values, (_DRAWS, len(values))), share, axis=1)
    return float(np.percentile(values, share)), float(drawn.std())

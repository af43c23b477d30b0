"""How long to wait before the next try: full jitter, so that a city's offices do not come back in one second.

Full jitter draws from the whole interval from nothing to an exponentially growing bound. M. Brooker, "Exponential
Backoff And Jitter", AWS Architecture Blog, 2015: of the forms compared there it makes the least work for the server.
"""

import math
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Backoff:
    """Bounds of the waits, in seconds."""

    base_s: float
    """Bound of the wait after the first failure; it doubles with each further one."""
    cap_s: float
    """Largest bound."""

    def __post_init__(self) -> None:
        if not 0 < self.base_s <= self.cap_s:
            raise ValueError(f"a wait of {self.base_s} s that grows to {self.cap_s} s")


CENTRE_BACKOFF = Backoff(2.0, 900.0)
"""Between tries of a centre that was not reached. With a cap of 15 min an office comes back 7.5 min after its centre on
average, and 7,000 offices make 16 tries a second in the meantime."""
PACKET_BACKOFF = Backoff(10.0, 3600.0)
"""Of one packet that makes no progress."""
RETURN_SPREAD_S = 300.0
"""Over which offices spread their first call once something else (the link's state) says that the centre is back."""
LONGEST_ASKED_S = 3600.0
"""What the other side asks for counts up to here: a centre asks for some minutes, and one that errs or is mended sooner
is not to be waited for until somebody comes by. Whoever is away for longer announces it (see `gateway.link`)."""
_LARGEST_DOUBLING = 32


def bound_s(backoff: Backoff, failures: int) -> float:
    """Largest wait after so many failures in a row, 1 at least."""
    if failures < 1:
        raise ValueError("there is nothing to wait for before the first failure")
    return min(backoff.cap_s, backoff.base_s * 2.0 ** min(failures - 1, _LARGEST_DOUBLING))


def wait_s(backoff: Backoff, failures: int, random: Random, retry_after_s: float | None = None) -> float:
    """Seconds to wait after so many failures in a row.

    Parameters
    ----------
    backoff : Backoff
    failures : int
        In a row, 1 at least.
    random : Random
    retry_after_s : float, optional
        What the other side asked for. It knows how many wait, so that nothing grows beyond it; up to `LONGEST_ASKED_S`
        it is obeyed whole, with up to half of it more: else all that were told the same would come back in the same
        second. What is no time (infinite, NaN, negative) was not asked for.
    """
    if retry_after_s is not None and math.isfinite(retry_after_s) and retry_after_s > 0:
        asked_s = min(retry_after_s, LONGEST_ASKED_S)
        return asked_s + random.uniform(0.0, max(backoff.base_s, asked_s / 2))
    return random.uniform(0.0, bound_s(backoff, failures))

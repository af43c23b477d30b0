"""Whose turn it is to send while many wait: rules without a clock or socket, by which a country can be simulated too.

The centre takes what it has capacity for, measured in bytes a second, not in connections: slow lines hold theirs for
long. While others wait, a gateway sends a share of what it has, then makes room and comes again, so that all of them
come to their end together, those with little capacity of their own too. Who has waited longer than usual gets in
first. Those who are turned away are told to come again over such a time that the centre hears from few at once.
"""

from collections import deque
from dataclasses import dataclass
from random import Random

_TURNS = 12
"""Into which a gateway's backlog is cut while others wait; `make simulate` shows what becomes of other numbers."""
_SHORTEST_TURN_BYTES = 4_000_000
_NEWCOMERS, _LONG_WAITING = 0.9, 1.1
"""Shares of the capacity up to which one who has just come, and one who waited for twice as long as is usual, gets in.
Nobody may push the load beyond 1.2 of the capacity."""
_USUAL_WEIGHT = 0.02
_FIRST_WAIT_S = 2.0
_LONGEST_SPREAD_S = 300.0
_LOOKED_BACK_S = 60.0


@dataclass(frozen=True)
class Intake:
    """What is under way at the centre."""

    bytes_per_s: float
    """Of all uploads together."""
    typical_bytes_per_s: float
    """Of one upload: what one more would add."""


class Turns:
    """Who may send; all times are seconds of one monotonic clock, given with each call.

    Parameters
    ----------
    bytes_per_s : float
        What the centre takes durably.
    random : Random
    """

    def __init__(self, bytes_per_s: float, random: Random) -> None:
        self._bytes_per_s = bytes_per_s
        self._random = random
        self._left: dict[str, int] = {}
        """Bytes that a gateway has left of its turn."""
        self._waits_since: dict[str, float] = {}
        self._usual_wait_s = 0.0
        self._turned_away: deque[float] = deque()
        self._whole: deque[float] = deque()

    def is_busy(self, gateway: str, now: float, intake: Intake) -> bool:
        """Whether a gateway that asks would be turned away."""
        if gateway in self._left:
            return not self._has_capacity(_LONG_WAITING, intake)
        return not self._has_capacity(self._share(now - self._waits_since.get(gateway, now)), intake)

    def admits(self, gateway: str, waiting_bytes: int, now: float, intake: Intake) -> bool:
        """Whether an upload may begin; the gateway's turn begins with it, or goes on.

        Parameters
        ----------
        gateway : str
        waiting_bytes : int
            That the gateway offered and has not sent.
        now : float
        intake : Intake
        """
        if self._left.get(gateway, 1) <= 0 and self._others_wait(now):
            del self._left[gateway]
            return False
        if self.is_busy(gateway, now, intake):
            return False
        if gateway not in self._left:
            waited = now - self._waits_since.pop(gateway, now)
            self._usual_wait_s += _USUAL_WEIGHT * (waited - self._usual_wait_s)
            self._left[gateway] = max(_SHORTEST_TURN_BYTES, waiting_bytes // _TURNS)
        return True

    def sent(self, gateway: str, size: int) -> None:
        """Bytes of the gateway arrived."""
        if gateway in self._left:
            self._left[gateway] -= size

    def whole(self, now: float) -> None:
        """A packet arrived whole."""
        self._whole.append(now)

    def leaves(self, gateway: str) -> None:
        """Nothing of the gateway waits any more."""
        self._left.pop(gateway, None)
        self._waits_since.pop(gateway, None)

    def turned_away(self, gateway: str, now: float) -> float:
        """Note that a gateway was; seconds after which it shall come again."""
        self._turned_away.append(now)
        self._waits_since.setdefault(gateway, now)
        self._forget(now)
        per_second = max(len(self._whole), 1) / _LOOKED_BACK_S
        spread = min(_LONGEST_SPREAD_S, max(_FIRST_WAIT_S, (len(self._turned_away) - 1) / per_second))
        return _FIRST_WAIT_S + self._random.uniform(0.0, spread)

    def _share(self, waited_s: float) -> float:
        older = min(1.0, waited_s / (2 * self._usual_wait_s)) if self._usual_wait_s > 0 else 0.0
        return _NEWCOMERS + (_LONG_WAITING - _NEWCOMERS) * older

    def _has_capacity(self, share: float, intake: Intake) -> bool:
        if intake.bytes_per_s <= 0:  # one alone is taken, however small the centre or fast its line
            return True
        return intake.bytes_per_s + intake.typical_bytes_per_s <= self._bytes_per_s * share

    def _others_wait(self, now: float) -> bool:
        self._forget(now)
        return bool(self._turned_away)

    def _forget(self, now: float) -> None:
        for times in (self._turned_away, self._whole):
            while times and now - times[0] > _LOOKED_BACK_S:
                times.popleft()

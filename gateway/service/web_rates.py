"""How often a page may ask: token buckets, and a count of what is under way."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gateway.service.errors import TooManyRequestsError


class TokenBucket:
    """Lets `burst` requests through at once, and `per_s` a second after that.

    Parameters
    ----------
    per_s : float
    burst : float
    clock : callable
        Seconds, never going back.
    """

    def __init__(self, per_s: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._burst = burst
        self._clock = clock
        self._tokens = burst
        self._at = clock()

    def take(self) -> None:
        """Take one; `TooManyRequestsError` with the seconds to wait where none is left."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._per_s)
        self._at = now
        if self._tokens < 1.0:
            raise TooManyRequestsError((1.0 - self._tokens) / self._per_s)
        self._tokens -= 1.0


class Places:
    """So many requests at once."""

    def __init__(self, number: int) -> None:
        self.free = number

    @contextmanager
    def taken(self) -> Iterator[None]:
        """One place for the block; `TooManyRequestsError` where all are taken."""
        if not self.free:
            raise TooManyRequestsError(1.0)
        self.free -= 1
        try:
            yield
        finally:
            self.free += 1

"""What goes over the line, counted: for the quota, and for the forecast."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gateway.forwarding.budget import Quota, allowance, allowed_at_s, spend, worth_a_send
from gateway.forwarding.queue import PacketQueue

_WEIGHT_S = 60.0
"""Seconds of sending after which an earlier goodput counts for half, about."""
_TELLING_S = 2.0
"""A first round tells a goodput after so long."""
FLUSH_S = 30.0
"""Between writes of what was counted; a killed process loses no more of the history."""


class Meter:
    """Counts of one forwarder; any thread may call.

    Parameters
    ----------
    queue : PacketQueue
        Keeps them across restarts.
    quota : Quota
    seconds : callable, optional
        Of a monotonic clock that also tells short times.
    """

    def __init__(self, queue: PacketQueue, quota: Quota, seconds: Callable[[], float] = time.monotonic) -> None:
        self._queue = queue
        self._quota = quota
        self._spending = queue.notes.spending() if quota.limited else {}
        self._lock = threading.Lock()
        self._goodput: float | None = None
        self._looked_s = self._flushed_s = queue.clock()
        self._seconds = 0.0
        self._backlogged_s = 0.0
        self._sent = 0
        self._in_round = 0
        self._monotonic_s = seconds
        self._round_began_s: float | None = None

    @property
    def goodput(self) -> float | None:
        """Bytes acknowledged per second of sending, of late; in the first round what it has shown so far."""
        with self._lock:
            if self._goodput is not None or self._round_began_s is None or not self._in_round:
                return self._goodput
            seconds = self._monotonic_s() - self._round_began_s
            return self._in_round / seconds if seconds >= _TELLING_S else None

    def left(self, *, small: bool) -> int | None:
        """Bytes that the quota leaves; None without one."""
        with self._lock:
            return allowance(self._quota, self._spending, self._queue.clock(), small=small)

    def allows(self, size: int, *, small: bool) -> bool:
        """Whether so many bytes may go now."""
        left = self.left(small=small)
        return left is None or left >= size

    def allowed_at_s(self, size: int, *, small: bool) -> float:
        """Counted seconds at which so many may."""
        with self._lock:
            return allowed_at_s(self._quota, self._spending, self._queue.clock(), size, small=small)

    def charge(self, size: int, *, small: bool) -> None:
        """So many went; kept with the next `flush` or `reserve`."""
        if self._quota.limited:
            with self._lock:
                self._spending = spend(self._spending, self._queue.clock(), size, small=small)

    def reserve(self, size: int, *, small: bool) -> None:
        """So many are about to go: kept before they do."""
        if self._quota.limited:
            self.charge(size, small=small)
            self._queue.notes.keep_spending(self._spending)

    def worth_a_send(self, left_bytes: int) -> int:
        """Bytes that have to be free before a send of what is large begins."""
        return worth_a_send(self._quota, left_bytes)

    def least(self, size: int, *, small: bool) -> int:
        """So many bytes, or as many as the quota ever allows at once."""
        largest = allowance(self._quota, {}, 0.0, small=small)
        return size if largest is None else min(size, largest)

    def tick(self, *, backlogged: bool) -> None:
        """Time has passed since the last one, in which something could have left or not."""
        with self._lock:
            now = self._queue.clock()
            passed, self._looked_s = max(0.0, now - self._looked_s), now
            self._seconds += passed
            self._backlogged_s += passed if backlogged else 0.0
            due = now - self._flushed_s >= FLUSH_S
        if due:
            self.flush()

    def count(self, sent: int) -> None:
        """So many bytes were acknowledged."""
        with self._lock:
            self._sent += sent
            self._in_round += sent

    @contextmanager
    def round(self) -> Iterator[None]:
        """Packets are sent: what is counted meanwhile, by the time that it takes, is the goodput."""
        with self._lock:
            self._in_round, self._round_began_s = 0, self._monotonic_s()
        try:
            yield
        finally:
            self._round_over()

    def _round_over(self) -> None:
        with self._lock:
            began_s, self._round_began_s = self._round_began_s, None
            sent, self._in_round = self._in_round, 0
            seconds = 0.0 if began_s is None else self._monotonic_s() - began_s
            if seconds > 0:
                rate, share = sent / seconds, min(1.0, seconds / _WEIGHT_S + 0.2)
                self._goodput = rate if self._goodput is None else self._goodput + share * (rate - self._goodput)

    def flush(self) -> None:
        """Keep what was counted. Blocking."""
        with self._lock:
            counted = (self._seconds, self._backlogged_s, self._sent)
            self._flushed_s, self._seconds, self._backlogged_s, self._sent = self._queue.clock(), 0.0, 0.0, 0
        if any(counted):
            self._queue.notes.add_history(seconds=counted[0], backlogged_s=counted[1], sent=counted[2])
        if self._quota.limited:
            self._queue.notes.keep_spending(self._spending)

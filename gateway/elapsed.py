"""Seconds that passed on this machine, across restarts: what terms, quotas and ages are counted in.

Within a boot CLOCK_BOOTTIME counts, which nobody can set. Between two boots nothing but the wall clock can tell how
long the machine was off, and no order ever depends on it: a clock that went back counts as no time at all.
"""

from collections.abc import Callable
from dataclasses import dataclass

from gateway.trust import ClockQuality, SignedTime, boot_id, time_now
from gateway.trust.clock import is_plausible

DOUBTFUL_OFF_S = 86_400.0
"""At most so long counts for a machine that was off by clocks of which one cannot be trusted: a day, as a wrong clock
must not end a term that protects somebody's only copy."""
_UNKNOWN_BOOT = "unknown"


@dataclass(frozen=True)
class Moment:
    """A time and the boot that it counts from."""

    time: SignedTime
    boot_id: str


@dataclass(frozen=True)
class Mark:
    """So many seconds were counted at that moment."""

    counted_s: float
    moment: Moment


def moment_now() -> Moment:
    """This instant by the machine's own clock."""
    return Moment(time_now(), boot_id())


def elapsed_s(before: Moment, now: Moment) -> float | None:
    """Seconds from one moment to a later one; None where nobody can know.

    Exact within a boot. Between boots as the wall clock has it, where both times are plausible and in order.
    """
    if before.boot_id == now.boot_id != _UNKNOWN_BOOT:
        return max(0.0, now.time.since_boot_s - before.time.since_boot_s)
    passed = (now.time.wall - before.time.wall).total_seconds()
    return passed if is_plausible(before.time.wall) and passed >= 0 else None


def counted_s(mark: Mark, now: Moment) -> float:
    """Seconds counted at `now`, at least those of the mark."""
    passed = elapsed_s(mark.moment, now) or 0.0
    if mark.moment.boot_id != now.boot_id or now.boot_id == _UNKNOWN_BOOT:
        doubtful = ClockQuality.UNTRUSTED in (mark.moment.time.quality, now.time.quality)
        passed = min(passed, DOUBTFUL_OFF_S) if doubtful else passed
    return mark.counted_s + passed


class CountedClock:
    """Counts on from a mark; any thread may ask.

    Parameters
    ----------
    mark : Mark or None
        That an earlier process kept; None begins at 0.
    read : callable, optional
        This instant.
    """

    def __init__(self, mark: Mark | None, read: Callable[[], Moment] = moment_now) -> None:
        self._read = read
        now = read()
        # What passed since an earlier process is judged once: from here on one boot counts.
        self._start = Mark(0.0 if mark is None else counted_s(mark, now), now)

    def __call__(self) -> float:
        """Seconds counted so far."""
        return self.mark().counted_s

    def mark(self) -> Mark:
        """For a later process to count on from."""
        now = self._read()
        return Mark(counted_s(self._start, now), now)

    def moment(self) -> Moment:
        """This instant."""
        return self._read()

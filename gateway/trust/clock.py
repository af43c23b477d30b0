"""The time of a capture and how far it can be believed."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache, partial
from pathlib import Path

from gateway.trust.clock_drift import UNMEASURED_DRIFT, ClockMemory, SyncPoint
from gateway.trust.clock_source import ClockReading, read_machine_clock

EARLIEST_PLAUSIBLE = datetime(2024, 1, 1, tzinfo=UTC)
"""A clock before this date is wrong: the software is younger. Machines without a battery wake up in 1970."""

LARGEST_TRUSTED_ERROR_S = 1.0
"""The kernel's bound on the error above which a synchronised clock counts as held over."""

LARGEST_RATE = 500e-6
"""Correction beyond which no oscillator needs one (MAXFREQ): the clock is being slewed over a large error, which the
kernel's bound need not count in."""

LARGEST_UNNOTICED_STEP_NS = 10_000_000
"""A clock that was set by less is not said to have jumped; the step is counted into the bound."""

RTC_RESOLUTION_S = 1.0
"""Of the battery-backed clock by which the time of a sleep is known, at each of its ends."""

_SHORTEST_SLEEP_NS = 10_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ClockQuality(StrEnum):
    """How far a wall time can be believed."""

    TRUSTED = "trusted"
    """The kernel says that the clock is synchronised, and bounds its error."""
    HOLDOVER = "holdover"
    """The clock was synchronised earlier in this boot; its error has been growing since."""
    UNTRUSTED = "untrusted"
    """Nothing speaks for the clock: never synchronised in this boot, set since, or plainly wrong."""


@dataclass(frozen=True)
class SignedTime:
    """A time as it is signed.

    Parameters
    ----------
    wall : datetime
        UTC, whole milliseconds.
    since_boot_s : float
        Seconds since the machine's boot with sleep counted (CLOCK_BOOTTIME), whole milliseconds. Together with the
        boot id it orders captures, and lets a wrong wall time be mended later.
    quality : ClockQuality
    uncertainty_s : float or None
        Bound on the error of `wall` in seconds, whole milliseconds; None where `quality` is untrusted.
    """

    wall: datetime
    since_boot_s: float
    quality: ClockQuality
    uncertainty_s: float | None

    def __post_init__(self) -> None:
        if self.wall.utcoffset() != timedelta(0) or self.wall.microsecond % 1000:
            raise ValueError(f"a signed time is UTC in whole milliseconds, not {self.wall.isoformat()}")
        if (self.uncertainty_s is None) != (self.quality is ClockQuality.UNTRUSTED):
            raise ValueError(f"a time that is {self.quality} cannot have the uncertainty {self.uncertainty_s}")


@dataclass(frozen=True)
class ClockJump:
    """Somebody set the clock."""

    by_s: float
    """Seconds; positive where it was set forward."""
    time: SignedTime
    """When it was noticed, by the clock as it was set: untrusted."""


class Clock:
    """Judges readings of the machine's clock, and remembers when it was last synchronised. Safe in any thread.

    Parameters
    ----------
    read : callable, optional
        Gives one `ClockReading`; the machine's own by default.
    boot : str, optional
        Names the boot that the readings belong to; the machine's own by default.
    """

    def __init__(self, read: Callable[[], ClockReading] | None = None, boot: str | None = None) -> None:
        self._read = read or read_machine_clock
        self._memory = ClockMemory(boot_id=boot_id() if boot is None else boot)
        self._jump: ClockJump | None = None
        self._awaits_renewal = False
        self._stale_error_s: float | None = None
        """The kernel's bound when it became doubtful: it only grows until somebody synchronises the clock again."""
        self._lock = threading.Lock()
        self._told: list[Callable[[ClockJump], None]] = []

    def now(self) -> SignedTime:
        """Read the clock and judge it."""
        with self._lock:
            reading = self._read()
            by_ns = self._jumped_by(reading)
            quality, uncertainty_s = self._judge(reading)
            moment = SignedTime(
                wall=_EPOCH + timedelta(milliseconds=reading.wall_ns // 1_000_000),
                since_boot_s=round(reading.boot_ns / 1e9, 3),
                quality=quality,
                uncertainty_s=uncertainty_s,
            )
            jump = ClockJump(by_ns / 1e9, moment) if by_ns else None
            self._jump = jump or self._jump
            told = tuple(self._told) if jump else ()
        for tell in told:
            assert jump is not None
            tell(jump)
        return moment

    @property
    def jump(self) -> ClockJump | None:
        """The last jump, while the clock was not synchronised again since."""
        return self._jump

    @property
    def drift(self) -> float:
        """Relative rate at which the error grows in holdover."""
        return self._memory.drift

    def subscribe(self, tell: Callable[[ClockJump], None]) -> Callable[[], None]:
        """Have each jump told, in the thread that noticed it, before the time that it made doubtful is given out.

        Returns
        -------
        callable
            Ends it.
        """
        with self._lock:
            self._told.append(tell)
        return partial(self._unsubscribe, tell)

    def recall(self, memory: ClockMemory) -> None:
        """Take in what an earlier process knew; what this one found out itself stays.

        A jump since then is noticed at the next reading.
        """
        with self._lock:
            known, recalled = self._memory, memory.of_boot(self._memory.boot_id)
            if known.offset_ns is None:
                self._memory = recalled
            elif len(known.deviations) < len(recalled.deviations):
                self._memory = replace(known, deviations=recalled.deviations)

    def memory(self) -> ClockMemory:
        """What a later process should know."""
        with self._lock:
            return self._memory

    def _unsubscribe(self, tell: Callable[[ClockJump], None]) -> None:
        with self._lock:
            self._told.remove(tell)

    def _jumped_by(self, reading: ClockReading) -> int:
        """Nanoseconds by which the clock was set since it was last right; 0 where it was not."""
        before = self._memory.offset_ns
        if before is None:
            self._memory = replace(self._memory, offset_ns=reading.offset_ns)
            return 0
        # Held against the first reading, not the last: many small steps are one large one.
        by_ns = reading.offset_ns - before
        if abs(by_ns) <= LARGEST_UNNOTICED_STEP_NS + reading.spread_ns:
            return 0
        self._memory = replace(self._memory, offset_ns=reading.offset_ns, last_sync=None)
        self._doubt(reading)
        return by_ns

    def _doubt(self, reading: ClockReading) -> None:
        self._awaits_renewal, self._stale_error_s = True, reading.max_error_s

    def _judge(self, reading: ClockReading) -> tuple[ClockQuality, float | None]:
        if not is_plausible(_EPOCH + timedelta(milliseconds=reading.wall_ns // 1_000_000)):
            return ClockQuality.UNTRUSTED, None
        last = self._memory.last_sync
        slept_ns = reading.asleep_ns - last.asleep_ns if last is not None else 0
        if slept_ns > _SHORTEST_SLEEP_NS and not self._awaits_renewal:
            self._doubt(reading)  # the clock came back by the battery-backed one, which counts seconds
        error_s = self._synchronised_error_s(reading)
        if error_s is not None:
            self._jump, self._awaits_renewal = None, False
            # Between two synchronisations the kernel's bound grows faster than ours need: the earlier point stands.
            if last is None or error_s <= self._held_over_s(reading, last):
                self._memory = self._memory.synchronised(SyncPoint.of(reading, error_s))
            return ClockQuality.TRUSTED, _milliseconds_up(error_s)
        if last is None or last.raw_ns > reading.raw_ns:
            return ClockQuality.UNTRUSTED, None
        return ClockQuality.HOLDOVER, _milliseconds_up(self._held_over_s(reading, last))

    def _synchronised_error_s(self, reading: ClockReading) -> float | None:
        """Bound on the error where the clock is synchronised now."""
        bound_s = reading.max_error_s
        if self._awaits_renewal:
            # Only a synchronisation lowers the kernel's bound, or gives one where there was none.
            renewed = bound_s is not None and (self._stale_error_s is None or bound_s < self._stale_error_s)
            if not renewed:
                self._stale_error_s = bound_s
                return None
        if bound_s is None or abs(reading.frequency) > LARGEST_RATE:
            return None
        error_s = bound_s + reading.pending_s
        return error_s if error_s <= LARGEST_TRUSTED_ERROR_S else None

    def _held_over_s(self, reading: ClockReading, last: SyncPoint) -> float:
        """Bound on the error of a clock that was left to itself since `last`."""
        awake_s = (reading.raw_ns - last.raw_ns) / 1e9
        slept_s = (reading.asleep_ns - last.asleep_ns) / 1e9
        slept_s = slept_s if slept_s * 1e9 > _SHORTEST_SLEEP_NS else 0.0
        passed_s = (reading.wall_ns - last.wall_ns) / 1e9
        # What the wall clock did beyond the correction that was right: a new correction, or small steps.
        strayed_s = abs(passed_s - slept_s - awake_s * (1.0 + last.frequency))
        asleep_s = 2 * RTC_RESOLUTION_S + UNMEASURED_DRIFT * slept_s if slept_s else 0.0
        return last.error_s + strayed_s + self._memory.drift * awake_s + asleep_s


def time_now() -> SignedTime:
    """The time of this instant, judged by one clock for the whole process."""
    return machine_clock().now()


def is_plausible(wall: datetime) -> bool:
    """Whether a clock that shows `wall` can be right at all."""
    return wall >= EARLIEST_PLAUSIBLE


@cache
def boot_id() -> str:
    """The kernel's random name of this boot, a UUID; `unknown` where there is no procfs."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return "unknown"


def _milliseconds_up(seconds: float) -> float:
    return max(1, -int(-seconds * 1000 // 1)) / 1000


@cache
def machine_clock() -> Clock:
    """The one clock of the process, which `time_now` reads."""
    return Clock()

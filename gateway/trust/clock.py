"""The time of a capture and how far it can be believed."""

import ctypes
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path

EARLIEST_PLAUSIBLE = datetime(2024, 1, 1, tzinfo=UTC)
"""A clock before this date is wrong: the software is younger. Machines without a battery wake up in 1970."""

LARGEST_TRUSTED_ERROR_S = 1.0
"""The kernel's bound on the error above which a synchronised clock counts as held over."""

HOLDOVER_DRIFT = 500e-6
"""Drift assumed after synchronisation was lost; the rate at which the kernel lets its own bound grow (MAXFREQ)."""

_STA_UNSYNC = 0x0040  # <linux/timex.h>
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ClockQuality(StrEnum):
    """How far a wall time can be believed."""

    TRUSTED = "trusted"
    """The kernel says that the clock is synchronised, and bounds its error."""
    HOLDOVER = "holdover"
    """The clock was synchronised earlier in this process's life; its error has been growing since."""
    UNTRUSTED = "untrusted"
    """Nothing speaks for the clock: never synchronised, stepped since, or plainly wrong."""


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
class ClockReading:
    """What the machine says of its clocks at one instant."""

    wall_ms: int
    """Milliseconds since 1970 UTC."""
    since_boot_s: float
    max_error_s: float | None
    """The kernel's bound on the error, or None where it calls the clock unsynchronised or does not tell."""


class Clock:
    """Judges readings of the machine's clock, and remembers when it was last synchronised.

    Parameters
    ----------
    read : callable, optional
        Gives one `ClockReading`; the machine's own by default.
    """

    def __init__(self, read: Callable[[], ClockReading] | None = None) -> None:
        self._read = read or read_machine_clock
        self._last_trusted: ClockReading | None = None
        self._lock = threading.Lock()

    def now(self) -> SignedTime:
        """Read the clock and judge it. Safe in any thread."""
        with self._lock:
            reading = self._read()
            quality, uncertainty_s = self._judge(reading)
        return SignedTime(
            wall=_EPOCH + timedelta(milliseconds=reading.wall_ms),
            since_boot_s=round(reading.since_boot_s, 3),
            quality=quality,
            uncertainty_s=uncertainty_s,
        )

    def _judge(self, reading: ClockReading) -> tuple[ClockQuality, float | None]:
        if not is_plausible(_EPOCH + timedelta(milliseconds=reading.wall_ms)):
            return ClockQuality.UNTRUSTED, None
        error_s = reading.max_error_s
        if error_s is not None and error_s <= LARGEST_TRUSTED_ERROR_S:
            self._last_trusted = reading
            return ClockQuality.TRUSTED, _milliseconds_up(error_s)
        last = self._last_trusted
        if last is None or last.max_error_s is None:
            return ClockQuality.UNTRUSTED, None
        elapsed_s = reading.since_boot_s - last.since_boot_s
        bound_s = last.max_error_s + HOLDOVER_DRIFT * elapsed_s
        stepped_s = (reading.wall_ms - last.wall_ms) / 1000 - elapsed_s
        if abs(stepped_s) > bound_s + 0.002:  # both readings are rounded to a millisecond
            return ClockQuality.UNTRUSTED, None
        return ClockQuality.HOLDOVER, _milliseconds_up(bound_s)


def time_now() -> SignedTime:
    """The time of this instant, judged by one clock for the whole process."""
    return _machine_clock().now()


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


def read_machine_clock() -> ClockReading:
    """Read wall clock, boot clock and the kernel's synchronisation state (adjtimex(2), read only)."""
    return ClockReading(
        wall_ms=time.time_ns() // 1_000_000,
        since_boot_s=time.clock_gettime(time.CLOCK_BOOTTIME),
        max_error_s=_kernel_max_error_s(),
    )


class _Timex(ctypes.Structure):
    # adjtimex(2); only what stands before `status` is read, the rest is room for the kernel to write into.
    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * 256),
    )


@cache
def _adjtimex() -> Callable[..., int] | None:
    # Looked up once: that costs more than the call, and every event has a time.
    try:
        function: Callable[..., int] = ctypes.CDLL(None, use_errno=True).adjtimex
    except (OSError, AttributeError):
        return None
    return function


def _kernel_max_error_s() -> float | None:
    adjtimex = _adjtimex()
    if adjtimex is None:
        return None
    timex = _Timex()
    if adjtimex(ctypes.byref(timex)) < 0 or timex.status & _STA_UNSYNC:
        return None
    return float(timex.maxerror) / 1e6


def _milliseconds_up(seconds: float) -> float:
    return max(1, -int(-seconds * 1000 // 1)) / 1000


@cache
def _machine_clock() -> Clock:
    return Clock()

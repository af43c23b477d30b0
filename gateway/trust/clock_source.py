"""What the machine says of its clocks: the kernel's clocks and their discipline, and who disciplines them."""

import ctypes
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

CLOSE_READING_NS = 20_000
"""Wall and boot clock that were read within so long of each other are compared as they are."""
_READ_TRIES = 4

_STA_UNSYNC = 0x0040  # <linux/timex.h>, as the next two
_STA_NANO = 0x2000
_FREQUENCY_UNIT = 1e-6 / 65536  # adjtimex(2): parts per million with a 16-bit fraction


@dataclass(frozen=True)
class ClockReading:
    """The machine's clocks at one instant.

    Linux slews the wall clock and the boot clock together: the two part only where the wall clock is set. The raw
    clock is the bare oscillator, to which no correction is applied (clock_gettime(2)).
    """

    wall_ns: int
    """Nanoseconds since 1970 UTC (CLOCK_REALTIME)."""
    boot_ns: int
    """Since boot, sleep counted (CLOCK_BOOTTIME)."""
    awake_ns: int
    """Since boot, sleep not counted (CLOCK_MONOTONIC)."""
    raw_ns: int
    """Since boot by the bare oscillator, sleep not counted (CLOCK_MONOTONIC_RAW)."""
    max_error_s: float | None
    """The kernel's bound on the error, or None where it calls the clock unsynchronised or does not tell."""
    frequency: float = 0.0
    """Correction that the kernel applies to the oscillator, relative: 1e-6 is one part per million."""
    pending_s: float = 0.0
    """Part of the last correction that the kernel has yet to slew in."""
    spread_ns: int = 0
    """Time that the reading itself took: how far apart the clocks were read at most."""

    @property
    def offset_ns(self) -> int:
        """Wall clock less boot clock: the same for the whole of a boot, unless somebody sets the clock."""
        return self.wall_ns - self.boot_ns

    @property
    def asleep_ns(self) -> int:
        """Time since boot that the machine has slept."""
        return self.boot_ns - self.awake_ns


@dataclass(frozen=True)
class TimeSource:
    """Who keeps the clock synchronised, as far as the machine shows it."""

    name: str
    last_heard: datetime | None
    """When it last synchronised, UTC by the clock itself; None where that cannot be told cheaply."""


def read_machine_clock() -> ClockReading:
    """Read the clocks and the kernel's discipline of them (adjtimex(2), read only)."""
    best: tuple[int, int, int, int, int] | None = None
    for _ in range(_READ_TRIES):
        # The process may lose its turn between two of them; then they do not belong together.
        before = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        wall, awake = time.time_ns(), time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        raw = time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW)
        spread = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - before
        if best is None or spread < best[0]:
            best = spread, wall, before + spread // 2, awake, raw
        if spread <= CLOSE_READING_NS:
            break
    assert best is not None
    spread, wall, boot, awake, raw = best
    return ClockReading(wall, boot, awake, raw, *_discipline(), spread)


def time_source(run: Path = Path("/run")) -> TimeSource | None:
    """The service that synchronises the clock, by what it leaves in `/run`; None where none is seen.

    It decides nothing: whether the clock is synchronised is the kernel's word. Costs a few stat(2).

    References
    ----------
    systemd-timesyncd.service(8): `/run/systemd/timesync/synchronized` is touched at each synchronisation.
    chronyd(8), ntpd(8): run-time folder and file of the process id.
    """
    try:
        heard = (run / "systemd/timesync/synchronized").stat().st_mtime
    except OSError:
        pass
    else:
        return TimeSource("systemd-timesyncd", datetime.fromtimestamp(heard, UTC))
    for name, traces in (("chrony", ("chrony", "chronyd.pid")), ("ntpd", ("ntpd.pid", "ntpsec/ntpd.pid"))):
        if any(os.path.lexists(run / trace) for trace in traces):
            return TimeSource(name, None)
    return None


class _Timex(ctypes.Structure):
    # struct timex of <linux/timex.h>; what follows `tick` is room for the kernel to write into.
    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("constant", ctypes.c_long),
        ("precision", ctypes.c_long),
        ("tolerance", ctypes.c_long),
        ("time_s", ctypes.c_long),
        ("time_us", ctypes.c_long),
        ("tick", ctypes.c_long),
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


@cache
def _nominal_tick_us() -> int:
    return 1_000_000 // os.sysconf("SC_CLK_TCK")


def _discipline() -> tuple[float | None, float, float]:
    """Bound on the error, applied frequency, and what is yet to be slewed."""
    adjtimex = _adjtimex()
    timex = _Timex()
    if adjtimex is None or adjtimex(ctypes.byref(timex)) < 0:
        return None, 0.0, 0.0
    nominal = _nominal_tick_us()
    frequency = timex.freq * _FREQUENCY_UNIT + (timex.tick - nominal) / nominal
    pending_s = abs(timex.offset) * (1e-9 if timex.status & _STA_NANO else 1e-6)
    synchronised = not timex.status & _STA_UNSYNC
    return float(timex.maxerror) / 1e6 if synchronised else None, frequency, pending_s

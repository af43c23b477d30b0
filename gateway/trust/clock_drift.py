"""How far the machine's oscillator was seen to stray from the correction that is applied to it."""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from gateway.trust.clock_source import ClockReading

UNMEASURED_DRIFT = 500e-6
"""Assumed while too little was seen; the rate at which the kernel lets its own bound grow (MAXFREQ)."""

OBSERVED_SPAN_S = 3600.0
"""Length of one observation: ends known to 10 ms give the rate to 6 parts per million."""
OBSERVATIONS_NEEDED = 24
"""As many hours: the oscillator follows the temperature of the room, which has its cycle in a day."""
OBSERVATIONS_KEPT = 168
SAFETY = 2.0
"""The hour to come may be worse than the worst that was seen."""

MEMORY_FILE = "clock.json"
_FORMAT = "rekam-clock"
_VERSION = 1


@dataclass(frozen=True)
class SyncPoint:
    """An instant at which the clock was known to be right, within a bound."""

    wall_ns: int
    boot_ns: int
    awake_ns: int
    raw_ns: int
    error_s: float
    frequency: float

    @classmethod
    def of(cls, reading: ClockReading, error_s: float) -> "SyncPoint":
        """The point that a synchronised reading makes."""
        return cls(reading.wall_ns, reading.boot_ns, reading.awake_ns, reading.raw_ns, error_s, reading.frequency)

    @property
    def asleep_ns(self) -> int:
        """Time since boot that the machine had slept."""
        return self.boot_ns - self.awake_ns


@dataclass(frozen=True)
class ClockMemory:
    """What is known of the clock beyond the life of a process.

    The deviations are the machine's own and hold over boots. All else is that of one boot: the oscillator's nominal
    rate is measured anew at each, and the wall clock comes from elsewhere.
    """

    boot_id: str = ""
    deviations: tuple[float, ...] = ()
    """Of each observed hour: how far the oscillator's true rate lay from any correction applied in that boot."""
    slowest: float | None = None
    """Smallest correction that was applied while synchronised."""
    fastest: float | None = None
    offset_ns: int | None = None
    """Wall clock less boot clock when it was last looked at: another one later means that the clock was set."""
    last_sync: SyncPoint | None = None
    observed_from: SyncPoint | None = None
    """Where the observation that is under way began."""

    @property
    def drift(self) -> float:
        """Relative rate at which the error may grow once synchronisation is lost."""
        seen = SAFETY * max(self.deviations, default=0.0)
        return seen if len(self.deviations) >= OBSERVATIONS_NEEDED else max(seen, UNMEASURED_DRIFT)

    def of_boot(self, boot_id: str) -> "ClockMemory":
        """What of it holds in this boot."""
        if boot_id == self.boot_id and boot_id not in ("", "unknown"):
            return self
        return ClockMemory(boot_id=boot_id, deviations=self.deviations)

    def synchronised(self, point: SyncPoint) -> "ClockMemory":
        """Take in a point at which the clock was right.

        Between two such points the oscillator's true rate is known, however the clock was corrected meanwhile, by a
        step or by slewing. How far it lay from the corrections that were applied is what a clock left to itself
        would have drifted.
        """
        slowest = min(point.frequency, point.frequency if self.slowest is None else self.slowest)
        fastest = max(point.frequency, point.frequency if self.fastest is None else self.fastest)
        known = replace(self, slowest=slowest, fastest=fastest, last_sync=point)
        start = self.observed_from
        # The raw clock stands still while the machine sleeps, so a span with sleep in it tells nothing.
        if start is None or abs(point.asleep_ns - start.asleep_ns) > 1_000_000 or point.raw_ns < start.raw_ns:
            return replace(known, observed_from=point)
        span_s = (point.raw_ns - start.raw_ns) / 1e9
        if span_s < OBSERVED_SPAN_S:
            return known
        rate = (point.wall_ns - start.wall_ns) / 1e9 / span_s - 1.0
        unsure = (point.error_s + start.error_s) / span_s
        deviation = max(abs(rate - slowest), abs(rate - fastest)) + unsure
        return replace(known, observed_from=point, deviations=(*self.deviations, deviation)[-OBSERVATIONS_KEPT:])


def read_clock_memory(path: Path) -> ClockMemory:
    """What was written; nothing known where the file is missing or not whole, since it can be found out again."""
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="ascii"))
        if content.pop("format") != _FORMAT or content.pop("version") != _VERSION:
            return ClockMemory()
        for name in ("last_sync", "observed_from"):
            content[name] = _point(content[name])
        content["deviations"] = tuple(content["deviations"])
        memory = ClockMemory(**content)
        numbers = (memory.slowest, memory.fastest, memory.offset_ns)
        _check_numbers((*memory.deviations, *(each for each in numbers if each is not None)))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return ClockMemory()
    return memory


def write_clock_memory(path: Path, memory: ClockMemory) -> None:
    """Write it, whole or not at all.

    It is not flushed to the disk: an older one that a power cut leaves has an older point and so a wider bound.

    Raises
    ------
    OSError
    """
    part = path.with_name(path.name + ".part")
    text = json.dumps({"format": _FORMAT, "version": _VERSION, **asdict(memory)})
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text + "\n")
    part.replace(path)


def _point(content: dict[str, Any] | None) -> SyncPoint | None:
    if content is None:
        return None
    point = SyncPoint(**content)
    _check_numbers(asdict(point).values())
    return point


def _check_numbers(values: Iterable[object]) -> None:
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < float("inf"):
            raise ValueError("not a finite number")

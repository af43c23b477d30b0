"""When something happened, ordered by the machine's boots and not by a wall clock that somebody may set."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gateway.trust import ClockQuality, SignedTime

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RANK = {ClockQuality.UNTRUSTED: 0, ClockQuality.HOLDOVER: 1, ClockQuality.TRUSTED: 2}


@dataclass(frozen=True, order=True)
class Instant:
    """A time of one boot."""

    boot: int
    """Number of the boot among those that the record knows, from 1; later boots have higher ones."""
    since_boot_ms: int
    """Milliseconds since that boot, sleep counted."""


@dataclass(frozen=True)
class WallTime:
    """A time for people."""

    wall: datetime
    quality: ClockQuality
    uncertainty_s: float | None


@dataclass(frozen=True)
class BootClock:
    """What the wall clock showed in one boot, by the best reading of it.

    A clock that was set right an hour after the start mends the times of that hour too.
    """

    boot_id: str
    offset_ms: int
    """Wall clock (milliseconds since 1970 UTC) less boot clock."""
    quality: ClockQuality
    uncertainty_ms: int | None

    @classmethod
    def of(cls, boot_id: str, time: SignedTime) -> "BootClock":
        """By one reading."""
        uncertainty_ms = None if time.uncertainty_s is None else round(time.uncertainty_s * 1000)
        return cls(boot_id, _milliseconds(time.wall) - round(time.since_boot_s * 1000), time.quality, uncertainty_ms)

    def better(self, other: "BootClock") -> "BootClock":
        """The one to be believed; the later, `other`, where both are as good."""
        return other if _RANK[other.quality] >= _RANK[self.quality] else self

    def wall_time(self, since_boot_ms: int) -> WallTime:
        """The wall time of an instant of this boot."""
        uncertainty_s = None if self.uncertainty_ms is None else self.uncertainty_ms / 1000
        wall = _EPOCH + timedelta(milliseconds=self.offset_ms + since_boot_ms)
        return WallTime(wall, self.quality, uncertainty_s)


def _milliseconds(wall: datetime) -> int:
    return (wall - _EPOCH) // timedelta(milliseconds=1)

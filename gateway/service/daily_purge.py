"""What is past its term, erased once a day without anybody asking; caught up where the computer was off."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from pathlib import Path

import structlog

from gateway.durable_file import write_durably
from gateway.guidance import LocalizedText
from gateway.service.errors import ClockUntrustedError
from gateway.trust import SignedTime, time_now

log = structlog.get_logger(__name__)

MARK_FILE = "purge.json"
RETRY_S = 3600.0
"""After a purge that left something."""


class DailyPurge:
    """Runs the purge when its time of day has come since the last one that left nothing; of the event loop's thread.

    Parameters
    ----------
    state : Path
        The state folder, which keeps when that was.
    at : time or None
        The time of day, by the machine's time zone; None: never.
    purge : callable
        Erases, and gives in words what it could not erase; raises ClockUntrustedError where nobody knows the time.
    clock : callable
    zone : tzinfo, optional
        Another time zone than the machine's.
    """

    def __init__(
        self,
        state: Path,
        at: time | None,
        purge: Callable[[], Awaitable[Sequence[LocalizedText]]],
        clock: Callable[[], SignedTime] = time_now,
        zone: tzinfo | None = None,
    ) -> None:
        self._path = state / MARK_FILE
        self._at = at
        self._purge = purge
        self._clock = clock
        self._zone = zone
        self._last = _read_mark(self._path)
        self._not_before_s: float | None = None
        self._trouble: LocalizedText | None = None

    async def look(self) -> None:
        """Purge if that is due; what fails is told by `warnings` and tried again."""
        now = self._clock().wall
        if not self._due(now):
            return
        loop = asyncio.get_running_loop()
        if self._not_before_s is not None and loop.time() < self._not_before_s:
            return
        try:
            left = await self._purge()
        except ClockUntrustedError:
            # A clock that is set right is met at the next look.
            self._trouble = self._untrusted()
            return
        except Exception:
            log.exception("purge_failed")
            left = (_FAULT,)
        if left:
            self._not_before_s = loop.time() + RETRY_S
            self._trouble = _left_in_words(left)
            return
        self._last, self._not_before_s, self._trouble = now, None, None
        await asyncio.to_thread(self._mark, now)

    def warnings(self) -> tuple[LocalizedText, ...]:
        """What needs a person, now."""
        return () if self._trouble is None else (self._trouble,)

    def _due(self, now: datetime) -> bool:
        if self._at is None:
            return False
        # A mark of a time that is still to come was set by a clock that went wrong: it says nothing.
        return self._last is None or self._last > now or self._last < self._latest(now, self._at)

    def _latest(self, now: datetime, at: time) -> datetime:
        """When it was that time of day last."""
        today = now.astimezone(self._zone).date()
        latest = self._on(today, at)
        return latest if latest <= now else self._on(today - timedelta(days=1), at)

    def _on(self, day: date, at: time) -> datetime:
        naive = datetime.combine(day, at)
        return naive.replace(tzinfo=self._zone) if self._zone is not None else naive.astimezone()

    def _mark(self, now: datetime) -> None:
        try:
            write_durably(self._path, json.dumps({"purged_at": now.isoformat()}).encode("ascii"))
        except OSError as error:
            # The next start purges once more than it would have to.
            log.warning("purge_mark_not_kept", error=error.strerror)

    def _untrusted(self) -> LocalizedText:
        last = self._last
        return LocalizedText(
            id="Data yang lewat masa simpannya tidak dihapus, karena jam komputer ini tidak dapat dipercaya "
            f"(penghapusan terakhir: {'belum pernah' if last is None else f'{last:%Y-%m-%d}'}). Sinkronkan jam "
            "(`timedatectl`), atau periksa jam lalu jalankan `rekam purge --clock-is-right`.",
            en="What is past its term is not erased, as this machine's clock cannot be trusted (last time: "
            f"{'never' if last is None else f'{last:%Y-%m-%d}'}). Synchronise it (`timedatectl`), or look at the clock "
            "and run `rekam purge --clock-is-right`.",
        )


_FAULT = LocalizedText(
    id="kesalahan dalam gateway; rinciannya ada di catatan log.",
    en="a fault inside the gateway; its log has the details.",
)


def _left_in_words(left: Sequence[LocalizedText]) -> LocalizedText:
    return LocalizedText(
        id="Sebagian data yang lewat masa simpannya belum terhapus, dan dicoba lagi dalam satu jam: "
        + " ".join(each.id for each in left),
        en="Some of what is past its term could not be erased, and is tried again within an hour: "
        + " ".join(each.en for each in left),
    )


def _read_mark(path: Path) -> datetime | None:
    """When the last purge ended that left nothing; None where that is not known."""
    try:
        purged_at = datetime.fromisoformat(json.loads(path.read_bytes())["purged_at"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        log.warning("purge_mark_unreadable", file=path.name)
        return None
    return purged_at if purged_at.tzinfo is not None else purged_at.replace(tzinfo=UTC)

"""Outages, announcements and watched time on the disk, each change in one transaction."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from gateway.link.database import FILE_NAME, memory_database, open_database, sqlite_errors
from gateway.link.errors import HistoryCorrupt, HistoryUnwritable, from_os
from gateway.link.instant import BootClock, Instant
from gateway.link.judgement import LinkState
from gateway.link.outage import KnownAnnouncement, Outage, Span
from gateway.link.rows import (
    ANNOUNCEMENT_COLUMNS,
    OUTAGE_COLUMNS,
    announcement_row,
    boot_row,
    outage_row,
    read_announcement,
    read_outage,
    span_row,
)
from gateway.sqlite_file import set_aside, transaction
from gateway.trust import ClockQuality

SPANS_KEPT = 100_000
"""Years of a link that changes its state a hundred times a day."""
ANNOUNCEMENTS_KEPT = 1_000


@dataclass(frozen=True)
class Known:
    """What earlier runs left."""

    boots: dict[int, BootClock]
    open_outage: Outage | None
    announcements: tuple[KnownAnnouncement, ...]
    observed_s: float = 0.0
    """Of the open outage."""


@dataclass
class Changes:
    """What has yet to be written; a later version of the same thing takes the place of an earlier one."""

    boots: dict[int, BootClock] = field(default_factory=dict)
    outages: dict[str, Outage] = field(default_factory=dict)
    spans: dict[str, Span] = field(default_factory=dict)
    announcements: dict[str, KnownAnnouncement] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.boots or self.outages or self.spans or self.announcements)

    def under(self, later: "Changes") -> "Changes":
        """These, where `later` has no later version."""
        return Changes(
            self.boots | later.boots,
            self.outages | later.outages,
            self.spans | later.spans,
            self.announcements | later.announcements,
        )


@dataclass(frozen=True)
class RecordedOutage:
    """An outage of the record, and how long it was watched."""

    outage: Outage
    observed_s: float


class LinkStore:
    """The record of one state folder; made by `open`, closed by `close`; any thread may call."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self.troubles: tuple[str, ...] = ()
        """What a person should know of it."""
        self._connection = connection
        self._lock = threading.Lock()

    @classmethod
    def open(cls, directory: Path) -> Self:
        """Open the record in a state folder, whose lock the caller holds.

        A damaged file is set aside and a new one begun. Where the disk takes no file the record is kept in memory, and
        `troubles` says so: no gateway stays shut for want of a history.

        Raises
        ------
        HistoryTooNew
        """
        path = directory / FILE_NAME
        try:
            try:
                return cls._read(path)
            except HistoryCorrupt as error:
                try:
                    aside = set_aside(path, f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
                except OSError as failed:
                    raise from_os(failed, path) from error
                store = cls._read(path)
                store.troubles = (f"{error.cause} It was set aside as {aside.name}, and a new one begun.",)
                return store
        except HistoryUnwritable as error:
            store = cls(path, memory_database())
            store.troubles = (f"{error} Until the gateway is started again outages are remembered in memory alone.",)
            return store

    @classmethod
    def _read(cls, path: Path) -> Self:
        store = cls(path, open_database(path))
        try:
            store.known()  # what cannot be read later is found now, while it can be set aside
            store._forget_oldest()
        except BaseException:
            store.close()
            raise
        return store

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    def known(self) -> Known:
        """What earlier runs left.

        Raises
        ------
        LinkError
        """
        with self._using() as connection:
            boots = {
                row[0]: BootClock(row[1], row[2], ClockQuality(row[3]), row[4])
                for row in connection.execute("SELECT boot, boot_id, offset_ms, quality, uncertainty_ms FROM boots")
            }
            row = connection.execute(
                f"SELECT {OUTAGE_COLUMNS} FROM outages WHERE ended_by IS NULL"  # noqa: S608 - our own names
                " ORDER BY since_boot DESC, since_ms DESC LIMIT 1"
            ).fetchone()
            announcements = connection.execute(
                f"SELECT {ANNOUNCEMENT_COLUMNS} FROM announcements"  # noqa: S608 - our own names
                " ORDER BY received_boot DESC, received_ms DESC LIMIT ?",
                (ANNOUNCEMENTS_KEPT,),
            ).fetchall()
            outage = None if row is None else read_outage(row)
            (observed_ms,) = connection.execute(
                "SELECT coalesce(sum(ends_ms - begins_ms), 0) FROM spans WHERE outage_id = ?",
                (None if outage is None else outage.outage_id,),
            ).fetchone()
            return Known(boots, outage, tuple(map(read_announcement, announcements[::-1])), observed_ms / 1000)

    def write(self, changes: Changes) -> None:
        """Write all of it, or nothing; on return it is on the disk.

        Raises
        ------
        LinkError
        """
        with self._using() as connection, transaction(connection):
            _put(connection, "boots", [boot_row(boot, clock) for boot, clock in changes.boots.items()])
            _put(connection, "outages", [outage_row(each) for each in changes.outages.values()])
            _put(connection, "spans", [span_row(each) for each in changes.spans.values()])
            _put(connection, "announcements", [announcement_row(each) for each in changes.announcements.values()])

    def outages(self, limit: int, before: Instant | None = None) -> list[RecordedOutage]:
        """Outages, the newest first.

        Parameters
        ----------
        limit : int
        before : Instant, optional
            Only those that began before.

        Raises
        ------
        LinkError
        """
        place = before or Instant(2**62, 0)
        with self._using() as connection:
            rows = connection.execute(
                f"SELECT {OUTAGE_COLUMNS},"  # noqa: S608 - our own names
                " (SELECT coalesce(sum(ends_ms - begins_ms), 0) FROM spans WHERE spans.outage_id = outages.outage_id)"
                " FROM outages WHERE (since_boot, since_ms) < (?, ?)"
                " ORDER BY since_boot DESC, since_ms DESC LIMIT ?",
                (place.boot, place.since_boot_ms, limit),
            ).fetchall()
            return [RecordedOutage(read_outage(row[:-1]), row[-1] / 1000) for row in rows]

    def begins(self) -> list[Instant]:
        """When each outage of the record began.

        Raises
        ------
        LinkError
        """
        with self._using() as connection:
            return [Instant(*row) for row in connection.execute("SELECT since_boot, since_ms FROM outages")]

    def spans(self) -> list[Span]:
        """All watched time, in order.

        Raises
        ------
        LinkError
        """
        with self._using() as connection:
            rows = connection.execute(
                "SELECT span_id, state, boot, begins_ms, ends_ms, outage_id FROM spans ORDER BY boot, begins_ms"
            ).fetchall()
            return [
                Span(row[0], LinkState(row[1]), Instant(row[2], row[3]), Instant(row[2], row[4]), row[5])
                for row in rows
            ]

    def _forget_oldest(self) -> None:
        with self._using() as connection, transaction(connection):
            connection.execute(
                "DELETE FROM spans WHERE span_id IN"
                " (SELECT span_id FROM spans ORDER BY boot DESC, begins_ms DESC LIMIT -1 OFFSET ?)",
                (SPANS_KEPT,),
            )

    @contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        with self._lock, sqlite_errors(self.path):
            try:
                yield self._connection
            except (ValueError, TypeError, OverflowError) as error:  # a word that this version does not know
                raise HistoryCorrupt(
                    f"The record of outages {self.path} holds what it should not.", f"Move it away ({error})."
                ) from error


def _put(connection: sqlite3.Connection, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        places = ", ".join("?" * len(rows[0]))
        connection.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({places})", rows)  # noqa: S608

"""The file of the outbox while it is open: one connection, one lock, one count of seconds."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from gateway.elapsed import CountedClock, Mark, Moment, moment_now
from gateway.forwarding import database
from gateway.forwarding.database import sqlite_errors
from gateway.forwarding.errors import OutboxCorrupt, from_os, unwritable
from gateway.forwarding.rows import SELECT_MARK, mark_row, read_mark
from gateway.sqlite_file import set_aside, transaction


class OutboxFile:
    """Made by `open`, closed by `close`; any thread may use it.

    Parameters
    ----------
    path : Path
    connection : sqlite3.Connection
    read : callable
        This instant.
    replaced : str
        Name of the damaged file that was set aside; empty where none was.
    """

    def __init__(
        self, path: Path, connection: sqlite3.Connection, read: Callable[[], Moment], replaced: str = ""
    ) -> None:
        self.path = path
        self.replaced = replaced
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = connection
        self.clock = CountedClock(self._mark(), read)
        """Counts the seconds of this file."""

    @classmethod
    def open(cls, state: Path, read: Callable[[], Moment] = moment_now) -> Self:
        """Open the outbox of a state folder; see `PacketQueue.open`."""
        path = state / database.FILE_NAME
        try:
            state.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                return cls(path, database.open_database(path), read)
            except OutboxCorrupt:
                aside = set_aside(path, f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
                return cls(path, database.open_database(path), read, aside.name)
        except OSError as error:
            raise from_os(error, path) from error

    @contextmanager
    def using(self) -> Iterator[sqlite3.Connection]:
        """The connection, to read with."""
        with self._lock:
            if self._connection is None:
                raise unwritable(self.path, "it is closed")
            with sqlite_errors(self.path):
                yield self._connection

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that also says how far the count is: what was counted is never counted again."""
        with self.using() as connection, transaction(connection):
            yield connection
            connection.execute(
                "INSERT OR REPLACE INTO counted VALUES (1, ?, ?, ?, ?, ?, ?)", mark_row(self.clock.mark())
            )

    def close(self) -> None:
        """Let go of the file; a second call does nothing."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _mark(self) -> Mark | None:
        with self.using() as connection:
            row = connection.execute(SELECT_MARK).fetchone()
        return None if row is None else read_mark(row)

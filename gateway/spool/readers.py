"""Connections for reading, each used by one thread at a time."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gateway.spool import database


class Readers:
    """Lends connections to the file that stands at `path` now; one to a file that was set aside is not lent again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Condition()
        self._generation = 0
        self._lent = 0

    @contextmanager
    def borrow(self) -> Iterator[sqlite3.Connection]:
        """A connection for the block, in which SQLite's errors become the spool's."""
        with self._lock:
            generation = self._generation
            connection = self._idle.pop() if self._idle else None
            self._lent += 1
        try:
            if connection is None:
                connection = database.open_reader(self._path)
            try:
                with database.sqlite_errors(self._path):
                    yield connection
            finally:
                self._take_back(connection, generation)
        finally:
            with self._lock:
                self._lent -= 1
                self._lock.notify_all()

    def close(self, *, wait_s: float = 0.0) -> None:
        """Close the idle ones; those that are lent are closed when they come back, which is waited for up to `wait_s`.

        SQLite empties the write-ahead log into the one file only when no other connection is open.
        """
        with self._lock:
            self._generation += 1
            idle, self._idle = self._idle, []
        for connection in idle:
            with suppress(sqlite3.Error):
                connection.close()
        if wait_s:
            with self._lock:
                self._lock.wait_for(lambda: self._lent == 0, wait_s)

    def _take_back(self, connection: sqlite3.Connection, generation: int) -> None:
        with self._lock:
            keep = generation == self._generation
            if keep:
                self._idle.append(connection)
        if not keep:
            connection.close()

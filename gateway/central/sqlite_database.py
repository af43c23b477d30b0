"""The embedded database: one SQLite file in the centre's folder."""

import queue
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from gateway.central.database import Row, Statements
from gateway.central.errors import StoreError, StoreFull, StoreUnavailable
from gateway.guidance import LocalizedText
from gateway.sqlite_file import SqliteFault, connected, make_private, sqlite_fault, transaction, write_ahead

_READERS = 4


class SqliteDatabase:
    """One connection that writes and some that read beside it, in write-ahead mode.

    Parameters
    ----------
    path : Path
        Made, mode 0600, where it is missing.

    Raises
    ------
    StoreError
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._readers: queue.SimpleQueue[sqlite3.Connection] = queue.SimpleQueue()
        with self._told():
            make_private(path)
            self._writer = connected(path)
            write_ahead(self._writer)
            self._writer.execute("PRAGMA foreign_keys = ON")
            for _ in range(_READERS):
                self._readers.put(connected(path))

    @contextmanager
    def reading(self) -> Iterator[Statements]:
        """For a look at one state of the file."""
        connection = self._readers.get()
        try:
            with self._told():
                connection.execute("BEGIN")
                try:
                    yield _SqliteStatements(connection)
                finally:
                    connection.execute("ROLLBACK")
        finally:
            self._readers.put(connection)

    @contextmanager
    def writing(self) -> Iterator[Statements]:
        """One transaction; others of this process wait for it, those of other processes for 10 s at most."""
        with self._told(), self._lock, transaction(self._writer):
            yield _SqliteStatements(self._writer)

    def close(self) -> None:
        """Let go of the file."""
        for _ in range(_READERS):
            self._readers.get().close()
        with self._lock:
            self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise self._fault(error) from error
        except OSError as error:
            raise StoreError(_unwritable(self._path, error.strerror or str(error))) from error

    def _fault(self, error: sqlite3.Error) -> StoreError:
        code = getattr(error, "sqlite_errorcode", None)
        if code is not None and code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return StoreUnavailable(
                LocalizedText(
                    id=f"Proses lain sedang menulis ke {self._path}; coba lagi sebentar lagi.",
                    en=f"Another process writes to {self._path}; try again in a moment.",
                )
            )
        match sqlite_fault(error, self._path):
            case SqliteFault.FULL:
                return StoreFull(
                    LocalizedText(
                        id=f"Disk penuh: {self._path} tidak dapat bertambah. Kosongkan ruang; tidak ada yang hilang.",
                        en=f"The disk is full: {self._path} cannot grow. Free space; nothing is lost.",
                    )
                )
            case SqliteFault.UNWRITABLE:
                return StoreError(_unwritable(self._path, str(error)))
        return StoreError(
            LocalizedText(
                id=f"{self._path} rusak ({error}). Pulihkan dari cadangan; kantor mengirim ulang yang belum ada.",
                en=f"{self._path} is damaged ({error}). Put it back from a backup; offices send again what is missing.",
            )
        )


class _SqliteStatements:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def rows(self, sql: str, *values: object) -> list[Row]:
        return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: object) -> Row | None:
        # All of them: a statement with RETURNING is not done until its rows are taken.
        rows = self.rows(sql, *values)
        return rows[0] if rows else None

    def run(self, sql: str, *values: object) -> int:
        return self._connection.execute(sql, values).rowcount


def _unwritable(path: Path, cause: str) -> LocalizedText:
    return LocalizedText(
        id=f"{path} tidak dapat dibaca atau ditulis: {cause}. Periksa folder, pemilik, dan disknya.",
        en=f"{path} cannot be read or written: {cause}. Check the folder, its owner and the disk.",
    )

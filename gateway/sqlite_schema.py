"""A room's SQLite file, opened: made where it is missing, known by its version, and whole."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.sqlite_file import connected, is_new, make_private, transaction, write_ahead


@dataclass(frozen=True)
class SqliteSchema:
    """What a room's file holds, and the room's words where it does not.

    Parameters
    ----------
    version : int
        From 1; the file's user version.
    tables : str
        CREATE statements; the last line of each ends with its semicolon.
    too_new, foreign : callable
        The error of a file with that version, which is a later gateway's, or nobody's.
    damaged : callable
        The error of a file of which SQLite says that.
    first_rows : tuple of str
        INSERT statements of a new file.
    pragmas : tuple of str
        Of each connection.
    empties_log : bool
        A new file is one file from the beginning, with nothing in its log.
    """

    version: int
    tables: str
    too_new: Callable[[Path, int], Exception]
    foreign: Callable[[Path, int], Exception]
    damaged: Callable[[Path, str], Exception]
    first_rows: tuple[str, ...] = ()
    pragmas: tuple[str, ...] = ()
    empties_log: bool = False

    def create(self, connection: sqlite3.Connection) -> None:
        """Make everything in an empty file, or nothing."""
        with transaction(connection):
            for statement in (*_statements(self.tables), *self.first_rows):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {self.version}")
        if self.empties_log:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def opened(path: Path, schema: SqliteSchema) -> sqlite3.Connection:
    """Open a file, or make it, private and in write-ahead mode; the caller holds the state folder's lock.

    Raises
    ------
    OSError
        It cannot be made.
    sqlite3.Error
    Exception
        What the schema says of a file of another version, or one that is damaged.
    """
    make_private(path)
    connection = connected(path)
    try:
        write_ahead(connection)
        for pragma in schema.pragmas:
            connection.execute(pragma)
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > schema.version:
            raise schema.too_new(path, version)
        if is_new(connection, version):
            schema.create(connection)
        elif version != schema.version:
            raise schema.foreign(path, version)
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise schema.damaged(path, str(verdict))
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def given_as(error_of: Callable[[sqlite3.Error, Path], Exception], path: Path) -> Iterator[None]:
    """Turn SQLite's errors inside the block into a room's."""
    try:
        yield
    except sqlite3.Error as error:
        raise error_of(error, path) from error


def _statements(script: str) -> Iterator[str]:
    # executescript would commit by itself, and a trigger has semicolons within.
    statement = ""
    for line in script.strip().splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""

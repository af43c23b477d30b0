"""The SQLite file of calibrations: its tables, which only grow, and whether it is whole."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.calibration.errors import RecordsCorrupt, RecordsTooNew, from_os, from_sqlite
from gateway.sqlite_file import connected, is_new, make_private, transaction, write_ahead

SCHEMA_VERSION = 1
FILE_NAME = "calibration.db"

_TABLES = """
CREATE TABLE entries (
    device_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    entry_id TEXT NOT NULL UNIQUE,
    digest TEXT NOT NULL,
    jws BLOB NOT NULL,
    PRIMARY KEY (device_id, sequence)
) STRICT;
CREATE TABLE series (
    sha256 TEXT PRIMARY KEY,
    content BLOB NOT NULL
) STRICT;
CREATE TABLE parts (
    run_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    procedure TEXT NOT NULL,
    measured_ms INTEGER NOT NULL,
    payload BLOB NOT NULL,
    PRIMARY KEY (run_id, procedure)
) STRICT;
CREATE TABLE looks (
    device_id TEXT NOT NULL,
    looked_ms INTEGER NOT NULL,
    figures TEXT NOT NULL,
    PRIMARY KEY (device_id, looked_ms)
) STRICT;
CREATE TRIGGER entries_stay BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'entries are kept'); END;
CREATE TRIGGER entries_are_final BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'entries are kept'); END;
"""


def open_database(path: Path) -> sqlite3.Connection:
    """Open the file, or make it; the caller holds the state folder's lock.

    Raises
    ------
    RecordsCorrupt, RecordsTooNew, RecordsUnwritable
    """
    try:
        make_private(path)
    except OSError as error:
        raise from_os(error, path) from error
    with sqlite_errors(path):
        connection = connected(path)
    try:
        with sqlite_errors(path):
            write_ahead(connection)
            _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def sqlite_errors(path: Path) -> Iterator[None]:
    """Give SQLite's errors as ours."""
    try:
        yield
    except sqlite3.Error as error:
        raise from_sqlite(error, path) from error


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if is_new(connection, version):
        with transaction(connection):
            for statement in _statements(_TABLES):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        return
    if version > SCHEMA_VERSION:
        raise RecordsTooNew(
            f"The file of calibrations {path} was made by a newer gateway (version {version}).",
            "Start that one, or move the file away.",
        )
    if version != SCHEMA_VERSION:
        raise RecordsCorrupt(f"{path} is no file of calibrations (version {version}).", "Move it away.")
    (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise RecordsCorrupt(f"The file of calibrations {path} is damaged ({found}).", "Start the gateway again.")


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.strip().splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""

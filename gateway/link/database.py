"""The SQLite file of outages: its tables, and whether it is whole."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.link.errors import HistoryCorrupt, HistoryTooNew, LinkError, from_os, from_sqlite
from gateway.sqlite_file import connected, is_new, make_private, transaction, write_ahead

SCHEMA_VERSION = 1
FILE_NAME = "link.db"

_TABLES = """
CREATE TABLE boots (
    boot INTEGER PRIMARY KEY,
    boot_id TEXT NOT NULL,
    offset_ms INTEGER NOT NULL,
    quality TEXT NOT NULL,
    uncertainty_ms INTEGER
) STRICT;
CREATE TABLE outages (
    outage_id TEXT PRIMARY KEY,
    since_boot INTEGER NOT NULL,
    since_ms INTEGER NOT NULL,
    noticed_boot INTEGER NOT NULL,
    noticed_ms INTEGER NOT NULL,
    noticed_by TEXT NOT NULL,
    cause TEXT NOT NULL,
    ended_boot INTEGER,
    ended_ms INTEGER,
    ended_by TEXT,
    captures_before INTEGER NOT NULL,
    captures_latest INTEGER NOT NULL,
    enrolments_before INTEGER NOT NULL,
    enrolments_latest INTEGER NOT NULL
) STRICT;
CREATE INDEX outages_by_begin ON outages (since_boot, since_ms);
CREATE TABLE spans (
    span_id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    boot INTEGER NOT NULL,
    begins_ms INTEGER NOT NULL,
    ends_ms INTEGER NOT NULL,
    outage_id TEXT
) STRICT;
CREATE INDEX spans_by_begin ON spans (boot, begins_ms);
CREATE INDEX spans_of_an_outage ON spans (outage_id) WHERE outage_id IS NOT NULL;
CREATE TABLE announcements (
    key TEXT PRIMARY KEY,
    centre_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    issued_ms INTEGER NOT NULL,
    begins_ms INTEGER NOT NULL,
    expected_return_ms INTEGER,
    words_id TEXT NOT NULL,
    words_en TEXT NOT NULL,
    received_by TEXT NOT NULL,
    received_boot INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    signed INTEGER NOT NULL,
    entered_by TEXT NOT NULL,
    jws BLOB NOT NULL,
    ended INTEGER NOT NULL
) STRICT;
"""


def open_database(path: Path) -> sqlite3.Connection:
    """Open the file, or make it; the caller holds the state folder's lock.

    Raises
    ------
    HistoryCorrupt, HistoryTooNew, HistoryUnwritable
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


def memory_database() -> sqlite3.Connection:
    """What is kept while the disk takes nothing: it is gone with the process."""
    connection = connected(Path(":memory:"))
    with transaction(connection):
        _create(connection)
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
    if version > SCHEMA_VERSION:
        raise HistoryTooNew(
            f"The record of outages {path} has version {version}; this gateway knows {SCHEMA_VERSION}.",
            "Start the newer gateway that made it, or move the file away.",
        )
    if is_new(connection, version):
        with transaction(connection):
            _create(connection)
    elif version != SCHEMA_VERSION:
        raise _damaged(path, f"version {version}")
    (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise _damaged(path, str(found))


def _create(connection: sqlite3.Connection) -> None:
    for statement in _TABLES.split(";"):  # executescript would commit by itself
        if statement.strip():
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _damaged(path: Path, what: str) -> LinkError:
    return HistoryCorrupt(f"The record of outages {path} is damaged ({what}).", "It is set aside.")

"""The SQLite file of enrolments: its settings, its tables, and whether it is whole."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.enrolment.errors import StoreTooNew, corrupt, from_os, from_sqlite
from gateway.sqlite_file import connected, is_new, make_private, transaction, write_ahead

SCHEMA_VERSION = 1
FILE_NAME = "enrolments.sqlite3"

_TABLES = """
CREATE TABLE enrolments (
    enrolment_id TEXT PRIMARY KEY,
    line BLOB NOT NULL,
    state TEXT NOT NULL,
    started_ms INTEGER NOT NULL,
    ended_ms INTEGER,
    retention_days INTEGER NOT NULL,
    sealing INTEGER NOT NULL,
    unfinished TEXT,
    data_key BLOB,
    summary BLOB
) STRICT;
CREATE INDEX enrolments_by_start ON enrolments (started_ms);
CREATE TABLE journal (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    enrolment_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    kind TEXT NOT NULL,
    wall_ms INTEGER NOT NULL,
    since_boot_ms INTEGER NOT NULL,
    quality TEXT NOT NULL,
    uncertainty_ms INTEGER,
    boot_id TEXT NOT NULL,
    actor TEXT NOT NULL,
    details TEXT NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (enrolment_id, version)
) STRICT;
CREATE TABLE contents (
    enrolment_id TEXT NOT NULL,
    name TEXT NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (enrolment_id, name)
) STRICT;
CREATE TABLE audited (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    number INTEGER NOT NULL
) STRICT;
"""


def open_database(path: Path) -> sqlite3.Connection:
    """Open the file, or make it; the caller holds the state folder's lock.

    Raises
    ------
    StoreCorrupt, StoreTooNew, StoreFull, StoreUnwritable
    """
    try:
        make_private(path)
    except OSError as error:
        raise from_os(error, path) from error
    with sqlite_errors(path):
        connection = connected(path)
    try:
        with sqlite_errors(path):
            _configure(connection)
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version > SCHEMA_VERSION:
                raise StoreTooNew(
                    f"The journal of enrolments {path} has version {version}; this gateway knows {SCHEMA_VERSION}.",
                    "Start the newer gateway that made it, or give this one another state folder.",
                )
            if is_new(connection, version):
                _create(connection)
            elif version != SCHEMA_VERSION:
                raise corrupt(path, "it holds tables, but not those of a journal")
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != "ok":
                raise corrupt(path, verdict)
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def sqlite_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors inside the block into the room's."""
    try:
        yield
    except sqlite3.Error as error:
        raise from_sqlite(error, path) from error


def _configure(connection: sqlite3.Connection) -> None:
    write_ahead(connection)
    connection.execute("PRAGMA secure_delete = ON")  # an erased key does not stay in free pages
    connection.execute(f"PRAGMA journal_size_limit = {8 << 20}")


def _create(connection: sqlite3.Connection) -> None:
    with transaction(connection):
        for statement in _TABLES.split(";"):
            connection.execute(statement)
        connection.execute("INSERT INTO audited VALUES (1, 0)")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

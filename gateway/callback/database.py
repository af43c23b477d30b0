"""The SQLite file of the call-back list: its settings, its tables, and whether it is whole."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.callback.errors import ListTooNew, damaged, from_os, from_sqlite
from gateway.sqlite_file import connected, is_new, make_private, transaction, write_ahead

SCHEMA_VERSION = 1
FILE_NAME = "callbacks.sqlite3"

# In clear: what is due when, and what it cost. Persons and occasions are keyed digests, the rest is encrypted.
_TABLES = """
CREATE TABLE people (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    callback_id TEXT NOT NULL UNIQUE,
    person BLOB NOT NULL,
    wanted BLOB NOT NULL,
    purpose TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (person, wanted)
) STRICT;
CREATE TABLE notices (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    notice_id TEXT NOT NULL UNIQUE,
    callback_id TEXT NOT NULL,
    person BLOB NOT NULL,
    event BLOB NOT NULL,
    state TEXT NOT NULL,
    tries INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    due_ms INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL,
    segments INTEGER NOT NULL,
    reason TEXT NOT NULL,
    parts TEXT NOT NULL,
    body BLOB,
    UNIQUE (person, event)
) STRICT;
CREATE INDEX notices_by_state ON notices (state, due_ms);
CREATE TABLE tries (
    notice_id TEXT NOT NULL,
    try INTEGER NOT NULL,
    begun_ms INTEGER NOT NULL,
    segments INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    PRIMARY KEY (notice_id, try)
) STRICT;
CREATE INDEX tries_by_time ON tries (begun_ms);
"""


def open_database(path: Path) -> sqlite3.Connection:
    """Open the file, or make it; the caller holds the state folder's lock.

    Raises
    ------
    CallbackError
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
            connection.execute("PRAGMA secure_delete = ON")  # who was erased does not stay in free pages
            connection.execute(f"PRAGMA journal_size_limit = {1 << 20}")
            _check(connection, path)
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


def _check(connection: sqlite3.Connection, path: Path) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > SCHEMA_VERSION:
        raise ListTooNew(
            f"The call-back list {path} has version {version}; this gateway knows {SCHEMA_VERSION}.",
            "Start the newer gateway that made it, or give this one another state folder.",
        )
    if is_new(connection, version):
        with transaction(connection):
            for statement in _TABLES.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    elif version != SCHEMA_VERSION:
        raise damaged(path, "it holds tables, but not those of a call-back list")
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise damaged(path, verdict)

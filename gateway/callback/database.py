"""The SQLite file of the call-back list: its settings, its tables, and whether it is whole."""

import sqlite3
from functools import partial
from pathlib import Path

from gateway.callback.errors import ListTooNew, damaged, from_os, from_sqlite
from gateway.sqlite_file import connected, header_of, transaction
from gateway.sqlite_schema import SqliteSchema, given_as, opened

SCHEMA_VERSION = 2
FILE_NAME = "callbacks.sqlite3"

# In clear: what is due when, and what it cost. Persons and occasions are keyed digests, the rest is encrypted.
# doubtful: written while nothing spoke for the clock; see `dating`.
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
    doubtful INTEGER NOT NULL DEFAULT 0,
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
    doubtful INTEGER NOT NULL DEFAULT 0,
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
_FROM_VERSION_1 = (
    "ALTER TABLE people ADD COLUMN doubtful INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE notices ADD COLUMN doubtful INTEGER NOT NULL DEFAULT 0",
)

_SCHEMA = SqliteSchema(
    SCHEMA_VERSION,
    _TABLES,
    too_new=lambda path, version: ListTooNew(
        f"The call-back list {path} has version {version}; this gateway knows {SCHEMA_VERSION}.",
        "Start the newer gateway that made it, or give this one another state folder.",
    ),
    foreign=lambda path, _: damaged(path, "it holds tables, but not those of a call-back list"),
    damaged=damaged,
    # Who was erased does not stay in free pages.
    pragmas=(
        "PRAGMA secure_delete = ON",
        f"PRAGMA journal_size_limit = {1 << 20}",
    ),
    empties_log=True,
)

sqlite_errors = partial(given_as, from_sqlite)
"""Turns SQLite's errors inside a block about a path into the room's."""


def open_database(path: Path) -> sqlite3.Connection:
    """Open the file, or make it; the caller holds the state folder's lock.

    Raises
    ------
    CallbackError
    """
    try:
        with sqlite_errors(path):
            _bring_up_to_date(path)
            return opened(path, _SCHEMA)
    except OSError as error:
        raise from_os(error, path) from error


def _bring_up_to_date(path: Path) -> None:
    """Give a file of version 1 the columns that came after it, all or none."""
    if int.from_bytes(header_of(path)[60:64], "big") != 1:
        return
    connection = connected(path)
    try:
        # The header is behind while a power cut keeps what was committed in the log alone.
        if connection.execute("PRAGMA user_version").fetchone() == (1,):
            with transaction(connection):
                for statement in _FROM_VERSION_1:
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    finally:
        connection.close()

"""The SQLite file of the call-back list: its settings, its tables, and whether it is whole."""

import sqlite3
from functools import partial
from pathlib import Path

from gateway.callback.errors import ListTooNew, damaged, from_os, from_sqlite
from gateway.sqlite_schema import SqliteSchema, given_as, opened

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
            return opened(path, _SCHEMA)
    except OSError as error:
        raise from_os(error, path) from error

"""The SQLite file of enrolments: its settings, its tables, and whether it is whole."""

import sqlite3
from functools import partial
from pathlib import Path

from gateway.enrolment.errors import StoreTooNew, corrupt, from_os, from_sqlite
from gateway.sqlite_schema import SqliteSchema, given_as, opened

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

_SCHEMA = SqliteSchema(
    SCHEMA_VERSION,
    _TABLES,
    too_new=lambda path, version: StoreTooNew(
        f"The journal of enrolments {path} has version {version}; this gateway knows {SCHEMA_VERSION}.",
        "Start the newer gateway that made it, or give this one another state folder.",
    ),
    foreign=lambda path, _: corrupt(path, "it holds tables, but not those of a journal"),
    damaged=corrupt,
    first_rows=("INSERT INTO audited VALUES (1, 0)",),
    # An erased key does not stay in free pages.
    pragmas=(
        "PRAGMA secure_delete = ON",
        f"PRAGMA journal_size_limit = {8 << 20}",
    ),
    empties_log=True,
)

sqlite_errors = partial(given_as, from_sqlite)
"""Turns SQLite's errors inside a block about a path into the room's."""


def open_database(path: Path) -> sqlite3.Connection:
    """Open the file, or make it; the caller holds the state folder's lock.

    Raises
    ------
    StoreCorrupt, StoreTooNew, StoreFull, StoreUnwritable
    """
    try:
        with sqlite_errors(path):
            return opened(path, _SCHEMA)
    except OSError as error:
        raise from_os(error, path) from error

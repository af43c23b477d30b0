"""The SQLite file of outages: its tables, and whether it is whole."""

import sqlite3
from functools import partial
from pathlib import Path

from gateway.link.errors import HistoryCorrupt, HistoryTooNew, LinkError, from_os, from_sqlite
from gateway.sqlite_file import connected
from gateway.sqlite_schema import SqliteSchema, given_as, opened

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


def _damaged(path: Path, what: str) -> LinkError:
    return HistoryCorrupt(f"The record of outages {path} is damaged ({what}).", "It is set aside.")


_SCHEMA = SqliteSchema(
    SCHEMA_VERSION,
    _TABLES,
    too_new=lambda path, version: HistoryTooNew(
        f"The record of outages {path} has version {version}; this gateway knows {SCHEMA_VERSION}.",
        "Start the newer gateway that made it, or move the file away.",
    ),
    foreign=lambda path, version: _damaged(path, f"version {version}"),
    damaged=_damaged,
)

sqlite_errors = partial(given_as, from_sqlite)
"""Turns SQLite's errors inside a block about a path into the room's."""


def open_database(path: Path) -> sqlite3.Connection:
    """Open the file, or make it; the caller holds the state folder's lock.

    Raises
    ------
    HistoryCorrupt, HistoryTooNew, HistoryUnwritable
    """
    try:
        with sqlite_errors(path):
            return opened(path, _SCHEMA)
    except OSError as error:
        raise from_os(error, path) from error


def memory_database() -> sqlite3.Connection:
    """What is kept while the disk takes nothing: it is gone with the process."""
    connection = connected(Path(":memory:"))
    _SCHEMA.create(connection)
    return connection

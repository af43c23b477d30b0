"""The SQLite file of calibrations: its tables, which only grow, and whether it is whole."""

import sqlite3
from functools import partial
from pathlib import Path

from gateway.calibration.errors import RecordsCorrupt, RecordsTooNew, from_os, from_sqlite
from gateway.sqlite_schema import SqliteSchema, given_as, opened

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

_SCHEMA = SqliteSchema(
    SCHEMA_VERSION,
    _TABLES,
    too_new=lambda path, version: RecordsTooNew(
        f"The file of calibrations {path} was made by a newer gateway (version {version}).",
        "Start that one, or move the file away.",
    ),
    foreign=lambda path, version: RecordsCorrupt(
        f"{path} is no file of calibrations (version {version}).", "Move it away."
    ),
    damaged=lambda path, verdict: RecordsCorrupt(
        f"The file of calibrations {path} is damaged ({verdict}).", "Start the gateway again."
    ),
)

sqlite_errors = partial(given_as, from_sqlite)
"""Turns SQLite's errors inside a block about a path into the room's."""


def open_database(path: Path) -> sqlite3.Connection:
    """Open the file, or make it; the caller holds the state folder's lock.

    Raises
    ------
    RecordsCorrupt, RecordsTooNew, RecordsUnwritable
    """
    try:
        with sqlite_errors(path):
            return opened(path, _SCHEMA)
    except OSError as error:
        raise from_os(error, path) from error

"""The SQLite file of the ledger: its settings, its tables, and whether it is whole."""

import sqlite3
from functools import partial
from pathlib import Path

from gateway.ledger.errors import LedgerTooNew, corrupt, from_os, from_sqlite
from gateway.sqlite_schema import SqliteSchema, given_as, opened

SCHEMA_VERSION = 1
FILE_NAME = "statuses.sqlite3"

_TABLES = """
CREATE TABLE enrolments (
    enrolment_id TEXT PRIMARY KEY,
    status TEXT NOT NULL,
    packet_id TEXT NOT NULL,
    since_number INTEGER NOT NULL,
    conflicts INTEGER NOT NULL,
    final INTEGER NOT NULL,
    abandoned INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX enrolments_by_wait ON enrolments (abandoned, final, since_number);
CREATE INDEX enrolments_by_packet ON enrolments (packet_id) WHERE packet_id != '';
CREATE TABLE transitions (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    enrolment_id TEXT NOT NULL,
    packet_id TEXT NOT NULL,
    status TEXT NOT NULL,
    source TEXT NOT NULL,
    ledger_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    at_ms INTEGER,
    words_id TEXT NOT NULL,
    words_en TEXT NOT NULL,
    by_whom TEXT NOT NULL,
    wall_ms INTEGER NOT NULL,
    since_boot_ms INTEGER NOT NULL,
    quality TEXT NOT NULL,
    uncertainty_ms INTEGER,
    boot_id TEXT NOT NULL
) STRICT;
CREATE INDEX transitions_by_enrolment ON transitions (enrolment_id, number);
CREATE INDEX transitions_by_packet ON transitions (packet_id);
CREATE UNIQUE INDEX transitions_once ON transitions (ledger_id, sequence, packet_id, status) WHERE ledger_id != '';
"""

_SCHEMA = SqliteSchema(
    SCHEMA_VERSION,
    _TABLES,
    too_new=lambda path, version: LedgerTooNew(
        f"The ledger of statuses {path} has version {version}; this gateway knows {SCHEMA_VERSION}.",
        "Start the newer gateway that made it, or give this one another state folder.",
    ),
    foreign=lambda path, _: corrupt(path, "it holds tables, but not those of a ledger"),
    damaged=corrupt,
    pragmas=(f"PRAGMA journal_size_limit = {8 << 20}",),
)

sqlite_errors = partial(given_as, from_sqlite)
"""Turns SQLite's errors inside a block about a path into the room's."""


def open_database(path: Path) -> sqlite3.Connection:
    """Open the file, or make it; the caller holds the state folder's lock.

    Raises
    ------
    LedgerCorrupt, LedgerTooNew, LedgerFull, LedgerUnwritable
    """
    try:
        with sqlite_errors(path):
            return opened(path, _SCHEMA)
    except OSError as error:
        raise from_os(error, path) from error

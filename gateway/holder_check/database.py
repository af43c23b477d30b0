"""The SQLite file of holder checks: its tables, and whether it is whole."""

import sqlite3
from functools import partial
from pathlib import Path

from gateway.holder_check.errors import TryJournalTooNew, corrupt, from_os, from_sqlite
from gateway.sqlite_schema import SqliteSchema, given_as, opened

SCHEMA_VERSION = 1
FILE_NAME = "holder-checks.sqlite3"

_TABLES = """
CREATE TABLE tries (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    card_serial TEXT NOT NULL,
    job_id TEXT NOT NULL,
    place TEXT NOT NULL,
    state TEXT NOT NULL,
    wall_ms INTEGER NOT NULL,
    since_boot_ms INTEGER NOT NULL,
    quality TEXT NOT NULL,
    boot_id TEXT NOT NULL
) STRICT;
CREATE INDEX tries_by_card ON tries (card_serial, job_id, number);
CREATE TABLE approvals (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    card_serial TEXT NOT NULL,
    job_id TEXT NOT NULL,
    supervisor TEXT NOT NULL,
    reason TEXT NOT NULL,
    paper TEXT NOT NULL,
    wall_ms INTEGER NOT NULL,
    since_boot_ms INTEGER NOT NULL,
    quality TEXT NOT NULL,
    boot_id TEXT NOT NULL
) STRICT;
CREATE INDEX approvals_by_card ON approvals (card_serial, job_id, number);
"""

_SCHEMA = SqliteSchema(
    SCHEMA_VERSION,
    _TABLES,
    too_new=lambda path, version: TryJournalTooNew(
        f"The journal of holder checks {path} has version {version}; this gateway knows {SCHEMA_VERSION}.",
        "Start the newer gateway that made it, or give this one another state folder.",
    ),
    foreign=lambda path, _: corrupt(path, "it holds tables, but not those of holder checks"),
    damaged=corrupt,
    pragmas=(f"PRAGMA journal_size_limit = {1 << 20}",),
)

sqlite_errors = partial(given_as, from_sqlite)
"""Turns SQLite's errors inside a block about a path into the room's."""


def open_database(path: Path) -> sqlite3.Connection:
    """Open the file, or make it; the caller holds the state folder's lock.

    Raises
    ------
    TryJournalCorrupt, TryJournalTooNew, TryJournalFull, TryJournalUnwritable
    """
    try:
        with sqlite_errors(path):
            return opened(path, _SCHEMA)
    except OSError as error:
        raise from_os(error, path) from error

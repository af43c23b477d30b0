"""The SQLite file of the ledger: its settings, its tables, and whether it is whole."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.ledger.errors import LedgerTooNew, corrupt, from_os, from_sqlite
from gateway.sqlite_file import connected, is_new, make_private, transaction, write_ahead

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


def open_database(path: Path) -> sqlite3.Connection:
    """Open the file, or make it; the caller holds the state folder's lock.

    Raises
    ------
    LedgerCorrupt, LedgerTooNew, LedgerFull, LedgerUnwritable
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
            connection.execute(f"PRAGMA journal_size_limit = {8 << 20}")
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version > SCHEMA_VERSION:
                raise LedgerTooNew(
                    f"The ledger of statuses {path} has version {version}; this gateway knows {SCHEMA_VERSION}.",
                    "Start the newer gateway that made it, or give this one another state folder.",
                )
            if is_new(connection, version):
                _create(connection)
            elif version != SCHEMA_VERSION:
                raise corrupt(path, "it holds tables, but not those of a ledger")
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


def _create(connection: sqlite3.Connection) -> None:
    with transaction(connection):
        for statement in _TABLES.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

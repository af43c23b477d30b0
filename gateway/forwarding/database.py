"""The SQLite file of the outbox: its settings, its tables, and whether it is whole."""

import sqlite3
from functools import partial
from pathlib import Path

from gateway.forwarding.errors import OutboxTooNew, corrupt, from_os, from_sqlite
from gateway.sqlite_schema import SqliteSchema, given_as, opened

SCHEMA_VERSION = 1
FILE_NAME = "forwarding.sqlite3"

_TABLES = """
CREATE TABLE packets (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    packet_id TEXT NOT NULL UNIQUE,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    chain_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    early_bytes INTEGER NOT NULL,
    state TEXT NOT NULL,
    added_ms INTEGER NOT NULL,
    offered INTEGER NOT NULL,
    acknowledged INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    refusals INTEGER NOT NULL,
    not_before_ms INTEGER NOT NULL,
    reason TEXT NOT NULL,
    words TEXT NOT NULL,
    received_ms INTEGER,
    phase INTEGER NOT NULL,
    forgotten INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX packets_by_phase ON packets (phase, number);
CREATE INDEX packets_by_state ON packets (state, number);
CREATE TABLE answers (
    ledger_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    packet_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    way TEXT NOT NULL,
    jws BLOB NOT NULL,
    payload_sha256 TEXT NOT NULL,
    applied INTEGER NOT NULL,
    PRIMARY KEY (ledger_id, sequence)
) STRICT;
CREATE INDEX answers_by_packet ON answers (packet_id);
CREATE INDEX answers_unapplied ON answers (applied) WHERE applied = 0;
CREATE TABLE centre (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    ledger_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    passes INTEGER NOT NULL
) STRICT;
CREATE TABLE counted (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    counted_ms INTEGER NOT NULL,
    boot_id TEXT NOT NULL,
    wall_ms INTEGER NOT NULL,
    since_boot_ms INTEGER NOT NULL,
    quality TEXT NOT NULL,
    uncertainty_ms INTEGER
) STRICT;
CREATE TABLE spent (bin INTEGER PRIMARY KEY, small INTEGER NOT NULL, large INTEGER NOT NULL) STRICT;
CREATE TABLE history (
    bin INTEGER PRIMARY KEY,
    seconds REAL NOT NULL,
    backlogged_s REAL NOT NULL,
    sent INTEGER NOT NULL,
    arrived INTEGER NOT NULL
) STRICT;
CREATE TABLE incidents (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    packet_id TEXT NOT NULL,
    detail TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    wall_ms INTEGER NOT NULL,
    quality TEXT NOT NULL,
    UNIQUE (kind, packet_id, detail)
) STRICT;
"""

_SCHEMA = SqliteSchema(
    SCHEMA_VERSION,
    _TABLES,
    too_new=lambda path, version: OutboxTooNew(
        f"The file of the outbox {path} has version {version}; this gateway knows {SCHEMA_VERSION}.",
        "Start the newer gateway that made it, or give this one another state folder.",
    ),
    foreign=lambda path, _: corrupt(path, "it holds tables, but not those of an outbox"),
    damaged=corrupt,
    first_rows=("INSERT INTO centre VALUES (1, '', 0, 0)",),
    pragmas=(f"PRAGMA journal_size_limit = {8 << 20}",),
)

sqlite_errors = partial(given_as, from_sqlite)
"""Turns SQLite's errors inside a block about a path into the room's."""


def open_database(path: Path) -> sqlite3.Connection:
    """Open the file, or make it; the caller holds the state folder's lock.

    Raises
    ------
    OutboxCorrupt, OutboxTooNew, OutboxFull, OutboxUnwritable
    """
    try:
        with sqlite_errors(path):
            return opened(path, _SCHEMA)
    except OSError as error:
        raise from_os(error, path) from error

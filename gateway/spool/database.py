"""The spool's SQLite file: its settings, its tables, and whether it is whole."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from gateway.spool import queries
from gateway.spool.errors import StateTooNew, corrupt, from_os, from_sqlite
from gateway.spool.head import ChainHead
from gateway.sqlite_file import connected, header_of, is_new, make_private, transaction, write_ahead

SCHEMA_VERSION = 2
"""1: without encryption and erasure; brought up to date when it is opened."""
ENCRYPTED_ID = 0x526B4531
"""The application id (`RkE1`) in the header of a file with anything encrypted in it."""
PAGE_SIZE = 32_768
CHECKED_AT_START_BYTES = 64 << 20
"""Largest file that is read whole after a crash before serving: quick_check reads 1 GB/s from a warm cache, a hard
disk 100 MB/s, and the start has 1.5 s."""

_TABLES = """
CREATE TABLE captures (
    sequence INTEGER PRIMARY KEY,
    capture_id TEXT NOT NULL UNIQUE,
    chain_id TEXT NOT NULL,
    manifest_digest TEXT NOT NULL,
    jws BLOB NOT NULL,
    jws_sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    created_at_ms INTEGER NOT NULL,
    state TEXT NOT NULL,
    encrypted INTEGER NOT NULL DEFAULT 0,
    data_key BLOB,
    erased_at_ms INTEGER
) STRICT;
CREATE TABLE blobs (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    content BLOB NOT NULL
) STRICT;
CREATE TABLE chain (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    chain_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    digest TEXT,
    stored_captures INTEGER NOT NULL,
    stored_bytes INTEGER NOT NULL,
    first_kept INTEGER NOT NULL DEFAULT 0,
    index_key BLOB,
    clear_through INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE idempotency (
    method TEXT NOT NULL,
    key TEXT NOT NULL,
    request_digest BLOB NOT NULL,
    response BLOB NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    PRIMARY KEY (method, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_expiry ON idempotency (expires_at_ms);
"""
# first_kept: no capture before that sequence has contents. clear_through: up to it captures may lie in the clear.
_FROM_VERSION_1 = (
    "ALTER TABLE captures ADD COLUMN encrypted INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE captures ADD COLUMN data_key BLOB",
    "ALTER TABLE captures ADD COLUMN erased_at_ms INTEGER",
    "ALTER TABLE chain ADD COLUMN first_kept INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE chain ADD COLUMN index_key BLOB",
    "ALTER TABLE chain ADD COLUMN clear_through INTEGER NOT NULL DEFAULT 0",
)


def new_chain() -> ChainHead:
    """The head of a chain that has no manifest yet."""
    return ChainHead(uuid4().hex, 0, None)


def refuse_newer(path: Path) -> None:
    """Look at the version in the file's header, without SQLite, which would leave files beside it.

    Raises
    ------
    StateTooNew
        A newer version of this program made the file.
    """
    header = _header(path)
    if header:
        _refuse_version(int.from_bytes(header[60:64], "big"), path)


def holds_encrypted(directory: Path) -> bool:
    """Whether the header of a spool file in the folder, one set aside among them, says that it is encrypted."""
    headers = (_header(path) for path in sorted(directory.glob("spool*.sqlite3")))
    return any(int.from_bytes(header[68:72], "big") == ENCRYPTED_ID for header in headers)


def _header(path: Path) -> bytes:
    try:
        return header_of(path)
    except OSError as error:
        raise from_os(error, path) from error


def open_writer(path: Path, head: ChainHead, *, thorough: bool) -> sqlite3.Connection:
    """Open the spool file for the one writer, or make it.

    Parameters
    ----------
    path : Path
    head : ChainHead
        Where the chain continues if the file is made here.
    thorough : bool
        The last end was not orderly: read the whole file where it is small enough.

    Raises
    ------
    SpoolCorrupt
        It is no spool file, or a damaged one.
    StateTooNew, SpoolFull, SpoolUnwritable
    """
    try:
        make_private(path)
    except OSError as error:
        raise from_os(error, path) from error
    connection = _connect(path)
    try:
        with sqlite_errors(path):
            _configure_writer(connection)
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            _refuse_version(version, path)
            if is_new(connection, version):
                _create(connection, head)
            else:
                _check(connection, path, version, thorough=thorough)
                if version < SCHEMA_VERSION:
                    _bring_up_to_date(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """Open the spool file for reading beside the writer.

    Raises
    ------
    SpoolError
    """
    connection = _connect(path)
    try:
        with sqlite_errors(path):
            connection.execute("PRAGMA query_only = ON")
            # Each thread that reads has a connection: SQLite's own 2 MB for each filled up over a day's captures.
            connection.execute(f"PRAGMA cache_size = -{READER_CACHE_KB}")
    except BaseException:
        connection.close()
        raise
    return connection


READER_CACHE_KB = 512


@contextmanager
def sqlite_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors inside the block into the spool's."""
    try:
        yield
    except sqlite3.Error as error:
        raise from_sqlite(error, path) from error


def _connect(path: Path) -> sqlite3.Connection:
    with sqlite_errors(path):
        return connected(path)


def _configure_writer(connection: sqlite3.Connection) -> None:
    if connection.execute("PRAGMA page_count").fetchone() == (0,):
        connection.execute(f"PRAGMA page_size = {PAGE_SIZE}")
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # setting it again would write
    write_ahead(connection)
    connection.execute("PRAGMA cache_size = -8192")  # KiB; a capture is written to the log in one go
    connection.execute(f"PRAGMA journal_size_limit = {64 << 20}")
    connection.execute("PRAGMA secure_delete = ON")  # a deleted print does not stay in free pages


def _create(connection: sqlite3.Connection, head: ChainHead) -> None:
    with transaction(connection):
        for statement in _TABLES.split(";"):
            connection.execute(statement)
        connection.execute(
            "INSERT INTO chain (only_row, chain_id, sequence, digest, stored_captures, stored_bytes, first_kept) "
            "VALUES (1, ?, ?, ?, 0, 0, ?)",
            (head.chain_id, head.sequence, head.digest, head.next_sequence),
        )
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    # Into the file itself, where refuse_newer of another version looks for it.
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _bring_up_to_date(connection: sqlite3.Connection) -> None:
    with transaction(connection):
        for statement in _FROM_VERSION_1:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _check(connection: sqlite3.Connection, path: Path, version: int, *, thorough: bool) -> None:
    if not 1 <= version <= SCHEMA_VERSION:
        raise corrupt(path, "it holds tables, but not those of a spool")
    (page_size,) = connection.execute("PRAGMA page_size").fetchone()
    size = path.stat().st_size
    log = path.with_name(path.name + "-wal")
    if not (log.exists() and log.stat().st_size):
        (page_count,) = connection.execute("PRAGMA page_count").fetchone()
        if page_count * page_size > size:
            raise corrupt(path, f"{size} bytes of {page_count * page_size} are left")
    head = queries.read_head(connection)
    last = connection.execute(
        "SELECT sequence, manifest_digest FROM captures ORDER BY sequence DESC LIMIT 1"
    ).fetchone()
    if last is not None and (last[0] > head.sequence or (last[0] == head.sequence and last[1] != head.digest)):
        raise corrupt(path, "the last capture does not fit the head of the chain")
    connection.execute("SELECT max(id) FROM blobs").fetchone()
    connection.execute("SELECT count(*) FROM idempotency").fetchone()
    if thorough and size <= CHECKED_AT_START_BYTES:
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise corrupt(path, verdict)


def _refuse_version(version: int, path: Path) -> None:
    if version > SCHEMA_VERSION:
        raise StateTooNew(
            f"The spool file {path} has version {version}; this gateway knows up to {SCHEMA_VERSION}.",
            "Start the newer gateway that made it, or give this one another state folder. Nothing was changed.",
        )

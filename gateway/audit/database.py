"""The audit trail's SQLite file: its settings, its tables, its rows, and whether it is whole."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gateway.audit.entry import AuditEntry, entry_digest, milliseconds
from gateway.audit.errors import AuditFieldError, AuditTooNew, corrupt, of_spool
from gateway.spool.database import sqlite_errors
from gateway.spool.errors import SpoolError, from_os
from gateway.sqlite_file import connected, is_new, make_private, transaction, write_ahead
from gateway.sqlite_file import set_aside as set_file_aside

SCHEMA_VERSION = 1
CHECKED_AT_START_BYTES = 64 << 20
"""Largest file that is read whole after a crash before serving, as of the spool."""

_TABLES = """
CREATE TABLE trail (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    chain_id TEXT NOT NULL
) STRICT;
CREATE TABLE entries (
    sequence INTEGER PRIMARY KEY,
    wall_ms INTEGER NOT NULL,
    event TEXT NOT NULL,
    peer TEXT NOT NULL,
    operator TEXT NOT NULL,
    device TEXT NOT NULL,
    object_id TEXT NOT NULL,
    body BLOB NOT NULL
) STRICT;
CREATE INDEX entries_of_object ON entries (object_id, sequence) WHERE object_id <> '';
CREATE TABLE heads (
    sequence INTEGER PRIMARY KEY,
    jws BLOB NOT NULL
) STRICT;
"""


@dataclass(frozen=True)
class StoredEntry:
    """An entry as it lies in the file: its canonical bytes, not believed to be well-formed."""

    sequence: int
    body: bytes


@dataclass(frozen=True)
class StoredHead:
    """A signed head as it lies in the file, not believed to be one."""

    sequence: int
    jws: bytes


@dataclass(frozen=True)
class TrailEnd:
    """Where the file ends."""

    chain_id: str
    sequence: int
    digest: str | None
    signed: int
    """Sequence of the last signed head; 0 where there is none."""


@dataclass(frozen=True)
class AuditQuery:
    """What is looked for; what is not given is not asked.

    Parameters
    ----------
    from_sequence, to_sequence : int, optional
        Both inclusive.
    from_time, to_time : datetime, optional
        UTC by the gateway's clock, which may have been wrong; both inclusive.
    actor : str
        Peer or operator, as it stands in the entry.
    event, device, object_id : str
        As they stand in the entry.
    """

    from_sequence: int | None = None
    to_sequence: int | None = None
    from_time: datetime | None = None
    to_time: datetime | None = None
    actor: str = ""
    event: str = ""
    device: str = ""
    object_id: str = ""


@contextmanager
def audit_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's and the system's errors inside the block into those of the trail."""
    try:
        try:
            with sqlite_errors(path):
                yield
        except OSError as error:
            raise from_os(error, path) from error
    except SpoolError as error:
        raise of_spool(error, path.name) from error


def open_writer(path: Path, chain_id: str, *, thorough: bool) -> sqlite3.Connection:
    """Open the file for the one writer, or make it.

    Parameters
    ----------
    path : Path
    chain_id : str
        Of the chain that a file made here holds.
    thorough : bool
        The last end was not orderly: read the whole file where it is small enough.

    Raises
    ------
    AuditCorrupt, AuditTooNew, AuditFull, AuditUnwritable
    """
    with audit_errors(path):
        make_private(path)
        connection = connected(path)
    try:
        with audit_errors(path):
            write_ahead(connection)
            connection.execute(f"PRAGMA journal_size_limit = {16 << 20}")
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if is_new(connection, version):
                _create(connection, chain_id)
            else:
                _check(connection, path, version, thorough=thorough)
    except BaseException:
        connection.close()
        raise
    return connection


def read_end(connection: sqlite3.Connection, path: Path) -> TrailEnd:
    """Where the file ends.

    Raises
    ------
    AuditCorrupt
        Its last entry is none, or not of its chain.
    """
    row = connection.execute("SELECT chain_id FROM trail").fetchone()
    if row is None:
        raise corrupt(path.name, "it does not say which chain it holds")
    (chain_id,) = row
    (signed,) = connection.execute("SELECT coalesce(max(sequence), 0) FROM heads").fetchone()
    last = connection.execute("SELECT sequence, body FROM entries ORDER BY sequence DESC LIMIT 1").fetchone()
    if last is None:
        return TrailEnd(chain_id, 0, None, signed)
    try:
        entry = AuditEntry.from_bytes(last[1])
    except AuditFieldError as error:
        raise corrupt(path.name, f"its last entry cannot be read ({error})") from error
    if entry.sequence != last[0] or entry.chain_id != chain_id:
        raise corrupt(path.name, "its last entry is of another place")
    return TrailEnd(chain_id, entry.sequence, entry_digest(last[1]), signed)


def insert_entries(connection: sqlite3.Connection, entries: Iterable[tuple[AuditEntry, bytes]]) -> None:
    """Add entries with their canonical forms."""
    connection.executemany(
        "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                entry.sequence,
                milliseconds(entry.time.wall),
                entry.event.event,
                entry.event.actor.peer,
                entry.event.actor.operator,
                entry.event.device,
                entry.event.object_id,
                body,
            )
            for entry, body in entries
        ),
    )


def insert_head(connection: sqlite3.Connection, sequence: int, jws: bytes) -> None:
    """Keep a signed head."""
    connection.execute("INSERT OR REPLACE INTO heads VALUES (?, ?)", (sequence, jws))


def head_at(connection: sqlite3.Connection, sequence: int) -> bytes | None:
    """The signed head of exactly that sequence, or None."""
    row = connection.execute("SELECT jws FROM heads WHERE sequence = ?", (sequence,)).fetchone()
    return None if row is None else bytes(row[0])


def heads_between(connection: sqlite3.Connection, low: int, high: int, limit: int) -> list[StoredHead]:
    """Signed heads with sequences from `low` to `high`, in order."""
    rows = connection.execute(
        "SELECT sequence, jws FROM heads WHERE sequence BETWEEN ? AND ? ORDER BY sequence LIMIT ?", (low, high, limit)
    )
    return [StoredHead(sequence, bytes(jws)) for sequence, jws in rows]


def select_entries(
    connection: sqlite3.Connection, query: AuditQuery, *, newest_first: bool, limit: int
) -> list[StoredEntry]:
    """Entries that the query asks for, in order of sequence."""
    conditions: list[str] = []
    values: list[object] = []
    for condition, value in (
        ("sequence >= ?", query.from_sequence),
        ("sequence <= ?", query.to_sequence),
        ("wall_ms >= ?", None if query.from_time is None else milliseconds(query.from_time)),
        ("wall_ms <= ?", None if query.to_time is None else milliseconds(query.to_time)),
        ("event = ?", query.event or None),
        ("device = ?", query.device or None),
        ("object_id = ? AND object_id <> ''", query.object_id or None),
        ("? IN (peer, operator)", query.actor or None),
    ):
        if value is not None:
            conditions.append(condition)
            values.append(value)
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    order = "DESC" if newest_first else "ASC"
    statement = f"SELECT sequence, body FROM entries{where} ORDER BY sequence {order} LIMIT ?"  # noqa: S608 - ours
    return [StoredEntry(sequence, bytes(body)) for sequence, body in connection.execute(statement, (*values, limit))]


def set_aside(path: Path, stamp: str) -> Path:
    """Rename the file, with what SQLite keeps beside it, to `audit.corrupt-STAMP.sqlite3`."""
    with audit_errors(path):
        return set_file_aside(path, stamp)


def _create(connection: sqlite3.Connection, chain_id: str) -> None:
    with transaction(connection):
        for statement in _TABLES.split(";"):
            connection.execute(statement)
        connection.execute("INSERT INTO trail VALUES (1, ?)", (chain_id,))
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _check(connection: sqlite3.Connection, path: Path, version: int, *, thorough: bool) -> None:
    if version > SCHEMA_VERSION:
        raise AuditTooNew(
            f"The audit file {path.name} has version {version}; this gateway knows up to {SCHEMA_VERSION}.",
            "Start the newer gateway that made it, or give this one another state folder. Nothing was changed.",
        )
    if version != SCHEMA_VERSION:
        raise corrupt(path.name, "it holds tables, but not those of an audit trail")
    if thorough and path.stat().st_size <= CHECKED_AT_START_BYTES:
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise corrupt(path.name, str(verdict))

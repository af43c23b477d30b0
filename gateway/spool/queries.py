"""The SQL of the spool: rows to values and back, over a connection that is given."""

import sqlite3
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.spool.capture import Blob, KeptResponse, SpoolDepth, StoredCapture
from gateway.spool.errors import CaptureAlreadyStored, CaptureUnknown, corrupt
from gateway.spool.head import ChainHead

BLOBS_PER_CAPTURE = 64
"""A blob's row id is `sequence * BLOBS_PER_CAPTURE + its place`: no index to write beside the megabytes."""

IDEMPOTENCY_KEPT_MS = 24 * 3600 * 1000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SELECT_CAPTURES = (
    "SELECT sequence, capture_id, chain_id, manifest_digest, jws, jws_sha256, size, created_at_ms, state FROM captures "
)


def insert_capture(connection: sqlite3.Connection, stored: StoredCapture, blobs: tuple[Blob, ...]) -> None:
    """Write a capture with its blobs and count it; within the caller's transaction.

    Raises
    ------
    CaptureAlreadyStored
        Its capture id is in the spool.
    """
    if connection.execute("SELECT 1 FROM captures WHERE capture_id = ?", (stored.capture_id,)).fetchone():
        raise CaptureAlreadyStored(
            f"Capture {stored.capture_id} is stored already.", "Give each capture an id of its own."
        )
    connection.execute(
        "INSERT INTO captures VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(stored.sequence, stored.capture_id, stored.chain_id, stored.manifest_digest),
            *(stored.jws, stored.jws_sha256, stored.size),
            *((stored.created_at - _EPOCH) // timedelta(milliseconds=1), stored.state),
        ),
    )
    first = stored.sequence * BLOBS_PER_CAPTURE
    connection.executemany(
        "INSERT INTO blobs VALUES (?, ?, ?, ?, ?, ?)",
        (
            (first + place, blob.name, blob.media_type, blob.sha256, len(blob.content), blob.content)
            for place, blob in enumerate(blobs)
        ),
    )
    connection.execute(
        "UPDATE chain SET stored_captures = stored_captures + 1, stored_bytes = stored_bytes + ?", (stored.size,)
    )


def read_head(connection: sqlite3.Connection) -> ChainHead:
    """The end of the chain by the spool file."""
    row = connection.execute("SELECT chain_id, sequence, digest FROM chain").fetchone()
    if row is None:
        raise sqlite3.DatabaseError("the chain's head is missing")
    return ChainHead(*row)


def move_head(connection: sqlite3.Connection, head: ChainHead) -> None:
    """Say where the chain ends; within the caller's transaction."""
    connection.execute("UPDATE chain SET sequence = ?, digest = ?", (head.sequence, head.digest))


def capture_by_id(connection: sqlite3.Connection, capture_id: str) -> StoredCapture | None:
    """The capture of that id, or None."""
    rows = connection.execute(_SELECT_CAPTURES + "WHERE capture_id = ?", (capture_id,)).fetchall()
    return _stored(rows[0]) if rows else None


def capture_by_sequence(connection: sqlite3.Connection, sequence: int) -> StoredCapture | None:
    """The capture with that number, or None."""
    rows = connection.execute(_SELECT_CAPTURES + "WHERE sequence = ?", (sequence,)).fetchall()
    return _stored(rows[0]) if rows else None


def captures_after(connection: sqlite3.Connection, sequence: int, limit: int) -> list[StoredCapture]:
    """Up to `limit` captures after that number, in order."""
    rows = connection.execute(_SELECT_CAPTURES + "WHERE sequence > ? ORDER BY sequence LIMIT ?", (sequence, limit))
    return [_stored(row) for row in rows.fetchall()]


def blobs_of(connection: sqlite3.Connection, path: Path, capture_id: str, name: str | None = None) -> tuple[Blob, ...]:
    """The blobs of a capture, or the one of that name, each compared with its digest.

    Raises
    ------
    CaptureUnknown
        There is no such capture, or no blob of that name.
    SpoolCorrupt
        The disk gives back other bytes than were stored.
    """
    row = connection.execute("SELECT sequence FROM captures WHERE capture_id = ?", (capture_id,)).fetchone()
    if row is None:
        raise CaptureUnknown(f"No capture {capture_id} is stored.", "Ask for one that the spool lists.")
    blobs = blobs_at(connection, path, row[0], capture_id, name)
    if name is not None and not blobs:
        raise CaptureUnknown(f"Capture {capture_id} has no {name}.", "Ask for one that its manifest names.")
    return blobs


def blobs_at(
    connection: sqlite3.Connection, path: Path, sequence: int, capture_id: str, name: str | None = None
) -> tuple[Blob, ...]:
    """The blobs of the capture with that number, each compared with its digest.

    SQLite's pages carry no checksum: a flipped bit in a blob shows here and nowhere else.

    Raises
    ------
    SpoolCorrupt
        The disk gives back other bytes than were stored.
    """
    first = sequence * BLOBS_PER_CAPTURE
    rows = connection.execute(
        "SELECT name, media_type, content, sha256 FROM blobs"
        " WHERE id >= ? AND id < ? AND name = ifnull(?, name) ORDER BY id",
        (first, first + BLOBS_PER_CAPTURE, name),
    ).fetchall()
    blobs = tuple(Blob(*row) for row in rows)
    for blob in blobs:
        if Blob.of(blob.name, blob.media_type, blob.content) != blob:
            raise corrupt(path, f"{blob.name} of capture {capture_id} is not what was stored")
    return blobs


def stored_depth(connection: sqlite3.Connection) -> SpoolDepth:
    """How much is stored, and since when."""
    count, size = connection.execute("SELECT stored_captures, stored_bytes FROM chain").fetchone()
    oldest = connection.execute("SELECT created_at_ms FROM captures ORDER BY sequence LIMIT 1").fetchone()
    return SpoolDepth(count, size, None if oldest is None else _datetime(oldest[0]))


def keep_response(connection: sqlite3.Connection, method: str, key: str, kept: KeptResponse) -> KeptResponse:
    """Keep a response unless one is kept under that key; gives what is kept. Within the caller's transaction."""
    now = _now_ms()
    connection.execute("DELETE FROM idempotency WHERE expires_at_ms <= ?", (now,))
    connection.execute(
        "INSERT INTO idempotency VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (method, key, kept.request_digest, kept.response, now + IDEMPOTENCY_KEPT_MS),
    )
    return kept_response(connection, method, key) or kept


def kept_response(connection: sqlite3.Connection, method: str, key: str) -> KeptResponse | None:
    """The response that is kept under that key and not out of date, or None."""
    row = connection.execute(
        "SELECT request_digest, response FROM idempotency WHERE method = ? AND key = ? AND expires_at_ms > ?",
        (method, key, _now_ms()),
    ).fetchone()
    return None if row is None else KeptResponse(*row)


def utc_now() -> datetime:
    """The machine's wall time, UTC, whole milliseconds."""
    return _datetime(_now_ms())


def _stored(row: tuple[int, str, str, str, bytes, str, int, int, str]) -> StoredCapture:
    sequence, capture_id, chain_id, manifest_digest, jws, jws_sha256, size, created_at_ms, state = row
    created_at = _datetime(created_at_ms)
    return StoredCapture(sequence, capture_id, chain_id, manifest_digest, jws, jws_sha256, size, created_at, state)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _datetime(milliseconds: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=milliseconds)

"""The SQL of the spool: rows to values and back, over a connection that is given."""

import sqlite3
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.spool.capture import Blob, KeptResponse, SpoolDepth, StoredCapture
from gateway.spool.encryption import ContentCipher, SealedCapture, open_blob
from gateway.spool.errors import CaptureAlreadyStored, CaptureErased, CaptureUnknown, corrupt, key_lacking
from gateway.spool.head import ChainHead

BLOBS_PER_CAPTURE = 64
"""A blob's row id is `sequence * BLOBS_PER_CAPTURE + its place`: no index to write beside the megabytes."""

IDEMPOTENCY_KEPT_MS = 24 * 3600 * 1000

WAITING, ERASED = "WAITING", "ERASED"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SELECT_CAPTURES = (
    "SELECT sequence, capture_id, chain_id, manifest_digest, jws, jws_sha256, size, created_at_ms, state, "
    "erased_at_ms, encrypted FROM captures "
)


def insert_capture(
    connection: sqlite3.Connection, stored: StoredCapture, blobs: tuple[Blob, ...], cipher: ContentCipher | None
) -> None:
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
    if cipher is None:
        sealed = SealedCapture(stored.jws, None, tuple(blob.content for blob in blobs))
    else:
        sealed = cipher.seal(stored.capture_id, stored.jws, blobs)
    erased_at_ms = None if stored.erased_at is None else milliseconds(stored.erased_at)
    connection.execute(
        "INSERT INTO captures (sequence, capture_id, chain_id, manifest_digest, jws, jws_sha256, size, created_at_ms, "
        "state, encrypted, data_key, erased_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(stored.sequence, stored.capture_id, stored.chain_id, stored.manifest_digest),
            *(sealed.jws, stored.jws_sha256, stored.size, milliseconds(stored.created_at), stored.state),
            *(cipher is not None, sealed.data_key, erased_at_ms),
        ),
    )
    first = stored.sequence * BLOBS_PER_CAPTURE
    connection.executemany(
        "INSERT INTO blobs VALUES (?, ?, ?, ?, ?, ?)",
        (
            (first + place, blob.name, blob.media_type, blob.sha256, len(blob.content), content)
            for place, (blob, content) in enumerate(zip(blobs, sealed.contents, strict=True))
        ),
    )
    kept = erased_at_ms is None
    connection.execute(
        "UPDATE chain SET stored_captures = stored_captures + ?, stored_bytes = stored_bytes + ?, "
        "first_kept = CASE WHEN ? THEN min(first_kept, ?) ELSE first_kept END",
        (kept, stored.size, kept, stored.sequence),
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


def capture_by_id(
    connection: sqlite3.Connection, path: Path, capture_id: str, cipher: ContentCipher | None
) -> StoredCapture | None:
    """The capture of that id, or None."""
    rows = connection.execute(_SELECT_CAPTURES + "WHERE capture_id = ?", (capture_id,)).fetchall()
    return _stored(rows[0], path, cipher) if rows else None


def capture_by_sequence(
    connection: sqlite3.Connection, path: Path, sequence: int, cipher: ContentCipher | None
) -> StoredCapture | None:
    """The capture with that number, or None."""
    rows = connection.execute(_SELECT_CAPTURES + "WHERE sequence = ?", (sequence,)).fetchall()
    return _stored(rows[0], path, cipher) if rows else None


def captures_after(
    connection: sqlite3.Connection, path: Path, sequence: int, limit: int, cipher: ContentCipher | None
) -> list[StoredCapture]:
    """Up to `limit` captures after that number, in order."""
    rows = connection.execute(_SELECT_CAPTURES + "WHERE sequence > ? ORDER BY sequence LIMIT ?", (sequence, limit))
    return [_stored(row, path, cipher) for row in rows.fetchall()]


def blobs_of(
    connection: sqlite3.Connection, path: Path, capture_id: str, cipher: ContentCipher | None, name: str | None = None
) -> tuple[Blob, ...]:
    """The blobs of a capture, or the one of that name, each compared with its digest.

    Raises
    ------
    CaptureUnknown
        There is no such capture, or no blob of that name.
    CaptureErased
    SpoolCorrupt
        The disk gives back other bytes than were stored.
    """
    row = connection.execute(
        "SELECT sequence, erased_at_ms FROM captures WHERE capture_id = ?", (capture_id,)
    ).fetchone()
    if row is None:
        raise CaptureUnknown(f"No capture {capture_id} is stored.", "Ask for one that the spool lists.")
    if row[1] is not None:
        raise CaptureErased(capture_id, _datetime(row[1]))
    blobs = blobs_at(connection, path, row[0], capture_id, cipher, name)
    if name is not None and not blobs:
        raise CaptureUnknown(f"Capture {capture_id} has no {name}.", "Ask for one that its manifest names.")
    return blobs


def blobs_at(
    connection: sqlite3.Connection,
    path: Path,
    sequence: int,
    capture_id: str,
    cipher: ContentCipher | None,
    name: str | None = None,
) -> tuple[Blob, ...]:
    """The blobs of the capture with that number, decrypted, each compared with its digest.

    SQLite's pages carry no checksum: a flipped bit in a blob shows here and nowhere else.

    Raises
    ------
    SpoolCorrupt
        The disk gives back other bytes than were stored.
    SpoolKeyWrong
        They are encrypted, and there is no cipher.
    """
    first = sequence * BLOBS_PER_CAPTURE
    # One statement: a capture that is erased between two would look damaged.
    rows = connection.execute(
        "SELECT blobs.id, name, media_type, content, sha256, encrypted, data_key FROM blobs "
        "JOIN captures ON captures.sequence = ? WHERE id >= ? AND id < ? AND name = ifnull(?, name) ORDER BY id",
        (sequence, first, first + BLOBS_PER_CAPTURE, name),
    ).fetchall()
    found = []
    under = None
    for blob_id, blob_name, media_type, content, sha256, encrypted, data_key in rows:
        damage = corrupt(path, f"{blob_name} of capture {capture_id} is not what was stored")
        if encrypted:
            if cipher is None:
                raise key_lacking(path)
            try:
                under = under or cipher.open_data_key(capture_id, bytes(data_key or b""))
                content = open_blob(under, capture_id, blob_name, blob_id - first, content)
            except ValueError as error:
                raise damage from error
        blob = Blob(blob_name, media_type, content, sha256)
        if Blob.of(blob_name, media_type, content) != blob:
            raise damage
        found.append(blob)
    return tuple(found)


def stored_depth(connection: sqlite3.Connection) -> SpoolDepth:
    """How much is stored, and since when."""
    count, size, first_kept = connection.execute(
        "SELECT stored_captures, stored_bytes, first_kept FROM chain"
    ).fetchone()
    oldest = connection.execute(
        "SELECT created_at_ms FROM captures WHERE sequence >= ? AND erased_at_ms IS NULL ORDER BY sequence LIMIT 1",
        (first_kept,),
    ).fetchone()
    return SpoolDepth(count, size, None if oldest is None else _datetime(oldest[0]))


def keep_response(
    connection: sqlite3.Connection, path: Path, method: str, key: str, kept: KeptResponse, cipher: ContentCipher | None
) -> KeptResponse:
    """Keep a response unless one is kept under that key; gives what is kept. Within the caller's transaction."""
    now = _now_ms()
    connection.execute("DELETE FROM idempotency WHERE expires_at_ms <= ?", (now,))
    index, digest, response = response_row(method, key, kept, cipher)
    connection.execute(
        "INSERT INTO idempotency VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (method, index, digest, response, now + IDEMPOTENCY_KEPT_MS),
    )
    return kept_response(connection, path, method, key, cipher) or kept


def response_row(method: str, key: str, kept: KeptResponse, cipher: ContentCipher | None) -> tuple[str, bytes, bytes]:
    """Key, digest of the request and response, as their columns hold them."""
    if cipher is None:
        return key, kept.request_digest, kept.response
    return cipher.index(method, key), b"", cipher.seal_response(method, key, kept)


def kept_response(
    connection: sqlite3.Connection, path: Path, method: str, key: str, cipher: ContentCipher | None
) -> KeptResponse | None:
    """The response that is kept under that key and not out of date, or None."""
    index = key if cipher is None else cipher.index(method, key)
    row = connection.execute(
        "SELECT request_digest, response FROM idempotency WHERE method = ? AND key = ? AND expires_at_ms > ?",
        (method, index, _now_ms()),
    ).fetchone()
    if row is None or cipher is None:
        return None if row is None else KeptResponse(*row)
    try:
        return cipher.open_response(method, key, row[1])
    except ValueError as error:
        raise corrupt(path, f"the answer kept for a {method} is not what was stored") from error


def expired_responses(connection: sqlite3.Connection, now: datetime) -> int:
    """How many kept responses are out of date by that time."""
    (count,) = connection.execute(
        "SELECT count(*) FROM idempotency WHERE expires_at_ms <= ?", (milliseconds(now),)
    ).fetchone()
    return int(count)


def delete_expired_responses(connection: sqlite3.Connection, now: datetime) -> int:
    """Delete them; within the caller's transaction."""
    return connection.execute("DELETE FROM idempotency WHERE expires_at_ms <= ?", (milliseconds(now),)).rowcount


def utc_now() -> datetime:
    """The machine's wall time, UTC, whole milliseconds."""
    return _datetime(_now_ms())


def milliseconds(moment: datetime) -> int:
    """Since 1970, as the file holds times."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def _stored(
    row: tuple[int, str, str, str, bytes, str, int, int, str, int | None, int],
    path: Path,
    cipher: ContentCipher | None,
) -> StoredCapture:
    (
        sequence,
        capture_id,
        chain_id,
        manifest_digest,
        jws,
        jws_sha256,
        size,
        created_at_ms,
        state,
        erased_at_ms,
        sealed,
    ) = row
    if sealed:
        if cipher is None:
            raise key_lacking(path)
        # Where it does not open, the bytes on the disk are given: as a flipped bit in a clear one, its digest shows it.
        with suppress(ValueError):
            jws = cipher.open_manifest(capture_id, jws)
    return StoredCapture(
        *(sequence, capture_id, chain_id, manifest_digest, jws, jws_sha256, size, _datetime(created_at_ms), state),
        erased_at=None if erased_at_ms is None else _datetime(erased_at_ms),
    )


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _datetime(milliseconds: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=milliseconds)

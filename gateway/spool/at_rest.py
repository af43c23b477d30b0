"""Takes a spool file under the local key: checks that it is the right one, and encrypts what lay in the clear."""

import sqlite3
from pathlib import Path

from gateway.spool import queries
from gateway.spool.capture import Blob, KeptResponse
from gateway.spool.database import ENCRYPTED_ID
from gateway.spool.encryption import Cipher, ContentCipher, new_index_key
from gateway.spool.errors import SpoolKeyWrong, corrupt, key_lacking
from gateway.spool.queries import BLOBS_PER_CAPTURE
from gateway.sqlite_file import transaction

BATCH_BYTES = 8 << 20
"""Encrypted in one transaction: the log beside the file stays small, and a start that is cut short loses little."""
_KEYS_TRIED = 3


def under_local_key(connection: sqlite3.Connection, path: Path, cipher: Cipher | None) -> ContentCipher | None:
    """What seals and opens the contents of the file, which is all encrypted on return; None where it is in the clear.

    A file in the clear is encrypted capture by capture; one that was cut short in that goes on.

    Parameters
    ----------
    connection : Connection
        The writer's.
    cipher : Cipher or None
        None: the file is to be in the clear, and has to be.

    Raises
    ------
    SpoolKeyWrong
        It is encrypted under another key, or no key was given; nothing was changed.
    SpoolCorrupt
        The key is right, and what should show it is damaged.
    Exception
        Whatever the cipher raises, where something is to be encrypted and its key is not at hand. One that is not at
        hand is no matter where all is encrypted already: the check is made up for when it is used.
    """
    (sealed,) = connection.execute("SELECT index_key FROM chain").fetchone()
    if cipher is None:
        if sealed is not None:
            raise key_lacking(path)
        return None
    if sealed is None:
        sealed = _begin(connection, path, cipher)
    contents = ContentCipher(cipher, sealed, path)
    (clear_through,) = connection.execute("SELECT clear_through FROM chain").fetchone()
    try:
        contents.check_key()
    except SpoolKeyWrong as error:
        if _opens_another(connection, contents):
            raise corrupt(path, "the key of its index is not what was stored") from error
        raise
    except Exception:
        if clear_through:
            raise
        return contents
    if clear_through:
        _encrypt(connection, contents, clear_through)
    return contents


def _begin(connection: sqlite3.Connection, path: Path, cipher: Cipher) -> bytes:
    """Let everything from here on be encrypted, and what is kept for requests at once."""
    sealed = new_index_key(cipher)
    contents = ContentCipher(cipher, sealed, path)
    with transaction(connection):
        connection.execute(
            "UPDATE chain SET index_key = ?, clear_through = ifnull((SELECT max(sequence) FROM captures), 0)", (sealed,)
        )
        rows = connection.execute("SELECT method, key, request_digest, response, expires_at_ms FROM idempotency")
        kept = rows.fetchall()
        connection.execute("DELETE FROM idempotency")
        for method, key, digest, response, expires_at_ms in kept:
            row = queries.response_row(method, key, KeptResponse(digest, response), contents)
            connection.execute("INSERT INTO idempotency VALUES (?, ?, ?, ?, ?)", (method, *row, expires_at_ms))
        connection.execute(f"PRAGMA application_id = {ENCRYPTED_ID}")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return sealed


def _encrypt(connection: sqlite3.Connection, contents: ContentCipher, through: int) -> None:
    after: int | None = 0
    while after is not None:
        with transaction(connection):
            after = _encrypt_batch(connection, contents, after, through)
            if after is None:
                connection.execute("UPDATE chain SET clear_through = 0")
    # The log still holds pages as they were.
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _encrypt_batch(connection: sqlite3.Connection, contents: ContentCipher, after: int, through: int) -> int | None:
    """Encrypt captures after a sequence number; the number of the last one, or None where none is left."""
    size = 0
    while size < BATCH_BYTES:
        row = connection.execute(
            "SELECT sequence, capture_id, jws FROM captures WHERE sequence > ? AND sequence <= ? AND encrypted = 0 "
            "ORDER BY sequence LIMIT 1",
            (after, through),
        ).fetchone()
        if row is None:
            return None
        after, capture_id, jws = row
        first = after * BLOBS_PER_CAPTURE
        blobs = connection.execute(
            "SELECT id, name, media_type, content, sha256 FROM blobs WHERE id >= ? AND id < ? ORDER BY id",
            (first, first + BLOBS_PER_CAPTURE),
        ).fetchall()
        # One that is damaged is encrypted as it is: its digest shows it.
        places = [blob[0] - first for blob in blobs]
        sealed = contents.seal(capture_id, jws, [Blob(*blob[1:]) for blob in blobs], places)
        connection.execute(
            "UPDATE captures SET jws = ?, data_key = ?, encrypted = 1 WHERE sequence = ?",
            (sealed.jws, sealed.data_key, after),
        )
        for blob, content in zip(blobs, sealed.contents, strict=True):
            connection.execute("UPDATE blobs SET content = ? WHERE id = ?", (content, blob[0]))
            size += len(content)
        size += len(jws)
    return after


def _opens_another(connection: sqlite3.Connection, contents: ContentCipher) -> bool:
    rows = connection.execute(
        "SELECT capture_id, jws FROM captures WHERE encrypted = 1 ORDER BY sequence DESC LIMIT ?", (_KEYS_TRIED,)
    )
    return any(contents.opens(capture_id, jws) for capture_id, jws in rows.fetchall())

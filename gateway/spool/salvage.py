"""What can still be read out of a damaged spool file."""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from gateway.spool import queries
from gateway.spool.capture import Blob, StoredCapture
from gateway.spool.encryption import ContentCipher
from gateway.spool.errors import SpoolError, SpoolKeyWrong, from_sqlite
from gateway.spool.head import ChainHead


@dataclass(frozen=True)
class SalvageReport:
    """What came of a damaged file.

    Parameters
    ----------
    recovered : tuple of int
        Sequence numbers that are in the spool again.
    present : tuple of int
        Those that the spool had already.
    lost : tuple of int
        Those that the damaged file shows traces of, but does not give back whole.
    """

    recovered: tuple[int, ...]
    present: tuple[int, ...]
    lost: tuple[int, ...]


def salvage_head(path: Path) -> ChainHead | None:
    """The end of the chain by a damaged file, as far as it can be read without changing it."""
    try:
        with closing(_connect_untouching(path)) as connection:
            head = queries.read_head(connection)
            last = connection.execute(
                "SELECT chain_id, sequence, manifest_digest FROM captures ORDER BY sequence DESC LIMIT 1"
            ).fetchone()
    except (sqlite3.Error, TypeError, UnicodeError):
        return None
    # Two pages that tell the same: neither is damaged. A head without captures stands alone.
    return head if last is None or ChainHead(*last) == head else None


def salvage_captures(
    path: Path, last_sequence: int, cipher: ContentCipher | None
) -> Iterator[tuple[int, StoredCapture | None, tuple[Blob, ...]]]:
    """Every capture of a damaged file up to a number, each looked up by itself, so that one damaged page hides few.

    Parameters
    ----------
    path : Path
        Of any version.
    last_sequence : int
    cipher : ContentCipher or None
        Of the spool in use: the local key of both is the same.

    Yields
    ------
    sequence : int
    capture : StoredCapture or None
        None where there are traces of it, but it cannot be read whole.
    blobs : tuple of Blob

    Raises
    ------
    SpoolCorrupt
        Not even the file's tables can be found.
    SpoolKeyWrong
        It is encrypted, and there is no cipher.
    """
    try:
        connection = _connect_untouching(path)
    except sqlite3.Error as error:
        raise from_sqlite(error, path) from error
    with closing(connection):
        try:
            connection.execute("SELECT rootpage FROM sqlite_schema").fetchall()
            connection.execute("SELECT 1 FROM captures WHERE sequence = 0")
            _show_as_current(connection)
        except sqlite3.Error as error:
            raise from_sqlite(error, path) from error
        for sequence in range(1, last_sequence + 1):
            try:
                capture = queries.capture_by_sequence(connection, path, sequence, cipher)
                if capture is None:
                    continue
                blobs = queries.blobs_at(connection, path, sequence, capture.capture_id, cipher)
                size = len(capture.jws) + sum(len(blob.content) for blob in blobs)
                whole = size == capture.size and hashlib.sha256(capture.jws).hexdigest() == capture.jws_sha256
            except SpoolKeyWrong:
                raise
            except (sqlite3.Error, SpoolError, TypeError, ValueError, OverflowError):
                whole = False
            yield (sequence, capture, blobs) if whole else (sequence, None, ())


def _show_as_current(connection: sqlite3.Connection) -> None:
    """Let a file of version 1 look like one of today, in this connection alone."""
    columns = {row[1] for row in connection.execute("PRAGMA table_info(captures)")}
    if "encrypted" not in columns:
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute(
            "CREATE TEMP VIEW captures AS SELECT *, 0 AS encrypted, NULL AS data_key, NULL AS erased_at_ms "
            "FROM main.captures"
        )


def _connect_untouching(path: Path) -> sqlite3.Connection:
    # Where no log stands beside it, SQLite shall not put one there.
    how = "mode=ro" if path.with_name(path.name + "-wal").exists() else "immutable=1"
    return sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, isolation_level=None)

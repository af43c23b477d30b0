"""What can still be read out of a damaged spool file."""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from gateway.spool import queries
from gateway.spool.capture import Blob, StoredCapture
from gateway.spool.errors import SpoolError, from_sqlite
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


def salvage_captures(path: Path, last_sequence: int) -> Iterator[tuple[int, StoredCapture | None, tuple[Blob, ...]]]:
    """Every capture of a damaged file up to a number, each looked up by itself, so that one damaged page hides few.

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
    """
    try:
        connection = _connect_untouching(path)
    except sqlite3.Error as error:
        raise from_sqlite(error, path) from error
    with closing(connection):
        try:
            connection.execute("SELECT rootpage FROM sqlite_schema").fetchall()
            connection.execute("SELECT 1 FROM captures WHERE sequence = 0")
        except sqlite3.Error as error:
            raise from_sqlite(error, path) from error
        for sequence in range(1, last_sequence + 1):
            try:
                capture = queries.capture_by_sequence(connection, sequence)
                if capture is None:
                    continue
                blobs = queries.blobs_at(connection, path, sequence, capture.capture_id)
                size = len(capture.jws) + sum(len(blob.content) for blob in blobs)
                whole = size == capture.size and hashlib.sha256(capture.jws).hexdigest() == capture.jws_sha256
            except (sqlite3.Error, SpoolError, TypeError, ValueError, OverflowError):
                whole = False
            yield (sequence, capture, blobs) if whole else (sequence, None, ())


def _connect_untouching(path: Path) -> sqlite3.Connection:
    # Where no log stands beside it, SQLite shall not put one there.
    how = "mode=ro" if path.with_name(path.name + "-wal").exists() else "immutable=1"
    return sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, isolation_level=None)

"""Rows erased for good: the key first, then the row, then the log; and a look whether anything is left."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from gateway.card_holders.database import Row
from gateway.card_holders.errors import from_os, still_there
from gateway.sqlite_file import BESIDE, transaction

LOOKED_FOR = 64
"""Of the rows that are erased at once, whose bytes are looked for in the files afterwards."""
_TELLING_BYTES = 32
"""Of sealed bytes: as many as tell them from all others."""


def erase_rows(connection: sqlite3.Connection, rows: Sequence[Row], path: Path) -> None:
    """Make rows unreadable, then delete them; each step is on the disk before the next.

    A power cut after the first step leaves rows without a key, which nobody can read and `erase_keyless` deletes.

    Raises
    ------
    HoldersUnwritable
        Somebody reads the file: what was deleted is still in its log.
    sqlite3.Error
    """
    if not rows:
        return
    ids = [(row.enrolment_id,) for row in rows]
    with transaction(connection):
        connection.executemany("UPDATE holders SET data_key = NULL WHERE enrolment_id = ?", ids)
    with transaction(connection):
        connection.executemany("DELETE FROM holders WHERE enrolment_id = ?", ids)
    empty_log(connection, path)


def erase_keyless(connection: sqlite3.Connection, path: Path) -> None:
    """Delete rows whose erasure was cut off; errors as of `erase_rows`."""
    with transaction(connection):
        gone = connection.execute("DELETE FROM holders WHERE data_key IS NULL").rowcount
    if gone:
        empty_log(connection, path)


def empty_log(connection: sqlite3.Connection, path: Path) -> None:
    """Bring what was committed into the file, where what was deleted is zeros, and cut the log to nothing."""
    busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise still_there(path.with_name(f"{path.name}-wal"))


def look_for(rows: Sequence[Row], path: Path) -> None:
    """See that the sealed bytes of erased rows are in no file any more.

    Raises
    ------
    HoldersUnwritable
    """
    parts = [part[:_TELLING_BYTES] for row in rows for part in (row.data_key, row.body) if part]
    if not parts:
        return
    for each in (path.with_name(path.name + suffix) for suffix in BESIDE):
        try:
            content = each.read_bytes() if each.exists() else b""
        except OSError as error:
            raise from_os(error, each) from error
        if any(part in content for part in parts):
            raise still_there(each)

"""Erases captures: the records and images for good, while the signed manifest stays as a tombstone in the chain."""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.spool import queries
from gateway.spool.errors import SpoolUnwritable
from gateway.spool.queries import BLOBS_PER_CAPTURE, ERASED

if TYPE_CHECKING:
    from gateway.spool.store import Spool

BATCH = 16
"""Captures erased in one transaction: an append in between waits for 10 MB of zeros, not for gigabytes."""
FREED_PAGES = 512
"""Free pages given back at a time, 16 MB."""
READERS_WAIT_MS = 1_000
"""For those that read the log at the moment; appends wait as well."""
AHEAD = timedelta(days=1)
"""By which a clock may be behind the one that made a capture; what is further ahead was made by a wrong one."""
FIRST_TIME = datetime(2024, 1, 1, tzinfo=UTC)
"""Before this no capture can have been made: its clock was wrong, and its age is not known."""


@dataclass(frozen=True)
class ErasureReport:
    """What was erased."""

    erased: tuple[str, ...]
    """Capture ids, in the order of the chain. Of a trial, those that would be."""
    gone: tuple[str, ...] = ()
    """Those that were erased before."""
    unknown: tuple[str, ...] = ()
    """Those that the spool does not have."""
    bytes: int = 0
    """That the records and images took."""
    scrubbed: bool = True
    """Neither a free page nor the write-ahead log holds any of it. False where a reader stood in the way for long: then
    another `erase`, or the end of the gateway, makes up for it."""
    set_aside: tuple[Path, ...] = ()
    """Damaged files of the folder that were set aside, and may hold captures that are erased here."""
    undated: int = 0
    """Captures whose age is not known, as the clock was wrong; they stay until they are erased by name."""


def erase_rows(connection: sqlite3.Connection, sequences: Sequence[int], now: datetime) -> int:
    """Erase captures that are kept; within the caller's transaction, on a connection with `secure_delete`.

    Returns
    -------
    int
        Bytes of the records and images.
    """
    freed = 0
    for sequence in sequences:
        first = sequence * BLOBS_PER_CAPTURE
        size = contents_size(connection, (sequence,))
        connection.execute("DELETE FROM blobs WHERE id >= ? AND id < ?", (first, first + BLOBS_PER_CAPTURE))
        connection.execute(
            "UPDATE captures SET data_key = NULL, state = ?, erased_at_ms = ?, size = size - ? WHERE sequence = ?",
            (ERASED, queries.milliseconds(now), size, sequence),
        )
        freed += size
    connection.execute(
        "UPDATE chain SET stored_captures = stored_captures - ?, stored_bytes = stored_bytes - ?",
        (len(sequences), freed),
    )
    connection.execute(
        "UPDATE chain SET first_kept = ifnull((SELECT sequence FROM captures WHERE sequence >= chain.first_kept "
        "AND erased_at_ms IS NULL ORDER BY sequence LIMIT 1), sequence + 1)"
    )
    return freed


def contents_size(connection: sqlite3.Connection, sequences: Iterable[int]) -> int:
    """Bytes of the records and images of captures."""
    size = 0
    for sequence in sequences:
        first = sequence * BLOBS_PER_CAPTURE
        size += connection.execute(
            "SELECT ifnull(sum(size), 0) FROM blobs WHERE id >= ? AND id < ?", (first, first + BLOBS_PER_CAPTURE)
        ).fetchone()[0]
    return size


def kept_sequence(connection: sqlite3.Connection, capture_id: str) -> tuple[int, bool] | None:
    """Sequence number of a capture and whether it is erased, or None where there is none of that id."""
    row = connection.execute(
        "SELECT sequence, erased_at_ms IS NOT NULL FROM captures WHERE capture_id = ?", (capture_id,)
    ).fetchone()
    return None if row is None else (row[0], bool(row[1]))


def aged(connection: sqlite3.Connection, before: datetime, now: datetime) -> tuple[list[tuple[int, str]], int]:
    """Captures that are kept and certainly older than a time, and how many are of unknown age.

    A capture is no older than any that stands before it in the chain, whatever the clock said; but for those of a time
    that has not come yet, which are of unknown age, and say nothing of those after them.

    Returns
    -------
    list of (sequence, capture id)
    int
    """
    limit, first = queries.milliseconds(before), queries.milliseconds(FIRST_TIME)
    ahead = queries.milliseconds(now + AHEAD)
    newest, undated, found = 0, 0, []
    rows = connection.execute(
        "SELECT sequence, capture_id, created_at_ms, erased_at_ms IS NULL FROM captures ORDER BY sequence"
    )
    for sequence, capture_id, created_at_ms, kept in rows:
        if created_at_ms > ahead:
            undated += kept
            continue
        newest = max(newest, created_at_ms)
        if not kept or newest >= limit:
            continue
        if newest < first:
            undated += 1
        else:
            found.append((sequence, capture_id))
    return found, undated


def give_back(connection: sqlite3.Connection) -> bool:
    """Give some free pages back to the disk; whether there may be more."""
    (free,) = connection.execute("PRAGMA freelist_count").fetchone()
    if free:
        # Each step is a page given back; its rows have no columns, and `execute` would leave it at one.
        connection.executescript(f"PRAGMA incremental_vacuum({FREED_PAGES})")
    return bool(free > FREED_PAGES)


def empty_log(connection: sqlite3.Connection) -> bool:
    """Bring the write-ahead log into the file and cut it to nothing; False where a reader stood in the way."""
    (patience,) = connection.execute("PRAGMA busy_timeout").fetchone()
    connection.execute(f"PRAGMA busy_timeout = {READERS_WAIT_MS}")
    try:
        (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.execute(f"PRAGMA busy_timeout = {patience}")
    return not busy


class SpoolEraser:
    """Erases captures that somebody else has by now, or that are not wanted.

    Parameters
    ----------
    spool : Spool
    on_erased : callable, optional
        Called after something was.
    """

    def __init__(self, spool: "Spool", on_erased: Callable[[], None] = lambda: None) -> None:
        self._spool = spool
        self._on_erased = on_erased

    def erase(self, capture_ids: Iterable[str]) -> None:
        """Erase each; one that is gone already, or was never there, is no error.

        Raises
        ------
        SpoolError
            Some are not erased, or not scrubbed; the call has to be made again.
        """
        report = self._spool.erase(capture_ids)
        if report.erased:
            self._on_erased()
        if not report.scrubbed:
            raise SpoolUnwritable(
                "Captures are erased, but the log beside the spool file is read by somebody and still holds them.",
                "It is tried again by itself.",
            )

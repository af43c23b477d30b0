"""Tries on the disk: each is counted before anything is compared, so that no power cut gives one back."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Self

from gateway.elapsed import Moment, moment_now
from gateway.holder_check import database
from gateway.holder_check.database import sqlite_errors
from gateway.holder_check.errors import TryJournalCorrupt, corrupt, from_os, unwritable
from gateway.holder_check.values import ComparisonPlace, HandOver, SupervisedApproval, SupervisedReason
from gateway.sqlite_file import set_aside, transaction

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class TryState(StrEnum):
    """How far a try came."""

    BEGUN = "begun"
    """Counted, and not known to have ended: the gateway or the card was cut off. It counts as failed."""
    MATCHED = "matched"
    NOT_MATCHED = "not_matched"
    NOT_COMPARED = "not_compared"
    """The card answered that it compared nothing; does not count."""


@dataclass(frozen=True)
class CountedTry:
    """One try, as it stands in the journal."""

    number: int
    place: ComparisonPlace
    state: TryState
    at_ms: int
    """Milliseconds since 1970 by the machine's clock."""


class TryJournal:
    """The journal of one state folder; made by `open`, closed by `close` or a `with` block; any thread may call.

    It knows cards and jobs by their names, nobody's finger. Every method raises `HolderCheckError` where the file
    cannot be used; nothing of what was asked is done then.

    Parameters
    ----------
    path : Path
    connection : sqlite3.Connection
    read : callable
        This instant.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, read: Callable[[], Moment] = moment_now) -> None:
        self.path = path
        self.replaced: Path | None = None
        """The damaged file that was set aside: what it counted is not known any more."""
        self._read = read
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = connection

    @classmethod
    def open(cls, state: Path, read: Callable[[], Moment] = moment_now) -> Self:
        """Open the journal of a state folder, whose lock the caller holds; a damaged one is set aside.

        Raises
        ------
        TryJournalTooNew, TryJournalFull, TryJournalUnwritable
        """
        path = state / database.FILE_NAME
        try:
            state.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                return cls(path, database.open_database(path), read)
            except TryJournalCorrupt:
                aside = set_aside(path, f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
                journal = cls(path, database.open_database(path), read)
                journal.replaced = aside
                return journal
        except OSError as error:
            raise from_os(error, path) from error

    def left(self, hand_over: HandOver, limit: int) -> int:
        """Tries that are left of `limit` since the last match; 0 or more."""
        with self._reading() as connection:
            return max(0, limit - _counted(connection, hand_over))

    def begin(self, hand_over: HandOver, place: ComparisonPlace, limit: int) -> int | None:
        """Count a try, durably, before it is made; its number, or None where none is left."""
        with self._changing() as connection:
            if _counted(connection, hand_over) >= limit:
                return None
            cursor = connection.execute(
                "INSERT INTO tries (card_serial, job_id, place, state, wall_ms, since_boot_ms, quality, boot_id)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (hand_over.card_serial, hand_over.job_id, place.value, TryState.BEGUN.value, *self._now()),
            )
            assert cursor.lastrowid is not None
            return cursor.lastrowid

    def end(self, number: int, state: TryState) -> None:
        """Say what a try that was begun came to; one that ended already keeps what it came to."""
        with self._changing() as connection:
            connection.execute(
                "UPDATE tries SET state = ? WHERE number = ? AND state = ?",
                (state.value, number, TryState.BEGUN.value),
            )

    def approve(self, hand_over: HandOver, approval: SupervisedApproval) -> None:
        """Write down that a supervisor answers for a hand-over."""
        with self._changing() as connection:
            connection.execute(
                "INSERT INTO approvals"
                " (card_serial, job_id, supervisor, reason, paper, wall_ms, since_boot_ms, quality, boot_id)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    hand_over.card_serial,
                    hand_over.job_id,
                    approval.supervisor,
                    approval.reason.value,
                    approval.paper,
                    *self._now(),
                ),
            )

    def tries(self, hand_over: HandOver) -> tuple[CountedTry, ...]:
        """All tries, the first one first."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT number, place, state, wall_ms FROM tries WHERE card_serial = ? AND job_id = ? ORDER BY number",
                (hand_over.card_serial, hand_over.job_id),
            ).fetchall()
        with self._readable():
            return tuple(CountedTry(row[0], ComparisonPlace(row[1]), TryState(row[2]), row[3]) for row in rows)

    def approvals(self, hand_over: HandOver) -> tuple[SupervisedApproval, ...]:
        """All approvals, the first one first."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT supervisor, reason, paper FROM approvals WHERE card_serial = ? AND job_id = ? ORDER BY number",
                (hand_over.card_serial, hand_over.job_id),
            ).fetchall()
        with self._readable():
            return tuple(SupervisedApproval(row[0], SupervisedReason(row[1]), row[2]) for row in rows)

    def close(self) -> None:
        """Close the file; nothing is lost by not doing so."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _now(self) -> tuple[int, int, str, str]:
        moment = self._read()
        wall_ms = round((moment.time.wall - _EPOCH).total_seconds() * 1000)
        return wall_ms, round(moment.time.since_boot_s * 1000), moment.time.quality.value, moment.boot_id

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except ValueError as error:
            raise corrupt(self.path, "it holds words that no gateway writes") from error

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, sqlite_errors(self.path):
            if self._connection is None:
                raise unwritable(self.path, "it is closed")
            yield self._connection

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        with self._reading() as connection, transaction(connection):
            yield connection


def _counted(connection: sqlite3.Connection, hand_over: HandOver) -> int:
    """Tries since the last match that count: those that failed, and those of which nobody knows."""
    (count,) = connection.execute(
        "SELECT count(*) FROM tries WHERE card_serial = :serial AND job_id = :job AND state IN (:begun, :failed)"
        " AND number > coalesce((SELECT max(number) FROM tries WHERE card_serial = :serial AND job_id = :job"
        " AND state = :matched), 0)",
        {
            "serial": hand_over.card_serial,
            "job": hand_over.job_id,
            "begun": TryState.BEGUN.value,
            "failed": TryState.NOT_MATCHED.value,
            "matched": TryState.MATCHED.value,
        },
    ).fetchone()
    return int(count)

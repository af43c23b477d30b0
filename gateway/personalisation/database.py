"""The SQLite file of cards: its settings, its tables, and one thread's turn at it."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from gateway.personalisation.errors import JournalTooNew, corrupt, from_os, from_sqlite
from gateway.sqlite_file import transaction
from gateway.sqlite_schema import SqliteSchema, given_as, opened

SCHEMA_VERSION = 1
FILE_NAME = "cards.sqlite3"

# That a serial number is a card's for ever, and that a job has one card that is not spoiled, is the schema's to keep:
# no way through the code makes a second one.
_TABLES = """
CREATE TABLE jobs (
    job_id TEXT PRIMARY KEY,
    job BLOB NOT NULL,
    enrolment_id TEXT NOT NULL,
    signed_by TEXT NOT NULL,
    profile_sha256 TEXT NOT NULL,
    state TEXT NOT NULL,
    detail TEXT NOT NULL,
    sealed BLOB,
    sealed_card BLOB,
    closed INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX jobs_by_state ON jobs (state);
CREATE INDEX jobs_by_enrolment ON jobs (enrolment_id);
CREATE TABLE steps (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id TEXT NOT NULL REFERENCES jobs (job_id),
    state TEXT NOT NULL,
    detail TEXT NOT NULL,
    serial TEXT NOT NULL,
    wall_ms INTEGER NOT NULL,
    since_boot_ms INTEGER NOT NULL,
    quality TEXT NOT NULL
) STRICT;
CREATE INDEX steps_by_job ON steps (job_id, number);
CREATE TABLE cards (
    serial TEXT PRIMARY KEY,
    job_id TEXT REFERENCES jobs (job_id),
    standing TEXT NOT NULL CHECK (standing IN ('bound', 'finished', 'spoiled')),
    reason TEXT NOT NULL DEFAULT '',
    terminated INTEGER NOT NULL DEFAULT 0,
    card_sha256 TEXT NOT NULL DEFAULT '',
    result BLOB,
    wall_ms INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX one_card_for_a_job ON cards (job_id) WHERE standing <> 'spoiled';
CREATE TABLE ranges (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    first TEXT NOT NULL,
    last TEXT NOT NULL,
    blanks INTEGER NOT NULL,
    brought_by TEXT NOT NULL,
    wall_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE counts (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    counted INTEGER NOT NULL,
    book INTEGER NOT NULL,
    counted_by TEXT NOT NULL,
    note TEXT NOT NULL,
    wall_ms INTEGER NOT NULL
) STRICT;
"""

_SCHEMA = SqliteSchema(
    SCHEMA_VERSION,
    _TABLES,
    too_new=lambda path, version: JournalTooNew(
        f"The journal of cards {path} has version {version}; this gateway knows {SCHEMA_VERSION}.",
        "Start the newer gateway that made it, or give this one another state folder.",
    ),
    foreign=lambda path, _: corrupt(path, "it holds tables, but not those of a journal of cards"),
    damaged=corrupt,
    # What stood on a card does not stay in free pages once it is erased.
    pragmas=("PRAGMA secure_delete = ON", "PRAGMA foreign_keys = ON", f"PRAGMA journal_size_limit = {8 << 20}"),
    empties_log=True,
)

_sqlite_errors = partial(given_as, from_sqlite)


class Database:
    """The open file; any thread may come, one at a time is let in.

    Parameters
    ----------
    folder : Path
        The state folder, whose lock the caller holds.

    Raises
    ------
    JournalFull, JournalUnwritable, JournalCorrupt, JournalTooNew
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE_NAME
        self._turn = threading.RLock()
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _sqlite_errors(self.path):
                self._connection = opened(self.path, _SCHEMA)
        except OSError as error:
            raise from_os(error, self.path) from error

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, for a block that changes nothing."""
        with self._turn, _sqlite_errors(self.path):
            yield self._connection

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """The connection, within one transaction: on the disk when the block is over, or without a trace."""
        with self._turn, _sqlite_errors(self.path), transaction(self._connection):
            yield self._connection

    def empty_log(self) -> None:
        """Write what was changed over what was there, so that nothing erased is left in the log."""
        with self._turn, _sqlite_errors(self.path):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def close(self) -> None:
        """Let go of the file."""
        with self._turn:
            self._connection.close()

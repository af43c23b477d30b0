"""The file of the recorded people: `duplicates.sqlite3`, each person sealed, what is deleted overwritten."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.duplicates.errors import BookTooNew, damaged, from_os, from_sqlite
from gateway.duplicates.person_record import VERSION, SealedPerson, moment
from gateway.sqlite_file import connected, header_of, is_new, make_private, salvaged_rows, transaction, write_ahead
from gateway.sqlite_file import set_aside as set_file_aside

FILE = "duplicates.sqlite3"
SCHEMA_VERSION = 1
SET_ASIDE = "duplicates.corrupt-*.sqlite3"
_TABLES = """
CREATE TABLE people (
    number INTEGER PRIMARY KEY,
    gateway_id TEXT NOT NULL,
    enrolment_id TEXT NOT NULL,
    recorded_at_ms INTEGER NOT NULL,
    version INTEGER NOT NULL,
    sealed_key BLOB NOT NULL,
    content BLOB NOT NULL,
    UNIQUE (gateway_id, enrolment_id)
) STRICT;
CREATE TABLE sources (
    gateway_id TEXT PRIMARY KEY,
    list_id TEXT NOT NULL,
    made_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""


@dataclass(frozen=True)
class StoredPerson:
    """A row: what is in clear, and what is sealed."""

    gateway_id: str
    enrolment_id: str
    recorded_at_ms: int
    sealed: SealedPerson
    version: int = VERSION

    @property
    def name(self) -> bytes:
        """What the seal binds the content to."""
        return record_name(self.gateway_id, self.enrolment_id, self.recorded_at_ms, self.version)


@dataclass(frozen=True)
class StoredSource:
    """A neighbour's list that was taken in."""

    gateway_id: str
    list_id: str
    made_at_ms: int
    expires_at_ms: int


def record_name(gateway_id: str, enrolment_id: str, recorded_at_ms: int, version: int = VERSION) -> bytes:
    """What a row is called: no two rows alike."""
    return "\0".join(("rekam-duplicate", str(version), gateway_id, enrolment_id, str(recorded_at_ms))).encode()


class Store:
    """The open file; used under one lock, which is the caller's.

    Raises
    ------
    BookDamaged
        It is no such file, or a damaged one.
    BookTooNew, BookFull, BookUnwritable
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        refuse_newer(path)
        try:
            make_private(path)
        except OSError as error:
            raise from_os(error, path) from error
        with self._errors():
            self._connection = connected(path)
        try:
            with self._errors():
                self._configure()
        except BaseException:
            self._connection.close()
            raise

    def people(self) -> Iterator[StoredPerson]:
        """Every row, in the order in which they came.

        Raises
        ------
        BookDamaged
            A page cannot be read; the rows before it were given.
        """
        with self._errors():
            yield from map(_row, self._connection.execute(_SELECT + " ORDER BY number"))

    def put(self, people: Iterable[StoredPerson], sources: Iterable[StoredSource] = ()) -> None:
        """Store people durably, all or none; one of the same gateway and id gives way.

        Parameters
        ----------
        people : iterable of StoredPerson
        sources : iterable of StoredSource
            Their people are these, and all others of those gateways are erased.
        """
        connection = self._connection
        with self._errors(), transaction(connection):
            for source in sources:
                connection.execute("DELETE FROM people WHERE gateway_id = ?", (source.gateway_id,))
                connection.execute(
                    "INSERT OR REPLACE INTO sources VALUES (?, ?, ?, ?)",
                    (source.gateway_id, source.list_id, source.made_at_ms, source.expires_at_ms),
                )
            connection.executemany(
                "INSERT OR REPLACE INTO people VALUES (NULL, ?, ?, ?, ?, ?, ?)",
                (
                    (
                        person.gateway_id,
                        person.enrolment_id,
                        person.recorded_at_ms,
                        person.version,
                        person.sealed.key,
                        person.sealed.content,
                    )
                    for person in people
                ),
            )

    def older_than(self, gateway_id: str, recorded_before_ms: int) -> list[str]:
        """Enrolment ids of a gateway's people who were recorded before that time."""
        with self._errors():
            rows = self._connection.execute(
                "SELECT enrolment_id FROM people WHERE gateway_id = ? AND recorded_at_ms < ? ORDER BY number",
                (gateway_id, recorded_before_ms),
            ).fetchall()
        return [str(row[0]) for row in rows]

    def sources(self) -> list[StoredSource]:
        """The lists that were taken in."""
        with self._errors():
            return [StoredSource(*row) for row in self._connection.execute("SELECT * FROM sources ORDER BY gateway_id")]

    def erase(self, keys: Iterable[tuple[str, str]], sources: Iterable[str] = ()) -> list[tuple[str, str]]:
        """Delete people by gateway and enrolment id, and lists with everybody in them; durably.

        Returns
        -------
        list of (str, str)
            Who was there.
        """
        erased: list[tuple[str, str]] = []
        connection = self._connection
        with self._errors(), transaction(connection):
            for key in keys:
                cursor = connection.execute("DELETE FROM people WHERE gateway_id = ? AND enrolment_id = ?", key)
                erased += [key] * cursor.rowcount
            for gateway_id in sources:
                rows = connection.execute(
                    "DELETE FROM people WHERE gateway_id = ? RETURNING gateway_id, enrolment_id", (gateway_id,)
                )
                erased += [(str(one), str(other)) for one, other in rows.fetchall()]
                connection.execute("DELETE FROM sources WHERE gateway_id = ?", (gateway_id,))
        return erased

    def overwrite_log(self) -> None:
        """Bring what was committed into the file, where deleted rows are zeros, and empty the write-ahead log."""
        with self._errors():
            self._connection.execute("PRAGMA incremental_vacuum").fetchall()
            busy, _, _ = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if busy:
                raise sqlite3.OperationalError("somebody else reads the file: what was deleted is still in its log")

    def check(self) -> None:
        """Read the whole file.

        Raises
        ------
        BookDamaged
        """
        with self._errors():
            (verdict,) = self._connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise damaged(self.path, verdict)

    def close(self) -> None:
        """Bring everything into the one file and let go of it."""
        with suppress(sqlite3.Error):
            self._connection.close()

    def _configure(self) -> None:
        connection = self._connection
        if connection.execute("PRAGMA page_count").fetchone() == (0,):
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        write_ahead(connection)
        connection.execute("PRAGMA secure_delete = ON")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if is_new(connection, version):
            with transaction(connection):
                for statement in _TABLES.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        elif version != SCHEMA_VERSION:
            raise damaged(self.path, "it holds tables, but not those of recorded people")
        connection.execute(_SELECT + " LIMIT 0")
        connection.execute("SELECT * FROM sources LIMIT 0")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise from_sqlite(error, self.path) from error


_SELECT = "SELECT gateway_id, enrolment_id, recorded_at_ms, version, sealed_key, content FROM people"
# A damaged page may hold what STRICT lets nobody write.
_SOURCES = """
SELECT gateway_id, gateway_id, list_id, made_at_ms, expires_at_ms FROM sources
WHERE typeof(gateway_id) || typeof(list_id) || typeof(made_at_ms) || typeof(expires_at_ms) = 'texttextintegerinteger'
"""


def refuse_newer(path: Path) -> None:
    """Look at the version in the file's header, without SQLite, which would leave files beside it.

    Raises
    ------
    BookTooNew
        A newer version of this program made the file.
    """
    try:
        header = header_of(path)
    except OSError as error:
        raise from_os(error, path) from error
    version = int.from_bytes(header[60:64], "big")
    if version > SCHEMA_VERSION:
        raise BookTooNew(
            f"The duplicate list {path} has version {version}; this gateway knows up to {SCHEMA_VERSION}.",
            "Start the newer gateway that made it, or give this one another state folder. Nothing was changed.",
        )


def set_aside(path: Path, stamp: str) -> Path:
    """Rename the file, with what SQLite keeps beside it, to `duplicates.corrupt-STAMP.sqlite3`.

    Raises
    ------
    BookUnwritable
    """
    try:
        return set_file_aside(path, stamp)
    except OSError as error:
        raise from_os(error, path) from error


def salvaged_people(path: Path) -> list[StoredPerson]:
    """The rows that can still be read out of a file that was set aside."""
    return [_row(row) for row in salvaged_rows(path, _SELECT.replace("SELECT", "SELECT number,"))]


def salvaged_sources(path: Path) -> list[StoredSource]:
    """The lists that can still be read out of a file that was set aside, where they make sense."""
    found = []
    for row in salvaged_rows(path, _SOURCES):
        source = StoredSource(*row)
        with suppress(OverflowError):
            moment(source.made_at_ms), moment(source.expires_at_ms)
            found.append(source)
    return found


def _row(row: Sequence[Any]) -> StoredPerson:
    gateway_id, enrolment_id, recorded_at_ms, version, key, content = row
    return StoredPerson(gateway_id, enrolment_id, recorded_at_ms, SealedPerson(key, content), version)

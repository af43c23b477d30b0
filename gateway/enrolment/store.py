"""The journal of enrolments on the disk: appended to in one transaction per event, each enrolment under its own key."""

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_bytes
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import TypeAdapter

from gateway.enrolment import database
from gateway.enrolment.database import sqlite_errors
from gateway.enrolment.errors import (
    EnrolmentUnknown,
    StoreCorrupt,
    VersionConflict,
    corrupt,
    from_os,
    unwritable,
)
from gateway.enrolment.event import EVENT
from gateway.enrolment.ports import AuditEntry, Cipher
from gateway.enrolment.record import Entry
from gateway.enrolment.values import EnrolmentState, EnrolmentSummary
from gateway.guidance import LocalizedText
from gateway.sqlite_file import set_aside, transaction
from gateway.trust import ClockQuality, SignedTime
from gateway.trust.clock import EARLIEST_PLAUSIBLE

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NONCE_BYTES = 12
_EARLIEST_MS = (EARLIEST_PLAUSIBLE - _EPOCH) // timedelta(milliseconds=1)
_LINE: TypeAdapter[EnrolmentSummary] = TypeAdapter(EnrolmentSummary)

# Not what ended at nobody knows what time, and not what the audit trail was not told yet.
_PAST = (
    "SELECT enrolment_id FROM enrolments"
    " WHERE unfinished IS NULL AND ended_ms >= :earliest AND ended_ms + retention_days * 86400000 < :now AND NOT EXISTS"
    " (SELECT 1 FROM journal WHERE journal.enrolment_id = enrolments.enrolment_id AND number > :audited)"
)


@dataclass(frozen=True)
class Change:
    """One event, and all that goes to the disk with it or not at all."""

    enrolment_id: str
    entry: Entry
    line: EnrolmentSummary
    retention_days: int
    sealing: bool = False
    """A seal was begun, and its end is not known."""
    contents: Mapping[str, bytes] = field(default_factory=dict)
    """Images and strokes that are kept beside the event."""
    summary: bytes | None = None
    """What stays once the enrolment is over: then its key and contents are erased in the same transaction."""
    captures: tuple[str, ...] = ()
    """With a summary: those elsewhere that wait to be erased until `finish`."""
    details: Mapping[str, str] = field(default_factory=dict)
    """For the audit trail, and not encrypted: nothing of the person."""


@dataclass(frozen=True)
class StoreIncident:
    """The journal was damaged, and set aside."""

    path: Path
    cause: str
    remedy: str


class EnrolmentStore:
    """The journal of one state folder; made by `open`, closed by `close` or a `with` block; any thread may call.

    Bodies of events, images and strokes are encrypted under a key of their enrolment, which lies in the file encrypted
    by the gateway's cipher. To erase an enrolment is to erase that key (and the contents besides).
    """

    def __init__(self, path: Path, cipher: Cipher) -> None:
        self.path = path
        self.incidents: tuple[StoreIncident, ...] = ()
        self._cipher = cipher
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._audited = 0

    @classmethod
    def open(cls, directory: Path, cipher: Cipher) -> Self:
        """Open the journal in the state folder, whose lock the caller holds (`gateway.spool.Spool` takes it).

        A damaged file is renamed to `enrolments.corrupt-TIME.sqlite3`, named in `incidents`, and a new one begun.

        Raises
        ------
        StoreTooNew, StoreFull, StoreUnwritable
        """
        store = cls(directory / database.FILE_NAME, cipher)
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                store._connection = database.open_database(store.path)
            except StoreCorrupt as error:
                aside = set_aside(store.path, f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
                cause = f"{error.cause} It was set aside as {aside.name}, and a new one begun."
                store.incidents = (StoreIncident(aside, cause, error.remedy),)
                store._connection = database.open_database(store.path)
        except OSError as error:
            raise from_os(error, directory) from error
        with store._using() as connection:
            (store._audited,) = connection.execute("SELECT number FROM audited").fetchone()
        return store

    def append(self, change: Change) -> None:
        """Write one event with all that belongs to it; on return it is on the disk.

        Raises
        ------
        VersionConflict
            Another event took its place.
        StoreFull, StoreUnwritable, StoreCorrupt
            Nothing is written.
        """
        with self._using() as connection:
            with transaction(connection):
                self._append(connection, change)
            if change.summary is not None:
                # Under the lock still: beside it no other thread could commit.
                self._empty_log()

    def entries(self, enrolment_id: str) -> list[Entry]:
        """The events of an enrolment that is not over, in order.

        Raises
        ------
        EnrolmentUnknown
            There is none, or its data were erased.
        StoreCorrupt
        """
        with self._using() as connection:
            key, _ = self._data_key(connection, enrolment_id)
            (line,) = connection.execute(
                "SELECT line FROM enrolments WHERE enrolment_id = ?", (enrolment_id,)
            ).fetchone()
            rows = connection.execute(
                "SELECT version, kind, wall_ms, since_boot_ms, quality, uncertainty_ms, boot_id, body FROM journal"
                " WHERE enrolment_id = ? ORDER BY version",
                (enrolment_id,),
            ).fetchall()
        try:
            if not rows or rows[-1][0] != _LINE.validate_json(line).version:
                raise ValueError("the end is missing")
            return [self._entry(enrolment_id, key, row) for row in rows]
        except (InvalidTag, ValueError):
            # Not chained: what does not fit may be quoted there.
            raise corrupt(self.path, f"the events of enrolment {enrolment_id} cannot be read") from None

    def content(self, enrolment_id: str, name: str) -> bytes:
        """An image or strokes that were kept.

        Raises
        ------
        EnrolmentUnknown, StoreCorrupt
        """
        with self._using() as connection:
            key, _ = self._data_key(connection, enrolment_id)
            row = connection.execute(
                "SELECT content FROM contents WHERE enrolment_id = ? AND name = ?", (enrolment_id, name)
            ).fetchone()
        if row is None:
            raise corrupt(self.path, f"{name} of enrolment {enrolment_id} is missing")
        try:
            return _opened(key, row[0], _aad(enrolment_id, f"content/{name}"))
        except InvalidTag:
            raise corrupt(self.path, f"{name} of enrolment {enrolment_id} is not what was stored") from None

    def summary(self, enrolment_id: str) -> bytes | None:
        """What is left of an enrolment that is over; None while it is not.

        Raises
        ------
        EnrolmentUnknown, StoreCorrupt
        """
        with self._using() as connection:
            row = connection.execute(
                "SELECT summary FROM enrolments WHERE enrolment_id = ?", (enrolment_id,)
            ).fetchone()
        if row is None:
            raise unknown(enrolment_id)
        return None if row[0] is None else self._decrypted(row[0], enrolment_id, "summary")

    def lines(
        self, states: Sequence[EnrolmentState] = (), limit: int = 100, before_ms: int = 1 << 62
    ) -> list[EnrolmentSummary]:
        """Enrolments in those states (all without any), the latest first, begun before an instant."""
        marks = ", ".join("?" * len(states))
        where = f"state IN ({marks}) AND" if states else ""
        with self._using() as connection:
            rows = connection.execute(
                f"SELECT line FROM enrolments WHERE {where} started_ms < ? ORDER BY started_ms DESC LIMIT ?",  # noqa: S608 - question marks
                (*(state.value for state in states), before_ms, limit),
            ).fetchall()
        return [_LINE.validate_json(row[0]) for row in rows]

    def sealing(self) -> list[str]:
        """Enrolments whose seal was begun, and of whose end nothing is known."""
        with self._using() as connection:
            rows = connection.execute("SELECT enrolment_id FROM enrolments WHERE sealing = 1").fetchall()
        return [row[0] for row in rows]

    def unfinished(self) -> dict[str, tuple[str, ...]]:
        """Enrolments that are over, and whose captures elsewhere were not erased yet."""
        with self._using() as connection:
            rows = connection.execute(
                "SELECT enrolment_id, unfinished FROM enrolments WHERE unfinished IS NOT NULL"
            ).fetchall()
        return {enrolment_id: tuple(json.loads(captures)) for enrolment_id, captures in rows}

    def is_ending(self, enrolment_id: str) -> bool:
        """Whether it is among `sealing` or `unfinished`."""
        with self._using() as connection:
            row = connection.execute(
                "SELECT sealing = 1 OR unfinished IS NOT NULL FROM enrolments WHERE enrolment_id = ?", (enrolment_id,)
            ).fetchone()
        return bool(row and row[0])

    def retention_days(self, enrolment_id: str) -> int:
        """How long what is left of it is kept."""
        with self._using() as connection:
            row = connection.execute(
                "SELECT retention_days FROM enrolments WHERE enrolment_id = ?", (enrolment_id,)
            ).fetchone()
        if row is None:
            raise unknown(enrolment_id)
        return int(row[0])

    def longest_days(self) -> int:
        """The longest that anything here is kept after its end; 0 where there is nothing."""
        with self._using() as connection:
            (longest,) = connection.execute("SELECT max(retention_days) FROM enrolments").fetchone()
        return int(longest or 0)

    def finish(self, enrolment_id: str) -> None:
        """Nothing is left to be erased elsewhere."""
        with self._using() as connection, transaction(connection):
            connection.execute("UPDATE enrolments SET unfinished = NULL WHERE enrolment_id = ?", (enrolment_id,))

    def purge(self, now_ms: int) -> tuple[str, ...]:
        """Delete what is left of enrolments whose days are over; gives their ids.

        The days of what ended by a clock that was plainly wrong, or ahead, begin with the first time that shows it.
        """
        with self._using() as connection:
            with transaction(connection):
                if now_ms >= _EARLIEST_MS:
                    connection.execute(
                        "UPDATE enrolments SET ended_ms = :now WHERE ended_ms < :earliest OR ended_ms > :now",
                        {"now": now_ms, "earliest": _EARLIEST_MS},
                    )
                rows = connection.execute(_PAST, self._until(now_ms)).fetchall()
                for row in rows:
                    connection.execute("DELETE FROM enrolments WHERE enrolment_id = ?", row)
                    connection.execute("DELETE FROM journal WHERE enrolment_id = ?", row)
            self._empty_log()
        return tuple(row[0] for row in rows)

    def past(self, now_ms: int) -> tuple[str, ...]:
        """Whom `purge` would delete."""
        with self._using() as connection:
            return tuple(row[0] for row in connection.execute(_PAST, self._until(now_ms)))

    def _until(self, now_ms: int) -> dict[str, int]:
        return {"now": now_ms, "earliest": _EARLIEST_MS, "audited": self._audited}

    def unaudited(self) -> list[tuple[int, AuditEntry]]:
        """What was not told to the audit trail yet, in order, with its number."""
        with self._using() as connection:
            rows = connection.execute(
                "SELECT number, enrolment_id, version, kind, actor, details FROM journal WHERE number > ?"
                " ORDER BY number",
                (self._audited,),
            ).fetchall()
        return [
            (number, AuditEntry(f"{each}/{version}", f"enrolment.{kind}", each, actor, json.loads(details)))
            for number, each, version, kind, actor, details in rows
        ]

    def audited(self, number: int) -> None:
        """It was told up to that number; written with the next event, as an entry may be told twice."""
        self._audited = number

    def close(self) -> None:
        """Bring everything into the one file; a second call does nothing."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                with suppress(sqlite3.Error):
                    connection.execute("UPDATE audited SET number = ?", (self._audited,))
                with suppress(sqlite3.Error):
                    connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            if self._connection is None:
                raise unwritable(self.path, "it is closed")
            with sqlite_errors(self.path):
                yield self._connection

    def _data_key(self, connection: sqlite3.Connection, enrolment_id: str) -> tuple[bytes, bytes]:
        row = connection.execute("SELECT data_key FROM enrolments WHERE enrolment_id = ?", (enrolment_id,)).fetchone()
        if row is None or row[0] is None:
            raise unknown(enrolment_id)
        return self._decrypted(row[0], enrolment_id, "key"), row[0]

    def _decrypted(self, sealed: bytes, enrolment_id: str, what: str) -> bytes:
        try:
            return self._cipher.decrypt(sealed, _aad(enrolment_id, what))
        except ValueError:
            raise corrupt(
                self.path, f"the {what} of enrolment {enrolment_id} does not open under this gateway's key"
            ) from None

    def _append(self, connection: sqlite3.Connection, change: Change) -> None:
        if change.entry.version == 1:
            key = token_bytes(32)
            wrapped = self._cipher.encrypt(key, _aad(change.enrolment_id, "key"))
        else:
            key, wrapped = self._data_key(connection, change.enrolment_id)
        self._insert_entry(connection, change, key)
        for name, content in change.contents.items():
            sealed = _sealed(key, content, _aad(change.enrolment_id, f"content/{name}"))
            connection.execute("INSERT OR REPLACE INTO contents VALUES (?, ?, ?)", (change.enrolment_id, name, sealed))
        self._put_line(connection, change, wrapped if change.summary is None else None)
        if change.summary is not None:
            connection.execute("DELETE FROM contents WHERE enrolment_id = ?", (change.enrolment_id,))
        connection.execute("UPDATE audited SET number = ?", (self._audited,))

    def _insert_entry(self, connection: sqlite3.Connection, change: Change, key: bytes) -> None:
        entry = change.entry
        time, event = entry.time, entry.event
        body = _sealed(key, EVENT.dump_json(event), _aad(change.enrolment_id, f"{entry.version}/{event.kind}"))
        try:
            connection.execute(
                "INSERT INTO journal (enrolment_id, version, kind, wall_ms, since_boot_ms, quality, uncertainty_ms,"
                " boot_id, actor, details, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(change.enrolment_id, entry.version, event.kind, _milliseconds(time.wall)),
                    *(round(time.since_boot_s * 1000), str(time.quality)),
                    None if time.uncertainty_s is None else round(time.uncertainty_s * 1000),
                    *(entry.boot_id, event.actor, json.dumps(dict(change.details)), body),
                ),
            )
        except sqlite3.IntegrityError as error:
            (current,) = connection.execute(
                "SELECT max(version) FROM journal WHERE enrolment_id = ?", (change.enrolment_id,)
            ).fetchone()
            raise VersionConflict(entry.version - 1, current) from error

    def _put_line(self, connection: sqlite3.Connection, change: Change, wrapped: bytes | None) -> None:
        line = change.line
        summary = change.summary
        connection.execute(
            "INSERT OR REPLACE INTO enrolments VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(change.enrolment_id, _LINE.dump_json(line), line.state.value, _milliseconds(line.started.wall)),
                None if line.ended is None else _milliseconds(line.ended.wall),
                *(change.retention_days, change.sealing),
                None if summary is None else json.dumps(change.captures),
                wrapped,
                None if summary is None else self._cipher.encrypt(summary, _aad(change.enrolment_id, "summary")),
            ),
        )

    def _entry(
        self, enrolment_id: str, key: bytes, row: tuple[int, str, int, int, str, int | None, str, bytes]
    ) -> Entry:
        version, kind, wall_ms, since_boot_ms, quality, uncertainty_ms, boot_id, body = row
        time = SignedTime(
            _EPOCH + timedelta(milliseconds=wall_ms),
            since_boot_ms / 1000,
            ClockQuality(quality),
            None if uncertainty_ms is None else uncertainty_ms / 1000,
        )
        event = EVENT.validate_json(_opened(key, body, _aad(enrolment_id, f"{version}/{kind}")))
        return Entry(version, event, time, boot_id)

    def _empty_log(self) -> None:
        # What was erased stands in the write-ahead log until that is emptied; a full disk leaves it for the next time.
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def unknown(enrolment_id: str) -> EnrolmentUnknown:
    """There is no such enrolment, or no more than its summary."""
    return EnrolmentUnknown(
        LocalizedText(
            id=f"Tidak ada perekaman {enrolment_id} yang sedang berjalan.",
            en=f"There is no enrolment {enrolment_id} that is under way.",
        ),
        LocalizedText(
            id="Lihat daftar perekaman, dan ambil salah satunya.",
            en="List the enrolments, and take one of these.",
        ),
    )


def _aad(enrolment_id: str, what: str) -> bytes:
    return f"rekam-enrolment/{enrolment_id}/{what}".encode()


def _sealed(key: bytes, plain: bytes, aad: bytes) -> bytes:
    nonce = token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, aad)


def _opened(key: bytes, sealed: bytes, aad: bytes) -> bytes:
    return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], aad)


def _milliseconds(wall: datetime) -> int:
    return (wall - _EPOCH) // timedelta(milliseconds=1)

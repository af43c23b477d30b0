"""The file of the audit trail with its mark: opened, found to be whole or not, written to; by one thread at a time."""

import sqlite3
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from gateway.audit import database
from gateway.audit.database import audit_errors
from gateway.audit.entry import MAX_COUNT, AuditEntry, AuditEvent, entry_digest
from gateway.audit.errors import AuditCorrupt, AuditFieldError, AuditFull, corrupt, unwritable
from gateway.audit.head import SignedHead, read_audit_head
from gateway.audit.mark import MARK_FILE, MarkFile, TrailMark
from gateway.spool.readers import Readers
from gateway.sqlite_file import transaction
from gateway.trust import SignedTime, boot_id, time_now

AUDIT_FILE = "audit.sqlite3"
READERS_WAIT_S = 2.0


class TrailFile:
    """`DIRECTORY/audit.sqlite3`, opened or begun; the caller holds the folder's lock.

    A damaged file is renamed to `audit.corrupt-TIME.sqlite3`, and a new chain begins with an entry that says so.
    A file that ends before the place that `audit-mark.json` names has lost entries: the chain goes on after that
    place with an entry `audit.gap`. A full disk is tried again at each write.

    Raises
    ------
    AuditTooNew
        A newer version made it; nothing is changed.
    AuditUnwritable
        The folder does not let us write.
    """

    def __init__(self, directory: Path) -> None:
        self.path = directory / AUDIT_FILE
        self.readers = Readers(self.path)
        self.connection: sqlite3.Connection | None = None
        self.end = database.TrailEnd(uuid4().hex, 0, None, 0)
        self.troubles: dict[str, str] = {}
        self.ended_orderly = True
        """Whether the last run closed the trail, as far as the mark says."""
        self.missing = 0
        """Entries that could not be written, and are not told of in the trail yet."""
        self._missing_lock = threading.Lock()
        self._mark: TrailMark | None = None
        """Where the file should end, until it was opened."""
        self._notices: list[tuple[AuditEvent, SignedTime]] = []
        """What the trail says of itself before the next entry."""
        self._boot_id = boot_id()
        try:
            self._mark_file = MarkFile(directory)
        except OSError as error:
            raise unwritable(MARK_FILE, error.strerror or str(error)) from error
        try:
            self._begin(self._mark_file.read())
        except BaseException:
            self.let_go()
            raise

    def write(self, events: Sequence[tuple[AuditEvent, SignedTime]]) -> list[AuditEntry]:
        """Chain the events and commit them; a file that turns out to be damaged is set aside first.

        Raises
        ------
        AuditError
            None of them is written; `count_missing` is the caller's.
        """
        try:
            written = self._write(events)
        except AuditCorrupt as error:
            self._begin_anew(error, self.end.sequence)
            written = self._write(events)
        self.troubles.pop("write", None)
        return written

    def count_missing(self, count: int) -> None:
        """Keep that so many entries were not written. May be called from any thread."""
        with self._missing_lock:
            self.missing += count

    def kept_head(self) -> SignedHead | None:
        """The head that covers the last entry, if there is one.

        Raises
        ------
        AuditError
            The file cannot be read, or the head in it is none.
        """
        connection = self.connection or self._open()
        if self.end.sequence == 0 or self.end.signed != self.end.sequence:
            return None
        with audit_errors(self.path):
            jws = database.head_at(connection, self.end.sequence)
        if jws is None:
            return None
        try:
            return SignedHead(read_audit_head(jws).head, jws)
        except AuditFieldError as error:
            raise corrupt(self.path.name, f"its last head cannot be read ({error})") from error

    def write_head(self, signed: SignedHead) -> None:
        """Keep a head of the last entry.

        Raises
        ------
        AuditError
        """
        connection = self.connection or self._open()
        with audit_errors(self.path), transaction(connection):
            database.insert_head(connection, signed.head.sequence, signed.jws)
        self.end = replace(self.end, signed=signed.head.sequence)

    def record_mark(self, *, clean: bool = False) -> None:
        """Say beside the file where it ends."""
        mark = TrailMark(self.end.chain_id, self.end.sequence, self.end.digest, self.missing, clean)
        if self._mark is not None:  # the file could not be opened yet: where it ended is not forgotten
            mark = replace(self._mark, missing=self.missing, clean=clean)
        with suppress(OSError):  # it only tells of what the trail cannot; the entries are on the disk
            self._mark_file.write(mark, durable=clean)

    def let_go(self) -> None:
        """Close everything."""
        self.readers.close(wait_s=READERS_WAIT_S)
        self._close_connection()
        self._mark_file.close()

    def _begin(self, mark: TrailMark | None) -> None:
        self._mark = mark
        if mark is not None:
            self.missing = mark.missing
            self.ended_orderly = mark.clean
            with suppress(OSError):
                self._mark_file.write(replace(mark, clean=False))
        try:
            self._open()
            if self._notices:
                self._write([])
        except AuditFull as error:
            self.troubles["write"] = str(error)  # the disk may have room again before the first entry comes

    def _open(self) -> sqlite3.Connection:
        """Open the file and find its end."""
        mark = self._mark
        orderly = mark is None or mark.clean
        try:
            connection = self.connection = database.open_writer(self.path, self.end.chain_id, thorough=not orderly)
            with audit_errors(self.path):
                self.end = database.read_end(connection, self.path)
                mark = mark if mark is not None and mark.sequence else self._mark_of_last_head(connection)
                if mark is not None and self.end.sequence and mark.chain_id != self.end.chain_id:
                    raise corrupt(self.path.name, "it holds another chain than the one that was written last")
                if mark is not None and mark.sequence > self.end.sequence:
                    self._go_on_after(connection, mark)
        except AuditCorrupt as error:
            return self._begin_anew(error, mark.sequence if mark is not None else self.end.sequence)
        self._mark = None
        return connection

    def _mark_of_last_head(self, connection: sqlite3.Connection) -> TrailMark | None:
        """Where the last signed head says that the trail ends, where that is beyond its last entry."""
        if self.end.signed <= self.end.sequence:
            return None
        try:
            head = read_audit_head(database.head_at(connection, self.end.signed) or b"").head
        except AuditFieldError as error:
            raise corrupt(self.path.name, f"its last head cannot be read ({error})") from error
        return TrailMark(head.chain_id, head.sequence, head.digest)

    def _go_on_after(self, connection: sqlite3.Connection, mark: TrailMark) -> None:
        """Entries are gone from the end: their sequences stay missing, for everyone to see."""
        lost = mark.sequence - self.end.sequence
        with transaction(connection):
            connection.execute("UPDATE trail SET chain_id = ?", (mark.chain_id,))
        signed = min(self.end.signed, mark.sequence)
        self.end = database.TrailEnd(mark.chain_id, mark.sequence, mark.digest, signed)
        self.troubles["lost"] = (
            f"The audit file {self.path.name} has lost its last {lost} entries: it is an older one, or was cut. "
            "Find the newer file, and who put this one in its place."
        )
        self._notices.append((AuditEvent("audit.gap", "MISSING", "TRAIL_CUT", count=_counted(lost)), time_now()))

    def _begin_anew(self, error: AuditCorrupt, known: int) -> sqlite3.Connection:
        """Set the damaged file aside and begin a new chain: where the old one ended is not certain."""
        self._close_connection()
        aside = database.set_aside(self.path, f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
        self.end, self._mark = database.TrailEnd(uuid4().hex, 0, None, 0), None
        self.record_mark()
        self.troubles["damaged"] = (
            f"{error.cause} It was set aside as {aside.name}, and a new chain begins. "
            "Check the disk, and keep that file."
        )
        event = AuditEvent("audit.restarted", "MISSING", "FILE_DAMAGED", count=_counted(known))
        self._notices.append((event, time_now()))
        self.connection = database.open_writer(self.path, self.end.chain_id, thorough=False)
        return self.connection

    def _write(self, events: Sequence[tuple[AuditEvent, SignedTime]]) -> list[AuditEntry]:
        """Chain the events and commit them, after one that tells of what is missing."""
        connection = self.connection or self._open()
        missing, end = self.missing, self.end
        notices = list(self._notices)
        if missing:
            notices.append((AuditEvent("audit.gap", "MISSING", "NOT_WRITTEN", count=_counted(missing)), time_now()))
        if not (notices or events):
            return []
        rows: list[tuple[AuditEntry, bytes]] = []
        sequence, previous = end.sequence, end.digest
        for event, moment in (*notices, *events):
            sequence += 1
            entry = AuditEntry(sequence, end.chain_id, previous, moment, self._boot_id, event)
            body = entry.to_bytes()
            rows.append((entry, body))
            previous = entry_digest(body)
        with audit_errors(self.path), transaction(connection):
            database.insert_entries(connection, rows)
        self.end = database.TrailEnd(end.chain_id, sequence, previous, end.signed)
        if missing:
            self.count_missing(-missing)
        self._notices.clear()
        self.record_mark()
        return [entry for entry, _ in rows[len(notices) :]]

    def _close_connection(self) -> None:
        self.readers.close()
        connection, self.connection = self.connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()


def _counted(number: int) -> int:
    return min(number, MAX_COUNT)

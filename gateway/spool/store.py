"""The durable store of captures: acknowledged means on the disk, and in the chain."""

import hashlib
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from gateway.spool import database, queries, room
from gateway.spool.capture import (
    Blob,
    KeptResponse,
    SignedCapture,
    SpoolDepth,
    SpoolIncident,
    SpoolLimits,
    StoredCapture,
)
from gateway.spool.database import sqlite_errors, transaction
from gateway.spool.errors import SpoolCorrupt, SpoolError, from_os, unwritable
from gateway.spool.head import HEAD_FILE, ChainHead, HeadFile, HeadRecord
from gateway.spool.lock import StateLock
from gateway.spool.queries import BLOBS_PER_CAPTURE
from gateway.spool.readers import Readers
from gateway.spool.salvage import SalvageReport, salvage_captures, salvage_head

SPOOL_FILE = "spool.sqlite3"
WAITING = "WAITING"
READERS_WAIT_S = 2.0


class Spool:
    """The captures of one state folder; made by `Spool.open`, closed by `close` or a `with` block.

    Every method may be called from any thread and blocks until it is done. Appends go one after another; reads go
    beside them, each over a connection of its own.
    """

    def __init__(
        self,
        directory: Path,
        limits: SpoolLimits,
        on_incident: Callable[[SpoolIncident], None] | None,
        lock: StateLock,
        head_file: HeadFile,
    ) -> None:
        self.directory = directory
        self.path = directory / SPOOL_FILE
        self.limits = limits
        self._on_incident = on_incident
        self._state_lock = lock
        self._head_file = head_file
        self._incidents: list[SpoolIncident] = []
        self._write_lock = threading.RLock()
        self._readers = Readers(self.path)
        self._writer: sqlite3.Connection | None = None
        self._closed = False
        self._head = database.new_chain()

    @classmethod
    def open(
        cls,
        directory: Path,
        limits: SpoolLimits | None = None,
        on_incident: Callable[[SpoolIncident], None] | None = None,
    ) -> Self:
        """Take the state folder, and open the spool in it or make it.

        A damaged spool file is renamed to `spool.corrupt-TIME.sqlite3`, named in `incidents`, and a new one begun.
        The chain continues where the damaged file or `chain-head.json` ends it; where neither tells for certain, a
        new chain begins, so that no sequence number is ever used twice.

        Parameters
        ----------
        directory : Path
            The state folder, made with mode 0700 where it is missing.
        limits : SpoolLimits, optional
        on_incident : callable, optional
            Called with each incident when it happens, in the thread that met it.

        Raises
        ------
        StateLocked
            Another gateway has the folder.
        StateTooNew
            A newer version made it; nothing is changed.
        SpoolFull, SpoolUnwritable
            The disk is full, or does not let us write.
        """
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise from_os(error, directory) from error
        lock = StateLock(directory)
        try:
            # Under the lock: closing a file that SQLite has open in this process would drop its locks.
            database.refuse_newer(directory / SPOOL_FILE)
            head_file = HeadFile(directory)
        except OSError as error:
            lock.release()
            raise from_os(error, directory / HEAD_FILE) from error
        except BaseException:
            lock.release()
            raise
        spool = cls(directory, limits or SpoolLimits(), on_incident, lock, head_file)
        try:
            spool._begin()
        except BaseException:
            spool._release()
            raise
        return spool

    def append(self, build: Callable[[ChainHead], SignedCapture]) -> StoredCapture:
        """Store one capture at the end of the chain; on return it is on the disk.

        Parameters
        ----------
        build : callable
            Signs the capture for the given end of the chain. Called with no other append in between; called again
            if the spool file turned out to be damaged and was set aside. What it raises goes to the caller, and
            leaves no trace.

        Raises
        ------
        CaptureAlreadyStored
            Its capture id is in the spool.
        SpoolFull, SpoolUnwritable
            It is not stored; the chain is where it was.
        ValueError
            More blobs than a capture may have, or two of one name.
        """
        with self._write_lock:
            try:
                return self._append(build)
            except SpoolCorrupt as error:
                self._replace(error)
                return self._append(build)

    def get(self, capture_id: str) -> StoredCapture | None:
        """The capture of that id, without its blobs, or None."""
        with self._reading() as connection:
            return queries.capture_by_id(connection, capture_id)

    def at(self, sequence: int) -> StoredCapture | None:
        """The capture with that sequence number, without its blobs, or None."""
        with self._reading() as connection:
            return queries.capture_by_sequence(connection, sequence)

    def blobs(self, capture_id: str) -> tuple[Blob, ...]:
        """All blobs of a capture in the order in which they were stored.

        Raises
        ------
        CaptureUnknown
            There is no such capture.
        SpoolCorrupt
            The disk gives back other bytes than were stored; names the blob.
        """
        with self._reading() as connection:
            return queries.blobs_of(connection, self.path, capture_id)

    def blob(self, capture_id: str, name: str) -> Blob:
        """One blob of a capture; the same errors as `blobs`, also where it has none of that name."""
        with self._reading() as connection:
            return queries.blobs_of(connection, self.path, capture_id, name)[0]

    def captures(self, after_sequence: int = 0, limit: int = 100) -> list[StoredCapture]:
        """Up to `limit` captures after a sequence number, in the order of the chain, without their blobs."""
        with self._reading() as connection:
            return queries.captures_after(connection, after_sequence, limit)

    def all_captures(self) -> Iterator[StoredCapture]:
        """Every capture in the order of the chain, read in batches, so that a slow reader holds up nothing."""
        after = 0
        while batch := self.captures(after, 200):
            yield from batch
            after = batch[-1].sequence

    def head(self) -> ChainHead:
        """The end of the chain."""
        with self._write_lock:
            return self._head

    def depth(self) -> SpoolDepth:
        """How much waits, and since when."""
        with self._reading() as connection:
            return queries.stored_depth(connection)

    def ensure_room(self, size: int = 0) -> None:
        """Refuse a capture before it begins, so that none has to be thrown away at its end.

        `append` itself stores what was captured as long as the disk takes it.

        Parameters
        ----------
        size : int
            Bytes that the capture may need.

        Raises
        ------
        SpoolFull
            The limit is reached, or the disk is all but full.
        """
        room.check_room(self.directory, self.limits, self.depth(), size)

    def warnings(self) -> tuple[str, ...]:
        """What will become a trouble if nobody acts, in plain words; empty where all is well."""
        return room.room_warnings(self.directory, self.limits, self.depth(), queries.utc_now())

    def remember(self, method: str, key: str, request_digest: bytes, response: bytes) -> KeptResponse:
        """Keep a response for 24 h under an idempotency key, durably; the first one kept for a key stays.

        Returns
        -------
        KeptResponse
            What is kept: the arguments, or what an earlier call kept.

        Raises
        ------
        SpoolFull, SpoolUnwritable, SpoolCorrupt
        """
        with self._write_lock, self._writing() as connection, transaction(connection):
            return queries.keep_response(connection, method, key, KeptResponse(request_digest, response))

    def recall(self, method: str, key: str) -> KeptResponse | None:
        """The response that is kept under an idempotency key, or None."""
        with self._reading() as connection:
            return queries.kept_response(connection, method, key)

    def check(self) -> tuple[str, ...]:
        """Read the whole spool: its pages, and each blob against its digest. Minutes for gigabytes; blocks nobody.

        Returns
        -------
        tuple of str
            What is wrong, in plain words; empty where all is well.
        """
        found = []
        try:
            with self._reading() as connection:
                verdicts = connection.execute("PRAGMA quick_check(20)").fetchall()
            found += [str(verdict) for (verdict,) in verdicts if verdict != "ok"]
            for capture in self.all_captures():
                if hashlib.sha256(capture.jws).hexdigest() != capture.jws_sha256:
                    found.append(f"The signature of capture {capture.capture_id} is not what was stored.")
                try:
                    self.blobs(capture.capture_id)
                except SpoolCorrupt as error:
                    found.append(error.cause)
        except SpoolCorrupt as error:
            found.append(error.cause)
        return tuple(found)

    def salvage(self, path: Path) -> SalvageReport:
        """Bring back what a file that was set aside still holds whole; a second call brings back nothing twice.

        Appends and reads go on beside it. The file is left as it is.

        Parameters
        ----------
        path : Path
            That of an incident.

        Raises
        ------
        SpoolCorrupt
            Nothing can be read out of it.
        SpoolFull, SpoolUnwritable
        """
        recovered: list[int] = []
        present: list[int] = []
        lost: list[int] = []
        for sequence, capture, blobs in salvage_captures(path, self.head().sequence):
            there = self.at(sequence)
            if capture is not None and there is not None and there.manifest_digest == capture.manifest_digest:
                present.append(sequence)
            elif capture is None or there is not None or capture.chain_id != self.head().chain_id:
                lost.append(sequence)
            else:
                with self._write_lock, self._writing() as connection, transaction(connection):
                    queries.insert_capture(connection, capture, blobs)
                recovered.append(sequence)
        return SalvageReport(tuple(recovered), tuple(present), tuple(lost))

    @property
    def incidents(self) -> tuple[SpoolIncident, ...]:
        """What happened to the spool since it was opened."""
        return tuple(self._incidents)

    def close(self) -> None:
        """Bring everything into the one file and let go of the folder; a second call does nothing."""
        with self._write_lock:
            if self._closed:
                return
            self._closed = True
            self._readers.close(wait_s=READERS_WAIT_S)
            self._close_connections()
            with suppress(OSError):
                self._head_file.write(self._head, clean=True, durable=True)
            self._release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _begin(self) -> None:
        recorded = self._head_file.read()
        believed = recorded.head if recorded is not None and recorded.is_current else None
        orderly = recorded is not None and recorded.clean
        missing = not self.path.exists() or self.path.stat().st_size == 0  # emptied is as good as gone
        try:
            self._open_file(believed or database.new_chain(), thorough=not orderly)
        except SpoolCorrupt as error:
            self._replace(error, believed)
        else:
            self._reconcile(recorded, believed, missing=missing)
        self._record_head(durable=True)

    def _open_file(self, head: ChainHead, *, thorough: bool) -> sqlite3.Connection:
        self._writer = database.open_writer(self.path, head, thorough=thorough)
        with sqlite_errors(self.path):
            self._head = queries.read_head(self._writer)
        return self._writer

    def _reconcile(self, recorded: HeadRecord | None, believed: ChainHead | None, *, missing: bool) -> None:
        """Compare the spool file with the head beside it, which names captures that the file should hold."""
        if missing and recorded is not None and recorded.head.sequence > 0:
            self._report(
                self.path,
                f"The spool file {self.path} was gone; its last capture was number {recorded.head.sequence}.",
                "Find the file: it may hold captures that were not sent.",
                lost=True,
            )
            return
        if recorded is None or believed is None or believed.chain_id != self._head.chain_id:
            return
        # One ahead is the capture that a killed process was about to commit: nobody was told of it.
        tolerated = 0 if recorded.clean else 1
        if believed.sequence > self._head.sequence + tolerated:
            self._report(
                self.path,
                f"The spool file {self.path} ends with capture {self._head.sequence}, but {believed.sequence} were "
                "made: an older copy was put in its place, or the disk lost writes.",
                "Find the newer file: it may hold captures that were not sent.",
                lost=True,
            )
            self._move_head(believed)

    def _move_head(self, head: ChainHead) -> None:
        with self._writing() as connection, transaction(connection):
            queries.move_head(connection, head)
        self._head = head

    def _append(self, build: Callable[[ChainHead], SignedCapture]) -> StoredCapture:
        self._open_writer()
        head = self._head
        capture = build(head)
        names = {blob.name for blob in capture.blobs}
        if len(capture.blobs) > BLOBS_PER_CAPTURE or len(names) != len(capture.blobs):
            raise ValueError(f"a capture has up to {BLOBS_PER_CAPTURE} blobs, each of its own name")
        stored = StoredCapture(
            sequence=head.next_sequence,
            capture_id=capture.capture_id,
            chain_id=head.chain_id,
            manifest_digest=capture.manifest_digest,
            jws=capture.jws,
            jws_sha256=hashlib.sha256(capture.jws).hexdigest(),
            size=len(capture.jws) + sum(len(blob.content) for blob in capture.blobs),
            created_at=queries.utc_now(),
            state=WAITING,
        )
        # Before the commit: at worst the file names a capture that nobody was told of. After it, a kill in between
        # could let the same number be given twice.
        self._head = ChainHead(head.chain_id, stored.sequence, stored.manifest_digest)
        try:
            self._record_head()
            with self._writing() as connection, transaction(connection):
                queries.insert_capture(connection, stored, capture.blobs)
                queries.move_head(connection, self._head)
        except BaseException:
            self._head = head
            with suppress(SpoolError):
                self._record_head()
            raise
        return stored

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        writer = self._open_writer()
        with sqlite_errors(self.path):
            yield writer

    def _open_writer(self) -> sqlite3.Connection:
        if self._closed:
            raise unwritable(self.path, "the spool is closed")
        # None: a damaged file was set aside, and the disk had no room for a new one.
        return self._writer or self._open_file(self._head, thorough=False)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        if self._closed:
            raise unwritable(self.path, "the spool is closed")
        try:
            with self._readers.borrow() as connection:
                yield connection
        except SpoolCorrupt as error:
            if all(error.cause != incident.cause for incident in self.incidents):
                self._report(self.path, error.cause, error.remedy, lost=True)
            raise

    def _replace(self, error: SpoolCorrupt, believed: ChainHead | None = None) -> None:
        """Set the damaged file aside and begin a new one where the chain ends."""
        running = self._writer is not None
        if running:
            believed = self._head
        self._close_connections()
        try:
            aside = database.set_aside(self.path, f"{queries.utc_now():%Y%m%dT%H%M%SZ}")
            salvaged = believed if running else _later(salvage_head(aside), believed)
            head = salvaged or database.new_chain()
            # Durably before the new file exists: a power cut in between must not lose where the chain stands.
            self._head_file.write(head, clean=True, durable=True)
        except OSError as os_error:
            raise from_os(os_error, self.path) from os_error
        self._head = head
        chain = f"continues after number {head.sequence}" if salvaged else "could not be continued; a new one begins"
        self._report(
            aside,
            f"{error.cause} It was set aside as {aside.name}; the chain {chain}.",
            "Check the disk. Keep that file: captures in it that were not sent can be read out of it.",
            lost=True,
        )
        self._open_file(head, thorough=False)
        self._record_head(durable=True)

    def _report(self, path: Path, cause: str, remedy: str, *, lost: bool) -> None:
        incident = SpoolIncident(queries.utc_now(), path, cause, remedy, lost)
        self._incidents.append(incident)
        if self._on_incident is not None:
            self._on_incident(incident)

    def _record_head(self, *, durable: bool = False) -> None:
        try:
            self._head_file.write(self._head, durable=durable)
        except OSError as error:
            raise from_os(error, self.directory / HEAD_FILE) from error

    def _close_connections(self) -> None:
        self._readers.close()
        writer, self._writer = self._writer, None
        if writer is not None:
            with suppress(sqlite3.Error):
                writer.close()

    def _release(self) -> None:
        self._close_connections()
        self._head_file.close()
        self._state_lock.release()


def _later(one: ChainHead | None, other: ChainHead | None) -> ChainHead | None:
    if one is None or other is None or one.chain_id != other.chain_id:
        return one or other
    return one if one.sequence >= other.sequence else other

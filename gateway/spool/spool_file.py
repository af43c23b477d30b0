"""The spool file and its chain's end, kept together: opened, found damaged, set aside and continued, closed."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gateway.spool import database, queries
from gateway.spool.at_rest import under_local_key
from gateway.spool.capture import SpoolIncident
from gateway.spool.database import sqlite_errors
from gateway.spool.encryption import Cipher, ContentCipher
from gateway.spool.errors import SpoolCorrupt, from_os, unwritable
from gateway.spool.head import HEAD_FILE, ChainHead, HeadFile, HeadRecord
from gateway.spool.lock import StateLock
from gateway.spool.readers import Readers
from gateway.spool.salvage import salvage_head
from gateway.sqlite_file import set_aside, transaction

SPOOL_FILE = "spool.sqlite3"
READERS_WAIT_S = 2.0


class SpoolFile:
    """The spool file of a state folder and the head beside it: opened, replaced where it is damaged, closed.

    Parameters
    ----------
    directory : Path
    on_incident : callable or None
        Called with each incident, in the thread that met it.
    state_lock : StateLock
        Of the folder, held; let go of by `close`.
    head_file : HeadFile
    cipher : Cipher or None
        None: the file is in the clear.
    """

    def __init__(
        self,
        directory: Path,
        on_incident: Callable[[SpoolIncident], None] | None,
        state_lock: StateLock,
        head_file: HeadFile,
        cipher: Cipher | None,
    ) -> None:
        self.directory = directory
        self.path = directory / SPOOL_FILE
        self.lock = threading.RLock()
        """Held by whoever writes, or needs the head to stand still."""
        self.head = database.new_chain()
        """The end of the chain."""
        self.contents: ContentCipher | None = None
        """What seals and opens contents; None where they are in the clear."""
        self.incidents: list[SpoolIncident] = []
        self.readers = Readers(self.path)
        self.writer: sqlite3.Connection | None = None
        self._on_incident = on_incident
        self._state_lock = state_lock
        self._head_file = head_file
        self._cipher = cipher
        self._closed = False

    def begin(self) -> None:
        """Open the file or make it, and continue the chain where it ends."""
        recorded = self._head_file.read()
        believed = recorded.head if recorded is not None and recorded.is_current else None
        orderly = recorded is not None and recorded.clean
        missing = not self.path.exists() or self.path.stat().st_size == 0  # emptied is as good as gone
        try:
            self._open_file(believed or database.new_chain(), thorough=not orderly)
        except SpoolCorrupt as error:
            self.replace(error, believed)
        else:
            self._reconcile(recorded, believed, missing=missing)
        self.record_head(durable=True)

    def _open_file(self, head: ChainHead, *, thorough: bool) -> sqlite3.Connection:
        self.writer = database.open_writer(self.path, head, thorough=thorough)
        try:
            with sqlite_errors(self.path):
                self.head = queries.read_head(self.writer)
                self.contents = under_local_key(self.writer, self.path, self._cipher)
        except BaseException:
            self._close_connections()
            raise
        return self.writer

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
        if recorded is None or believed is None or believed.chain_id != self.head.chain_id:
            return
        # One ahead is the capture that a killed process was about to commit: nobody was told of it.
        tolerated = 0 if recorded.clean else 1
        if believed.sequence > self.head.sequence + tolerated:
            self._report(
                self.path,
                f"The spool file {self.path} ends with capture {self.head.sequence}, but {believed.sequence} were "
                "made: an older copy was put in its place, or the disk lost writes.",
                "Find the newer file: it may hold captures that were not sent.",
                lost=True,
            )
            self._move_head(believed)

    def _move_head(self, head: ChainHead) -> None:
        with self.writing() as connection, transaction(connection):
            queries.move_head(connection, head)
        self.head = head

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The writer's connection, for who holds `lock`; in the block SQLite's errors become the spool's."""
        writer = self.open_writer()
        with sqlite_errors(self.path):
            yield writer

    def open_writer(self) -> sqlite3.Connection:
        """The writer's connection, opened anew where there is none."""
        if self._closed:
            raise unwritable(self.path, "the spool is closed")
        # None: a damaged file was set aside, and the disk had no room for a new one.
        return self.writer or self._open_file(self.head, thorough=False)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection for reading; damage that is met becomes an incident."""
        if self._closed:
            raise unwritable(self.path, "the spool is closed")
        try:
            with self.readers.borrow() as connection:
                yield connection
        except SpoolCorrupt as error:
            if all(error.cause != incident.cause for incident in self.incidents):
                self._report(self.path, error.cause, error.remedy, lost=True)
            raise

    def replace(self, error: SpoolCorrupt, believed: ChainHead | None = None) -> None:
        """Set the damaged file aside and begin a new one where the chain ends."""
        running = self.writer is not None
        if running:
            believed = self.head
        self._close_connections()
        try:
            aside = set_aside(self.path, f"{queries.utc_now():%Y%m%dT%H%M%SZ}")
            salvaged = believed if running else _later(salvage_head(aside), believed)
            head = salvaged or database.new_chain()
            # Durably before the new file exists: a power cut in between must not lose where the chain stands.
            self._head_file.write(head, clean=True, durable=True)
        except OSError as os_error:
            raise from_os(os_error, self.path) from os_error
        self.head = head
        chain = f"continues after number {head.sequence}" if salvaged else "could not be continued; a new one begins"
        self._report(
            aside,
            f"{error.cause} It was set aside as {aside.name}; the chain {chain}.",
            "Check the disk. Keep that file: captures in it that were not sent can be read out of it.",
            lost=True,
        )
        self._open_file(head, thorough=False)
        self.record_head(durable=True)

    def _report(self, path: Path, cause: str, remedy: str, *, lost: bool) -> None:
        incident = SpoolIncident(queries.utc_now(), path, cause, remedy, lost)
        self.incidents.append(incident)
        if self._on_incident is not None:
            self._on_incident(incident)

    def record_head(self, *, durable: bool = False) -> None:
        """Write the head beside the spool file."""
        try:
            self._head_file.write(self.head, durable=durable)
        except OSError as error:
            raise from_os(error, self.directory / HEAD_FILE) from error

    def _close_connections(self) -> None:
        self.readers.close()
        writer, self.writer = self.writer, None
        if writer is not None:
            with suppress(sqlite3.Error):
                writer.close()

    def release(self) -> None:
        """Let go of everything, as it is."""
        self._close_connections()
        self._head_file.close()
        self._state_lock.release()

    def close(self) -> None:
        """Bring everything into the one file and let go of the folder; a second call does nothing."""
        with self.lock:
            if self._closed:
                return
            self._closed = True
            self.readers.close(wait_s=READERS_WAIT_S)
            self._close_connections()
            with suppress(OSError):
                self._head_file.write(self.head, clean=True, durable=True)
            self.release()


def _later(one: ChainHead | None, other: ChainHead | None) -> ChainHead | None:
    if one is None or other is None or one.chain_id != other.chain_id:
        return one or other
    return one if one.sequence >= other.sequence else other

"""The durable store of captures: acknowledged means on the disk, and in the chain."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Self

from gateway.spool import database, erasure, queries, room
from gateway.spool.capture import (
    Blob,
    KeptResponse,
    SignedCapture,
    SpoolDepth,
    SpoolIncident,
    SpoolLimits,
    StoredCapture,
)
from gateway.spool.encryption import OpenCipher
from gateway.spool.erasure import ErasureReport
from gateway.spool.errors import CaptureErased, SpoolCorrupt, SpoolError, from_os
from gateway.spool.head import HEAD_FILE, ChainHead, HeadFile
from gateway.spool.lock import StateLock
from gateway.spool.queries import BLOBS_PER_CAPTURE, WAITING
from gateway.spool.salvage import SalvageReport, salvage_captures
from gateway.spool.spool_file import SPOOL_FILE, SpoolFile
from gateway.sqlite_file import transaction


class Spool:
    """The captures of one state folder; made by `Spool.open`, closed by `close` or a `with` block.

    Every method may be called from any thread and blocks until it is done. Appends go one after another; reads go
    beside them, each over a connection of its own.
    """

    def __init__(self, file: SpoolFile, limits: SpoolLimits) -> None:
        self.directory = file.directory
        self.path = file.path
        self.limits = limits
        self._file = file

    @classmethod
    def open(
        cls,
        directory: Path,
        limits: SpoolLimits | None = None,
        on_incident: Callable[[SpoolIncident], None] | None = None,
        open_cipher: OpenCipher | None = None,
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
        open_cipher : callable, optional
            Opens the local key under which everything is stored; what lay in the clear is encrypted here. Without it
            the spool is in the clear: for tests, and for those who encrypt otherwise.

        Raises
        ------
        StateLocked
            Another gateway has the folder.
        StateTooNew
            A newer version made it; nothing is changed.
        SpoolKeyWrong
            It is encrypted under another local key, or none was given; nothing is changed.
        SpoolFull, SpoolUnwritable
            The disk is full, or does not let us write.
        Exception
            Whatever `open_cipher` raises, and its cipher where something is to be encrypted now.
        """
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise from_os(error, directory) from error
        lock = StateLock(directory)
        try:
            # Under the lock: closing a file that SQLite has open in this process would drop its locks.
            database.refuse_newer(directory / SPOOL_FILE)
            cipher = open_cipher(database.holds_encrypted(directory)) if open_cipher is not None else None
        except BaseException:
            lock.release()
            raise
        try:
            head_file = HeadFile(directory)
        except OSError as error:
            lock.release()
            raise from_os(error, directory / HEAD_FILE) from error
        file = SpoolFile(directory, on_incident, lock, head_file, cipher)
        try:
            file.begin()
        except BaseException:
            file.release()
            raise
        return cls(file, limits or SpoolLimits())

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
        with self._file.lock:
            try:
                return self._append(build)
            except SpoolCorrupt as error:
                self._file.replace(error)
                return self._append(build)

    def get(self, capture_id: str) -> StoredCapture | None:
        """The capture of that id, without its blobs, or None."""
        with self._file.reading() as connection:
            return queries.capture_by_id(connection, self.path, capture_id, self._file.contents)

    def at(self, sequence: int) -> StoredCapture | None:
        """The capture with that sequence number, without its blobs, or None."""
        with self._file.reading() as connection:
            return queries.capture_by_sequence(connection, self.path, sequence, self._file.contents)

    def blobs(self, capture_id: str) -> tuple[Blob, ...]:
        """All blobs of a capture in the order in which they were stored.

        Raises
        ------
        CaptureUnknown
            There is no such capture.
        CaptureErased
            Its manifest is all that is kept.
        SpoolCorrupt
            The disk gives back other bytes than were stored; names the blob.
        """
        with self._file.reading() as connection:
            return queries.blobs_of(connection, self.path, capture_id, self._file.contents)

    def blob(self, capture_id: str, name: str) -> Blob:
        """One blob of a capture; the same errors as `blobs`, also where it has none of that name."""
        with self._file.reading() as connection:
            return queries.blobs_of(connection, self.path, capture_id, self._file.contents, name)[0]

    def captures(self, after_sequence: int = 0, limit: int = 100) -> list[StoredCapture]:
        """Up to `limit` captures after a sequence number, in the order of the chain, without their blobs."""
        with self._file.reading() as connection:
            return queries.captures_after(connection, self.path, after_sequence, limit, self._file.contents)

    def all_captures(self) -> Iterator[StoredCapture]:
        """Every capture in the order of the chain, read in batches, so that a slow reader holds up nothing."""
        after = 0
        while batch := self.captures(after, 200):
            yield from batch
            after = batch[-1].sequence

    def head(self) -> ChainHead:
        """The end of the chain."""
        with self._file.lock:
            return self._file.head

    def depth(self) -> SpoolDepth:
        """How much waits, and since when."""
        with self._file.reading() as connection:
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
        SpoolKeyWrong
            The local key has come back as another.
        Exception
            Whatever the cipher raises while the local key is not at hand.
        """
        if self._file.contents is not None:
            self._file.contents.check_key()
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
        with self._file.lock, self._file.writing() as connection, transaction(connection):
            return queries.keep_response(
                connection, self.path, method, key, KeptResponse(request_digest, response), self._file.contents
            )

    def recall(self, method: str, key: str) -> KeptResponse | None:
        """The response that is kept under an idempotency key, or None."""
        with self._file.reading() as connection:
            return queries.kept_response(connection, self.path, method, key, self._file.contents)

    def check(self) -> tuple[str, ...]:
        """Read the whole spool: its pages, and each blob against its digest. Minutes for gigabytes; blocks nobody.

        Returns
        -------
        tuple of str
            What is wrong, in plain words; empty where all is well.
        """
        found = []
        try:
            with self._file.reading() as connection:
                verdicts = connection.execute("PRAGMA quick_check(20)").fetchall()
            found += [str(verdict) for (verdict,) in verdicts if verdict != "ok"]
            for capture in self.all_captures():
                if hashlib.sha256(capture.jws).hexdigest() != capture.jws_sha256:
                    found.append(f"The signature of capture {capture.capture_id} is not what was stored.")
                if capture.erased_at is not None:
                    continue
                try:
                    self.blobs(capture.capture_id)
                except CaptureErased:
                    continue  # in between
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
        for sequence, capture, blobs in salvage_captures(path, self.head().sequence, self._file.contents):
            there = self.at(sequence)
            if capture is not None and there is not None and there.manifest_digest == capture.manifest_digest:
                present.append(sequence)
            elif capture is None or there is not None or capture.chain_id != self.head().chain_id:
                lost.append(sequence)
            else:
                with self._file.lock, self._file.writing() as connection, transaction(connection):
                    queries.insert_capture(connection, capture, blobs, self._file.contents)
                recovered.append(sequence)
        return SalvageReport(tuple(recovered), tuple(present), tuple(lost))

    def erase(self, capture_ids: Iterable[str]) -> ErasureReport:
        """Erase captures for good: their keys, records and images; the manifests stay, and so does the chain.

        A second call for the same captures erases nothing twice. Appends go on in between.

        Raises
        ------
        SpoolFull, SpoolUnwritable, SpoolCorrupt
            Some may be erased by then, each of them whole; the call can be made again.
        """
        kept: list[tuple[int, str]] = []
        gone: list[str] = []
        unknown: list[str] = []
        with self._file.reading() as connection:
            for capture_id in dict.fromkeys(capture_ids):
                found = erasure.kept_sequence(connection, capture_id)
                if found is None:
                    unknown.append(capture_id)
                elif found[1]:
                    gone.append(capture_id)
                else:
                    kept.append((found[0], capture_id))
        erased, size = self._erase(sorted(kept), _is_never)
        return ErasureReport(erased, tuple(gone), tuple(unknown), size, self._scrub(), self._set_aside())

    def purge(
        self,
        before: datetime,
        spared: Callable[[str], bool] | None = None,
        *,
        now: datetime | None = None,
        trial: bool = False,
    ) -> ErasureReport:
        """Erase captures that are older than a time.

        Whether they were sent is not asked: whoever gives the time answers for that.

        Parameters
        ----------
        before : datetime
            By a clock that can be trusted. A capture counts as no older than any before it in the chain, and one that
            was made while the clock was plainly wrong, or more than a day after `now`, stays.
        spared : callable, optional
            Whether a capture id belongs to something that is not finished, and has to stay.
        now : datetime, optional
            By the same clock; by default that of this machine.
        trial : bool
            Say what would be erased, and change nothing.

        Raises
        ------
        SpoolFull, SpoolUnwritable, SpoolCorrupt
            As for `erase`.
        """
        spared = spared or _is_never
        with self._file.reading() as connection:
            found, undated = erasure.aged(connection, before, now or queries.utc_now())
            if trial:
                due = [(sequence, capture_id) for sequence, capture_id in found if not spared(capture_id)]
                size = erasure.contents_size(connection, [sequence for sequence, _ in due])
                ids = tuple(capture_id for _, capture_id in due)
                return ErasureReport(ids, bytes=size, set_aside=self._set_aside(), undated=undated)
        erased, size = self._erase(found, spared)
        return ErasureReport(erased, (), (), size, self._scrub(), self._set_aside(), undated)

    def forget_expired(self, now: datetime, *, trial: bool = False) -> int:
        """Delete the kept responses that are out of date; how many there were.

        Raises
        ------
        SpoolFull, SpoolUnwritable, SpoolCorrupt
        """
        if trial:
            with self._file.reading() as connection:
                return queries.expired_responses(connection, now)
        with self._file.lock, self._file.writing() as connection, transaction(connection):
            count = queries.delete_expired_responses(connection, now)
        self._scrub()
        return count

    @property
    def is_encrypted(self) -> bool:
        """Whether what is stored lies under a local key."""
        return self._file.contents is not None

    @property
    def incidents(self) -> tuple[SpoolIncident, ...]:
        """What happened to the spool since it was opened."""
        return tuple(self._file.incidents)

    def close(self) -> None:
        """Bring everything into the one file and let go of the folder; a second call does nothing."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _erase(self, found: Sequence[tuple[int, str]], spared: Callable[[str], bool]) -> tuple[tuple[str, ...], int]:
        erased: list[str] = []
        size = 0
        for start in range(0, len(found), erasure.BATCH):
            with self._file.lock, self._file.writing() as connection, transaction(connection):
                # Asked again, under the lock: another may have been here, or have taken the capture up.
                due = [
                    (sequence, capture_id)
                    for sequence, capture_id in found[start : start + erasure.BATCH]
                    if erasure.kept_sequence(connection, capture_id) == (sequence, False) and not spared(capture_id)
                ]
                size += erasure.erase_rows(connection, [sequence for sequence, _ in due], queries.utc_now())
            erased += [capture_id for _, capture_id in due]
        return tuple(erased), size

    def _scrub(self) -> bool:
        """Give free pages back, and leave nothing of what was erased in the log."""
        while True:
            with self._file.lock, self._file.writing() as connection:
                if not erasure.give_back(connection):
                    return erasure.empty_log(connection)

    def _set_aside(self) -> tuple[Path, ...]:
        return tuple(sorted(self.directory.glob(f"{self.path.stem}.corrupt-*{self.path.suffix}")))

    def _append(self, build: Callable[[ChainHead], SignedCapture]) -> StoredCapture:
        file = self._file
        file.open_writer()
        head = file.head
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
        file.head = ChainHead(head.chain_id, stored.sequence, stored.manifest_digest)
        try:
            file.record_head()
            with file.writing() as connection, transaction(connection):
                queries.insert_capture(connection, stored, capture.blobs, file.contents)
                queries.move_head(connection, file.head)
        except BaseException:
            file.head = head
            with suppress(SpoolError):
                file.record_head()
            raise
        return stored


def _is_never(_: str) -> bool:
    return False

"""The audit trail of a state folder: entries chained and written in groups, heads signed at intervals."""

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

from gateway.audit import database
from gateway.audit.database import AuditQuery, StoredEntry, StoredHead
from gateway.audit.entry import AuditEntry, AuditEvent
from gateway.audit.errors import AuditBehind, AuditError, of_spool, unwritable
from gateway.audit.head import AuditHead, SignedHead
from gateway.audit.trail_file import TrailFile
from gateway.spool.errors import SpoolError
from gateway.trust import KeyProblem, SignedTime, boot_id, time_now

LARGEST_GROUP = 256
"""Entries of one transaction: those behind them should not wait for more than one write of 200 KB."""
LARGEST_BACKLOG = 10_000
"""Entries that may wait for the disk, 10 MB; more are counted as missing rather than kept."""

SignHead = Callable[[AuditHead], SignedHead]
_T = TypeVar("_T")


@dataclass(frozen=True)
class HeadInterval:
    """How often the end of the trail is signed without being asked."""

    entries: int = 1000
    seconds: float = 600.0
    """After the first entry that no head covers."""


@dataclass(frozen=True)
class _Waiting:
    event: AuditEvent
    time: SignedTime
    done: "Future[AuditEntry]"


class AuditLog:
    """The trail of one state folder; made by `AuditLog.open`, ended by `close` or a `with` block.

    Every method may be called from any thread. One thread of its own writes: what came in while it waited for the
    disk goes into the next transaction together, so that many callers share one flush.

    A trail that cannot be written stops nothing: whoever appends is told, the number of missing entries is kept, and
    an entry `audit.gap` with that number comes first once the disk takes entries again.
    """

    def __init__(self, file: TrailFile, gateway_id: str, sign: SignHead, interval: HeadInterval) -> None:
        self.path = file.path
        self._file = file
        self._gateway_id = gateway_id
        self._sign = sign
        self._interval = interval
        self._boot_id = boot_id()
        self._changed = threading.Condition()
        self._waiting: deque[_Waiting] = deque()
        self._heads_asked: list[Future[SignedHead]] = []
        self._closing = False
        # The writer's own, like what the file has besides its readers.
        self._unsigned_since = 0.0
        self._sign_again_at = 0.0
        self._writer = threading.Thread(target=self._run, name="audit writer", daemon=True)

    @classmethod
    def open(cls, directory: Path, gateway_id: str, sign: SignHead, interval: HeadInterval = HeadInterval()) -> Self:
        """Open the trail of a state folder, or begin it; see `TrailFile` for what is done where it is not whole.

        Parameters
        ----------
        directory : Path
        gateway_id : str
            Stands in the signed heads.
        sign : callable
            Signs a head; raises `KeyProblem` where the key must not or cannot.
        interval : HeadInterval

        Raises
        ------
        AuditTooNew
            A newer version made it; nothing is changed.
        AuditUnwritable
            The folder does not let us write.
        """
        trail = cls(TrailFile(directory), gateway_id, sign, interval)
        trail._writer.start()
        return trail

    def submit(self, event: AuditEvent) -> "Future[AuditEntry]":
        """Have an event written; never waits.

        Returns
        -------
        Future
            Done once the entry is on the disk; fails with an `AuditError` where it is missing from the trail.
        """
        waiting = _Waiting(event, time_now(), _unstoppable())
        with self._changed:
            if self._closing:
                failure: AuditError | None = unwritable(self.path.name, "the trail is closed")
            elif len(self._waiting) >= LARGEST_BACKLOG:
                self._file.count_missing(1)
                failure = AuditBehind(
                    f"{LARGEST_BACKLOG} entries wait for the disk already.",
                    "Look at the disk: it hangs or is too slow.",
                )
            else:
                failure = None
                self._waiting.append(waiting)
                self._changed.notify()
        if failure is not None:
            waiting.done.set_exception(failure)
        return waiting.done

    def append(self, event: AuditEvent) -> AuditEntry:
        """Write an event and wait until it is on the disk.

        Raises
        ------
        AuditError
            It is missing from the trail; the number of missing ones is kept.
        """
        return self.submit(event).result()

    def sign_head(self) -> SignedHead:
        """Sign the end of the trail as it is once all that waits is written; the head is kept in the trail.

        The head that is there is given where it covers the last entry.

        Raises
        ------
        AuditError
            Nothing is written yet, or the head could not be kept.
        KeyProblem
            The key does not sign.
        """
        return self.submit_head().result()

    def submit_head(self) -> "Future[SignedHead]":
        """The same without waiting."""
        done: Future[SignedHead] = _unstoppable()
        with self._changed:
            if not self._closing:
                self._heads_asked.append(done)
                self._changed.notify()
                return done
        done.set_exception(unwritable(self.path.name, "the trail is closed"))
        return done

    def entries(self, query: AuditQuery, *, newest_first: bool = False, limit: int = 1000) -> list[StoredEntry]:
        """Up to `limit` entries; the next ones by another query after the last sequence.

        Raises
        ------
        AuditError
        """
        with self._reading() as connection:
            return database.select_entries(connection, query, newest_first=newest_first, limit=limit)

    def heads(self, from_sequence: int = 1, to_sequence: int = 2**62, limit: int = 1000) -> list[StoredHead]:
        """Up to `limit` signed heads within sequences, both inclusive, in order.

        Raises
        ------
        AuditError
        """
        with self._reading() as connection:
            return database.heads_between(connection, from_sequence, to_sequence, limit)

    @property
    def last_sequence(self) -> int:
        """Sequence of the last entry that is on the disk; 0 before the first."""
        return self._file.end.sequence

    @property
    def missing(self) -> int:
        """Entries that could not be written, and are not told of in the trail yet."""
        return self._file.missing

    @property
    def ended_orderly(self) -> bool:
        """Whether the last run closed the trail, as far as `audit-mark.json` says."""
        return self._file.ended_orderly

    def troubles(self) -> tuple[str, ...]:
        """What is wrong with the trail now, cause and remedy; empty where all is well."""
        return tuple(self._file.troubles.values())

    def close(self) -> None:
        """Write what waits, sign the end, and let go of the file; a second call does nothing."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._writer.ident is not None:
            self._writer.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # What follows runs in the writer's thread alone.

    def _run(self) -> None:
        while True:
            group, heads, closing = self._next_work()
            if group:
                self._write_group(group)
            if heads or closing or self._head_due():
                self._write_head(heads)
            if closing and not group and not heads:
                break
        self._file.record_mark(clean=True)
        self._file.let_go()

    def _next_work(self) -> tuple[list[_Waiting], list["Future[SignedHead]"], bool]:
        with self._changed:
            if not (self._waiting or self._heads_asked or self._closing):
                self._changed.wait(self._seconds_to_head())
            group = [self._waiting.popleft() for _ in range(min(len(self._waiting), LARGEST_GROUP))]
            heads: list[Future[SignedHead]] = []
            if not self._waiting:  # a head covers what was asked for before it
                heads, self._heads_asked = self._heads_asked, []
            return group, heads, self._closing

    def _write_group(self, group: Sequence[_Waiting]) -> None:
        if self._file.end.sequence <= self._file.end.signed:
            self._unsigned_since = time.monotonic()
        try:
            written = self._file.write([(each.event, each.time) for each in group])
        except Exception as error:  # whatever it was: nobody may wait for ever, and the thread goes on
            failure = error if isinstance(error, AuditError) else unwritable(self.path.name, str(error))
            self._file.count_missing(len(group))
            self._file.troubles["write"] = str(failure)
            self._file.record_mark()
            for each in group:
                each.done.set_exception(failure)
            return
        for each, entry in zip(group, written, strict=True):
            each.done.set_result(entry)

    def _seconds_to_head(self) -> float | None:
        if self._file.end.sequence <= self._file.end.signed:
            return None
        due = max(self._unsigned_since + self._interval.seconds, self._sign_again_at)
        return max(0.0, due - time.monotonic())

    def _head_due(self) -> bool:
        if time.monotonic() < self._sign_again_at:
            return False
        unsigned = self._file.end.sequence - self._file.end.signed
        return unsigned >= self._interval.entries or self._seconds_to_head() == 0.0

    def _write_head(self, asked: Sequence["Future[SignedHead]"]) -> None:
        try:
            head = self._signed_head()
        except Exception as error:  # a key in hardware may fail in any way; the trail goes on without a head
            if self._file.end.sequence:
                self._file.troubles["sign"] = f"The end of the audit trail could not be signed: {error}"
            self._sign_again_at = time.monotonic() + self._interval.seconds
            failure = error if isinstance(error, AuditError | KeyProblem) else unwritable("head", str(error))
            for each in asked:
                each.set_exception(failure)
            return
        self._file.troubles.pop("sign", None)
        for each in asked:
            each.set_result(head)

    def _signed_head(self) -> SignedHead:
        kept = self._file.kept_head()
        if kept is not None:
            return kept
        end = self._file.end
        if end.sequence == 0 or end.digest is None:
            raise unwritable(self.path.name, "it has no entry yet")
        head = AuditHead(self._gateway_id, end.chain_id, end.sequence, end.digest, time_now(), self._boot_id)
        signed = self._sign(head)
        self._file.write_head(signed)
        return signed

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        if self._closing or self._file.connection is None:
            raise unwritable(self.path.name, "the trail is closed" if self._closing else "it could not be opened yet")
        try:
            with self._file.readers.borrow() as connection:
                yield connection
        except SpoolError as error:
            raise of_spool(error, self.path.name) from error


def _unstoppable() -> "Future[_T]":
    """A future that nobody can cancel: what happened is written whether its asker still waits or not."""
    future: Future[_T] = Future()
    future.set_running_or_notify_cancel()
    return future

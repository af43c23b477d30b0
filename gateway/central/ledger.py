"""Which ledger a centre's answers belong to, and how far the store has been: kept outside of the store.

A store that was put back from a backup has forgotten receipts that were given. Beside it, in a file of its own, stands
the highest ordinal for which anything was given out; it is written after each commit and before any receipt leaves. A
store below it went back: its answers go on under another ledger id, by which each office sees that it has to ask for
all of them, and send again what the centre no longer has.
"""

import fcntl
import json
import os
import secrets
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from gateway.central.errors import StateUnusable
from gateway.durable_file import flush_folder
from gateway.guidance import LocalizedText

LEDGER_FILE = "ledger"
_SLOT_BYTES = 512
"""What a disk writes at once; the two are written in turn, so that a power cut leaves one whole."""


@dataclass(frozen=True)
class _Page:
    turn: int
    ledger_id: str
    ordinal: int

    def to_bytes(self) -> bytes:
        text = json.dumps({"turn": self.turn, "ledger_id": self.ledger_id, "ordinal": self.ordinal})
        return f"{text} {zlib.crc32(text.encode()):08x}".ljust(_SLOT_BYTES - 1).encode() + b"\n"

    @classmethod
    def from_bytes(cls, slot: bytes) -> Self | None:
        text, _, crc = slot.decode("ascii", "replace").rstrip().rpartition(" ")
        if f"{zlib.crc32(text.encode()):08x}" != crc:
            return None
        return cls(**json.loads(text))


class Ledger:
    """The ledger's file; safe in any thread, and beside another process.

    Parameters
    ----------
    state : Path
        The centre's folder.

    Raises
    ------
    StateUnusable
    """

    def __init__(self, state: Path) -> None:
        self._path = state / LEDGER_FILE
        self._thread = threading.Lock()
        with self._told():
            is_new = not self._path.exists()
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            if is_new:
                os.posix_fallocate(self._file, 0, 2 * _SLOT_BYTES)  # a full disk is no reason not to write it later
                flush_folder(state)
        with self._locked():
            self._page = self._read() or self._write(_Page(0, _new_id(), 0))

    @property
    def ledger_id(self) -> str:
        """32 hexadecimal digits."""
        return self._page.ledger_id

    @property
    def mark(self) -> int:
        """The ordinal that the store had at least."""
        return self._page.ordinal

    def reached(self, ordinal: int) -> None:
        """The store durably has that ordinal; call it before anything is given out that says so.

        Raises
        ------
        StateUnusable
        """
        if ordinal <= self._page.ordinal:
            return
        with self._locked():
            now = self._read() or self._page
            if ordinal > now.ordinal:
                now = self._write(_Page(now.turn + 1, now.ledger_id, ordinal))
            self._page = now

    def begin_another(self, ordinal: int) -> None:
        """Go on under another id, from where the store is.

        Raises
        ------
        StateUnusable
        """
        with self._locked():
            now = self._read() or self._page
            self._page = self._write(_Page(now.turn + 1, _new_id(), ordinal))

    def follow(self, mark: int, ordinal: int) -> bool:
        """Look whether a store went back, and begin another ledger where it did.

        Parameters
        ----------
        mark : int
            `mark`, taken before the store was asked: it only grows, and the store with it.
        ordinal : int
            Of the store.

        Raises
        ------
        StateUnusable
        """
        if ordinal >= mark:
            return False
        self.begin_another(ordinal)
        return True

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._thread, self._told():
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)

    def _read(self) -> _Page | None:
        content = os.pread(self._file, 2 * _SLOT_BYTES, 0)
        pages = [_Page.from_bytes(content[at : at + _SLOT_BYTES]) for at in (0, _SLOT_BYTES)]
        return max((each for each in pages if each is not None), key=lambda each: each.turn, default=None)

    def _write(self, page: _Page) -> _Page:
        os.pwrite(self._file, page.to_bytes(), page.turn % 2 * _SLOT_BYTES)
        os.fdatasync(self._file)
        return page

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StateUnusable(
                LocalizedText(
                    id=f"{self._path} tidak dapat dibaca atau ditulis: {error.strerror}.",
                    en=f"{self._path} cannot be read or written: {error.strerror}. Check its owner and the disk.",
                )
            ) from error


def _new_id() -> str:
    return secrets.token_hex(16)

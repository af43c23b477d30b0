"""What can go wrong with the list of who was recorded here, named after what happened, with the remedy."""

import errno
import sqlite3
from pathlib import Path

from gateway.sqlite_file import SqliteFault, sqlite_fault


class DuplicatesError(Exception):
    """The duplicate book did not do what it was asked.

    Parameters
    ----------
    cause, remedy : str
        In plain words; the message is both.
    """

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(f"{cause} {remedy}")
        self.cause = cause
        self.remedy = remedy


class BookFull(DuplicatesError):
    """There is no room on the disk for another person; what is stored is safe."""


class BookUnwritable(DuplicatesError):
    """The operating system does not let us write into the folder."""


class BookDamaged(DuplicatesError):
    """What is read back is not what was written."""


class BookTooNew(DuplicatesError):
    """The file belongs to a newer version; nothing was touched."""


class LocalKeyLocked(DuplicatesError):
    """There is a kept list, and nothing was given that may open it; nothing was touched."""


class ListRefused(DuplicatesError):
    """A neighbour's list is not taken in: it is damaged, not signed by a known gateway, not for us, or out of date."""


class ListTooLarge(DuplicatesError):
    """There are more people than one list takes."""


class SearchCancelled(Exception):
    """Whoever asked for a search no longer wants its answer."""


def from_sqlite(error: sqlite3.Error, path: Path) -> DuplicatesError:
    """Tell the causes of an SQLite error apart; https://www.sqlite.org/rescode.html."""
    match sqlite_fault(error, path):
        case SqliteFault.DAMAGED:
            return damaged(path, str(error))
        case SqliteFault.FULL:
            return full(path.parent)
        case SqliteFault.UNWRITABLE:
            return unwritable(path, str(error))


def from_os(error: OSError, path: Path) -> DuplicatesError:
    """Tell the causes of an operating system's error apart."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return full(path.parent)
    return unwritable(path, error.strerror or str(error))


def full(directory: Path) -> BookFull:
    """The disk below `directory` is full."""
    return BookFull(
        f"The disk that holds {directory} is full.",
        "Free space on it; who is stored already is safe and goes on being searched.",
    )


def unwritable(path: Path, why: str) -> BookUnwritable:
    """`path` cannot be used."""
    return BookUnwritable(
        f"The file {path} cannot be read or written: {why}.",
        "Give the gateway's user the right to write into that folder, on a disk that is not mounted read-only.",
    )


def damaged(path: Path, why: str) -> BookDamaged:
    """`path` does not hold what was written into it."""
    return BookDamaged(
        f"The duplicate list {path} is damaged: {why}.", "Check the disk, and keep the file for recovery."
    )

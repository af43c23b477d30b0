"""What can go wrong with the journal of tries, with the remedy."""

import errno
import sqlite3
from pathlib import Path

from gateway.sqlite_file import SqliteFault, sqlite_fault


class HolderCheckError(Exception):
    """The check was not made; a try that was counted stays counted.

    Parameters
    ----------
    cause, remedy : str
        In plain words; the message is both.
    """

    reason = "HOLDER_CHECK_UNUSABLE"

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(f"{cause} {remedy}")
        self.cause = cause
        self.remedy = remedy


class TryJournalFull(HolderCheckError):
    """There is no room on the disk to count a try, so none is made."""


class TryJournalUnwritable(HolderCheckError):
    """The operating system does not let us write into the state folder."""


class TryJournalCorrupt(HolderCheckError):
    """What is read back is not what was written."""


class TryJournalTooNew(HolderCheckError):
    """The file belongs to a newer version; nothing was touched."""


class StatementRefused(HolderCheckError):
    """Bytes are no signed statement of a holder check."""

    reason = "STATEMENT_REFUSED"


def from_sqlite(error: sqlite3.Error, path: Path) -> HolderCheckError:
    """Tell the causes of an SQLite error apart."""
    match sqlite_fault(error, path):
        case SqliteFault.DAMAGED:
            return corrupt(path, str(error))
        case SqliteFault.FULL:
            return full(path.parent)
        case SqliteFault.UNWRITABLE:
            return unwritable(path, str(error))


def from_os(error: OSError, path: Path) -> HolderCheckError:
    """Tell the causes of an operating system's error apart."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return full(path.parent)
    return unwritable(path, error.strerror or str(error))


def full(folder: Path) -> TryJournalFull:
    """The disk below `folder` is full."""
    return TryJournalFull(
        f"The disk that holds {folder} is full: no try can be counted, so no finger is compared.",
        "Free space on it, or hand the card over under a supervisor's eyes and on paper.",
    )


def unwritable(path: Path, why: str) -> TryJournalUnwritable:
    """`path` cannot be used."""
    return TryJournalUnwritable(
        f"The journal of holder checks {path} cannot be written: {why}.",
        "Give the gateway's user the right to write into that folder, on a disk that is not mounted read-only.",
    )


def corrupt(path: Path, why: str) -> TryJournalCorrupt:
    """`path` does not hold what was written into it."""
    return TryJournalCorrupt(
        f"The journal of holder checks {path} is damaged: {why}.",
        "Check the disk. The gateway sets the file aside when it starts and begins a new one; what a card counts by "
        "itself is not lost.",
    )

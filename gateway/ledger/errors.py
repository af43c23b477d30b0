"""What can go wrong with the ledger of statuses, with the remedy."""

import errno
import sqlite3
from pathlib import Path

from gateway.sqlite_file import SqliteFault, sqlite_fault


class LedgerError(Exception):
    """The ledger did not do what it was asked.

    Parameters
    ----------
    cause, remedy : str
        In plain words; the message is both.
    """

    reason = "LEDGER_UNUSABLE"

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(f"{cause} {remedy}")
        self.cause = cause
        self.remedy = remedy


class LedgerFull(LedgerError):
    """There is no room on the disk."""


class LedgerUnwritable(LedgerError):
    """The operating system does not let us write into the state folder."""


class LedgerCorrupt(LedgerError):
    """What is read back is not what was written."""


class LedgerTooNew(LedgerError):
    """The file belongs to a newer version; nothing was touched."""


class StandingUnknown(LedgerError):
    """The ledger knows no such enrolment."""

    reason = "NOT_FOUND"


class StatusRefused(LedgerError):
    """That cannot be said by hand, or not now."""

    reason = "STATUS_REFUSED"


def from_sqlite(error: sqlite3.Error, path: Path) -> LedgerError:
    """Tell the causes of an SQLite error apart."""
    match sqlite_fault(error, path):
        case SqliteFault.DAMAGED:
            return corrupt(path, str(error))
        case SqliteFault.FULL:
            return full(path.parent)
        case SqliteFault.UNWRITABLE:
            return unwritable(path, str(error))


def from_os(error: OSError, path: Path) -> LedgerError:
    """Tell the causes of an operating system's error apart."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return full(path.parent)
    return unwritable(path, error.strerror or str(error))


def full(folder: Path) -> LedgerFull:
    """The disk below `folder` is full."""
    return LedgerFull(f"The disk that holds {folder} is full.", "Free space on it; the centre's answers are kept.")


def unwritable(path: Path, why: str) -> LedgerUnwritable:
    """`path` cannot be used."""
    return LedgerUnwritable(
        f"The ledger of statuses {path} cannot be written: {why}.",
        "Give the gateway's user the right to write into that folder, on a disk that is not mounted read-only.",
    )


def corrupt(path: Path, why: str) -> LedgerCorrupt:
    """`path` does not hold what was written into it."""
    return LedgerCorrupt(
        f"The ledger of statuses {path} is damaged: {why}.",
        "Check the disk. What the centre answered is kept in the outbox, and told again to a new ledger.",
    )

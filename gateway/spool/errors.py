"""What can go wrong with the spool, named after what happened, with the remedy."""

import errno
import os
import sqlite3
from pathlib import Path

_FULL_BELOW_BYTES = 1 << 20  # SQLite reports some writes to a full disk as plain I/O errors


class SpoolError(Exception):
    """The spool did not do what it was asked.

    Parameters
    ----------
    cause, remedy : str
        In plain words; the message is both.
    """

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(f"{cause} {remedy}")
        self.cause = cause
        self.remedy = remedy


class SpoolFull(SpoolError):
    """There is no room for another capture; what is stored is safe."""


class SpoolUnwritable(SpoolError):
    """The operating system does not let us write into the state folder."""


class SpoolCorrupt(SpoolError):
    """What is read back is not what was written."""


class StateTooNew(SpoolError):
    """The state folder belongs to a newer version; nothing was touched."""


class StateLocked(SpoolError):
    """Another gateway works on the same state folder."""


class CaptureAlreadyStored(SpoolError):
    """A capture of this id is stored already."""


class CaptureUnknown(SpoolError):
    """No capture of this id, or no blob of this name, is stored."""


def from_sqlite(error: sqlite3.Error, path: Path) -> SpoolError:
    """Tell the causes of an SQLite error apart; https://www.sqlite.org/rescode.html.

    Parameters
    ----------
    error : sqlite3.Error
    path : Path
        The database file.
    """
    code = getattr(error, "sqlite_errorcode", None)
    primary = None if code is None else code & 0xFF
    # None: our own, or text that is not UTF-8. SQLITE_ERROR: a table or column is gone; our statements are right.
    if primary in (None, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR):
        return corrupt(path, str(error))
    if primary == sqlite3.SQLITE_FULL or (
        primary in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN) and _free_bytes(path.parent) < _FULL_BELOW_BYTES
    ):
        return full(path.parent)
    if code == sqlite3.SQLITE_IOERR_SHORT_READ:
        return corrupt(path, str(error))
    return unwritable(path, str(error))


def from_os(error: OSError, path: Path) -> SpoolError:
    """Tell the causes of an operating system's error apart."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return full(path.parent)
    return unwritable(path, error.strerror or str(error))


def full(directory: Path) -> SpoolFull:
    """The disk below `directory` is full."""
    return SpoolFull(
        f"The disk that holds {directory} is full.",
        "Free space on it, or send what waits; what is stored is safe, and captures go on once there is room.",
    )


def unwritable(path: Path, why: str) -> SpoolUnwritable:
    """`path` cannot be used."""
    return SpoolUnwritable(
        f"The state file {path} cannot be written: {why}.",
        "Give the gateway's user the right to write into that folder, on a disk that is not mounted read-only.",
    )


def corrupt(path: Path, why: str) -> SpoolCorrupt:
    """`path` does not hold what was written into it."""
    return SpoolCorrupt(f"The spool file {path} is damaged: {why}.", "Check the disk, and keep the file for recovery.")


def _free_bytes(directory: Path) -> int:
    try:
        status = os.statvfs(directory)
    except OSError:
        return 1 << 62
    return status.f_bavail * status.f_frsize

"""What can go wrong with the spool, named after what happened, with the remedy."""

import errno
import sqlite3
from datetime import datetime
from pathlib import Path

from gateway.sqlite_file import SqliteFault, sqlite_fault


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


class CaptureErased(SpoolError):
    """The capture was erased: its manifest is kept, its records and images are gone for good.

    Parameters
    ----------
    capture_id : str
    erased_at : datetime
        UTC.
    """

    def __init__(self, capture_id: str, erased_at: datetime) -> None:
        super().__init__(
            f"Capture {capture_id} was erased on {erased_at:%Y-%m-%d %H:%M} UTC.",
            "Its signed manifest stays in the chain; what it recorded is in the packet that was sent, if there is one.",
        )
        self.capture_id = capture_id
        self.erased_at = erased_at


class SpoolKeyWrong(SpoolError):
    """The spool is encrypted under another local key than the one given, or none was given; nothing was changed."""


def from_sqlite(error: sqlite3.Error, path: Path) -> SpoolError:
    """Tell the causes of an SQLite error apart; https://www.sqlite.org/rescode.html.

    Parameters
    ----------
    error : sqlite3.Error
    path : Path
        The database file.
    """
    match sqlite_fault(error, path):
        case SqliteFault.DAMAGED:
            return corrupt(path, str(error))
        case SqliteFault.FULL:
            return full(path.parent)
        case SqliteFault.UNWRITABLE:
            return unwritable(path, str(error))


def from_os(error: OSError, path: Path) -> SpoolError:
    """Tell the causes of an operating system's error apart."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return full(path.parent)
    if error.errno in (errno.EEXIST, errno.ENOTDIR):
        return SpoolUnwritable(
            f"The state folder {path} cannot be made: a file has that name, or one on the way to it.",
            "Name another folder with --state, REKAM_STATE or `state`, or move that file away.",
        )
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


def key_lacking(path: Path) -> SpoolKeyWrong:
    """`path` is encrypted, and no local key was given."""
    return SpoolKeyWrong(
        f"The spool file {path} is encrypted, and no local key was given.",
        "Open it with the keys folder, and the passphrase or token, of the gateway that made it. Nothing was changed.",
    )


def key_wrong(path: Path) -> SpoolKeyWrong:
    """`path` is encrypted under another local key."""
    return SpoolKeyWrong(
        f"The spool file {path} is encrypted under another local key than the one in the keys folder.",
        "Put the keys folder back that belongs to it, from a backup: without it nobody can read the captures. Nothing "
        "was changed.",
    )

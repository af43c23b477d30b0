"""What can go wrong with the list of whom to call back, with the remedy."""

import errno
import sqlite3
from pathlib import Path

from gateway.sqlite_file import SqliteFault, sqlite_fault


class CallbackError(Exception):
    """The list did not do what it was asked; nothing that was acknowledged is lost.

    Parameters
    ----------
    cause, remedy : str
        In plain words, with nothing of a person in them; the message is both.
    """

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(f"{cause} {remedy}")
        self.cause = cause
        self.remedy = remedy


class ListFull(CallbackError):
    """There is no room on the disk."""


class ListUnwritable(CallbackError):
    """The operating system does not let us write into the folder."""


class ListDamaged(CallbackError):
    """What is read back is not what was written."""


class ListTooNew(CallbackError):
    """The file belongs to a newer version; nothing was touched."""


class CallbackUnknown(Exception):
    """There is no such line or notice."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"no {kind} {name!r}")
        self.kind = kind
        self.name = name


class CallbackRefused(ValueError):
    """A field of a line cannot be used.

    Parameters
    ----------
    field : str
    description : str
        What would do; what was given is not quoted.
    """

    def __init__(self, field: str, description: str) -> None:
        super().__init__(f"{field}: {description}")
        self.field = field
        self.description = description


def from_sqlite(error: sqlite3.Error, path: Path) -> CallbackError:
    """Tell the causes of an SQLite error apart."""
    match sqlite_fault(error, path):
        case SqliteFault.DAMAGED:
            return damaged(path, str(error))
        case SqliteFault.FULL:
            return full(path.parent)
        case SqliteFault.UNWRITABLE:
            return unwritable(path, str(error))


def from_os(error: OSError, path: Path) -> CallbackError:
    """Tell the causes of an operating system's error apart."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return full(path.parent)
    return unwritable(path, error.strerror or str(error))


def full(directory: Path) -> ListFull:
    """The disk below `directory` is full."""
    return ListFull(f"The disk that holds {directory} is full.", "Free space on it; the call-back list so far is safe.")


def unwritable(path: Path, why: str) -> ListUnwritable:
    """`path` cannot be used."""
    return ListUnwritable(
        f"The call-back list {path} cannot be read or written: {why}.",
        "Give the gateway's user the right to write into that folder, on a disk that is not mounted read-only.",
    )


def damaged(path: Path, why: str) -> ListDamaged:
    """`path` does not hold what was written into it."""
    return ListDamaged(
        f"The call-back list {path} is damaged: {why}.", "Check the disk, and keep the file for recovery."
    )

"""What can go wrong with the outbox, named after what happened, with the remedy."""

import errno
import sqlite3
from pathlib import Path

from gateway.sqlite_file import SqliteFault, sqlite_fault


class ForwardingError(Exception):
    """The outbox did not do what it was asked.

    Parameters
    ----------
    cause, remedy : str
        In plain words; the message is both.
    """

    reason = "OUTBOX_UNUSABLE"

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(f"{cause} {remedy}")
        self.cause = cause
        self.remedy = remedy


class OutboxFull(ForwardingError):
    """No further enrolment is begun; what is recorded is safe."""

    reason = "SPOOL_FULL"


class OutboxUnwritable(ForwardingError):
    """The operating system does not let us write into the state folder."""


class OutboxCorrupt(ForwardingError):
    """What is read back is not what was written."""


class OutboxTooNew(ForwardingError):
    """The file belongs to a newer version; nothing was touched."""


class PacketUnknown(ForwardingError):
    """The outbox knows no such packet."""

    reason = "NOT_FOUND"


class RetryRefused(ForwardingError):
    """There is nothing to send again."""

    reason = "RETRY_REFUSED"


def from_sqlite(error: sqlite3.Error, path: Path) -> ForwardingError:
    """Tell the causes of an SQLite error apart."""
    match sqlite_fault(error, path):
        case SqliteFault.DAMAGED:
            return corrupt(path, str(error))
        case SqliteFault.FULL:
            return disk_full(path.parent)
        case SqliteFault.UNWRITABLE:
            return unwritable(path, str(error))


def from_os(error: OSError, path: Path) -> ForwardingError:
    """Tell the causes of an operating system's error apart."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return disk_full(path.parent)
    return unwritable(path, error.strerror or str(error))


def disk_full(folder: Path) -> OutboxFull:
    """The disk below `folder` is full."""
    return OutboxFull(
        f"The disk that holds {folder} is full.", "Free space on it; every packet is safe, and is sent as before."
    )


def unwritable(path: Path, why: str) -> OutboxUnwritable:
    """`path` cannot be used."""
    return OutboxUnwritable(
        f"The file of the outbox {path} cannot be written: {why}.",
        "Give the gateway's user the right to write into that folder, on a disk that is not mounted read-only.",
    )


def corrupt(path: Path, why: str) -> OutboxCorrupt:
    """`path` does not hold what was written into it."""
    return OutboxCorrupt(
        f"The file of the outbox {path} is damaged: {why}.",
        "Check the disk. No packet is lost: all that lie in the folder are offered to the centre again.",
    )

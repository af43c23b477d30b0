"""What can go wrong with what is kept of the link, and with what is told of it."""

import sqlite3
from pathlib import Path

from gateway.sqlite_file import SqliteFault, sqlite_fault


class LinkError(Exception):
    """It was not done; nothing is changed.

    Parameters
    ----------
    cause, remedy : str
        In plain words; the message is both.
    """

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(f"{cause} {remedy}")
        self.cause = cause
        self.remedy = remedy


class AnnouncementRefused(LinkError):
    """It is no announcement of this office's centre."""


class HistoryUnwritable(LinkError):
    """The record of outages cannot be read or written now."""


class HistoryCorrupt(LinkError):
    """The record of outages is damaged."""


class HistoryTooNew(LinkError):
    """The record of outages was made by a newer gateway."""


def from_sqlite(error: sqlite3.Error, path: Path) -> LinkError:
    """The error of ours for one of SQLite's."""
    fault = sqlite_fault(error, path)
    if fault is SqliteFault.DAMAGED:
        return HistoryCorrupt(f"The record of outages {path} is damaged ({error}).", "Start the gateway again.")
    if fault is SqliteFault.FULL:
        return HistoryUnwritable(f"The disk of {path} is full.", "Make room; what is known is kept until then.")
    return HistoryUnwritable(f"{path} cannot be written ({error}).", "Look at its permissions and its disk.")


def from_os(error: OSError, path: Path) -> LinkError:
    """The error of ours for one of the system's."""
    return HistoryUnwritable(
        f"{path} cannot be used: {error.strerror or error}.", "Look at its permissions and its disk."
    )

"""What can go wrong with the list of who was recorded here, named after what happened, with the remedy."""

import errno
import sqlite3
from pathlib import Path

from gateway.guidance import LocalizedText
from gateway.sqlite_file import SqliteFault, sqlite_fault


class DuplicatesError(Exception):
    """The duplicate book did not do what it was asked.

    Parameters
    ----------
    cause, remedy : str or LocalizedText
        In plain words; the message is both, in English. What an operator is told of a search is in both languages.
    """

    def __init__(self, cause: str | LocalizedText, remedy: str | LocalizedText) -> None:
        self.cause = cause if isinstance(cause, str) else cause.en
        self.remedy = remedy if isinstance(remedy, str) else remedy.en
        super().__init__(f"{self.cause} {self.remedy}")
        self.words: LocalizedText | None = None
        """Cause and remedy for the operator; None where there is English alone."""
        if isinstance(cause, LocalizedText) and isinstance(remedy, LocalizedText):
            self.words = LocalizedText(id=f"{cause.id} {remedy.id}", en=str(self))


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
        LocalizedText(id=f"Cakram tempat {directory} penuh.", en=f"The disk that holds {directory} is full."),
        LocalizedText(
            id="Kosongkan ruang; siapa yang sudah tersimpan tetap aman dan tetap dicari.",
            en="Free space on it; who is stored already is safe and goes on being searched.",
        ),
    )


def unwritable(path: Path, why: str) -> BookUnwritable:
    """`path` cannot be used."""
    return BookUnwritable(
        LocalizedText(
            id=f"Berkas {path} tidak dapat dibaca atau ditulis ({why}).",
            en=f"The file {path} cannot be read or written: {why}.",
        ),
        LocalizedText(
            id="Beri pengguna gateway hak menulis ke folder itu, pada cakram yang tidak dipasang hanya-baca.",
            en="Give the gateway's user the right to write into that folder, on a disk that is not mounted read-only.",
        ),
    )


def damaged(path: Path, why: str) -> BookDamaged:
    """`path` does not hold what was written into it."""
    return BookDamaged(
        LocalizedText(
            id=f"Daftar data ganda {path} rusak ({why}).", en=f"The duplicate list {path} is damaged: {why}."
        ),
        LocalizedText(
            id="Periksa cakram, dan simpan berkas itu untuk pemulihan.",
            en="Check the disk, and keep the file for recovery.",
        ),
    )

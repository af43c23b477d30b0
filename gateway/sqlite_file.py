"""SQLite files as every room keeps them: private, in write-ahead mode, set aside when damaged; why one failed."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

BESIDE = ("-wal", "-shm", "")
"""Endings of the files that belong together; the file itself last."""
_MAGIC = b"SQLite format 3\0"
_HEADER_BYTES = 100
_FULL_BELOW_BYTES = 1 << 20  # SQLite reports some writes to a full disk as plain I/O errors


class SqliteFault(Enum):
    """What an SQLite error comes from."""

    DAMAGED = "damaged"
    FULL = "full"
    UNWRITABLE = "unwritable"


def sqlite_fault(error: sqlite3.Error, path: Path) -> SqliteFault:
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
        return SqliteFault.DAMAGED
    if primary == sqlite3.SQLITE_FULL or (
        primary in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN) and _free_bytes(path.parent) < _FULL_BELOW_BYTES
    ):
        return SqliteFault.FULL
    if code == sqlite3.SQLITE_IOERR_SHORT_READ:
        return SqliteFault.DAMAGED
    return SqliteFault.UNWRITABLE


def make_private(path: Path) -> None:
    """Make the file with mode 0600 where it is missing; OSError where that cannot be.

    SQLite would make it readable for others; -wal and -shm take the mode of this file.
    """
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def connected(path: Path) -> sqlite3.Connection:
    """A connection with explicit transactions, used by one thread at a time, not always the same."""
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)


def write_ahead(connection: sqlite3.Connection) -> None:
    """Let commits be on the disk when they return, in a log beside the file."""
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise sqlite3.OperationalError(f"the disk allows no write-ahead log (journal mode {mode})")
    connection.execute("PRAGMA synchronous = FULL")


def is_new(connection: sqlite3.Connection, version: int) -> bool:
    """Whether a file of that user version holds nothing yet."""
    return version == 0 and connection.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """One transaction: durable after the block, without a trace if the block or the commit raises."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def set_aside(path: Path, stamp: str) -> Path:
    """Rename a file, with what SQLite keeps beside it, to `NAME.corrupt-STAMP.sqlite3`; gives the new name.

    Raises
    ------
    OSError
    """
    target = path.with_name(f"{path.stem}.corrupt-{stamp}{path.suffix}")
    count = 1
    while target.exists():
        count += 1
        target = path.with_name(f"{path.stem}.corrupt-{stamp}-{count}{path.suffix}")
    # The file itself goes last: a write-ahead log without its file would be taken for that of the new one.
    for suffix in BESIDE:
        source = path.with_name(path.name + suffix)
        if source.exists():
            source.rename(target.with_name(target.name + suffix))
    return target


def erase_set_aside(
    directory: Path, pattern: str, before: datetime, failed: Callable[[OSError, Path], Exception]
) -> tuple[str, ...]:
    """Overwrite and remove files that were set aside before a time, with what SQLite keeps beside them.

    Parameters
    ----------
    directory : Path
    pattern : str
        Of their names, for `glob`.
    before : datetime
    failed : callable
        Gives the error to raise where the operating system refuses a file; those before it are gone.

    Returns
    -------
    tuple of str
        Their names.
    """
    gone = []
    for path in sorted(directory.glob(pattern)):
        try:
            if path.stat().st_mtime >= before.timestamp():
                continue
            for part in (path.with_name(path.name + suffix) for suffix in BESIDE):
                if part.exists():
                    _overwrite(part)
        except OSError as error:
            raise failed(error, path) from error
        gone.append(path.name)
    return tuple(gone)


def salvaged_rows(path: Path, select: str) -> list[tuple[Any, ...]]:
    """The rows that can still be read out of a file that was set aside, from either end of what is damaged.

    Parameters
    ----------
    path : Path
    select : str
        A SELECT without an order, whose first column numbers the rows; the rows come in that order, without it.
    """
    found: dict[int, tuple[Any, ...]] = {}
    with suppress(sqlite3.Error):
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        try:
            for order in ("", " DESC"):
                with suppress(sqlite3.Error):
                    for number, *row in connection.execute(f"{select} ORDER BY 1{order}"):
                        if number in found:
                            break
                        found[number] = tuple(row)
        finally:
            connection.close()
    return [found[number] for number in sorted(found)]


def header_of(path: Path) -> bytes:
    """The file's first 100 bytes, none where it is no SQLite file; read without SQLite, which leaves files beside it.

    The user version is at 60, the application id at 68, big-endian; https://www.sqlite.org/fileformat.html clause 1.3.

    Raises
    ------
    OSError
        It is there, and cannot be read.
    """
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
    except FileNotFoundError:
        return b""
    return header if header.startswith(_MAGIC) and len(header) == _HEADER_BYTES else b""


def _overwrite(path: Path) -> None:
    """Write zeros over a file, and remove it."""
    with path.open("r+b") as file:
        file.write(bytes(path.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


def _free_bytes(directory: Path) -> int:
    try:
        status = os.statvfs(directory)
    except OSError:
        return 1 << 62
    return status.f_bavail * status.f_frsize

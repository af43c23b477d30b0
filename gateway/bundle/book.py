"""What was taken away on which medium, kept beside the packets: `bundles.sqlite3` of the state folder."""

import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import structlog

from gateway.bundle.contents import VolumeContents, read_contents
from gateway.bundle.errors import BookUnusable, BundleUnknown
from gateway.sqlite_file import SqliteFault, set_aside, sqlite_fault, transaction
from gateway.sqlite_schema import SqliteSchema, opened

log = structlog.get_logger(__name__)

FILE_NAME = "bundles.sqlite3"
SCHEMA_VERSION = 1
_TABLES = """
CREATE TABLE bundles (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    bundle_id TEXT NOT NULL UNIQUE,
    again INTEGER NOT NULL,
    closed INTEGER NOT NULL
) STRICT;
CREATE TABLE volumes (
    bundle_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    jws BLOB NOT NULL,
    taken_ms INTEGER,
    medium TEXT NOT NULL,
    operator TEXT NOT NULL,
    PRIMARY KEY (bundle_id, number)
) STRICT;
CREATE TABLE taken (
    packet_id TEXT NOT NULL,
    bundle_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (packet_id, bundle_id)
) STRICT;
"""


@dataclass(frozen=True)
class Bundle:
    """One export, on however many media."""

    bundle_id: str
    again: bool
    """It also takes what an earlier bundle took."""
    volumes: int
    """That were offered, the last one taken or not."""


@dataclass(frozen=True)
class OfferedVolume:
    """A volume that was put together, and may have been taken away."""

    jws: bytes
    contents: VolumeContents
    taken: datetime | None
    """When it stood whole on a medium, by this machine's clock, UTC; None: nobody said so."""
    medium: str
    operator: str


@dataclass(frozen=True)
class TakenAway:
    """Where a packet was taken, last."""

    bundle_id: str
    number: int
    at: datetime
    medium: str


class BundleBook:
    """Made by `open`, closed by `close`; any thread may call. What a method changed is on the disk when it returns.

    Every method raises `BookUnusable` where the file cannot be used.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._connection = connection
        self._lock = threading.RLock()

    @classmethod
    def open(cls, state: Path) -> Self:
        """Open the book of a state folder, whose lock the caller holds.

        A damaged file is set aside and a new one begun: what was taken is then taken once more, which does no harm.

        Raises
        ------
        BookUnusable
        """
        path = state / FILE_NAME
        try:
            return cls(path, opened(path, _SCHEMA))
        except sqlite3.Error as error:
            if sqlite_fault(error, path) is not SqliteFault.DAMAGED:
                raise _unusable(path, str(error)) from error
            cause = str(error)
        except OSError as error:
            raise _unusable(path, str(error)) from error
        try:
            aside = set_aside(path, f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
            log.error("bundles_set_aside", file=aside.name, cause=cause)
            return cls(path, opened(path, _SCHEMA))
        except (OSError, sqlite3.Error) as error:
            raise _unusable(path, str(error)) from error

    def open_bundle(self) -> Bundle | None:
        """The bundle that goes on; None where the last one was ended."""
        with self._using() as connection:
            row = connection.execute(
                "SELECT bundle_id, again, (SELECT count(*) FROM volumes v WHERE v.bundle_id = b.bundle_id)"
                " FROM bundles b WHERE closed = 0 ORDER BY number DESC LIMIT 1"
            ).fetchone()
        return None if row is None else Bundle(row[0], bool(row[1]), row[2])

    def begin(self, bundle_id: str, *, again: bool) -> Bundle:
        """Begin a bundle; those before it are ended."""
        with self._using() as connection, transaction(connection):
            connection.execute("DELETE FROM volumes WHERE taken_ms IS NULL")
            connection.execute("UPDATE bundles SET closed = 1")
            connection.execute("INSERT INTO bundles (bundle_id, again, closed) VALUES (?, ?, 0)", (bundle_id, again))
        return Bundle(bundle_id, again, 0)

    def offer(self, jws: bytes, contents: VolumeContents, operator: str) -> None:
        """Keep a volume that was put together, so that it is the same one when it is asked for again."""
        with self._using() as connection, transaction(connection):
            connection.execute(
                "INSERT INTO volumes VALUES (?, ?, ?, NULL, '', ?)",
                (contents.bundle_id, contents.number, jws, operator),
            )

    def withdraw(self, contents: VolumeContents) -> None:
        """A volume that nobody has will not be written as it is: its number is free again."""
        with self._using() as connection, transaction(connection):
            connection.execute(
                "DELETE FROM volumes WHERE bundle_id = ? AND number = ? AND taken_ms IS NULL",
                (contents.bundle_id, contents.number),
            )

    def offered(self) -> OfferedVolume | None:
        """The volume that was put together and that nobody said to have."""
        with self._using() as connection:
            row = connection.execute(f"{_SELECT} WHERE taken_ms IS NULL ORDER BY rowid DESC LIMIT 1").fetchone()
        return None if row is None else _volume(row)

    def volume(self, bundle_id: str, number: int) -> OfferedVolume:
        """One volume.

        Raises
        ------
        BundleUnknown
        """
        with self._using() as connection:
            row = connection.execute(f"{_SELECT} WHERE bundle_id = ? AND number = ?", (bundle_id, number)).fetchone()
        if row is None:
            raise BundleUnknown(
                f"Volume {number} dari bundel {bundle_id} tidak dikenal di sini; mulai ekspor lagi.",
                f"Volume {number} of bundle {bundle_id} is not known here; begin the export again.",
            )
        return _volume(row)

    def confirm(self, bundle_id: str, number: int, medium: str, now: datetime) -> OfferedVolume:
        """A volume stands whole on a medium; said twice it is once.

        Raises
        ------
        BundleUnknown
        """
        found = self.volume(bundle_id, number)
        if found.taken is None:
            contents = found.contents
            with self._using() as connection, transaction(connection):
                connection.execute(
                    "UPDATE volumes SET taken_ms = ?, medium = ? WHERE bundle_id = ? AND number = ?",
                    (round(now.timestamp() * 1000), medium, bundle_id, number),
                )
                connection.executemany(
                    "INSERT OR REPLACE INTO taken VALUES (?, ?, ?)",
                    [(each.packet_id, bundle_id, number) for each in contents.packets],
                )
                if contents.of is not None:
                    connection.execute("UPDATE bundles SET closed = 1 WHERE bundle_id = ?", (bundle_id,))
        return self.volume(bundle_id, number)

    def taken(self, bundle_id: str = "") -> Mapping[str, TakenAway]:
        """Packets that were taken away, in that bundle or in any, by their ids: where they were last."""
        with self._using() as connection:
            rows = connection.execute(
                "SELECT t.packet_id, t.bundle_id, t.number, v.taken_ms, v.medium FROM taken t"
                " JOIN volumes v ON v.bundle_id = t.bundle_id AND v.number = t.number"
                " WHERE ? IN ('', t.bundle_id) ORDER BY v.taken_ms, t.rowid",
                (bundle_id,),
            ).fetchall()
        return {
            packet_id: TakenAway(bundle, number, _moment(at), medium) for packet_id, bundle, number, at, medium in rows
        }

    def volumes(self) -> list[OfferedVolume]:
        """All volumes, the oldest first."""
        with self._using() as connection:
            rows = connection.execute(f"{_SELECT} ORDER BY rowid").fetchall()
        return [_volume(row) for row in rows]

    def close(self) -> None:
        """Let go of the file; a second call does nothing."""
        with self._lock, suppress(sqlite3.Error):
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                yield self._connection
            except sqlite3.Error as error:
                raise _unusable(self._path, str(error)) from error


_SELECT = "SELECT jws, taken_ms, medium, operator FROM volumes"


def _volume(row: tuple[bytes, int | None, str, str]) -> OfferedVolume:
    jws, taken_ms, medium, operator = row
    return OfferedVolume(jws, read_contents(jws)[0], None if taken_ms is None else _moment(taken_ms), medium, operator)


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _unusable(path: Path, why: str) -> BookUnusable:
    return BookUnusable(
        f"{path} tidak dapat dipakai: {why}. Periksa hak, disk, dan versi; paket tetap aman.",
        f"{path} cannot be used: {why}. Check rights, disk and version; the packets are safe.",
    )


def _of_version(path: Path, version: int) -> BookUnusable:
    return _unusable(path, f"it has version {version}, and this gateway knows {SCHEMA_VERSION}")


_SCHEMA = SqliteSchema(
    SCHEMA_VERSION,
    _TABLES,
    too_new=_of_version,
    foreign=_of_version,
    damaged=lambda _, verdict: sqlite3.DatabaseError(verdict),
)

"""What has happened to each device, day by day, kept in the state folder across restarts."""

import contextlib
import queue
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path

import structlog

from gateway.devices.state import DeviceHealth
from gateway.sqlite_file import set_aside

log = structlog.get_logger(__name__)

HISTORY_FILE = "devices.sqlite3"
SCHEMA_VERSION = 1
WRITE_PERIOD_S = 1.0
"""Counts are written together: a power cut loses those of one second, and nobody waits for the disk."""
INCIDENTS_KEPT = 1_000
"""Of all devices together."""
DAYS_KEPT = 1_100
"""Of use: three years and more, as long as a device's warranty."""

COUNTS = ("captures", "timeouts", "resets", "losses", "failures", "bad_frames")

_SCHEMA = """
CREATE TABLE days (
    device_id TEXT NOT NULL,
    day TEXT NOT NULL,
    captures INTEGER NOT NULL DEFAULT 0,
    timeouts INTEGER NOT NULL DEFAULT 0,
    resets INTEGER NOT NULL DEFAULT 0,
    losses INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    bad_frames INTEGER NOT NULL DEFAULT 0,
    uptime_s REAL NOT NULL DEFAULT 0,
    temperature_c REAL,
    PRIMARY KEY (device_id, day)
) STRICT, WITHOUT ROWID;
CREATE TABLE incidents (
    id INTEGER PRIMARY KEY,
    device_id TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;
CREATE INDEX incidents_of_a_device ON incidents (device_id, id);
"""

_DROP_OLD = """
DELETE FROM days WHERE device_id = :device_id AND day NOT IN (
    SELECT day FROM days WHERE device_id = :device_id ORDER BY day DESC LIMIT :kept)
"""
_ADD = """
INSERT INTO days (device_id, day, captures, timeouts, resets, losses, failures, bad_frames, uptime_s, temperature_c)
VALUES (:device_id, :day, :captures, :timeouts, :resets, :losses, :failures, :bad_frames, :uptime_s, :temperature_c)
ON CONFLICT (device_id, day) DO UPDATE SET
    captures = captures + excluded.captures, timeouts = timeouts + excluded.timeouts,
    resets = resets + excluded.resets, losses = losses + excluded.losses, failures = failures + excluded.failures,
    bad_frames = bad_frames + excluded.bad_frames, uptime_s = uptime_s + excluded.uptime_s,
    temperature_c = max(
        coalesce(temperature_c, excluded.temperature_c), coalesce(excluded.temperature_c, temperature_c))
"""


class IncidentKind(StrEnum):
    """What went wrong."""

    RESET = "reset"
    LOSS = "loss"
    FAILURE = "failure"


@dataclass(frozen=True)
class Happened:
    """What is added to a device's day."""

    captures: int = 0
    timeouts: int = 0
    resets: int = 0
    losses: int = 0
    failures: int = 0
    bad_frames: int = 0
    uptime_s: float = 0.0
    temperature_c: float | None = None


@dataclass(frozen=True)
class DeviceDay:
    """One day of a device."""

    day: date
    happened: Happened


@dataclass(frozen=True)
class Incident:
    """One thing that went wrong with a device."""

    at: datetime
    kind: IncidentKind
    detail: str


@dataclass(frozen=True)
class _Note:
    device_id: str
    at: datetime
    happened: Happened
    incident: IncidentKind | None
    detail: str


class DeviceHistory:
    """Keeps counts and incidents of devices; any thread may call.

    Writing is done by a thread of its own, and what it cannot write (a full disk) is logged and forgotten: no capture
    fails for the sake of a count.

    Parameters
    ----------
    folder : Path
        The state folder. A file there that is damaged, or of a newer version, is set aside and a new one begun.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / HISTORY_FILE
        self._lock = threading.Lock()
        self._connection = self._open()
        self._notes: queue.SimpleQueue[_Note | threading.Event | None] = queue.SimpleQueue()
        self._totals = self._read_totals()
        self._thread = threading.Thread(target=self._write, name="history of devices", daemon=True)
        self._thread.start()

    def total(self, device_id: str) -> DeviceHealth:
        """All that earlier runs of the gateway counted for a device."""
        return self._totals.get(device_id, DeviceHealth())

    def note(self, device_id: str, happened: Happened, incident: IncidentKind | None = None, detail: str = "") -> None:
        """Add to a device's day; written within a second, and nobody waits for it."""
        self._notes.put(_Note(device_id, datetime.now(UTC), happened, incident, detail))

    def days(self, device_id: str, days: int) -> list[DeviceDay]:
        """The last `days` days on which something happened, the newest first."""
        self._flush()
        since = (datetime.now(UTC) - timedelta(days=days - 1)).date().isoformat()
        with self._reading() as connection:
            rows = connection.execute(
                f"SELECT day, {', '.join(COUNTS)}, uptime_s, temperature_c FROM days "  # noqa: S608 - our own names
                "WHERE device_id = ? AND day >= ? ORDER BY day DESC",
                (device_id, since),
            ).fetchall()
        return [DeviceDay(date.fromisoformat(day), Happened(*values)) for day, *values in rows]

    def incidents(self, device_id: str, limit: int) -> list[Incident]:
        """The latest incidents of a device, the newest first."""
        self._flush()
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT at_ms, kind, detail FROM incidents WHERE device_id = ? ORDER BY id DESC LIMIT ?",
                (device_id, limit),
            ).fetchall()
        return [Incident(_time(at_ms), IncidentKind(kind), detail) for at_ms, kind, detail in rows]

    def close(self) -> None:
        """Write what is left and close the file."""
        self._notes.put(None)
        self._thread.join()
        with self._lock:
            self._connection.close()

    def _open(self) -> sqlite3.Connection:
        try:
            return _opened(self._path)
        except sqlite3.DatabaseError as error:
            try:
                aside = set_aside(self._path, f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
                log.warning("device_history_set_aside", file=aside.name, error=str(error))
                return _opened(self._path)
            except (OSError, sqlite3.DatabaseError) as second:
                log.warning("device_history_not_kept", error=str(second))
                return _opened(None)

    def _read_totals(self) -> Mapping[str, DeviceHealth]:
        sums = ", ".join(f"sum({name})" for name in COUNTS)
        with self._reading() as connection:
            rows = connection.execute(
                f"SELECT device_id, {sums}, sum(uptime_s) FROM days GROUP BY device_id"  # noqa: S608 - our own names
            ).fetchall()
            latest = connection.execute(
                "SELECT device_id, at_ms, detail FROM incidents WHERE id IN "
                "(SELECT max(id) FROM incidents GROUP BY device_id)"
            ).fetchall()
        last = {device_id: (_time(at_ms), detail) for device_id, at_ms, detail in latest}
        totals = {}
        for device_id, *counts, uptime_s in rows:
            at, detail = last.get(device_id, (None, ""))
            totals[device_id] = DeviceHealth(
                **dict(zip(COUNTS, counts, strict=True)), uptime_s=uptime_s, last_error=detail, last_error_at=at
            )
        return totals

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            yield self._connection

    def _flush(self) -> None:
        written = threading.Event()
        self._notes.put(written)
        written.wait(WRITE_PERIOD_S)

    def _write(self) -> None:
        ended = False
        while not ended:
            batch = self._gathered()
            ended = batch[-1] is None
            notes = [each for each in batch if isinstance(each, _Note)]
            try:
                with self._lock:
                    _save(self._connection, notes)
            except sqlite3.Error as error:
                log.warning("device_history_not_written", error=str(error), notes=len(notes))
            if isinstance(batch[-1], threading.Event):
                batch[-1].set()

    def _gathered(self) -> "list[_Note | threading.Event | None]":
        """What came within a period of the first note; an asker who waits, or the end, comes last."""
        batch = [self._notes.get()]
        deadline = time.monotonic() + WRITE_PERIOD_S
        while isinstance(batch[-1], _Note):
            try:
                batch.append(self._notes.get(timeout=max(0.0, deadline - time.monotonic())))
            except queue.Empty:
                break
        return batch


def _opened(path: Path | None) -> sqlite3.Connection:
    connection = sqlite3.connect(path or ":memory:", check_same_thread=False, timeout=5)
    try:
        if path is not None:
            path.chmod(0o600)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA cache_size = -128")  # a desk's three years are some hundred KB
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            connection.executescript(f"BEGIN;{_SCHEMA}PRAGMA user_version = {SCHEMA_VERSION};COMMIT;")
        elif version != SCHEMA_VERSION:
            raise sqlite3.DatabaseError(f"it is of version {version}, and this gateway reads {SCHEMA_VERSION}")
        elif connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("it is damaged")
    except BaseException:
        connection.close()
        raise
    return connection


def _save(connection: sqlite3.Connection, notes: list[_Note]) -> None:
    if not notes:
        return
    with connection:
        for note in notes:
            connection.execute(
                _ADD, {"device_id": note.device_id, "day": note.at.date().isoformat(), **asdict(note.happened)}
            )
            if note.incident is not None:
                connection.execute(
                    "INSERT INTO incidents (device_id, at_ms, kind, detail) VALUES (?, ?, ?, ?)",
                    (note.device_id, int(note.at.timestamp() * 1000), note.incident.value, note.detail),
                )
        # The newest days of each device rather than those since a date: one note by a clock that stands years ahead
        # would take all others with it.
        for device_id in {note.device_id for note in notes}:
            connection.execute(_DROP_OLD, {"device_id": device_id, "kept": DAYS_KEPT})
        connection.execute("DELETE FROM incidents WHERE id <= (SELECT max(id) FROM incidents) - ?", (INCIDENTS_KEPT,))


def _time(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)

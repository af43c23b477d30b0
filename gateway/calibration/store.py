"""Entries, curves and unfinished runs on the disk, each change in one transaction."""

import json
import re
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import structlog

from calibration.canonical import FormError, from_canonical, to_canonical
from calibration.measurement import Measurement
from calibration.record import RecordedMeasurement, UsedTarget, entry_digest, measured_again, recorded
from calibration.series import SeriesDamaged, packed, unpacked
from calibration.standing import AHEAD
from gateway.calibration.database import FILE_NAME, open_database, sqlite_errors
from gateway.calibration.errors import RecordsCorrupt, from_os
from gateway.calibration.verification import payload_of
from gateway.sqlite_file import set_aside, transaction
from gateway.trust import SignatureFormError

log = structlog.get_logger(__name__)

PARTS_KEPT_MS = 7 * 86_400_000
"""An unfinished run can be resumed for a week: later the device is another."""
AHEAD_MS = AHEAD // timedelta(milliseconds=1)
"""What lies farther ahead than a day was stamped by a wrong clock, and is left out until its time has come."""
LOOKS_KEPT = 400
"""Of each device: more than a year of days."""
_SHA256 = re.compile(rb"[0-9a-f]{64}")


@dataclass(frozen=True)
class RunPart:
    """What one procedure of an unfinished run came to, and every target that was laid for it, the first one first."""

    measurement: Measurement
    targets: tuple[UsedTarget, ...] = ()

    @property
    def target_id(self) -> str:
        """What a record names beside the measurement; empty where there is none."""
        return self.targets[0].id if self.targets else ""


@dataclass(frozen=True)
class _KeptPart:
    """The same in its canonical form."""

    measurement: RecordedMeasurement
    targets: tuple[UsedTarget, ...]


@dataclass(frozen=True)
class StoredEntry:
    """A signed entry and its place."""

    device_id: str
    sequence: int
    entry_id: str
    digest: str
    jws: bytes


class CalibrationStore:
    """The file of one state folder; made by `open`, closed by `close`; any thread may call."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self.troubles: tuple[str, ...] = ()
        """What a person should know of it."""
        self._connection = connection
        self._lock = threading.Lock()

    @classmethod
    def open(cls, directory: Path) -> Self:
        """Open the file in a state folder, whose lock the caller holds; a damaged one is set aside, a new one begun.

        Raises
        ------
        RecordsTooNew, RecordsUnwritable
        """
        path = directory / FILE_NAME
        try:
            return cls(path, open_database(path))
        except RecordsCorrupt as error:
            try:
                aside = set_aside(path, f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
            except OSError as failed:
                raise from_os(failed, path) from error
            store = cls(path, open_database(path))
            store.troubles = (
                f"{error.cause} It was set aside as {aside.name}: no device is calibrated until it is measured again.",
            )
            return store

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    def entries(self) -> list[StoredEntry]:
        """All entries, by device, the oldest first."""
        with self._using() as connection:
            rows = connection.execute(
                "SELECT device_id, sequence, entry_id, digest, jws FROM entries ORDER BY device_id, sequence"
            ).fetchall()
            return [StoredEntry(*row) for row in rows]

    def append(self, entry: StoredEntry, series: Mapping[str, bytes], run_id: str = "") -> None:
        """Write an entry with the packed series that it names; the parts of its run are no longer needed.

        Raises
        ------
        CalibrationError
            Nothing was written.
        """
        with self._using() as connection, transaction(connection):
            connection.execute(
                "INSERT INTO entries VALUES (?, ?, ?, ?, ?)",
                (entry.device_id, entry.sequence, entry.entry_id, entry.digest, entry.jws),
            )
            connection.executemany("INSERT OR REPLACE INTO series VALUES (?, ?)", list(series.items()))
            connection.execute("DELETE FROM parts WHERE run_id = ?", (run_id,))

    def series(self, digests: tuple[str, ...]) -> dict[str, bytes]:
        """Packed series by SHA-256; those that are not there are left out."""
        with self._using() as connection:
            found = {}
            for digest in digests:
                row = connection.execute("SELECT content FROM series WHERE sha256 = ?", (digest,)).fetchone()
                if row is not None:
                    found[digest] = bytes(row[0])
            return found

    def keep_part(self, run_id: str, device_id: str, part: RunPart, now_ms: int) -> None:
        """Keep what one procedure of a run came to, until the run is recorded; what is over a week old goes."""
        measurement = part.measurement
        stated = recorded(measurement, part.target_id)
        series = {digest.sha256: packed(measurement.series[digest.name]) for digest in stated.series}
        with self._using() as connection, transaction(connection):
            old = connection.execute("DELETE FROM parts WHERE measured_ms < ?", (now_ms - PARTS_KEPT_MS,)).rowcount
            connection.execute(
                "INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?)",
                (run_id, device_id, measurement.procedure, now_ms, to_canonical(_KeptPart(stated, part.targets))),
            )
            connection.executemany("INSERT OR REPLACE INTO series VALUES (?, ?)", list(series.items()))
            if old:
                _delete_unnamed_series(connection)

    def parts(self, run_id: str, now_ms: int) -> tuple[str, list[RunPart]]:
        """The device of an unfinished run, and what was measured in the last week, in order; ("", []) for nothing.

        What a wrong clock put more than a day ahead is left out too: nobody knows when it was.

        Raises
        ------
        RecordsCorrupt
        """
        with self._using() as connection:
            rows = connection.execute(
                "SELECT device_id, payload FROM parts WHERE run_id = ? AND measured_ms BETWEEN ? AND ?"
                " ORDER BY measured_ms, rowid",
                (run_id, now_ms - PARTS_KEPT_MS, now_ms + AHEAD_MS),
            ).fetchall()
        found = []
        for _, payload in rows:
            try:
                kept = from_canonical(bytes(payload), _KeptPart)
                found.append(RunPart(self.measurement(kept.measurement), kept.targets))
            except (FormError, SeriesDamaged) as error:
                raise RecordsCorrupt(f"Run {run_id} is damaged ({error}).", "Start it anew.") from error
        return (rows[0][0] if rows else "", found)

    def measurement(self, stated: RecordedMeasurement) -> Measurement:
        """A recorded measurement with its series.

        Raises
        ------
        SeriesDamaged
            One is missing, or another than was measured.
        """
        contents = self.series(tuple(each.sha256 for each in stated.series))
        for each in stated.series:
            if each.sha256 not in contents:
                raise SeriesDamaged(f"{stated.procedure}.{each.name} is missing")
        return measured_again(stated, {each.name: unpacked(contents[each.sha256], each) for each in stated.series})

    def keep_look(self, device_id: str, at_ms: int, figures: Mapping[str, float]) -> None:
        """Keep what the daily look at an idle device saw."""
        with self._using() as connection, transaction(connection):
            connection.execute(
                "INSERT OR REPLACE INTO looks VALUES (?, ?, ?)", (device_id, at_ms, json.dumps(dict(figures)))
            )
            connection.execute(
                "DELETE FROM looks WHERE device_id = ?1 AND looked_ms <= ?2 AND looked_ms NOT IN"
                " (SELECT looked_ms FROM looks WHERE device_id = ?1 AND looked_ms <= ?2"
                " ORDER BY looked_ms DESC LIMIT ?3)",
                (device_id, at_ms + AHEAD_MS, LOOKS_KEPT),
            )

    def looks(self, device_id: str) -> list[tuple[int, dict[str, float]]]:
        """What daily looks saw, the oldest first: milliseconds since 1970, and figures."""
        with self._using() as connection:
            rows = connection.execute(
                "SELECT looked_ms, figures FROM looks WHERE device_id = ? ORDER BY looked_ms", (device_id,)
            ).fetchall()
            return [(at, {str(name): float(value) for name, value in json.loads(text).items()}) for at, text in rows]

    @contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        with self._lock, sqlite_errors(self.path):
            yield self._connection


def _delete_unnamed_series(connection: sqlite3.Connection) -> None:
    """Delete curves and maps that no entry and no part names, within the caller's transaction.

    Whatever looks like a digest counts as a name. Where one entry cannot be read nothing is deleted: it may name any.
    """
    named: set[bytes] = set()
    try:
        for digest, jws in connection.execute("SELECT digest, jws FROM entries"):
            payload = payload_of(bytes(jws))
            if entry_digest(payload) != digest:
                raise SignatureFormError("an entry is not what was signed")
            named.update(_SHA256.findall(payload))
    except SignatureFormError as error:
        log.warning("calibration_series_kept", error=str(error))
        return
    for (payload,) in connection.execute("SELECT payload FROM parts"):
        named.update(_SHA256.findall(bytes(payload)))
    there = connection.execute("SELECT sha256 FROM series").fetchall()
    unnamed = [(sha256,) for (sha256,) in there if sha256.encode() not in named]
    connection.executemany("DELETE FROM series WHERE sha256 = ?", unnamed)

"""What the outbox notes beside its packets: quotas that were spent, what the line carried, what went wrong."""

import sqlite3
from collections.abc import Mapping

from gateway.forwarding.budget import Spent
from gateway.forwarding.forecast import BIN_S as HISTORY_BIN_S
from gateway.forwarding.forecast import Interval
from gateway.forwarding.incident import Incident, IncidentKind
from gateway.forwarding.rows import SELECT_INCIDENTS, milliseconds, read_incident, wall_ms
from gateway.forwarding.store import OutboxFile

HISTORY_BINS = 7 * 144
"""Bins of ten minutes: a week."""
MOST_INCIDENTS = 10_000
"""Of one kind: whoever sends answers that nobody believes does not fill the disk with what is said of them."""


class Notebook:
    """The notes of an outbox; any thread may call. Errors as of `PacketQueue`."""

    def __init__(self, file: OutboxFile) -> None:
        self._file = file

    def spending(self) -> dict[int, Spent]:
        """What was spent of the quotas."""
        with self._file.using() as connection:
            rows = connection.execute("SELECT bin, small, large FROM spent").fetchall()
        return {number: Spent(small, large) for number, small, large in rows}

    def keep_spending(self, spending: Mapping[int, Spent]) -> None:
        """Keep it across restarts."""
        with self._file.changing() as connection:
            connection.execute("DELETE FROM spent")
            connection.executemany(
                "INSERT INTO spent VALUES (?, ?, ?)", [(n, each.small, each.large) for n, each in spending.items()]
            )

    def history(self) -> list[Interval]:
        """The last week in bins, the oldest first."""
        with self._file.using() as connection:
            rows = connection.execute(
                "SELECT seconds, backlogged_s, sent, arrived FROM history ORDER BY bin DESC LIMIT ?", (HISTORY_BINS,)
            ).fetchall()
        return [Interval(*row) for row in reversed(rows)]

    def add_history(self, *, seconds: float, backlogged_s: float, sent: int) -> None:
        """What the last seconds came to, for the forecast."""
        with self._file.changing() as connection:
            note_history(connection, self._file.clock(), seconds=seconds, backlogged_s=backlogged_s, sent=sent)

    def note(self, kind: IncidentKind, packet_id: str = "", detail: str = "") -> bool:
        """Keep an incident; False where the very same is known, or there are `MOST_INCIDENTS` of its kind."""
        time = self._file.clock.moment().time
        with self._file.changing() as connection:
            done = connection.execute(
                "INSERT INTO incidents (kind, packet_id, detail, at_ms, wall_ms, quality) SELECT ?, ?, ?, ?, ?, ?"
                " WHERE (SELECT count(*) FROM incidents WHERE kind = ?) < ? ON CONFLICT DO NOTHING",
                (
                    kind.value,
                    packet_id,
                    detail[:500],
                    milliseconds(self._file.clock()),
                    wall_ms(time.wall),
                    time.quality,
                    *(kind.value, MOST_INCIDENTS),
                ),
            )
        return done.rowcount == 1

    def incidents(self, most: int = 1000) -> list[Incident]:
        """What happened that nobody has settled, the latest first."""
        with self._file.using() as connection:
            rows = connection.execute(SELECT_INCIDENTS + " ORDER BY number DESC LIMIT ?", (most,)).fetchall()
        return [read_incident(row) for row in rows]

    def settle(self, kind: IncidentKind, packet_id: str) -> None:
        """An incident is over; it may happen again."""
        with self._file.changing() as connection:
            connection.execute("DELETE FROM incidents WHERE kind = ? AND packet_id = ?", (kind.value, packet_id))


def note_history(
    connection: sqlite3.Connection,
    now_s: float,
    *,
    seconds: float = 0.0,
    backlogged_s: float = 0.0,
    sent: int = 0,
    arrived: int = 0,
) -> None:
    """Add to the bin of a moment, within a transaction."""
    number = int(now_s // HISTORY_BIN_S)
    connection.execute(
        "INSERT INTO history VALUES (?, ?, ?, ?, ?) ON CONFLICT (bin) DO UPDATE SET"
        " seconds = seconds + excluded.seconds, backlogged_s = backlogged_s + excluded.backlogged_s,"
        " sent = sent + excluded.sent, arrived = arrived + excluded.arrived",
        (number, seconds, backlogged_s, sent, arrived),
    )
    connection.execute("DELETE FROM history WHERE bin <= ?", (number - HISTORY_BINS,))

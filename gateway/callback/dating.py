"""Times that a wrong clock wrote down, set right as soon as the clock can be believed.

A machine without a battery wakes up years back and, where the line is away, serves so; a clock can stand years ahead as
well. By the right time a line of then would be past its days at once, and a notice of then be old news, or never due.
"""

import sqlite3
from datetime import UTC, datetime, timedelta

from gateway.trust.clock import EARLIEST_PLAUSIBLE

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def as_ms(time: datetime) -> int:
    """Milliseconds since 1970."""
    return (time - _EPOCH) // timedelta(milliseconds=1)


def from_ms(value: int) -> datetime:
    """UTC."""
    return _EPOCH + timedelta(milliseconds=value)


DOUBTFUL = f"(doubtful OR created_ms < {as_ms(EARLIEST_PLAUSIBLE)})"
"""Of a line or a notice that was written while nothing spoke for the clock."""


def date_lines(connection: sqlite3.Connection, now: datetime, keep: timedelta) -> None:
    """Have the days of such lines begin at `now`, by a clock that is believed.

    A line of the future stays as it is: should it be this clock that is wrong, its days would be over by the right one.
    """
    connection.execute(
        f"UPDATE people SET created_ms = ?, expires_ms = ?, doubtful = 0 WHERE {DOUBTFUL}",  # noqa: S608 - constants
        (as_ms(now), as_ms(now + keep)),
    )


def date_notices(connection: sqlite3.Connection, now: datetime) -> None:
    """Have such notices, and those of the future, be of `now` by a clock that is believed, and due.

    Tries of the future count as of now: else they would use up the messages of each day until then.
    """
    at = {"now": as_ms(now)}
    connection.execute(
        "UPDATE notices SET created_ms = :now, due_ms = :now, changed_ms = :now, doubtful = 0 WHERE"  # noqa: S608
        f" {DOUBTFUL} OR created_ms > :now OR changed_ms > :now",
        at,
    )
    connection.execute("UPDATE tries SET begun_ms = :now WHERE begun_ms > :now", at)

"""Where everybody stands, on the disk: every word that was said on an enrolment, and what they come to."""

import sqlite3
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from gateway.centre import EnrolmentStatus, Receipt, StatusAnswer
from gateway.elapsed import Moment, elapsed_s, moment_now
from gateway.guidance import LocalizedText
from gateway.ledger import database
from gateway.ledger.advice import ADVICE, is_stuck
from gateway.ledger.database import sqlite_errors
from gateway.ledger.errors import LedgerCorrupt, StandingUnknown, StatusRefused, from_os, unwritable
from gateway.ledger.moves import FINAL, Source, Transition, Verdict, standing_of, verdict_on
from gateway.ledger.rows import INSERT_TRANSITION, SELECT_TRANSITIONS, read_transition, transition_row
from gateway.sqlite_file import set_aside, transaction

BY_HAND = frozenset({EnrolmentStatus.CARD_ISSUED})
"""What a desk knows itself: the card was handed over."""


@dataclass(frozen=True)
class EnrolmentStanding:
    """One line of the ledger."""

    enrolment_id: str
    packet_id: str
    """Empty until it is sealed."""
    status: EnrolmentStatus
    since: Transition
    for_s: float | None
    """Seconds that it has been so; None where no clock can tell."""
    stuck: bool
    conflicts: int
    """Words of the centre that do not fit the status that holds."""

    @property
    def advice(self) -> LocalizedText:
        """What the office can do."""
        return ADVICE[self.status]


class StatusLedger:
    """The ledger of one state folder; made by `open`, closed by `close` or a `with` block; any thread may call.

    Knows ids alone: whose an enrolment is, only the journal of enrolments says. Every method raises `LedgerError`
    where the file cannot be used; nothing of what was asked is done then.

    Parameters
    ----------
    path : Path
    connection : sqlite3.Connection
    read : callable
        This instant.
    on_change : callable
        Told of each enrolment whose status moved or that got a conflict, in the thread that said so; must not raise.
    """

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        read: Callable[[], Moment] = moment_now,
        on_change: Callable[[EnrolmentStanding], None] = lambda _: None,
    ) -> None:
        self.path = path
        self.replaced: Path | None = None
        """The damaged file that was set aside."""
        self._read = read
        self._on_change = on_change
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = connection

    @classmethod
    def open(
        cls,
        state: Path,
        read: Callable[[], Moment] = moment_now,
        on_change: Callable[[EnrolmentStanding], None] = lambda _: None,
    ) -> Self:
        """Open the ledger of a state folder, whose lock the caller holds; a damaged one is set aside, and a new one
        begun.

        Raises
        ------
        LedgerTooNew, LedgerFull, LedgerUnwritable
        """
        path = state / database.FILE_NAME
        try:
            state.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                return cls(path, database.open_database(path), read, on_change)
            except LedgerCorrupt:
                aside = set_aside(path, f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
                ledger = cls(path, database.open_database(path), read, on_change)
                ledger.replaced = aside
                return ledger
        except OSError as error:
            raise from_os(error, path) from error

    def begun(self, enrolment_id: str) -> None:
        """An enrolment was begun."""
        self._say(enrolment_id, [self._own(EnrolmentStatus.UNREGISTERED)])

    def sealed(self, enrolment_id: str, packet_id: str) -> None:
        """An enrolment was sealed; what the centre said of its packet before it was known here counts from now on."""
        statuses = (EnrolmentStatus.BIO_CAPTURED, EnrolmentStatus.PROCESSING)
        self._say(enrolment_id, [self._own(each, packet_id) for each in statuses], packet_id)

    def abandoned(self, enrolment_id: str) -> None:
        """An enrolment was abandoned: nobody waits for it."""
        with self._changing() as connection:
            connection.execute(
                "UPDATE enrolments SET abandoned = 1 WHERE enrolment_id = ? AND abandoned = 0", (enrolment_id,)
            )

    def sent(self, packet_id: str) -> None:
        """All of a packet was sent, and there is no receipt yet."""
        self._say_of_packet(packet_id, self._own(EnrolmentStatus.SENT_FOR_ENROLLMENT, packet_id))

    def answered(self, answer: Receipt | StatusAnswer, way: str) -> None:
        """A verified answer of the centre; the same one again changes nothing.

        Parameters
        ----------
        answer : Receipt or StatusAnswer
        way : str
            A `Source`: `centre` or `stick`.
        """
        receipt = isinstance(answer, Receipt)
        status = EnrolmentStatus.RECEIVED_AT_CENTRAL if isinstance(answer, Receipt) else answer.status
        word = Transition(
            number=0,
            status=status,
            source=Source(way),
            noted=self._read(),
            packet_id=answer.packet_id,
            ledger_id=answer.ledger_id,
            sequence=answer.sequence,
            at=answer.received if isinstance(answer, Receipt) else answer.at,
            words=None if receipt or isinstance(answer, Receipt) else answer.words,
        )
        self._say_of_packet(answer.packet_id, word)

    def say_by_hand(self, enrolment_id: str, status: EnrolmentStatus, operator: str) -> EnrolmentStanding:
        """A person at the desk says that the card was handed over.

        Raises
        ------
        StandingUnknown, StatusRefused
        """
        if status not in BY_HAND:
            names = " or ".join(sorted(each.value for each in BY_HAND))
            raise StatusRefused(f"{status.value} is said by the centre, not by hand.", f"Say {names}.")
        current = self.get(enrolment_id).status
        verdict = verdict_on(current, status)
        if verdict not in (Verdict.MOVED, Verdict.SAME):
            raise StatusRefused(
                f"{status.value} cannot follow {current.value}.", "Look at the enrolment's history; ask the centre."
            )
        if verdict is Verdict.MOVED:
            word = Transition(0, status, Source.BY_HAND, self._read(), by=operator)
            self._say(enrolment_id, [word])
        return self.get(enrolment_id)

    def get(self, enrolment_id: str) -> EnrolmentStanding:
        """Where an enrolment stands.

        Raises
        ------
        StandingUnknown
        """
        with self._using() as connection:
            found = _lines(connection, "WHERE enrolment_id = ?", (enrolment_id,))
        if not found:
            raise StandingUnknown(f"No enrolment {enrolment_id} is known.", "Take one of `rekam status`.")
        return self._view(*found[0])

    def history(self, enrolment_id: str) -> list[Transition]:
        """All that was said of an enrolment, in the order in which it came."""
        with self._using() as connection:
            return _words_of(connection, enrolment_id)

    def lines(
        self, statuses: Sequence[EnrolmentStatus] = (), after: tuple[int, int] = (-1, 0), limit: int = 100
    ) -> list[EnrolmentStanding]:
        """Where everybody stands, those first that have waited longest, those that are done last.

        Parameters
        ----------
        statuses : sequence of EnrolmentStatus
            Only these; all without any.
        after : tuple of int
            `place` of the last line of the page before.
        limit : int
        """
        names = [each.value for each in statuses or tuple(EnrolmentStatus)]
        marks = ", ".join("?" * len(names))
        condition = (
            f"WHERE abandoned = 0 AND status IN ({marks}) AND (final, since_number) > (?, ?)"
            " ORDER BY final, since_number LIMIT ?"
        )
        with self._using() as connection:
            found = _lines(connection, condition, (*names, *after, limit))
        return [self._view(*each) for each in found]

    def standing_at(self, statuses: Collection[EnrolmentStatus]) -> list[str]:
        """The enrolments that stand at one of them."""
        marks = ", ".join("?" * len(statuses))
        with self._using() as connection:
            rows = connection.execute(
                f"SELECT enrolment_id FROM enrolments WHERE abandoned = 0 AND status IN ({marks})",  # noqa: S608
                [each.value for each in statuses],
            ).fetchall()
        return [enrolment_id for (enrolment_id,) in rows]

    def counts(self) -> dict[EnrolmentStatus, int]:
        """How many stand where."""
        with self._using() as connection:
            rows = connection.execute("SELECT status, count(*) FROM enrolments WHERE abandoned = 0 GROUP BY status")
            return {EnrolmentStatus(status): count for status, count in rows}

    def count(self, status: EnrolmentStatus, begin: datetime, end: datetime) -> int:
        """How many enrolments came to a status from one time until another, by this gateway's clock."""
        span = [round(each.timestamp() * 1000) for each in (begin, end)]
        with self._using() as connection:
            (count,) = connection.execute(
                "SELECT count(DISTINCT enrolment_id) FROM transitions"
                " WHERE status = ? AND wall_ms >= ? AND wall_ms < ?",
                (status.value, *span),
            ).fetchone()
        return int(count)

    def known(self) -> dict[str, str]:
        """The enrolments that are in the ledger, each with its packet's id, empty until it is sealed."""
        with self._using() as connection:
            return dict(connection.execute("SELECT enrolment_id, packet_id FROM enrolments").fetchall())

    def enrolment_of(self, packet_id: str) -> str | None:
        """The enrolment that was sealed into a packet."""
        with self._using() as connection:
            return _enrolment_of(connection, packet_id)

    def forget(self, enrolment_ids: Iterable[str]) -> None:
        """Take enrolments out, whose term is over elsewhere."""
        with self._changing() as connection:
            for enrolment_id in enrolment_ids:
                connection.execute("DELETE FROM transitions WHERE enrolment_id = ?", (enrolment_id,))
                connection.execute("DELETE FROM enrolments WHERE enrolment_id = ?", (enrolment_id,))

    def close(self) -> None:
        """Let go of the file; a second call does nothing."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _own(self, status: EnrolmentStatus, packet_id: str = "") -> Transition:
        return Transition(0, status, Source.OFFICE, self._read(), packet_id)

    def _say_of_packet(self, packet_id: str, word: Transition) -> None:
        with self._changing() as connection:
            enrolment_id = _enrolment_of(connection, packet_id)
            if enrolment_id is None:
                # Said before this ledger knew whose the packet is: it waits for `sealed`.
                connection.execute(INSERT_TRANSITION, transition_row("", word))
                return
            changed = _said(connection, enrolment_id, [word])
        self._tell(changed, enrolment_id)

    def _say(self, enrolment_id: str, words: Sequence[Transition], packet_id: str = "") -> None:
        with self._changing() as connection:
            if packet_id:
                connection.execute(
                    "UPDATE transitions SET enrolment_id = ? WHERE packet_id = ? AND enrolment_id = ''",
                    (enrolment_id, packet_id),
                )
            changed = _said(connection, enrolment_id, words, packet_id)
        self._tell(changed, enrolment_id)

    def _tell(self, changed: bool, enrolment_id: str) -> None:
        if changed:
            self._on_change(self.get(enrolment_id))

    def _view(self, line: tuple[str, str, int], since: Transition) -> EnrolmentStanding:
        enrolment_id, packet_id, conflicts = line
        for_s = elapsed_s(since.noted, self._read())
        return EnrolmentStanding(
            enrolment_id, packet_id, since.status, since, for_s, is_stuck(since.status, for_s), conflicts
        )

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        with self._using() as connection, transaction(connection):
            yield connection

    @contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            if self._connection is None:
                raise unwritable(self.path, "it is closed")
            with sqlite_errors(self.path):
                yield self._connection


_SELECT_LINES = "SELECT enrolment_id, packet_id, conflicts, since_number FROM enrolments "


def place(standing: EnrolmentStanding) -> tuple[int, int]:
    """Where a line stands in the order of `StatusLedger.lines`."""
    return int(standing.status in FINAL), standing.since.number


def _enrolment_of(connection: sqlite3.Connection, packet_id: str) -> str | None:
    row = connection.execute("SELECT enrolment_id FROM enrolments WHERE packet_id = ?", (packet_id,)).fetchone()
    return None if row is None else row[0]


def _words_of(connection: sqlite3.Connection, enrolment_id: str) -> list[Transition]:
    rows = connection.execute(SELECT_TRANSITIONS + " WHERE enrolment_id = ? ORDER BY number", (enrolment_id,))
    return [read_transition(row) for row in rows]


def _lines(
    connection: sqlite3.Connection, condition: str, values: tuple[object, ...]
) -> list[tuple[tuple[str, str, int], Transition]]:
    found = []
    for *line, number in connection.execute(_SELECT_LINES + condition, values).fetchall():
        row = connection.execute(SELECT_TRANSITIONS + " WHERE number = ?", (number,)).fetchone()
        found.append(((line[0], line[1], line[2]), read_transition(row)))
    return found


def _said(connection: sqlite3.Connection, enrolment_id: str, words: Sequence[Transition], packet_id: str = "") -> bool:
    """Keep what was said, and put down what it comes to; whether that is new."""
    known = _words_of(connection, enrolment_id)
    own = {(each.status, each.packet_id) for each in known if each.source is Source.OFFICE}
    for word in words:
        # What this gateway said of its own work once is not said again after a restart.
        if word.source is not Source.OFFICE or (word.status, word.packet_id) not in own:
            connection.execute(INSERT_TRANSITION, transition_row(enrolment_id, word))
    standing = standing_of(_words_of(connection, enrolment_id))
    before = connection.execute(
        "SELECT packet_id, since_number, conflicts FROM enrolments WHERE enrolment_id = ?", (enrolment_id,)
    ).fetchone()
    after = (
        packet_id or (before[0] if before is not None else ""),
        standing.since.number,
        len(standing.conflicts),
    )
    if before == after:
        return False
    connection.execute(
        "INSERT INTO enrolments (enrolment_id, packet_id, since_number, conflicts, status, final)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (enrolment_id) DO UPDATE SET packet_id = excluded.packet_id,"
        " since_number = excluded.since_number, conflicts = excluded.conflicts, status = excluded.status,"
        " final = excluded.final",
        (enrolment_id, *after, standing.status.value, int(standing.status in FINAL)),
    )
    return True

"""The outbox of notices: each person once for each occasion, written down before it is sent, and settled after."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex

from gateway.callback.content import ContentRefused
from gateway.callback.dating import as_ms, date_notices, from_ms
from gateway.callback.errors import CallbackUnknown, damaged
from gateway.callback.phone import PhoneInvalid, normalised_phone
from gateway.callback.reports import REPORT_DUE, REPORTABLE, REPORTS_FOR, SETTLED, meant, state_of
from gateway.callback.store import CallbackStore
from gateway.callback.templates import NoticeTemplates
from gateway.callback.values import Letter, Notice, NoticeState, Occasion, Purpose
from gateway.reference_number import read_reference_number
from gateway.sms import Accepted, DeliveryReport, segments_of
from gateway.sqlite_file import transaction

TAKEN, NOT_SENT, UNKNOWN = "taken", "not_sent", "unknown"
"""How a try ended; empty while it is under way. One that was surely not sent costs nothing."""


@dataclass(frozen=True)
class Queued:
    """What came of an occasion."""

    queued: int
    already: int
    """Who were told of it before, or have it waiting; of the service, also those told of an earlier return."""
    without_consent: int
    """Who are on the printed list alone."""
    refused: tuple[str, ...]
    """Lines whose message would hold what none may."""


class DayIsSpent(Exception):
    """The messages of the day are used up; the notice waits as it was."""


@dataclass(frozen=True)
class Begun:
    """A try that was written down."""

    notice_id: str
    letter: Letter
    number: int


class Outbox:
    """The notices beside a list; any thread may call, one sends at a time.

    Parameters
    ----------
    store : CallbackStore
    """

    def __init__(self, store: CallbackStore) -> None:
        self._store = store

    def queue(self, occasion: Occasion, templates: NoticeTemplates, office: Mapping[str, str], now: datetime) -> Queued:
        """Write a notice for everybody who waits for an occasion and may be told; a second call adds nobody twice.

        A service that is back, fails and is back again is two occasions, and one notice for each time that a person
        asked: only one that surely did not arrive is followed by another.

        Parameters
        ----------
        occasion : Occasion
        templates : NoticeTemplates
        office : mapping of str to str
            `office` and `office_phone`.
        now : datetime

        Raises
        ------
        ValueError
            The occasion names no card, or nothing.
        CallbackError, KeyProblem
        """
        name = read_reference_number(occasion.name) if occasion.purpose is Purpose.CARD_READY else occasion.name
        if not name:
            raise ValueError("an occasion has a name, so that nobody is told of it twice")
        cipher = self._store.cipher
        event = cipher.digest(f"callback-event\0{occasion.purpose}\0{name}".encode())
        doubtful = self._store.doubts(now)
        queued = already = without = 0
        refused: list[str] = []
        lines = [
            line
            for line in self._store.lines(occasion.purpose)
            if occasion.purpose is not Purpose.CARD_READY or line.wish.reference == name
        ]
        with self._store.using() as connection, transaction(connection):
            for line in lines:
                wish = line.wish
                if wish.consent is None:
                    without += 1
                    continue
                if _answered(connection, line.callback_id):
                    already += 1
                    continue
                fields = {**office, "name": wish.name, "reference": wish.reference}
                try:
                    text = templates.text(wish.purpose, wish.language, fields)
                except ContentRefused:
                    refused.append(line.callback_id)
                    continue
                added = self._insert(connection, line.callback_id, Letter(wish.phone, text), event, now, doubtful)
                queued += added
                already += not added
        return Queued(queued, already, without, tuple(refused))

    def redate(self, now: datetime) -> None:
        """Have what a wrong clock dated be of `now`, by one that can be believed: neither old news nor never due."""
        with self._store.using() as connection, transaction(connection):
            date_notices(connection, now)

    def due(self, now: datetime, limit: int) -> list[Notice]:
        """Notices that may be tried now, the oldest first."""
        with self._store.using() as connection:
            rows = connection.execute(
                f"{_SELECT} WHERE state = ? AND due_ms <= ? ORDER BY number LIMIT ?",
                (NoticeState.QUEUED.value, as_ms(now), limit),
            ).fetchall()
        return [_notice(row) for row in rows]

    def notices(self) -> list[Notice]:
        """All of them, the latest first."""
        with self._store.using() as connection:
            return [_notice(row) for row in connection.execute(f"{_SELECT} ORDER BY number DESC")]

    def spent(self, since: datetime) -> int:
        """Messages that were paid for, or perhaps were, since an instant."""
        with self._store.using() as connection:
            return _spent(connection, since)

    def awaits_reports(self, now: datetime) -> bool:
        """Whether a report may still come of what was sent."""
        with self._store.using() as connection:
            row = connection.execute(
                "SELECT 1 FROM notices WHERE state IN (?, ?, ?) AND changed_ms >= ? LIMIT 1",
                (*(each.value for each in REPORTABLE), as_ms(now - REPORTS_FOR)),
            ).fetchone()
        return row is not None

    def let_reports_lapse(self, now: datetime) -> int:
        """Say of messages whose validity is over, and of which no final report came, that nobody knows; how many.

        A report that comes later settles them after all.
        """
        with self._store.using() as connection, transaction(connection):
            return connection.execute(
                "UPDATE notices SET state = ?, reason = 'NO_REPORT', changed_ms = ? WHERE state = ? AND EXISTS"
                " (SELECT 1 FROM tries WHERE tries.notice_id = notices.notice_id AND tries.try = notices.tries"
                " AND begun_ms <= ?)",
                (NoticeState.UNREPORTED.value, as_ms(now), NoticeState.SENT.value, as_ms(now - REPORT_DUE)),
            ).rowcount

    def withdraw(self, purpose: Purpose) -> int:
        """Take back what waits to be told of a purpose, as it does not hold any more; how many notices.

        Who waits stays on the list, and is told once it holds again.
        """
        with self._store.using() as connection, transaction(connection):
            return connection.execute(
                "DELETE FROM notices WHERE state = ? AND callback_id IN"
                " (SELECT callback_id FROM people WHERE purpose = ?)",
                (NoticeState.QUEUED.value, purpose.value),
            ).rowcount

    def begin(self, notice_id: str, now: datetime, since: datetime, most: int) -> Begun | None:
        """Write down that a notice is about to be handed over; only then may it be.

        Parameters
        ----------
        notice_id : str
        now, since : datetime
            Now, and the begin of the day whose messages are counted.
        most : int
            Of that day.

        Returns
        -------
        Begun or None
            None where it does not wait any more: it was removed meanwhile.

        Raises
        ------
        DayIsSpent
        CallbackError, KeyProblem
            It was not written down: it must not be handed over.
        """
        with self._store.using() as connection, transaction(connection):
            row = connection.execute(
                "SELECT segments, tries, body FROM notices WHERE notice_id = ? AND state = ?",
                (notice_id, NoticeState.QUEUED.value),
            ).fetchone()
            if row is None:
                return None
            if _spent(connection, since) + row[0] > most:
                raise DayIsSpent
            letter = self._letter(notice_id, row[2])
            number = row[1] + 1
            connection.execute(
                "UPDATE notices SET state = ?, tries = ?, changed_ms = ?, reason = '' WHERE notice_id = ?",
                (NoticeState.SENDING.value, number, as_ms(now), notice_id),
            )
            connection.execute("INSERT INTO tries VALUES (?, ?, ?, ?, '')", (notice_id, number, as_ms(now), row[0]))
        return Begun(notice_id, letter, number)

    def sent(self, begun: Begun, accepted: Accepted, now: datetime) -> None:
        """It was taken; its text is not needed any more."""
        with self._store.using() as connection, transaction(connection):
            connection.execute(
                "UPDATE notices SET state = ?, changed_ms = ?, segments = ?, parts = ?, body = NULL"
                " WHERE notice_id = ? AND state = ?",
                (
                    NoticeState.SENT.value,
                    as_ms(now),
                    accepted.segments,
                    json.dumps(dict.fromkeys(accepted.references, "")),
                    begun.notice_id,
                    NoticeState.SENDING.value,
                ),
            )
            _end_try(connection, begun, TAKEN)

    def not_sent(self, begun: Begun, due: datetime, reason: str, now: datetime) -> None:
        """It surely did not leave, and is tried again at `due`."""
        self._settle(begun, NoticeState.QUEUED, NOT_SENT, reason, now, due)

    def failed(self, begun: Begun, reason: str, now: datetime) -> None:
        """It did not leave, and is not tried again."""
        self._settle(begun, NoticeState.FAILED, NOT_SENT, reason, now, now)

    def uncertain(self, begun: Begun, reason: str, now: datetime) -> None:
        """It may have left, and is not tried again by itself."""
        self._settle(begun, NoticeState.UNCERTAIN, UNKNOWN, reason, now, now)

    def give_up(self, begun_before: datetime, now: datetime) -> int:
        """End notices that wait since before an instant: what they say is old."""
        with self._store.using() as connection, transaction(connection):
            return connection.execute(
                "UPDATE notices SET state = ?, reason = 'TOO_LATE', changed_ms = ? WHERE state = ? AND created_ms < ?",
                (NoticeState.FAILED.value, as_ms(now), NoticeState.QUEUED.value, as_ms(begun_before)),
            ).rowcount

    def recover(self, now: datetime, *, repeatable: bool) -> int:
        """Settle notices whose hand-over was cut off, by a power cut or a kill; before the first is sent.

        Parameters
        ----------
        now : datetime
        repeatable : bool
            Whoever carries them tells a second try by its id: they are tried again. Else they are uncertain, until a
            delivery report or a person says more.

        Returns
        -------
        int
            How many there were.
        """
        with self._store.using() as connection, transaction(connection):
            (count,) = connection.execute(
                "SELECT count(*) FROM notices WHERE state = ?", (NoticeState.SENDING.value,)
            ).fetchone()
            if repeatable:
                connection.execute(
                    "UPDATE notices SET state = ?, reason = 'CUT_OFF' WHERE state = ? AND body IS NOT NULL",
                    (NoticeState.QUEUED.value, NoticeState.SENDING.value),
                )
            connection.execute(
                "UPDATE notices SET state = ?, reason = 'CUT_OFF', changed_ms = ?, doubtful = ? WHERE state = ?",
                (NoticeState.UNCERTAIN.value, as_ms(now), self._store.doubts(now), NoticeState.SENDING.value),
            )
            connection.execute("UPDATE tries SET outcome = ? WHERE outcome = ''", (UNKNOWN,))
        return int(count)

    def again(self, notice_id: str, now: datetime) -> None:
        """Send a failed or uncertain notice once more, because a person said so.

        Raises
        ------
        CallbackUnknown
            There is none that can be sent again.
        """
        with self._store.using() as connection, transaction(connection):
            changed = connection.execute(
                "UPDATE notices SET state = ?, due_ms = ?, created_ms = ?, changed_ms = ?, doubtful = ?, reason = ''"
                " WHERE notice_id = ? AND state IN (?, ?) AND body IS NOT NULL",
                (
                    NoticeState.QUEUED.value,
                    *(as_ms(now),) * 3,
                    self._store.doubts(now),
                    notice_id,
                    NoticeState.FAILED.value,
                    NoticeState.UNCERTAIN.value,
                ),
            ).rowcount
        if not changed:
            raise CallbackUnknown("notice that failed or is uncertain", notice_id)

    def reported(self, report: DeliveryReport, now: datetime) -> bool:
        """Note a delivery report; False where no notice of ours is meant, or it was noted before.

        The number and the reference name the notice. One whose reference was lost in a power cut is found by its
        number and the service centre's time, and so settled after all.
        """
        try:
            person = self._store.person(normalised_phone(report.phone))
        except PhoneInvalid:
            return False
        with self._store.using() as connection, transaction(connection):
            rows = connection.execute(
                "SELECT notices.notice_id, state, notices.segments, parts, begun_ms, reason FROM notices JOIN tries"
                " ON tries.notice_id = notices.notice_id AND tries.try = notices.tries"
                " WHERE person = ? AND state IN (?, ?, ?, ?, ?) ORDER BY begun_ms DESC",
                (person, *(each.value for each in (*REPORTABLE, *SETTLED))),
            ).fetchall()
            found = meant(rows, report, now)
            if found is None:
                return False
            notice_id, before, segments, parts, _, reason = found
            deliveries: dict[str, str] = json.loads(parts)
            deliveries[report.reference] = report.delivery.value
            state, reason = state_of(deliveries, segments, NoticeState(before), reason)
            connection.execute(
                "UPDATE notices SET state = ?, reason = ?, parts = ?, changed_ms = ?,"
                " body = CASE WHEN ? THEN NULL ELSE body END WHERE notice_id = ?",
                (state, reason, json.dumps(deliveries), as_ms(now), state is NoticeState.DELIVERED, notice_id),
            )
        return True

    def _insert(
        self,
        connection: sqlite3.Connection,
        callback_id: str,
        letter: Letter,
        event: bytes,
        now: datetime,
        doubtful: bool,
    ) -> bool:
        notice_id = f"notice-{token_hex(8)}"
        body = json.dumps([letter.phone, letter.text]).encode()
        return (
            connection.execute(
                "INSERT OR IGNORE INTO notices (notice_id, callback_id, person, event, state, tries, created_ms,"
                " due_ms, changed_ms, segments, reason, parts, body, doubtful)"
                " VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, ?, '', '{}', ?, ?)",
                (
                    notice_id,
                    callback_id,
                    self._store.person(letter.phone),
                    event,
                    NoticeState.QUEUED.value,
                    *(as_ms(now),) * 3,
                    len(segments_of(letter.text).parts),
                    self._store.cipher.encrypt(body, _aad(notice_id)),
                    doubtful,
                ),
            ).rowcount
            > 0
        )

    def _letter(self, notice_id: str, body: bytes) -> Letter:
        try:
            phone, text = json.loads(self._store.cipher.decrypt(body, _aad(notice_id)))
        except (ValueError, TypeError):
            raise damaged(self._store.path, f"{notice_id} does not open under this gateway's key") from None
        return Letter(phone, text)

    def _settle(
        self, begun: Begun, state: NoticeState, outcome: str, reason: str, now: datetime, due: datetime
    ) -> None:
        with self._store.using() as connection, transaction(connection):
            connection.execute(
                "UPDATE notices SET state = ?, reason = ?, due_ms = ?, changed_ms = ?"
                " WHERE notice_id = ? AND state = ?",
                (state.value, reason, as_ms(due), as_ms(now), begun.notice_id, NoticeState.SENDING.value),
            )
            _end_try(connection, begun, outcome)


_SELECT = "SELECT notice_id, callback_id, state, tries, due_ms, changed_ms, segments, reason FROM notices"


def _notice(row: tuple[str, str, str, int, int, int, int, str]) -> Notice:
    notice_id, callback_id, state, tries, due_ms, changed_ms, segments, reason = row
    return Notice(
        notice_id, callback_id, NoticeState(state), tries, from_ms(due_ms), from_ms(changed_ms), segments, reason
    )


def _answered(connection: sqlite3.Connection, callback_id: str) -> bool:
    """Whether who waits has a notice already, on its way or arrived; one that failed told nobody."""
    return (
        connection.execute(
            "SELECT 1 FROM notices WHERE callback_id = ? AND state != ? LIMIT 1",
            (callback_id, NoticeState.FAILED.value),
        ).fetchone()
        is not None
    )


def _end_try(connection: sqlite3.Connection, begun: Begun, outcome: str) -> None:
    connection.execute(
        "UPDATE tries SET outcome = ? WHERE notice_id = ? AND try = ?", (outcome, begun.notice_id, begun.number)
    )


def _spent(connection: sqlite3.Connection, since: datetime) -> int:
    (total,) = connection.execute(
        "SELECT coalesce(sum(segments), 0) FROM tries WHERE begun_ms >= ? AND outcome != ?", (as_ms(since), NOT_SENT)
    ).fetchone()
    return int(total)


def _aad(notice_id: str) -> bytes:
    return f"rekam-notice\0{notice_id}".encode()

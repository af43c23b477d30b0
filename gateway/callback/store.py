"""The list of whom to call back, on the disk: names, numbers and references under the local key."""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Self

from gateway.callback import database
from gateway.callback.content import check_content
from gateway.callback.database import sqlite_errors
from gateway.callback.dating import DOUBTFUL, as_ms, date_lines, from_ms
from gateway.callback.errors import CallbackError, CallbackRefused, CallbackUnknown, ListDamaged, damaged, from_os
from gateway.callback.errors import unwritable as list_unwritable
from gateway.callback.phone import PhoneInvalid, normalised_phone
from gateway.callback.ports import Cipher
from gateway.callback.values import Callback, Consent, Language, NoticeState, Purpose, Wish
from gateway.reference_number import read_reference_number
from gateway.sqlite_file import set_aside, transaction
from gateway.trust.clock import is_plausible

MAX_LINES = 20_000
MAX_NAME = 60
SENT_KEPT = timedelta(hours=48)
"""After a message that left without a report of its delivery: its validity of 24 h, and as much again."""
_LATEST = (
    "(SELECT state FROM notices WHERE notices.callback_id = people.callback_id ORDER BY notices.number DESC LIMIT 1)"
)
_PAST = (
    f"SELECT callback_id FROM people WHERE expires_ms <= :now AND NOT {DOUBTFUL}"  # noqa: S608 - constants
    " OR EXISTS (SELECT 1 FROM notices WHERE notices.callback_id = people.callback_id"
    " AND (state = 'delivered' OR state IN ('sent', 'unreported') AND EXISTS (SELECT 1 FROM tries"
    " WHERE tries.notice_id = notices.notice_id AND tries.try = notices.tries AND begun_ms <= :sent)))"
)
_TOLD = tuple(state.value for state in NoticeState if state not in (NoticeState.QUEUED, NoticeState.SENDING))


class CallbackStore:
    """The list of one state folder; made by `open`, closed by `close` or a `with` block; any thread may call.

    A line goes when its days are over, when it was served, or when it is removed; what it held is overwritten.
    """

    def __init__(self, path: Path, cipher: Cipher, clock_holds: Callable[[], bool] = lambda: True) -> None:
        self.path = path
        self.incident: CallbackError | None = None
        """What happened to the file, for a warning."""
        self.cipher = cipher
        self._clock_holds = clock_holds
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None

    @classmethod
    def open(
        cls, directory: Path, cipher: Cipher, now: datetime, clock_holds: Callable[[], bool] = lambda: True
    ) -> Self:
        """Open the list in the state folder, whose lock the caller holds.

        A damaged file is renamed to `callbacks.corrupt-TIME.sqlite3`, told by `incident`, and a new one begun.

        Parameters
        ----------
        directory : Path
        cipher : Cipher
        now : datetime
        clock_holds : callable
            Whether the clock of this instant can be believed; asked when a line or a notice is written. What was
            written by one that cannot is dated anew by the first `purge`, or pass of the delivery, whose time can.

        Raises
        ------
        CallbackError
        """
        store = cls(directory / database.FILE_NAME, cipher, clock_holds)
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                store._connection = database.open_database(store.path)
            except ListDamaged as error:
                aside = set_aside(store.path, f"{now:%Y%m%dT%H%M%SZ}")
                store.incident = ListDamaged(
                    f"{error.cause} It was set aside as {aside.name}, and a new one begun.", error.remedy
                )
                store._connection = database.open_database(store.path)
        except OSError as error:
            raise from_os(error, directory) from error
        return store

    def add(self, wish: Wish, now: datetime, keep: timedelta) -> Callback:
        """Put somebody on the list; on return it is on the disk.

        Who is there already for the same thing stays one line, with the name, language, consent and days of now. Who
        was told meanwhile and asks again is a new line: the notice before does not stand for the next.

        Raises
        ------
        CallbackRefused, CallbackError, KeyProblem
        """
        wish = checked(wish)
        person, doubtful = self.person(wish.phone), self.doubts(now)
        wanted = self.cipher.digest(f"callback-wanted\0{wish.purpose}\0{wish.reference}".encode())
        with self.using() as connection, transaction(connection):
            row = connection.execute(
                f"SELECT callback_id, created_ms, {_LATEST} FROM people"  # noqa: S608 - constants
                " WHERE person = ? AND wanted = ?",
                (person, wanted),
            ).fetchone()
            if row is not None and row[2] in _TOLD:
                _erase(connection, row[0])
                row = None
            (count,) = connection.execute("SELECT count(*) FROM people").fetchone()
            if row is None and count >= MAX_LINES:
                raise CallbackRefused("phone", f"the list has {MAX_LINES} lines already; remove some")
            callback_id, created_ms, _ = row or (f"callback-{token_hex(8)}", as_ms(now), None)
            expires = now + keep
            connection.execute(
                "INSERT INTO people VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (callback_id) DO UPDATE SET"
                " expires_ms = excluded.expires_ms, body = excluded.body, doubtful = excluded.doubtful",
                (
                    callback_id,
                    person,
                    wanted,
                    wish.purpose.value,
                    created_ms,
                    as_ms(expires),
                    self.cipher.encrypt(_body(wish), _aad(callback_id)),
                    doubtful,
                ),
            )
            if wish.consent is None:
                # Consent that is taken back stops what has not left yet.
                connection.execute(
                    "DELETE FROM notices WHERE callback_id = ? AND state = ?", (callback_id, NoticeState.QUEUED)
                )
        return Callback(callback_id, wish, from_ms(created_ms), expires, None)

    def get(self, callback_id: str) -> Callback:
        """One line.

        Raises
        ------
        CallbackUnknown, CallbackError, KeyProblem
        """
        with self.using() as connection:
            row = connection.execute(f"{_SELECT} WHERE callback_id = ?", (callback_id,)).fetchone()
        if row is None:
            raise CallbackUnknown("callback", callback_id)
        return self._line(row)

    def lines(self, purpose: Purpose | None = None) -> list[Callback]:
        """Everybody, the first to ask first.

        Raises
        ------
        CallbackError, KeyProblem
        """
        where, values = ("WHERE purpose = ?", (purpose.value,)) if purpose else ("", ())
        with self.using() as connection:
            rows = connection.execute(f"{_SELECT} {where} ORDER BY people.number", values).fetchall()
        return [self._line(row) for row in rows]

    def remove(self, callback_id: str) -> None:
        """Take somebody off the list, with what waits to be sent to them; nothing of it stays on the disk.

        Raises
        ------
        CallbackUnknown, CallbackError
        """
        with self.using() as connection:
            with transaction(connection):
                if not _erase(connection, callback_id):
                    raise CallbackUnknown("callback", callback_id)
            _empty_log(connection)

    def past(self, now: datetime) -> int:
        """How many lines `purge` would erase."""
        with self.using() as connection:
            return len(connection.execute(_PAST, _at(now)).fetchall())

    def purge(self, now: datetime, keep: timedelta) -> int:
        """Erase lines that were served or whose days are over, and notes of notices `keep` after; gives the lines.

        The days of lines that a wrong clock dated begin now.

        Parameters
        ----------
        now : datetime
            By a clock that can be believed.
        keep : timedelta

        Raises
        ------
        CallbackError
        """
        with self.using() as connection:
            with transaction(connection):
                date_lines(connection, now, keep)
                rows = connection.execute(_PAST, _at(now)).fetchall()
                for (callback_id,) in rows:
                    _erase(connection, callback_id)
                # That somebody was told outlives the line: who comes on the list again is not told of it twice, for as
                # long as they are there.
                old = as_ms(now - keep)
                cleared = connection.execute(
                    "DELETE FROM notices WHERE body IS NULL AND changed_ms <= ?"
                    " AND person NOT IN (SELECT person FROM people)",
                    (old,),
                ).rowcount
                connection.execute(
                    "DELETE FROM tries WHERE begun_ms <= ? AND notice_id NOT IN (SELECT notice_id FROM notices)",
                    (old,),
                )
            if rows or cleared:
                _empty_log(connection)
        return len(rows)

    def doubts(self, now: datetime) -> bool:
        """Whether `now`, just read from the clock, is to be written down as doubtful."""
        return not (is_plausible(now) and self._clock_holds())

    def person(self, phone: str) -> bytes:
        """By what one person is known: a keyed digest of the number."""
        return self.cipher.digest(f"callback-person\0{phone}".encode())

    def close(self) -> None:
        """Bring everything into the one file; a second call does nothing."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                with suppress(sqlite3.Error):
                    connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @contextmanager
    def using(self) -> Iterator[sqlite3.Connection]:
        """The connection, for this thread alone; SQLite's errors come out as the room's."""
        with self._lock:
            if self._connection is None:
                raise list_unwritable(self.path, "it is closed")
            with sqlite_errors(self.path):
                yield self._connection

    def _line(self, row: tuple[str, int, int, bytes, str | None]) -> Callback:
        callback_id, created_ms, expires_ms, body, state = row
        try:
            wish = _wish(self.cipher.decrypt(body, _aad(callback_id)))
        except (ValueError, KeyError, TypeError):
            # Not chained: what does not fit may be quoted there.
            raise damaged(self.path, f"the line {callback_id} does not open under this gateway's key") from None
        return Callback(
            callback_id, wish, from_ms(created_ms), from_ms(expires_ms), None if state is None else NoticeState(state)
        )


_SELECT = f"SELECT callback_id, created_ms, expires_ms, body, {_LATEST} FROM people"  # noqa: S608 - constants


def checked(wish: Wish) -> Wish:
    """The wish with number and reference in their forms.

    Raises
    ------
    CallbackRefused
    """
    name = " ".join(wish.name.split())
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise CallbackRefused("name", f"a name or initials of up to {MAX_NAME} characters are due")
    try:
        check_content(name)
        phone = normalised_phone(wish.phone)
    except PhoneInvalid as error:
        raise CallbackRefused("phone", str(error)) from None
    except ValueError as error:
        raise CallbackRefused("name", str(error)) from None
    reference = ""
    if wish.purpose is Purpose.CARD_READY:
        try:
            reference = read_reference_number(wish.reference)
        except ValueError as error:
            raise CallbackRefused("reference", str(error)) from None
    elif wish.reference:
        raise CallbackRefused("reference", "is of a card; leave it out for the service")
    if wish.consent is not None and not wish.consent.asked_by.strip():
        raise CallbackRefused("consent", "say who asked the person")
    return replace(wish, name=name, phone=phone, reference=reference)


def _at(now: datetime) -> dict[str, int]:
    return {"now": as_ms(now), "sent": as_ms(now - SENT_KEPT)}


def _erase(connection: sqlite3.Connection, callback_id: str) -> bool:
    connection.execute(
        "DELETE FROM notices WHERE callback_id = ? AND state = ?", (callback_id, NoticeState.QUEUED.value)
    )
    connection.execute("UPDATE notices SET body = NULL WHERE callback_id = ?", (callback_id,))
    return connection.execute("DELETE FROM people WHERE callback_id = ?", (callback_id,)).rowcount > 0


def _empty_log(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def _aad(callback_id: str) -> bytes:
    return f"rekam-callback\0{callback_id}".encode()


def _body(wish: Wish) -> bytes:
    consent = wish.consent
    return json.dumps(
        {
            "name": wish.name,
            "phone": wish.phone,
            "purpose": wish.purpose.value,
            "reference": wish.reference,
            "language": wish.language.value,
            "consent": None if consent is None else [consent.asked_at.isoformat(), consent.asked_by],
        }
    ).encode()


def _wish(body: bytes) -> Wish:
    held = json.loads(body)
    consent = held["consent"]
    return Wish(
        held["name"],
        held["phone"],
        Purpose(held["purpose"]),
        held["reference"],
        None if consent is None else Consent(datetime.fromisoformat(consent[0]), consent[1]),
        Language(held["language"]),
    )

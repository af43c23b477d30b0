"""What a card needs of a person, kept on the disk from the seal until the card is made, and erased by its key then."""

import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from gateway.card_holders import database
from gateway.card_holders.database import COLUMNS, FILE_NAME, SET_ASIDE, Row, salvaged_holders, sqlite_errors
from gateway.card_holders.erasure import (
    LOOKED_FOR,
    empty_log,
    erase_keyless,
    erase_rows,
    look_for,
)
from gateway.card_holders.errors import (
    HolderError,
    HoldersDamaged,
    another_person,
    from_os,
    unfit_reference,
    unknown,
    unwritable,
)
from gateway.card_holders.fingers import RatedFinger, fingers_for_card
from gateway.card_holders.holder import Holder
from gateway.card_holders.pictures import kept_portrait, kept_signature
from gateway.card_holders.sealed_row import Cipher, opened_row, sealed_row
from gateway.card_profile import Biodata, CardPerson
from gateway.finger import FingerPosition, FingerTemplate
from gateway.fingerprint import FAILED
from gateway.guidance import LocalizedText
from gateway.sqlite_file import erase_set_aside, set_aside, transaction
from gateway.trust import SignedTime, time_now
from gateway.trust.clock import EARLIEST_PLAUSIBLE, is_plausible

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PERSON = "first_id = enrolment_id AND data_key IS NOT NULL"
"""Of a row: it is somebody, neither a supplement nor erased."""


class CardHolders:
    """The holders of one state folder; made by `open`, closed by `close` or a `with` block; any thread may call.

    Each lies under a key of its own, which lies beside it encrypted by the gateway's cipher. To erase a holder is to
    erase that key first; the row follows, and the log after it.
    """

    def __init__(self, path: Path, cipher: Cipher, makes_for: Collection[str], clock: Callable[[], SignedTime]) -> None:
        self.path = path
        self.incident: HolderError | None = None
        """What happened to the file, for a warning."""
        self._cipher = cipher
        self._makes_for = frozenset(makes_for)
        self._clock = clock
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None

    @classmethod
    def open(
        cls,
        directory: Path,
        cipher: Cipher,
        makes_for: Collection[str] = (),
        clock: Callable[[], SignedTime] = time_now,
    ) -> Self:
        """Open what is kept in the state folder, whose lock the caller holds; an erasure that was cut off is ended.

        A damaged file is renamed to `card-holders.corrupt-TIME.sqlite3`, told by `incident`, and a new one begun with
        whoever can be read out of it.

        Parameters
        ----------
        directory : Path
        cipher : Cipher
        makes_for : collection of str
            Ids of the enrolment profiles whose people get a card here; without any nobody new is kept.
        clock : callable, optional

        Raises
        ------
        HolderError
        """
        holders = cls(directory / FILE_NAME, cipher, makes_for, clock)
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                holders._connection = database.open_database(holders.path)
            except HoldersDamaged as error:
                holders._begin_anew(error)
            holders._end_erasures()
        except OSError as error:
            raise from_os(error, directory) from error
        except BaseException:
            holders.close()
            raise
        return holders

    def wants(self, profile_id: str) -> bool:
        """Whether people who are recorded by that enrolment profile get a card here."""
        return profile_id in self._makes_for

    def keep(
        self,
        enrolment_id: str,
        reference: str,
        portrait: bytes | None,
        signature: bytes | None,
        fingers: Mapping[FingerPosition, FingerTemplate],
        scores: Mapping[FingerPosition, int],
        supplements: str = "",
    ) -> None:
        """Keep what a card needs of a person; on return it is on the disk. Again under the same id, the later stands.

        Pictures are made small, and fingers chosen, before they are kept. A picture that cannot be used is left out:
        the card's making says what it lacks, and nobody goes home unrecorded for it.

        Parameters
        ----------
        enrolment_id : str
        reference : str
            NIK or the number of an application; empty of a supplement.
        portrait, signature : bytes or None
            JPEG, PNG or JPEG 2000 files.
        fingers, scores : mapping
            All that were recorded; a finger without a score has none that counts.
        supplements : str
            The enrolment to whose person this belongs. Where nobody is kept under that any more, nothing is.

        Raises
        ------
        HoldersFull, HoldersUnwritable, HoldersDamaged, KeyProblem
            Nothing is changed.
        """
        first_id = supplements or enrolment_id
        rated = {position: RatedFinger(each, scores.get(position, FAILED)) for position, each in fingers.items()}
        holder = Holder(
            reference,
            _usable(kept_portrait, portrait),
            _usable(kept_signature, signature),
            fingers_for_card(rated),
        )
        row = sealed_row(holder, enrolment_id, first_id, _ms(self._clock().wall), self._cipher)
        with self._lock:
            try:
                self._put(row)
            except HoldersDamaged as error:
                # Nobody goes home unrecorded for a file that broke while the gateway ran.
                self.close()
                self._begin_anew(error)
                self._put(row)

    def person(self, enrolment_id: str, biodata: Biodata | None = None) -> CardPerson:
        """Whom a card of that enrolment is for, with what supplements brought.

        Parameters
        ----------
        enrolment_id : str
            Of the enrolment itself, not of a supplement.
        biodata : Biodata, optional
            What the register knows of the person; without it the reference stands alone.

        Raises
        ------
        HolderUnknown
            Nobody is kept under that id.
        HolderUnfit
            The reference has no form that a card takes, or the biodata are of another person.
        HoldersDamaged, HoldersUnwritable, KeyProblem
        """
        holder = self._holder(enrolment_id)
        if biodata is None:
            try:
                biodata = Biodata(holder.reference)
            except ValueError:
                raise unfit_reference() from None
        elif biodata.reference != holder.reference:
            raise another_person()
        fingers = fingers_for_card(holder.fingers)
        return CardPerson(
            biodata,
            holder.portrait,
            holder.signature,
            {position: finger.template for position, finger in fingers.items()},
        )

    def holds(self, enrolment_id: str) -> bool:
        """Whether somebody is kept under that id."""
        with self._using() as connection:
            return _is_there(connection, enrolment_id)

    def kept_at(self, enrolment_id: str) -> datetime:
        """When the person was kept, UTC, by the clock of then.

        Raises
        ------
        HolderUnknown
        """
        with self._using() as connection:
            row = connection.execute(
                "SELECT kept_ms FROM holders WHERE enrolment_id = ? AND data_key IS NOT NULL", (enrolment_id,)
            ).fetchone()
        if row is None:
            raise unknown(enrolment_id)
        return _EPOCH + timedelta(milliseconds=row[0])

    def enrolment_ids(self) -> tuple[str, ...]:
        """Whose cards are waited for, the earliest kept first."""
        with self._using() as connection:
            rows = connection.execute(f"SELECT enrolment_id FROM holders WHERE {_PERSON} ORDER BY kept_ms, rowid")  # noqa: S608 - constants
            return tuple(row[0] for row in rows.fetchall())

    def count(self) -> int:
        """How many people are kept."""
        with self._using() as connection:
            (count,) = connection.execute(f"SELECT count(*) FROM holders WHERE {_PERSON}").fetchone()  # noqa: S608 - constants
        return int(count)

    def forget(self, enrolment_id: str) -> bool:
        """Erase a person, with what supplements brought, or a supplement; gives whether there was one.

        Raises
        ------
        HoldersUnwritable, HoldersFull, HoldersDamaged
            What it says is still there; the call has to be made again.
        """
        with self._using() as connection:
            rows = _rows(connection, "enrolment_id = :id OR first_id = :id", {"id": enrolment_id})
            erase_rows(connection, rows, self.path)
        return bool(rows)

    def past(self, now: datetime, keep: timedelta) -> tuple[str, ...]:
        """Whom `forget_past` would erase."""
        with self._using() as connection:
            return tuple(row.enrolment_id for row in _past(connection, now, keep))

    def forget_past(self, now: datetime, keep: timedelta) -> tuple[str, ...]:
        """Erase whoever was kept longer ago than `keep`, and damaged files that were set aside before; prove it.

        Who was kept while the clock was plainly wrong is counted from the first time on that it was not.

        Returns
        -------
        tuple of str
            Ids of their enrolments.

        Raises
        ------
        HoldersUnwritable
            Something of them is still in the file or beside it.
        HoldersFull, HoldersDamaged
        """
        with self._using() as connection:
            if is_plausible(now):
                with transaction(connection):
                    dates = (_ms(now), _ms(EARLIEST_PLAUSIBLE))
                    connection.execute("UPDATE holders SET kept_ms = ? WHERE kept_ms < ?", dates)
            rows = _past(connection, now, keep)
            erase_rows(connection, rows, self.path)
            look_for(rows[:LOOKED_FOR], self.path)
            erase_set_aside(self.path.parent, SET_ASIDE, now - keep, from_os)
        return tuple(row.enrolment_id for row in rows)

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

    def _put(self, row: Row) -> None:
        with self._using() as connection:
            with transaction(connection):
                if row.first_id != row.enrolment_id and not _is_there(connection, row.first_id):
                    return
                before = connection.execute("DELETE FROM holders WHERE enrolment_id = ?", (row.enrolment_id,)).rowcount
                connection.execute("INSERT INTO holders VALUES (?, ?, ?, ?, ?)", row)
            if before:
                empty_log(connection, self.path)

    def _holder(self, enrolment_id: str) -> Holder:
        with self._using() as connection:
            rows = _rows(connection, "first_id = :id AND data_key IS NOT NULL", {"id": enrolment_id})
        if not any(row.enrolment_id == enrolment_id for row in rows):
            raise unknown(enrolment_id)
        # The person first, then supplements as they came.
        rows.sort(key=lambda row: (row.enrolment_id != enrolment_id, row.kept_ms))
        first, *others = (opened_row(row, self._cipher, self.path) for row in rows)
        for other in others:
            first = first.with_supplement(other)
        return first

    @contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        """The connection, for this thread alone; SQLite's errors come out as the room's."""
        with self._lock:
            if self._connection is None:
                raise unwritable(self.path, "it is closed")
            with sqlite_errors(self.path):
                yield self._connection

    def _end_erasures(self) -> None:
        with self._using() as connection:
            erase_keyless(connection, self.path)

    def _begin_anew(self, error: HoldersDamaged) -> None:
        """Set the damaged file aside and begin a new one with what can be read out of it."""
        try:
            aside = set_aside(self.path, f"{self._clock().wall:%Y%m%dT%H%M%SZ}")
        except OSError as failure:
            raise from_os(failure, self.path) from failure
        rows = salvaged_holders(aside)
        self._connection = database.open_database(self.path)
        with self._using() as connection, transaction(connection):
            for row in rows:
                with suppress(sqlite3.IntegrityError):
                    connection.execute("INSERT INTO holders VALUES (?, ?, ?, ?, ?)", row)
        self.incident = HoldersDamaged(*_replaced(error, aside.name, len(rows)))


def _replaced(error: HoldersDamaged, name: str, count: int) -> tuple[LocalizedText, LocalizedText]:
    cause = LocalizedText(
        id=f"{error.words.id} Berkas itu disisihkan sebagai {name}; {count} orang terbaca darinya.",
        en=f"{error} It was set aside as {name}; {count} people were read out of it.",
    )
    return cause, LocalizedText(
        id="Berkas itu dihapus sendiri setelah masa simpannya.", en="That file is erased by itself after its days."
    )


def _usable(make: Callable[[bytes], bytes], picture: bytes | None) -> bytes | None:
    """The picture made small; None where it is none."""
    if picture is None:
        return None
    try:
        return make(picture)
    except ValueError:
        return None


def _rows(connection: sqlite3.Connection, where: str, values: Mapping[str, object]) -> list[Row]:
    found = connection.execute(f"SELECT {COLUMNS} FROM holders WHERE {where}", values)  # noqa: S608 - constants
    return [Row(*row) for row in found.fetchall()]


def _past(connection: sqlite3.Connection, now: datetime, keep: timedelta) -> list[Row]:
    """Who was kept longer ago, with their supplements; not who was kept at nobody knows what time."""
    return _rows(
        connection,
        "first_id IN (SELECT enrolment_id FROM holders WHERE kept_ms >= :earliest AND kept_ms <= :limit)",
        {"earliest": _ms(EARLIEST_PLAUSIBLE), "limit": _ms(now - keep)},
    )


def _is_there(connection: sqlite3.Connection, enrolment_id: str) -> bool:
    query = f"SELECT 1 FROM holders WHERE enrolment_id = ? AND {_PERSON}"  # noqa: S608 - constants
    return connection.execute(query, (enrolment_id,)).fetchone() is not None


def _ms(time: datetime) -> int:
    return (time - _EPOCH) // timedelta(milliseconds=1)

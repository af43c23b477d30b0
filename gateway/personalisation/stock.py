"""The stock of blanks: what was brought in, what became of each, and whether a person's count agrees with the book."""

import re
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gateway.personalisation.database import Database
from gateway.personalisation.errors import BlankNotInStock, StockRefused
from gateway.trust import SignedTime

MAX_RANGE = 1_000_000
"""Blanks of one range: more is a slip of the hand, as boxes hold hundreds."""
_MAX_NAMED = 10_000
_SERIAL = re.compile(r"[0-9A-F]{2,64}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class BlankRange:
    """Blanks that were brought in together, both ends included; serial numbers are hexadecimal, upper case."""

    first: str
    last: str
    brought_by: str
    at: datetime

    @property
    def blanks(self) -> int:
        """How many."""
        return int(self.last, 16) - int(self.first, 16) + 1

    def holds(self, serial: str) -> bool:
        """Whether a serial number is one of these."""
        return len(serial) == len(self.first) and self.first <= serial <= self.last


@dataclass(frozen=True)
class SpoiledBlank:
    """A blank that no person gets."""

    serial: str
    reason: str
    job_id: str
    """Empty where it was spoiled without a job."""
    terminated: bool
    """The chip knows; else the card is to be destroyed by hand."""
    at: datetime


@dataclass(frozen=True)
class StockLevel:
    """The book."""

    brought_in: int
    used: int
    """Finished cards."""
    spoiled: int
    in_hand: int
    """Begun, and neither finished nor given up."""
    unlisted: int
    """Of these three, cards whose serial number no range has."""

    @property
    def blanks(self) -> int:
        """How many blanks there ought to be."""
        return self.brought_in - (self.used + self.spoiled + self.in_hand - self.unlisted)


@dataclass(frozen=True)
class Reconciliation:
    """A person's count beside the book."""

    book: int
    counted: int
    missing: tuple[str, ...] = ()
    """Serial numbers of blanks that the book has and nobody counted; empty where numbers were not read off."""
    surplus: tuple[tuple[str, str], ...] = ()
    """Serial numbers that were counted as blanks, with what the book says of each."""

    @property
    def difference(self) -> int:
        """Counted less book: negative where blanks are missing."""
        return self.counted - self.book

    @property
    def agrees(self) -> bool:
        """Whether nothing has to be explained."""
        return self.difference == 0 and not self.missing and not self.surplus


class Stock:
    """Blanks in the journal's file, so that a card and its place in the stock change together."""

    def __init__(self, database: Database, clock: Callable[[], SignedTime]) -> None:
        self._database, self._clock = database, clock

    def bring_in(self, first: str, last: str, brought_by: str) -> BlankRange:
        """Enter a range of blanks.

        Raises
        ------
        StockRefused
            No serial numbers, the wrong way round, too many, or some are in stock already.
        """
        first, last = _serial(first), _serial(last)
        if len(first) != len(last) or first > last:
            raise StockRefused(f"{first} to {last} is no range of serial numbers.", "Give the lower one first.")
        entered = BlankRange(first, last, _named(brought_by), self._clock().wall)
        if entered.blanks > MAX_RANGE:
            raise StockRefused(f"{entered.blanks} blanks are more than a range holds.", "Enter box by box.")
        with self._database.changing() as connection:
            for known in _ranges(connection):
                if len(known.first) == len(first) and first <= known.last and known.first <= last:
                    raise StockRefused(
                        f"{first} to {last} overlaps {known.first} to {known.last}, which was brought in before.",
                        "Enter only what is new.",
                    )
            connection.execute(
                "INSERT INTO ranges (first, last, blanks, brought_by, wall_ms) VALUES (?, ?, ?, ?, ?)",
                (first, last, entered.blanks, entered.brought_by, _ms(entered.at)),
            )
        return entered

    def ranges(self) -> tuple[BlankRange, ...]:
        """What was brought in, the oldest first."""
        with self._database.reading() as connection:
            return tuple(_ranges(connection))

    def check(self, serial: str) -> None:
        """Refuse a card that was never brought in; where nothing ever was, the stock is not kept and any will do.

        Raises
        ------
        BlankNotInStock
        """
        known = self.ranges()
        if known and not any(each.holds(serial) for each in known):
            raise BlankNotInStock(
                f"Card {serial} is in no range of blanks that was brought in.",
                "Bring its box into stock, or find out where the card comes from.",
            )

    def spoil(self, serial: str, reason: str) -> None:
        """Count a blank as spoiled that never came to a job: broken, lost, misprinted. Its serial number is barred.

        Raises
        ------
        StockRefused
            It is finished, spoiled, or in a job's hand.
        BlankNotInStock
        """
        serial = _serial(serial)
        self.check(serial)
        with self._database.changing() as connection:
            row = connection.execute("SELECT standing, job_id FROM cards WHERE serial = ?", (serial,)).fetchone()
            if row is not None:
                raise StockRefused(
                    f"Card {serial} is {_words(*row)}.", "Write it off by its job if it has one that waits."
                )
            connection.execute(
                "INSERT INTO cards (serial, standing, reason, wall_ms) VALUES (?, 'spoiled', ?, ?)",
                (serial, _named(reason), _ms(self._clock().wall)),
            )

    def spoiled(self) -> tuple[SpoiledBlank, ...]:
        """Every spoiled blank, the oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT serial, reason, job_id, terminated, wall_ms FROM cards WHERE standing = 'spoiled' "
                "ORDER BY wall_ms, serial"
            ).fetchall()
        return tuple(
            SpoiledBlank(serial, reason, job_id or "", bool(terminated), _EPOCH + timedelta(milliseconds=wall_ms))
            for serial, reason, job_id, terminated, wall_ms in rows
        )

    def level(self) -> StockLevel:
        """The book as it stands."""
        with self._database.reading() as connection:
            return _level(connection)

    def reconcile(
        self, counted_by: str, *, counted: int | None = None, serials: Iterable[str] | None = None, note: str = ""
    ) -> Reconciliation:
        """Hold a person's count of blanks against the book, and keep it.

        Parameters
        ----------
        counted_by : str
        counted : int, optional
            How many blanks lie there.
        serials : iterable of str, optional
            Their serial numbers in its place, where they were read off: differences are then named.
        note : str
            How a difference is explained.

        Raises
        ------
        StockRefused
            Neither or both are given, or a serial number comes twice or is none.
        """
        if (counted is None) == (serials is None):
            raise StockRefused("A count is a number, or a list of serial numbers.", "Give one of them.")
        listed = None if serials is None else [_serial(each) for each in serials]
        if listed is not None and len(set(listed)) != len(listed):
            raise StockRefused("A serial number was counted twice.", "Count again.")
        number = len(listed) if listed is not None else counted or 0
        if number < 0:
            raise StockRefused("There are no fewer than 0 blanks.", "Count again.")
        with self._database.changing() as connection:
            book = _level(connection).blanks
            connection.execute(
                "INSERT INTO counts (counted, book, counted_by, note, wall_ms) VALUES (?, ?, ?, ?, ?)",
                (number, book, _named(counted_by), note, _ms(self._clock().wall)),
            )
            if listed is None:
                return Reconciliation(book, number)
            return _compared(connection, book, listed)


def _compared(connection: sqlite3.Connection, book: int, listed: list[str]) -> Reconciliation:
    known = _ranges(connection)
    cards = {
        serial: (standing, job_id)
        for serial, standing, job_id in connection.execute("SELECT serial, standing, job_id FROM cards")
    }
    found = set(listed)
    surplus = [
        (serial, _words(*cards[serial]) if serial in cards else "in no range that was brought in")
        for serial in listed
        if serial in cards or not any(each.holds(serial) for each in known)
    ]
    missing: list[str] = []
    for each in known:
        for value in range(int(each.first, 16), int(each.last, 16) + 1):
            serial = f"{value:0{len(each.first)}X}"
            if serial not in found and serial not in cards and len(missing) < _MAX_NAMED:
                missing.append(serial)
    return Reconciliation(book, len(listed), tuple(missing), tuple(surplus))


def _level(connection: sqlite3.Connection) -> StockLevel:
    known = _ranges(connection)
    counted = {"finished": 0, "spoiled": 0, "bound": 0}
    unlisted = 0
    for serial, standing in connection.execute("SELECT serial, standing FROM cards"):
        counted[standing] += 1
        unlisted += not any(each.holds(serial) for each in known)
    brought_in = sum(each.blanks for each in known)
    return StockLevel(brought_in, counted["finished"], counted["spoiled"], counted["bound"], unlisted)


def _ranges(connection: sqlite3.Connection) -> list[BlankRange]:
    rows = connection.execute("SELECT first, last, brought_by, wall_ms FROM ranges ORDER BY number").fetchall()
    return [BlankRange(first, last, by, _EPOCH + timedelta(milliseconds=wall_ms)) for first, last, by, wall_ms in rows]


def _words(standing: str, job_id: str | None) -> str:
    of = f" (job {job_id})" if job_id else ""
    return {"finished": "a finished card", "spoiled": "spoiled", "bound": "in hand"}[standing] + of


def _serial(text: str) -> str:
    serial = text.strip().replace(" ", "").upper()
    if not _SERIAL.fullmatch(serial) or len(serial) % 2:
        raise StockRefused("That is no serial number of a chip.", "Give it in hexadecimal, as the reader shows it.")
    return serial


def _named(text: str) -> str:
    if not 1 <= len(text.strip()) <= 200:
        raise StockRefused("Somebody, and a reason, must be named in up to 200 characters.", "Name them.")
    return text.strip()


def _ms(time: datetime) -> int:
    return (time - _EPOCH) // timedelta(milliseconds=1)

"""Everybody recorded here searched by the duplicate book; whoever is sealed is put into it."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import log

from gateway.duplicates import (
    Biometrics,
    CheckOutcome,
    DuplicateBook,
    DuplicateCandidate,
    DuplicatesError,
    Erasure,
    FingerSample,
    IrisSample,
    RecordedPerson,
)
from gateway.enrolment.errors import NotComparable
from gateway.enrolment.ports import DuplicateHit
from gateway.eye import EyePosition
from gateway.finger import FingerPosition, FingerTemplate
from gateway.guidance import LocalizedText
from gateway.iris import IrisCode
from gateway.trust import KeyProblem, SignedTime, time_now


class BookSearch:
    """The duplicate book as enrolments use it; a `DuplicateSearch`, safe in any thread.

    A book that cannot be opened stops nothing: `warnings` says why, and it is tried again with the next use.

    Parameters
    ----------
    open_book : callable
        Opens it; raises `DuplicatesError` or `KeyProblem`.
    clock : callable
    """

    def __init__(self, open_book: Callable[[], DuplicateBook], clock: Callable[[], SignedTime] = time_now) -> None:
        self._open = open_book
        self._clock = clock
        self._lock = threading.Lock()
        self._book: DuplicateBook | None = None
        self._trouble: LocalizedText | None = None

    def search(
        self, fingers: Mapping[FingerPosition, FingerTemplate], eyes: Mapping[EyePosition, IrisCode]
    ) -> Sequence[DuplicateHit]:
        """See `DuplicateSearch`.

        Raises
        ------
        NotComparable
            It could not be told whether this person is there: never the same as that nobody was found.
        DuplicatesError, KeyProblem
            The book cannot be opened.
        """
        answer = self.book().search(_biometrics(fingers, eyes))
        if answer.outcome is CheckOutcome.NOT_CHECKED:
            raise NotComparable(answer.remarks[0].text)
        return tuple(_hit(candidate) for candidate in answer.candidates)

    def remember(
        self,
        enrolment_id: str,
        fingers: Mapping[FingerPosition, FingerTemplate],
        eyes: Mapping[EyePosition, IrisCode],
        operator: str,
        retention_days: int,
    ) -> None:
        """See `DuplicateSearch`; the days are the summary's, with which `forget` is called.

        Raises
        ------
        DuplicatesError, KeyProblem
        """
        if not fingers and not eyes:
            return
        recorded = self._clock().wall
        book = self.book()
        if book.holds(enrolment_id):
            return  # told again after a cut, when some of the captures may be erased already: the first was whole
        book.add(
            RecordedPerson(
                enrolment_id=enrolment_id,
                gateway_id=book.gateway_id,
                recorded_at=recorded.replace(microsecond=recorded.microsecond // 1000 * 1000),
                operator="".join(letter if letter.isprintable() else " " for letter in operator),
                biometrics=_biometrics(fingers, eyes),
            )
        )

    def forget(self, enrolment_ids: Sequence[str], now: datetime, keep: timedelta) -> Erasure:
        """Erase people whose days are over, whoever was recorded longer ago than `keep`, and lists that have ended.

        Raises
        ------
        DuplicatesError, KeyProblem
        """
        book = self.book()
        told = book.forget(*enrolment_ids)
        aged = book.purge(now, keep)
        return replace(aged, enrolment_ids=(*told.enrolment_ids, *aged.enrolment_ids))

    def held(self, enrolment_ids: Sequence[str]) -> list[str]:
        """Which of these people are in the book.

        Raises
        ------
        DuplicatesError, KeyProblem
        """
        book = self.book()
        return [each for each in enrolment_ids if book.holds(each)]

    def older_than(self, recorded_before: datetime) -> list[str]:
        """Whom `forget` would erase for their age.

        Raises
        ------
        DuplicatesError, KeyProblem
        """
        return self.book().older_than(recorded_before)

    def warnings(self) -> tuple[LocalizedText, ...]:
        """What a person should know of the book."""
        # Without the lock, which is held for as long as a book is being opened: the event loop asks this.
        book, trouble = self._book, self._trouble
        if book is not None:
            told = tuple(LocalizedText(id=f"{i.cause} {i.remedy}", en=f"{i.cause} {i.remedy}") for i in book.incidents)
            return (*book.warnings(), *told)
        return () if trouble is None else (trouble,)

    def close(self) -> None:
        """Let go of the file; a second call does nothing."""
        with self._lock:
            if self._book is not None:
                self._book.close()

    def book(self) -> DuplicateBook:
        """The book itself, opened where it was not yet.

        Raises
        ------
        DuplicatesError, KeyProblem
        """
        with self._lock:
            if self._book is None:
                try:
                    self._book = self._open()
                except (DuplicatesError, KeyProblem) as error:
                    self._trouble = LocalizedText(
                        id=f"Data ganda tidak dapat dicari: {error}",
                        en=f"Nobody can be searched for duplicates: {error}",
                    )
                    raise
            return self._book


def _biometrics(fingers: Mapping[FingerPosition, FingerTemplate], eyes: Mapping[EyePosition, IrisCode]) -> Biometrics:
    return Biometrics(
        tuple(FingerSample(position, template) for position, template in fingers.items()),
        tuple(IrisSample(eye, code) for eye, code in eyes.items()),
    )


def _hit(candidate: DuplicateCandidate) -> DuplicateHit:
    return DuplicateHit(
        enrolment_id=candidate.enrolment_id,
        recorded_at=f"{candidate.recorded_at:%Y-%m-%dT%H:%M:%S}Z",
        operator=candidate.operator,
        # The surprise: the scale on which fingers and irises are fused (docs/duplicates.md).
        score=round(-log(candidate.fmr), 3),
        fmr=candidate.fmr,
        gateway_id=candidate.gateway_id,
        strength=candidate.strength.text,
        exchanged=candidate.swapped,
    )

"""What enrolments keep, erased past its days when that is asked for: summaries, and templates of those recorded."""

from collections.abc import Callable
from datetime import datetime, timedelta

from gateway.enrolment import Enrolments
from gateway.enrolment.duplicate_search import BookSearch
from gateway.guidance import LocalizedText
from gateway.purge import Purged


class EnrolmentPurger:
    """Summaries of enrolments that ended longer ago than their profile keeps them."""

    name = "enrolments"
    object_kind = "enrolment"

    def __init__(self, enrolments: Enrolments) -> None:
        self._enrolments = enrolments

    def purge(self, now: datetime, *, dry_run: bool) -> Purged:
        """See `gateway.purge.Purger`.

        Raises
        ------
        EnrolmentError
        """
        at = int(now.timestamp() * 1000)
        ids = self._enrolments.past(at) if dry_run else self._enrolments.purge(at)
        return Purged(ids, len(ids))


class DuplicatePurger:
    """Templates of enrolments past their days, and of whoever was recorded longer ago than any profile keeps them.

    Neighbours' lists that have ended go too.

    Parameters
    ----------
    book : BookSearch
    enrolments : Enrolments
        Whose summaries say how long each is kept: it comes before their own purger.
    keep : callable
        The longest that a profile keeps them.
    """

    name = "duplicates"
    object_kind = "enrolment"

    def __init__(self, book: BookSearch, enrolments: Enrolments, keep: Callable[[], timedelta]) -> None:
        self._book = book
        self._enrolments = enrolments
        self._keep = keep

    def purge(self, now: datetime, *, dry_run: bool) -> Purged:
        """See `gateway.purge.Purger`.

        Raises
        ------
        DuplicatesError, KeyProblem, EnrolmentError
        """
        over = self._enrolments.past(int(now.timestamp() * 1000))
        if dry_run:
            ids = dict.fromkeys((*self._book.held(over), *self._book.older_than(now - self._keep())))
            return Purged(tuple(ids), len(ids))
        erased = self._book.forget(over, now, self._keep())
        ids = dict.fromkeys(erased.enrolment_ids)
        return Purged(
            tuple(ids),
            len(ids) + sum(erased.neighbours.values()),
            remarks=tuple(_ended(*each) for each in sorted(erased.neighbours.items())),
        )


def _ended(gateway_id: str, people: int) -> LocalizedText:
    return LocalizedText(
        id=f"Daftar dari gateway {gateway_id} sudah berakhir: {people} orang dihapus.",
        en=f"The list of gateway {gateway_id} had ended: {people} people erased.",
    )

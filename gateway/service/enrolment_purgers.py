"""What enrolments keep, erased past its days when that is asked for: summaries, and templates of those recorded."""

from collections.abc import Callable
from datetime import datetime, timedelta

from gateway.enrolment import Enrolments
from gateway.enrolment.duplicate_search import BookSearch
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
    """Templates of people recorded here longer ago than any profile keeps them.

    Parameters
    ----------
    book : BookSearch
    keep : callable
        The longest that a profile keeps them.
    """

    name = "duplicates"
    object_kind = "enrolment"

    def __init__(self, book: BookSearch, keep: Callable[[], timedelta]) -> None:
        self._book = book
        self._keep = keep

    def purge(self, now: datetime, *, dry_run: bool) -> Purged:
        """See `gateway.purge.Purger`.

        Raises
        ------
        DuplicatesError, KeyProblem
        """
        ids = tuple(self._book.older_than(now - self._keep()))
        if not dry_run:
            self._book.forget(ids, now, self._keep())
        return Purged(ids, len(ids))

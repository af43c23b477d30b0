"""What is erased of card holders when nothing is waited for any more; a `gateway.purge.Purger`."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from gateway.card_holders.store import CardHolders
from gateway.purge import Purged


class CardHolderPurger:
    """People whose card was not made within the days for which they are kept, and those who get none.

    Parameters
    ----------
    holders : CardHolders
    keep : timedelta
    settled : callable, optional
        Of the enrolments whose people are kept, those for which no card is made any more.
    """

    name = "card_holders"
    object_kind = "enrolment"

    def __init__(
        self, holders: CardHolders, keep: timedelta, settled: Callable[[], Iterable[str]] = lambda: ()
    ) -> None:
        self._holders = holders
        self._keep = keep
        self._settled = settled

    def purge(self, now: datetime, *, dry_run: bool) -> Purged:
        """See `gateway.purge.Purger`.

        Raises
        ------
        HolderError
            Also where something of those erased is found in the files afterwards.
        """
        settled = tuple(self._settled())
        if dry_run:
            past = self._holders.past(now, self._keep)
        else:
            settled = tuple(each for each in settled if self._holders.forget(each))
            past = self._holders.forget_past(now, self._keep)
        ids = tuple(dict.fromkeys((*settled, *past)))
        return Purged(ids, len(ids))

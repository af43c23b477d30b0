"""What the list erases when its term is over; a `gateway.purge.Purger`."""

from datetime import datetime, timedelta

from gateway.callback.store import CallbackStore
from gateway.purge import Purged


class CallbackPurger:
    """Lines that were served or are older than the days for which they are kept.

    Parameters
    ----------
    store : CallbackStore
    keep : timedelta
        How long after that it is known, without name and number, that somebody was told.
    """

    name = "callbacks"
    object_kind = ""

    def __init__(self, store: CallbackStore, keep: timedelta) -> None:
        self._store = store
        self._keep = keep

    def purge(self, now: datetime, *, dry_run: bool) -> Purged:
        """See `gateway.purge.Purger`.

        Raises
        ------
        CallbackError
        """
        return Purged(count=self._store.past(now) if dry_run else self._store.purge(now, self._keep))

"""Quotas of bytes per hour and per day, as windows that slide: in no hour, and in no day, leaves more than was allowed.

Where the quota is small, the large would starve the small: a share of it is kept for what is small (status, notices,
answers, manifests, templates), so that these still move on a line of 1 MB a day.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import floor

BIN_S = 300.0
"""Spending is noted in bins of five minutes; a bin counts until all of it has left the window, so that a quota is
renewed up to five minutes late, and never early."""
_SENDS = 8
"""Into which a quota of an hour is cut, at most."""
HOUR_S, DAY_S = 3_600.0, 86_400.0
CALL_BYTES = 1_500
"""What a call costs beside its contents: headers of HTTP/2, TCP and TLS records, acknowledgements; an estimate, as the
way out does not see them."""


@dataclass(frozen=True)
class Quota:
    """What may leave and come in, in bytes; 0 is without a limit."""

    per_hour: int = 0
    per_day: int = 0
    small_share: float = 0.2
    """Of each quota, that the large may not take."""

    def __post_init__(self) -> None:
        if min(self.per_hour, self.per_day) < 0 or not 0 <= self.small_share < 1:
            raise ValueError("quotas are 0 bytes or more, the share of the small is 0 or more and less than 1")

    @property
    def limited(self) -> bool:
        """Whether there is any limit."""
        return bool(self.per_hour or self.per_day)


@dataclass(frozen=True)
class Spent:
    """Bytes of one bin."""

    small: int = 0
    large: int = 0


Spending = Mapping[int, Spent]
"""By number of the bin: counted seconds / `BIN_S`, rounded down."""


def bin_of(now_s: float) -> int:
    """The bin of a moment, in counted seconds."""
    return floor(now_s / BIN_S)


def allowance(quota: Quota, spending: Spending, now_s: float, *, small: bool) -> int | None:
    """Bytes that may be spent now; None where there is no limit.

    Parameters
    ----------
    quota : Quota
    spending : mapping
        Of the last day at least.
    now_s : float
        Counted seconds (`gateway.elapsed`).
    small : bool
        Whether it is for what is small.
    """
    left = [
        _left(limit, quota.small_share, *_sums(spending, now_s, window_s), small=small)
        for limit, window_s in _windows(quota)
    ]
    return max(0, min(left)) if left else None


def allowed_at_s(quota: Quota, spending: Spending, now_s: float, size: int, *, small: bool) -> float:
    """When so many bytes may be spent if nothing else is; `now_s` where they may already.

    More than a whole quota never fits: then it is when the whole of the smallest is free.
    """
    at = now_s
    largest = [limit if small else _large_limit(limit, quota.small_share) for limit, _ in _windows(quota)]
    wanted = min((size, *largest))
    for limit, window_s in _windows(quota):
        for number in sorted(spending):
            if _left(limit, quota.small_share, *_sums(spending, at, window_s), small=small) >= wanted:
                break
            at = max(at, (number + 1) * BIN_S + window_s)
    return at


def spend(spending: Spending, now_s: float, size: int, *, small: bool) -> dict[int, Spent]:
    """The spending after so many bytes more; what is older than a day is left out. A negative size gives back."""
    number = bin_of(now_s)
    kept = {each: spent for each, spent in spending.items() if _counts(each, now_s, DAY_S)}
    before = kept.get(number, Spent())
    kept[number] = (
        Spent(max(0, before.small + size), before.large) if small else Spent(before.small, max(0, before.large + size))
    )
    return kept


def spent_within(spending: Spending, now_s: float, window_s: float) -> int:
    """Bytes that count in a window that ends now."""
    return sum(_sums(spending, now_s, window_s))


def worth_a_send(quota: Quota, left_bytes: int) -> int:
    """Bytes that have to be allowed before a send of what is large begins.

    Not every crumb of a small quota: each send has to find the centre with time for it.
    """
    limits = (_large_limit(limit, quota.small_share) // _SENDS for limit, _ in _windows(quota))
    return min([left_bytes, *limits])


def _windows(quota: Quota) -> list[tuple[int, float]]:
    return [(limit, window) for limit, window in ((quota.per_hour, HOUR_S), (quota.per_day, DAY_S)) if limit]


def _counts(number: int, now_s: float, window_s: float) -> bool:
    # A bin that lies ahead belongs to a count that was put back with a backup: it counts until its time.
    return (number + 1) * BIN_S + window_s > now_s


def _sums(spending: Spending, now_s: float, window_s: float) -> tuple[int, int]:
    counted = [spent for number, spent in spending.items() if _counts(number, now_s, window_s)]
    return sum(each.small for each in counted), sum(each.large for each in counted)


def _large_limit(limit: int, small_share: float) -> int:
    return floor(limit * (1 - small_share))


def _left(limit: int, small_share: float, small_spent: int, large_spent: int, *, small: bool) -> int:
    left = limit - small_spent - large_spent
    return left if small else min(left, _large_limit(limit, small_share) - large_spent)

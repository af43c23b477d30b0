"""How much of each month the link was there, of the time in which somebody watched it; pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gateway.link.judgement import UP, LinkState
from gateway.trust import ClockQuality


@dataclass(frozen=True)
class PlacedSpan:
    """A span in wall time."""

    state: LinkState
    begins: datetime
    ends: datetime
    quality: ClockQuality


@dataclass(frozen=True)
class MonthAvailability:
    """One month of UTC."""

    year: int
    month: int
    length_s: float
    """Of the month, or of what has passed of it."""
    observed_s: float
    """In which the gateway watched; never more than the length."""
    up_s: float
    """In which packets could leave."""
    degraded_s: float
    """Of those, slowly or with losses."""
    doubtful_s: float
    """Observed, but placed by a clock that cannot be trusted: it may belong to another month."""
    outages: int
    """That began in it."""

    @property
    def availability(self) -> float | None:
        """Share of the observed time, 0 to 1; None where nothing was observed. Time not observed counts as neither."""
        return self.up_s / self.observed_s if self.observed_s else None

    @property
    def observed(self) -> float:
        """Share of the month that was observed, 0 to 1."""
        return min(1.0, self.observed_s / self.length_s) if self.length_s else 0.0


def monthly_availability(
    spans: Iterable[PlacedSpan], outages: Iterable[datetime], now: datetime, months: int
) -> list[MonthAvailability]:
    """The last `months` months, the newest first.

    Parameters
    ----------
    spans : iterable of PlacedSpan
        Where clocks were set the spans of two boots may overlap; what is observed is never more than there was.
    outages : iterable of datetime
        Their begins.
    now : datetime
        UTC; the month that it lies in ends with it.
    months : int
    """
    placed, begins = list(spans), list(outages)
    found = []
    start = datetime(now.year, now.month, 1, tzinfo=UTC)
    end = now
    for _ in range(months):
        found.append(_month(placed, begins, start, end))
        end = start
        start = (start - timedelta(days=1)).replace(day=1)
    return found


def _month(spans: list[PlacedSpan], outages: list[datetime], start: datetime, end: datetime) -> MonthAvailability:
    length_s = (end - start).total_seconds()
    observed_s = up_s = degraded_s = doubtful_s = 0.0
    for span in spans:
        if span.state in (LinkState.UNKNOWN, LinkState.NOT_CONFIGURED):
            continue
        part_s = (min(end, span.ends) - max(start, span.begins)).total_seconds()
        if part_s <= 0:
            continue
        observed_s += part_s
        up_s += part_s if span.state in UP else 0.0
        degraded_s += part_s if span.state is LinkState.DEGRADED else 0.0
        doubtful_s += part_s if span.quality is ClockQuality.UNTRUSTED else 0.0
    # Boots whose clocks disagree may claim the same hour twice.
    scale = min(1.0, length_s / observed_s) if observed_s else 1.0
    return MonthAvailability(
        year=start.year,
        month=start.month,
        length_s=length_s,
        observed_s=observed_s * scale,
        up_s=up_s * scale,
        degraded_s=degraded_s * scale,
        doubtful_s=doubtful_s * scale,
        outages=sum(start <= each < end for each in outages),
    )

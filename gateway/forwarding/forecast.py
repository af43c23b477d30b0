"""When everything that waits has left: from what the way to the centre really carried, with an honest range.

The recent past is played on, many times: goodput and arrivals are drawn from the measured bins in blocks of two hours,
as a slow hour comes seldom alone (moving-block bootstrap; Künsch 1989), until the backlog is gone. The range is where
nineteen of twenty of these futures end. An outage is no part of it: nobody knows its end, so that while the centre is
away the forecast counts from its return.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

BIN_S = 600.0
BLOCK_BINS = 12
FUTURES = 400
LONGEST_BINS = 60 * 144
"""Sixty days: what takes longer is not told in hours."""
FEWEST_BINS = 6
"""An hour of sending; less says nothing of how the next hours will be."""
RANGE = (0.025, 0.975)
"""Nineteen of twenty futures. The range is widened by what a short history cannot know."""
_SHORTEST_BACKLOGGED_S = 10.0
_STEP_BINS = 512


class Unknown(StrEnum):
    """Why there is no forecast."""

    TOO_LITTLE_MEASURED = "too_little_measured"
    NEVER_AT_THIS_RATE = "never_at_this_rate"
    """More comes in than leaves."""


@dataclass(frozen=True)
class Interval:
    """What one bin came to."""

    seconds: float
    """That the gateway ran."""
    backlogged_s: float
    """Of these, in which something waited, the centre was there and the quota allowed it or not: what was sent then is
    what the way carries."""
    sent: int
    """Bytes."""
    arrived: int


@dataclass(frozen=True)
class Forecast:
    """Seconds until nothing waits any more; from now, or from the centre's return."""

    earliest_s: float | None
    likely_s: float | None
    latest_s: float | None
    """None: not within sixty days in some of the futures."""
    unknown: Unknown | None = None


NOTHING_WAITS = Forecast(0.0, 0.0, 0.0)


def drain_forecast(backlog: int, history: Sequence[Interval], seed: int = 0) -> Forecast:
    """When a backlog will be gone.

    Parameters
    ----------
    backlog : int
        Bytes.
    history : sequence of Interval
        Bins of `BIN_S`, the oldest first; a week is enough.
    seed : int
        Of the draws: the same history gives the same forecast.
    """
    if backlog <= 0:
        return NOTHING_WAITS
    rates = np.array([each.sent / each.backlogged_s for each in history if each.backlogged_s >= _SHORTEST_BACKLOGGED_S])
    if len(rates) < FEWEST_BINS or not rates.any():
        return Forecast(None, None, None, Unknown.TOO_LITTLE_MEASURED)
    arrivals = np.array([each.arrived / each.seconds for each in history if each.seconds >= _SHORTEST_BACKLOGGED_S])
    bins = _futures(float(backlog), rates * BIN_S, arrivals * BIN_S, np.random.default_rng(seed))
    spread = _widening(len(rates))
    low, high = RANGE
    earliest = _quantile(bins, low) / spread
    latest = _quantile(bins, high) * spread
    likely = _quantile(bins, 0.5)
    if not np.isfinite(earliest):
        return Forecast(None, None, None, Unknown.NEVER_AT_THIS_RATE)
    return Forecast(_seconds(earliest), _seconds(likely), _seconds(latest))


def _futures(
    backlog: float, sent: NDArray[np.float64], arrived: NDArray[np.float64], random: np.random.Generator
) -> NDArray[np.float64]:
    """Bins until the backlog is gone, of each future; infinite where it is not within `LONGEST_BINS`."""
    left = np.full(FUTURES, backlog)
    ends = np.full(FUTURES, np.inf)
    for begin in range(0, LONGEST_BINS, _STEP_BINS):
        change = _drawn(arrived, random) - _drawn(sent, random)
        course = left[:, None] + np.cumsum(change, axis=1)
        gone = course <= 0
        first = gone.argmax(axis=1)
        now_gone = gone.any(axis=1) & np.isinf(ends)
        rows = np.flatnonzero(now_gone)
        before = np.where(first[rows] > 0, course[rows, first[rows] - 1], left[rows])
        # The last bin ends where the straight line through it meets nothing.
        ends[rows] = begin + first[rows] + before / np.maximum(before - course[rows, first[rows]], 1e-9)
        left = course[:, -1]
        if np.isfinite(ends).all():
            break
    return ends


def _drawn(measured: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.float64]:
    """(`FUTURES`, `_STEP_BINS`) values in blocks of neighbours, which wrap around at the end."""
    if not len(measured):
        return np.zeros((FUTURES, _STEP_BINS))
    blocks = -(-_STEP_BINS // BLOCK_BINS)
    begins = random.integers(0, len(measured), (FUTURES, blocks, 1))
    places = (begins + np.arange(BLOCK_BINS)) % len(measured)
    drawn: NDArray[np.float64] = measured[places].reshape(FUTURES, -1)[:, :_STEP_BINS]
    return drawn


def _widening(bins: int) -> float:
    """Factor on both ends: of a few blocks the spread is underrated, by about one over the root of their number."""
    return float(1.0 + 1.0 / np.sqrt(max(1.0, bins / BLOCK_BINS)))


def _quantile(values: NDArray[np.float64], share: float) -> float:
    return float(np.sort(values)[min(len(values) - 1, int(share * len(values)))])


def _seconds(bins: float) -> float | None:
    return bins * BIN_S if np.isfinite(bins) else None

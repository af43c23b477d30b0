"""How a value moves from calibration to calibration, and when it will reach its limit if it goes on so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt

import numpy as np

from calibration.record import CalibrationRecord, StatedVerdict

SIGNIFICANT = 2.0
"""Standard deviations of the slope; below, the value stays as far as anybody can say."""
FURTHEST = timedelta(days=3650)
DAY_S = 86_400.0
MIN_POINTS = 3


@dataclass(frozen=True)
class Point:
    """A value of one calibration."""

    at: datetime
    value: float
    uncertainty: float


@dataclass(frozen=True)
class Trend:
    """A limit's values over time.

    Parameters
    ----------
    limit : str
    unit : str
    points : tuple of Point
        The oldest first; of one version of the procedure.
    minimum, maximum : float or None
    slope_per_day : float or None
        None with fewer than three points, or where they are all of one moment.
    slope_uncertainty : float or None
    crossing : datetime or None
        When the line reaches a limit; None where it moves away, stands, or does not within ten years.
    earliest : datetime or None
        The same with the slope two of its uncertainties steeper.
    """

    limit: str
    unit: str
    points: tuple[Point, ...]
    minimum: float | None
    maximum: float | None
    slope_per_day: float | None = None
    slope_uncertainty: float | None = None
    crossing: datetime | None = None
    earliest: datetime | None = None

    @property
    def moves(self) -> bool:
        """Whether the slope is more than chance."""
        if self.slope_per_day is None or self.slope_uncertainty is None:
            return False
        return abs(self.slope_per_day) > SIGNIFICANT * self.slope_uncertainty


def trend_of(limit: str, records: Sequence[CalibrationRecord]) -> Trend | None:
    """The trend of one limit's value; None where the newest record has no value of it.

    Parameters
    ----------
    limit : str
        Name of the limit.
    records : sequence of CalibrationRecord
        Of one device, the oldest first.
    """
    found = [(record, verdict) for record in records for verdict in record.verdicts if verdict.limit == limit]
    if not found or found[-1][1].value is None:
        return None
    newest = found[-1][1]
    version = _version(*found[-1])
    points = tuple(
        Point(record.time.wall, verdict.value, verdict.uncertainty or 0.0)
        for record, verdict in found
        if verdict.value is not None and _version(record, verdict) == version
    )
    return _with_line(Trend(limit, newest.unit, points, newest.minimum, newest.maximum))


def _version(record: CalibrationRecord, verdict: StatedVerdict) -> str:
    measurement = record.measurement(verdict.procedure)
    return "" if measurement is None else measurement.version


def _with_line(trend: Trend) -> Trend:
    """Weighted least squares; points of unknown uncertainty weigh alike."""
    points = trend.points
    last = points[-1].at
    days = np.array([(each.at - last).total_seconds() / DAY_S for each in points])
    if len(points) < MIN_POINTS or float(np.ptp(days)) <= 0:
        return trend
    values = np.array([each.value for each in points])
    spread = np.array([each.uncertainty for each in points])
    known = spread[spread > 0]
    spread = np.where(spread > 0, spread, float(np.median(known)) if known.size else 1.0)
    weights = 1 / spread**2
    middle = float((weights * days).sum() / weights.sum())
    level = float((weights * values).sum() / weights.sum())
    width = float((weights * (days - middle) ** 2).sum())
    slope = float((weights * (days - middle) * (values - level)).sum() / width)
    residual = values - level - slope * (days - middle)
    # Values stray between calibrations by more than their own uncertainty: the larger of both is the slope's.
    scatter = float((weights * residual**2).sum() / (len(points) - 2))
    uncertainty = sqrt(max(scatter, 1.0 if known.size else scatter) / width)
    now = level - slope * middle
    fitted = Trend(
        trend.limit,
        trend.unit,
        points,
        trend.minimum,
        trend.maximum,
        slope_per_day=slope,
        slope_uncertainty=uncertainty,
    )
    if not fitted.moves:
        return fitted
    steeper = slope + SIGNIFICANT * uncertainty * (1 if slope > 0 else -1)
    return Trend(
        *(trend.limit, trend.unit, points, trend.minimum, trend.maximum, slope, uncertainty),
        crossing=_crossing(trend, last, now, slope),
        earliest=_crossing(trend, last, now, steeper),
    )


def _crossing(trend: Trend, last: datetime, now: float, slope: float) -> datetime | None:
    bound = trend.maximum if slope > 0 else trend.minimum
    if bound is None:
        return None
    days = (bound - now) / slope
    return last + timedelta(days=max(0.0, days)) if days <= FURTHEST.days else None

"""The figures of a day, computed from what the stores say."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from statistics import median

from gateway.day.ports import DayCapture, DayEnrolment, DaySources
from gateway.trust import ClockQuality, SignedTime

_ORDER = (ClockQuality.TRUSTED, ClockQuality.HOLDOVER, ClockQuality.UNTRUSTED)


@dataclass(frozen=True)
class Span:
    """Minutes from begin to end of several enrolments, pauses included."""

    people: int
    """Of how many the minutes are known."""
    median: float
    longest: float


@dataclass(frozen=True)
class FingerFigures:
    """Of one finger or eye."""

    unit: str
    people: int
    """Who gave it a try."""
    tries: int
    passed: int
    """Tries that reached what was asked."""

    @property
    def tries_each(self) -> float:
        """Tries per person."""
        return self.tries / self.people


@dataclass(frozen=True)
class OperatorFigures:
    """Of one operator, as they named themselves."""

    operator: str
    people: int
    abandoned: int
    minutes: Span | None
    tries: int
    exceptions: int


@dataclass(frozen=True)
class DeviceFigures:
    """Of one device."""

    device: str
    captures: int
    recorded: int


@dataclass(frozen=True)
class DayFigures:
    """A day of an office.

    `None` for a number of packets says that nobody keeps count of it here, which is not the same as none.
    """

    day: date
    zone: str
    start: datetime
    end: datetime
    whole: bool
    """The day is over."""
    people: int
    """Recorded: sealed on the day, supplements not counted again."""
    supplements: int
    abandoned: int
    under_way: int
    """Begun on the day, and neither sealed nor abandoned."""
    minutes: Span | None
    fingers: tuple[FingerFigures, ...]
    exceptions: tuple[tuple[str, int], ...]
    """By reason."""
    operators: tuple[OperatorFigures, ...]
    devices: tuple[DeviceFigures, ...]
    sent: int | None
    received: int | None
    waiting: int | None
    clock: ClockQuality | None
    """The worst of the times that were counted; None where there was nothing."""
    odd_times: int
    """Enrolments whose end lies before their begin: a clock was set meanwhile, nobody saw by how much, and their
    minutes are not counted."""


def day_bounds(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """Begin and end of a day of that zone, UTC; 23 or 25 hours apart where its clocks change."""
    start = datetime.combine(day, time(), zone).astimezone(UTC)
    return start, datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)


def day_figures(day: date, zone: tzinfo, zone_name: str, sources: DaySources, now: datetime) -> DayFigures:
    """Count a day. Blocking.

    Parameters
    ----------
    day : date
        By the office's calendar.
    zone : tzinfo
    zone_name : str
        As it is shown.
    sources : DaySources
    now : datetime
        UTC.
    """
    start, end = day_bounds(day, zone)
    enrolments = list(sources.enrolments(start, end))
    ended = [each for each in enrolments if each.ended is not None and start <= each.ended.wall < end]
    sealed = [each for each in ended if each.state == "sealed"]
    people = [each for each in sealed if not each.supplements]
    captures = list(sources.captures(start, end))
    return DayFigures(
        day=day,
        zone=zone_name,
        start=start,
        end=end,
        whole=now >= end,
        people=len(people),
        supplements=len(sealed) - len(people),
        abandoned=sum(each.state == "abandoned" for each in ended),
        under_way=sum(each.ended is None for each in enrolments),
        minutes=_span(people),
        fingers=_fingers(sealed),
        exceptions=tuple(sorted(Counter(reason for each in sealed for _, reason in each.exceptions).items())),
        operators=_operators(ended),
        devices=_devices(captures),
        sent=sources.packets_sent(start, end),
        received=sources.packets_received(start, end),
        waiting=sources.packets_waiting(),
        clock=_worst(ended, captures),
        odd_times=sum(_minutes(each) is None for each in people),
    )


def _minutes(enrolment: DayEnrolment) -> float | None:
    if enrolment.ended is None:
        return None
    took_s = (enrolment.ended.wall - enrolment.started.wall).total_seconds() - enrolment.clock_set_s
    return took_s / 60 if took_s >= 0 else None


def _span(enrolments: Iterable[DayEnrolment]) -> Span | None:
    known = [minutes for each in enrolments if (minutes := _minutes(each)) is not None]
    return Span(len(known), median(known), max(known)) if known else None


def _fingers(enrolments: Iterable[DayEnrolment]) -> tuple[FingerFigures, ...]:
    tries: Counter[str] = Counter()
    passed: Counter[str] = Counter()
    people: defaultdict[str, set[str]] = defaultdict(set)
    for enrolment in enrolments:
        for each in enrolment.tries:
            tries[each.unit] += 1
            passed[each.unit] += each.passed
            people[each.unit].add(enrolment.enrolment_id)
    return tuple(FingerFigures(unit, len(people[unit]), tries[unit], passed[unit]) for unit in sorted(tries))


def _operators(ended: Sequence[DayEnrolment]) -> tuple[OperatorFigures, ...]:
    found = []
    for operator in sorted({each.operator for each in ended}):
        own = [each for each in ended if each.operator == operator]
        people = [each for each in own if each.state == "sealed" and not each.supplements]
        found.append(
            OperatorFigures(
                operator,
                len(people),
                sum(each.state == "abandoned" for each in own),
                _span(people),
                sum(len(each.tries) for each in own),
                sum(len(each.exceptions) for each in own),
            )
        )
    return tuple(found)


def _devices(captures: Sequence[DayCapture]) -> tuple[DeviceFigures, ...]:
    made = Counter(each.device for each in captures)
    recorded = Counter(each.device for each in captures if each.recorded)
    return tuple(DeviceFigures(device, made[device], recorded[device]) for device in sorted(made))


def _worst(ended: Sequence[DayEnrolment], captures: Sequence[DayCapture]) -> ClockQuality | None:
    times: list[SignedTime] = [each.ended for each in ended if each.ended is not None]
    times += [each.time for each in captures]
    return max((each.quality for each in times), key=_ORDER.index, default=None)

"""A day as CSV (RFC 4180): a row for each figure, so that days can be put below one another."""

import csv
import io
from collections.abc import Iterator

from gateway.day.figures import DayFigures, Span

HEADER = ("day", "zone", "of", "name", "figure", "value")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Row = tuple[str, str, str, float | int | None]


def day_csv(figures: DayFigures) -> str:
    """The day's rows under their header; lines end with CR LF, and a figure that nobody knows is empty."""
    text = io.StringIO()
    writer = csv.writer(text)  # its defaults are those of RFC 4180
    writer.writerow(HEADER)
    for of, name, figure, value in day_rows(figures):
        shown = "" if value is None else f"{value:.2f}" if isinstance(value, float) else str(value)
        writer.writerow((figures.day.isoformat(), figures.zone, of, _harmless(name), figure, shown))
    return text.getvalue()


def day_rows(figures: DayFigures) -> Iterator[Row]:
    """Every figure: of what, its name, which figure, and its value; None where nobody knows it."""
    office = (
        ("people", figures.people),
        ("supplements", figures.supplements),
        ("abandoned", figures.abandoned),
        ("under_way", figures.under_way),
        ("packets_sent", figures.sent),
        ("packets_received", figures.received),
        ("packets_waiting", figures.waiting),
        ("odd_times", figures.odd_times),
    )
    for figure, value in office:
        yield "office", "", figure, value
    for figure, minutes in _minutes(figures.minutes):
        yield "office", "", figure, minutes
    for finger in figures.fingers:
        yield "finger", finger.unit, "people", finger.people
        yield "finger", finger.unit, "tries", finger.tries
        yield "finger", finger.unit, "passed", finger.passed
    for reason, count in figures.exceptions:
        yield "exception", reason, "count", count
    for operator in figures.operators:
        yield "operator", operator.operator, "people", operator.people
        yield "operator", operator.operator, "abandoned", operator.abandoned
        yield "operator", operator.operator, "tries", operator.tries
        yield "operator", operator.operator, "exceptions", operator.exceptions
        for figure, minutes in _minutes(operator.minutes):
            yield "operator", operator.operator, figure, minutes
    for device in figures.devices:
        yield "device", device.device, "captures", device.captures
        yield "device", device.device, "recorded", device.recorded


def _minutes(span: Span | None) -> tuple[tuple[str, float | None], ...]:
    return (
        ("minutes_median", None if span is None else span.median),
        ("minutes_longest", None if span is None else span.longest),
    )


def _harmless(name: str) -> str:
    """A name that a spreadsheet would take for a formula, made a text."""
    return f"'{name}" if name.startswith(_FORMULA) else name

"""A day in numbers: what is counted, by whose calendar, and how it is written."""

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.day import DayCapture, DayEnrolment, DayFigures, day_bounds, day_csv, day_figures, day_page
from gateway.day.ports import DayTry
from gateway.trust import ClockQuality, SignedTime

WIB = timezone(timedelta(hours=7))
DAY = date(2026, 11, 26)
START = datetime(2026, 11, 25, 17, 0, tzinfo=UTC)
"""Midnight in Jakarta."""


def at(minutes: float, quality: ClockQuality = ClockQuality.TRUSTED) -> SignedTime:
    return SignedTime(START + timedelta(minutes=minutes), 1.0, quality, None if quality == "untrusted" else 0.1)


def enrolment(number: int, start: float, end: float | None, state: str = "sealed", **more: object) -> DayEnrolment:
    made = DayEnrolment(
        f"e-{number}",
        state,
        "siti",
        at(start),
        None if end is None else at(end),
        (DayTry("right-thumb", True),),
        (),
        False,
    )
    return replace(made, **more)  # type: ignore[arg-type]


@dataclass
class Sources:
    held: list[DayEnrolment]
    made: list[DayCapture]
    counts: int | None = None

    def enrolments(self, start: datetime, end: datetime) -> Iterable[DayEnrolment]:
        assert (start, end) == (START, START + timedelta(days=1))
        return self.held

    def captures(self, start: datetime, end: datetime) -> Iterable[DayCapture]:
        return self.made

    def packets_sent(self, start: datetime, end: datetime) -> int | None:
        return self.counts

    packets_received = packets_sent

    def packets_waiting(self) -> int | None:
        return self.counts


def figures(*held: DayEnrolment, made: Iterable[DayCapture] = (), counts: int | None = None) -> DayFigures:
    sources = Sources(list(held), list(made), counts)
    return day_figures(DAY, WIB, "Asia/Jakarta", sources, START + timedelta(days=2))


def test_a_day_is_counted() -> None:
    budi = {"operator": "budi"}
    tries = (DayTry("right-thumb", False), DayTry("right-thumb", True), DayTry("left-iris", True))
    found = figures(
        enrolment(1, 60, 64, tries=tries, exceptions=(("left-little", "amputated"),)),
        enrolment(2, 70, 80, **budi),
        enrolment(3, -1000, 5),  # begun the day before, sealed on this
        enrolment(4, 90, 95, "abandoned", **budi),
        enrolment(5, 100, None, "paused"),
        enrolment(6, 110, 112, supplements=True),
        enrolment(7, 1430, 1450),  # begun on the day, sealed on the next
        made=[DayCapture("zfm:1", each < 3, at(60)) for each in range(4)] + [DayCapture("uvc:2", True, at(61))],
    )
    assert (found.people, found.supplements, found.abandoned, found.under_way) == (3, 1, 1, 1)
    assert found.minutes is not None
    assert (found.minutes.people, found.minutes.median, found.minutes.longest) == (3, 10, 1005)
    thumb = next(each for each in found.fingers if each.unit == "right-thumb")
    assert (thumb.people, thumb.tries, thumb.passed, thumb.tries_each) == (4, 5, 4, 1.25)
    assert found.exceptions == (("amputated", 1),)
    assert [(each.operator, each.people, each.abandoned) for each in found.operators] == [
        ("budi", 1, 1),
        ("siti", 2, 0),
    ]
    assert [(each.device, each.captures, each.recorded) for each in found.devices] == [("uvc:2", 1, 1), ("zfm:1", 4, 3)]
    assert (found.whole, found.clock, found.odd_times) == (True, ClockQuality.TRUSTED, 0)


def test_a_clock_that_was_set_is_told_and_its_minutes_left_out() -> None:
    found = figures(
        enrolment(1, 60, 50),
        enrolment(2, 60, 66),
        made=[DayCapture("zfm:1", True, at(60, ClockQuality.HOLDOVER))],
    )
    assert (found.people, found.odd_times, found.clock) == (2, 1, ClockQuality.HOLDOVER)
    assert found.minutes is not None
    assert found.minutes.longest == 6
    page = day_page(found, "Kedoya", "en")
    assert "not synchronised" in page
    assert "1 enrolments ended before their begin" in page
    assert "tidak dapat dipercaya" in day_page(replace(found, clock=ClockQuality.UNTRUSTED), "Kedoya", "id")


def test_minutes_are_those_that_went_by_where_it_is_known_how_the_clock_was_set() -> None:
    found = figures(
        enrolment(1, 60, 60 + 6 + 180, clock_set_s=180 * 60.0),
        enrolment(2, 60, 60 + 8 - 30, clock_set_s=-30 * 60.0),
        enrolment(3, 60, 40, clock_set_s=-60.0),
    )
    assert found.minutes is not None
    assert (found.minutes.people, found.minutes.median, found.minutes.longest) == (2, 7, 8)
    assert found.odd_times == 1


def test_a_day_without_anybody() -> None:
    found = figures()
    assert (found.people, found.minutes, found.clock, found.fingers) == (0, None, None, ())
    assert "not known" in day_page(found, "", "en")
    assert day_csv(found).startswith("day,zone,of,name,figure,value\r\n2026-11-26,Asia/Jakarta,office,,people,0\r\n")


def test_what_nobody_counts_is_not_none() -> None:
    rows = {row["figure"]: row["value"] for row in csv.DictReader(io.StringIO(day_csv(figures(counts=None))))}
    assert (rows["packets_sent"], rows["packets_waiting"]) == ("", "")
    rows = {row["figure"]: row["value"] for row in csv.DictReader(io.StringIO(day_csv(figures(counts=0))))}
    assert (rows["packets_sent"], rows["packets_received"], rows["packets_waiting"]) == ("0", "0", "0")


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [("Asia/Jakarta", DAY, 24), ("Europe/Berlin", date(2026, 3, 29), 23), ("Europe/Berlin", date(2026, 10, 25), 25)],
)
def test_a_day_is_the_offices_own(zone: str, day: date, hours: int) -> None:
    start, end = day_bounds(day, ZoneInfo(zone))
    assert end - start == timedelta(hours=hours)
    assert start.astimezone(ZoneInfo(zone)).date() == day


operators = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30)


@given(operators)
def test_any_operators_name_is_written_and_read_back(operator: str) -> None:
    found = figures(enrolment(1, 1, 2, operator=operator))
    rows = list(csv.DictReader(io.StringIO(day_csv(found), newline="")))
    names = {
        row["name"].removeprefix("'") if operator[0] in "=+-@" else row["name"]
        for row in rows
        if row["of"] == "operator"
    }
    assert names == {operator}
    assert not any(row["name"].startswith(("=", "+", "-", "@")) for row in rows)
    texts: list[str] = []

    class Reader(HTMLParser):
        def handle_data(self, data: str) -> None:
            texts.append(data)

    Reader().feed(day_page(found, operator, "id"))
    assert operator in texts


def test_the_page_needs_nothing_else_and_names_no_enrolment() -> None:
    page = day_page(figures(enrolment(1, 1, 2)), "Kedoya <script>alert(1)</script>", "id")
    assert "<script" not in page
    assert not re.search(r"https?://|src=|href=|@import|url\(", page)
    assert "e-1" not in page
    assert "e-1" not in day_csv(figures(enrolment(1, 1, 2)))

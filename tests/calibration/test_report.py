"""Reports: self-contained, true to the record, and nobody's text becomes markup."""

import re
from dataclasses import replace

import numpy as np
import pytest

from calibration.judgement import stated_verdicts
from calibration.limits import limits_of
from calibration.measurement import Measured, Measurement
from calibration.record import Action, VerdictOutcome
from calibration.report import Report, report_html, report_pdf
from calibration.report.content import headline
from calibration.report.figure import Dots, Line, svg, ticks
from calibration.report.figures import figures_of
from calibration.target_sheets import sheet_pdf, sheets
from tests.calibration.records import decision, record, verdict


def measured() -> tuple[Measurement, ...]:
    rng = np.random.default_rng(1)
    bad = np.zeros((40, 50), bool)
    bad[3, 4] = True
    return (
        Measurement(
            "flat_field",
            "1",
            (),
            {"gain": rng.normal(1, 0.05, (40, 50)).astype(np.float32), "offset": np.full((40, 50), 4.0)},
        ),
        Measurement("bad_pixels", "1", (Measured("bad_pixels", 0.05, 0.0, "%"),), {"bad": bad}),
        Measurement("geometry", "1", (), {"error_x": rng.normal(0, 0.1, (40, 50)).astype(np.float32)}),
    )


def report(**changes: object) -> Report:
    frequencies = (1, 5, 10)
    limits = tuple(
        verdict(
            f"ctf_{f}", 0.9 - 0.05 * f, minimum=0.95 - 0.069 * f, maximum=1.05, unit="1", outcome=VerdictOutcome.PASS
        )
        for f in frequencies
    )
    values = tuple(Measured(f"ctf_{f}", 0.9 - 0.05 * f, 0.003, "1") for f in frequencies)
    first = record()
    one = replace(
        record(day=60, sequence=3),
        verdicts=(*limits, verdict()),
        measurements=(*first.measurements, replace(first.measurements[0], procedure="ctf_bars", values=values)),
        **changes,  # type: ignore[arg-type]
    )
    return Report(one, measured(), (first, decision(Action.ACCEPT, "cal-1", 2), one), in_use=True)


@pytest.mark.parametrize("language", ["id", "en"])
def test_a_page_needs_nothing_beside_it_and_holds_every_verdict(language: str) -> None:
    page = report_html(report(), language).decode()
    assert not re.search(r"<script|<link|url\(|@import", page)
    assert set(re.findall(r'(?:src|href)="([^"]{0,11})', page)) <= {"data:image/"}
    for name in ("ctf_1", "ctf_5", "ctf_10", "ppi_x", "CERT-7", "Sri"):
        assert name in page
    assert page.count("<svg") >= 6  # ctf, gain, offset, bad pixels, geometry, trend
    assert "certified" not in page


def test_text_of_people_is_no_markup() -> None:
    page = report_html(report(operator="<script>alert(1)</script>")).decode()
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_a_failure_is_named_in_the_headline() -> None:
    one = report()
    failed = replace(one, record=replace(one.record, verdicts=(verdict(value=510.0),)))
    page = report_html(failed, "en").decode()
    assert "outside the nominal limits of appendix-f-500: ppi_x" in page
    assert "self-test within Appendix F nominal limits" in report_html(one, "en").decode()


def test_modulation_that_nobody_measured_is_named_in_the_headline() -> None:
    limits = limits_of("appendix-f-500")
    values: dict[str, Measured] = {}
    for each in limits.limits:
        bounds = [bound for limit in limits.on(each.of) for bound in (limit.at_least, limit.at_most)]
        there = [bound for bound in bounds if bound is not None]
        middle = max(there) if each.at_most is None else min(there) if each.at_least is None else sum(there) / 2
        values[each.of] = Measured(each.of, middle, 0.0, each.unit)
    verdicts = stated_verdicts(limits, [Measurement("all", "1", tuple(values.values()))])
    left = {each.limit for each in verdicts if each.outcome is VerdictOutcome.NOT_MEASURED}
    assert left == {"ctf", "mtf"}
    assert {each.outcome for each in verdicts if each.limit not in left} == {VerdictOutcome.PASS}
    words = headline(record(verdicts=verdicts))
    assert words.en.startswith("self-test within Appendix F nominal limits; not decided or not measured: ")
    assert {"ctf", "mtf"} == set(words.en.rpartition(": ")[2].split(", "))


def test_limits_of_frequencies_that_were_not_measured_keep_within_the_drawing() -> None:
    one = report()
    unmeasured = verdict("ctf_20", minimum=0.2, maximum=1.05, unit="1", outcome=VerdictOutcome.NOT_MEASURED)
    wide = replace(one, record=replace(one.record, verdicts=(*one.record.verdicts, replace(unmeasured, value=None))))
    (drawn,) = (each for each in figures_of(wide, "en") if each.title == "ctf")
    points = [point for shape in drawn.shapes if isinstance(shape, Line | Dots) for point in shape.points]
    assert max(x for x, _ in points) <= drawn.width


def test_a_pdf_holds_the_drawings_and_takes_letters_that_it_has_not() -> None:
    content = report_pdf(report(operator="Ngọc ≤ Śri"), "en")
    assert content.startswith(b"%PDF")
    assert content.count(b"/Subtype /Image") >= 4


def test_a_record_without_curves_or_history_is_reported() -> None:
    bare = Report(record(verdicts=()), ())
    assert b"No limit was tested" in report_html(bare, "en")
    assert report_pdf(bare).startswith(b"%PDF")
    assert figures_of(bare, "en") == []


def test_drawings_hold_numbers_alone() -> None:
    for each in figures_of(report(), "en"):
        drawn = svg(each)
        assert "nan" not in drawn
        assert "inf" not in drawn.replace("info", "")


def test_ticks_are_round_and_inside() -> None:
    assert ticks(0, 1) == [0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert all(495 <= each <= 505 for each in ticks(495, 505))


@pytest.mark.parametrize("sheet", sheets(), ids=lambda sheet: sheet.name)
def test_sheets_are_printed_with_their_caveats_and_the_same_each_time(sheet: object) -> None:
    content = sheet_pdf(sheet, "en")  # type: ignore[arg-type]
    assert content.startswith(b"%PDF")
    assert content == sheet_pdf(sheet, "en")  # type: ignore[arg-type]


def test_what_a_printer_cannot_make_is_not_printed() -> None:
    names = {each.name for each in sheets()}
    assert {"ronchi-1", "iris-square"} <= names
    assert not names & {"bars-1-10", "sine-1-10"}
    square = next(each for each in sheets() if each.name == "iris-square")
    assert any("850 nm" in caveat.en for caveat in square.caveats)

"""The report as PDF, A4, for the folder of the device."""

from io import BytesIO

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from calibration.record import VerdictOutcome
from calibration.report.content import HEADS, Report, facts, headline, history_rows, say, verdict_row
from calibration.report.figure import BAD, GOOD, INK, Dots, Figure, Label, Line, Picture, png
from calibration.report.figures import figures_of
from calibration.report.page import DRAWINGS, HISTORY, NOTE, TITLE, VERDICTS

_MARGIN = 14.0
_WIDTH = 210 - 2 * _MARGIN
_COLUMNS = (34.0, 27.0, 18.0, 19.0, 19.0, 26.0, _WIDTH - 143.0)
_POINTS_PER_MM = 72 / 25.4


def report_pdf(report: Report, language: str = "id") -> bytes:
    """The report on as many pages as it takes.

    Parameters
    ----------
    report : Report
    language : str
        `id` or `en`.
    """
    record = report.record
    pdf = FPDF(format="A4")
    pdf.set_margin(_MARGIN)
    pdf.set_auto_page_break(auto=True, margin=_MARGIN)
    pdf.set_creation_date(record.time.wall)
    pdf.set_title(latin(f"{say(TITLE, language)} {record.calibration_id}"))
    pdf.set_lang(language)
    pdf.add_page()
    _text(pdf, f"{say(TITLE, language)} {record.device.id}", 16, bold=True)
    _text(pdf, say(headline(record), language), 11, bold=True, colour=BAD if record.failures else GOOD)
    pdf.ln(2)
    for name, value in facts(report, language):
        _row(pdf, (name, value), (45.0, _WIDTH - 45.0), 9)
    pdf.ln(3)
    _text(pdf, say(VERDICTS, language), 12, bold=True)
    _row(pdf, tuple(say(each, language) for each in HEADS), _COLUMNS, 7.5, bold=True)
    for verdict in record.verdicts:
        failed = VerdictOutcome(verdict.outcome) is VerdictOutcome.FAIL
        _row(pdf, verdict_row(verdict, language), _COLUMNS, 7.5, colour=BAD if failed else INK)
    drawings = figures_of(report, language)
    if drawings:
        pdf.ln(3)
        _text(pdf, say(DRAWINGS, language), 12, bold=True)
    for each in drawings:
        _draw(pdf, each)
    pdf.ln(2)
    _text(pdf, say(HISTORY, language), 12, bold=True)
    for row in history_rows(report.history, language):
        _row(pdf, row, (30.0, 52.0, _WIDTH - 82.0), 8)
    pdf.ln(2)
    _text(pdf, say(NOTE, language), 8)
    return bytes(pdf.output())


def latin(text: str) -> str:
    """The text in the letters of the PDF's own fonts; others become `?`."""
    return text.replace("≤", "<=").replace("≥", ">=").encode("latin-1", "replace").decode("latin-1")


def _text(pdf: FPDF, text: str, points: float, *, bold: bool = False, colour: str = INK) -> None:
    pdf.set_font("helvetica", "B" if bold else "", points)
    pdf.set_text_color(*_rgb(colour))
    pdf.multi_cell(0, points * 0.45, latin(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")


def _row(
    pdf: FPDF,
    cells: tuple[str, ...],
    widths: tuple[float, ...],
    points: float,
    *,
    bold: bool = False,
    colour: str = INK,
) -> None:
    """Cells beside each other, as high as the longest of them; never cut by the end of a page."""
    pdf.set_font("helvetica", "B" if bold else "", points)
    pdf.set_text_color(*_rgb(colour))
    line = points * 0.42
    heights = [
        pdf.multi_cell(width, line, latin(cell), dry_run=True, output="HEIGHT")
        for cell, width in zip(cells, widths, strict=True)
    ]
    height = max(float(each) for each in heights if isinstance(each, float | int)) + 0.8
    if pdf.get_y() + height > pdf.h - _MARGIN:
        pdf.add_page()
    x, y = pdf.l_margin, pdf.get_y()
    for cell, width in zip(cells, widths, strict=True):
        pdf.set_xy(x, y)
        pdf.multi_cell(width, line, latin(cell), align="L")
        x += width
    pdf.set_xy(pdf.l_margin, y + height)


def _draw(pdf: FPDF, figure: Figure) -> None:
    scale = min(1.0, _WIDTH / figure.width)
    if pdf.get_y() + figure.height * scale + 10 > pdf.h - _MARGIN:
        pdf.add_page()
    _text(pdf, figure.title, 9)
    left, top = pdf.l_margin, pdf.get_y()
    for shape in figure.shapes:
        if isinstance(shape, Line):
            pdf.set_draw_color(*_rgb(shape.colour))
            pdf.set_line_width(shape.width * scale)
            pdf.set_dash_pattern(dash=1.6 if shape.dashed else 0, gap=1.2 if shape.dashed else 0)
            pdf.polyline([(left + x * scale, top + y * scale) for x, y in shape.points])
            pdf.set_dash_pattern()
        elif isinstance(shape, Dots):
            pdf.set_fill_color(*_rgb(shape.colour))
            radius = shape.radius * scale
            for x, y in shape.points:
                pdf.ellipse(left + x * scale - radius, top + y * scale - radius, 2 * radius, 2 * radius, style="F")
        elif isinstance(shape, Label):
            _label(pdf, shape, left, top, scale)
        elif isinstance(shape, Picture):
            place = (left + shape.x * scale, top + shape.y * scale, shape.width * scale, shape.height * scale)
            pdf.image(BytesIO(png(shape.pixels)), *place)
    pdf.set_xy(pdf.l_margin, top + figure.height * scale + 3)


def _label(pdf: FPDF, label: Label, left: float, top: float, scale: float) -> None:
    pdf.set_font("helvetica", "", label.size * scale * _POINTS_PER_MM)
    pdf.set_text_color(*_rgb(label.colour))
    text = latin(label.text)
    shift = {"start": 0.0, "middle": 0.5, "end": 1.0}[label.anchor] * pdf.get_string_width(text)
    pdf.text(left + label.x * scale - shift, top + label.y * scale, text)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)

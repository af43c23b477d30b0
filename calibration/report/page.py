"""The report as one page that needs nothing beside it: no script, no font, no file."""

from html import escape

from calibration.record import VerdictOutcome
from calibration.report.content import HEADS, Report, facts, headline, history_rows, say, verdict_row
from calibration.report.figure import svg
from calibration.report.figures import figures_of
from gateway.guidance import LocalizedText

_STYLE = """
body{font:15px/1.45 system-ui,sans-serif;color:#1d2733;margin:2em auto;max-width:1080px;padding:0 1em}
h1{font-size:1.5em;margin:0 0 .2em}h2{font-size:1.15em;margin:1.6em 0 .4em}
table{border-collapse:collapse;width:100%;font-size:.9em}
th,td{text-align:left;padding:.25em .6em;border-bottom:1px solid #d9dee4;vertical-align:top}
td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.pass{color:#1b7f4b}.fail{color:#b3261e;font-weight:700}.uncertain{color:#8a5a00}.not_measured{color:#6b7785}
.head{font-size:1.1em;padding:.6em .9em;border-left:5px solid #6b7785;background:#f4f6f8}
.head.pass{border-color:#1b7f4b}.head.fail{border-color:#b3261e}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(330px,1fr));gap:1.2em}
figure{margin:0}figcaption{font-size:.9em;margin-bottom:.2em}svg{width:100%;height:auto}
code{font-size:.85em;word-break:break-all}@media print{figure{break-inside:avoid}}
"""
TITLE = LocalizedText("Laporan kalibrasi", "Calibration report")
VERDICTS = LocalizedText("Hasil terhadap batas", "Verdicts")
DRAWINGS = LocalizedText("Pengukuran", "Measurements")
_VALUES = LocalizedText("Semua nilai", "All values")
HISTORY = LocalizedText("Riwayat", "History")
_REMARKS = LocalizedText("Catatan", "Remarks")
NOTE = LocalizedText(
    "Uji mandiri terhadap batas nominal; bukan sertifikat. Tingkat bukti: S = dibaca dalam naskah publik, K = "
    "diketahui, nominal. Yang sah adalah catatan bertanda tangan; halaman ini dibuat darinya.",
    "A self-test against nominal limits; no certificate. Grades: S = read in a public text, K = known, nominal. What "
    "counts is the signed record; this page is made from it.",
)


def report_html(report: Report, language: str = "id") -> bytes:
    """One self-contained page, UTF-8.

    Parameters
    ----------
    report : Report
    language : str
        `id` or `en`.
    """
    record = report.record
    title = f"{say(TITLE, language)} {record.device.id}"
    tone = "fail" if record.failures else "pass" if record.passed else ""
    body = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="head {tone}">{escape(say(headline(record), language))}</p>',
        _pairs(facts(report, language)),
        f"<h2>{say(VERDICTS, language)}</h2>",
        _verdicts(report, language),
    ]
    drawings = figures_of(report, language)
    if drawings:
        shown = "".join(
            f"<figure><figcaption>{escape(each.title)}</figcaption>{svg(each)}</figure>" for each in drawings
        )
        body += [f"<h2>{say(DRAWINGS, language)}</h2>", f'<div class="figures">{shown}</div>']
    body += [f"<h2>{say(_VALUES, language)}</h2>", _values(report)]
    remarks = [
        f"<li>{escape(each.procedure)}: {escape(text)}</li>" for each in record.measurements for text in each.remarks
    ]
    if remarks:
        body += [f"<h2>{say(_REMARKS, language)}</h2>", f"<ul>{''.join(remarks)}</ul>"]
    body += [f"<h2>{say(HISTORY, language)}</h2>", _history(report, language), f"<p>{escape(say(NOTE, language))}</p>"]
    page = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        "style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>{''.join(body)}</body></html>"
    )
    return page.encode("utf-8")


def _pairs(rows: list[tuple[str, str]]) -> str:
    cells = (f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows)
    return f"<table>{''.join(cells)}</table>"


def _verdicts(report: Report, language: str) -> str:
    heads = "".join(f"<th>{escape(say(each, language))}</th>" for each in HEADS)
    rows = []
    for verdict in report.record.verdicts:
        name, *numbers, outcome, source = verdict_row(verdict, language)
        kind = VerdictOutcome(verdict.outcome).value
        cells = "".join(f'<td class="n">{escape(each)}</td>' for each in numbers)
        rows.append(
            f'<tr><td>{escape(name)}</td>{cells}<td class="{kind}">{escape(outcome)}</td><td>{escape(source)}</td></tr>'
        )
    return f"<table><tr>{heads}</tr>{''.join(rows)}</table>"


def _values(report: Report) -> str:
    rows = [
        f"<tr><td>{escape(each.procedure)} {escape(each.version)}</td><td>{escape(value.name)}</td>"
        f'<td class="n">{value.value:.6g}</td><td class="n">± {value.uncertainty:.2g}</td>'
        f"<td>{escape('' if value.unit == '1' else value.unit)}</td></tr>"
        for each in report.record.measurements
        for value in each.values
    ]
    return f"<table>{''.join(rows)}</table>"


def _history(report: Report, language: str) -> str:
    rows = (
        f"<tr><td>{escape(when)}</td><td><code>{escape(what)}</code></td><td>{escape(why)}</td></tr>"
        for when, what, why in history_rows(report.history, language)
    )
    return f"<table>{''.join(rows)}</table>"

"""A day as a page of HTML that needs nothing else: no script, no font, no network."""

from collections.abc import Iterable, Sequence
from html import escape

from gateway.day.figures import DayFigures, Span
from gateway.guidance import LocalizedText
from gateway.trust import ClockQuality

_STYLE = (
    "body{font:16px/1.4 system-ui,sans-serif;margin:2em auto;max-width:52em;padding:0 1em;color:#111}"
    "table{border-collapse:collapse;margin:.5em 0 1.5em;min-width:24em}"
    "th,td{border-bottom:1px solid #bbb;padding:.25em .8em .25em 0;text-align:left}"
    "td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}"
    ".note{background:#fff3cd;padding:.6em 1em}@media print{body{margin:0}}"
)


def _both(id: str, en: str) -> LocalizedText:
    return LocalizedText(id=id, en=en)


_TITLE = _both("Hari dalam angka", "A day in numbers")
_UNKNOWN = _both("tidak diketahui", "not known")
_RUNNING = _both("Hari ini belum berakhir.", "The day is not over.")
_CLOCKS = {
    ClockQuality.HOLDOVER: _both(
        "Jam komputer tidak tersinkron pada sebagian hari itu; waktunya dapat meleset sedikit.",
        "The computer's clock was not synchronised for a part of the day; its times may be a little off.",
    ),
    ClockQuality.UNTRUSTED: _both(
        "Jam komputer tidak dapat dipercaya pada sebagian hari itu; hitungan dapat termasuk hari lain.",
        "The computer's clock could not be trusted for a part of the day; what is counted may belong to another day.",
    ),
}
_ODD = _both(
    "perekaman berakhir sebelum mulai menurut jam; lamanya tidak dihitung.",
    "enrolments ended before their begin by the clock; their minutes are not counted.",
)
_OFFICE = (
    ("people", _both("Warga direkam", "People recorded")),
    ("supplements", _both("Rekaman susulan", "Supplements")),
    ("abandoned", _both("Dibatalkan", "Abandoned")),
    ("under_way", _both("Belum selesai", "Under way")),
    ("sent", _both("Paket dikirim", "Packets sent")),
    ("received", _both("Paket diterima pusat", "Packets received at the centre")),
    ("waiting", _both("Paket menunggu sekarang", "Packets waiting now")),
)
_MINUTES = _both("Menit per warga, tengah / terlama", "Minutes per person, median / longest")
_FINGER = _both("Jari atau mata", "Finger or eye")
_PEOPLE = _both("Warga", "People")
_TRIES = _both("Percobaan", "Tries")
_EACH = _both("Per warga", "Per person")
_PASSED = _both("Cukup baik", "Good enough")
_EXCEPTION = _both("Pengecualian", "Exception")
_COUNT = _both("Jumlah", "Count")
_OPERATOR = _both("Petugas", "Operator")
_ABANDONED = _both("Dibatalkan", "Abandoned")
_DEVICE = _both("Alat", "Device")
_CAPTURES = _both("Pengambilan", "Captures")
_RECORDED = _both("Direkam", "Recorded")


def day_page(figures: DayFigures, office: str, language: str) -> str:
    """The page.

    Parameters
    ----------
    figures : DayFigures
    office : str
        Its name.
    language : str
        `id` or `en`.
    """

    def say(text: LocalizedText) -> str:
        return text.id if language == "id" else text.en

    def number(value: int | None) -> str:
        return say(_UNKNOWN) if value is None else str(value)

    rows = [(say(words), number(getattr(figures, name))) for name, words in _OFFICE]
    rows.append((say(_MINUTES), _minutes(figures.minutes)))
    notes = [] if figures.whole else [say(_RUNNING)]
    if figures.clock in _CLOCKS:
        notes.append(say(_CLOCKS[figures.clock]))
    if figures.odd_times:
        notes.append(f"{figures.odd_times} {say(_ODD)}")
    title = f"{say(_TITLE)}: {figures.day.isoformat()} ({figures.zone})"
    parts = [
        f"<h1>{escape(title)}</h1>",
        f"<p>{escape(office)}</p>",
        *(f'<p class="note">{escape(note)}</p>' for note in notes),
        _table((), rows),
        _table(
            (say(_FINGER), say(_PEOPLE), say(_TRIES), say(_EACH), say(_PASSED)),
            [
                (each.unit, str(each.people), str(each.tries), f"{each.tries_each:.1f}", str(each.passed))
                for each in figures.fingers
            ],
        ),
        _table((say(_EXCEPTION), say(_COUNT)), [(reason, str(count)) for reason, count in figures.exceptions]),
        _table(
            (say(_OPERATOR), say(_PEOPLE), say(_ABANDONED), say(_MINUTES), say(_TRIES), say(_EXCEPTION)),
            [
                (
                    each.operator,
                    str(each.people),
                    str(each.abandoned),
                    _minutes(each.minutes),
                    str(each.tries),
                    str(each.exceptions),
                )
                for each in figures.operators
            ],
        ),
        _table(
            (say(_DEVICE), say(_CAPTURES), say(_RECORDED)),
            [(each.device, str(each.captures), str(each.recorded)) for each in figures.devices],
        ),
    ]
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(language, quote=True)}"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>\n{''.join(parts)}</body></html>\n"
    )


def _minutes(span: Span | None) -> str:
    return "-" if span is None else f"{span.median:.1f} / {span.longest:.1f}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose first column is text and whose others are numbers; nothing where there are no rows."""
    lines = list(rows)
    if not lines:
        return ""
    head = "".join(f"<th{_class(place)}>{escape(each)}</th>" for place, each in enumerate(heads))
    body = "".join(
        "<tr>" + "".join(f"<td{_class(place)}>{escape(each)}</td>" for place, each in enumerate(line)) + "</tr>\n"
        for line in lines
    )
    return f"<table>\n{f'<tr>{head}</tr>' if heads else ''}{body}</table>\n"


def _class(place: int) -> str:
    return ' class="n"' if place else ""

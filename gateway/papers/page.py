"""A sheet of paper: its size, its text that wraps and flows, its QR code; PDF (ISO 32000-1) through fpdf2."""

import io
import struct
import unicodedata
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from gateway.papers.qr import dark_runs

TEXT_FONT = "Helvetica"
"""One of the fonts that every reader of PDF has (ISO 32000-1 clause 9.6.2.2); its letters are those of Latin-1."""
LINE_HEIGHT = 1.25
_MM_PER_POINT = 25.4 / 72
_ROLL_LENGTH_MM = 3000.0


class FontUnusable(ValueError):
    """The office's font cannot be used; the message names the file and why."""


class PaperSize(StrEnum):
    """What is printed on."""

    A4 = "a4"
    A5 = "a5"
    THERMAL_58 = "thermal-58"
    THERMAL_80 = "thermal-80"


# Width, height and margin in mm; a roll has no height. Printers of 58 and 80 mm paper print 48 and 72 mm of it.
_SIZES: dict[PaperSize, tuple[float, float | None, float]] = {
    PaperSize.A4: (210.0, 297.0, 20.0),
    PaperSize.A5: (148.0, 210.0, 12.0),
    PaperSize.THERMAL_58: (58.0, None, 5.0),
    PaperSize.THERMAL_80: (80.0, None, 4.0),
}


class Sheet:
    """A document that is written from top to bottom; sheets follow one another, a roll is as long as its text.

    Parameters
    ----------
    size : PaperSize
    height_mm : float
        Of a roll; other sizes have their own.
    font : Path or None
        A TrueType font; without it what Latin-1 has no letter for is written without its accent, else as `?`.
    compress : bool
    """

    def __init__(self, size: PaperSize, height_mm: float, font: Path | None, *, compress: bool) -> None:
        from fpdf import FPDF  # 0.2 s: only who prints waits for it

        width, own_height, self.margin_mm = _SIZES[size]
        self.is_roll = own_height is None
        self._pdf: Any = FPDF(unit="mm", format=(width, own_height or height_mm))
        self._pdf.set_compression(compress)
        self._pdf.set_margin(self.margin_mm)
        self._pdf.set_auto_page_break(not self.is_roll, self.margin_mm)
        self._pdf.c_margin = 0.0
        self._family = TEXT_FONT
        if font is not None:
            self._add_font(font)
            self._family = "office"
        self._latin = font is None
        self._pdf.add_page()

    @property
    def width_mm(self) -> float:
        """Of the text."""
        return float(self._pdf.epw)

    @property
    def bottom_mm(self) -> float:
        """Where the text has come to, from the top of the page."""
        return float(self._pdf.get_y())

    def text(self, text: str, points: float, *, bold: bool = False, centred: bool = False) -> None:
        """A paragraph; words that are wider than the paper are broken."""
        self._pdf.set_font(self._family, "B" if bold else "", points)
        self._pdf.multi_cell(
            self.width_mm,
            points * _MM_PER_POINT * LINE_HEIGHT,
            self._printable(text),
            align="C" if centred else "L",
            new_x="LMARGIN",
            new_y="NEXT",
        )

    def columns(self, items: list[str], points: float, widest: str) -> None:
        """Short texts side by side, as many as fit, over as many pages as it takes.

        Parameters
        ----------
        items : list of str
        points : float
        widest : str
            None is wider than this.
        """
        self._pdf.set_font(self._family, "", points)
        step = self._pdf.get_string_width(widest) + 6.0
        across = max(1, int(self.width_mm // step))
        line = points * _MM_PER_POINT * LINE_HEIGHT
        for place, item in enumerate(items):
            last = place % across == across - 1 or place == len(items) - 1
            self._pdf.cell(
                step,
                line,
                self._printable(item),
                new_x="LMARGIN" if last else "RIGHT",
                new_y="NEXT" if last else "TOP",
            )

    def space(self, millimetres: float) -> None:
        """Blank paper."""
        self._pdf.ln(millimetres)

    def rule(self) -> None:
        """A line across the text."""
        y = self.bottom_mm + 1.0
        self._pdf.set_line_width(0.25)
        self._pdf.line(self.margin_mm, y, self.margin_mm + self.width_mm, y)
        self._pdf.ln(2.0)

    def qr(self, content: str, module_mm: float) -> None:
        """A QR code in the middle of the paper, with its quiet zone of four modules."""
        side, runs = dark_runs(content)
        edge = (side + 8) * module_mm
        if not self.is_roll and self._pdf.will_page_break(edge):
            self._pdf.add_page()
        left, top = self.margin_mm + (self.width_mm - edge) / 2 + 4 * module_mm, self.bottom_mm + 4 * module_mm
        for row, column, length in runs:
            self._pdf.rect(left + column * module_mm, top + row * module_mm, length * module_mm, module_mm, "F")
        self._pdf.ln(edge)

    def pdf(self, title: str, language: str, made: datetime) -> bytes:
        """The document; its properties say no more than what kind of paper it is."""
        self._pdf.set_title(self._printable(title))
        self._pdf.set_lang(language)
        self._pdf.set_producer("Rekam")
        self._pdf.set_creation_date(made)
        document = bytes(self._pdf.output())
        self.close()
        return document

    def close(self) -> None:
        """Let go of the font's file, which fpdf2 reads as it goes."""
        for font in self._pdf.fonts.values():
            opened = getattr(font, "ttfont", None)
            if opened is not None:
                opened.close()

    def _add_font(self, font: Path) -> None:
        from fontTools.ttLib import TTFont, TTLibError  # type: ignore[import-untyped]

        try:
            # Looked at in memory first: a file that is no font would be left open by its reader.
            TTFont(io.BytesIO(font.read_bytes()))["cmap"].getBestCmap()
            for style in ("", "B"):
                self._pdf.add_font("office", style, font)
        except (OSError, TTLibError, ValueError, LookupError, AssertionError, struct.error) as error:
            raise FontUnusable(f"{font}: is no TrueType font that can be read ({error}); mend [office] font") from error

    def _printable(self, text: str) -> str:
        return latin(text) if self._latin else "".join(char for char in text if char.isprintable() or char == "\n")


def latin(text: str) -> str:
    """The text in letters of Latin-1: typographic signs made plain, accents that it has not left out, else `?`."""
    found = []
    for char in text.translate(_PLAIN):
        if char == "\n" or (char.isprintable() and ord(char) < 0x100):
            found.append(char)
            continue
        bare = "".join(each for each in unicodedata.normalize("NFKD", char) if not unicodedata.combining(each))
        found.append(bare if bare and all(each.isprintable() and ord(each) < 0x100 for each in bare) else "?")
    return "".join(found)


_PLAIN = str.maketrans({
    "–": "-", "—": "-", "‑": "-", "‘": "'", "’": "'", "ʼ": "'", "“": '"', "”": '"', "„": '"', "…": "...",
    "•": "-", "\t": " ", "\r": None, "Đ": "D", "đ": "d", "Ł": "L", "ł": "l", "ı": "i",
})  # fmt: skip


def laid_out(size: PaperSize, font: Path | None, write: Callable[[Sheet], None], *, compress: bool) -> Sheet:
    """A sheet with what `write` puts on it; a roll is measured first, then cut to its text."""
    sheet = Sheet(size, _ROLL_LENGTH_MM, font, compress=compress)
    write(sheet)
    if not sheet.is_roll:
        return sheet
    sheet.close()
    cut = Sheet(size, sheet.bottom_mm + sheet.margin_mm, font, compress=compress)
    write(cut)
    return cut

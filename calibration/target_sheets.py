"""Targets that a printer can serve, as PDF in true size, and for each what printing cannot do."""

from dataclasses import dataclass
from datetime import UTC, datetime
from math import cos, radians, sin

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from calibration.camera.target import IRIS_SQUARE, PORTRAIT_CARD, CameraTarget
from calibration.report.paper import latin
from calibration.targets import Target, bundled_targets
from drivers.fingerprint.synthesis.target_element import ElementKind, TargetElement
from gateway.guidance import LocalizedText

PRINTABLE_CYCLES_PER_MM = 2.0
"""A bar of a quarter of a millimetre: six dots of a printer of 600 per inch. Finer bars close or break."""
MOST_MM = (170.0, 150.0)
_TOP_MM = 78.0
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""Of all sheets: the same target is the same file."""

INFRARED = LocalizedText(
    "Kamera iris melihat cahaya inframerah-dekat: kebanyakan tinta (semua tinta warna, banyak tinta hitam) tidak "
    "tampak pada 850 nm. Cetak dengan toner karbon (laser hitam) dan periksa di gambar kamera bahwa hitam tetap hitam.",
    "An iris camera sees near infrared: most inks (all coloured ones, many black ones) vanish at 850 nm. Print with "
    "carbon toner (black laser), and look in the camera's picture whether black stays black.",
)
CONTACT = LocalizedText(
    "Kertas tidak melekat pada kaca: alat dengan latar terang (TIR) tidak melihatnya; alat itu memerlukan target logam "
    "atau target dengan cairan perantara. Untuk alat dengan latar gelap kertas cukup.",
    "Paper makes no optical contact with the glass: bright-background (TIR) scanners do not see it and need metallised "
    "or immersion-coupled targets. For dark-background scanners paper serves.",
)
NOMINAL = LocalizedText(
    "Ukuran dan abu-abu cetakan hanya nominal: ukur sendiri, isikan ke berkas target, dan jangan pakai sebagai bukti "
    "terhadap batas MTF.",
    "A print's sizes and greys are nominal: measure them, enter them into the target's file, and prove no MTF limit by "
    "them.",
)
SCALE = LocalizedText(
    "Cetak pada 100 %, tanpa penyesuaian halaman. Garis di bawah harus tepat 100 mm.",
    "Print at 100 %, without fitting to the page. The line below must be exactly 100 mm.",
)


@dataclass(frozen=True)
class Sheet:
    """A page to be printed.

    Parameters
    ----------
    name : str
        Of the file, without its ending.
    title : LocalizedText
    caveats : tuple of LocalizedText
    target : Target or CameraTarget
    """

    name: str
    title: LocalizedText
    caveats: tuple[LocalizedText, ...]
    target: Target | CameraTarget


def sheets() -> tuple[Sheet, ...]:
    """All targets that printing can serve; those with finer patterns than it can are bought."""
    printed = [each for each in bundled_targets().values() if is_printable(each)]
    scanner = [
        Sheet(each.id, LocalizedText(each.title, each.title), (SCALE, CONTACT, NOMINAL), each) for each in printed
    ]
    square = LocalizedText("Persegi untuk kamera iris", "Square for iris cameras")
    portrait = LocalizedText("Kartu untuk kamera potret", "Card for portrait cameras")
    return (
        *scanner,
        Sheet("iris-square", square, (SCALE, INFRARED, NOMINAL), IRIS_SQUARE),
        Sheet("portrait-card", portrait, (SCALE, NOMINAL), PORTRAIT_CARD),
    )


def is_printable(target: Target) -> bool:
    """Whether a printer makes its finest bars, and has no sines in it."""
    fields = target.fields
    finest = max((each.frequency for each in fields), default=0.0)
    return finest <= PRINTABLE_CYCLES_PER_MM and all(each.kind is not ElementKind.SINE for each in fields)


def sheet_pdf(sheet: Sheet, language: str = "id") -> bytes:
    """One page, A4, vector drawing in true size.

    Parameters
    ----------
    sheet : Sheet
    language : str
        `id` or `en`.
    """
    pdf = FPDF(format="A4")
    pdf.set_auto_page_break(auto=False)
    pdf.set_margin(15)
    pdf.set_creation_date(_EPOCH)
    pdf.set_title(latin(sheet.name))
    pdf.set_lang(language)
    pdf.add_page()
    pdf.set_font("helvetica", "B", 14)
    pdf.multi_cell(0, 7, latin(f"{sheet.name}: {_say(sheet.title, language)}"), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.set_font("helvetica", "", 9)
    for caveat in sheet.caveats:
        pdf.multi_cell(0, 4.2, latin(_say(caveat, language)), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        pdf.ln(0.8)
    pdf.set_line_width(0.2)
    pdf.line(55, _TOP_MM - 8, 155, _TOP_MM - 8)
    for at in (55, 155):
        pdf.line(at, _TOP_MM - 10, at, _TOP_MM - 6)
    if isinstance(sheet.target, Target):
        _draw_target(pdf, sheet.target)
    else:
        _draw_card(pdf, sheet.target)
    return bytes(pdf.output())


def _say(text: LocalizedText, language: str) -> str:
    return text.id if language == "id" else text.en


def _draw_target(pdf: FPDF, target: Target) -> None:
    width, height = (min(size, most) for size, most in zip(target.size_mm, MOST_MM, strict=True))
    centre = (105.0, _TOP_MM + height / 2)
    _fill(pdf, target.ground)
    pdf.rect(centre[0] - width / 2, centre[1] - height / 2, width, height, style="F")
    for each in target.fields:
        _draw_field(pdf, each, centre, (width, height))


def _draw_field(pdf: FPDF, field: TargetElement, centre: tuple[float, float], room: tuple[float, float]) -> None:
    wide, high = (min(size, most) for size, most in zip(field.size_mm, room, strict=True))
    turn = radians(field.turn_deg)
    x, y = centre[0] + field.centre_mm[0], centre[1] + field.centre_mm[1]

    def block(left: float, right: float, top: float, bottom: float, light: float) -> None:
        _fill(pdf, light)
        corners = ((left, top), (right, top), (right, bottom), (left, bottom))
        pdf.polygon(
            [(x + u * cos(turn) - v * sin(turn), y + u * sin(turn) + v * cos(turn)) for u, v in corners], style="F"
        )

    half_w, half_h = wide / 2, high / 2
    block(-half_w, half_w, -half_h, half_h, field.light)
    if field.kind is ElementKind.EDGE:
        block(-half_w, 0, -half_h, half_h, field.dark)
    elif field.kind is ElementKind.BARS:
        period = 1 / field.frequency
        for number in range(int(wide / period + 1e-9)):
            left = -half_w + number * period
            block(left, left + period / 2, -half_h, half_h, field.dark)
    elif field.kind is ElementKind.GRID:
        period = 1 / field.frequency
        for number in range(int(wide / period + 1e-9)):
            block(-half_w + number * period, -half_w + number * period + period / 10, -half_h, half_h, field.dark)
        for number in range(int(high / period + 1e-9)):
            block(-half_w, half_w, -half_h + number * period, -half_h + number * period + period / 10, field.dark)


def _draw_card(pdf: FPDF, card: CameraTarget) -> None:
    x, y = 105.0, _TOP_MM + max(card.plain_mm, card.side_mm / 2 - min(0.0, card.dot_mm[1])) + 5
    _fill(pdf, 0.0)
    pdf.rect(x - card.side_mm / 2, y - card.side_mm / 2, card.side_mm, card.side_mm, style="F")
    radius = card.dot_radius_mm
    if abs(card.dot_mm[1]) - radius > card.side_mm / 2:
        pdf.ellipse(x + card.dot_mm[0] - radius, y + card.dot_mm[1] - radius, 2 * radius, 2 * radius, style="F")


def _fill(pdf: FPDF, light: float) -> None:
    pdf.set_fill_color(round(255 * light))

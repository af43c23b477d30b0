"""The resident's slip: that they were recorded, under which number, what happens next, and whom to call."""

from dataclasses import dataclass
from datetime import datetime

from gateway.guidance import LocalizedText
from gateway.papers.page import PaperSize, Sheet, laid_out
from gateway.papers.values import Language, Office, date_in_words


@dataclass(frozen=True)
class Slip:
    """What stands on it: nothing of the person but the number.

    Parameters
    ----------
    reference : str
        `gateway.reference_number`.
    recorded_at : datetime
        In the office's time zone.
    recorded : tuple of LocalizedText
        Names of the parts.
    not_recorded : tuple of LocalizedText
        Names alone: why a finger is missing is nobody's business who finds a slip in the street.
    clock_is_unsure : bool
        The machine's clock was not to be trusted: the day is said to be by it.
    """

    reference: str
    recorded_at: datetime
    recorded: tuple[LocalizedText, ...]
    not_recorded: tuple[LocalizedText, ...] = ()
    clock_is_unsure: bool = False


_TITLE = LocalizedText(id="Tanda terima perekaman KTP-el", en="Receipt of recording for the identity card")
_NUMBER = LocalizedText(id="Nomor", en="Number")
_ON = LocalizedText(id="Direkam pada", en="Recorded on")
_UNSURE = LocalizedText(id="menurut jam komputer", en="by the computer's clock")
_RECORDED = LocalizedText(id="Yang direkam", en="What was recorded")
_MISSING = LocalizedText(id="Tidak direkam", en="Not recorded")
_NEXT = LocalizedText(id="Selanjutnya", en="What happens next")
_STEPS = (
    LocalizedText(
        id="Anda sudah direkam dan tidak perlu datang lagi untuk itu. Data Anda tersimpan aman dan dikirim ke pusat "
        "begitu jaringan tersedia.",
        en="You are recorded and need not come again for that. Your data are kept safely and are sent to the centre "
        "as soon as the network is there.",
    ),
    LocalizedText(
        id="Kartu dapat diambil setelah pusat memeriksa data dan kartu dicetak. Anda dapat meminta dikabari.",
        en="The card can be collected once the centre has checked the data and the card is printed. You can ask to be "
        "told.",
    ),
    LocalizedText(id="Simpan dan bawa tanda terima ini.", en="Keep this receipt and bring it."),
)
_CALL = LocalizedText(id="Pertanyaan? Telepon", en="Questions? Call")


def slip_pdf(
    slip: Slip, office: Office, size: PaperSize, language: Language, made: datetime, *, compress: bool = True
) -> bytes:
    """The slip as PDF; on a roll it is as long as what it says.

    Parameters
    ----------
    slip : Slip
    office : Office
    size : PaperSize
    language : str
        `id` or `en`.
    made : datetime
        For the document's properties.
    compress : bool
    """
    small = size in (PaperSize.THERMAL_58, PaperSize.THERMAL_80)
    text_points = {PaperSize.A4: 12.0, PaperSize.A5: 10.5}.get(size, 9.0)
    module_mm = 0.75 if size is PaperSize.THERMAL_58 else 1.0  # six and eight dots of a printer with 8 dots per mm

    def say(text: LocalizedText) -> str:
        return text.id if language == "id" else text.en

    def write(sheet: Sheet) -> None:
        sheet.text(office.name, text_points + 2, bold=True, centred=True)
        if office.address and not small:
            sheet.text(office.address, text_points - 1, centred=True)
        sheet.rule()
        sheet.text(say(_TITLE), text_points + 1, bold=True, centred=True)
        sheet.space(1.0)
        sheet.text(say(_NUMBER), text_points, centred=True)
        sheet.text(slip.reference, text_points + 6, bold=True, centred=True)
        sheet.qr(slip.reference, module_mm)
        day = date_in_words(slip.recorded_at, language)
        unsure = f" ({say(_UNSURE)})" if slip.clock_is_unsure else ""
        sheet.text(f"{say(_ON)} {day}, {slip.recorded_at:%H:%M}{unsure}", text_points)
        sheet.space(1.5)
        _list(sheet, say(_RECORDED), [say(each) for each in slip.recorded], text_points)
        if slip.not_recorded:
            _list(sheet, say(_MISSING), [say(each) for each in slip.not_recorded], text_points)
        sheet.text(say(_NEXT), text_points, bold=True)
        for number, step in enumerate(_STEPS, 1):
            sheet.text(f"{number}. {say(step)}", text_points)
        sheet.space(1.5)
        if office.phone:
            sheet.text(f"{say(_CALL)} {office.phone}", text_points, bold=True)
        if small:
            sheet.space(4.0)  # a printer's knife stands behind its head

    return laid_out(size, office.font, write, compress=compress).pdf(say(_TITLE), language, made)


def _list(sheet: Sheet, heading: str, items: list[str], points: float) -> None:
    sheet.text(heading, points, bold=True)
    text = ", ".join(items)
    sheet.text(f"{text[:1].upper()}{text[1:]}." if text else "-", points)
    sheet.space(1.5)

"""A letter to the head of a neighbourhood, with the office's head, its words, and references where it has any."""

from dataclasses import dataclass
from datetime import datetime

from gateway.guidance import LocalizedText
from gateway.named_fields import one_line
from gateway.nik_digits import has_nik_digits
from gateway.papers.letter_templates import LetterKind, LetterTemplates
from gateway.papers.page import PaperSize, Sheet, laid_out
from gateway.papers.values import Language, Office, date_in_words

MAX_REFERENCES = 2000
_POINTS = 11.0
_WIDEST = "WWWWW-WWWWW"


@dataclass(frozen=True)
class Letter:
    """What a letter says beside its words.

    Parameters
    ----------
    kind : LetterKind
    addressee : str
        `Ketua RT 04/RW 02 Kedoya Selatan`.
    date : datetime
        Of the letter, in the office's time zone.
    since : datetime or None
        When the service stopped, or came back.
    expected : datetime or None
        When it is expected back; None: nobody knows.
    references : tuple of str
        Of cards that are ready.
    signatory : str
    """

    kind: LetterKind
    addressee: str
    date: datetime
    since: datetime | None = None
    expected: datetime | None = None
    references: tuple[str, ...] = ()
    signatory: str = ""


class LetterRefused(ValueError):
    """A field of a letter cannot be used.

    Parameters
    ----------
    field : str
    description : str
    """

    def __init__(self, field: str, description: str) -> None:
        super().__init__(f"{field}: {description}")
        self.field = field
        self.description = description


_TO = LocalizedText(id="Kepada Yth.", en="To")
_SUBJECT = LocalizedText(id="Perihal", en="Subject")
_UNKNOWN = LocalizedText(id="belum diketahui", en="not known yet")
_CLOSING = LocalizedText(id="Hormat kami,", en="Yours faithfully,")


def letter_pdf(
    letter: Letter, office: Office, templates: LetterTemplates, language: Language, *, compress: bool = True
) -> bytes:
    """The letter on A4, over as many pages as its references take.

    Raises
    ------
    LetterRefused
        A text holds 16 digits in a row, or a date or the references that its kind needs are missing.
    """
    _check(letter)
    words = templates.words[letter.kind, language]
    fields = _fields(letter, office, language)
    subject = one_line(words.subject.format_map(fields))
    paragraphs = [one_line(each) for each in words.body.format_map(fields).split("\n\n")]
    if any(has_nik_digits(text) for text in (subject, *paragraphs)):
        raise LetterRefused("templates", "a letter never holds a NIK, nor other 16 digits in a row")

    def say(text: LocalizedText) -> str:
        return text.id if language == "id" else text.en

    def write(sheet: Sheet) -> None:
        sheet.text(office.name, _POINTS + 4, bold=True, centred=True)
        for line in (office.address, office.phone):
            if line:
                sheet.text(line, _POINTS - 1, centred=True)
        sheet.rule()
        sheet.space(4.0)
        sheet.text(fields["date"], _POINTS)
        sheet.space(4.0)
        sheet.text(f"{say(_TO)}\n{one_line(letter.addressee)}", _POINTS)
        sheet.space(4.0)
        sheet.text(f"{say(_SUBJECT)}: {subject}", _POINTS, bold=True)
        for paragraph in paragraphs:
            sheet.space(3.0)
            sheet.text(paragraph, _POINTS)
        if letter.references:
            sheet.space(3.0)
            sheet.columns(list(letter.references), _POINTS, _WIDEST)
        sheet.space(8.0)
        sheet.text(say(_CLOSING), _POINTS)
        sheet.space(18.0)
        sheet.text(one_line(letter.signatory) or "(                                        )", _POINTS)

    return laid_out(PaperSize.A4, office.font, write, compress=compress).pdf(subject, language, letter.date)


def _fields(letter: Letter, office: Office, language: Language) -> dict[str, str]:
    unknown = _UNKNOWN.id if language == "id" else _UNKNOWN.en
    return {
        "office": one_line(office.name),
        "office_phone": one_line(office.phone),
        "office_address": one_line(office.address),
        "date": date_in_words(letter.date, language),
        "since": unknown if letter.since is None else date_in_words(letter.since, language),
        "expected": unknown if letter.expected is None else date_in_words(letter.expected, language),
        "count": str(len(letter.references)),
    }


def _check(letter: Letter) -> None:
    if not letter.addressee.strip():
        raise LetterRefused("addressee", "say to whom the letter goes")
    for field, text in (("addressee", letter.addressee), ("signatory", letter.signatory)):
        if has_nik_digits(text):
            raise LetterRefused(field, "a letter never holds a NIK, nor other 16 digits in a row")
    if letter.kind is LetterKind.CARDS_READY and not letter.references:
        raise LetterRefused("references", "name the cards that are ready")
    if letter.kind is not LetterKind.CARDS_READY and letter.references:
        raise LetterRefused("references", "a letter of this kind names no cards")
    if len(letter.references) > MAX_REFERENCES:
        raise LetterRefused("references", f"one letter has at most {MAX_REFERENCES}")
    if letter.kind is not LetterKind.CARDS_READY and letter.since is None:
        raise LetterRefused("since", "say since when")

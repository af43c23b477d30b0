"""Letters: their words, their lists, what they never hold, and an office's own templates."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from gateway.papers import (
    Letter,
    LetterKind,
    LetterRefused,
    Office,
    check_letter_templates,
    letter_pdf,
    read_letter_templates,
)
from gateway.papers.letter_templates import LettersUnusable
from gateway.reference_number import reference_number
from tests.gateway.papers.printed import Page, pages

OFFICE = Office("Kelurahan Palmerah", "021-5482222", "Jl. Palmerah Barat 1")
WIB = timezone(timedelta(hours=7))
DAY = datetime(2013, 3, 12, 9, 0, tzinfo=WIB)
CLOSED = Letter(LetterKind.CLOSED, "Ketua RT 04/RW 02", DAY, since=datetime(2013, 3, 5, tzinfo=WIB))
SHIPPED = Path(__file__).parents[3] / "gateway" / "papers" / "letters.toml"


def printed(letter: Letter, language: str = "id", words: Path | None = None) -> list[Page]:
    return pages(letter_pdf(letter, OFFICE, read_letter_templates(words), language, compress=False))  # type: ignore[arg-type]


def test_closed_says_since_when_and_until_when() -> None:
    (page,) = printed(CLOSED)
    for words in ("Kelurahan Palmerah", "Ketua RT 04/RW 02", "12 Maret 2013", "sejak 5 Maret 2013", "belum diketahui"):
        assert words in page.text
    (page,) = printed(replace(CLOSED, expected=datetime(2013, 3, 20, tzinfo=WIB)), "en")
    assert "20 March 2013" in page.text
    assert "021-5482222" in page.text


def test_open_again() -> None:
    (page,) = printed(replace(CLOSED, kind=LetterKind.OPEN_AGAIN, signatory="Lurah Palmerah"))
    assert "berjalan kembali" in page.text
    assert "Lurah Palmerah" in page.text


def test_cards_ready_lists_every_reference_over_several_pages() -> None:
    numbers = tuple(reference_number(str(each)) for each in range(700))
    found = printed(Letter(LetterKind.CARDS_READY, "Ketua RW 02", DAY, references=numbers))
    assert len(found) > 1
    listed = [text for page in found for _, _, text in page.texts if text in numbers]
    assert listed == list(numbers)
    assert "700 KTP-el" in found[0].text
    for page in found:
        assert all(19.0 <= left < 190 and bottom >= 19.0 for left, bottom, _ in page.texts)


@pytest.mark.parametrize(
    ("letter", "field"),
    [
        (replace(CLOSED, addressee=" "), "addressee"),
        (replace(CLOSED, addressee="Bapak 3174.0123.4567.8901"), "addressee"),
        (replace(CLOSED, signatory="NIP 3174012345678901"), "signatory"),
        (replace(CLOSED, since=None), "since"),
        (replace(CLOSED, references=("7K2QD-4MZ0X",)), "references"),
        (Letter(LetterKind.CARDS_READY, "Ketua", DAY), "references"),
        (Letter(LetterKind.CARDS_READY, "Ketua", DAY, references=("7K2QD-4MZ0X",) * 2001), "references"),
    ],
)
def test_what_cannot_be_written_is_refused(letter: Letter, field: str) -> None:
    with pytest.raises(LetterRefused) as error:
        printed(letter)
    assert error.value.field == field


def test_an_offices_own_words(tmp_path: Path) -> None:
    assert check_letter_templates(SHIPPED) == ()
    own = tmp_path / "letters.toml"
    own.write_text(SHIPPED.read_text().replace("Mohon diteruskan kepada warga.", "Salam dari {office_address}."))
    (page,) = printed(CLOSED, words=own)
    assert "Salam dari Jl. Palmerah Barat 1." in page.text


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("{since}", "{nik}", r"unknown field \{nik\}"),
        ("{since}", "{since!r}", "more than names"),
        ("{since}", "{since", "brace"),
        ("[closed.id]", "[shut.id]", "shut: is none of"),
        ("[closed.en]", "[closed.fr]", r"closed.en.subject: is missing"),
        ("[closed.id]", "[closed.id", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_used_is_told(tmp_path: Path, before: str, after: str, words: str) -> None:
    own = tmp_path / "letters.toml"
    own.write_text(SHIPPED.read_text().replace(before, after, 5))
    with pytest.raises(LettersUnusable, match=words):
        read_letter_templates(own)


def test_a_nik_in_a_template_is_refused(tmp_path: Path) -> None:
    own = tmp_path / "letters.toml"
    own.write_text(SHIPPED.read_text().replace("Dengan hormat", "3174 0123 4567 8901"))
    with pytest.raises(LetterRefused, match="NIK"):
        printed(CLOSED, words=own)

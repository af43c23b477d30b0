"""The slip: what stands on it, that it fits, and that its code is read."""

import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import matplotlib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.enrolment.part import PARTS
from gateway.papers import FontUnusable, Office, PaperSize, Slip, slip_pdf
from gateway.papers.page import latin
from gateway.papers.values import date_in_words
from gateway.reference_number import read_reference_number, reference_number
from tests.gateway.papers.printed import decoded_qr, pages

OFFICE = Office("Kelurahan Kedoya Selatan", "021-5801234", "Jl. Raya Kedoya 1, Jakarta Barat")
MADE = datetime(2026, 11, 26, 3, 4, tzinfo=UTC)
SLIP = Slip(
    "7K2QD-4MZ0X",
    datetime(2026, 11, 26, 10, 4, tzinfo=timezone(timedelta(hours=7))),
    tuple(PARTS[key].name for key in ("right-thumb", "right-index", "left-iris", "portrait")),
    (PARTS["left-little"].name,),
)


@pytest.mark.parametrize("size", PaperSize)
@pytest.mark.parametrize("language", ["id", "en"])
def test_everything_stands_on_it_and_the_code_is_read(size: PaperSize, language: str) -> None:
    (page,) = pages(slip_pdf(SLIP, OFFICE, size, language, MADE, compress=False))  # type: ignore[arg-type]
    width = {PaperSize.A4: 210, PaperSize.A5: 148, PaperSize.THERMAL_58: 58, PaperSize.THERMAL_80: 80}[size]
    assert round(page.width_mm, 1) == width
    wanted = {
        "id": ("Kedoya Selatan", "7K2QD-4MZ0X", "26 November 2026", "10:04", "kelingking kiri", "021-5801234", "pas"),
        "en": ("Kedoya Selatan", "7K2QD-4MZ0X", "26 November 2026", "10:04", "left little", "021-5801234", "portrait"),
    }[language]
    for words in wanted:
        assert words.split()[0].lower() in page.text.lower()
        assert words.split()[-1] in page.text
    assert decoded_qr(page) == "7K2QD-4MZ0X"
    if size in (PaperSize.THERMAL_58, PaperSize.THERMAL_80):
        lowest = min(bottom for _, bottom, _ in page.texts)
        assert 4.0 < lowest < 14.0  # cut to its text


def test_a_doubtful_clock_is_said() -> None:
    doubtful = Slip(SLIP.reference, SLIP.recorded_at, SLIP.recorded, clock_is_unsure=True)
    (page,) = pages(slip_pdf(doubtful, OFFICE, PaperSize.A5, "id", MADE, compress=False))
    assert "menurut jam komputer" in page.text
    assert "Tidak direkam" not in page.text


names = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=120) | st.text(
    "W", min_size=1, max_size=200
)


@settings(max_examples=40)
@given(names, names, names, st.sampled_from(PaperSize))
def test_any_name_fits_between_the_margins(name: str, phone: str, address: str, size: PaperSize) -> None:
    found = pages(slip_pdf(SLIP, Office(name, phone, address), size, "id", MADE, compress=False))
    for page in found:
        for left, bottom, text in page.texts:
            assert left >= 3.9
            assert 3.0 <= bottom <= page.height_mm
            assert left + _width_mm(text, size) <= page.width_mm
    assert [decoded_qr(page) for page in found if page.bars] == ["7K2QD-4MZ0X"]


def test_an_offices_own_font_has_letters_that_latin_1_has_not() -> None:
    font = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    office = Office("Kelurahan Ağuş Łukasz", "021-5801234", font=font)
    pdf = slip_pdf(SLIP, office, PaperSize.THERMAL_80, "id", MADE, compress=False)
    # ToUnicode maps glyphs to letters: LATIN SMALL LETTER G WITH BREVE, L WITH STROKE (ISO 32000-1 clause 9.10.3).
    assert re.search(rb"<011F>", pdf)
    assert re.search(rb"<0141>", pdf)
    (page,) = [each for each in pages(pdf) if each.bars]
    assert decoded_qr(page) == SLIP.reference


@pytest.mark.parametrize("content", [None, b"", b"no font at all", b"\x00\x01\x00\x00" + b"\xff" * 200])
def test_a_font_that_cannot_be_used_is_told(tmp_path: Path, content: bytes | None) -> None:
    font = tmp_path / "office.ttf"
    if content is not None:
        font.write_bytes(content)
    with pytest.raises(FontUnusable, match=r"office\.ttf"):
        slip_pdf(SLIP, Office("Kedoya", "021", font=font), PaperSize.A5, "id", MADE)


def test_the_same_slip_is_the_same_bytes_and_small() -> None:
    one, other = (slip_pdf(SLIP, OFFICE, PaperSize.THERMAL_58, "id", MADE) for _ in range(2))
    assert one == other
    assert len(one) < 20_000


@given(st.text(max_size=60))
def test_latin_is_latin(text: str) -> None:
    latin(text).encode("latin-1")
    assert latin("Ağuş “Łukasz”…\t日") == 'Agus "Lukasz"... ?'


def test_reference_numbers_are_read_as_people_write_them() -> None:
    number = reference_number("8d7c2f0d0b7b4ab0a3f9b2f8d1a2c3e4")
    assert read_reference_number(number.lower().replace("-", " ")) == number
    assert read_reference_number(number.replace("0", "O").replace("1", "l")) == number
    assert len({reference_number(str(each)) for each in range(20_000)}) == 20_000
    for wrong in ("", "7K2QD", "7K2QD-4MZ0X9", "7K2QD-4MZ0!", "3174012345678901"):
        with pytest.raises(ValueError, match="ten letters"):
            read_reference_number(wrong)


def test_dates_are_in_words() -> None:
    assert date_in_words(datetime(2026, 8, 17), "id") == "17 Agustus 2026"


def _width_mm(text: str, size: PaperSize) -> float:
    """At least what the text is wide: the narrowest letter of Helvetica has 0.19 of its size (Adobe's metrics)."""
    points = 9.0 if "thermal" in size else 10.5
    return len(text) * 0.19 * points * 25.4 / 72

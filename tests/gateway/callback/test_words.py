"""The words of notices: what a file may hold, what a message may say."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.callback import ContentRefused, Language, Purpose, check_content, read_templates
from gateway.callback.templates import TemplatesUnusable, check_templates
from gateway.centre.status import STATUS_NAMES, EnrolmentStatus
from gateway.sms import Coding, segments_of

FIELDS = {"name": "Siti", "office": "Kedoya", "office_phone": "021-5801234", "reference": "7K2QD-4MZ0X"}
SHIPPED = Path(__file__).parents[3] / "gateway" / "callback" / "notices.toml"


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("language", Language)
def test_what_is_shipped_is_sound_and_costs_one_message(purpose: Purpose, language: Language) -> None:
    text = read_templates(None).text(purpose, language, FIELDS)
    cut = segments_of(text)
    assert (cut.coding, len(cut.parts)) == (Coding.GSM7, 1)
    assert "Kedoya" in text
    assert "021-5801234" in text
    assert ("7K2QD-4MZ0X" in text) == (purpose is Purpose.CARD_READY)
    assert check_templates(SHIPPED) == ()


@given(st.integers(10**15, 10**16 - 1), st.text(" .-/_", min_size=0, max_size=1), st.integers(1, 8))
def test_a_nik_is_found_however_it_is_grouped(nik: int, separator: str, group: int) -> None:
    digits = str(nik)
    grouped = separator.join(digits[place : place + group] for place in range(0, 16, group))
    with pytest.raises(ContentRefused) as error:
        check_content(f"KTP {grouped} siap")
    assert digits not in str(error.value)


@pytest.mark.parametrize("status", [s for s in EnrolmentStatus if "failure" in s.value or "dup" in s.value])
def test_a_failure_is_never_said(status: EnrolmentStatus) -> None:
    for words in (STATUS_NAMES[status].id, STATUS_NAMES[status].en.upper(), status.value, status.name):
        with pytest.raises(ContentRefused):
            check_content(f"Perekaman Anda: {words}.")


@pytest.mark.parametrize("text", ["Kantor buka 08.00-15.00, telp 021 5801234.", "Nomor 7K2QD-4MZ0X", "unik, klinik"])
def test_what_is_harmless_goes(text: str) -> None:
    check_content(text)


def written(folder: Path, **changes: str) -> Path:
    words = {
        "service_back.id": "Buka di {office}",
        "service_back.en": "Open at {office}",
        "card_ready.id": "Siap {reference}",
        "card_ready.en": "Ready {reference}",
    } | {name.replace("__", "."): text for name, text in changes.items()}
    path = folder / "words.toml"
    tables: dict[str, list[str]] = {}
    for name, text in words.items():
        table, _, key = name.partition(".")
        tables.setdefault(table, []).append(f"{key} = {text!r}" if text else "")
    path.write_text("\n".join(f"[{table}]\n" + "\n".join(lines) for table, lines in tables.items()))
    return path


def test_an_offices_own_words_are_taken(tmp_path: Path) -> None:
    path = written(tmp_path)
    assert check_templates(path) == ()
    assert read_templates(path).text(Purpose.CARD_READY, Language.EN, FIELDS) == "Ready 7K2QD-4MZ0X"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"card_ready__id": "Siap {nik}"}, "must not be in a message"),
        ({"card_ready__id": "Siap {reason}"}, "must not be in a message"),
        ({"card_ready__id": "Siap {ofice}"}, "unknown field"),
        ({"card_ready__id": "Siap {office.x}"}, "unknown field"),
        ({"card_ready__id": "Siap {0}"}, "unknown field"),
        ({"card_ready__id": "Siap {office!r}"}, "more than names"),
        ({"card_ready__id": "Siap {office:>99999}"}, "more than names"),
        ({"card_ready__id": "Siap {office"}, "brace"),
        ({"card_ready__id": ""}, "is missing"),
        ({"card_ready__fr": "Prêt"}, "none of id, en"),
        ({"card_gone__id": "x"}, "none of service_back, card_ready"),
        ({"service_back__id": "Buka {reference}"}, "nobody's here"),
        ({"card_ready__id": "Data ganda {reference}"}, "ganda"),
        ({"card_ready__id": "x" * 600}, "4 messages"),
    ],
)
def test_a_file_that_cannot_be_used_is_told(tmp_path: Path, changes: dict[str, str], words: str) -> None:
    path = written(tmp_path, **changes)
    assert any(words in each.problem and each.fatal for each in check_templates(path)), check_templates(path)
    with pytest.raises(TemplatesUnusable, match=r"words\.toml"):
        read_templates(path)


@pytest.mark.usefixtures("uncollected")
def test_a_file_nested_without_end_is_told(tmp_path: Path) -> None:
    path = tmp_path / "words.toml"
    path.write_text("a = " + "[" * 5000 + "]" * 5000)
    with pytest.raises(TemplatesUnusable, match="cannot be read"):
        read_templates(path)


def test_what_costs_more_is_told_and_taken(tmp_path: Path) -> None:
    path = written(tmp_path, card_ready__id="Siap {reference} ş", card_ready__en="Ready {reference} " + "a" * 160)
    assert {each.template for each in check_templates(path)} == {"card_ready.id", "card_ready.en"}
    assert not any(each.fatal for each in check_templates(path))
    read_templates(path)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"not toml", b"service_back = 3", b"#" * 70_000])
def test_what_is_no_such_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "words.toml"
    path.write_bytes(content)
    with pytest.raises(TemplatesUnusable):
        read_templates(path)
    with pytest.raises(TemplatesUnusable):
        read_templates(tmp_path / "none.toml")


def test_a_name_that_is_too_long_or_a_number_is_refused_in_the_message() -> None:
    words = read_templates(None)
    with pytest.raises(ContentRefused, match="messages"):
        words.text(Purpose.SERVICE_BACK, Language.ID, FIELDS | {"office": "Kelurahan " * 60})
    with pytest.raises(ContentRefused, match="16 digits"):
        words.text(Purpose.SERVICE_BACK, Language.ID, FIELDS | {"office": "3174 0123 4567 8901"})
    assert "\n" not in words.text(Purpose.SERVICE_BACK, Language.ID, FIELDS | {"office": "Kedoya\nSelatan"})

"""Telephone numbers as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.callback import PhoneInvalid, masked, normalised_phone


@pytest.mark.parametrize(
    "text",
    [
        *("081234567890", "0812-3456-7890", "0812 3456 7890", "+62 812-3456-7890", "6281234567890", "+6281234567890"),
        *("0062 812 3456 7890", "812 3456 7890", "+62 (0)812 3456 7890", "(0812) 3456.7890", " 0812/3456/7890 "),
    ],
)
def test_every_spelling_is_one_number(text: str) -> None:
    assert normalised_phone(text) == "+6281234567890"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("021-5801234", "+62215801234"),
        ("0274 512345", "+62274512345"),
        ("+65 9123 4567", "+6591234567"),
        ("00601 2345 6789", "+60123456789"),
    ],
)
def test_landlines_and_other_countries(text: str, number: str) -> None:
    assert normalised_phone(text) == number


@pytest.mark.parametrize(
    "text",
    [
        *("", "0812", "08123456789012345", "siti", "0812345678a", "+", "112", "++62812345678", "3174012345678901"),
        *("+1", "+0812345678", "+6212345", "٠٨١٢٣٤٥٦٧٨٩٠", "0812,3456,7890"),
    ],
)
def test_what_is_none_is_refused_and_not_quoted(text: str) -> None:
    with pytest.raises(PhoneInvalid) as error:
        normalised_phone(text)
    assert len(text) < 5 or text not in str(error.value)


@given(st.from_regex(r"8[0-9]{8,11}", fullmatch=True), st.sampled_from(["0", "62", "+62", "0062", "+62 0", ""]))
def test_it_is_stable(national: str, prefix: str) -> None:
    number = normalised_phone(prefix + national)
    assert number == f"+62{national}"
    assert normalised_phone(number) == number
    assert national[2:-3] not in masked(number)


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        number = normalised_phone(text)
    except PhoneInvalid:
        return
    assert number.startswith("+")
    assert number[1:].isdecimal()

"""Whatever is wrong with a text, one error says that it is no TOML."""

import tomllib

import pytest

from gateway.toml_text import toml_table


def test_a_table_is_given_as_it_stands() -> None:
    assert toml_table('[a]\nb = [1, "x"]') == {"a": {"b": [1, "x"]}}


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize(
    "text", ["a = ", "a = 1\na = 2", "a = " + "[" * 5000 + "]" * 5000, "a = " + "{a = " * 5000, "a = " + "9" * 5000]
)
def test_what_is_none_is_said_not_to_be(text: str) -> None:
    with pytest.raises(tomllib.TOMLDecodeError):
        toml_table(text)

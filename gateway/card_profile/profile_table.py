"""A table of a profile's TOML, read strictly: each fault names file, table, key, cause and remedy."""

import difflib
from collections.abc import Collection, Iterator, Mapping
from enum import Enum
from typing import NoReturn, TypeVar

from gateway.card_profile.errors import CardProfileProblem

_Word = TypeVar("_Word", bound=Enum)
_BY_EXAMPLE = "Mend it by docs/card-profiles.md"


class Table:
    """One table; what is read is crossed off, and `finished` refuses what is left.

    Parameters
    ----------
    source : str
        The file, for messages.
    path : str
        Where the table is, e.g. `application[0].file[2]`; empty for the whole.
    values : mapping
        As tomllib gives it.
    """

    def __init__(self, source: str, path: str, values: Mapping[str, object]) -> None:
        self.source = source
        self.path = path
        self._values = dict(values)
        self._read: set[str] = set()

    def fail(self, key: str, cause: str, remedy: str = _BY_EXAMPLE) -> NoReturn:
        """Say what is wrong with a key."""
        raise CardProfileProblem(self.source, self.path, key, cause, f"{remedy}.")

    def __contains__(self, key: str) -> bool:
        return key in self._values

    @property
    def keys(self) -> tuple[str, ...]:
        """All keys, in their order."""
        return tuple(self._values)

    def text(self, key: str, default: str | None = None) -> str:
        """A text."""
        value = self._value(key, default)
        if not isinstance(value, str):
            self.fail(key, f"a text is due, not {_kind(value)}", f'Write {key} = "..."')
        return value

    def number(self, key: str, allowed: range, default: int | None = None) -> int:
        """A whole number within a range."""
        value = self._value(key, default)
        if not isinstance(value, int) or isinstance(value, bool):
            self.fail(
                key, f"a whole number is due, not {_kind(value)}", f"Write {key} = {allowed.start}, or 0x for hex"
            )
        if value not in allowed:
            # Text of a number is refused by Python where it is longer than some thousand digits.
            told = str(value) if abs(value) < 1 << 64 else "the number"
            self.fail(key, f"{told} is not within {allowed.start} to {allowed.stop - 1}", "Write one that is")
        return value

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self._value(key, default)
        if not isinstance(value, bool):
            self.fail(key, f"true or false is due, not {_kind(value)}", f"Write {key} = true or {key} = false")
        return value

    def octets(self, key: str, default: str | None = None) -> bytes:
        """Bytes in hex; spaces between them are passed over."""
        value = self.text(key, default)
        try:
            return bytes.fromhex(value)
        except ValueError:
            self.fail(key, "bytes in hex are due, two digits each", f'Write {key} = "A0 00 ..."')

    def word(self, key: str, words: type[_Word], default: _Word | None = None) -> _Word:
        """One of the values of an enumeration."""
        known = {str(each.value): each for each in words}
        text = self.text(key, None if default is None else str(default.value))
        return known[self.one_of(key, text, known)]

    def words(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """A list of texts, none of them twice."""
        value = self._value(key, None if default is None else list(default))
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            self.fail(key, f"a list of texts is due, not {_kind(value)}", f'Write {key} = ["...", "..."]')
        if len(set(value)) != len(value):
            self.fail(key, "one is there twice", "Take it away")
        return tuple(value)

    def one_of(self, key: str, value: str, allowed: Collection[str]) -> str:
        """`value`, where it is among those that are allowed."""
        if value not in allowed:
            self.fail(key, f"{value!r} is none that is known", _nearest(value, allowed))
        return value

    def table(self, key: str) -> "Table":
        """A table inside; an empty one where it is not there."""
        value = self._value(key, {})
        if not isinstance(value, dict):
            self.fail(key, f"a table is due, not {_kind(value)}", f"Write [{self._inside(key)}] in a line of its own")
        return Table(self.source, self._inside(key), value)

    def tables(self, key: str) -> Iterator["Table"]:
        """The tables of a list."""
        value = self._value(key, [])
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            self.fail(key, f"a list of tables is due, not {_kind(value)}", f"Write [[{key}]] before each")
        for index, each in enumerate(value):
            yield Table(self.source, f"{self._inside(key)}[{index}]", each)

    def finished(self, known: Collection[str]) -> None:
        """Refuse a key that nobody knows."""
        for key in self._values:
            if key not in self._read:
                self.fail(key, "nobody knows this key", _nearest(key, known))

    def _value(self, key: str, default: object) -> object:
        self._read.add(key)
        if key in self._values:
            return self._values[key]
        if default is None:
            self.fail(key, "it is missing", f"Add {key}")
        return default

    def _inside(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key


def _nearest(word: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(word, list(known), 1)
    return f"Did you mean {near[0]}" if near else f"There are {', '.join(known)}"


def _kind(value: object) -> str:
    names = {
        str: "a text",
        bool: "true or false",
        int: "a number",
        float: "a fraction",
        list: "a list",
        dict: "a table",
    }
    return names.get(type(value), "a date or time")

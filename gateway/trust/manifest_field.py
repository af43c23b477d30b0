"""A JSON value of a manifest, read strictly; faults name the path from the root."""

import json
import re
from collections.abc import Callable
from typing import NoReturn, TypeVar

_MAX_TEXT = 512
_MAX_ITEMS = 64
_MAX_INTEGER = 2**53 - 1  # RFC 8785 clause 3.2.2.3, I-JSON

_T = TypeVar("_T")


class ManifestError(ValueError):
    """Bytes or values are no manifest; the message names the field, as a path from the root."""


def parse_json(data: bytes) -> object:
    """The value that JSON in UTF-8 stands for; ManifestError where it is none."""

    def refuse_constant(name: str) -> NoReturn:
        raise ManifestError(f"manifest: {name} is not JSON")

    try:
        value: object = json.loads(data.decode("utf-8"), parse_constant=refuse_constant)
    except ManifestError:
        raise
    except (ValueError, RecursionError) as error:
        raise ManifestError(f"manifest: not JSON in UTF-8 ({error})") from error
    return value


class Field:
    """A JSON value with its path, read as the type that is expected there."""

    def __init__(self, path: str, value: object) -> None:
        self.path = path
        self.value = value

    def fail(self, what: str) -> NoReturn:
        """Say what is wrong here."""
        raise ManifestError(f"{self.path}: {what}")

    def text(self, pattern: re.Pattern[str] | None = None, *, empty: bool = False) -> str:
        """A text, within the bounds that all have."""
        if not isinstance(self.value, str):
            self.fail("not a text")
        if len(self.value) > _MAX_TEXT or not (self.value or empty):
            self.fail(f"a text of {0 if empty else 1} to {_MAX_TEXT} characters is due")
        if pattern is not None and not pattern.fullmatch(self.value):
            self.fail("not in its form")
        if not self.value.isascii() and any("\ud800" <= character <= "\udfff" for character in self.value):
            self.fail("lone surrogates are not Unicode text")
        return self.value

    def integer(self, low: int, high: int = _MAX_INTEGER) -> int:
        """A whole number within bounds."""
        if not isinstance(self.value, int) or isinstance(self.value, bool):
            self.fail("not an integer")
        if not low <= self.value <= high:
            self.fail(f"not within {low} to {high}")
        return self.value

    def seconds(self) -> float:
        """A span of time in whole milliseconds."""
        if not isinstance(self.value, int | float) or isinstance(self.value, bool):
            self.fail("not a number")
        if not 0 <= self.value < 1e11:
            self.fail("not a span of time in seconds")
        if round(float(self.value), 3) != self.value:
            self.fail("not in whole milliseconds")
        return float(self.value)

    def or_none(self, read: "Callable[[Field], _T]") -> _T | None:
        """None, or what `read` makes of it."""
        return None if self.value is None else read(self)

    def items(self, read: "Callable[[Field], _T]") -> tuple[_T, ...]:
        """What `read` makes of each item of a list."""
        if not isinstance(self.value, list):
            self.fail("not a list")
        if len(self.value) > _MAX_ITEMS:
            self.fail(f"more than {_MAX_ITEMS} items")
        return tuple(read(Field(f"{self.path}[{index}]", item)) for index, item in enumerate(self.value))

    def without(self, name: str) -> "tuple[Field, Field | None]":
        """The object without one member, and that member, which may be missing."""
        if not isinstance(self.value, dict) or name not in self.value:
            return self, None
        rest = {key: value for key, value in self.value.items() if key != name}
        return Field(self.path, rest), Field(f"{self.path}.{name}", self.value[name])

    def members(self, *names: str) -> "tuple[Field, ...]":
        """The members of an object that has these and no others."""
        if not isinstance(self.value, dict):
            self.fail("not an object")
        if self.value.keys() != set(names):
            missing = [name for name in names if name not in self.value]
            self.fail(f"{missing[0]} is missing" if missing else "a member that this version does not know")
        return tuple(Field(f"{self.path}.{name}", self.value[name]) for name in names)

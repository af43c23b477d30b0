"""Frozen dataclasses as canonical JSON (RFC 8785) and back, strictly: every member there, none unknown."""

import json
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache
from math import isfinite
from types import NoneType, UnionType
from typing import Any, NoReturn, TypeVar, Union, get_args, get_origin, get_type_hints

import rfc8785

MAX_TEXT = 2_000
MAX_ITEMS = 4_000
MAX_INTEGER = 2**53 - 1
"""RFC 8785 clause 3.2.2.3, I-JSON."""

T = TypeVar("T")


class FormError(ValueError):
    """Bytes or values are not of the form; the message names the field as a path from the root."""


def to_canonical(value: object) -> bytes:
    """The canonical bytes of a dataclass of texts, numbers, times, tuples and dataclasses.

    Raises
    ------
    FormError
        A number is not finite, a time has no zone, a text or a list is too long; or a type that has no form.
    """
    try:
        return rfc8785.dumps(_as_json(value, type(value).__name__))
    except rfc8785.CanonicalizationError as error:
        raise FormError(f"no canonical form: {error}") from error


def from_canonical(data: bytes, kind: type[T]) -> T:
    """Read what `to_canonical` made of a `kind`, to the byte.

    Raises
    ------
    FormError
    """
    try:
        value: object = json.loads(data.decode("utf-8"), parse_constant=_refuse_constant)
    except FormError:
        raise
    except (ValueError, RecursionError) as error:
        raise FormError(f"not JSON in UTF-8 ({error})") from error
    read: T = _read(value, kind, kind.__name__)
    if to_canonical(read) != data:
        raise FormError("not in canonical form (RFC 8785)")
    return read


def _refuse_constant(name: str) -> NoReturn:
    raise FormError(f"{name} is not JSON")


def _as_json(value: object, path: str) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(_checked_text(value, path))
    if isinstance(value, int):
        return _checked_integer(value, path)
    if isinstance(value, float):
        return _checked_number(value, path)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise FormError(f"{path}: a time needs its zone")
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        if len(value) > MAX_ITEMS:
            raise FormError(f"{path}: more than {MAX_ITEMS} items")
        return [_as_json(item, f"{path}[{index}]") for index, item in enumerate(value)]
    if is_dataclass(value):
        return {each.name: _as_json(getattr(value, each.name), f"{path}.{each.name}") for each in fields(value)}
    raise FormError(f"{path}: {type(value).__name__} has no form")


def _read(value: object, kind: Any, path: str) -> Any:
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        if value is None and NoneType in get_args(kind):
            return None
        (kind,) = (each for each in get_args(kind) if each is not NoneType)
        return _read(value, kind, path)
    if origin is tuple:
        if not isinstance(value, list) or len(value) > MAX_ITEMS:
            raise FormError(f"{path}: not a list of at most {MAX_ITEMS} items")
        (item_kind, _) = get_args(kind)
        return tuple(_read(item, item_kind, f"{path}[{index}]") for index, item in enumerate(value))
    if is_dataclass(kind):
        hints = _hints(kind)  # type: ignore[arg-type]
        if not isinstance(value, dict) or value.keys() != hints.keys():
            known = set(hints) ^ (value.keys() if isinstance(value, dict) else set())
            raise FormError(f"{path}: missing or unknown: {', '.join(sorted(map(str, known)))}")
        members = {name: _read(value[name], hint, f"{path}.{name}") for name, hint in hints.items()}
        return kind(**members)  # type: ignore[operator]
    return _READERS.get(kind, _read_enum(kind))(value, path)


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _checked_text(value: str, path: str) -> str:
    if len(value) > MAX_TEXT:
        raise FormError(f"{path}: over {MAX_TEXT} characters")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise FormError(f"{path}: lone surrogates are not Unicode text")
    return value


def _checked_integer(value: int, path: str) -> int:
    if abs(value) > MAX_INTEGER:
        raise FormError(f"{path}: beyond {MAX_INTEGER}")
    return value


def _checked_number(value: float, path: str) -> float:
    if not isfinite(value):
        raise FormError(f"{path}: {value} is no number that was measured")
    return value


def _text(value: object, path: str) -> str:
    if not isinstance(value, str):
        raise FormError(f"{path}: not a text")
    return _checked_text(value, path)


def _boolean(value: object, path: str) -> bool:
    if not isinstance(value, bool):
        raise FormError(f"{path}: not true or false")
    return value


def _integer(value: object, path: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise FormError(f"{path}: not a whole number")
    return _checked_integer(value, path)


def _number(value: object, path: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise FormError(f"{path}: not a number")
    return _checked_number(float(value), path)


def _time(value: object, path: str) -> datetime:
    text = _text(value, path)
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise FormError(f"{path}: no time in UTC") from error


def _date(value: object, path: str) -> date:
    try:
        return date.fromisoformat(_text(value, path))
    except ValueError as error:
        raise FormError(f"{path}: no date") from error


def _read_enum(kind: Any) -> Callable[[object, str], Any]:
    def read(value: object, path: str) -> StrEnum:
        try:
            member: StrEnum = kind(_text(value, path))
        except (TypeError, ValueError) as error:
            raise FormError(f"{path}: {value!r} is not known") from error
        return member

    return read


_READERS: dict[Any, Callable[[object, str], Any]] = {
    str: _text,
    bool: _boolean,
    int: _integer,
    float: _number,
    datetime: _time,
    date: _date,
}

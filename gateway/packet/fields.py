"""How the packet's documents are read beyond what manifests have: long lists, free numbers, kinds and versions."""

import re
from collections.abc import Callable
from typing import TypeVar

from gateway.trust.manifest_field import Field

KEY_ID = re.compile(r"[A-Za-z0-9_-]{43}")
"""A SHA-256 thumbprint of RFC 7638 in base64url."""
_LARGEST_NUMBER = 2**53 - 1  # RFC 8785 clause 3.2.2.3, I-JSON

_T = TypeVar("_T")


def long_list(field: Field, read: Callable[[Field], _T], most: int) -> tuple[_T, ...]:
    """What `read` makes of each item of a list that may be longer than a manifest's."""
    if not isinstance(field.value, list):
        field.fail("not a list")
    if len(field.value) > most:
        field.fail(f"more than {most} items")
    return tuple(read(Field(f"{field.path}[{index}]", item)) for index, item in enumerate(field.value))


def finite_number(field: Field) -> float:
    """A number that a double holds: RFC 8785 writes it as one."""
    if not isinstance(field.value, int | float) or isinstance(field.value, bool):
        field.fail("not a number")
    if not abs(field.value) <= _LARGEST_NUMBER:
        field.fail("larger than every reader can hold")
    return field.value


def check_format(of: dict[str, Field], name: str, version: int) -> None:
    """Refuse a document of another kind or version."""
    if of["format"].text() != name:
        of["format"].fail(f"not {name}")
    of["version"].integer(version, version)

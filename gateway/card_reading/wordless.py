"""Parsing that fails in words of our own: a parser's name tags and places, which in a garbled file are content."""

from collections.abc import Callable
from typing import TypeVar

from gateway.card import MalformedCardData

_T = TypeVar("_T")


def parsed(parse: Callable[[], _T], complaint: str) -> _T:
    """What `parse` gives.

    Raises
    ------
    MalformedCardData
        With `complaint` alone, and neither cause nor context.
    """
    try:
        return parse()
    except (MalformedCardData, UnicodeDecodeError):
        pass
    raise MalformedCardData(complaint)

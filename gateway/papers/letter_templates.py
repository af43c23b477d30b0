"""The words of the letters: read from a file that an office edits, checked before one is written."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from gateway.named_fields import field_names
from gateway.papers.values import Language

FIELDS = ("office", "office_phone", "office_address", "date", "since", "expected", "count")
LANGUAGES: tuple[Language, ...] = ("id", "en")
MAX_FILE_BYTES = 256 * 1024
_KEYS = ("subject", "body")


class LetterKind(StrEnum):
    """What a letter tells."""

    CLOSED = "closed"
    OPEN_AGAIN = "open_again"
    CARDS_READY = "cards_ready"


@dataclass(frozen=True)
class LetterWords:
    """One letter's words."""

    subject: str
    body: str


@dataclass(frozen=True)
class LetterTemplates:
    """The words by kind and language."""

    words: Mapping[tuple[LetterKind, Language], LetterWords]


class LettersUnusable(ValueError):
    """A file of letters cannot be used; the message names it and everything that is wrong."""


def read_letter_templates(path: Path | None) -> LetterTemplates:
    """The office's own words, or those that are shipped.

    Raises
    ------
    LettersUnusable
    """
    if path is None:
        return _shipped()
    problems = check_letter_templates(path)
    if problems:
        raise LettersUnusable(f"{path}: {'; '.join(problems)}")
    return _parsed(tomllib.loads(path.read_text(encoding="utf-8")))


def check_letter_templates(path: Path) -> tuple[str, ...]:
    """Everything that is wrong with a file."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            return (f"more than {MAX_FILE_BYTES} bytes are no templates",)
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return (f"cannot be read: {error}",)
    found = [f"{name}: is none of {', '.join(LetterKind)}" for name in sorted(tables.keys() - set(LetterKind))]
    for kind in LetterKind:
        for language in LANGUAGES:
            table = tables.get(kind.value, {})
            letter = table.get(language, {}) if isinstance(table, dict) else {}
            for key in _KEYS:
                text = letter.get(key) if isinstance(letter, dict) else None
                found += (f"{kind.value}.{language}.{key}: {problem}" for problem in _checked(text))
    return tuple(found)


def _checked(text: object) -> list[str]:
    if not isinstance(text, str) or not text.strip():
        return ["is missing"]
    try:
        unknown = field_names(text) - set(FIELDS)
    except ValueError as error:
        return [str(error)]
    return [f"unknown field {{{name}}}; known: {', '.join(FIELDS)}" for name in sorted(unknown)]


@cache
def _shipped() -> LetterTemplates:
    return _parsed(tomllib.loads(files("gateway.papers").joinpath("letters.toml").read_text(encoding="utf-8")))


def _parsed(tables: dict[str, Any]) -> LetterTemplates:
    return LetterTemplates(
        {
            (kind, language): LetterWords(**{key: tables[kind.value][language][key] for key in _KEYS})
            for kind in LetterKind
            for language in LANGUAGES
        }
    )

"""The words of the notices: read from a file that an office edits, checked before one of them is sent."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from gateway.callback.content import ContentRefused, check_content
from gateway.callback.values import Language, Purpose
from gateway.named_fields import field_names, one_line
from gateway.sms import segments_of
from gateway.toml_text import toml_table

FIELDS = ("name", "office", "office_phone", "reference")
_FORBIDDEN_FIELDS = ("nik", "status", "reason", "cause", "failure", "birth", "address", "exceptions")
MAX_SEGMENTS = 3
"""More of them cost an office more than a call does."""
MAX_FILE_BYTES = 64 * 1024
# What a field may grow to, for the length that is told before anybody's notice is made.
_SAMPLE = {
    "name": "Siti Rahmawati",
    "office": "Kelurahan Kedoya Selatan",
    "office_phone": "021-5801234",
    "reference": "7K2QD-4MZ0X",
}


@dataclass(frozen=True)
class TemplateProblem:
    """What is wrong with a template, or worth knowing."""

    template: str
    """`card_ready.id`."""
    problem: str
    fatal: bool


@dataclass(frozen=True)
class NoticeTemplates:
    """The words by purpose and language."""

    words: Mapping[tuple[Purpose, Language], str]

    def text(self, purpose: Purpose, language: Language, fields: Mapping[str, str]) -> str:
        """A finished message.

        Parameters
        ----------
        purpose : Purpose
        language : Language
        fields : mapping of str to str
            Of `FIELDS`.

        Raises
        ------
        ContentRefused
            It would hold what no message may, or be longer than `MAX_SEGMENTS`.
        """
        text = self.words[purpose, language].format_map({name: one_line(fields[name]) for name in FIELDS})
        check_content(text)
        count = len(segments_of(text).parts)
        if count > MAX_SEGMENTS:
            raise ContentRefused(f"it would take {count} messages; {MAX_SEGMENTS} are the most")
        return text


class TemplatesUnusable(ValueError):
    """A file of templates cannot be used.

    Parameters
    ----------
    path : Path
    problems : tuple of TemplateProblem
    """

    def __init__(self, path: Path, problems: tuple[TemplateProblem, ...]) -> None:
        told = "; ".join(f"{each.template}: {each.problem}" if each.template else each.problem for each in problems)
        super().__init__(f"{path}: {told}")
        self.problems = problems


def read_templates(path: Path | None) -> NoticeTemplates:
    """The office's own words, or those that are shipped.

    Raises
    ------
    TemplatesUnusable
    """
    if path is None:
        return _shipped()
    problems = check_templates(path)
    fatal = tuple(each for each in problems if each.fatal)
    if fatal:
        raise TemplatesUnusable(path, fatal)
    return _parsed(path.read_text(encoding="utf-8"))


def check_templates(path: Path) -> tuple[TemplateProblem, ...]:
    """Everything that is wrong with a file, and what its messages cost where that is more than one."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            return (TemplateProblem("", f"more than {MAX_FILE_BYTES} bytes are no templates", fatal=True),)
        tables = toml_table(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return (TemplateProblem("", f"cannot be read: {error}", fatal=True),)
    found: list[TemplateProblem] = []
    for name in sorted(tables.keys() - set(Purpose)):
        found.append(TemplateProblem(name, f"is none of {', '.join(Purpose)}", fatal=True))
    for purpose in Purpose:
        table = tables.get(purpose.value, {})
        if not isinstance(table, dict):
            found.append(TemplateProblem(purpose.value, "is no table", fatal=True))
            continue
        for name in sorted(table.keys() - set(Language)):
            found.append(TemplateProblem(f"{purpose.value}.{name}", "is none of id, en", fatal=True))
        for language in Language:
            name = f"{purpose.value}.{language.value}"
            found += (
                TemplateProblem(name, problem, fatal) for problem, fatal in _checked(table.get(language.value), purpose)
            )
    return tuple(found)


def _checked(text: object, purpose: Purpose) -> list[tuple[str, bool]]:
    if not isinstance(text, str) or not text.strip():
        return [("is missing", True)]
    try:
        names = field_names(text)
    except ValueError as error:
        return [(str(error), True)]
    found = [
        (f"{{{name}}} must not be in a message", True)
        if name in _FORBIDDEN_FIELDS
        else (f"unknown field {{{name}}}; known: {', '.join(FIELDS)}", True)
        for name in sorted(names - set(FIELDS))
    ]
    if purpose is Purpose.SERVICE_BACK and "reference" in names:
        found.append(("{reference} is of a card, and nobody's here", True))
    if found:
        return found
    filled = text.format_map(_SAMPLE)
    try:
        check_content(filled)
    except ContentRefused as error:
        return [(str(error), True)]
    return _lengths(filled)


def _lengths(filled: str) -> list[tuple[str, bool]]:
    try:
        cut = segments_of(filled)
    except ValueError as error:
        return [(str(error), True)]
    count = len(cut.parts)
    if count > MAX_SEGMENTS:
        return [(f"takes {count} messages with usual names; {MAX_SEGMENTS} are the most", True)]
    if cut.odd_characters:
        return [(f"takes {count} messages, as {cut.odd_characters!r} is outside the GSM alphabet", False)]
    return [(f"takes {count} messages with usual names", False)] if count > 1 else []


@cache
def _shipped() -> NoticeTemplates:
    return _parsed(files("gateway.callback").joinpath("notices.toml").read_text(encoding="utf-8"))


def _parsed(text: str) -> NoticeTemplates:
    tables = toml_table(text)
    return NoticeTemplates(
        {(purpose, language): tables[purpose.value][language.value] for purpose in Purpose for language in Language}
    )

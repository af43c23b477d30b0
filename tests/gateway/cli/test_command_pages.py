"""What the documentation and the program's own words tell somebody to type, against the commands that there are."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from gateway.cli.app import app

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", ROOT / "examples/folder_scanner/README.md", *sorted((ROOT / "docs").glob("*.md"))]
SOURCES = sorted((ROOT / "gateway").rglob("*.py"))
TOLD = re.compile(r"(?:^[$ ]*|`|`\w+=\S+ )rekam ((?:[^`\n\"|]|\\\|)+)", re.MULTILINE)

Words = tuple[str, ...]


def commands(command: Any, path: Words = ()) -> Iterator[tuple[Words, set[str]]]:
    """Every command and group by its words, with the options that it takes."""
    options = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
    yield path, options | {"--help", "-h"}
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, (*path, name))


COMMANDS = dict(commands(typer.main.get_command(app)))


def wrong(line: str) -> str:
    """What of a line there is not; empty where all of it is."""
    words = re.sub(r"[\[\]|…,;:()]|\\", " ", line.partition("#")[0]).split()
    path: Words = ()
    while words and (*path, words[0]) in COMMANDS:
        path = (*path, words.pop(0))
    if not path:
        first = words[0] if words else ""
        return first if re.fullmatch(r"[a-z][a-z-]+", first) else ""
    taken = set().union(*(options for at, options in COMMANDS.items() if at[: len(path)] == path))
    return next((f"{' '.join(path)} {each}" for each in words if each.startswith("--") and each not in taken), "")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_names_commands_and_options_that_there_are(page: Path) -> None:
    text = page.read_text("utf-8").replace("\\\n", " ")
    assert [found for line in TOLD.findall(text) if (found := wrong(line))] == []


def test_the_program_names_commands_and_options_that_there_are() -> None:
    told = {line for source in SOURCES for line in TOLD.findall(source.read_text("utf-8"))}
    assert len(told) > 100
    assert {found for line in told if (found := wrong(line))} == set()


def test_what_is_wrong_is_found() -> None:
    assert wrong("day [--date D]") == "day --date"
    assert wrong("enroll --nik N") == "enroll"
    assert wrong(r"keys show [--pem \| --jwks]") == ""

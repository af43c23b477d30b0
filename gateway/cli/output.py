"""Where words go: results to standard output, as JSON for programs or text for people; the rest to standard error."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

import typer

from gateway.cli.exits import CommandFailure, ExitStatus
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from rich.console import Console

PIPE_CLOSED = 128 + 13
"""What a shell reports for a program that SIGPIPE ended."""


class Output:
    """The two ways out of a command.

    Parameters
    ----------
    as_json : bool
        Standard output then carries JSON alone, a document a line, and people's text goes to standard error.
    """

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    @property
    def people(self) -> TextIO:
        """Where a result goes as text."""
        return sys.stderr if self.as_json else sys.stdout

    def say(self, text: str = "") -> None:
        """A line of the result, for people."""
        print(text, file=self.people, flush=True)

    def note(self, text: str) -> None:
        """A line beside the result."""
        print(text, file=sys.stderr, flush=True)

    def document(self, content: Mapping[str, Any]) -> None:
        """The result for programs; nothing where people asked."""
        if self.as_json:
            print(json.dumps(content, ensure_ascii=False), flush=True)

    def console(self) -> "Console":
        """A rich console for a table of the result."""
        from rich.console import Console

        return Console(file=self.people, highlight=False, soft_wrap=False)

    def live_console(self) -> "Console":
        """A rich console for what changes while it is looked at."""
        from rich.console import Console

        return Console(file=sys.stderr, highlight=False)


@contextmanager
def reporting(*, as_json: bool) -> Iterator[Output]:
    """Run a command: whatever it fails with becomes one message and the right exit status."""
    output = Output(as_json=as_json)
    try:
        yield output
    except CommandFailure as failure:
        output.document(
            {
                "error": {
                    "reason": failure.reason,
                    "message": failure.words.en,
                    "message_id": failure.words.id,
                    "exit_status": int(failure.status),
                }
            }
        )
        output.note(f"rekam: {in_words(failure.words)}")
        raise typer.Exit(int(failure.status)) from failure
    except BrokenPipeError as error:
        # Whoever read our output has seen enough; Python would complain once more when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(PIPE_CLOSED) from error


def finish(status: ExitStatus) -> None:
    """End the command with this status."""
    if status is not ExitStatus.DONE:
        raise typer.Exit(int(status))


def in_words(text: LocalizedText) -> str:
    """The text in the language of this terminal: Indonesian where the locale says so, else English."""
    return text.id if _language().startswith("id") else text.en


def _language() -> str:
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(variable)
        if value:
            return value.lower()
    return "en"

"""Where words go: results to standard output, as JSON for programs or text for people; the rest to standard error."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

import typer

from gateway.cli.exits import CommandFailure, ExitStatus
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from rich.console import Console

PIPE_CLOSED = 128 + 13
"""What a shell reports for a program that SIGPIPE ended."""


class _NotWritten(Exception):
    """A line did not get out, as the file behind it takes no more; no OSError, which a command may take for its own."""


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
        _write(text, self.people)

    def note(self, text: str) -> None:
        """A line beside the result."""
        _write(text, sys.stderr)

    def document(self, content: Mapping[str, Any]) -> None:
        """The result for programs; nothing where people asked."""
        if self.as_json:
            _write(json.dumps(content, ensure_ascii=False), sys.stdout)

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
    with _ways_out():
        try:
            yield output
        except CommandFailure as failure:
            _fail(failure, output)


def _fail(failure: CommandFailure, output: Output) -> NoReturn:
    output.note(f"rekam: {in_words(failure.words)}")  # first: standard output may be what takes no more
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
    raise typer.Exit(int(failure.status)) from failure


@contextmanager
def _ways_out() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError as error:
        _let_go(sys.stdout)
        raise typer.Exit(PIPE_CLOSED) from error
    except _NotWritten as error:
        _let_go(sys.stdout)
        try:
            print(f"rekam: {in_words(_not_written(str(error)))}", file=sys.stderr, flush=True)
        except OSError:
            _let_go(sys.stderr)
        raise typer.Exit(int(ExitStatus.REFUSED)) from error


def _write(text: str, stream: TextIO) -> None:
    try:
        print(text, file=stream, flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise _NotWritten(error.strerror or str(error)) from error


def _let_go(stream: TextIO) -> None:
    """Nobody takes what is left in the stream; Python would complain once more when it closes it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _not_written(cause: str) -> LocalizedText:
    return LocalizedText(
        id=f"Hasil tidak dapat ditulis ({cause}). Yang sudah dikerjakan tetap berlaku; kosongkan ruang, lalu periksa "
        "keadaannya sebelum mengulangi perintah ini.",
        en=f"The result cannot be written ({cause}). What was done counts; make room, and look how things stand before "
        "you run the command again.",
    )


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

"""`rekam papers`: the resident's slip, and letters to the heads of the neighbourhoods, as PDF."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import options
from gateway.cli.connection import connect
from gateway.cli.exits import ExitStatus, bad_usage
from gateway.cli.output import finish, in_words, reporting
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from google.protobuf.timestamp_pb2 import Timestamp

papers = typer.Typer(help="The resident's slip, and letters to RT/RW, as PDF.", no_args_is_help=True)

Out = Annotated[Path, typer.Option("--out", metavar="FILE.pdf", help="Where the PDF goes.")]


class Size(StrEnum):
    """Paper, as it is typed."""

    A4 = "a4"
    A5 = "a5"
    THERMAL_58 = "thermal-58"
    THERMAL_80 = "thermal-80"


class Kind(StrEnum):
    """What a letter tells, as it is typed."""

    CLOSED = "closed"
    OPEN_AGAIN = "open-again"
    CARDS_READY = "cards-ready"


class Language(StrEnum):
    """Of a paper."""

    ID = "id"
    EN = "en"


@papers.callback()
def _papers() -> None:
    """The resident's slip, and letters to RT/RW, as PDF."""


@papers.command()
def slip(
    enrolment: Annotated[str, typer.Argument(metavar="ENROLMENT", help="The id of a sealed enrolment.")],
    out: Out,
    size: Annotated[Size, typer.Option("--size", help="Paper, or the width of a thermal printer's roll.")] = Size.A5,
    language: Annotated[Language, typer.Option("--language", help="Of the paper: id or en.")] = Language.ID,
    operator: options.Operator = "",
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """The slip of an enrolment: reference number and QR code, what was recorded, what happens next."""
    with reporting(as_json=as_json) as output:
        from gateway.cli.slip_file import fetch_slip

        with connect(gateway, state) as client:
            number = fetch_slip(client, enrolment, out, size.name, language.value, operator, "--out")
        output.document({"path": str(out), "reference_number": number})
        if not as_json:
            output.say(f"{number}  {out}")


@papers.command()
def letter(
    kind: Annotated[Kind, typer.Argument(help="What it tells.")],
    addressee: Annotated[str, typer.Option("--to", metavar="WHO", help="Ketua RT 04/RW 02 …")],
    out: Out,
    since: Annotated[
        str, typer.Option("--since", metavar="DATE", help="Closed, or open again, since 2026-05-04.")
    ] = "",
    expected: Annotated[str, typer.Option("--expected", metavar="DATE", help="Expected back; else not known.")] = "",
    references: Annotated[
        list[str] | None, typer.Option("--card", metavar="NUMBER", help="A card that is ready; as often as need be.")
    ] = None,
    cards: Annotated[
        Path | None, typer.Option("--cards", metavar="FILE", help="A file with a reference number in each line.")
    ] = None,
    signatory: Annotated[
        str, typer.Option("--signatory", metavar="NAME", help="Who signs; else a line is left for it.")
    ] = "",
    language: Annotated[Language, typer.Option("--language", help="Of the paper: id or en.")] = Language.ID,
    operator: options.Operator = "",
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """A letter in the office's words: `closed`, `open-again`, or `cards-ready` with its reference numbers."""
    with reporting(as_json=as_json) as output:
        from rekam.v1 import paper_pb2

        from gateway.cli.slip_file import RENDER_S, write_pdf

        request = paper_pb2.RenderLetterRequest(
            kind=paper_pb2.LetterKind.Value(f"LETTER_KIND_{kind.name}"),  # type: ignore[arg-type]
            addressee=addressee,
            since=_day("--since", since),
            expected=_day("--expected", expected),
            references=[*(references or ()), *_lines(cards)],
            signatory=signatory,
            language=language.value,
            operator=operator,
        )
        with connect(gateway, state) as client:
            answer = client.call(
                "PaperService/RenderLetter", request, paper_pb2.RenderLetterResponse, timeout_s=RENDER_S
            )
        write_pdf(out, answer.pdf, "--out")
        output.document({"path": str(out)})
        if not as_json:
            output.say(str(out))


@papers.command()
def check(
    file: Annotated[Path, typer.Argument(help="The office's own words of the letters, TOML.")],
    as_json: options.Json = False,
) -> None:
    """Say what is wrong with a file of letters. Needs no gateway. Exit status 3 where it cannot be used."""
    with reporting(as_json=as_json) as output:
        from gateway.papers import check_letter_templates

        problems = check_letter_templates(file)
        output.document({"usable": not problems, "problems": list(problems)})
        if not as_json:
            for problem in problems:
                output.say(f"x {problem}")
            output.say(in_words(_UNUSABLE if problems else _USABLE))
        finish(ExitStatus.OUTCOME if problems else ExitStatus.DONE)


def _day(option: str, text: str) -> "Timestamp | None":
    from google.protobuf.timestamp_pb2 import Timestamp

    if not text:
        return None
    try:
        # Noon UTC is the same day in every zone of Indonesia, and of most other countries.
        day = datetime.strptime(text, "%Y-%m-%d").replace(hour=12)
    except ValueError:
        raise bad_usage(f"{option}: {text!r} is no date as 2026-05-04.") from None
    message = Timestamp()
    message.FromDatetime(day)
    return message


def _lines(path: Path | None) -> list[str]:
    if path is None:
        return []
    try:
        return [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise bad_usage(f"--cards: {path} cannot be read: {error}.") from error


_USABLE = LocalizedText(id="Berkas dapat dipakai.", en="The file can be used.")
_UNUSABLE = LocalizedText(id="Berkas tidak dapat dipakai.", en="The file cannot be used.")

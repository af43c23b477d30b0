"""`rekam link announce`: an announcement of the centre that came as a file, or in an SMS."""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import link_text, options
from gateway.cli.connection import connect
from gateway.cli.exits import bad_file, bad_usage
from gateway.cli.output import reporting

if TYPE_CHECKING:
    from google.protobuf.timestamp_pb2 import Timestamp
    from rekam.v1 import link_pb2

MAX_FILE_BYTES = 65_536


class Kind(StrEnum):
    """What is announced."""

    OUTAGE = "outage"
    MAINTENANCE = "maintenance"
    RETURN = "return"


def announce(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="A signed announcement, as the centre gave it.")
    ] = None,
    expected: Annotated[
        str | None,
        typer.Option("--expected", metavar="TIME", help="Back when, by this machine's zone: 2026-05-04T13:00."),
    ] = None,
    begins: Annotated[
        str | None, typer.Option("--begins", metavar="TIME", help="Since or from when, likewise; else now.")
    ] = None,
    text: Annotated[str, typer.Option("--text", help="What the message says.")] = "",
    kind: Annotated[Kind | None, typer.Option("--kind", help="What is announced; else an outage.")] = None,
    operator: Annotated[str, typer.Option("--operator", metavar="NAME", help="Who imports or types it.")] = "",
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Take in what the centre announced, from a file or as it is typed from an SMS.

    A file counts for its signature, whoever brought it. What is typed is kept as a message that nobody signed, with
    who typed it, and shown as such; `--kind return` says that the centre is back.
    """
    with reporting(as_json=as_json) as output:
        from rekam.v1 import link_pb2

        if not operator:
            raise bad_usage("Say who imports it: --operator NAME. It is kept beside the announcement.")
        request = link_pb2.ImportAnnouncementRequest(operator=operator, idempotency_key=token_hex(16))
        if file is not None:
            if expected is not None or begins is not None or text or kind is not None:
                raise bad_usage("Give FILE, or --expected, --begins, --text and --kind; a file says all that itself.")
            request.signed = _content(file)
        else:
            request.typed.CopyFrom(_typed(kind or Kind.OUTAGE, begins, expected, text))
        with connect(gateway, state) as client:
            answer = client.call("LinkService/ImportAnnouncement", request, link_pb2.ImportAnnouncementResponse)
        output.document({"announcement": link_text.announcement_document(answer.announcement)})
        if not as_json:
            output.say(link_text.announcement_line(answer.announcement))


def _typed(kind: Kind, begins: str | None, expected: str | None, text: str) -> "link_pb2.TypedAnnouncement":
    from rekam.v1 import link_pb2

    if expected is None and not text:
        raise bad_usage("Give FILE, or what you read: --expected TIME, --text TEXT, or both.")
    return link_pb2.TypedAnnouncement(
        kind=f"ANNOUNCEMENT_KIND_{kind.name}",
        begins=_timestamp("--begins", begins),
        expected_return=_timestamp("--expected", expected),
        text=text,
    )


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise bad_file(f"{file} cannot be read: {error.strerror}.") from error
    if not content.strip() or len(content) > MAX_FILE_BYTES:
        raise bad_file(f"{file} is no announcement: it is empty, or too large. Take the file that the centre gave.")
    return content.strip()


def _timestamp(option: str, text: str | None) -> "Timestamp | None":
    from google.protobuf.timestamp_pb2 import Timestamp

    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text).astimezone(UTC)  # one without a zone is meant as the wall's clock shows
    except (ValueError, OverflowError) as error:
        raise bad_usage(f"{option}: {text!r} is no time. Give 2026-05-04T13:00 or 2026-05-04T13:00+07:00.") from error
    message = Timestamp()
    message.FromDatetime(moment)
    return message

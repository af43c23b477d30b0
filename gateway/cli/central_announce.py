"""`rekam central announce`: tell every office that the centre is or will be away, or is back."""

import secrets
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli import options
from gateway.cli.central_state import StateFolder, state_folder, told_plainly
from gateway.cli.exits import bad_usage
from gateway.cli.output import in_words, reporting
from gateway.guidance import LocalizedText


class Kind(StrEnum):
    """What is announced."""

    OUTAGE = "outage"
    MAINTENANCE = "maintenance"
    RETURN = "return"


def announce(
    kind: Annotated[Kind, typer.Option("--kind", help="outage: unplanned; maintenance; return: it is back.")],
    text_id: Annotated[str, typer.Option("--text-id", help="In Indonesian, at most 500 characters.")] = "",
    text_en: Annotated[str, typer.Option("--text-en", help="In English, at most 500 characters.")] = "",
    begins: Annotated[str | None, typer.Option("--begins", metavar="TIME", help="RFC 3339; now by default.")] = None,
    expected: Annotated[
        str | None, typer.Option("--expected", metavar="TIME", help="Expected return, RFC 3339; none: nobody knows.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="The signed announcement, for other ways than the net.")
    ] = None,
    state: StateFolder = None,
    as_json: options.Json = False,
) -> None:
    """Sign an announcement and give it to every gateway that asks, and to a file for those that cannot."""
    with reporting(as_json=as_json) as output, told_plainly():
        from gateway.central import OpenCentre
        from gateway.central.answers import whole_milliseconds
        from gateway.centre import Announcement, AnnouncementKind, AnswerInvalid
        from gateway.durable_file import write_durably

        now = whole_milliseconds()
        with OpenCentre(state_folder(state)) as centre:
            made = Announcement(
                *(centre.identity.centre_id, f"a-{secrets.token_hex(8)}", AnnouncementKind(kind), now),
                now if begins is None else _time("--begins", begins),
                None if expected is None else _time("--expected", expected),
                LocalizedText(id=text_id or text_en, en=text_en or text_id),
            )
            try:
                jws = centre.signer.announcement(made)
            except AnswerInvalid as error:
                raise bad_usage(f"{error}.") from error
            centre.store.announce(made)
        if out is not None:
            write_durably(out, jws + b"\n")
        output.document({"announcement_id": made.announcement_id, "kind": str(kind), "jws": jws.decode("ascii")})
        if not output.as_json:
            words = LocalizedText(id="Diumumkan kepada setiap kantor.", en="Announced to every office.")
            output.say(f"{made.announcement_id}  {in_words(words)}")


def _time(option: str, text: str) -> datetime:
    from gateway.central.answers import whole_milliseconds

    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise bad_usage(f"{option} is a time such as 2026-03-04T17:00+07:00, not {text!r}.") from error
    if found.tzinfo is None:
        raise bad_usage(f"{option} needs its offset from UTC, as in 2026-03-04T17:00+07:00.")
    return whole_milliseconds(found.astimezone(UTC))

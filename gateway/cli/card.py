"""`rekam card`: readers and profiles, cards made, read and handed over, blanks counted."""

from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli import options
from gateway.cli.card_inputs import Reader
from gateway.cli.card_make import abandon, invalidate, jobs, personalise, resume, write_off
from gateway.cli.card_see import read, verify_holder
from gateway.cli.card_stock import stock
from gateway.cli.card_text import PRESENCES, STANDINGS, reader_document
from gateway.cli.connection import connect
from gateway.cli.exits import ExitStatus, bad_file
from gateway.cli.output import finish, in_words, reporting
from gateway.guidance import LocalizedText

card = typer.Typer(help="Cards: made, read, handed to their holders.", no_args_is_help=True)
profiles = typer.Typer(help="What can stand on a card.", no_args_is_help=True)


@card.callback()
def _card() -> None:
    """Cards: made, read, handed to their holders."""


@card.command()
def readers(
    watch: Annotated[bool, typer.Option("--watch", help="Go on, a line for each change.")] = False,
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Show the readers and what is in them."""
    with reporting(as_json=as_json) as output:
        from rekam.v1 import card_pb2 as pb

        with connect(gateway, state) as client:
            answers = client.stream("CardService/WatchReaders", pb.WatchReadersRequest(), pb.WatchReadersResponse)
            told = 0
            for answer in answers:
                if answer.HasField("reader"):
                    told += 1
                    document = reader_document(answer.reader)
                    output.document(document)
                    if not as_json:
                        output.say(_line(document))
                elif not watch:
                    break
        if not told:
            output.note(in_words(_NO_READERS))


def _line(document: dict[str, Any]) -> str:
    standing = in_words(STANDINGS[document["standing"] or ""])
    parts = (document["device_id"], in_words(PRESENCES[document["presence"]]), document["serial"], standing)
    return "  ".join(each for each in (*parts, document["profile"], document["job_id"], document["holder"]) if each)


@card.command("insert-blank")
def insert_blank(
    reader: Reader = "",
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Put another drawn blank into a synthetic reader, for the next person of a demonstration."""
    with reporting(as_json=as_json) as output:
        from rekam.v1 import card_pb2 as pb

        request = pb.InsertSyntheticBlankRequest(device_id=reader)
        with connect(gateway, state) as client:
            answer = client.call("CardService/InsertSyntheticBlank", request, pb.InsertSyntheticBlankResponse)
        output.document({"device_id": answer.device_id})
        if not as_json:
            output.say(f"{answer.device_id}: {in_words(_INSERTED)}")


@profiles.command("list")
def list_profiles(
    as_json: options.Json = False, gateway: options.GatewayAddress = None, state: options.State = None
) -> None:
    """Show the profiles of the gateway, and files of its folder that cannot be used."""
    with reporting(as_json=as_json) as output:
        from rekam.v1 import card_pb2 as pb

        with connect(gateway, state) as client:
            listed = client.call(
                "CardService/ListCardProfiles", pb.ListCardProfilesRequest(), pb.ListCardProfilesResponse
            )
        output.document(
            {
                "profiles": [
                    {
                        "name": each.name,
                        "version": each.version,
                        "title": {"id": each.title.id, "en": each.title.en},
                        "capacity": each.capacity,
                        "files": list(each.files),
                        "handed_in": list(each.handed_in),
                        "holder_check": each.holder_check,
                        "channel": each.channel,
                        "test_keys": each.test_keys,
                    }
                    for each in listed.profiles
                ],
                "problems": [{"file": each.file, "problem": each.problem} for each in listed.problems],
            }
        )
        if not as_json:
            for each in listed.profiles:
                title = LocalizedText(id=each.title.id, en=each.title.en)
                output.say(f"{each.name} {each.version}  {in_words(title)}  ({', '.join(each.files)})")
        for problem in listed.problems:
            output.note(f"{problem.file}: {problem.problem}")


@profiles.command("lint")
def lint_profile(
    path: Annotated[Path, typer.Argument(metavar="FILE.toml", help="A profile.")], as_json: options.Json = False
) -> None:
    """Check a profile, without a gateway: exit status 3 where it has errors."""
    with reporting(as_json=as_json) as output:
        from gateway.card_profile import CardProfileProblem, FindingLevel, lint, read_profile
        from gateway.cli.image_file import read_file

        try:
            profile = read_profile(read_file(path).decode("utf-8"), str(path))
        except UnicodeDecodeError as error:
            raise bad_file(f"{path} is not UTF-8. Save it as UTF-8 text.") from error
        except CardProfileProblem as error:
            raise bad_file(str(error)) from error
        findings = lint(profile)
        for each in findings:
            output.document(
                {
                    "level": each.level.value,
                    "rule": each.rule,
                    "place": each.place,
                    "text": {"id": each.text.id, "en": each.text.en},
                    "remedy": {"id": each.remedy.id, "en": each.remedy.en},
                }
            )
            if not as_json:
                output.say(f"{each.level.value}: {each.place}: {in_words(each.text)} {in_words(each.remedy)}")
        errors = any(each.level is FindingLevel.ERROR for each in findings)
        if not findings and not as_json:
            output.say(in_words(_CLEAN).format(profile.name))
        finish(ExitStatus.OUTCOME if errors else ExitStatus.DONE)


card.add_typer(profiles, name="profiles")
card.command()(personalise)
card.command()(jobs)
card.command()(resume)
card.command()(invalidate)
card.command("write-off")(write_off)
card.command()(abandon)
card.command()(read)
card.command("verify-holder")(verify_holder)
card.add_typer(stock, name="stock")

_INSERTED = LocalizedText("ada blangko baru.", "another blank is in.")
_NO_READERS = LocalizedText(
    "Tidak ada pembaca kartu. Pasang satu, atau jalankan `rekam serve --synthetic`.",
    "There is no card reader. Plug one in, or start `rekam serve --synthetic`.",
)
_CLEAN = LocalizedText("{0}: tidak ada temuan.", "{0}: nothing is found wrong.")

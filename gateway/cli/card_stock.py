"""`rekam card stock`: blanks brought in, spoiled and counted."""

import uuid
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import options
from gateway.cli.card_text import level_document
from gateway.cli.connection import connect
from gateway.cli.exits import ExitStatus, bad_usage
from gateway.cli.output import Output, finish, in_words, reporting
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from rekam.v1 import card_pb2 as pb

stock = typer.Typer(help="Blanks: how many there ought to be, and how many there are.", invoke_without_command=True)

SPOILED_SHOWN = 20
Who = Annotated[str, typer.Option("--operator", metavar="NAME", help="Who does it; it stands in the book.")]


@stock.callback()
def show(
    context: typer.Context,
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Show the book: what was brought in, used and spoiled."""
    if context.invoked_subcommand is not None:
        return
    with reporting(as_json=as_json) as output:
        from rekam.v1 import card_pb2 as pb

        with connect(gateway, state) as client:
            listed = client.call("CardService/ListStock", pb.ListStockRequest(), pb.ListStockResponse)
        output.document(
            {
                "level": level_document(listed.level),
                "ranges": [
                    {
                        "first": each.first,
                        "last": each.last,
                        "blanks": each.blanks,
                        "brought_by": each.brought_by,
                        "time": each.time.ToJsonString(),
                    }
                    for each in listed.ranges
                ],
                "spoiled": [
                    {
                        "serial": each.serial,
                        "reason": each.reason,
                        "job_id": each.job_id or None,
                        "out_of_use": each.out_of_use,
                        "time": each.time.ToJsonString(),
                    }
                    for each in listed.spoiled
                ],
            }
        )
        if as_json:
            return
        _tell_level(listed.level, output)
        for each in listed.ranges:
            output.say(f"  {each.first} .. {each.last}  ({each.blanks}, {each.brought_by})")
        for spoiled in listed.spoiled[:SPOILED_SHOWN]:
            output.say(f"  {spoiled.serial}  {spoiled.reason}  {spoiled.job_id}")


@stock.command()
def add(
    first: Annotated[str, typer.Argument(metavar="FIRST", help="Serial number of the first blank, hexadecimal.")],
    last: Annotated[str, typer.Argument(metavar="LAST", help="Of the last one.")],
    operator: Who,
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Bring a range of blanks in. Supervisors. From the first range on, only listed blanks are used."""
    with reporting(as_json=as_json) as output:
        from rekam.v1 import card_pb2 as pb

        request = pb.AddStockRequest(first=first, last=last, operator=operator, idempotency_key=uuid.uuid4().hex)
        with connect(gateway, state) as client:
            answer = client.call("CardService/AddStock", request, pb.AddStockResponse)
        output.document({"blanks": answer.range.blanks, "level": level_document(answer.level)})
        if not as_json:
            _tell_level(answer.level, output)


@stock.command()
def spoil(
    serial: Annotated[str, typer.Argument(metavar="SERIAL", help="Of the blank, hexadecimal.")],
    reason: Annotated[str, typer.Option("--reason", metavar="WHY", help="Broken, lost, misprinted, …")],
    operator: Who,
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Count a blank as spoiled that never came to a job; it is barred from now on."""
    with reporting(as_json=as_json) as output:
        from rekam.v1 import card_pb2 as pb

        request = pb.SpoilBlankRequest(
            serial=serial, reason=reason, operator=operator, idempotency_key=uuid.uuid4().hex
        )
        with connect(gateway, state) as client:
            answer = client.call("CardService/SpoilBlank", request, pb.SpoilBlankResponse)
        output.document({"level": level_document(answer.level)})
        if not as_json:
            _tell_level(answer.level, output)


@stock.command()
def count(
    operator: Who,
    blanks: Annotated[int | None, typer.Option("--blanks", metavar="N", min=0, help="How many lie there.")] = None,
    serial: Annotated[
        list[str] | None, typer.Option("--serial", metavar="SERIAL", help="Each that lies there, instead; many times.")
    ] = None,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="How a difference is explained.")] = "",
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Hold a count against the book, and keep it: exit status 3 where they differ. Supervisors."""
    with reporting(as_json=as_json) as output:
        from rekam.v1 import card_pb2 as pb

        if (blanks is None) == (not serial):
            raise bad_usage("Give --blanks N, or --serial for each of them.")
        request = pb.ReconcileStockRequest(operator=operator, note=note, idempotency_key=uuid.uuid4().hex)
        if blanks is not None:
            request.counted = blanks
        else:
            request.listed.serials.extend(serial or [])
        with connect(gateway, state) as client:
            answer = client.call("CardService/ReconcileStock", request, pb.ReconcileStockResponse)
        output.document(
            {
                "book": answer.book,
                "counted": answer.counted,
                "difference": answer.difference,
                "agrees": answer.agrees,
                "missing": list(answer.missing),
                "surplus": [{"serial": each.serial, "book": each.book} for each in answer.surplus],
            }
        )
        if not as_json:
            words = _AGREES if answer.agrees else _DIFFERS
            output.say(in_words(words).format(answer.counted, answer.book, answer.difference))
            for missing in answer.missing:
                output.say(f"  - {missing}")
            for surplus in answer.surplus:
                output.say(f"  + {surplus.serial}: {surplus.book}")
        finish(ExitStatus.DONE if answer.agrees else ExitStatus.OUTCOME)


def _tell_level(level: "pb.StockLevel", output: Output) -> None:
    output.say(
        in_words(_LEVEL).format(
            level.blanks, level.brought_in, level.used, level.spoiled, level.in_hand, level.unlisted
        )
    )


_LEVEL = LocalizedText(
    "{0} blangko. Masuk {1}, terpakai {2}, rusak {3}, sedang dikerjakan {4}, di luar daftar {5}.",
    "{0} blanks. Brought in {1}, used {2}, spoiled {3}, in hand {4}, of none of the ranges {5}.",
)
_AGREES = LocalizedText("{0} dihitung, {1} menurut buku: cocok.", "{0} counted, {1} by the book: they agree.")
_DIFFERS = LocalizedText(
    "{0} dihitung, {1} menurut buku: selisih {2}.", "{0} counted, {1} by the book: a difference of {2}."
)

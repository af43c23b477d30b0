"""`rekam status`: where everybody stands on the way to the card, and what to do."""

from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import options
from gateway.cli.connection import GatewayClient, connect
from gateway.cli.documents import localized
from gateway.cli.exits import bad_usage
from gateway.cli.outbox_text import lasted, standing_document, transition_document
from gateway.cli.output import Output, in_words, reporting
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from rekam.v1 import outbox_pb2

_PAGE = 500


def status(
    enrolment: Annotated[
        str, typer.Argument(metavar="[ENROLMENT]", help="One enrolment's id, with its history; else everybody.")
    ] = "",
    stuck: Annotated[bool, typer.Option("--stuck", help="Only those that have stood still for too long.")] = False,
    issued: Annotated[bool, typer.Option("--issued", help="Say that ENROLMENT's card was handed over.")] = False,
    operator: Annotated[str, typer.Option("--operator", metavar="NAME", help="Who says so.")] = "",
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Show where everybody stands, those first that have waited longest."""
    with reporting(as_json=as_json) as output:
        if issued and not (enrolment and operator):
            raise bad_usage("--issued wants ENROLMENT and --operator NAME.")
        with connect(gateway, state) as client:
            if issued:
                _hand_over(client, enrolment, operator)
            if enrolment:
                _show_one(client, enrolment, output)
            else:
                _show_all(client, output, only_stuck=stuck)


def _hand_over(client: GatewayClient, enrolment: str, operator: str) -> None:
    from rekam.v1 import outbox_pb2 as pb

    request = pb.SetStatusRequest(enrolment_id=enrolment, status=pb.ENROLMENT_STATUS_CARD_ISSUED, operator=operator)
    client.call("OutboxService/SetStatus", request, pb.SetStatusResponse)


def _show_one(client: GatewayClient, enrolment: str, output: Output) -> None:
    from rekam.v1 import outbox_pb2 as pb

    answer = client.call("OutboxService/GetStatus", pb.GetStatusRequest(enrolment_id=enrolment), pb.GetStatusResponse)
    document = standing_document(answer.standing)
    output.document({**document, "history": [transition_document(each) for each in answer.history]})
    if output.as_json:
        return
    standing = answer.standing
    output.say(f"{enrolment}  {in_words(localized(standing.name))}{_since(standing)}")
    output.say(in_words(localized(standing.advice)))
    for each in answer.history:
        word = transition_document(each)
        said = f" {in_words(localized(each.words))}" if each.HasField("words") else ""
        output.say(f"  {word['noted']} ({word['clock']})  {word['status']}  {in_words(_SOURCES[word['source']])}{said}")
    if standing.conflicts:
        output.note(in_words(_CONFLICT))


def _show_all(client: GatewayClient, output: Output, *, only_stuck: bool) -> None:
    from rekam.v1 import outbox_pb2 as pb

    token = ""
    while True:
        request = pb.ListStatusesRequest(page_size=_PAGE, page_token=token)
        answer = client.call("OutboxService/ListStatuses", request, pb.ListStatusesResponse)
        for standing in answer.standings:
            if only_stuck and not standing.stuck:
                continue
            output.document(standing_document(standing))
            if not output.as_json:
                mark = "!" if standing.stuck else " "
                name = in_words(localized(standing.name))
                output.say(f"{mark} {standing.enrolment_id:34} {name}{_since(standing)}")
                if standing.stuck:
                    output.say(f"    {in_words(localized(standing.advice))}")
        token = answer.next_page_token
        if not token:
            return


def _since(standing: "outbox_pb2.EnrolmentStanding") -> str:
    return f", {lasted(standing.lasted)}" if standing.HasField("lasted") else f", {in_words(_UNKNOWN_AGE)}"


_UNKNOWN_AGE = LocalizedText(id="lamanya tidak diketahui (jam komputer salah)", en="for how long is not known (clock)")
_CONFLICT = LocalizedText(
    id="Pusat juga memberi status yang tidak cocok dengan ini; tanyakan ke pusat.",
    en="The centre also gave a status that does not fit this one; ask it.",
)
_SOURCES = {
    "office": LocalizedText(id="kantor ini", en="this office"),
    "centre": LocalizedText(id="pusat", en="the centre"),
    "stick": LocalizedText(id="pusat, lewat media", en="the centre, by a medium"),
    "by_hand": LocalizedText(id="petugas", en="by hand"),
}

"""`rekam link history`: every outage, and how much of each month the centre was reached."""

from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import link_text, options
from gateway.cli.connection import connect
from gateway.cli.output import Output, in_words, reporting

if TYPE_CHECKING:
    from rekam.v1 import link_pb2


def history(
    limit: Annotated[int, typer.Option("--limit", min=1, max=500, help="How many outages at most.")] = 20,
    months: Annotated[int, typer.Option("--months", min=1, max=36, help="How many months.")] = 6,
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Show the outages, the newest first, and the availability per month (UTC).

    Time in which the gateway did not run is not observed: it counts neither as available nor as an outage.
    """
    with reporting(as_json=as_json) as output:
        from rekam.v1 import link_pb2

        with connect(gateway, state) as client:
            found = client.call(
                "LinkService/ListOutages", link_pb2.ListOutagesRequest(limit=limit), link_pb2.ListOutagesResponse
            )
            share = client.call(
                "LinkService/GetAvailability",
                link_pb2.GetAvailabilityRequest(months=months),
                link_pb2.GetAvailabilityResponse,
            )
        output.document(
            {
                "outages": [link_text.outage_document(each) for each in found.outages],
                "more": bool(found.next_page),
                "months": [link_text.month_document(each) for each in share.months],
            }
        )
        if not as_json:
            _tell(found, share, output)


def _tell(found: "link_pb2.ListOutagesResponse", share: "link_pb2.GetAvailabilityResponse", output: Output) -> None:
    for each in found.outages:
        output.say(link_text.outage_line(each))
    if not found.outages:
        output.say(in_words(link_text.NO_OUTAGE))
    if found.next_page:
        output.note(in_words(link_text.MORE))
    output.say()
    for month in share.months:
        output.say(link_text.month_line(month))

"""`rekam link`: how the way to the centre does, every outage, and what was announced."""

from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import link_text, options
from gateway.cli.connection import GatewayClient, connect
from gateway.cli.exits import ExitStatus, bad_usage
from gateway.cli.link_announce import announce
from gateway.cli.link_history import history
from gateway.cli.output import Output, finish, in_words, reporting

if TYPE_CHECKING:
    from rekam.v1 import link_pb2

link = typer.Typer(help="The way to the centre: its state, outages, announcements.", invoke_without_command=True)
link.command()(history)
link.command()(announce)


@link.callback()
def show(
    context: typer.Context,
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Show whether the centre is reached; if not, why, since when, until when, and what is waiting.

    Exit status 3 while nothing can leave: OFFLINE, or RECOVERING and not sure yet.
    """
    if context.invoked_subcommand is not None:
        with reporting(as_json=as_json):
            if as_json or gateway is not None or state is not None:
                raise bad_usage(f"Options go behind `rekam link {context.invoked_subcommand}`.")
        return
    with reporting(as_json=as_json) as output:
        with connect(gateway, state) as client:
            answer = _ask(client)
        _show(answer, output)
        finish(ExitStatus.DONE if link_text.is_up(answer.link) else ExitStatus.OUTCOME)


@link.command()
def watch(
    once_online: Annotated[bool, typer.Option("--until-online", help="End once packets can leave.")] = False,
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Go on, and show each change as it happens."""
    with reporting(as_json=as_json) as output, connect(gateway, state) as client:
        from rekam.v1 import link_pb2

        try:
            for answer in client.stream(
                "LinkService/WatchLink", link_pb2.WatchLinkRequest(), link_pb2.WatchLinkResponse
            ):
                if not answer.HasField("link"):
                    continue
                output.document({"time": answer.time.wall.ToJsonString(), "link": link_text.link_document(answer.link)})
                if not as_json:
                    output.say(f"{answer.time.wall.ToDatetime():%H:%M:%S}Z  {link_text.in_one_line(answer.link)}")
                if once_online and link_text.is_up(answer.link):
                    return
        except KeyboardInterrupt:
            pass  # that is how one stops watching


def _ask(client: GatewayClient) -> "link_pb2.GetLinkResponse":
    from rekam.v1 import link_pb2

    return client.call("LinkService/GetLink", link_pb2.GetLinkRequest(), link_pb2.GetLinkResponse)


def _show(answer: "link_pb2.GetLinkResponse", output: Output) -> None:
    output.document(
        {
            "link": link_text.link_document(answer.link),
            "waiting": link_text.backlog_document(answer.waiting) if answer.HasField("waiting") else None,
            "warnings": [{"id": each.id, "en": each.en} for each in answer.warnings],
        }
    )
    if output.as_json:
        return
    for line in link_text.screen(answer):
        output.say(line)
    for warning in answer.warnings:
        output.note(in_words(link_text.localized(warning)))

"""`rekam outbox`: what waits for the centre, when it will be gone, and packets that need a person."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli import options
from gateway.cli.connection import GatewayClient, connect
from gateway.cli.documents import enum_word
from gateway.cli.exits import bad_usage
from gateway.cli.outbox_text import packet_document, screen_document, tell_packets, tell_screen
from gateway.cli.output import Output, in_words, reporting
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from rekam.v1 import outbox_pb2

outbox = typer.Typer(help="Show what waits for the centre, and try packets again.", invoke_without_command=True)

_PAGE = 500


@outbox.callback()
def show(
    context: typer.Context,
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Show how much waits, since when, and when it will be gone."""
    if context.invoked_subcommand is not None:
        return
    with reporting(as_json=as_json) as output:
        from rekam.v1 import outbox_pb2 as pb

        with connect(gateway, state) as client:
            answer = client.call("OutboxService/GetOutbox", pb.GetOutboxRequest(), pb.GetOutboxResponse)
        output.document(screen_document(answer))
        if not as_json:
            tell_screen(answer, output)


@outbox.command("list")
def list_packets(
    states: Annotated[
        list[str] | None,
        typer.Option(
            "--packet-state",
            metavar="STATE",
            help="Only these: waiting, partial, received, erased, quarantined, released, missing.",
        ),
    ] = None,
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """List packets, the oldest first."""
    with reporting(as_json=as_json) as output, connect(gateway, state) as client:
        if as_json:
            for packet in _packets(client, _states(states or [])):
                output.document(packet_document(packet))
        else:
            tell_packets(_packets(client, _states(states or [])), output)


@outbox.command()
def retry(
    packet: Annotated[str, typer.Argument(metavar="PACKET", help="The packet's id.")],
    operator: options.Operator,
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Try a packet again at once, out of quarantine too."""
    with reporting(as_json=as_json) as output:
        from rekam.v1 import outbox_pb2 as pb

        request = pb.RetryPacketRequest(packet_id=packet, operator=operator)
        with connect(gateway, state) as client:
            answer = client.call("OutboxService/RetryPacket", request, pb.RetryPacketResponse)
        _tell_one(answer.packet, output, _RETRIED)


@outbox.command()
def release(
    packet: Annotated[str, typer.Argument(metavar="PACKET", help="The packet's id.")],
    operator: options.Operator,
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Decide that a packet does not leave from here; its file is kept, and `retry` takes that back."""
    with reporting(as_json=as_json) as output:
        from rekam.v1 import outbox_pb2 as pb

        request = pb.ReleasePacketRequest(packet_id=packet, operator=operator)
        with connect(gateway, state) as client:
            answer = client.call("OutboxService/ReleasePacket", request, pb.ReleasePacketResponse)
        _tell_one(answer.packet, output, _RELEASED)


def _tell_one(packet: "outbox_pb2.OutboxPacket", output: Output, words: LocalizedText) -> None:
    output.document(packet_document(packet))
    if not output.as_json:
        output.say(f"{packet.packet_id}: {in_words(words)}")


def _packets(client: GatewayClient, states: list[int]) -> "Iterator[outbox_pb2.OutboxPacket]":
    from rekam.v1 import outbox_pb2 as pb

    token = ""
    while True:
        request = pb.ListPacketsRequest(states=states, page_size=_PAGE, page_token=token)  # type: ignore[arg-type]
        answer = client.call("OutboxService/ListPackets", request, pb.ListPacketsResponse)
        yield from answer.packets
        token = answer.next_page_token
        if not token:
            return


def _states(words: list[str]) -> list[int]:
    from rekam.v1 import outbox_pb2 as pb

    return [_number(word, "PACKET_STATE", pb.PacketState) for word in words]


def _number(word: str, prefix: str, enum: Any) -> int:
    known = {enum_word(each.number, prefix, enum): each.number for each in enum.DESCRIPTOR.values if each.number}
    number: int | None = known.get(word.lower().replace("-", "_"))
    if number is None:
        raise bad_usage(f"{word!r} is none of {', '.join(known)}.")
    return number


_RETRIED = LocalizedText(id="akan dicoba lagi.", en="will be tried again.")
_RELEASED = LocalizedText(
    id="tidak dikirim dari sini; berkasnya disimpan.", en="does not leave from here; its file is kept."
)

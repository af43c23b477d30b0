"""`rekam central list`, `status set`, `restore-mark`: what the centre holds, and where its work stands."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli import options
from gateway.cli.central_forks import forks_noted
from gateway.cli.central_state import StateFolder, state_folder, told_plainly
from gateway.cli.exits import bad_usage
from gateway.cli.output import in_words, reporting
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from gateway.central import OpenCentre, StoredPacket

status = typer.Typer(
    help="Where the centre's work on a packet stands.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
OfGateway = Annotated[str | None, typer.Option("--gateway-id", metavar="ID", help="Of this gateway alone.")]


@status.command("set")
def set_status(
    packet_id: Annotated[str, typer.Argument(metavar="PACKET", help="Its id.")],
    name: Annotated[str, typer.Argument(metavar="STATUS", help="E.g. PRINT_READY_RECORD, DUPLICATE_RECORD.")],
    text_id: Annotated[str, typer.Option("--text-id", help="What the office should know, in Indonesian.")] = "",
    text_en: Annotated[str, typer.Option("--text-en", help="In English.")] = "",
    gateway_id: OfGateway = None,
    state: StateFolder = None,
    as_json: options.Json = False,
) -> None:
    """Move a packet on; its gateway is told when it asks. Never write data of another person."""
    with reporting(as_json=as_json) as output, told_plainly():
        from gateway.central import OpenCentre
        from gateway.central.answers import whole_milliseconds
        from gateway.centre import CENTRE_STATUSES, STATUS_NAMES

        statuses = {each.name: each for each in CENTRE_STATUSES}
        found = statuses.get(name.upper().replace("-", "_"))
        if found is None:
            raise bad_usage(f"A status is one of {', '.join(sorted(statuses))}, not {name!r}.")
        words = LocalizedText(id=text_id or text_en, en=text_en or text_id)
        if max(len(words.id), len(words.en)) > 500:
            raise bad_usage("The words have at most 500 characters.")
        with OpenCentre(state_folder(state)) as centre:
            packet = _one(centre, packet_id, gateway_id)
            ordinal = centre.store.set_status(packet, found, whole_milliseconds(), words, centre.ledger.mark)
            if ordinal is not None:
                centre.ledger.reached(ordinal)
        output.document(
            {
                "gateway_id": packet.gateway_id,
                "packet_id": packet.packet_id,
                "status": found.name,
                "changed": ordinal is not None,
            }
        )
        if not output.as_json:
            output.say(f"{packet.packet_id}  {found.name}  {in_words(STATUS_NAMES[found])}")


def list_packets(
    gateway_id: OfGateway = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000, help="At most so many, the newest first.")] = 50,
    state: StateFolder = None,
    as_json: options.Json = False,
) -> None:
    """The newest packets that the centre holds."""
    with reporting(as_json=as_json) as output, told_plainly():
        from gateway.central import OpenCentre

        with OpenCentre(state_folder(state)) as centre:
            packets = centre.store.newest_packets(gateway_id, limit)
            counts = centre.store.counts()
            forks = centre.store.count_forks()
        for each in packets:
            output.document(_document(each))
        if output.as_json:
            return
        for each in packets:
            output.say(
                f"{each.received:%Y-%m-%d %H:%M:%S}  {each.gateway_id}  {each.packet_id}  {each.size:>11,}  "
                f"{each.status.name}"
            )
        output.note("  ".join(f"{name.name}: {count}" for name, count in sorted(counts.items())))
        if forks:
            output.note(in_words(forks_noted(forks)))


def restore_mark(state: StateFolder = None, as_json: options.Json = False) -> None:
    """Go on under another ledger, so that offices ask for all answers again and send what is missing.

    A store that was put back from a backup is noticed by itself; this is for a whole folder, or a whole machine, that
    was. Stop the centre first.
    """
    with reporting(as_json=as_json) as output, told_plainly():
        from gateway.central import OpenCentre
        from gateway.central.state import served_alone
        from gateway.logs import configure_logs

        configure_logs(json_lines=output.as_json)
        folder = state_folder(state)
        with served_alone(folder), OpenCentre(folder) as centre:
            centre.ledger.begin_another(centre.store.ordinal())
            adopted = centre.take_up()
            ledger_id = centre.ledger.ledger_id
        output.document({"ledger_id": ledger_id, "packets_held_again": adopted})
        if not output.as_json:
            words = LocalizedText(
                id=f"Buku baru: {ledger_id}; {adopted} paket ditemukan kembali.",
                en=f"Another ledger: {ledger_id}; {adopted} packets held again.",
            )
            output.say(in_words(words))


def _one(centre: "OpenCentre", packet_id: str, gateway_id: str | None) -> "StoredPacket":
    from gateway.central import PacketNotHere

    found = [each for each in centre.store.packets_named(packet_id) if gateway_id in (None, each.gateway_id)]
    if len(found) == 1:
        return found[0]
    if not found:
        words = LocalizedText(id=f"Paket {packet_id} tidak ada di sini.", en=f"Packet {packet_id} is not here.")
        raise PacketNotHere(words)
    gateways = ", ".join(each.gateway_id for each in found)
    raise PacketNotHere(
        LocalizedText(
            id=f"Paket {packet_id} ada dari beberapa gateway ({gateways}); sebutkan --gateway-id.",
            en=f"Several gateways have a packet {packet_id} ({gateways}); name one with --gateway-id.",
        )
    )


def _document(packet: "StoredPacket") -> dict[str, Any]:
    return {
        "gateway_id": packet.gateway_id,
        "packet_id": packet.packet_id,
        "sha256": packet.sha256,
        "size": packet.size,
        "chain_id": packet.chain_id,
        "chain_sequence": packet.chain_sequence,
        "received": packet.received.isoformat(),
        "status": packet.status.name,
        "status_at": packet.status_at.isoformat(),
        "remarks": packet.remarks,
    }

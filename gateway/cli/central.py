"""`rekam central`: the reference receiver for a centre or a test, without a gateway."""

import asyncio
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import options
from gateway.cli.central_announce import announce
from gateway.cli.central_forks import list_forks
from gateway.cli.central_gateway import gateway
from gateway.cli.central_import import import_files
from gateway.cli.central_jetstream import HubAuthority, HubSeed, HubUrl, hub_settings, jetstream
from gateway.cli.central_packets import list_packets, restore_mark, status
from gateway.cli.central_state import StateFolder, state_folder, told_plainly
from gateway.cli.exits import bad_usage
from gateway.cli.output import Output, in_words, reporting
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from gateway.central import CentreOffer
    from gateway.central.server import CentreServer

central = typer.Typer(
    name="central",
    help="The reference receiver: takes sealed packets of offices, holds them, answers.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
central.add_typer(gateway, name="gateway")
central.add_typer(status, name="status")
central.add_typer(jetstream, name="jetstream")
central.command()(announce)
central.command("import")(import_files)
central.command("list")(list_packets)
central.command("forks")(list_forks)
central.command("restore-mark")(restore_mark)


class Search(StrEnum):
    """What the stub says of every packet."""

    HAND = "hand"
    UNIQUE = "unique"
    ADJUDICATE = "adjudicate"


@central.command()
def init(
    centre_id: Annotated[str, typer.Option("--id", metavar="ID", help="Of the centre: A-Z a-z 0-9 . _ -")],
    state: StateFolder = None,
    names: Annotated[
        list[str] | None,
        typer.Option("--name", metavar="HOST", help="Host name or IP by which offices reach it; may be repeated."),
    ] = None,
    renew_signing: Annotated[
        bool, typer.Option("--renew-signing", help="A new certificate for the key of answers; give it to all offices.")
    ] = False,
    store: Annotated[
        str | None, typer.Option("--store", metavar="URL", help='postgresql://…; "" for SQLite in the folder.')
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Make the centre's keys, certificates and store; again: make what is missing, renew what ends soon."""
    with reporting(as_json=as_json) as output, told_plainly():
        from gateway.central import set_up

        if store and not store.startswith(("postgresql://", "postgres://")):
            raise bad_usage("--store is postgresql://USER@HOST/DATABASE, or empty for SQLite.")
        folder, now = state_folder(state), datetime.now(UTC)
        offer = set_up(folder, centre_id, names or None, store, now, renew_signing=renew_signing)
        _tell_offer(offer, output)


def _tell_offer(offer: "CentreOffer", output: Output) -> None:
    output.document(
        {
            "centre_id": offer.centre_id,
            "ledger_id": offer.ledger_id,
            "key_id": offer.key_id,
            "certificate": str(offer.certificate),
            "authority": str(offer.authority),
            "names": list(offer.server_names),
        }
    )
    if output.as_json:
        return
    output.say(in_words(LocalizedText(id=f"Pusat {offer.centre_id} siap.", en=f"Centre {offer.centre_id} is ready.")))
    output.say(
        in_words(LocalizedText(id="Yang diperlukan setiap kantor:", en="What each office needs:"))
        + f"\n  {offer.certificate}\n  {offer.authority}"
        + "\n  rekam central gateway certificate ID --out DIR"
    )
    output.say(
        in_words(
            LocalizedText(
                id="Daftarkan gateway: rekam central gateway add ID --bundle PEM; lalu: rekam central serve",
                en="Register gateways: rekam central gateway add ID --bundle PEM; then: rekam central serve",
            )
        )
    )


@central.command()
def serve(
    state: StateFolder = None,
    listen: Annotated[
        str, typer.Option("--listen", metavar="HOST:PORT", help="For gateways; port 0 takes a free one.")
    ] = "127.0.0.1:7421",
    metrics: Annotated[str, typer.Option("--metrics", metavar="HOST:PORT", help="For Prometheus; empty: none.")] = "",
    uploads: Annotated[int, typer.Option("--uploads", min=1, max=2000, help="Packets that may come at once.")] = 128,
    take_mb_per_s: Annotated[
        float,
        typer.Option(
            "--take-mb-per-s",
            min=0,
            help="What this centre takes, 10^6 bytes/s: as many may send as fill it; 0: by their number.",
        ),
    ] = 0.0,
    packet_mb: Annotated[int, typer.Option("--packet-mb", min=1, max=1100, help="Largest packet, 10^6 bytes.")] = 1100,
    keep_free_mb: Annotated[
        int, typer.Option("--keep-free-mb", min=0, help="Below so much room nothing is taken, 10^6 bytes.")
    ] = 1000,
    parts_days: Annotated[
        float, typer.Option("--parts-days", min=0.01, help="Part-sent packets are kept so long after their last byte.")
    ] = 30.0,
    hub: HubUrl = None,
    hub_seed: HubSeed = None,
    hub_authority: HubAuthority = None,
    search: Annotated[
        Search, typer.Option("--search", help="STUB of the search for duplicates: by hand, or one answer for all.")
    ] = Search.HAND,
    search_after_s: Annotated[
        float, typer.Option("--search-after", min=0, help="Seconds after reception until the stub answers.")
    ] = 0.0,
    as_json: options.Json = False,
) -> None:
    """Serve gateways until Ctrl-C.

    The search for duplicates is a stub: it opens no packet and compares nobody.
    """
    with reporting(as_json=as_json) as output, told_plainly():
        from gateway.central import AdmissionLimits, StubSearch
        from gateway.central.server import CentreSettings, serve_centre
        from gateway.centre import EnrolmentStatus
        from gateway.logs import configure_logs

        configure_logs(json_lines=output.as_json)
        found = {
            Search.HAND: None,
            Search.UNIQUE: EnrolmentStatus.PRINT_READY_RECORD,
            Search.ADJUDICATE: EnrolmentStatus.ADJUDICATE_RECORD,
        }
        settings = CentreSettings(
            listen=_host_and_port("--listen", listen),
            metrics=_host_and_port("--metrics", metrics) if metrics else "",
            limits=AdmissionLimits(
                uploads=uploads,
                bytes_per_s=take_mb_per_s * 1e6 if take_mb_per_s else None,
                packet_bytes=packet_mb * 1_000_000,
                kept_free_bytes=keep_free_mb * 1_000_000,
            ),
            parts_kept_days=parts_days,
            jetstream=hub_settings(hub, hub_seed, hub_authority) if hub else None,
            search=StubSearch(found[search], timedelta(seconds=search_after_s)),
        )

        async def ready(server: "CentreServer") -> None:
            _tell_serving(server, output)

        asyncio.run(serve_centre(state_folder(state), settings, ready))


def _tell_serving(server: "CentreServer", output: Output) -> None:
    document = {
        "event": "serving",
        "grpc": server.address,
        "metrics": server.metrics_address or None,
        "jetstream": server.hub_address or None,
        "state": str(server.state.resolve()),
    }
    output.document(document)
    if output.as_json:
        return
    output.say(in_words(LocalizedText(id="Pusat melayani gateway di", en="The centre serves gateways at")))
    output.say(f"  gRPC     {server.address}")
    if server.metrics_address:
        output.say(f"  metrics  http://{server.metrics_address}/metrics")
    if server.hub_address:
        output.say(f"  hub      {server.hub_address}")
    output.say(f"  state    {server.state.resolve()}")


def _host_and_port(option: str, value: str) -> str:
    host, _, port = value.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65_535:
        raise bad_usage(f"{option} is HOST:PORT, not {value!r}.")
    return value

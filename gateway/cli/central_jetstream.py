"""`rekam central jetstream`: a NATS hub between offices and the centre: streams, nkeys, its configuration."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import options
from gateway.cli.exits import CommandFailure, ExitStatus, bad_usage
from gateway.cli.output import in_words, reporting
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from gateway.central.jetstream import JetstreamSettings
    from gateway.hub import HubLimits, HubPlace

jetstream = typer.Typer(
    name="jetstream",
    help="A NATS JetStream hub between offices and the centre: streams, keys, permissions.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

HubUrl = Annotated[
    str | None, typer.Option("--jetstream", metavar="URL", help="tls://HOST:PORT of a NATS hub; empty: none.")
]
HubSeed = Annotated[
    Path | None, typer.Option("--jetstream-key", metavar="FILE", help="The centre's nkey at the hub: its seed, SU….")
]
HubAuthority = Annotated[
    Path | None,
    typer.Option("--jetstream-authority", metavar="PEM", help="Who issued the hub's certificate (else the system's)."),
]


def hub_settings(url: str, seed: Path | None, authority: Path | None) -> "JetstreamSettings":
    """What the options say of the hub."""
    from gateway.central.jetstream import JetstreamSettings

    return JetstreamSettings(_place(url, seed, authority))


@jetstream.command()
def init(
    hub: HubUrl = None,
    hub_seed: HubSeed = None,
    hub_authority: HubAuthority = None,
    replicas: Annotated[
        int, typer.Option("--replicas", min=1, max=5, help="Copies of each message: 3 in a cluster of three.")
    ] = 1,
    in_gb: Annotated[
        float, typer.Option("--in-gb", min=0.001, help="Packets that may wait for the centre, 10^9.")
    ] = 50,
    out_gb: Annotated[float, typer.Option("--out-gb", min=0.001, help="Answers that are kept, 10^9 bytes.")] = 20,
    as_json: options.Json = False,
) -> None:
    """Make the hub's streams, or give them these limits; again, it changes nothing."""
    with reporting(as_json=as_json) as output:
        from gateway.hub import HubLimits

        if not hub:
            raise bad_usage("Name the hub: --jetstream tls://HOST:PORT.")
        limits = HubLimits(in_bytes=int(in_gb * 10**9), out_bytes=int(out_gb * 10**9), replicas=replicas)
        made = asyncio.run(_made(_place(hub, hub_seed, hub_authority), limits))
        output.document({"made": made, "replicas": replicas, "in_bytes": limits.in_bytes})
        if not output.as_json:
            names = ", ".join(made)
            words = (
                LocalizedText(id=f"Dibuat: {names}.", en=f"Made: {names}.")
                if made
                else LocalizedText(id="Semua sudah ada.", en="All were there already.")
            )
            output.say(in_words(words))


@jetstream.command()
def key(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the secret seed goes; not overwritten.")],
    as_json: options.Json = False,
) -> None:
    """Make an nkey for an office or the centre; its public half goes into the hub's configuration."""
    with reporting(as_json=as_json) as output:
        from gateway.hub.keys import write_new_key

        try:
            public = write_new_key(out)
        except OSError as error:
            raise CommandFailure(ExitStatus.REFUSED, "KEY_UNWRITABLE", f"{out}: {error.strerror}.") from error
        output.document({"public": public, "seed": str(out)})
        if not output.as_json:
            output.say(public)


@jetstream.command()
def user(
    public: Annotated[str, typer.Argument(metavar="NKEY", help="Public nkey, U….")],
    gateway_id: Annotated[
        str, typer.Option("--gateway", metavar="ID", help="The office's gateway; without it, the centre.")
    ] = "",
    as_json: options.Json = False,
) -> None:
    """Say the entry of `users` in the hub's configuration: an office reaches its own subjects alone."""
    with reporting(as_json=as_json) as output:
        from gateway.hub.accounts import user_entry

        try:
            entry = user_entry(public, gateway_id)
        except ValueError as error:
            raise bad_usage(f"{error}.") from error
        output.document({"entry": entry})
        if not output.as_json:
            output.say(entry)


def _place(url: str, seed: Path | None, authority: Path | None) -> "HubPlace":
    from gateway.hub import HubPlace

    scheme, _, address = url.partition("://")
    host, _, port = address.rpartition(":")
    if scheme not in ("tls", "nats") or not host or not port.isdigit() or not 0 < int(port) < 65_536:
        raise bad_usage(f"--jetstream is tls://HOST:PORT, not {url!r}.")
    if seed is None:
        raise bad_usage("--jetstream needs --jetstream-key FILE: `rekam central jetstream key` makes one.")
    return HubPlace(host.strip("[]"), int(port), seed, authority)


async def _made(place: "HubPlace", limits: "HubLimits") -> list[str]:
    from nats.errors import Error as NatsError

    from gateway.hub import connect, connect_fault, ensure_streams
    from gateway.hub.accounts import CENTRE_INBOX

    try:
        hub = await connect(place, CENTRE_INBOX)
    except Exception as error:  # nkeys raises classes of its own for a seed that is none
        raise CommandFailure(ExitStatus.UNREACHABLE, "HUB_UNREACHABLE", connect_fault(error, place).detail) from error
    try:
        return await ensure_streams(hub.client, limits, change=True)
    except (NatsError, OSError, TimeoutError) as error:
        words = hub.complaint or getattr(error, "description", "") or str(error) or "it does not answer in time"
        raise CommandFailure(ExitStatus.REFUSED, "HUB_REFUSES", f"The hub refuses: {words}.") from error
    finally:
        await hub.close()

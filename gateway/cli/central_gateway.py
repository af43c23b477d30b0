"""`rekam central gateway`: whose packets the centre takes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli import options
from gateway.cli.central_state import StateFolder, state_folder, told_plainly
from gateway.cli.exits import bad_file
from gateway.cli.output import in_words, reporting
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from gateway.central import RegisteredGateway

gateway = typer.Typer(
    help="Whose packets the centre takes.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
GatewayId = Annotated[str, typer.Argument(metavar="ID", help="Of the gateway, as in its certificate.")]


@gateway.command()
def add(
    gateway_id: GatewayId,
    bundle: Annotated[Path, typer.Option("--bundle", metavar="PEM", help="What `rekam keys export --pem` wrote.")],
    state: StateFolder = None,
    as_json: options.Json = False,
) -> None:
    """Take packets of a gateway; again: take its new keys."""
    with reporting(as_json=as_json) as output, told_plainly():
        from gateway.central import OpenCentre, checked_bundle

        try:
            pem = bundle.read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise bad_file(f"{bundle} cannot be read as PEM: {error}.") from error
        with OpenCentre(state_folder(state)) as centre:
            centre.store.register(gateway_id, checked_bundle(gateway_id, pem), datetime.now(UTC))
        output.document({"gateway_id": gateway_id, "registered": True})
        if not output.as_json:
            output.say(
                in_words(
                    LocalizedText(id=f"Gateway {gateway_id} terdaftar.", en=f"Gateway {gateway_id} is registered.")
                )
            )


@gateway.command()
def remove(gateway_id: GatewayId, state: StateFolder = None, as_json: options.Json = False) -> None:
    """Take no more packets of a gateway; those that are here stay, and it can be added again."""
    with reporting(as_json=as_json) as output, told_plainly():
        from gateway.central import GatewayRefused, OpenCentre

        with OpenCentre(state_folder(state)) as centre:
            was_there = centre.store.unregister(gateway_id)
        if not was_there:
            raise GatewayRefused(
                LocalizedText(
                    id=f"Gateway {gateway_id} tidak terdaftar.", en=f"Gateway {gateway_id} is not registered."
                )
            )
        output.document({"gateway_id": gateway_id, "registered": False})
        if not output.as_json:
            words = LocalizedText(id=f"Gateway {gateway_id} dihapus.", en=f"Gateway {gateway_id} is removed.")
            output.say(in_words(words))


@gateway.command("list")
def list_gateways(state: StateFolder = None, as_json: options.Json = False) -> None:
    """All that are registered."""
    with reporting(as_json=as_json) as output, told_plainly():
        from gateway.central import OpenCentre

        with OpenCentre(state_folder(state)) as centre:
            gateways = centre.store.gateways()
        for each in gateways:
            output.document(_document(each))
        if not output.as_json:
            for each in gateways:
                output.say(f"{each.gateway_id}  {each.added:%Y-%m-%d}  {each.last_sequence}")


@gateway.command()
def certificate(
    gateway_id: GatewayId,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where key and certificates go; made if missing.")],
    state: StateFolder = None,
    days: Annotated[int, typer.Option("--days", min=1, max=3650, help="How long it is valid.")] = 730,
    as_json: options.Json = False,
) -> None:
    """Issue the certificate by which a gateway connects, with all else that its office needs."""
    with reporting(as_json=as_json) as output, told_plainly():
        from gateway.central import AUTHORITY_FILE, Authority
        from gateway.central.setting_up import CENTRE_PEM
        from gateway.central.state import CentrePlaces, identity_of
        from gateway.durable_file import write_durably

        places = CentrePlaces(state_folder(state))
        identity = identity_of(places.state)
        issued = Authority.read(places.tls).gateway_certificate(gateway_id, datetime.now(UTC), timedelta(days=days))
        files = {
            "gateway.key": issued.key_pem,
            "gateway.pem": issued.certificate_pem,
            "authority.pem": (places.tls / AUTHORITY_FILE).read_bytes(),
            CENTRE_PEM: (places.state / CENTRE_PEM).read_bytes(),
        }
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
        if (out / "gateway.key").exists():
            raise bad_file(f"{out / 'gateway.key'} is there already and is not written over; name another folder.")
        for name, content in files.items():
            write_durably(out / name, content)
        output.document(
            {"gateway_id": gateway_id, "centre_id": identity.centre_id, "files": [str(out / n) for n in files]}
        )
        if not output.as_json:
            for name in files:
                output.say(str(out / name))
        output.note(
            in_words(
                LocalizedText(
                    id="gateway.key adalah rahasia: antarkan dengan aman, lalu hapus di sini.",
                    en="gateway.key is secret: bring it over safely, then delete it here.",
                )
            )
        )


def _document(each: "RegisteredGateway") -> dict[str, Any]:
    return {"gateway_id": each.gateway_id, "added": each.added.isoformat(), "last_sequence": each.last_sequence}

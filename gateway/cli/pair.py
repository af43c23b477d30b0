"""`rekam pair`: the web pages that hold a token, given out and taken back."""

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli import options
from gateway.cli.connection import connect
from gateway.cli.exits import bad_usage
from gateway.cli.output import in_words, reporting
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from google.protobuf.timestamp_pb2 import Timestamp
    from rekam.v1 import gateway_pb2

_WHOLE_ID = re.compile(r"[0-9a-f]{12}")
"""What the gateway itself is asked about, though the list does not have it: it says so in its own words."""

pair = typer.Typer(help="The web pages that may call this gateway.", no_args_is_help=True)


@pair.callback()
def _pair() -> None:
    """The web pages that may call this gateway."""


@pair.command("list")
def list_pairings(
    as_json: options.Json = False, gateway: options.GatewayAddress = None, state: options.State = None
) -> None:
    """Show the pages that hold a token, the newest first."""
    with reporting(as_json=as_json) as output:
        from rekam.v1 import gateway_pb2

        with connect(gateway, state) as client:
            listed = client.call(
                "GatewayService/ListPairings",
                gateway_pb2.ListPairingsRequest(),
                gateway_pb2.ListPairingsResponse,
            )
        output.document({"pairings": [_document(each) for each in listed.pairings]})
        if as_json:
            return
        if not listed.pairings:
            output.say(in_words(LocalizedText(id="Tidak ada halaman yang terpasang.", en="No page is paired.")))
            return
        from rich.table import Table

        table = Table("ID", "Page", "Name", "Since")
        for each in listed.pairings:
            table.add_row(each.pairing_id, each.origin, each.name, _since(each))
        output.console().print(table)


@pair.command()
def code(
    origin: Annotated[str, typer.Argument(metavar="ORIGIN", help="Of the page, e.g. https://desk.example.")],
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="What the pairing is called in the list.")] = "",
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Have the gateway show a code on its own terminal or log, to be typed into the page within two minutes.

    For a page that waits for a code and did not ask for one itself. The page must be the gateway's own or stand in
    `[web] origins`, else its calls are refused whatever the code.
    """
    with reporting(as_json=as_json) as output:
        from rekam.v1 import gateway_pb2

        request = gateway_pb2.PairRequest(origin=origin, name=name)
        with connect(gateway, state) as client:
            answer = client.call("GatewayService/Pair", request, gateway_pb2.PairResponse)
        until = _iso(answer.code_expires_at)
        output.document({"origin": origin, "code_expires_at": until})
        if not as_json:
            words = LocalizedText(
                id=f"Kode untuk {origin} tampil di terminal gateway (layanan: `journalctl -u rekam`), sampai {until}.",
                en=f"The code for {origin} is on the gateway's terminal (a service: `journalctl -u rekam`), until "
                f"{until}.",
            )
            output.say(in_words(words))


@pair.command()
def revoke(
    pairing_id: Annotated[
        str, typer.Argument(metavar="ID", help="As `rekam pair list` shows it; its beginning is enough.")
    ],
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Take a page's token back: its next call is refused. The roles supervisor or technician may."""
    with reporting(as_json=as_json) as output:
        from rekam.v1 import gateway_pb2

        with connect(gateway, state) as client:
            listed = client.call(
                "GatewayService/ListPairings", gateway_pb2.ListPairingsRequest(), gateway_pb2.ListPairingsResponse
            )
            meant = [each.pairing_id for each in listed.pairings if each.pairing_id.startswith(pairing_id)]
            if not pairing_id or len(meant) > 1 or (not meant and not _WHOLE_ID.fullmatch(pairing_id)):
                raise bad_usage(
                    LocalizedText(
                        id=f"{pairing_id!r} cocok dengan {len(meant)} halaman; tulis ID selengkapnya dari `rekam pair "
                        "list`.",
                        en=f"{pairing_id!r} fits {len(meant)} pages; give the whole ID of `rekam pair list`.",
                    )
                )
            request = gateway_pb2.RevokePairingRequest(pairing_id=meant[0] if meant else pairing_id)
            revoked = client.call("GatewayService/RevokePairing", request, gateway_pb2.RevokePairingResponse).pairing
        output.document({"revoked": _document(revoked)})
        if not as_json:
            words = LocalizedText(
                id=f"Izin {revoked.origin} dicabut; panggilan berikutnya ditolak.",
                en=f"{revoked.origin} has no token any more; its next call is refused.",
            )
            output.say(in_words(words))


def _document(pairing: "gateway_pb2.Pairing") -> dict[str, Any]:
    return {
        "id": pairing.pairing_id,
        "origin": pairing.origin,
        "name": pairing.name or None,
        "paired_at": _since(pairing) or None,
    }


def _since(pairing: "gateway_pb2.Pairing") -> str:
    return _iso(pairing.paired_at) if pairing.HasField("paired_at") else ""


def _iso(moment: "Timestamp") -> str:
    return datetime.fromtimestamp(moment.seconds, UTC).isoformat()

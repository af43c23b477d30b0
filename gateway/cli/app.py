"""The commands and their names."""

import os
from typing import Annotated

import typer

from gateway.cli.analyze import analyze
from gateway.cli.audit import audit
from gateway.cli.calibrate import calibrate
from gateway.cli.callbacks import callbacks
from gateway.cli.capture import capture, fetch
from gateway.cli.card import card
from gateway.cli.central import central
from gateway.cli.compare import compare
from gateway.cli.day import day
from gateway.cli.devices import devices
from gateway.cli.doctor import doctor
from gateway.cli.duplicates import duplicates
from gateway.cli.enrol import enrol
from gateway.cli.keys import keys
from gateway.cli.link import link
from gateway.cli.outbox import outbox
from gateway.cli.outbox_status import status
from gateway.cli.pair import pair
from gateway.cli.papers import papers
from gateway.cli.purge import purge
from gateway.cli.serve import serve
from gateway.cli.spool import spool
from gateway.cli.trust import trust
from gateway.cli.verify import verify

EPILOG = (
    "Exit status: 0 done, 1 a fault of the program, 2 wrong usage or bad input file, 3 an outcome that is not success, "
    "4 device, 5 gateway not reachable, 6 refused."
)

app = typer.Typer(
    name="rekam",
    help="Capture fingerprints and irises with the devices of a desk, signed and in standard records.",
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from gateway import __version__

        print(f"rekam {__version__}")
        raise typer.Exit


@app.callback()
def rekam(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Capture fingerprints and irises with the devices of a desk, signed and in standard records."""
    # gRPC's own lines about a port in use or a lost peer say in code what our message says in words.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")


_GATEWAY, _CLIENT, _FILES, _CENTRE = "The gateway", "With a running gateway", "Without one", "A centre"
app.command(rich_help_panel=_GATEWAY)(serve)
app.command(rich_help_panel=_GATEWAY)(doctor)
app.add_typer(trust, name="trust", rich_help_panel=_GATEWAY)
app.add_typer(pair, name="pair", rich_help_panel=_CLIENT)
app.add_typer(devices, name="devices", rich_help_panel=_CLIENT)
app.command(rich_help_panel=_CLIENT)(capture)
app.command(rich_help_panel=_CLIENT)(fetch)
app.command(rich_help_panel=_CLIENT)(enrol)
app.add_typer(card, name="card", rich_help_panel=_CLIENT)
app.add_typer(calibrate, name="calibrate", rich_help_panel=_CLIENT)
app.add_typer(link, name="link", rich_help_panel=_CLIENT)
app.add_typer(callbacks, name="callbacks", rich_help_panel=_CLIENT)
app.add_typer(papers, name="papers", rich_help_panel=_CLIENT)
app.command(rich_help_panel=_CLIENT)(day)
app.add_typer(keys, name="keys", rich_help_panel=_CLIENT)
app.add_typer(audit, name="audit", rich_help_panel=_CLIENT)
app.add_typer(duplicates, name="duplicates", rich_help_panel=_CLIENT)
app.add_typer(outbox, name="outbox", rich_help_panel=_CLIENT)
app.add_typer(spool, name="spool", rich_help_panel=_CLIENT)
app.command(rich_help_panel=_CLIENT)(status)
app.command(rich_help_panel=_CLIENT)(purge)
app.command(rich_help_panel=_FILES)(analyze)
app.command(rich_help_panel=_FILES)(compare)
app.command(rich_help_panel=_FILES)(verify)
app.add_typer(central, name="central", rich_help_panel=_CENTRE)

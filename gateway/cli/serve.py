"""`rekam serve`: run the gateway."""

import asyncio
import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import options
from gateway.cli.exits import CommandFailure, ExitStatus, bad_usage
from gateway.cli.output import Output, finish, reporting

if TYPE_CHECKING:
    from gateway.cli.first_capture import FirstCapture
    from gateway.main import Gateway


def serve(
    config: Annotated[Path | None, typer.Option("--config", metavar="FILE", help="Settings, TOML.")] = None,
    synthetic: Annotated[
        bool, typer.Option("--synthetic", help="Add drawn devices: scanners, a slap scanner, cameras, a card writer.")
    ] = False,
    state: Annotated[
        Path | None, typer.Option("--state", metavar="DIR", help="Where captures and keys are kept (else REKAM_STATE).")
    ] = None,
    listen: Annotated[
        str | None, typer.Option("--listen", metavar="HOST:PORT", help="For gRPC; port 0 takes a free one.")
    ] = None,
    metrics: Annotated[
        str | None, typer.Option("--metrics", metavar="HOST:PORT", help='For Prometheus; "" for none.')
    ] = None,
    web: Annotated[str | None, typer.Option("--web", metavar="HOST:PORT", help='For browsers; "" for none.')] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Make a first capture, as a client would.")] = False,
    once: Annotated[bool, typer.Option("--once", help="With --demo: stop after the capture.")] = False,
    as_json: options.Json = False,
) -> None:
    """Run the gateway until Ctrl-C.

    Without devices it serves all the same, and takes them when they are plugged in.
    """
    with reporting(as_json=as_json) as output:
        if once and not demo:
            raise bad_usage("--once belongs to --demo.")
        with said_plainly():
            status = _serve(config, synthetic, state, listen, metrics, web, demo, once, output)
        finish(status)


def _serve(
    config: Path | None,
    synthetic: bool,
    state: Path | None,
    listen: str | None,
    metrics: str | None,
    web: str | None,
    demo: bool,
    once: bool,
    output: Output,
) -> ExitStatus:
    from gateway.config import read_config

    settings = read_config(config)  # first, as it is quick to say that it is wrong
    from gateway.logs import configure_logs
    from gateway.main import ServeOptions
    from gateway.main import serve as serve_gateway

    configure_logs(json_lines=output.as_json)
    if demo:
        only_warnings()
    first = _first_capture(output, once) if demo else None

    def ready(gateway: "Gateway") -> None:
        _tell(gateway, output)
        if first is not None:
            first.start(gateway.addresses, gateway.state)

    asyncio.run(serve_gateway(settings, ServeOptions(synthetic, state, listen, metrics, web), ready))
    return first.finished() if first is not None else ExitStatus.DONE


def only_warnings() -> None:
    """Log what is wrong alone: other lines would fall into the picture of the capture on the same terminal."""
    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))


def _first_capture(output: Output, once: bool) -> "FirstCapture":
    from gateway.cli.first_capture import FirstCapture

    return FirstCapture(output, once=once)


@contextmanager
def said_plainly() -> Iterator[None]:
    """Turn whatever keeps a gateway from serving into one line and an exit status."""
    from gateway.audit import AuditError
    from gateway.bundle import BundleError
    from gateway.callback import CallbackError
    from gateway.card_holders import HolderError
    from gateway.config import ConfigError
    from gateway.desks import DeskTrustError
    from gateway.enrolment import EnrolmentError
    from gateway.forwarding import ForwardingError
    from gateway.holder_check import HolderCheckError
    from gateway.ledger import LedgerError
    from gateway.link import LinkError
    from gateway.personalisation import PersonalisationError
    from gateway.spool import SpoolError
    from gateway.trust import KeyProblem
    from gateway.web import WebTrustError

    try:
        yield
    except (BundleError, HolderError) as error:
        raise CommandFailure(ExitStatus.REFUSED, error.reason, error.words) from error
    except ConfigError as error:
        raise CommandFailure(ExitStatus.USAGE, "BAD_CONFIG", f"{error}.") from error
    except (KeyProblem, EnrolmentError, ForwardingError, LedgerError, PersonalisationError, HolderCheckError) as error:
        raise CommandFailure(ExitStatus.REFUSED, error.reason, str(error)) from error
    except WebTrustError as error:
        raise CommandFailure(ExitStatus.REFUSED, "WEB_TRUST", f"{error}.") from error
    except DeskTrustError as error:
        raise CommandFailure(ExitStatus.REFUSED, "DESK_TRUST", f"{error}.") from error
    except (SpoolError, AuditError, LinkError, CallbackError) as error:
        raise CommandFailure(ExitStatus.REFUSED, _in_capitals(type(error).__name__), str(error)) from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE or "cannot be bound" in str(error):
            message = f"{error}. Another gateway may run already (`rekam doctor`); or name another address."
            raise CommandFailure(ExitStatus.REFUSED, "ADDRESS_UNUSABLE", message) from error
        raise CommandFailure(ExitStatus.REFUSED, "STATE_UNUSABLE", f"{error}. See `rekam doctor`.") from error


def _in_capitals(name: str) -> str:
    """`StateLocked` as `STATE_LOCKED`."""
    return "".join(f"_{letter}" if letter.isupper() else letter.upper() for letter in name).lstrip("_")


def _tell(gateway: "Gateway", output: Output) -> None:
    from gateway import __version__

    addresses = gateway.addresses
    output.document(
        {
            "event": "serving",
            "version": __version__,
            "grpc": addresses.grpc or None,
            "unix": addresses.unix or None,
            "group": addresses.group or None,
            "desks": addresses.desks or None,
            "web": f"https://{addresses.web}" if addresses.web else None,
            "metrics": addresses.metrics or None,
            "state": str(gateway.state.resolve()),
        }
    )
    if output.as_json:
        return
    output.say(f"Rekam {__version__} serves.")
    own = [each for each in (addresses.grpc, addresses.unix, addresses.group) if each]
    for label, each in zip(("gRPC", "", ""), own, strict=False):
        output.say(f"  {label:8} {each}")
    if addresses.desks:
        output.say(f"  desks    {addresses.desks}, with certificates")
    if addresses.web:
        output.say(f"  web      https://{addresses.web}/  (the operator's page: open it in a browser)")
    if addresses.metrics:
        output.say(f"  metrics  http://{addresses.metrics}/metrics")
    output.say(f"  state    {gateway.state.resolve()}")

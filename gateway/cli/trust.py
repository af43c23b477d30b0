"""`rekam trust`: have this machine's browsers believe the web door, in one step; needs no running gateway."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import options
from gateway.cli.exits import CommandFailure, ExitStatus
from gateway.cli.output import Output, finish, reporting

if TYPE_CHECKING:
    from gateway.web import LocalAuthority
    from gateway.web.trust_stores import Step

trust = typer.Typer(
    help="Have this machine's browsers believe the gateway's web door, or no longer.", no_args_is_help=True
)

State = Annotated[
    Path | None, typer.Option("--state", metavar="DIR", help="The gateway's state folder (else REKAM_STATE).")
]


@trust.command()
def install(state: State = None, as_json: options.Json = False) -> None:
    """Tell the system and the browsers of the gateway's own authority, which can vouch for loopback names alone.

    With sudo for the system's store; the browsers meant are those of the user who calls sudo.
    """
    from gateway.web.trust_stores import TrustStores

    with reporting(as_json=as_json) as output:
        authority = _authority(state)
        _report(TrustStores.of_user().install(authority.path), authority, output)


@trust.command()
def uninstall(state: State = None, as_json: options.Json = False) -> None:
    """Take the gateway's authority out of every store again."""
    from gateway.web.trust_stores import TrustStores

    with reporting(as_json=as_json) as output:
        _report(TrustStores.of_user().uninstall(), None, output)


@trust.command()
def show(state: State = None, as_json: options.Json = False) -> None:
    """Show the authority's fingerprint, and which stores have it."""
    from gateway.web.trust_stores import TrustStores

    with reporting(as_json=as_json) as output:
        authority = _authority(state)
        _report(TrustStores.of_user().show(authority.path), authority, output)


def _authority(state: Path | None) -> "LocalAuthority":
    from gateway.state_folder import default_state_folder
    from gateway.web import LocalAuthority, WebTrustError

    try:
        return LocalAuthority.open(state or default_state_folder())
    except WebTrustError as error:
        raise CommandFailure(ExitStatus.REFUSED, "WEB_TRUST", f"{error}.") from error


def _report(steps: "Iterable[Step]", authority: "LocalAuthority | None", output: Output) -> None:
    from gateway.web.trust_stores import StepState

    if authority is not None and not output.as_json:
        output.say(f"Authority {authority.path}")
        output.say(f"  SHA-256 {authority.fingerprint}")
    told = []
    for step in steps:
        told.append(step)
        if not output.as_json:
            output.say(f"  {step.store:9} {step.detail} ({step.place})")
            if step.remedy:
                output.say(f"            To mend it: {step.remedy}")
    failed = any(step.state is StepState.FAILED for step in told)
    output.document(
        {
            "ok": not failed,
            "fingerprint": authority.fingerprint if authority else None,
            "steps": [
                {
                    "store": step.store,
                    "place": str(step.place),
                    "state": step.state.value,
                    "detail": step.detail,
                    "remedy": step.remedy or None,
                }
                for step in told
            ],
        }
    )
    finish(ExitStatus.OUTCOME if failed else ExitStatus.DONE)

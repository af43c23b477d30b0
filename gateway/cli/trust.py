"""`rekam trust`: whom this machine's browsers believe, which desks the gateway lets in; needs no running gateway."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import options
from gateway.cli.exits import CommandFailure, ExitStatus, bad_usage
from gateway.cli.output import Output, finish, in_words, reporting
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from gateway.desks import DeskAuthority
    from gateway.web import LocalAuthority
    from gateway.web.trust_stores import Step

trust = typer.Typer(
    help="Have this machine's browsers believe the gateway's web door; let desks on other machines in.",
    no_args_is_help=True,
)


@trust.command()
def install(state: options.StateHere = None, as_json: options.Json = False) -> None:
    """Tell the system and the browsers of the gateway's own authority, which can vouch for loopback names alone.

    With sudo for the system's store; the browsers meant are those of the user who calls sudo.
    """
    from gateway.web.trust_stores import TrustStores

    with reporting(as_json=as_json) as output:
        authority = _authority(state)
        _report(TrustStores.of_user().install(authority.path), authority, output)


@trust.command()
def uninstall(state: options.StateHere = None, as_json: options.Json = False) -> None:
    """Take the gateway's authority out of every store again."""
    from gateway.web.trust_stores import TrustStores

    with reporting(as_json=as_json) as output:
        _report(TrustStores.of_user().uninstall(), None, output)


@trust.command()
def show(state: options.StateHere = None, as_json: options.Json = False) -> None:
    """Show the authority's fingerprint, and which stores have it."""
    from gateway.web.trust_stores import TrustStores

    with reporting(as_json=as_json) as output:
        authority = _authority(state)
        _report(TrustStores.of_user().show(authority.path), authority, output)


@trust.command("issue-desk")
def issue_desk(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the desk, as the audit trail names it.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="A new folder, to be carried to the desk.")],
    role: Annotated[
        list[str],
        typer.Option("--role", metavar="ROLE", help="operator, supervisor, technician or auditor; may be repeated."),
    ],
    days: Annotated[int, typer.Option("--days", metavar="N", help="Its term.")] = 365,
    state: options.StateHere = None,
    as_json: options.Json = False,
) -> None:
    """Make a certificate for a desk on another machine, which may do what its roles may.

    DIR gets desk.pem and desk.key, which the desk shows, and gateway.pem, by which it knows the gateway. Whoever has
    desk.key is the desk: carry it by hand, and remove it here. At the desk, `REKAM_DESK=DIR rekam ... --gateway
    HOST:PORT`; at the gateway, `[grpc] listen`.
    """
    with reporting(as_json=as_json) as output:
        from gateway.desks import DeskTrustError

        authority = _desks(state)
        try:
            out.mkdir(mode=0o700, parents=True)
            issued = authority.issue(name, role, days)
            for file, content in (
                ("desk.key", issued.key_pem),
                ("desk.pem", issued.certificate_pem),
                ("gateway.pem", issued.authority_pem),
            ):
                (out / file).touch(0o600)
                (out / file).write_bytes(content)
        except FileExistsError as error:
            raise bad_usage(f"{out} is there already; name a folder that is not.") from error
        except ValueError as error:
            out.rmdir()
            raise bad_usage(f"{error}.") from error
        except DeskTrustError as error:
            raise _untrusted(error) from error
        except OSError as error:
            raise CommandFailure(ExitStatus.REFUSED, "DESK_TRUST", f"{out}: {error.strerror}.") from error
        output.document({"desk": issued.desk.to_json(), "folder": str(out.resolve())})
        if not as_json:
            until = f"{issued.desk.until:%Y-%m-%d}"
            words = LocalizedText(
                id=f"Meja {name} ({', '.join(issued.desk.roles)}) sampai {until}: {out}. Bawa folder ini ke meja, lalu "
                "hapus di sini.",
                en=f"Desk {name} ({', '.join(issued.desk.roles)}) until {until}: {out}. Carry the folder to the desk, "
                "then remove it here.",
            )
            output.say(in_words(words))


@trust.command("desks")
def list_desks(state: options.StateHere = None, as_json: options.Json = False) -> None:
    """Show the desks that have a certificate, and whether it is still good."""
    with reporting(as_json=as_json) as output:
        from gateway.desks import DeskTrustError

        try:
            desks = _desks(state).roll.desks()
        except DeskTrustError as error:
            raise _untrusted(error) from error
        output.document({"desks": [each.to_json() for each in desks]})
        if as_json:
            return
        if not desks:
            output.say(in_words(LocalizedText(id="Belum ada meja.", en="No desk has a certificate.")))
            return
        from rich.table import Table

        table = Table("ID", "Desk", "Roles", "Until", "")
        for each in desks:
            over = "revoked" if each.revoked_at else "ended" if each.until <= datetime.now(UTC) else ""
            table.add_row(each.desk_id[:12], each.name, ", ".join(each.roles), f"{each.until:%Y-%m-%d}", over)
        output.console().print(table)


@trust.command("revoke-desk")
def revoke_desk(
    desk_id: Annotated[
        str, typer.Argument(metavar="ID", help="As `rekam trust desks` shows it; its beginning is enough.")
    ],
    state: options.StateHere = None,
    as_json: options.Json = False,
) -> None:
    """Let a desk in no longer: its next call is refused, and its streams end within 5 s."""
    with reporting(as_json=as_json) as output:
        from gateway.desks import DeskTrustError

        try:
            desk = _desks(state).roll.revoke(desk_id, datetime.now(UTC))
        except LookupError as error:
            raise bad_usage(f"{error}; see `rekam trust desks`.") from error
        except DeskTrustError as error:
            raise _untrusted(error) from error
        output.document({"desk": desk.to_json()})
        if not as_json:
            words = LocalizedText(
                id=f"Sertifikat meja {desk.name} dicabut.", en=f"The certificate of the desk {desk.name} is revoked."
            )
            output.say(in_words(words))


def _desks(state: Path | None) -> "DeskAuthority":
    from gateway.desks import DeskAuthority, DeskTrustError
    from gateway.state_folder import default_state_folder

    try:
        return DeskAuthority.open(state or default_state_folder())
    except DeskTrustError as error:
        raise _untrusted(error) from error


def _untrusted(error: Exception) -> CommandFailure:
    return CommandFailure(ExitStatus.REFUSED, "DESK_TRUST", f"{error}.")


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

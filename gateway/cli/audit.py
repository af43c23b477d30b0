"""`rekam audit`: the trail of who did what, when, on which device, with what outcome."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli import options
from gateway.cli.audit_export import export
from gateway.cli.audit_verify import verify
from gateway.cli.connection import connect
from gateway.cli.exits import bad_usage
from gateway.cli.output import Output, reporting

if TYPE_CHECKING:
    from google.protobuf.timestamp_pb2 import Timestamp
    from rekam.v1 import audit_pb2

audit = typer.Typer(help="The audit trail: who did what, when, with what outcome.", no_args_is_help=True)


@audit.callback()
def _audit() -> None:
    """The audit trail: who did what, when, with what outcome."""


@audit.command()
def query(
    limit: Annotated[int, typer.Option("--limit", min=0, help="How many at most; 0 for all.")] = 50,
    oldest_first: Annotated[bool, typer.Option("--oldest-first", help="Else the newest come first.")] = False,
    from_sequence: Annotated[int | None, typer.Option("--from", min=1, metavar="N", help="From this entry on.")] = None,
    to_sequence: Annotated[int | None, typer.Option("--to", min=1, metavar="N", help="Up to this entry.")] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help="2026-05-04 or 2026-05-04T08:30.")
    ] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="TIME", help="Likewise, UTC; both inclusive.")] = None,
    actor: Annotated[str, typer.Option("--actor", help="An operator, or a peer.")] = "",
    event: Annotated[str, typer.Option("--event", help="CaptureService.StartCapture, device.lost …")] = "",
    object_id: Annotated[str, typer.Option("--object", metavar="ID", help="Of a capture, a lease, a packet …")] = "",
    device: Annotated[str, typer.Option("--device", metavar="ID", help="As `rekam devices` names it.")] = "",
    person: Annotated[
        bool, typer.Option("--person", help="About one person, whose number is read from standard input.")
    ] = False,
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Show entries of the trail. Times are the gateway's, which may have been wrong; the order never is."""
    with reporting(as_json=as_json) as output:
        from rekam.v1 import audit_pb2

        request = audit_pb2.QueryAuditRequest(
            from_sequence=from_sequence,
            to_sequence=to_sequence,
            from_time=_timestamp("--since", since),
            to_time=_timestamp("--until", until),
            actor=actor,
            event=event,
            object_id=object_id,
            device_id=device,
            # Not as an argument: those stand in the list of processes, and in the shell's history.
            person=typer.prompt("Number of the person", hide_input=True, err=True) if person else "",
            newest_first=not oldest_first,
            limit=limit,
        )
        with connect(gateway, state) as client:
            for answer in client.stream("AuditService/QueryAudit", request, audit_pb2.QueryAuditResponse):
                for entry in answer.entries:
                    output.document(_document(entry))
                    if not as_json:
                        output.say(_line(entry))


@audit.command()
def head(
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Have the end of the trail signed, and show it. Kept elsewhere, it proves later that nothing was cut off."""
    with reporting(as_json=as_json) as output:
        from rekam.v1 import audit_pb2

        with connect(gateway, state) as client:
            answer = client.call("AuditService/GetHead", audit_pb2.GetHeadRequest(), audit_pb2.GetHeadResponse)
        signed = answer.head.decode("ascii")
        output.document(
            {"chain_id": answer.chain_id, "sequence": answer.sequence, "digest": answer.digest, "head": signed}
        )
        if not as_json:
            _show_head(answer, signed, output)


audit.command()(verify)
audit.command()(export)


def _show_head(answer: "audit_pb2.GetHeadResponse", signed: str, output: Output) -> None:
    output.note(f"Entry {answer.sequence} of chain {answer.chain_id}, SHA-256 {answer.digest}")
    output.say(signed)


def _timestamp(option: str, text: str | None) -> "Timestamp | None":
    from google.protobuf.timestamp_pb2 import Timestamp

    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise bad_usage(f"{option}: {text!r} is no time. Give 2026-05-04 or 2026-05-04T08:30, UTC.") from error
    message = Timestamp()
    message.FromDatetime(moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC))
    return message


def _document(entry: "audit_pb2.AuditEntry") -> dict[str, Any]:
    import json

    if not entry.sequence:
        return {"error": "an entry that cannot be read"}
    content: dict[str, Any] = json.loads(entry.canonical)
    return content


def _line(entry: "audit_pb2.AuditEntry") -> str:
    if not entry.sequence:
        return "        an entry that cannot be read; run `rekam audit verify`"
    who = entry.operator or entry.peer
    about = " ".join(part for part in (entry.device_id, entry.object_id) if part)
    how = entry.outcome if not entry.reason else f"{entry.outcome} {entry.reason}"
    count = f" ×{entry.count}" if entry.HasField("count") else ""
    doubt = "" if entry.time.HasField("uncertainty") else "?"
    when = f"{entry.time.wall.ToDatetime():%Y-%m-%d %H:%M:%S}{doubt}"
    return f"{entry.sequence:>7} {when:20} {who:16} {entry.event:32} {how}{count}  {about}".rstrip()

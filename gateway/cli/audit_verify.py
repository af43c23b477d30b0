"""`rekam audit verify`: whether a trail is whole; of an export without a gateway."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli import options
from gateway.cli.connection import GatewayClient, connect
from gateway.cli.exits import ExitStatus, bad_file, bad_usage
from gateway.cli.image_file import read_file
from gateway.cli.output import Output, finish, reporting
from gateway.cli.trusted import trusted_gateways

if TYPE_CHECKING:
    from gateway.audit import AuditReport
    from gateway.trust import TrustAnchors

MAX_HEAD_BYTES = 16_384


def verify(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Made by `audit export`; else the gateway's own trail.")
    ] = None,
    trust: options.Trust = None,
    known_head: Annotated[
        Path | None,
        typer.Option("--head", metavar="HEAD.jws", help="A head of this trail that was kept elsewhere: `audit head`."),
    ] = None,
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Check that no entry was removed, changed, inserted, moved or cut off, and name the first.

    Entries after the last signed head are chained, but not signed. A trail that was cut together with its later heads
    looks whole: --head with one that was kept elsewhere shows it. Exit status 3 where anything does not hold.
    """
    with reporting(as_json=as_json) as output:
        anchors = trusted_gateways(trust)
        extra = [] if known_head is None else [read_file(known_head, MAX_HEAD_BYTES).strip()]
        if file is None:
            with connect(gateway, state) as client:
                report = _verify_gateway(client, anchors, extra)
        else:
            if gateway is not None:
                raise bad_usage("FILE and --gateway exclude each other.")
            report = _verify_file(file, anchors, extra)
        output.document(_document(report))
        if not as_json:
            _tell(report, output, signer_known=anchors is not None)
        finish(ExitStatus.DONE if report.ok else ExitStatus.OUTCOME)


def _verify_file(file: Path, anchors: "TrustAnchors | None", extra: list[bytes]) -> "AuditReport":
    from gateway.audit import AuditFieldError, read_export, verify_audit

    try:
        with file.open("rb") as lines:
            _, entries, heads = read_export(lines)
            return verify_audit(entries, _both(heads, extra), anchors)
    except AuditFieldError as error:
        raise bad_file(f"{file}: {error}. Make one with `rekam audit export --out FILE`.") from error
    except OSError as error:
        raise bad_file(f"{file} cannot be read: {error.strerror or error}. Check its name and its rights.") from error


def _verify_gateway(client: GatewayClient, anchors: "TrustAnchors | None", extra: list[bytes]) -> "AuditReport":
    """Here, with what the gateway has; its own word for it is not taken."""
    from rekam.v1 import audit_pb2

    from gateway.audit import verify_audit

    heads: list[bytes] = []

    def entries() -> Iterator[bytes]:
        request = audit_pb2.QueryAuditRequest(with_heads=True)
        for answer in client.stream("AuditService/QueryAudit", request, audit_pb2.QueryAuditResponse):
            heads.extend(answer.heads)
            yield from (entry.canonical for entry in answer.entries)

    return verify_audit(entries(), _both(heads, extra), anchors)


def _both(heads: list[bytes], extra: list[bytes]) -> Iterable[bytes]:
    """First looked at when the entries have been read, and `heads` is complete."""
    yield from heads
    yield from extra


def _document(report: "AuditReport") -> dict[str, Any]:
    return {
        "ok": report.ok,
        "entries": report.length,
        "last_sequence": report.last,
        "sealed_sequence": report.sealed,
        "heads": report.heads,
        "missing": report.missing,
        "findings": [
            {"fault": str(each.fault), "position": each.position, "sequence": each.sequence, "detail": each.detail}
            for each in report.findings
        ],
    }


def _tell(report: "AuditReport", output: Output, *, signer_known: bool) -> None:
    if report.first is None:
        output.say(f"{report.length:,} entries, whole; signed up to entry {report.sealed:,} ({report.heads:,} heads).")
    else:
        first = report.first
        where = f"entry {first.sequence:,}" if first.sequence else f"the {first.position + 1:,}. entry here"
        output.say(f"NOT whole. First at {where}: {str(first.fault).replace('_', ' ')}: {first.detail}.")
        for each in report.findings[1:20]:
            output.say(f"  then {str(each.fault).replace('_', ' ')}: {each.detail}")
        if len(report.findings) > 20:
            output.say(f"  and {len(report.findings) - 20:,} more")
    if report.unsealed:
        output.say(f"The last {report.unsealed:,} entries are not signed yet: a change of them would not show.")
    if report.missing:
        output.say(f"{report.missing:,} entries are missing because the disk did not take them; the trail says where.")
    if report.heads and not signer_known:
        output.say("Who signed is not known: give --trust with the certificates of your gateways.")

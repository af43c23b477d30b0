"""`rekam audit export`: the whole trail as JSON lines, to be verified without a gateway."""

import os
import tempfile
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from gateway.cli import options
from gateway.cli.connection import GatewayClient, connect
from gateway.cli.exits import CommandFailure, bad_usage
from gateway.cli.output import reporting


def export(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where it goes; whole or not at all.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the file that is there.")] = False,
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Write every entry and every signed head of the trail, and have its end signed first."""
    with reporting(as_json=as_json) as output:
        if out.is_dir() or (out.exists() and not force):
            raise bad_usage(f"{out} is there already. Name another file, or give --force.")
        with connect(gateway, state) as client:
            count, sealed = _written(out, client)
        output.document({"file": str(out), "entries": count, "sealed_sequence": sealed})
        if not as_json:
            output.say(f"{count:,} entries in {out}; check them with `rekam audit verify {out}`.")
            if not sealed:
                output.note("Their end is not signed: the gateway's key does not sign now. See `rekam doctor`.")


def _written(out: Path, client: GatewayClient) -> tuple[int, int]:
    try:
        descriptor, part = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.")
    except OSError as error:
        raise _unwritable(out, error) from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            result = _write(file, client)
            file.flush()
            os.fsync(file.fileno())
        Path(part).replace(out)
    except OSError as error:
        raise _unwritable(out, error) from error
    finally:
        Path(part).unlink(missing_ok=True)
    return result


def _write(file: BinaryIO, client: GatewayClient) -> tuple[int, int]:
    from rekam.v1 import audit_pb2, gateway_pb2

    from gateway.audit import AuditExport, entry_line, first_line, head_line

    info = client.call("GatewayService/GetInfo", gateway_pb2.GetInfoRequest(), gateway_pb2.GetInfoResponse)
    try:
        head = client.call("AuditService/GetHead", audit_pb2.GetHeadRequest(), audit_pb2.GetHeadResponse)
    except CommandFailure as failure:
        if not failure.reason.startswith("KEY_"):
            raise
        head = audit_pb2.GetHeadResponse()
    file.write(first_line(AuditExport(info.gateway_id, head.head or None)))
    request = audit_pb2.QueryAuditRequest(to_sequence=head.sequence or None, with_heads=True)
    count = 0
    for answer in client.stream("AuditService/QueryAudit", request, audit_pb2.QueryAuditResponse):
        file.writelines(entry_line(entry.canonical) for entry in answer.entries)
        file.writelines(head_line(jws) for jws in answer.heads)
        count += len(answer.entries)
    return count, head.sequence


def _unwritable(out: Path, error: OSError) -> CommandFailure:
    return bad_usage(f"{out} cannot be written: {error.strerror or error}. Check the folder, its rights and its disk.")

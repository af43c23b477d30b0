"""`rekam duplicates`: lists of recorded people, given to neighbour offices and taken in from them."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli import options
from gateway.cli.connection import connect
from gateway.cli.exits import CommandFailure, ExitStatus, bad_file, bad_usage
from gateway.cli.image_file import read_file
from gateway.cli.keys_text import written
from gateway.cli.output import Output, in_words, reporting
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rekam.v1 import duplicates_pb2

    from gateway.cli.connection import GatewayClient

duplicates = typer.Typer(help="Lists of recorded people, exchanged with neighbour gateways.", no_args_is_help=True)

SUFFIX = ".rdl"
MAX_LIST_BYTES = 256 << 20
PART_BYTES = 4 << 20
LONGEST_S = 600.0
"""For packing or taking in the largest list: 2 ms a person."""


@duplicates.callback()
def _duplicates() -> None:
    """Lists of recorded people, exchanged with neighbour gateways."""


@duplicates.command()
def key(
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write it there, PEM.")] = None,
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Show the public key that neighbours make their lists for; nothing in it is secret."""
    with reporting(as_json=as_json) as output:
        from rekam.v1 import duplicates_pb2 as pb

        with connect(gateway, state) as client:
            answer = client.call(
                "DuplicatesService/GetExchangeKey", pb.GetExchangeKeyRequest(), pb.GetExchangeKeyResponse
            )
        output.document(
            {
                "gateway_id": answer.gateway_id,
                "public_key_pem": answer.public_key_pem,
                "thumbprint": answer.thumbprint,
            }
        )
        if out is not None:
            written(out, answer.public_key_pem)
            output.note(f"{out}: {in_words(_WRITTEN)}")
        elif not as_json:
            output.say(answer.public_key_pem.rstrip("\n"))
        output.note(f"{in_words(_THUMBPRINT)}: {answer.thumbprint}")


@duplicates.command()
def export(
    neighbour: Annotated[
        Path, typer.Argument(metavar="NEIGHBOUR.pem", help="The neighbour's key: `rekam duplicates key` there.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help=f"The list; in a folder `LIST{SUFFIX}`.")],
    valid_days: Annotated[
        int, typer.Option("--valid-days", metavar="N", min=1, max=366, help="How long it counts at the neighbour.")
    ] = 30,
    operator: options.Operator = "",
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Write everybody recorded here as a list that one neighbour alone can read; supervisors only."""
    with reporting(as_json=as_json) as output:
        from rekam.v1 import duplicates_pb2 as pb

        if out.is_file() or out.is_symlink():
            raise bad_usage(f"{out} is there already, and is left alone. Name another file, or a folder, with --out.")
        request = pb.ExportNeighbourListRequest(
            recipient_pem=_text(neighbour, "rekam duplicates key"), valid_days=valid_days, operator=operator
        )
        with connect(gateway, state) as client:
            answers = client.stream(
                "DuplicatesService/ExportNeighbourList", request, pb.ExportNeighbourListResponse, LONGEST_S
            )
            stated, data = _gathered(answers)
        path = out / f"{stated.list_id}{SUFFIX}" if out.is_dir() else out
        _keep(path, data)
        output.document(
            {
                "file": str(path),
                "list_id": stated.list_id,
                "recipient": stated.recipient,
                "people": stated.people,
                "made_at": stated.made_at.ToJsonString(),
                "expires_at": stated.expires_at.ToJsonString(),
                "size": stated.size,
                "sha256": stated.sha256,
            }
        )
        if not as_json:
            output.say(f"{path}: {stated.people} {in_words(_PEOPLE)}, {in_words(_UNTIL)} {_day(stated.expires_at)}")
        output.note(f"{in_words(_READABLE_BY)} {stated.recipient}")


@duplicates.command("import")
def import_list(
    path: Annotated[Path, typer.Argument(metavar="LIST", help="What `rekam duplicates export` wrote there.")],
    trust: Annotated[
        Path,
        typer.Option("--trust", metavar="BUNDLE.pem", help="The neighbour's certificates: `keys export --pem` there."),
    ],
    operator: options.Operator = "",
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Take in a neighbour's list, in the place of an earlier one of that gateway; supervisors only."""
    with reporting(as_json=as_json) as output:
        data = read_file(path, MAX_LIST_BYTES)
        bundle = _text(trust, "rekam keys export --pem")
        with connect(gateway, state) as client:
            neighbour = _sent(client, data, bundle, operator)
        output.document(_document(neighbour))
        if not as_json:
            _tell(neighbour, output)


@duplicates.command()
def neighbours(
    as_json: options.Json = False, gateway: options.GatewayAddress = None, state: options.State = None
) -> None:
    """Show the neighbours' lists that take part in searches, and until when."""
    with reporting(as_json=as_json) as output:
        from rekam.v1 import duplicates_pb2 as pb

        with connect(gateway, state) as client:
            answer = client.call(
                "DuplicatesService/ListNeighbours", pb.ListNeighboursRequest(), pb.ListNeighboursResponse
            )
        output.document({"neighbours": [_document(each) for each in answer.neighbours]})
        if as_json:
            return
        for each in answer.neighbours:
            _tell(each, output)
        if not answer.neighbours:
            output.say(in_words(_NONE))


@duplicates.command()
def forget(
    gateway_id: Annotated[str, typer.Argument(metavar="GATEWAY", help="See `rekam duplicates neighbours`.")],
    operator: options.Operator = "",
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Erase a neighbour's list and everybody in it, for good; supervisors only."""
    with reporting(as_json=as_json) as output:
        from rekam.v1 import duplicates_pb2 as pb

        request = pb.ForgetNeighbourRequest(gateway_id=gateway_id, operator=operator)
        with connect(gateway, state) as client:
            answer = client.call(
                "DuplicatesService/ForgetNeighbour", request, pb.ForgetNeighbourResponse, timeout_s=LONGEST_S
            )
        output.document({"gateway_id": gateway_id, "people": answer.people})
        if not as_json:
            output.say(f"{gateway_id}: {answer.people} {in_words(_PEOPLE)} {in_words(_ERASED)}")


def _gathered(
    answers: "Iterable[duplicates_pb2.ExportNeighbourListResponse]",
) -> "tuple[duplicates_pb2.NeighbourListFile, bytes]":
    from rekam.v1 import duplicates_pb2 as pb

    stated, data = pb.NeighbourListFile(), bytearray()
    for answer in answers:
        if answer.HasField("list"):
            stated = answer.list
        else:
            data += answer.data
    if len(data) != stated.size or hashlib.sha256(data).hexdigest() != stated.sha256:
        raise CommandFailure(
            ExitStatus.OUTCOME, "LIST_CHANGED", "What came is not the list that was made. Export again."
        )
    return stated, bytes(data)


def _keep(path: Path, data: bytes) -> None:
    from gateway.durable_file import write_durably

    try:
        write_durably(path, data)
    except OSError as error:
        raise CommandFailure(
            ExitStatus.USAGE,
            "OUT_UNWRITABLE",
            f"{path} cannot be written: {error.strerror or error}. Name another place with --out, and export again.",
        ) from error


def _sent(client: "GatewayClient", data: bytes, bundle: str, operator: str) -> "duplicates_pb2.Neighbour":
    """Send the file part by part; the answer to the last is the list as it was taken in."""
    from rekam.v1 import duplicates_pb2 as pb

    digest, answer = hashlib.sha256(data).hexdigest(), pb.ImportNeighbourListResponse()
    for offset in range(0, len(data), PART_BYTES):
        request = pb.ImportNeighbourListRequest(
            sha256=digest,
            total_size=len(data),
            offset=offset,
            data=data[offset : offset + PART_BYTES],
            # With the first so that a wrong one is told before the rest is sent, with the last as it is needed.
            trust_pem=bundle if offset == 0 or offset + PART_BYTES >= len(data) else "",
            operator=operator,
        )
        answer = client.call(
            "DuplicatesService/ImportNeighbourList", request, pb.ImportNeighbourListResponse, timeout_s=LONGEST_S
        )
    return answer.neighbour


def _text(path: Path, command: str) -> str:
    try:
        return read_file(path, 1 << 20).decode("ascii")
    except UnicodeDecodeError as error:
        raise bad_file(f"{path} is no PEM. Have the neighbour make it with `{command} --out {path.name}`.") from error


def _document(neighbour: "duplicates_pb2.Neighbour") -> dict[str, Any]:
    return {
        "gateway_id": neighbour.gateway_id,
        "list_id": neighbour.list_id,
        "made_at": neighbour.made_at.ToJsonString(),
        "expires_at": neighbour.expires_at.ToJsonString(),
        "people": neighbour.people,
        "ended": neighbour.ended,
    }


def _tell(neighbour: "duplicates_pb2.Neighbour", output: Output) -> None:
    until = in_words(_ENDED if neighbour.ended else _UNTIL)
    output.say(f"{neighbour.gateway_id}: {neighbour.people} {in_words(_PEOPLE)}, {until} {_day(neighbour.expires_at)}")


def _day(moment: Any) -> str:
    return f"{moment.ToDatetime():%Y-%m-%d}"


_WRITTEN = LocalizedText(id="ditulis; berikan kepada kantor tetangga.", en="written; give it to the neighbour.")
_THUMBPRINT = LocalizedText(
    id="Sidik kunci, untuk dicocokkan dengan kantor tetangga lewat jalan lain",
    en="Thumbprint, to be compared with the neighbour by another way",
)
_READABLE_BY = LocalizedText(id="Hanya dapat dibaca oleh pemilik kunci", en="Readable by nobody but who has the key")
_PEOPLE = LocalizedText(id="orang", en="people")
_UNTIL = LocalizedText(id="berlaku sampai", en="valid until")
_ENDED = LocalizedText(id="sudah berakhir pada", en="ended on")
_ERASED = LocalizedText(id="dihapus", en="erased")
_NONE = LocalizedText(id="Tidak ada daftar dari kantor tetangga.", en="There is no neighbour's list.")

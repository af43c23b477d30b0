"""`rekam spool`: what leaves by hand, on a stick: bundles for the centre, a whole gateway, and what comes back."""

from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli import options
from gateway.cli.connection import GatewayClient, connect
from gateway.cli.exits import CommandFailure, ExitStatus, bad_file, bad_usage
from gateway.cli.output import Output, finish, in_words, reporting
from gateway.cli.spool_errors import told_plainly
from gateway.cli.spool_move import export_all, import_copy, reinstate
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from rekam.v1 import bundle_pb2

    from gateway.bundle import ExportReport, Offer, OfferedVolume, Placed

spool = typer.Typer(help="Carry by hand: bundles on a stick, their answers, a whole gateway.", no_args_is_help=True)
spool.command("import")(import_copy)
spool.command()(reinstate)

ANSWERS_AT_ONCE = 200
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


@spool.command()
def export(
    bundle: Annotated[
        Path | None, typer.Option("--bundle", metavar="DIR", help="Write what waits for the centre on this medium.")
    ] = None,
    whole: Annotated[
        Path | None,
        typer.Option("--all", metavar="DIR", help="Copy the whole gateway, which is stopped, for another machine."),
    ] = None,
    max_size: Annotated[
        str, typer.Option("--max-size", metavar="SIZE", help="Largest volume of a bundle: 700M, 2G.")
    ] = "1G",
    again: Annotated[
        bool, typer.Option("--again", help="Also what was taken away before: a stick was lost, or cannot be read.")
    ] = False,
    operator: Annotated[str, typer.Option("--operator", metavar="NAME", help="Who exports, with --bundle.")] = "",
    config: Annotated[
        Path | None, typer.Option("--config", metavar="FILE", help="The gateway's settings, with --all.")
    ] = None,
    passphrase_file: Annotated[
        Path | None, typer.Option("--passphrase-file", metavar="FILE", help="With --all; else one is made and shown.")
    ] = None,
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Write what waits on a medium, or copy the whole gateway to it.

    --bundle: volumes that fit the medium, sealed for the centre alone, each read back. What was taken away waits as
    before: the network may bring it first. Interrupted, the same command goes on; on the next medium, with what is
    missing. --all: the gateway is retired here, as it must not go on in two places.
    """
    with reporting(as_json=as_json) as output, told_plainly():
        if (bundle is None) == (whole is None):
            raise bad_usage("Give --bundle DIR for what waits, or --all DIR for the whole gateway.")
        if whole is not None:
            if again or operator or gateway is not None:
                raise bad_usage("--again, --operator and --gateway go with --bundle: for --all the gateway is stopped.")
            export_all(whole, config, state, passphrase_file, output)
            return
        assert bundle is not None
        if not operator:
            raise bad_usage("Say who exports: --operator NAME. It is kept beside the bundle.")
        with connect(gateway, state) as client:
            _export_bundle(client, bundle, _size(max_size), again, operator, output)


def _export_bundle(
    client: GatewayClient, folder: Path, max_bytes: int, again: bool, operator: str, output: Output
) -> None:
    from gateway.bundle import export_volumes

    def told(volume: "OfferedVolume", placed: "Placed") -> None:
        output.document({"event": "volume", **volume_document(volume), "path": str(placed.path), "size": placed.size})
        if not output.as_json:
            count = len(volume.contents.packets)
            output.say(f"{placed.path.name}  {count:>5}  {placed.size:>13,}")

    source = _GatewayVolumes(client, operator)
    report = export_volumes(folder, source, max_bytes=max_bytes, again=again, operator=operator, told=told)
    _tell_export(report, output)
    finish(ExitStatus.OUTCOME if report.left_packets or report.changed else ExitStatus.DONE)


def _tell_export(report: "ExportReport", output: Output) -> None:
    output.document(
        {
            "event": "exported",
            "volumes": len(report.volumes),
            "packets": report.packets,
            "left_packets": report.left_packets,
            "left_bytes": report.left_bytes,
            "changed": [each.words.en for each in report.changed],
        }
    )
    for each in report.changed:
        output.note(in_words(each.words))
    if output.as_json:
        return
    if report.left_packets:
        count, size = report.left_packets, report.left_bytes
        words = LocalizedText(
            id=f"{report.packets} paket ditulis dan dibaca ulang; {count} paket ({size:,} byte) tidak muat. Ulangi "
            "perintah ini dengan media lain.",
            en=f"{report.packets} packets written and read back; {count} packets ({size:,} bytes) did not fit. Run the "
            "same command with another medium.",
        )
    elif report.packets:
        words = LocalizedText(
            id=f"{report.packets} paket ditulis dan dibaca ulang. Semuanya tetap menunggu tanda terima di sini.",
            en=f"{report.packets} packets written and read back. All of them wait here for their receipts as before.",
        )
    else:
        words = LocalizedText(
            id="Tidak ada yang perlu dibawa. Yang sudah pernah dibawa: --again.",
            en="There is nothing to carry. What was taken away before: --again.",
        )
    output.say(in_words(words))


@spool.command("import-receipts")
def import_receipts(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Of the medium that came back from the centre.")],
    operator: Annotated[str, typer.Option("--operator", metavar="NAME", help="Who imports them.")],
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Take in the centre's receipts, statuses and announcements from a medium; twice is once.

    Exit status 3 where one of them is not to be believed: `rekam outbox` says why.
    """
    with reporting(as_json=as_json) as output, told_plainly():
        from rekam.v1 import bundle_pb2 as pb

        from gateway.bundle import answers_files, read_answers

        files = answers_files(folder) if folder.is_dir() or not folder.exists() else [folder]
        if not files:
            raise bad_file(f"{folder} holds no answers (rekam-answers-*.jws). Run `rekam central import` there first.")
        sums = pb.ImportAnswersResponse()
        with connect(gateway, state) as client:
            for path in files:
                for batch in _batches(read_answers(path)):
                    request = pb.ImportAnswersRequest(answers=batch, operator=operator)
                    answer = client.call("BundleService/ImportAnswers", request, pb.ImportAnswersResponse, 60.0)
                    for field in pb.ImportAnswersResponse.DESCRIPTOR.fields:
                        setattr(sums, field.name, getattr(sums, field.name) + getattr(answer, field.name))
        counts = {field.name: getattr(sums, field.name) for field in sums.DESCRIPTOR.fields}
        output.document(counts)
        if not output.as_json:
            output.say(in_words(_counted(counts)))
        finish(ExitStatus.OUTCOME if sums.refused else ExitStatus.DONE)


@spool.command()
def volumes(as_json: options.Json = False, gateway: options.GatewayAddress = None, state: options.State = None) -> None:
    """List what was taken away: when, by whom, on which medium, and how much of it has no receipt yet."""
    with reporting(as_json=as_json) as output, connect(gateway, state) as client:
        from rekam.v1 import bundle_pb2 as pb

        answer = client.call("BundleService/ListVolumes", pb.ListVolumesRequest(), pb.ListVolumesResponse)
        if not answer.volumes and not output.as_json:
            output.note(in_words(LocalizedText(id="Belum ada yang dibawa.", en="Nothing was taken away yet.")))
        for message in answer.volumes:
            volume = _volume(message)
            output.document({**volume_document(volume), "without_receipt": message.without_receipt})
            if not output.as_json:
                taken = f"{volume.taken.astimezone():%Y-%m-%d %H:%M}" if volume.taken else "-" * 16
                contents = volume.contents
                output.say(
                    f"{taken}  {contents.bundle_id}-{contents.number:04}  {len(contents.packets):>5}  "
                    f"{message.without_receipt:>5}  {volume.medium}  {volume.operator}"
                )


@spool.command()
def check(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A volume, or the folder of a medium.")],
    as_json: options.Json = False,
) -> None:
    """Read volumes from end to end and say what is whole; needs no gateway. Exit status 3 where anything is not."""
    with reporting(as_json=as_json) as output, told_plainly():
        from gateway.bundle import BundleError, verify_volume, volume_files

        paths = volume_files(path) if path.is_dir() else [path]
        if not paths:
            raise bad_file(f"There is no volume (rekam-*.rkv) in {path}.")
        good = True
        for each in paths:
            try:
                report = verify_volume(each)
            except BundleError as error:
                good = False
                output.document({"path": str(each), "ok": False, "reason": error.reason, "message": error.words.en})
                output.note(f"{each.name}: {in_words(error.words)}")
                continue
            except OSError as error:
                raise bad_file(f"{each} cannot be read: {error.strerror}.") from error
            good = good and report.ok
            contents = report.front.contents
            output.document(
                {
                    **{"path": str(each), "ok": report.ok, "gateway_id": contents.gateway_id},
                    **{"bundle_id": contents.bundle_id, "number": contents.number, "of": contents.of},
                    **{"packets": len(contents.packets), "damaged": [one.packet_id for one in report.damaged]},
                }
            )
            if not output.as_json:
                verdict = "ok" if report.ok else f"{len(report.whole)} / {len(contents.packets)}"
                output.say(f"{each.name}  {contents.gateway_id}  {len(contents.packets):>5}  {verdict}")
        finish(ExitStatus.DONE if good else ExitStatus.OUTCOME)


def volume_document(volume: "OfferedVolume") -> dict[str, Any]:
    """A volume, for programs."""
    contents = volume.contents
    return {
        "bundle_id": contents.bundle_id,
        "number": contents.number,
        "of": contents.of,
        "packets": [each.packet_id for each in contents.packets],
        "taken": volume.taken.isoformat() if volume.taken else None,
        "medium": volume.medium,
        "operator": volume.operator,
    }


class _GatewayVolumes:
    """Volumes of a running gateway, as `export_volumes` takes them."""

    def __init__(self, client: GatewayClient, operator: str) -> None:
        self._client = client
        self._operator = operator

    def next_volume(self, max_bytes: int, *, again: bool = False, operator: str = "") -> "Offer":
        from rekam.v1 import bundle_pb2 as pb

        from gateway.bundle import Offer

        request = pb.NextVolumeRequest(max_bytes=max(1, max_bytes), again=again, operator=operator)
        answer = self._client.call("BundleService/NextVolume", request, pb.NextVolumeResponse, 60.0)
        volume = _volume(answer.volume) if answer.HasField("volume") else None
        return Offer(volume, answer.left_packets, answer.left_bytes)

    def pieces(self, bundle_id: str, number: int) -> Iterator[bytes]:
        from rekam.v1 import bundle_pb2 as pb

        from gateway.bundle import SourceChanged

        request = pb.ReadVolumeRequest(bundle_id=bundle_id, number=number)
        try:
            for answer in self._client.stream("BundleService/ReadVolume", request, pb.ReadVolumeResponse):
                yield answer.data
        except CommandFailure as error:
            if error.reason != SourceChanged.reason:
                raise
            raise SourceChanged(error.words.id, error.words.en) from error

    def confirm(self, bundle_id: str, number: int, medium: str) -> "OfferedVolume":
        from rekam.v1 import bundle_pb2 as pb

        place = {"bundle_id": bundle_id, "number": number}
        request = pb.ConfirmVolumeRequest(**place, medium=medium[:200], operator=self._operator)  # type: ignore[arg-type]
        return _volume(self._client.call("BundleService/ConfirmVolume", request, pb.ConfirmVolumeResponse).volume)


def _volume(message: "bundle_pb2.BundleVolume") -> "OfferedVolume":
    from gateway.bundle import OfferedVolume, read_contents

    taken = message.taken.ToDatetime(UTC) if message.HasField("taken") else None
    contents = read_contents(message.contents)[0]
    return OfferedVolume(message.contents, contents, taken, message.medium, message.operator)


def _batches(lines: Iterator[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for line in lines:
        if batch and (len(batch) >= ANSWERS_AT_ONCE or size + len(line) > 2 << 20):
            yield batch
            batch, size = [], 0
        batch.append(line)
        size += len(line)
    if batch:
        yield batch


def _counted(counts: dict[str, int]) -> LocalizedText:
    numbers = {name: f"{count}" for name, count in counts.items()}
    return LocalizedText(
        id="Tanda terima: {receipts}, status: {statuses}, pengumuman: {announcements}, sudah ada: {known}, untuk "
        "kantor lain: {foreign}, ditolak: {refused}".format(**numbers),
        en="Receipts: {receipts}, statuses: {statuses}, announcements: {announcements}, known already: {known}, for "
        "other offices: {foreign}, refused: {refused}".format(**numbers),
    )


def _size(text: str) -> int:
    number, unit = text[:-1], text[-1:].upper()
    if unit.isdigit():
        number, unit = text, ""
    if not number.isdigit() or unit not in _UNITS or int(number) == 0:
        raise bad_usage(f"--max-size: {text!r} is no size. Give 700M or 2G.")
    size = int(number) * _UNITS[unit]
    if size < 1 << 20:
        raise CommandFailure(ExitStatus.USAGE, "BAD_USAGE", "--max-size: less than 1M holds no packet.")
    return size

"""`rekam central import`: takes what offices sent on a medium, and writes the answers on it."""

import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import options
from gateway.cli.central_state import StateFolder, state_folder, told_plainly
from gateway.cli.exits import ExitStatus
from gateway.cli.output import Output, finish, in_words, reporting
from gateway.cli.spool_errors import told_plainly as medium_told_plainly
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from gateway.bundle import ImportReport, TakenFile
    from gateway.central import OpenCentre
    from gateway.centre import PacketNotice, PacketStanding

_AT_ONCE = 500
_LOOKED_THROUGH = 100_000
"""Packets of a gateway, the newest first."""


def import_files(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Of the medium, or what was copied from it.")],
    answers: Annotated[
        Path | None, typer.Option("--answers", metavar="DIR", help="Write the answers there, not on the medium.")
    ] = None,
    days: Annotated[
        int, typer.Option("--days", min=1, max=3650, help="Statuses of so many days go back, of all packets.")
    ] = 90,
    state: StateFolder = None,
    as_json: options.Json = False,
) -> None:
    """Take volumes and packets from a medium, in any order, twice or after the network brought them, without harm.

    The answers for each office (receipts, statuses, announcements) are written back, for `rekam spool
    import-receipts`. The centre may be served meanwhile. Exit status 3 where anything was not taken.
    """
    with reporting(as_json=as_json) as output, told_plainly(), medium_told_plainly():
        from gateway.bundle import take_files
        from gateway.central import OpenCentre, hold_file

        with OpenCentre(state_folder(state)) as centre:
            standings = centre.standings()

            def known(gateway_id: str, notices: "Sequence[PacketNotice]") -> "list[PacketStanding]":
                return standings.of(gateway_id, notices)

            with tempfile.TemporaryDirectory(dir=centre.places.state, prefix=".import-") as scratch:
                report = take_files(
                    folder,
                    lambda path: hold_file(centre, path),
                    known,
                    Path(scratch),
                    lambda file: _tell_file(file, output),
                )
            written = [_answer(centre, each, answers or folder, days, report) for each in report.gateways]
            forks = {place: ids for each in report.gateways for place, ids in _forks(centre, each).items()}
        _tell(report, written, output)
        _tell_forks(forks, output)
        finish(ExitStatus.DONE if report.ok else ExitStatus.OUTCOME)


def _answer(centre: "OpenCentre", gateway_id: str, folder: Path, days: int, report: "ImportReport") -> Path:
    """Write what the centre has to say to one office: of the packets that came, and of all in the last days."""
    from gateway.bundle import write_answers
    from gateway.central.answers import ANNOUNCEMENTS_TOLD, in_force

    came = {each.packet_id for each in report.packets if each.gateway_id == gateway_id}
    since = datetime.now(UTC) - timedelta(days=days)
    signer, ledger_id = centre.signer, centre.ledger.ledger_id
    lines = [
        signer.announcement(each)
        for each in in_force(centre.store.announcements(ANNOUNCEMENTS_TOLD), datetime.now(UTC))
    ]
    after = 0
    while batch := centre.store.answers(gateway_id, after, _AT_ONCE):
        after = batch[-1].sequence
        lines += [signer.answer(each, ledger_id) for each in batch if each.packet_id in came or each.at >= since]
    # What was read is durable; only now may it be told under this ledger.
    centre.ledger.reached(centre.store.ordinal())
    return write_answers(folder, gateway_id, lines).path


def _forks(centre: "OpenCentre", gateway_id: str) -> Mapping[tuple[str, str, int], tuple[str, ...]]:
    """Places of a gateway's chain that several of its packets claim, by all that the centre holds."""
    from gateway.bundle import chain_forks
    from gateway.centre import PacketNotice

    held = centre.store.newest_packets(gateway_id, _LOOKED_THROUGH)
    return chain_forks(
        (gateway_id, PacketNotice(each.packet_id, each.sha256, each.size, each.chain_id, each.chain_sequence))
        for each in held
    )


def _tell_forks(forks: Mapping[tuple[str, str, int], tuple[str, ...]], output: Output) -> None:
    for (gateway_id, chain_id, sequence), packet_ids in sorted(forks.items()):
        output.document(
            {
                **{"event": "fork", "gateway_id": gateway_id, "chain_id": chain_id, "sequence": sequence},
                "packets": list(packet_ids),
            }
        )
        names = ", ".join(packet_ids)
        words = LocalizedText(
            id=f"{gateway_id}: beberapa paket bernomor {sequence} ({names}). Dua komputer memakai satu identitas; "
            "hubungi kantornya. Semua paket disimpan.",
            en=f"{gateway_id}: several packets have the number {sequence} ({names}). Two machines go on with one "
            "identity: call the office. All packets are held.",
        )
        output.note(in_words(words))


def _tell_file(file: "TakenFile", output: Output) -> None:
    for each in file.packets:
        output.document(
            {
                **{"event": "packet", "file": file.path.name, "gateway_id": each.gateway_id},
                **{"packet_id": each.packet_id, "state": each.state.value if each.state else "damaged"},
                **{"new": each.new, "reason": each.reason, "words": each.words},
            }
        )
    if file.fault is not None:
        output.document({"event": "fault", "file": file.path.name, "reason": file.fault.reason})
        output.note(f"{file.path.name}: {in_words(file.fault.words)}")
    if not output.as_json:
        new = sum(each.new for each in file.packets)
        output.say(f"{file.path.name}  {new} / {len(file.packets)}")
        for each in file.packets:
            if each.reason:
                output.note(f"  {each.packet_id}  {each.reason}  {each.words}")


def _tell(report: "ImportReport", written: list[Path], output: Output) -> None:
    bundles = [
        {"gateway_id": each.gateway_id, "bundle_id": each.bundle_id, "missing": list(each.missing), "of": each.of}
        for each in report.bundles
    ]
    new = sum(each.new for each in report.packets)
    output.document(
        {
            **{"event": "imported", "packets": len(report.packets), "new": new, "ok": report.ok},
            **{"bundles": bundles, "answers": [str(path) for path in written]},
        }
    )
    if output.as_json:
        return
    words = LocalizedText(
        id=f"{new} paket baru, {len(report.packets)} paket seluruhnya. Jawaban ditulis: {len(written)} berkas.",
        en=f"{new} packets are new, of {len(report.packets)}. Answers written: {len(written)} files.",
    )
    output.say(in_words(words))
    for each in report.bundles:
        if each.missing:
            numbers = ", ".join(map(str, each.missing[:20]))
            said = LocalizedText(
                id=f"Bundel {each.bundle_id} dari {each.gateway_id}: volume {numbers} tidak ada di media ini.",
                en=f"Bundle {each.bundle_id} of {each.gateway_id}: volume {numbers} is not on this medium.",
            )
            output.note(in_words(said))

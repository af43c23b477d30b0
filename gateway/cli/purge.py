"""`rekam purge`: erases what is past its term, and shows what that was."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli import options
from gateway.cli.connection import connect
from gateway.cli.documents import localized
from gateway.cli.exits import ExitStatus
from gateway.cli.keys_text import written
from gateway.cli.output import Output, finish, in_words, reporting
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rekam.v1 import purge_pb2

IDS_SHOWN = 10


@dataclass
class _Kind:
    """One kind, put together from its messages."""

    first: "purge_pb2.PurgedKind"
    ids: list[str] = field(default_factory=list)


def purge(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be erased; change nothing.")] = False,
    clock_is_right: Annotated[
        bool, typer.Option("--clock-is-right", help="You looked: the clock is right, though it is not synchronised.")
    ] = False,
    operator: options.Operator = "",
    proof: Annotated[
        Path | None,
        typer.Option("--proof", metavar="HEAD.jws", help="Write the signed end of the audit trail there, to keep."),
    ] = None,
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Erase for good what is past its term: captures, and whatever else is kept for a time.

    Each kind is written into the audit trail, with the digest of the list of what was erased, and the trail's end is
    signed. Exit status 3 where something could not be erased: the command can be given again.
    """
    with reporting(as_json=as_json) as output:
        from rekam.v1 import purge_pb2

        request = purge_pb2.PurgeRequest(dry_run=dry_run, clock_is_right=clock_is_right, operator=operator)
        with connect(gateway, state) as client:
            kinds, signed = _gathered(client.stream("PurgeService/Purge", request, purge_pb2.PurgeResponse))
        output.document(_document(kinds, signed, dry_run=dry_run))
        if not as_json:
            _tell(kinds, output, dry_run=dry_run)
        if not dry_run:
            _give(signed, proof, output)
        complete = all(kind.first.complete for kind in kinds) and (dry_run or signed is not None)
        finish(ExitStatus.DONE if complete else ExitStatus.OUTCOME)


def _gathered(
    answers: "Iterable[purge_pb2.PurgeResponse]",
) -> "tuple[list[_Kind], purge_pb2.PurgeProof | None]":
    kinds: dict[str, _Kind] = {}
    signed = None
    for answer in answers:
        if answer.HasField("proof"):
            signed = answer.proof
        else:
            kinds.setdefault(answer.kind.name, _Kind(answer.kind)).ids.extend(answer.kind.ids)
    return list(kinds.values()), signed


def _document(kinds: list[_Kind], signed: "purge_pb2.PurgeProof | None", *, dry_run: bool) -> dict[str, Any]:
    return {
        "dry_run": dry_run,
        "kinds": [
            {
                "name": kind.first.name,
                "count": kind.first.count,
                "bytes": kind.first.bytes,
                "ids": kind.ids,
                "ids_sha256": kind.first.ids_sha256 or None,
                "complete": kind.first.complete,
                "audit_sequence": kind.first.audit_sequence or None,
                "remarks": [{"id": each.id, "en": each.en} for each in kind.first.remarks],
            }
            for kind in kinds
        ],
        "audit_head": signed.audit_head.decode("ascii") if signed is not None else None,
    }


def _tell(kinds: list[_Kind], output: Output, *, dry_run: bool) -> None:
    for kind in kinds:
        first = kind.first
        words = _WORDS.get(first.name)
        name = in_words(words) if words else first.name.replace("_", " ")
        size = f", {first.bytes / 1e6:,.1f} MB" if first.bytes else ""
        entry = f"  audit {first.audit_sequence}" if first.audit_sequence else ""
        doing = in_words(_WOULD if dry_run else _DONE)
        output.say(f"{name:28} {first.count:>7} {doing}{size}{entry}")
        for each in kind.ids[:IDS_SHOWN]:
            output.say(f"  {each}")
        if len(kind.ids) > IDS_SHOWN:
            output.say(f"  … {len(kind.ids) - IDS_SHOWN} (--json)")
        for remark in first.remarks:
            output.note(f"  {in_words(localized(remark))}")


def _give(signed: "purge_pb2.PurgeProof | None", proof: Path | None, output: Output) -> None:
    if signed is None:
        output.note(in_words(_UNSIGNED))
        return
    if proof is not None:
        written(proof, signed.audit_head.decode("ascii"))
        output.note(f"{proof}: {in_words(_PROOF)}")


_WORDS = {
    "captures": LocalizedText(id="Rekaman", en="Captures"),
    "idempotency_answers": LocalizedText(id="Jawaban yang disimpan", en="Answers kept"),
    "enrolments": LocalizedText(id="Ringkasan perekaman", en="Enrolment summaries"),
    "card_holders": LocalizedText(id="Data untuk kartu", en="Kept for cards"),
    "card_jobs": LocalizedText(id="Pekerjaan kartu", en="Jobs of cards"),
    "callbacks": LocalizedText(id="Daftar panggil balik", en="Call-back list"),
    "duplicates": LocalizedText(id="Templat duplikat", en="Duplicates' templates"),
}
_DONE = LocalizedText(id="dihapus", en="erased")
_WOULD = LocalizedText(id="akan dihapus", en="would be erased")
_PROOF = LocalizedText(
    id="ujung jejak audit yang bertanda tangan; simpan di tempat lain.",
    en="the signed end of the audit trail; keep it elsewhere.",
)
_UNSIGNED = LocalizedText(
    id="Ujung jejak audit tidak dapat ditandatangani; jalankan `rekam audit head` setelah kunci dapat dipakai.",
    en="The end of the audit trail could not be signed; run `rekam audit head` once the key can be used.",
)

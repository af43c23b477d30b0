"""`rekam central forks`: gateways whose chain of packets forked, so that two machines go on with one identity."""

from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import options
from gateway.cli.central_state import StateFolder, state_folder, told_plainly
from gateway.cli.exits import ExitStatus
from gateway.cli.output import finish, in_words, reporting
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from gateway.central import ChainFork


def list_forks(
    gateway_id: Annotated[str | None, typer.Option("--gateway-id", metavar="ID", help="Of this gateway alone.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000, help="At most so many, the newest first.")] = 50,
    state: StateFolder = None,
    as_json: options.Json = False,
) -> None:
    """Numbers of gateways' chains that more than one packet claims: a gateway was cloned, or put back from a backup.

    All packets are held and answered; the office has to be called. Exit status 3 where there is any.
    """
    with reporting(as_json=as_json) as output, told_plainly():
        from gateway.central import OpenCentre

        with OpenCentre(state_folder(state)) as centre:
            forks = centre.store.chain_forks(gateway_id, limit)
        for each in forks:
            output.document(
                {
                    **{"gateway_id": each.gateway_id, "chain_id": each.chain_id, "sequence": each.sequence},
                    **{"found": each.found.isoformat(), "packets": list(each.packet_ids)},
                }
            )
            if not as_json:
                output.say(in_words(_words(each)))
        if not as_json:
            output.note(in_words(_ADVICE if forks else _NONE))
        finish(ExitStatus.OUTCOME if forks else ExitStatus.DONE)


def forks_noted(count: int) -> LocalizedText:
    """That there are some, for the foot of another list."""
    return LocalizedText(
        id=f"! {count} nomor rantai diklaim lebih dari satu paket: lihat `rekam central forks`.",
        en=f"! {count} numbers of chains are claimed by more than one packet: see `rekam central forks`.",
    )


def _words(fork: "ChainFork") -> LocalizedText:
    names = ", ".join(fork.packet_ids)
    where = f"{fork.found:%Y-%m-%d %H:%M:%S}  {fork.gateway_id}"
    other = len(fork.packet_ids) == 1
    return LocalizedText(
        id=f"{where}  nomor {fork.sequence} dari rantai {fork.chain_id}: {names}"
        + (", dan satu lagi yang belum ada di sini" if other else ""),
        en=f"{where}  number {fork.sequence} of chain {fork.chain_id}: {names}"
        + (", and another that is not here" if other else ""),
    )


_NONE = LocalizedText(id="Tidak ada rantai yang bercabang.", en="No chain has forked.")
_ADVICE = LocalizedText(
    id="Dua komputer memakai satu identitas (disalin, atau dipulihkan dari cadangan): hubungi kantornya, dan hentikan "
    "salah satunya. Semua paket disimpan dan dijawab.",
    en="Two machines go on with one identity (cloned, or put back from a backup): call the office, and have one of "
    "them stopped. All packets are held and answered.",
)

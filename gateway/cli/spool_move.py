"""`rekam spool export --all`, `import` and `reinstate`: a whole gateway goes to another machine; none is running."""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import options
from gateway.cli.exits import CommandFailure, ExitStatus, bad_file, bad_usage
from gateway.cli.output import Output, finish, in_words, reporting
from gateway.cli.spool_errors import told_plainly
from gateway.guidance import LocalizedText
from gateway.state_folder import default_state_folder

if TYPE_CHECKING:
    from gateway.bundle import MoveReport, RestoreReport

PASSPHRASE_VARIABLE = "REKAM_MOVE_PASSPHRASE"  # noqa: S105 - the name of a variable
GAP = 1_000_000
"""Numbers of the chain left out, at least, where another machine may have gone on: a desk records fewer in years."""
Config = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="The gateway's settings, for its folders.")
]
PassphraseFile = Annotated[
    Path | None,
    typer.Option("--passphrase-file", metavar="FILE", help=f"Of the copy; else {PASSPHRASE_VARIABLE}, else asked for."),
]


def export_all(
    medium: Path, config: Path | None, state: Path | None, passphrase_file: Path | None, output: Output
) -> None:
    """Copy a stopped gateway onto a medium, and retire it."""
    from gateway.bundle import export_gateway, new_passphrase

    folder, packets = _folders(config, state)
    if not folder.is_dir():
        raise bad_usage(f"{folder} is no gateway's state folder. Name it with --state.")
    with _alone(folder):
        gateway_id, tokens = _identity(folder)
        given = _given_passphrase(passphrase_file)
        passphrase = given or new_passphrase()
        if given is None and not output.as_json:
            output.say(passphrase)
            output.note(in_words(_WRITE_DOWN))
        report = export_gateway(folder, packets, medium, gateway_id, passphrase)
    output.document(
        {
            **{"event": "copied", "path": str(report.folder), "gateway_id": gateway_id, "files": len(report.copied)},
            **{"bytes": sum(each.size for each in report.copied), "keys_in_tokens": tokens},
            "passphrase": passphrase if given is None else None,
        }
    )
    if not output.as_json:
        _tell_copied(report, tokens, output)


def import_copy(
    source: Annotated[Path, typer.Argument(metavar="DIR", help="Of the copy or the mirror, or the medium it is on.")],
    config: Config = None,
    passphrase_file: PassphraseFile = None,
    as_json: options.Json = False,
    state: options.StateHere = None,
) -> None:
    """Put a gateway here that was copied with `export --all`, or restore one from its mirror. Nothing is written over.

    A gateway goes on in one place: a copy is used once, and the old machine of a mirror stops should it come back.
    Exit status 3 where a part of the mirror is damaged, and was left there.
    """
    with reporting(as_json=as_json) as output, told_plainly():
        folder, kind = _source(source)
        target, packets = _folders(config, state)
        try:
            target.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise bad_usage(f"{target} cannot be made: {error.strerror}. Name another folder with --state.") from error
        with _alone(target):
            if kind == "move":
                _import_move(folder, target, packets, passphrase_file, output)
            else:
                _restore(folder, target, packets, output)


def reinstate(
    confirmed: Annotated[
        bool,
        typer.Option("--copy-is-destroyed", help="The copy was never imported, and never will be: it is destroyed."),
    ] = False,
    config: Config = None,
    as_json: options.Json = False,
    state: options.StateHere = None,
) -> None:
    """Let a gateway go on here that was retired by `export --all`, as its copy was lost. Its chains begin anew."""
    with reporting(as_json=as_json) as output, told_plainly():
        from gateway.bundle import RETIRED_FILE, read_mark, remove_mark

        folder, packets = _folders(config, state)
        mark = read_mark(folder / RETIRED_FILE)
        if mark is None:
            raise bad_usage(f"The gateway in {folder} is not retired.")
        if mark.why == "restored":
            raise CommandFailure(ExitStatus.REFUSED, "GATEWAY_RETIRED", _RESTORED)
        if not confirmed:
            raise CommandFailure(ExitStatus.REFUSED, "GATEWAY_RETIRED", _CONFIRM)
        with _alone(folder):
            begin_new_chains(folder, packets)
            remove_mark(folder / RETIRED_FILE)
        output.document({"event": "reinstated", "state": str(folder)})
        if not output.as_json:
            output.say(in_words(_REINSTATED))


def begin_new_chains(state: Path, packets: Path) -> None:
    """See to it that no number that another machine may have used is used again.

    Captures go on after a gap of random size; packets begin another chain. The gateway tells of both at its start.
    """
    from gateway.enrolment.packet_chain import HEAD_FILE
    from gateway.spool import leave_gap

    leave_gap(state, GAP * (1 + secrets.randbelow(1000)))
    head = packets / HEAD_FILE
    if head.exists():
        head.replace(head.with_name(f"{HEAD_FILE}.set-aside"))


def _import_move(folder: Path, target: Path, packets: Path, passphrase_file: Path | None, output: Output) -> None:
    from gateway.bundle import import_gateway

    passphrase = _given_passphrase(passphrase_file)
    if passphrase is None:
        passphrase = str(typer.prompt(in_words(_ASK), hide_input=False, err=True))
    report = import_gateway(folder, target, packets, passphrase)
    _, tokens = _identity(target)
    output.document({"event": "imported", "state": str(target), "files": len(report.copied), "keys_in_tokens": tokens})
    if not output.as_json:
        words = LocalizedText(
            id=f"Gateway {report.header.gateway_id} ada di {target}. Jalankan: rekam serve --state {target}",
            en=f"Gateway {report.header.gateway_id} is in {target}. Start it: rekam serve --state {target}",
        )
        output.say(in_words(words))
        _tell_tokens(tokens, output)


def _restore(folder: Path, target: Path, packets: Path, output: Output) -> None:
    from gateway.bundle import restore_mirror

    report = restore_mirror(folder, target, packets, _chains_of(packets))
    output.document(
        {
            **{"event": "restored", "state": str(target), "packets": len(report.packets), "keys": report.keys},
            **{"databases": list(report.databases), "put_aside": list(report.put_aside)},
            "damaged": list(report.damaged),
        }
    )
    if not output.as_json:
        _tell_restored(report, target, output)
    finish(ExitStatus.OUTCOME if report.damaged else ExitStatus.DONE)


def _chains_of(packets: Path) -> Callable[[Path], None]:
    return lambda state: begin_new_chains(state, packets)


def _source(source: Path) -> tuple[Path, str]:
    """The folder of a copy or a mirror, on a medium or named itself."""
    found = [
        (folder, kind)
        for folder in (source, *sorted(source.glob("rekam-move-*")), *sorted(source.glob("rekam-mirror-*")))
        for kind in ("move", "mirror")
        if (folder / f"{kind}.json").is_file()
    ]
    if not found:
        raise bad_file(f"{source} holds no finished copy of a gateway and no mirror.")
    if len(found) > 1:
        raise bad_usage(f"Several are there; name one: {', '.join(str(folder) for folder, _ in found)}")
    return found[0]


def _folders(config: Path | None, state: Path | None) -> tuple[Path, Path]:
    """The state folder and that of sealed packets."""
    from gateway.config import ConfigError, read_config

    try:
        settings = read_config(config)
    except ConfigError as error:
        raise CommandFailure(ExitStatus.USAGE, "BAD_CONFIG", f"{error}.") from error
    folder = state or settings.state or default_state_folder()
    return folder, settings.enrolment.packets or folder / "packets"


def _identity(state: Path) -> tuple[str, list[str]]:
    """Whose gateway it is, and the labels of tokens that hold keys of it."""
    from gateway.trust.certificate import gateway_of
    from gateway.trust.key_index import INDEX_FILE, InToken, KeyState, read_index

    records = read_index(state / "keys" / INDEX_FILE)
    if records is None:
        raise bad_usage(f"{state} is no gateway's state folder: it has no keys. Name it with --state.")
    active = next(each for each in records if each.state is KeyState.ACTIVE)
    tokens = {each.location.label for each in records if isinstance(each.location, InToken)}
    return gateway_of(active.public.chain[0]), sorted(tokens)


@contextmanager
def _alone(state: Path) -> Iterator[None]:
    """Hold the state folder's lock: the gateway is stopped, and cannot start meanwhile."""
    from gateway.spool.lock import StateLock

    lock = StateLock(state)
    try:
        yield
    finally:
        lock.release()


def _given_passphrase(path: Path | None) -> str | None:
    if path is not None:
        try:
            text = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise bad_file(f"{path} cannot be read: {error}.") from error
        if len(text) < 12:
            raise bad_file(f"The passphrase in {path} has fewer than 12 characters.")
        return text
    return os.environ.get(PASSPHRASE_VARIABLE) or None


def _tell_copied(report: "MoveReport", tokens: list[str], output: Output) -> None:
    size = sum(each.size for each in report.copied)
    words = LocalizedText(
        id=f"{len(report.copied)} berkas ({size:,} byte) disalin ke {report.folder} dan dibaca ulang. Gateway ini "
        "tidak akan mulai lagi di sini. Di komputer baru: rekam spool import DIR. Bawa juga berkas konfigurasi, dan "
        "kata sandi kunci gateway bila ada.",
        en=f"{len(report.copied)} files ({size:,} bytes) copied to {report.folder} and read back. The gateway will not "
        "start here again. At the new machine: rekam spool import DIR. Bring the configuration file, and the "
        "passphrase of the gateway's keys if it has one.",
    )
    output.say(in_words(words))
    _tell_tokens(tokens, output)


def _tell_tokens(tokens: list[str], output: Output) -> None:
    if tokens:
        names = ", ".join(tokens)
        words = LocalizedText(
            id=f"Kunci di dalam token tetap di dalam token: bawa token {names} ke komputer baru.",
            en=f"Keys in a token stay in the token: bring the token {names} to the new machine.",
        )
        output.note(in_words(words))


def _tell_restored(report: "RestoreReport", target: Path, output: Output) -> None:
    words = LocalizedText(
        id=f"{len(report.packets)} paket tersegel dipulihkan ke {target}. Nomor urut dimulai baru; beri tahu pusat.",
        en=f"{len(report.packets)} sealed packets restored to {target}. Their numbers begin anew; tell the centre.",
    )
    output.say(in_words(words))
    if not report.keys:
        output.note(in_words(_NO_KEYS))
    for name in report.damaged:
        said = LocalizedText(id=f"Rusak di cermin: {name}", en=f"Damaged on the mirror: {name}")
        output.note(in_words(said))
    for name in report.put_aside:
        said = LocalizedText(id=f"Disisihkan sebagai bukti: {name}", en=f"Put aside as evidence: {name}")
        output.note(in_words(said))


_WRITE_DOWN = LocalizedText(
    id="Catat kata sandi ini di kertas dan bawa terpisah dari media; tanpa itu salinan tidak dapat dibuka.",
    en="Write this passphrase down and carry it apart from the medium; nothing else opens the copy.",
)
_ASK = LocalizedText(id="Kata sandi salinan", en="Passphrase of the copy")
_CONFIRM = LocalizedText(
    id="Jika salinannya juga diimpor, ada dua gateway dengan satu identitas. Musnahkan salinannya, lalu ulangi dengan "
    "--copy-is-destroyed.",
    en="If the copy is imported as well, there are two gateways with one identity. Destroy the copy, then run this "
    "again with --copy-is-destroyed.",
)
_RESTORED = LocalizedText(
    id="Gateway ini sudah dipulihkan di komputer lain dari cerminnya, dan berjalan di sana.",
    en="This gateway was restored on another machine from its mirror, and goes on there.",
)
_REINSTATED = LocalizedText(
    id="Gateway ini boleh dijalankan lagi. Nomor urut dimulai baru; beri tahu pusat.",
    en="The gateway may be started again. Its numbers begin anew; tell the centre.",
)
_NO_KEYS = LocalizedText(
    id="Kunci gateway tidak ada di cermin: kunci baru dibuat saat mulai. Berikan bundel kepercayaannya kepada pusat "
    "(rekam keys export --pem); paket lama tetap sah dengan bundel lama.",
    en="The gateway's keys were not on the mirror: a new one is made at the start. Give its trust bundle to the centre "
    "(rekam keys export --pem) beside the old one, by which the old packets are believed.",
)

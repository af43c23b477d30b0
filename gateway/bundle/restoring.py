"""Restores a gateway from its mirror, as far as that goes, under new chains: the old machine may have gone further."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gateway.bundle.arriving import refuse_existing
from gateway.bundle.errors import AlreadyImported, medium_errors
from gateway.bundle.medium import file_digest, file_pieces, place_file
from gateway.bundle.mirror_index import KEYS, PACKETS, RESTORED_FILE, STATE, MirrorIndex, read_index
from gateway.bundle.out_of_service import IMPORTING_FILE, MOVED_FILE, Mark, read_mark, remove_mark, write_mark
from gateway.bundle.sealed_stream import damaged
from gateway.packet import SUFFIX, verify_packet

_UNDER_KEY = {
    "spool.sqlite3": "spool.key",
    "enrolments.sqlite3": "enrolments.key",
    "duplicates.sqlite3": "duplicates.key",
    "card-holders.sqlite3": "card-holders.key",
}
"""Databases that nobody can use without their key."""
_BEGUN_ANEW = ("audit.sqlite3",)
"""Its chain cannot be gone on with: the old machine may have written further."""


@dataclass(frozen=True)
class RestoreReport:
    """What came back."""

    index: MirrorIndex
    packets: tuple[str, ...]
    damaged: tuple[str, ...]
    """Packets and databases on the mirror that are not whole; left there."""
    databases: tuple[str, ...]
    put_aside: tuple[str, ...]
    """Names of databases that are kept for evidence, and not gone on with."""
    keys: bool
    """The keys came back; without them the gateway needs a new one, and the centre its trust bundle."""


def restore_mirror(
    folder: Path, state: Path, packets: Path | None, begin_new_chains: Callable[[Path], None]
) -> RestoreReport:
    """Put what a mirror holds into a new, empty state folder; begun again after an interruption, it goes on.

    Parameters
    ----------
    folder : Path
        Of the mirror; it is marked, so that the old machine stops should it come back.
    state : Path
        Its lock is held by the caller.
    packets : Path, optional
        Where sealed packets go, where that is not in `state`.
    begin_new_chains : callable
        Given the state folder before the gateway may start: no number that the old machine may have used is used again.

    Raises
    ------
    StateNotEmpty, AlreadyImported, CopyDamaged
    MediumGone, MediumFull, MediumUnwritable
    """
    index = read_index(folder)
    if index is None:
        raise damaged(f"there is no readable mirror.json in {folder}")
    mark = _begun(folder, state, index)
    with medium_errors(state):
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_mark(state / IMPORTING_FILE, mark)
    bad: list[str] = []
    target = packets or state / PACKETS
    with medium_errors(state):
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        (state / KEYS).mkdir(mode=0o700, exist_ok=True)
        came = _packets(folder, target, bad)
        key_names = _copied(_files(folder / KEYS, "[!.]*"), state / KEYS)
        for path in (state / KEYS).iterdir():
            path.chmod(0o600)
    databases, aside = _databases(folder, state, index, key_names, bad)
    begin_new_chains(state)
    write_mark(folder / RESTORED_FILE, mark)
    write_mark(state / MOVED_FILE, mark)
    remove_mark(state / IMPORTING_FILE)
    return RestoreReport(index, tuple(came), tuple(bad), tuple(databases), tuple(aside), "keys.json" in key_names)


def _begun(folder: Path, state: Path, index: MirrorIndex) -> Mark:
    used, under_way = read_mark(folder / RESTORED_FILE), read_mark(state / IMPORTING_FILE)
    if under_way is not None and under_way.move_id == index.mirror_id:
        if used is None or used.import_id == under_way.import_id:
            return under_way
    elif used is None:
        refuse_existing(state)
        return Mark(index.mirror_id, secrets.token_hex(8), f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", "restored")
    assert used is not None
    raise AlreadyImported(
        f"Gateway ini sudah dipulihkan dari cermin ini ({used.at}) dan tidak boleh berjalan di dua tempat.",
        f"The gateway was restored from this mirror already ({used.at}), and must not go on in two places.",
    )


def _packets(folder: Path, target: Path, bad: list[str]) -> list[str]:
    came = []
    for path in _files(folder / PACKETS, f"[!.]*{SUFFIX}"):
        report = verify_packet(path)
        if report.ok and report.header is not None and report.header.packet_id == path.name.removesuffix(SUFFIX):
            _copied([path], target)
            came.append(report.header.packet_id)
        else:
            bad.append(path.name)
    return came


def _databases(
    folder: Path, state: Path, index: MirrorIndex, key_names: list[str], bad: list[str]
) -> tuple[list[str], list[str]]:
    came: list[str] = []
    aside: list[str] = []
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    for each in index.databases:
        path = folder / STATE / each.name
        with medium_errors(folder):
            if not path.is_file() or file_digest(path) != (each.sha256, each.size):
                bad.append(each.name)
                continue
        usable = each.name not in _BEGUN_ANEW and _UNDER_KEY.get(each.name, "") in ("", *key_names)
        stem, dot, ending = each.name.rpartition(".")
        name = each.name if usable else f"{stem}.restored-{stamp}{dot}{ending}"
        place_file(state, name, lambda path=path: file_pieces(path), each.size)  # type: ignore[misc]
        with medium_errors(state):
            (state / name).chmod(0o600)
        (came if usable else aside).append(name)
    return came, aside


def _files(folder: Path, pattern: str) -> list[Path]:
    return sorted(path for path in folder.glob(pattern) if path.is_file())


def _copied(paths: list[Path], target: Path) -> list[str]:
    for path in paths:
        place_file(target, path.name, lambda path=path: file_pieces(path), path.stat().st_size)  # type: ignore[misc]
    return [path.name for path in paths]

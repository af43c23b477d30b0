"""Puts a gateway that was copied into a new state folder: whole, once, and nothing is written over."""

import hashlib
import json
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from gateway.bundle.errors import (
    AlreadyImported,
    CopyDamaged,
    PassphraseWrong,
    StateNotEmpty,
    from_os,
    medium_errors,
)
from gateway.bundle.moved_copy import (
    PACKETS,
    STATE,
    USED_FILE,
    ByteStream,
    CopiedFile,
    MoveHeader,
    MoveReport,
    now_text,
    read_header,
)
from gateway.bundle.out_of_service import IMPORTING_FILE, MOVED_FILE, Mark, read_mark, remove_mark, write_mark
from gateway.bundle.sealed_stream import CHUNK_BYTES, StreamKey, damaged, stream_key
from gateway.durable_file import flush_folder


def import_gateway(
    folder: Path,
    state: Path,
    packets: Path | None,
    passphrase: str,
    told: Callable[[int, int], None] = lambda done, total: None,
) -> MoveReport:
    """Put a copied gateway into a new, empty state folder.

    Begun again after an interruption, with the same copy, it goes on.

    Parameters
    ----------
    folder : Path
        Of the copy; it is marked as used, so that the gateway does not go on twice.
    state : Path
        Its lock is held by the caller.
    packets : Path, optional
        Where sealed packets go, where that is not in `state`.
    passphrase : str

    Raises
    ------
    StateNotEmpty
        There is a gateway already; nothing is written over.
    AlreadyImported
        The copy was used.
    PassphraseWrong, CopyDamaged
    MediumGone, MediumFull, MediumUnwritable
    """
    header = read_header(folder)
    _check_writable(folder)
    mark = _begun(folder, state, header)
    key = stream_key(passphrase, header.salt, header.move_id.encode(), header.log2_cost)
    copied = _inventory(folder, key)
    write_mark(state / IMPORTING_FILE, mark)
    content = _content(folder, header, key)
    total, done = sum(each.size for each in copied), 0
    for each in copied:
        target = _target(each, state, packets)
        with medium_errors(state):
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _put(target, each, content)
        done += each.size
        told(done, total)
    if not content.ended:
        raise damaged("more is in it than its inventory says")
    with medium_errors(state):
        for parent in {_target(each, state, packets).parent for each in copied} | {state}:
            flush_folder(parent)
    # First the copy is used up, then the gateway may start: the other way round it might go on twice.
    write_mark(folder / USED_FILE, mark)
    write_mark(state / MOVED_FILE, mark)
    remove_mark(state / IMPORTING_FILE)
    return MoveReport(folder, header, copied)


def refuse_existing(state: Path) -> None:
    """Refuse a state folder in which there is anything.

    Raises
    ------
    StateNotEmpty
    """
    with medium_errors(state):
        there = [path.name for path in state.iterdir() if path.name != "lock"] if state.exists() else []
    if there:
        raise StateNotEmpty(
            f"{state} sudah berisi {there[0]}; tidak ada yang ditimpa. Sebutkan folder kosong dengan --state.",
            f"{state} holds {there[0]} already, and nothing is written over. Name an empty folder with --state.",
        )


def _check_writable(folder: Path) -> None:
    """The copy is marked as used at the end: better to know now that it cannot be."""
    probe = folder / "rekam-probe.tmp"
    with medium_errors(folder):
        probe.write_bytes(b"\0")
        probe.unlink()


def _begun(folder: Path, state: Path, header: MoveHeader) -> Mark:
    """The mark of this import: that of one which was interrupted here, else a new one."""
    used = read_mark(folder / USED_FILE)
    under_way = read_mark(state / IMPORTING_FILE)
    if under_way is not None and under_way.move_id == header.move_id:
        if used is not None and used.import_id != under_way.import_id:
            raise _used(used)
        return under_way
    if used is not None:
        raise _used(used)
    refuse_existing(state)
    with medium_errors(state):
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Mark(header.move_id, secrets.token_hex(8), now_text(), "moved")


def _inventory(folder: Path, key: StreamKey) -> tuple[CopiedFile, ...]:
    try:
        with (folder / f"{0:06}.rkm").open("rb") as file:
            data = b"".join(key.decrypted(0, file))
    except OSError as error:
        raise from_os(error, folder) from error
    except CopyDamaged as error:
        raise PassphraseWrong(
            "Kata sandi tidak membuka salinan ini (atau salinannya rusak). Ketik persis seperti yang dicatat.",
            "The passphrase does not open this copy (or it is damaged). Type it just as it was written down.",
        ) from error
    copied = tuple(CopiedFile(**each) for each in json.loads(data))  # authenticated: it is what we wrote
    for each in copied:
        place = PurePosixPath(each.place)
        if place.is_absolute() or ".." in place.parts or place.parts[0] not in (STATE, PACKETS) or len(place.parts) < 2:
            raise damaged("its inventory names places outside of the gateway")
    return copied


def _content(folder: Path, header: MoveHeader, key: StreamKey) -> ByteStream:
    def pieces() -> Iterator[bytes]:
        for number in range(1, header.files):
            try:
                with (folder / f"{number:06}.rkm").open("rb") as file:
                    yield from key.decrypted(number, file)
            except FileNotFoundError as error:
                raise damaged(f"file {number:06} is missing") from error
            except OSError as error:
                raise from_os(error, folder) from error

    return ByteStream(pieces())


def _put(target: Path, each: CopiedFile, content: ByteStream) -> None:
    digest, left = hashlib.sha256(), each.size
    target.unlink(missing_ok=True)  # of an import that was interrupted; a gateway is not here (see `_begun`)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, each.mode & 0o700)
    with os.fdopen(descriptor, "wb") as file:
        while left:
            piece = content.read(min(left, CHUNK_BYTES))
            if not piece:
                raise damaged(f"it ends within {each.place}")
            file.write(piece)
            digest.update(piece)
            left -= len(piece)
        file.flush()
        os.fsync(file.fileno())
    if digest.hexdigest() != each.sha256:
        raise damaged(f"{each.place} is not what it was")


def _target(each: CopiedFile, state: Path, packets: Path | None) -> Path:
    root, *inside = PurePosixPath(each.place).parts
    return ((packets or state / PACKETS) if root == PACKETS else state).joinpath(*inside)


def _used(mark: Mark) -> AlreadyImported:
    return AlreadyImported(
        f"Salinan ini sudah diimpor ({mark.at}): satu gateway tidak boleh berjalan di dua tempat. Pakai komputer itu, "
        "atau pindahkan dari sana.",
        f"This copy was imported already ({mark.at}): one gateway must not go on in two places. Use that machine, or "
        "move the gateway from there.",
    )

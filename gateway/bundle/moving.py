"""Moves a whole gateway to another machine: a copy under a passphrase, made while it stands still.

The order keeps a gateway from going on in two places, whenever the power fails: the copy is whole and read back; the
old one is retired; only then the copy gets the file without which nobody imports it. The other end puts everything into
the new folder, marks the copy as used, and only then lets the gateway start.
"""

import hashlib
import json
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from gateway.bundle.errors import BundleError, ReadBackWrong, StateNotEmpty, from_os, medium_errors
from gateway.bundle.medium import file_digest, place_file
from gateway.bundle.moved_copy import (
    MOVE_FILE,
    PACKETS,
    STATE,
    ByteStream,
    CopiedFile,
    MoveHeader,
    MoveReport,
    copy_folder,
    header_bytes,
    now_text,
)
from gateway.bundle.out_of_service import (
    IMPORTING_FILE,
    RETIRED_FILE,
    Mark,
    read_mark,
    refuse_out_of_service,
    write_mark,
)
from gateway.bundle.sealed_stream import CHUNK_BYTES, LOG2_COST, StreamKey, new_salt, stream_key
from gateway.durable_file import flush_folder

FILE_BYTES = 1 << 30
"""Content of each file of the copy: far below what FAT holds."""
_LEFT_BEHIND = frozenset({"lock", "addresses.json", "rekam.sock", RETIRED_FILE, IMPORTING_FILE})
"""Of the process that ran here, or marks."""


def export_gateway(
    state: Path,
    packets: Path,
    medium: Path,
    gateway_id: str,
    passphrase: str,
    told: Callable[[int, int], None] = lambda done, total: None,
) -> MoveReport:
    """Copy a gateway that stands still, and retire it.

    Parameters
    ----------
    state : Path
        Its lock is held by the caller throughout.
    packets : Path
        Folder of sealed packets, in `state` or elsewhere.
    medium : Path
    gateway_id : str
    passphrase : str
        Closes the copy.
    told : callable
        Bytes that are copied, and all.

    Raises
    ------
    MediumGone, MediumFull, MediumUnwritable, ReadBackWrong
        The gateway is not retired, unless it was before: it can go on.
    StateNotEmpty
        Another copy lies there already.
    GatewayRetired
        It goes on elsewhere, restored from its mirror.
    BundleError
        A file of the gateway cannot be read.
    """
    before = read_mark(state / RETIRED_FILE)
    if before is not None and before.why == "restored":
        refuse_out_of_service(state)
    folder = copy_folder(medium, gateway_id)
    with medium_errors(medium):
        folder.mkdir(exist_ok=True)
        if (folder / MOVE_FILE).exists():
            raise _copy_there(folder)
        for left in folder.iterdir():
            left.unlink()  # of a run that was interrupted: without its header nobody could read it
    move_id = before.move_id if before is not None and before.move_id else secrets.token_hex(8)
    salt, made = new_salt(), now_text()
    key = stream_key(passphrase, salt, move_id.encode())
    sources = _sources(state, packets)
    total = sum(path.stat().st_size for _, path in sources)
    copied: list[CopiedFile] = []
    content = ByteStream(_stream(sources, copied, lambda done: told(done, total)))
    number, size = 0, 0
    while not content.ended:
        number += 1
        size += _place(folder, number, key, _run(content))
    inventory = json.dumps([vars(each) for each in copied], ensure_ascii=False).encode("utf-8")
    size += _place(folder, 0, key, [inventory])
    header = MoveHeader(gateway_id, move_id, made, salt, LOG2_COST, number + 1, size)
    write_mark(state / RETIRED_FILE, Mark(move_id, "", made, "moved"))
    content_bytes = header_bytes(header)
    place_file(folder, MOVE_FILE, lambda: (content_bytes,), len(content_bytes))
    return MoveReport(folder, header, tuple(copied))


def _sources(state: Path, packets: Path) -> list[tuple[str, Path]]:
    """All files of the gateway with their places, in a fixed order."""
    roots = [(STATE, state)]
    if not packets.resolve().is_relative_to(state.resolve()) and packets.exists():
        roots.append((PACKETS, packets))
    found = []
    with medium_errors(state):
        for name, root in roots:
            for path in sorted(root.rglob("*")):
                inside = path.relative_to(root)
                passed_over = len(inside.parts) == 1 and inside.name in _LEFT_BEHIND
                if path.is_symlink() or not path.is_file() or passed_over or path.name.endswith("-shm"):
                    continue
                found.append((f"{name}/{inside.as_posix()}", path))
    return found


def _stream(sources: list[tuple[str, Path]], copied: list[CopiedFile], told: Callable[[int], None]) -> Iterator[bytes]:
    done = 0
    for place, path in sources:
        digest, size = hashlib.sha256(), 0
        try:
            with path.open("rb") as file:
                mode = os.fstat(file.fileno()).st_mode & 0o777
                while piece := file.read(CHUNK_BYTES):
                    digest.update(piece)
                    size += len(piece)
                    yield piece
        except OSError as error:
            raise from_os(error, path.parent) from error
        copied.append(CopiedFile(place, mode, size, digest.hexdigest()))
        done += size
        told(done)


def _run(content: ByteStream) -> Iterator[bytes]:
    """What goes into one file of the copy."""
    left = FILE_BYTES
    while left and (piece := content.read(min(left, CHUNK_BYTES))):
        yield piece
        left -= len(piece)


def _place(folder: Path, number: int, key: StreamKey, content: Iterable[bytes]) -> int:
    """Encrypt into a file of the copy, read back; its size."""
    name = f"{number:06}.rkm"
    path = folder / name
    with medium_errors(folder):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        digest, size = hashlib.sha256(), 0
        with os.fdopen(descriptor, "r+b") as file:
            for chunk in key.encrypted(number, content):
                file.write(chunk)
                digest.update(chunk)
                size += len(chunk)
            file.flush()
            os.fsync(file.fileno())
        flush_folder(folder)
    _check_read_back(path, digest.hexdigest(), size)
    return size


def _check_read_back(path: Path, sha256: str, size: int) -> None:
    with medium_errors(path.parent):
        if file_digest(path) != (sha256, size):
            raise ReadBackWrong(
                f"Media di {path.parent} mengembalikan isi yang berbeda dari yang ditulis: rusak. Pakai media lain.",
                f"The medium at {path.parent} gives back other bytes than were written: it is defective. Take another.",
            )


def _copy_there(folder: Path) -> BundleError:
    return StateNotEmpty(
        f"Di {folder} sudah ada salinan gateway ini; tidak ada yang ditimpa. Hapus folder itu jika memang tidak "
        "dipakai, atau pakai media lain.",
        f"There is a copy of this gateway in {folder} already, and nothing is written over. Remove that folder if it "
        "is not needed, or take another medium.",
    )

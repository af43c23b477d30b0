"""Files on a medium that may be pulled out at any instant: whole under their name and read back, or not there."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from gateway.bundle.errors import MediumFull, ReadBackWrong, medium_errors
from gateway.bundle.volume import PART_SUFFIX, PIECE_BYTES
from gateway.durable_file import flush_folder

FAT_FILE_BYTES = (4 << 30) - 1
"""FAT32 holds the size of a file in 32 bits (Microsoft, FAT: General Overview of On-Disk Format, 1.03)."""
KEEP_FREE_BYTES = 1 << 20
"""For directory entries, and for the centre's answers on the way back."""
_FAT_KINDS = frozenset({"vfat", "msdos", "fat"})


@dataclass(frozen=True)
class MediumRoom:
    """What fits on a medium."""

    free_bytes: int
    """That an ordinary user may fill, less what is kept free."""
    largest_file_bytes: int


@dataclass(frozen=True)
class Placed:
    """A file that stands whole on the medium, read back."""

    path: Path
    size: int
    sha256: str
    kept_bytes: int = 0
    """Of an earlier, interrupted run, which were there already."""


def look_at_medium(folder: Path) -> MediumRoom:
    """How much fits.

    Raises
    ------
    MediumGone, MediumUnwritable
    """
    with medium_errors(folder):
        status = os.statvfs(folder)
        kind = _file_system_of(folder)
    free = max(0, status.f_bavail * status.f_frsize - KEEP_FREE_BYTES)
    return MediumRoom(free, FAT_FILE_BYTES if kind in _FAT_KINDS else 1 << 62)


def place_file(folder: Path, name: str, pieces: Callable[[], Iterable[bytes]], size: int) -> Placed:
    """Put a file on a medium: on return it is whole under its name, flushed, and was read back.

    It is written as `NAME.part`. What an interrupted run left of that is kept as far as it is the same, byte for byte,
    and gone on from. A file of that name which is the same one already is left as it is; another one is replaced.

    Parameters
    ----------
    folder : Path
    name : str
    pieces : callable
        Gives its content from the start, the same whenever it is called; what that raises leaves the part as far as
        it came.
    size : int
        Bytes that the pieces come to; ValueError otherwise.

    Raises
    ------
    MediumGone, MediumFull, MediumUnwritable
        The file is not under its name.
    ReadBackWrong
        The same, and the part was removed.
    """
    path, part = folder / name, folder / f"{name}{PART_SUFFIX}"
    with medium_errors(folder):
        if path.exists() and (found := file_digest(path))[1] == size and found[0] == _digest_of(pieces()):
            part.unlink(missing_ok=True)
            return Placed(path, size, found[0], size)
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        with os.fdopen(descriptor, "r+b") as file:
            _check_room(folder, size - os.fstat(file.fileno()).st_size)
            kept, digest = _written(file, pieces(), size)
            file.flush()
            os.fsync(file.fileno())
            sha256 = _read_back(file, size)
        if sha256 != digest:
            part.unlink(missing_ok=True)
            raise ReadBackWrong(
                f"Media di {folder} mengembalikan isi yang berbeda dari yang ditulis: media rusak. Pakai media lain.",
                f"The medium at {folder} gives back other bytes than were written: it is defective. Take another one; "
                "nothing is lost.",
            )
        part.replace(path)
        flush_folder(folder)
    return Placed(path, size, sha256, kept)


def file_digest(path: Path) -> tuple[str, int]:
    """SHA-256 of a file and its size, as the medium gives it now, not the memory.

    Raises
    ------
    OSError
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        return _read_back(file, size), size


def file_pieces(path: Path) -> Iterator[bytes]:
    """A file's content, a mebibyte at a time."""
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield piece


def _digest_of(pieces: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


def _written(file: BinaryIO, pieces: Iterable[bytes], size: int) -> tuple[int, str]:
    """Make the file hold the pieces; how many bytes of its start it held already, and the digest of all."""
    digest, place, same = hashlib.sha256(), 0, True
    kept = 0
    for piece in _cut(pieces):
        digest.update(piece)
        if same:
            same = os.pread(file.fileno(), len(piece), place) == piece
            kept += len(piece) if same else 0
        if not same:
            _write_all(file.fileno(), piece, place)
        place += len(piece)
    if place != size:
        raise ValueError(f"{place} bytes came, not the {size} that were announced")
    if os.fstat(file.fileno()).st_size != size:
        os.ftruncate(file.fileno(), size)
    return kept, digest.hexdigest()


def _cut(pieces: Iterable[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        for begin in range(0, len(piece), PIECE_BYTES):
            yield piece[begin : begin + PIECE_BYTES]


def _write_all(descriptor: int, data: bytes, place: int) -> None:
    view = memoryview(data)
    while view:
        count = os.pwrite(descriptor, view, place)
        view, place = view[count:], place + count


def _read_back(file: BinaryIO, size: int) -> str:
    # The kernel's copy of what was just written would answer for any medium. What is flushed can be dropped; where a
    # file system keeps it all the same (tmpfs), this reads that, which is then all there is.
    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    digest, place = hashlib.sha256(), 0
    while place < size and (piece := os.pread(file.fileno(), PIECE_BYTES, place)):
        digest.update(piece)
        place += len(piece)
    return digest.hexdigest()


def _check_room(folder: Path, needed: int) -> None:
    status = os.statvfs(folder)
    free = status.f_bavail * status.f_frsize
    if needed > free:
        raise MediumFull(
            f"{folder} kekurangan {needed - free:,} byte. Kosongkan sebagian, atau pakai media lain.",
            f"{folder} lacks {needed - free:,} bytes. Make room, or take another medium.",
        )


def _file_system_of(folder: Path) -> str:
    """Kind of the file system by /proc/self/mountinfo (proc(5)); empty where that cannot be told."""
    device = folder.stat().st_dev
    wanted = f"{os.major(device)}:{os.minor(device)}"
    try:
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    for line in lines:
        before, _, after = line.partition(" - ")
        if before.split()[2] == wanted and after:
            return after.split()[0]
    return ""

"""Packets on their way: hidden files that grow, and the names that they get once they are whole.

A part's name says gateway, packet and digest, so that two files of one packet id never mix. What is told to be kept is
flushed before it is told; after a kill or a power cut the file goes on at its end, and the digest of the whole says
whether that end was right.
"""

import errno
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gateway.central.errors import StateUnusable, StoreFull
from gateway.centre import PacketNotice
from gateway.durable_file import flush_folder
from gateway.guidance import LocalizedText
from gateway.packet import SUFFIX

PART_SUFFIX = ".part"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True)
class PacketFolders:
    """The two folders of packets, on one disk.

    Parameters
    ----------
    parts, packets : Path
        Of those on their way and of those that are held.
    """

    parts: Path
    packets: Path

    def part_path(self, gateway_id: str, notice: PacketNotice) -> Path:
        """Where a packet grows."""
        return self.parts / gateway_id / f".{notice.packet_id}.{notice.sha256}{PART_SUFFIX}"

    def packet_path(self, gateway_id: str, packet_id: str) -> Path:
        """Where a packet lies that is held."""
        return self.packets / gateway_id / f"{packet_id}{SUFFIX}"

    def part_size(self, gateway_id: str, notice: PacketNotice) -> int:
        """Bytes that are there of a packet on its way.

        A file under its own name that no row speaks of (a kill in between, or a store that was put back) counts as
        one on its way.

        Raises
        ------
        StateUnusable
        """
        try:
            return _size(self.part_path(gateway_id, notice)) or self._orphan_size(gateway_id, notice)
        except OSError as error:
            raise fault(self.parts, error) from error

    def _orphan_size(self, gateway_id: str, notice: PacketNotice) -> int:
        size = _size(self.packet_path(gateway_id, notice.packet_id))
        return size if size == notice.size else 0

    def publish(self, gateway_id: str, notice: PacketNotice) -> Path:
        """Give a whole part its name; its folder, which the caller flushes before it tells anybody.

        Raises
        ------
        OSError
        """
        target = self.packet_path(gateway_id, notice.packet_id)
        if not target.parent.exists():
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            flush_folder(target.parent.parent)
        self.part_path(gateway_id, notice).replace(target)
        return target.parent

    def clear_stale(self, older_than_s: float) -> list[Path]:
        """Remove parts that nothing was added to for that long; those that were removed."""
        removed = []
        for path in self._all_parts():
            try:
                if time.time() - path.stat().st_mtime > older_than_s:
                    path.unlink()
                    removed.append(path)
            except FileNotFoundError:
                continue
        return removed

    def _all_parts(self) -> Iterator[Path]:
        return self.parts.glob(f"*/.*{PART_SUFFIX}")


class PartFile:
    """A packet that grows; used by one thread at a time.

    Parameters
    ----------
    folders : PacketFolders
    gateway_id : str
    notice : PacketNotice

    Raises
    ------
    StoreFull, StateUnusable
    """

    def __init__(self, folders: PacketFolders, gateway_id: str, notice: PacketNotice) -> None:
        self.path = folders.part_path(gateway_id, notice)
        try:
            if not self.path.parent.exists():
                self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                flush_folder(self.path.parent.parent)
            orphan = folders.packet_path(gateway_id, notice.packet_id)
            if not _size(self.path) and _size(orphan) == notice.size:
                orphan.replace(self.path)
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            self.size = os.fstat(self._file).st_size
            if self.size > notice.size:
                os.ftruncate(self._file, 0)
                self.size = 0
        except OSError as error:
            raise fault(self.path.parent, error) from error
        self.is_whole_here = self.size == 0
        """All bytes were written through this object: what is wrong with them was wrong when they came."""
        self._name_is_durable = False

    def append(self, data: bytes, *, last: bool) -> int:
        """Add bytes and flush them; the size.

        Parameters
        ----------
        data : bytes
        last : bool
            The file gets another name at once; its present one need not last.

        Raises
        ------
        StoreFull, StateUnusable
            The file has the bytes that it had before.
        """
        view = memoryview(data)
        try:
            at = self.size
            while view:
                written = os.pwrite(self._file, view, at)
                at, view = at + written, view[written:]
            os.fdatasync(self._file)
        except OSError as error:
            self._shorten()
            raise fault(self.path.parent, error) from error
        self.size = at
        if not last:
            self.make_name_durable()
        return at

    def make_name_durable(self) -> None:
        """Let the file be found after a power cut.

        Raises
        ------
        StoreFull, StateUnusable
        """
        if not self._name_is_durable:
            try:
                flush_folder(self.path.parent)
            except OSError as error:
                raise fault(self.path.parent, error) from error
            self._name_is_durable = True

    def discard(self) -> None:
        """Begin again from nothing."""
        os.ftruncate(self._file, 0)
        self.path.unlink(missing_ok=True)
        self.size = 0

    def close(self) -> None:
        """Let go of the file, which stays."""
        if self.size == 0 and not os.fstat(self._file).st_size:
            self.path.unlink(missing_ok=True)  # nothing came; the next one makes it anew
        os.close(self._file)

    def _shorten(self) -> None:
        try:
            os.ftruncate(self._file, self.size)
        except OSError:
            self.is_whole_here = False  # what follows is looked at with doubt


def fault(path: Path, error: OSError) -> StoreFull | StateUnusable:
    """What the disk refused."""
    if error.errno in _FULL:
        return StoreFull(
            LocalizedText(
                id=f"Disk pusat penuh ({path}). Kosongkan ruang; kantor menunggu dan mengirim lagi.",
                en=f"The centre's disk is full ({path}). Free space there; offices wait and send again.",
            )
        )
    return StateUnusable(
        LocalizedText(
            id=f"{path} tidak dapat ditulis: {error.strerror}. Periksa folder, pemilik, dan disknya.",
            en=f"{path} cannot be written: {error.strerror}. Check the folder, its owner and the disk.",
        )
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0

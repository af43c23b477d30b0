"""The layout of a volume: prefix, signed list of contents, packets one after another; written and read with bounds."""

import hashlib
import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from gateway.bundle.contents import VolumeContents, read_contents
from gateway.bundle.errors import SourceChanged, UnknownVolumeVersion, VolumeDamaged
from gateway.centre import PacketNotice
from gateway.trust import UnverifiedSignature
from gateway.trust.signature import MAX_JWS_BYTES

MAGIC = b"\x89RKV\r\n\x1a\n"
"""As a packet's: the first byte is no text, and a copy that mends line ends shows."""
VERSION = 1
SUFFIX = ".rkv"
PART_SUFFIX = ".part"
_PREFIX = struct.Struct(">8sHHI")
PREFIX_BYTES = _PREFIX.size
PIECE_BYTES = 1 << 20


def volume_name(bundle_id: str, number: int) -> str:
    """File name of a volume: letters, digits and hyphens, the same in capitals, so that FAT and Windows take it."""
    return f"rekam-{bundle_id}-{number:04}{SUFFIX}"


def front_bytes(jws: bytes) -> bytes:
    """What stands before the packets."""
    return _PREFIX.pack(MAGIC, VERSION, 0, len(jws)) + jws


def volume_size(jws: bytes, contents: VolumeContents) -> int:
    """Bytes of the whole file."""
    return PREFIX_BYTES + len(jws) + contents.packet_bytes


def volume_pieces(jws: bytes, contents: VolumeContents, path_of: Callable[[str], Path]) -> Iterator[bytes]:
    """The bytes of a volume, in pieces of a mebibyte at most; the same bytes every time.

    Parameters
    ----------
    jws : bytes
        Of `contents`.
    contents : VolumeContents
    path_of : callable
        Where the packet of an id lies.

    Raises
    ------
    SourceChanged
        A packet is gone, or not the one that was listed; what was given so far is no volume.
    """
    yield front_bytes(jws)
    for notice in contents.packets:
        digest, left = hashlib.sha256(), notice.size
        try:
            with path_of(notice.packet_id).open("rb") as file:
                while left and (piece := file.read(min(PIECE_BYTES, left))):
                    digest.update(piece)
                    left -= len(piece)
                    if not left and (file.read(1) or digest.hexdigest() != notice.sha256):
                        raise _changed(notice.packet_id)
                    yield piece
        except OSError as error:
            raise _changed(notice.packet_id) from error
        if left:
            raise _changed(notice.packet_id)


@dataclass(frozen=True)
class VolumeFront:
    """What stands before the packets, believed as far as its signature goes."""

    contents: VolumeContents
    jws: bytes
    signature: UnverifiedSignature
    """Holds; whether its signer is known is for the reader to ask."""
    file_bytes: int

    @property
    def stated_bytes(self) -> int:
        """Size that the file has to have."""
        return volume_size(self.jws, self.contents)

    def place_of(self, index: int) -> int:
        """Where the packet `index` begins in the file."""
        return PREFIX_BYTES + len(self.jws) + sum(each.size for each in self.contents.packets[:index])


def read_front(file: BinaryIO) -> VolumeFront:
    """Read what stands before the packets; no more than `MAX_JWS_BYTES`.

    Raises
    ------
    VolumeDamaged, UnknownVolumeVersion
    OSError
        The medium cannot be read.
    """
    size = os.fstat(file.fileno()).st_size
    file.seek(0)
    prefix = file.read(PREFIX_BYTES)
    if len(prefix) < PREFIX_BYTES or not prefix.startswith(MAGIC):
        raise _damaged("it does not begin as a volume does")
    _, version, reserved, length = _PREFIX.unpack(prefix)
    if version != VERSION:
        raise UnknownVolumeVersion(
            f"Volume ini berformat versi {version}; program ini membaca versi {VERSION}. Perbarui program ini.",
            f"The volume has version {version} of the format; {VERSION} is read here. Update this program.",
        )
    if reserved or not 0 < length <= MAX_JWS_BYTES:
        raise _damaged("its first bytes are not a volume's")
    jws = file.read(length)
    if len(jws) < length:
        raise _damaged("it ends within its list of contents")
    contents, signature = read_contents(jws)
    return VolumeFront(contents, jws, signature, size)


def packet_pieces(file: BinaryIO, front: VolumeFront, index: int) -> Iterator[bytes]:
    """The bytes of one packet of a volume, verified: the last piece comes only if the whole is what was listed.

    Raises
    ------
    VolumeDamaged
        What came before is not that packet.
    OSError
    """
    notice = front.contents.packets[index]
    file.seek(front.place_of(index))
    digest, left = hashlib.sha256(), notice.size
    while left:
        piece = file.read(min(PIECE_BYTES, left))
        if not piece:
            raise _damaged(f"it ends within packet {notice.packet_id}")
        digest.update(piece)
        left -= len(piece)
        if not left and digest.hexdigest() != notice.sha256:
            raise _damaged(f"packet {notice.packet_id} in it is not what was written")
        yield piece


@dataclass(frozen=True)
class VolumeReport:
    """What a volume really holds."""

    front: VolumeFront
    whole: tuple[PacketNotice, ...]
    damaged: tuple[PacketNotice, ...]
    """Cut off, or changed."""

    @property
    def ok(self) -> bool:
        """Whether it is what was written, to the byte."""
        return not self.damaged and self.front.file_bytes == self.front.stated_bytes


def verify_volume(path: Path) -> VolumeReport:
    """Read a volume from end to end.

    Raises
    ------
    VolumeDamaged
        Its front is; nothing can be said of the rest.
    OSError
    """
    whole, damaged = [], []
    with path.open("rb") as file:
        front = read_front(file)
        for index, notice in enumerate(front.contents.packets):
            try:
                for _ in packet_pieces(file, front, index):
                    pass
            except VolumeDamaged:
                damaged.append(notice)
            else:
                whole.append(notice)
    return VolumeReport(front, tuple(whole), tuple(damaged))


def volume_files(folder: Path) -> list[Path]:
    """The volumes in a folder and in the folders in it, in the order of their names.

    Raises
    ------
    OSError
    """
    found = [*folder.glob(f"*{SUFFIX}"), *folder.glob(f"*/*{SUFFIX}"), *folder.glob(f"*{SUFFIX.upper()}")]
    # Names that begin with a dot are what other systems leave on a stick (`._NAME`), never volumes.
    return sorted(path for path in set(found) if not path.name.startswith(".") and path.is_file())


def _damaged(what: str) -> VolumeDamaged:
    return VolumeDamaged(
        f"Volume rusak: {what}. Tidak ada yang hilang: paketnya masih di kantor; ekspor lagi dengan --again.",
        f"The volume is damaged: {what}. Nothing is lost: the office still has its packets; export them with --again.",
    )


def _changed(packet_id: str) -> SourceChanged:
    return SourceChanged(
        f"Paket {packet_id} hilang atau berubah sejak didaftar. Periksa dengan: rekam outbox list.",
        f"Packet {packet_id} is gone, or is not what it was when it was listed: it may have been received meanwhile. "
        "See `rekam outbox list`.",
        packet_id,
    )

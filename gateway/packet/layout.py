"""The layout of a packet file: prefix, header, seal, chunks; read and written with bounds on everything."""

import hashlib
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from gateway.packet.chunks import TAG_BYTES, chunk_digest
from gateway.packet.errors import (
    NotAPacket,
    PacketFormError,
    PacketFrontTooLarge,
    PacketSizeWrong,
    UnknownPacketVersion,
)
from gateway.packet.header import MAX_HEADER_BYTES, VERSION, PacketHeader
from gateway.trust import ManifestError
from gateway.trust.signature import MAX_JWS_BYTES

MAGIC = b"\x89RKM\r\n\x1a\n"
"""As PNG's: the first byte is no text, and a transfer that mends line ends shows."""

_PREFIX = struct.Struct(">8sHHII")
PREFIX_BYTES = _PREFIX.size
_PIECE = 256 << 10


@dataclass(frozen=True)
class PacketFront:
    """What stands before the chunks, in its form but not yet believed."""

    header: PacketHeader
    header_bytes: bytes
    seal_bytes: bytes
    """The seal's JWS."""
    file_bytes: int
    """Size of the file."""

    @property
    def first_chunk(self) -> int:
        """Where the chunks begin, in bytes from the start of the file."""
        return PREFIX_BYTES + len(self.header_bytes) + len(self.seal_bytes)

    @property
    def stated_bytes(self) -> int:
        """Size that the file has to have."""
        return self.first_chunk + self.header.content_bytes + TAG_BYTES * self.header.chunk_count

    def chunk_range(self, index: int) -> tuple[int, int]:
        """Where the chunk `index` begins in the file, and how many bytes it has there."""
        begin = self.first_chunk + index * (self.header.chunk_bytes + TAG_BYTES)
        return begin, self.header.plaintext_bytes(index) + TAG_BYTES


def write_prefix(header_length: int, seal_length: int) -> bytes:
    """The first bytes of a packet file."""
    return _PREFIX.pack(MAGIC, VERSION, 0, header_length, seal_length)


def read_front(file: BinaryIO) -> PacketFront:
    """Read and take apart what stands before the chunks; no more than `MAX_HEADER_BYTES` and `MAX_JWS_BYTES`.

    Raises
    ------
    NotAPacket, UnknownPacketVersion, PacketFrontTooLarge, PacketFormError
    """
    size = os.fstat(file.fileno()).st_size
    file.seek(0)
    prefix = file.read(PREFIX_BYTES)
    if prefix[: len(MAGIC)] != MAGIC[: len(prefix)] or not prefix:
        raise NotAPacket("The file does not begin as a packet does.")
    if len(prefix) < PREFIX_BYTES:
        raise PacketFormError("The file ends within its first 20 bytes.")
    _, version, reserved, header_length, seal_length = _PREFIX.unpack(prefix)
    if version != VERSION:
        raise UnknownPacketVersion(version)
    if reserved:
        raise PacketFormError(f"The reserved bytes 10 and 11 are {reserved}, not 0.")
    for name, length, most in (("header", header_length, MAX_HEADER_BYTES), ("seal", seal_length, MAX_JWS_BYTES)):
        if length > most:
            raise PacketFrontTooLarge(f"The {name} would have {length} bytes; {most} are the most.")
    header_bytes, seal_bytes = file.read(header_length), file.read(seal_length)
    if len(header_bytes) < header_length or len(seal_bytes) < seal_length:
        raise PacketFormError("The file ends within its header or its seal.")
    try:
        header = PacketHeader.from_bytes(header_bytes)
    except ManifestError as error:
        raise PacketFormError(f"The header is wrong: {error}.") from error
    return PacketFront(header, header_bytes, seal_bytes, size)


def check_size(front: PacketFront) -> None:
    """Refuse a file that is longer or shorter than its header says.

    Raises
    ------
    PacketSizeWrong
    """
    surplus = front.file_bytes - front.stated_bytes
    if surplus:
        what = f"{surplus} bytes too many" if surplus > 0 else f"{-surplus} bytes too few"
        raise PacketSizeWrong(f"The file has {front.file_bytes} bytes, {what} by its header.")


def chunk_digests(file: BinaryIO, front: PacketFront) -> Iterator[str]:
    """The digest of each chunk as it stands; whatever follows the last counts as one more, of one chunk's size."""
    file.seek(front.first_chunk)
    for index in range(front.header.chunk_count):
        chunk = file.read(front.chunk_range(index)[1])
        if not chunk:
            return
        yield chunk_digest(chunk)
    surplus = file.read(front.chunk_range(0)[1])
    if surplus:
        yield chunk_digest(surplus)


def file_digest(file: BinaryIO) -> str:
    """SHA-256 of the whole file, in hexadecimal."""
    file.seek(0)
    digest = hashlib.sha256()
    while piece := file.read(_PIECE):
        digest.update(piece)
    return digest.hexdigest()

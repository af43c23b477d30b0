"""A person's packet is sealed: signed, encrypted to its recipients, written so that it is whole or not there."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from gateway.packet.captures import check_captures
from gateway.packet.chunks import TAG_BYTES, ChunkCipher, chunk_digest
from gateway.packet.durable_file import durable_file
from gateway.packet.errors import StatementWrong
from gateway.packet.header import SEAL_TYPE, STATEMENT_TYPE, USUAL_CHUNK, PacketHeader, PacketPlace, PacketSeal
from gateway.packet.layout import PREFIX_BYTES, file_digest, write_prefix
from gateway.packet.parts import PacketPart
from gateway.packet.recipients import ContentKey, Recipient
from gateway.packet.statement import EnrolmentStatement
from gateway.packet.statement_json import write_statement
from gateway.trust import ManifestError, Signer, payload_digest, sign_payload
from gateway.trust.signature import signed_size

LENGTH_BYTES = 4
"""Before the statement: its length, big-endian."""


@dataclass(frozen=True)
class SealedPacket:
    """A packet that is on the disk."""

    packet_id: str
    path: Path
    size: int
    """Bytes of the file."""
    sha256: str
    """Of the file, for transfers."""
    digest: str
    """SHA-256 of what the seal signs: `previous` of the next packet, and what a supplement names."""


def seal_packet(
    path: Path,
    statement: EnrolmentStatement,
    parts: Sequence[PacketPart],
    recipients: Sequence[Recipient],
    key: Signer,
    place: PacketPlace,
    chunk_bytes: int = USUAL_CHUNK,
) -> SealedPacket:
    """Seal one person's packet.

    Parts are read as they are encrypted, in pieces; the memory taken does not grow with them. The content key lives
    for this call alone: nobody but the recipients can open the file again.

    Parameters
    ----------
    path : Path
        New file, by custom with the suffix `.rekam`. One that is there is never written over.
    statement : EnrolmentStatement
        Its `packet_id` is the caller's to choose and to keep, so that a seal that was cut short is done again.
    parts : sequence of PacketPart
        In the order in which they are to lie in the packet.
    recipients : sequence of Recipient
        The centres that can open it; their order does not matter.
    key : Signer
        The gateway's; all signatures of a packet are by the one key that is current when it begins.
    place : PacketPlace
        Used up once this returns, and only then.
    chunk_bytes : int
        64 KiB to 1 MiB.

    Raises
    ------
    KeyProblem
        The gateway's certificate is not valid at the statement's time, or the key signs no more or is away.
    StatementWrong
        The statement or the place is not what docs/packet-format.md says, or the key is another gateway's.
    PartChanged, CaptureChanged
        A part or a capture is no longer what was recorded.
    RecipientKeyUnusable
        There is no recipient, or one twice.
    DiskFull, PacketExists, PacketUnwritable
        Nothing is left behind.
    """
    return write_packet(path, statement, parts, ContentKey.fresh(recipients), key, place, chunk_bytes)


def write_packet(
    path: Path,
    statement: EnrolmentStatement,
    parts: Sequence[PacketPart],
    content_key: ContentKey,
    key: Signer,
    place: PacketPlace,
    chunk_bytes: int = USUAL_CHUNK,
) -> SealedPacket:
    """`seal_packet` under a key that is given. It must be fresh: two packets under one key give both away."""
    if statement.gateway_id != key.gateway_id:
        raise StatementWrong(
            f"The statement names gateway {statement.gateway_id}, but the key is that of {key.gateway_id}.",
            "Seal it at the gateway that made the enrolment.",
        )
    key = key.current()
    key.check_validity(statement.time)
    try:
        signed = sign_payload(write_statement(statement, tuple(part.stated for part in parts)), key, STATEMENT_TYPE)
        preamble = len(signed).to_bytes(LENGTH_BYTES, "big") + signed
        header = PacketHeader(
            packet_id=statement.packet_id,
            gateway_id=statement.gateway_id,
            created=statement.time,
            boot_id=statement.boot_id,
            place=place,
            chunk_bytes=chunk_bytes,
            content_bytes=len(preamble) + sum(part.size for part in parts),
            key_commitment=content_key.commitment,
            recipients=content_key.wrapped,
        )
        header_bytes = header.to_bytes()
    except ManifestError as error:
        raise StatementWrong(
            f"The packet cannot be sealed: {error}.", "Mend the enrolment, then seal again."
        ) from error
    by_name = {part.name: part for part in parts}
    check_captures(statement, [part.stated for part in parts], lambda name: by_name[name].content())
    return _write(path, header, header_bytes, _content(preamble, parts), content_key, key)


def _content(preamble: bytes, parts: Sequence[PacketPart]) -> Iterator[bytes]:
    """The plaintext: the statement after its length, then the parts, nothing between them."""
    yield preamble
    for part in parts:
        yield from part.pieces()


def _write(
    path: Path,
    header: PacketHeader,
    header_bytes: bytes,
    content: Iterator[bytes],
    content_key: ContentKey,
    key: Signer,
) -> SealedPacket:
    # The seal stands before the chunks that it signs, so that a reader believes the front before it reads on. Its
    # length is that of any other with as many digests: a digest has 64 digits, an ES256 signature 64 bytes.
    blank = _seal(header, header_bytes, ("0" * 64,) * header.chunk_count).to_bytes()
    seal_length = signed_size(len(blank), key, SEAL_TYPE)
    first_chunk = PREFIX_BYTES + len(header_bytes) + seal_length
    size = first_chunk + header.content_bytes + TAG_BYTES * header.chunk_count
    with durable_file(path, size) as file:
        file.seek(first_chunk)
        digests = _write_chunks(file, header, header_bytes, content, content_key)
        seal = _seal(header, header_bytes, digests).to_bytes()
        signed = sign_payload(seal, key, SEAL_TYPE)
        if len(signed) != seal_length or file.tell() != size:
            raise AssertionError(
                f"{len(signed)} bytes of seal, {file.tell()} of file: {seal_length} and {size} were due"
            )
        file.seek(0)
        file.write(write_prefix(len(header_bytes), seal_length) + header_bytes + signed)
        file.flush()
        sha256 = file_digest(file)
    return SealedPacket(header.packet_id, path, size, sha256, payload_digest(seal))


def _write_chunks(
    file: BinaryIO, header: PacketHeader, header_bytes: bytes, content: Iterator[bytes], content_key: ContentKey
) -> tuple[str, ...]:
    """Encrypt the content chunk by chunk; the digests of the chunks."""
    cipher = ChunkCipher(content_key.secret, header_bytes, header.chunk_count)
    digests: list[str] = []
    pending = bytearray()
    for piece in content:
        pending += piece
        # A whole chunk waits for the byte after it, which says that it is not the last.
        while len(pending) > header.chunk_bytes:
            digests.append(_write_chunk(file, cipher, len(digests), bytes(pending[: header.chunk_bytes])))
            del pending[: header.chunk_bytes]
    digests.append(_write_chunk(file, cipher, len(digests), bytes(pending)))
    return tuple(digests)


def _write_chunk(file: BinaryIO, cipher: ChunkCipher, index: int, plaintext: bytes) -> str:
    chunk = cipher.encrypt(index, plaintext)
    file.write(chunk)
    return chunk_digest(chunk)


def _seal(header: PacketHeader, header_bytes: bytes, digests: tuple[str, ...]) -> PacketSeal:
    return PacketSeal(
        packet_id=header.packet_id,
        gateway_id=header.gateway_id,
        header_sha256=hashlib.sha256(header_bytes).hexdigest(),
        chunk_sha256=digests,
    )


def new_packet_id() -> str:
    """A random name for a packet: 32 hexadecimal digits."""
    return os.urandom(16).hex()

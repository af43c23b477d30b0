"""A centre opens a packet: everything is verified, nothing is held in memory but a chunk."""

import hashlib
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from cryptography.hazmat.primitives.asymmetric import ec

from gateway.packet.captures import check_captures
from gateway.packet.chunks import ChunkCipher, chunk_digest, first_fault
from gateway.packet.errors import PartChanged, StatementWrong
from gateway.packet.header import STATEMENT_TYPE, PacketHeader, PacketSeal
from gateway.packet.layout import PacketFront, check_size, chunk_digests, read_front
from gateway.packet.recipients import unwrap_content_key
from gateway.packet.sealing import LENGTH_BYTES
from gateway.packet.statement import EnrolmentStatement, StatedPart
from gateway.packet.statement_json import read_statement
from gateway.packet.verification import believed_seal, check_certificate, check_trust
from gateway.trust import (
    ManifestError,
    SignatureFormError,
    TrustAnchors,
    payload_digest,
    read_signature,
    signature_holds,
)
from gateway.trust.signature import MAX_JWS_BYTES
from gateway.trust.verification import check_signer

_PIECE = 64 << 10


class _Plaintext(io.RawIOBase):
    """The decrypted content as a stream that can be positioned; one chunk is in memory at a time."""

    def __init__(self, file: BinaryIO, front: PacketFront, seal: PacketSeal, cipher: ChunkCipher) -> None:
        super().__init__()
        self._file, self._front, self._seal, self._cipher = file, front, seal, cipher
        self._position = 0
        self._index = -1
        self._chunk = b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence != io.SEEK_SET:
            raise io.UnsupportedOperation("only from the start")
        self._position = offset
        return offset

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        header = self._front.header
        if self._position >= header.content_bytes:
            return 0
        index, offset = divmod(self._position, header.chunk_bytes)
        if index != self._index:
            self._chunk, self._index = self._decrypted(index), index
        piece = self._chunk[offset : offset + len(buffer)]
        buffer[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)

    def _decrypted(self, index: int) -> bytes:
        begin, length = self._front.chunk_range(index)
        self._file.seek(begin)
        chunk = self._file.read(length)
        if chunk_digest(chunk) != self._seal.chunk_sha256[index]:
            # Say what happened to it, which takes a look at all of them.
            fault = first_fault(tuple(chunk_digests(self._file, self._front)), self._seal.chunk_sha256)
            if fault is not None:
                raise fault
        return self._cipher.decrypt(index, chunk)


class _PartStream(io.RawIOBase):
    """A part's bytes; the read that meets its end raises PartChanged if they are not those that are stated."""

    def __init__(self, part: StatedPart, content: Callable[[int, int], bytes]) -> None:
        super().__init__()
        self._part, self._content = part, content
        self._seen = 0
        self._digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        piece = self._content(self._seen, min(len(buffer), self._part.size - self._seen))
        self._digest.update(piece)
        self._seen += len(piece)
        # Before the last bytes are given out: a consumer may know the size and never read on.
        if self._seen == self._part.size and self._digest.hexdigest() != self._part.sha256:
            raise PartChanged(
                f"The part {self._part.name} has another SHA-256 than the statement says: it was sealed wrongly.",
                "Do not use it. Tell the office that made the packet.",
            )
        buffer[: len(piece)] = piece
        return len(piece)


@dataclass(frozen=True)
class OpenedPacket:
    """A packet whose front, seal and statement hold; its parts are decrypted as they are read."""

    header: PacketHeader
    statement: EnrolmentStatement
    parts: tuple[StatedPart, ...]
    digest: str
    """SHA-256 of what the seal signs: what a receipt and a supplement name."""
    _plaintext: _Plaintext
    _begins: dict[str, int]

    def open(self, name: str) -> BinaryIO:
        """A new stream of the part `name`; to be read while the packet is open, several at once if need be.

        Reading raises ChunkFault or PartChanged where the bytes are not those that were sealed. A part is believed
        once its last byte was read.
        """
        part = next(part for part in self.parts if part.name == name)
        begin = self._begins[name]

        def content(offset: int, length: int) -> bytes:
            self._plaintext.seek(begin + offset)
            return self._plaintext.read(length) or b""

        return io.BufferedReader(_PartStream(part, content), _PIECE)

    def read(self, name: str) -> bytes:
        """All of the part `name`, verified."""
        with self.open(name) as stream:
            return stream.read()

    def check_captures(self, trust_anchors: TrustAnchors | None = None) -> None:
        """Check every capture's own signature and records; CaptureChanged names the first that does not hold."""
        check_captures(self.statement, self.parts, self.read, trust_anchors)

    def contents(self) -> Iterator[tuple[StatedPart, BinaryIO]]:
        """Each part with its stream, in the packet's order."""
        for part in self.parts:
            with self.open(part.name) as stream:
                yield part, stream


@contextmanager
def open_packet(
    path: Path, private_key: ec.EllipticCurvePrivateKey, trust_anchors: TrustAnchors | None = None
) -> Iterator[OpenedPacket]:
    """Open a packet with a recipient's private key.

    Front, seal, sizes and statement are verified before anything else is decrypted; each chunk before any of its
    bytes are given out.

    Parameters
    ----------
    path : Path
    private_key : ec.EllipticCurvePrivateKey
        P-256.
    trust_anchors : TrustAnchors, optional
        The gateways that are known; a centre gives them. Without them nothing says who sealed.

    Raises
    ------
    PacketFormError, SealBroken, SignerUnknown, SignerRevoked, ChunkFault
        As `verify_packet` reports them.
    NotARecipient, ContentKeyDamaged
        The key does not open it.
    StatementWrong
        The statement does not hold, or speaks of another packet or gateway than the header.
    """
    with path.open("rb") as file:
        front = read_front(file)
        seal, document = believed_seal(front)
        check_certificate(document, front.header)
        check_trust(document, front.header, trust_anchors)
        if front.file_bytes != front.stated_bytes:
            fault = first_fault(tuple(chunk_digests(file, front)), seal.chunk_sha256)
            if fault is not None:
                raise fault
            check_size(front)
        secret = unwrap_content_key(front.header.recipients, front.header.key_commitment, private_key)
        cipher = ChunkCipher(secret, front.header_bytes, front.header.chunk_count)
        with _Plaintext(file, front, seal, cipher) as plaintext:
            statement, parts, first_part = _believed_statement(plaintext, front, document.certificate_der)
            begins, at = {}, first_part
            for part in parts:
                begins[part.name], at = at, at + part.size
            if at != front.header.content_bytes:
                raise StatementWrong(f"The parts end at byte {at}, the content at {front.header.content_bytes}.")
            yield OpenedPacket(front.header, statement, parts, payload_digest(document.payload), plaintext, begins)


def _believed_statement(
    plaintext: _Plaintext, front: PacketFront, certificate_der: bytes
) -> tuple[EnrolmentStatement, tuple[StatedPart, ...], int]:
    """The statement, its parts, and where the first of them begins in the content."""
    stream = io.BufferedReader(plaintext)
    length = int.from_bytes(stream.read(LENGTH_BYTES), "big")
    if length > MAX_JWS_BYTES:
        raise StatementWrong(f"The statement would have {length} bytes; {MAX_JWS_BYTES} are the most.")
    data = stream.read(length)
    stream.detach()
    try:
        document = read_signature(data, STATEMENT_TYPE)
        if not signature_holds(document):
            raise StatementWrong("The statement was changed after it was signed.")
        statement, parts = read_statement(document.payload)
        check_signer(document, statement.gateway_id, statement.time.wall)
    except (SignatureFormError, ManifestError) as error:
        raise StatementWrong(f"The statement is wrong: {error}.") from error
    except StatementWrong:
        raise
    except ValueError as error:
        raise StatementWrong(f"The certificate of the statement: {error}.") from error
    if document.certificate_der != certificate_der:
        raise StatementWrong("The statement is signed by another key than the seal.")
    header = front.header
    outside = (header.packet_id, header.gateway_id, header.created, header.boot_id)
    if (statement.packet_id, statement.gateway_id, statement.time, statement.boot_id) != outside:
        raise StatementWrong("The statement speaks of another packet, gateway or time than the header.")
    return statement, parts, LENGTH_BYTES + length

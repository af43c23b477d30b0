"""A gateway that seals wrongly: what only the centre can notice."""

import hashlib
from pathlib import Path

from gateway.packet.chunks import ChunkCipher, chunk_digest
from gateway.packet.header import SEAL_TYPE, STATEMENT_TYPE, PacketHeader, PacketSeal
from gateway.packet.layout import write_prefix
from gateway.packet.recipients import ContentKey
from gateway.packet.statement_json import write_statement
from gateway.trust import Signer, sign_payload
from tests.gateway.packet.packets import CHUNK, PLACE, enrolment, gateway_key, recipient, statement
from tests.gateway.trust.signed_captures import moment


class Forger:
    """A gateway that seals what it should not: each step can be replaced, everything is signed with its own key."""

    def __init__(self, path: Path, key: Signer | None = None) -> None:
        self.path, self.key = path, key or gateway_key()
        self.content_key = ContentKey.fresh([recipient()])
        self.made = enrolment(1)

    def seal(self, content: bytes, header_key: ContentKey | None = None, **header: object) -> None:
        wrapped = header_key or self.content_key
        values = {
            "packet_id": "packet-1",
            "gateway_id": "kedoya-1",
            "created": moment(),
            "boot_id": statement().boot_id,
            "place": PLACE,
            "chunk_bytes": CHUNK,
            "content_bytes": len(content),
            "key_commitment": wrapped.commitment,
            "recipients": wrapped.wrapped,
        } | header
        made = PacketHeader(**values)
        header_bytes = made.to_bytes()
        cipher = ChunkCipher(self.content_key.secret, header_bytes, made.chunk_count)
        pieces = [content[at : at + CHUNK] for at in range(0, len(content), CHUNK)]
        self.write(made, header_bytes, [cipher.encrypt(index, piece) for index, piece in enumerate(pieces)])

    def write(self, header: PacketHeader, header_bytes: bytes, chunks: list[bytes]) -> None:
        digests = tuple(chunk_digest(chunk) for chunk in chunks)
        sealed = PacketSeal(header.packet_id, header.gateway_id, hashlib.sha256(header_bytes).hexdigest(), digests)
        jws = sign_payload(sealed.to_bytes(), self.key, SEAL_TYPE)
        front = write_prefix(len(header_bytes), len(jws)) + header_bytes + jws
        self.path.write_bytes(front + b"".join(chunks))

    def content(self, payload: bytes | None = None, tail: bytes | None = None, key: Signer | None = None) -> bytes:
        payload = payload or write_statement(self.made.statement, tuple(part.stated for part in self.made.parts))
        jws = sign_payload(payload, key or self.key, STATEMENT_TYPE)
        parts = b"".join(part.content() for part in self.made.parts) if tail is None else tail
        return len(jws).to_bytes(4, "big") + jws + parts

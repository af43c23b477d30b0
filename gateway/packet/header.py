"""The header of a packet, which anybody can read, and the seal, which signs it and every chunk."""

import re
from dataclasses import dataclass
from typing import Any

import rfc8785

from gateway.packet.fields import KEY_ID, check_format, long_list
from gateway.packet.recipients import MAX_RECIPIENTS, MAX_WRAPPED_CHARACTERS, WrappedKey
from gateway.trust import ManifestError, SignedTime
from gateway.trust.manifest_field import Field, parse_json
from gateway.trust.stated_values import HEX_DIGEST, NAME, read_time, time_as_json

HEADER_FORMAT = "rekam-packet"
SEAL_FORMAT = "rekam-packet-seal"
SEAL_TYPE = "rekam-packet-seal+jws"
STATEMENT_TYPE = "rekam-enrolment+jws"
"""Media types of the two signed documents (RFC 7515 clause 4.1.9), so that neither passes for another."""
VERSION = 1
CIPHER = "A256GCM-STREAM"

MAX_HEADER_BYTES = 65_536
SMALLEST_CHUNK, LARGEST_CHUNK = 64 << 10, 1 << 20
"""Plaintext bytes of every chunk but the last."""
USUAL_CHUNK = 256 << 10
MAX_CHUNKS = 1024
"""Their digests fit into a signature of `MAX_JWS_BYTES`."""

_JWE = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){4}")


@dataclass(frozen=True)
class PacketPlace:
    """Where a packet stands among those of its gateway, so that a missing one shows.

    Parameters
    ----------
    chain_id : str
    sequence : int
        From 1, without a gap.
    previous : str or None
        `SealedPacket.digest` of the packet before it; None for number 1.
    """

    chain_id: str
    sequence: int
    previous: str | None


@dataclass(frozen=True)
class PacketHeader:
    """What stands outside of the encryption; docs/packet-format.md describes each field. Nothing of the person."""

    packet_id: str
    gateway_id: str
    created: SignedTime
    boot_id: str
    place: PacketPlace
    chunk_bytes: int
    """Plaintext of every chunk but the last, which may be shorter."""
    content_bytes: int
    """Plaintext of all chunks."""
    key_commitment: str
    recipients: tuple[WrappedKey, ...]

    def __post_init__(self) -> None:
        if not SMALLEST_CHUNK <= self.chunk_bytes <= LARGEST_CHUNK:
            raise ManifestError(f"header.content.chunk_bytes: not within {SMALLEST_CHUNK} to {LARGEST_CHUNK}")

    @property
    def chunk_count(self) -> int:
        """Number of chunks; there is one at least."""
        return -(-self.content_bytes // self.chunk_bytes)

    def plaintext_bytes(self, index: int) -> int:
        """Plaintext bytes of the chunk `index`, from 0."""
        return min(self.chunk_bytes, self.content_bytes - index * self.chunk_bytes)

    def to_bytes(self) -> bytes:
        """The canonical form (RFC 8785).

        Raises
        ------
        ManifestError
            A field is not what docs/packet-format.md says.
        """
        value = _header_as_json(self)
        _read_header(Field("header", value))
        return rfc8785.dumps(value)

    @classmethod
    def from_bytes(cls, data: bytes) -> "PacketHeader":
        """Read a header strictly: every field there, none unknown, canonical to the byte.

        Raises
        ------
        ManifestError
            Names the field.
        """
        header = _read_header(Field("header", parse_json(data)))
        if rfc8785.dumps(_header_as_json(header)) != data:
            raise ManifestError("header: not in canonical form (RFC 8785)")
        return header


@dataclass(frozen=True)
class PacketSeal:
    """What the gateway signs once everything is encrypted."""

    packet_id: str
    gateway_id: str
    header_sha256: str
    chunk_sha256: tuple[str, ...]
    """Of each chunk as it stands in the file, tag included."""

    def to_bytes(self) -> bytes:
        """The canonical form (RFC 8785), which is signed."""
        return rfc8785.dumps(
            {
                "format": SEAL_FORMAT,
                "version": VERSION,
                "packet_id": self.packet_id,
                "gateway_id": self.gateway_id,
                "header_sha256": self.header_sha256,
                "chunk_sha256": list(self.chunk_sha256),
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> "PacketSeal":
        """Read a seal strictly; ManifestError names what is wrong."""
        names = ("format", "version", "packet_id", "gateway_id", "header_sha256", "chunk_sha256")
        of = dict(zip(names, Field("seal", parse_json(data)).members(*names), strict=True))
        check_format(of, SEAL_FORMAT, VERSION)
        seal = cls(
            packet_id=of["packet_id"].text(NAME),
            gateway_id=of["gateway_id"].text(NAME),
            header_sha256=of["header_sha256"].text(HEX_DIGEST),
            chunk_sha256=long_list(of["chunk_sha256"], lambda digest: digest.text(HEX_DIGEST), MAX_CHUNKS),
        )
        if seal.to_bytes() != data:
            raise ManifestError("seal: not in canonical form (RFC 8785)")
        return seal


def _header_as_json(header: PacketHeader) -> dict[str, Any]:
    return {
        "format": HEADER_FORMAT,
        "version": VERSION,
        "packet_id": header.packet_id,
        "gateway_id": header.gateway_id,
        "created": time_as_json(header.created),
        "boot_id": header.boot_id,
        "chain": {
            "chain_id": header.place.chain_id,
            "sequence": header.place.sequence,
            "previous": header.place.previous,
        },
        "content": {
            "cipher": CIPHER,
            "chunk_bytes": header.chunk_bytes,
            "bytes": header.content_bytes,
            "chunks": header.chunk_count,
        },
        "key_commitment": header.key_commitment,
        "recipients": [{"kid": each.key_id, "key": each.jwe} for each in header.recipients],
    }


def _read_header(field: Field) -> PacketHeader:
    names = (
        *("format", "version", "packet_id", "gateway_id", "created", "boot_id", "chain", "content"),
        *("key_commitment", "recipients"),
    )
    of = dict(zip(names, field.members(*names), strict=True))
    check_format(of, HEADER_FORMAT, VERSION)
    cipher, chunk_bytes, content_bytes, chunks = of["content"].members("cipher", "chunk_bytes", "bytes", "chunks")
    if cipher.text() != CIPHER:
        cipher.fail(f"not {CIPHER}")
    recipients = long_list(of["recipients"], _read_recipient, MAX_RECIPIENTS)
    key_ids = [each.key_id for each in recipients]
    if not key_ids or key_ids != sorted(set(key_ids)):
        of["recipients"].fail("1 at least, each once, in the order of kid")
    header = PacketHeader(
        packet_id=of["packet_id"].text(NAME),
        gateway_id=of["gateway_id"].text(NAME),
        created=read_time(of["created"]),
        boot_id=of["boot_id"].text(),
        place=_read_place(of["chain"]),
        chunk_bytes=chunk_bytes.integer(SMALLEST_CHUNK, LARGEST_CHUNK),
        content_bytes=content_bytes.integer(1, MAX_CHUNKS * LARGEST_CHUNK),
        key_commitment=of["key_commitment"].text(HEX_DIGEST),
        recipients=recipients,
    )
    if header.chunk_count > MAX_CHUNKS:
        content_bytes.fail(f"more than {MAX_CHUNKS} chunks of {header.chunk_bytes} bytes")
    chunks.integer(header.chunk_count, header.chunk_count)
    return header


def _read_place(field: Field) -> PacketPlace:
    chain_id, number, before = field.members("chain_id", "sequence", "previous")
    sequence = number.integer(1)
    previous = before.or_none(lambda value: value.text(HEX_DIGEST))
    if (previous is None) != (sequence == 1):
        before.fail("null belongs to sequence 1, and to no other")
    return PacketPlace(chain_id.text(NAME), sequence, previous)


def _read_recipient(field: Field) -> WrappedKey:
    key_id, wrapped = field.members("kid", "key")
    # Longer than a manifest's texts may be.
    if not isinstance(wrapped.value, str) or len(wrapped.value) > MAX_WRAPPED_CHARACTERS:
        wrapped.fail(f"a text of at most {MAX_WRAPPED_CHARACTERS} characters is due")
    if not _JWE.fullmatch(wrapped.value):
        wrapped.fail("not a JWE in compact serialization")
    return WrappedKey(key_id.text(KEY_ID), wrapped.value)

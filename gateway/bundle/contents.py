"""The signed list of contents of a volume: which packets it holds, of which gateway, which volume of which bundle."""

import re
from dataclasses import dataclass
from typing import Any

import rfc8785

from gateway.bundle.errors import VolumeDamaged
from gateway.centre import PacketNotice
from gateway.trust import (
    ManifestError,
    SignatureFormError,
    SignedTime,
    Signer,
    UnverifiedSignature,
    read_signature,
    sign_payload,
    signature_holds,
)
from gateway.trust.manifest_field import Field, parse_json
from gateway.trust.signature import MAX_JWS_BYTES, signed_size
from gateway.trust.stated_values import HEX_DIGEST, NAME, read_time, time_as_json
from gateway.trust.verification import check_signer

TYPE = "rekam-volume+jws"
"""The header's `typ` (RFC 7515 clause 4.1.9)."""
FORMAT, VERSION = "rekam-volume", 1
BUNDLE_ID = re.compile(r"[0-9a-f]{16}")
MAX_PACKETS = 1000
MAX_NUMBER = 9999
"""Volumes of a bundle: their names have four digits."""


@dataclass(frozen=True)
class VolumeContents:
    """What a volume says of itself; nothing of any person.

    Parameters
    ----------
    gateway_id : str
    bundle_id : str
        16 hexadecimal digits: one export, on however many media.
    number : int
        Of the volume in its bundle, from 1.
    of : int or None
        How many volumes the bundle has, where this is the last; None where others follow, or nobody knows yet.
    made : SignedTime
    packets : tuple of PacketNotice
        In the order in which their files stand in the volume.
    """

    gateway_id: str
    bundle_id: str
    number: int
    of: int | None
    made: SignedTime
    packets: tuple[PacketNotice, ...]

    @property
    def packet_bytes(self) -> int:
        """Bytes of all packets."""
        return sum(each.size for each in self.packets)

    def to_bytes(self) -> bytes:
        """The canonical form (RFC 8785), which is signed.

        Raises
        ------
        ManifestError
            A field is not what docs/stick.md says.
        """
        value = _as_json(self)
        _read(Field("volume", value))
        return rfc8785.dumps(value)

    @classmethod
    def from_bytes(cls, data: bytes) -> "VolumeContents":
        """Read it strictly: every field there, none unknown, canonical to the byte.

        Raises
        ------
        ManifestError
            Names the field.
        """
        contents = _read(Field("volume", parse_json(data)))
        if rfc8785.dumps(_as_json(contents)) != data:
            raise ManifestError("volume: not in canonical form (RFC 8785)")
        return contents


def sign_contents(contents: VolumeContents, key: Signer) -> bytes:
    """JWS compact serialization, ES256.

    Raises
    ------
    KeyProblem
        The key cannot sign now.
    ManifestError
        A field is out of its bounds.
    """
    signer = key.current()
    signer.check_validity(contents.made)
    return sign_payload(contents.to_bytes(), signer, TYPE)


def fits_signature(contents: VolumeContents, key: Signer) -> bool:
    """Whether the list is short enough to be signed."""
    return signed_size(len(rfc8785.dumps(_as_json(contents))), key.current(), TYPE) <= MAX_JWS_BYTES


def read_contents(jws: bytes) -> tuple[VolumeContents, UnverifiedSignature]:
    """A list of contents whose signature holds, by whomever; whether its signer is known is for the reader to ask.

    Raises
    ------
    VolumeDamaged
    """
    try:
        signature = read_signature(jws, TYPE)
    except SignatureFormError as error:
        raise _damaged(f"its list of contents: {error}") from error
    if not signature_holds(signature):
        raise _damaged("its list of contents was changed after it was signed")
    try:
        contents = VolumeContents.from_bytes(signature.payload)
        check_signer(signature, contents.gateway_id, contents.made.wall)
    except ValueError as error:  # ManifestError is one
        raise _damaged(f"its list of contents: {error}") from error
    return contents, signature


def _damaged(what: str) -> VolumeDamaged:
    return VolumeDamaged(
        f"Volume rusak ({what}). Tidak ada yang hilang: paketnya masih di kantor; ekspor lagi dengan --again.",
        f"The volume is damaged ({what}). Nothing is lost: the office still has its packets; export them with --again.",
    )


def _as_json(contents: VolumeContents) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "gateway_id": contents.gateway_id,
        "bundle_id": contents.bundle_id,
        "number": contents.number,
        "of": contents.of,
        "made": time_as_json(contents.made),
        "packets": [
            {
                "packet_id": each.packet_id,
                "sha256": each.sha256,
                "size": each.size,
                "chain_id": each.chain_id,
                "sequence": each.sequence,
            }
            for each in contents.packets
        ],
    }


def _read(field: Field) -> VolumeContents:
    kind, version, gateway, bundle, number, of, made, packets = field.members(
        "format", "version", "gateway_id", "bundle_id", "number", "of", "made", "packets"
    )
    if kind.text() != FORMAT or version.integer(0) != VERSION:
        field.fail(f"not a {FORMAT} of version {VERSION}")
    values = packets.value
    if not isinstance(values, list) or not 1 <= len(values) <= MAX_PACKETS:
        packets.fail(f"a list of 1 to {MAX_PACKETS} packets is due")
    notices = tuple(_read_packet(Field(f"{packets.path}[{place}]", value)) for place, value in enumerate(values))
    if len({each.packet_id for each in notices}) != len(notices):
        packets.fail("a packet stands there twice")
    own = number.integer(1, MAX_NUMBER)
    return VolumeContents(
        gateway.text(NAME),
        bundle.text(BUNDLE_ID),
        own,
        of.or_none(lambda value: value.integer(own, own)),
        read_time(made),
        notices,
    )


def _read_packet(field: Field) -> PacketNotice:
    packet_id, sha256, size, chain_id, sequence = field.members("packet_id", "sha256", "size", "chain_id", "sequence")
    return PacketNotice(
        packet_id.text(NAME), sha256.text(HEX_DIGEST), size.integer(1), chain_id.text(NAME), sequence.integer(1)
    )

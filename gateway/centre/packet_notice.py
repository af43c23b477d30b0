"""What an office says of a packet before it sends it, and what the centre has of it."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class PacketNotice:
    """That a packet is there: small, and sent before any packet."""

    packet_id: str
    sha256: str
    """Of the file, hexadecimal."""
    size: int
    """Bytes of the file."""
    chain_id: str
    """Of the gateway's chain of packets, and the packet's number in it: gaps show."""
    sequence: int


class StandingState(StrEnum):
    """What the centre has of a packet."""

    PARTIAL = "partial"
    """It wants the bytes from `received` on; 0 where it knows nothing of the packet."""
    RECEIVED = "received"
    """All of it, durably; `receipt` says so."""
    REFUSED = "refused"
    """It is not what the notice says, damaged, or not a packet: sent again as it is, it is refused again."""
    NOT_NOW = "not_now"
    """Whole or not, it cannot be taken yet (a gateway that is not known yet, no room): ask again later."""


@dataclass(frozen=True)
class PacketStanding:
    """Where a packet stands at the centre."""

    packet_id: str
    state: StandingState
    received: int = 0
    """Bytes from the start of the file that the centre keeps."""
    receipt: bytes = b""
    """JWS, of a packet that was received."""
    reason: str = ""
    """Stable code of a refusal, e.g. SEAL_BROKEN, DIGEST_WRONG, TOO_LARGE, GATEWAY_UNKNOWN, STORE_FULL."""
    words: str = ""
    """Cause and remedy, in English, for an administrator."""

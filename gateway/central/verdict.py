"""Whether what came is the packet that was spoken of, by a key that this gateway is known by."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gateway.central.store import VerifiedPacket
from gateway.centre import PacketNotice, PacketStanding, StandingState
from gateway.packet import (
    ChunkFault,
    NotAPacket,
    PacketError,
    PacketReport,
    PacketSizeWrong,
    SealBroken,
    SignerRevoked,
    SignerUnknown,
    UnknownPacketVersion,
    verify_packet,
)
from gateway.trust import TrustAnchors

_REASONS: dict[type[PacketError], str] = {
    NotAPacket: "NOT_A_PACKET",
    UnknownPacketVersion: "VERSION_UNKNOWN",
    SealBroken: "SEAL_BROKEN",
    SignerUnknown: "SIGNER_UNKNOWN",
    SignerRevoked: "SIGNER_REVOKED",
    ChunkFault: "CHUNK_WRONG",
    PacketSizeWrong: "SIZE_WRONG",
}
_MENDED_HERE = (UnknownPacketVersion, SignerUnknown)
"""What the centre can mend: by an update, by the gateway's newest trust bundle."""
_PIECE = 1 << 20


@dataclass(frozen=True)
class Verdict:
    """What a file is worth: a packet to be held, or why not."""

    packet: VerifiedPacket | None
    standing: PacketStanding | None
    """Where it is not held."""

    @property
    def keeps_bytes(self) -> bool:
        """Whether the bytes are good and wait for something else."""
        return self.standing is not None and self.standing.state is StandingState.NOT_NOW


def verdict_on(path: Path, notice: PacketNotice, gateway_id: str, anchors: TrustAnchors, now: datetime) -> Verdict:
    """Verify a file that came whole.

    Parameters
    ----------
    path : Path
    notice : PacketNotice
        What was said of it.
    gateway_id : str
        Whose it has to be.
    anchors : TrustAnchors
        The keys of that gateway.
    now : datetime
        UTC.

    Raises
    ------
    OSError
        It cannot be read.
    """
    report = verify_packet(path, anchors, now)
    if (report.sha256 or _sha256(path)) != notice.sha256:
        return _refused(
            notice, "DIGEST_WRONG", "The bytes that came are not those of the notice's digest; look at the disk there."
        )
    if report.fault is not None:
        return _faulty(notice, report.fault)
    header, digest = report.header, report.digest
    assert header is not None
    assert digest is not None
    said = notice.packet_id, notice.chain_id, notice.sequence
    is_ = header.packet_id, header.place.chain_id, header.place.sequence
    if said != is_:
        return _refused(notice, "NOTICE_WRONG", f"The notice says {_place(said)}, the packet {_place(is_)}.")
    if header.gateway_id != gateway_id:
        words = f"It was sealed by gateway {header.gateway_id}, and sent by {gateway_id}; it counts from the former."
        return _refused(notice, "GATEWAY_WRONG", words)
    packet = VerifiedPacket(
        *(gateway_id, notice.packet_id, notice.sha256, notice.size, notice.chain_id, notice.sequence, digest),
        remarks=_remarks(report),
        previous=header.place.previous or "",
    )
    return Verdict(packet, None)


def _faulty(notice: PacketNotice, fault: PacketError) -> Verdict:
    named = next((name for kind, name in _REASONS.items() if isinstance(fault, kind)), "FORM_WRONG")
    if isinstance(fault, _MENDED_HERE):
        words = f"{fault.cause} The centre keeps the bytes. {_CENTRE_MENDS[type(fault)]}"
        return Verdict(None, PacketStanding(notice.packet_id, StandingState.NOT_NOW, notice.size, b"", named, words))
    return _refused(notice, named, str(fault))


_CENTRE_MENDS: dict[type[PacketError], str] = {
    UnknownPacketVersion: "Update the centre.",
    SignerUnknown: "Give the centre the gateway's newest trust bundle (`rekam keys export --pem`, then "
    "`rekam central gateway add`).",
}


def _refused(notice: PacketNotice, reason: str, words: str) -> Verdict:
    return Verdict(None, PacketStanding(notice.packet_id, StandingState.REFUSED, 0, b"", reason, words))


def _remarks(report: PacketReport) -> str:
    """Doubts that refuse nobody: a person cannot be sealed again because the office's clock was wrong."""
    doubts = [each for each in report.checks if each in report.failures or each in report.warnings]
    return "; ".join(f"{each.name}: {each.detail}" for each in doubts)


def _place(place: tuple[str, str, int]) -> str:
    packet_id, chain_id, sequence = place
    return f"packet {packet_id}, number {sequence} of chain {chain_id}"


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()

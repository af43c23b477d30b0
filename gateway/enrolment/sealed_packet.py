"""Enrolments sealed for the centre: the packets of a folder, in one chain."""

import threading
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Self

from gateway.enrolment.cbeff_parts import cbeff_part
from gateway.enrolment.errors import SealingFailed
from gateway.enrolment.packet_chain import ChainRestart, PacketChain
from gateway.enrolment.packet_statement import capture_manifests, packet_statement
from gateway.enrolment.ports import PacketPart, SealedPacket
from gateway.enrolment.statement import EnrolmentStatement
from gateway.packet import (
    AuditHead,
    PacketReport,
    Recipient,
    SignerUnknown,
    read_packet_front,
    remove_unfinished,
    seal_packet,
    verify_packet,
)
from gateway.packet import PacketPart as SealedPart
from gateway.packet.chunks import TAG_BYTES
from gateway.trust import Manifest, SignedTime, Signer, TrustAnchors, boot_id, time_now
from gateway.trust.stated_values import NAME

FOLDER = "packets"
"""Of the state folder."""


class NoRecipient(SealingFailed):
    """Nobody is named who could open a packet."""

    reason = "NO_RECIPIENT"


class PacketSealer:
    """Seals enrolments into packets of a folder; a `Sealer`, safe in any thread of the one process that has the folder.

    Parameters
    ----------
    chain : PacketChain
    recipients : sequence of Recipient
    key : Signer
    audit_head : callable
        The end of the audit trail, or None where there is none.
    clock, boot : callable
        The time, judged, and the boot that it counts from.
    """

    def __init__(
        self,
        chain: PacketChain,
        recipients: Sequence[Recipient],
        key: Signer,
        audit_head: Callable[[], AuditHead | None],
        clock: Callable[[], SignedTime],
        boot: Callable[[], str],
        on_sealed: Callable[[SealedPacket], None] = lambda _: None,
    ) -> None:
        self._chain = chain
        self._recipients = tuple(recipients)
        self._key = key
        self._audit_head = audit_head
        self._clock = clock
        self._boot = boot
        self._on_sealed = on_sealed
        self._lock = threading.Lock()

    @classmethod
    def open(
        cls,
        folder: Path,
        recipients: Sequence[Recipient],
        key: Signer,
        *,
        audit_head: Callable[[], AuditHead | None] = lambda: None,
        clock: Callable[[], SignedTime] = time_now,
        boot: Callable[[], str] = boot_id,
        on_sealed: Callable[[SealedPacket], None] = lambda _: None,
    ) -> Self:
        """The packets of a folder, which is made where it is missing; what a power cut left of one is cleared away.

        Parameters
        ----------
        folder : Path
            `STATE/packets`; the caller holds the state folder's lock.
        recipients : sequence of Recipient
            Who can open the packets; with none, sealing is refused.
        key : Signer
            The gateway's.
        on_sealed : callable, optional
            Told of each new packet, in the thread that sealed it; must not raise.

        Raises
        ------
        OSError
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        remove_unfinished(folder)
        return cls(PacketChain.open(folder), recipients, key, audit_head, clock, boot, on_sealed)

    @property
    def restarts(self) -> tuple[ChainRestart, ...]:
        """Chains that had to be begun anew: for an administrator, and the centre."""
        return self._chain.restarts

    def path(self, packet_id: str) -> Path:
        """Where the packet of that id is, or would be."""
        return self._chain.path(_checked(packet_id))

    def check_ready(self) -> None:
        """Whether a packet could be sealed now: before a person is asked for anything.

        Raises
        ------
        NoRecipient, KeyProblem
        """
        self._check_recipients()
        self._key.check_ready(self._clock())

    def seal(self, packet_id: str, statement: EnrolmentStatement, parts: Sequence[PacketPart]) -> SealedPacket:
        """See `Sealer`. A whole packet of that id is given as it is; one that is not is replaced.

        Raises
        ------
        NoRecipient
            Nobody could open it.
        KeyProblem
            The gateway's key cannot sign now.
        PacketError
            The packet cannot be made of this; DiskFull, whose `reason` is SPOOL_FULL, where there is no room.
        SealingFailed
            A record is not what it says.
        OSError
            The folder cannot be written; ENOSPC where there is no room.
        """
        if packet_id != statement.packet_id:
            raise ValueError("the statement is that of another packet")
        with self._lock:
            place = self._chain.next_place()
            found = self._found(packet_id)
            if found is not None:
                return found
            self._check_recipients()
            key = self._key.current()
            manifests = capture_manifests(parts)
            made = packet_statement(
                statement, manifests, key.gateway_id, self._clock(), self._boot(), self._audit_head()
            )
            hidden = self._chain.hidden(packet_id)
            hidden.unlink(missing_ok=True)
            small, large = _parts(parts, manifests, made.time)
            sealed = seal_packet(hidden, made, [*small, *large], self._recipients, key, place)
            early_bytes = _early_bytes(hidden, sealed.size, sum(part.size for part in large))
            self._chain.publish(sealed, place)
        packet = SealedPacket(packet_id, sealed.sha256, sealed.size, early_bytes)
        self._on_sealed(packet)
        return packet

    def find(self, packet_id: str) -> SealedPacket | None:
        """The packet of that id, if it is there and as this gateway sealed it; every byte of it is read.

        Raises
        ------
        SignerUnknown
            It is whole, but by a key that this gateway does not know: neither to be believed nor to be replaced.
        OSError
            It cannot be read.
        """
        _checked(packet_id)
        with self._lock:
            self._chain.next_place()  # a packet that has its number but not its name yet gets that
            return self._found(packet_id)

    def _found(self, packet_id: str) -> SealedPacket | None:
        path = self._chain.path(_checked(packet_id))
        anchors = TrustAnchors.from_pem(self._key.trust_bundle().certificates_pem)
        try:
            report = verify_packet(path, anchors)
        except FileNotFoundError:
            return None
        if report.header is None or report.sha256 is None or not _whole(report):
            return None
        if report.header.packet_id != packet_id:
            return None
        return SealedPacket(packet_id, report.sha256, path.stat().st_size)

    def _check_recipients(self) -> None:
        if not self._recipients:
            raise NoRecipient(
                "No centre is named that could open a packet.",
                "Put the centre's public key or certificate (EC P-256) into the configuration, and start again.",
            )


def _whole(report: PacketReport) -> bool:
    """Whether every byte is as it was sealed; what became of the key or the clock since does not matter to that."""
    failed = {check.name for check in report.failures} - {"time"}
    if failed - {"trusted_key"}:
        return False
    if isinstance(report.fault, SignerUnknown):
        raise report.fault
    return True


def _checked(packet_id: str) -> str:
    if not NAME.fullmatch(packet_id):
        raise ValueError("a packet's id is 1 to 128 of A-Z a-z 0-9 . _ -, the first a letter or a digit")
    return packet_id


_SMALL_ENDS = (".manifest.jws", ".fmr", ".ric", "-photo.jpg", "-photo.png")
"""Of names: manifests, minutiae, iris codes, photos beside exceptions."""
_SIGNATURE = "signature."


def _parts(
    parts: Sequence[PacketPart], manifests: Mapping[str, Manifest], time: SignedTime
) -> tuple[list[SealedPart], list[SealedPart]]:
    """What is small, and what follows it: the images, then the records once more as CBEFF; else in the order given.

    A packet that is cut off in the middle of its way has then brought what a search for duplicates needs.
    """
    small = [_part(part) for part in parts if _is_small(part.name)]
    images = [_part(part) for part in parts if not _is_small(part.name)]
    wrapped = (cbeff_part(part, manifests.get(part.name.split(".")[0]), time.wall) for part in parts)
    return small, [*images, *(each for each in wrapped if each is not None)]


def _is_small(name: str) -> bool:
    return name.endswith(_SMALL_ENDS) or name.startswith(_SIGNATURE)


def _early_bytes(path: Path, size: int, large_bytes: int) -> int:
    """Where in a packet's file the chunk ends that holds the last small part."""
    header, _ = read_packet_front(path)
    chunk = header.chunk_bytes + TAG_BYTES
    front = size - header.content_bytes - TAG_BYTES * header.chunk_count
    return min(size, front + chunk * -(-(header.content_bytes - large_bytes) // header.chunk_bytes))


def _part(part: PacketPart) -> SealedPart:
    return SealedPart(part.name, part.media_type, part.size, part.sha256, lambda: BytesIO(part.read()))

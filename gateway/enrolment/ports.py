"""What an enrolment needs of other rooms, as protocols: they are given to it, it imports none of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from gateway.enrolment.statement import EnrolmentStatement
from gateway.eye import EyePosition
from gateway.finger import FingerPosition, FingerTemplate
from gateway.guidance import LocalizedText
from gateway.iris import IrisCode
from gateway.spool import Blob, CaptureUnknown, Spool, SpoolError


class Cipher(Protocol):
    """Encrypts small values for this gateway alone, under a key that does not lie on the disk in the clear."""

    def encrypt(self, plain: bytes, aad: bytes) -> bytes:
        """Authenticated encryption; `aad` has to be given again to decrypt."""
        ...

    def decrypt(self, sealed: bytes, aad: bytes) -> bytes:
        """The plain bytes; ValueError where the bytes, the key or `aad` are others."""
        ...


@dataclass(frozen=True)
class CapturedBytes:
    """A capture as it is stored."""

    capture_id: str
    jws: bytes
    blobs: tuple[Blob, ...]


class StoredCaptures(Protocol):
    """Where captures are read from; any thread may call."""

    def get(self, capture_id: str) -> CapturedBytes | None:
        """The capture, or None where none of that id is stored, or where the disk gives back other bytes."""
        ...


class CaptureEraser(Protocol):
    """Erases captures that a packet holds, or that an abandoned enrolment leaves."""

    def erase(self, capture_ids: Sequence[str]) -> None:
        """Erase each; one that is gone already is no error. What it raises is tried again at the next start."""
        ...


@dataclass(frozen=True)
class PacketPart:
    """One part of a packet; its bytes are read when they are needed."""

    name: str
    """`right-index.image.fir`: letters, digits, dots and hyphens, unique within the packet."""
    media_type: str
    size: int
    sha256: str
    read: Callable[[], bytes]
    """The content; EnrolmentError where it cannot be read any more or is not what the digest says."""


@dataclass(frozen=True)
class SealedPacket:
    """A packet that is on the disk, whole."""

    packet_id: str
    sha256: str
    """Of the file, hexadecimal."""
    size: int
    early_bytes: int = field(default=0, compare=False)
    """Where in the file the chunk ends that holds the last of the small parts: sent first, they let a centre search
    before the images arrive. 0 where it was not sealed just now, and nobody can tell."""


class Sealer(Protocol):
    """Writes packets; any thread may call, for different packets at once."""

    def seal(self, packet_id: str, statement: EnrolmentStatement, parts: Sequence[PacketPart]) -> SealedPacket:
        """Write the packet of that id durably: when this returns it is on the disk, and whole under its name.

        A torn file of an earlier attempt is replaced. What is raised leaves no packet.

        Raises
        ------
        OSError
            ENOSPC where the disk is full.
        Exception
            Any other; the enrolment stays open.
        """
        ...

    def find(self, packet_id: str) -> SealedPacket | None:
        """The packet of that id if it is there and whole, which is checked; a torn one is none."""
        ...


@dataclass(frozen=True)
class AuditEntry:
    """What is told to the audit trail: no biometric data, no NIK."""

    event_id: str
    """The same when an entry is told again after a crash."""
    action: str
    """`enrolment.created`, `enrolment.sealed`, ..."""
    enrolment_id: str
    actor: str
    details: Mapping[str, str]


class AuditTrail(Protocol):
    """Takes entries in order."""

    def append(self, entry: AuditEntry) -> None:
        """Write it durably; one whose `event_id` was taken already is left out. What is raised is tried again."""
        ...


@dataclass(frozen=True)
class DuplicateHit:
    """Somebody who was recorded before and looks like this person."""

    enrolment_id: str
    recorded_at: str
    """UTC, RFC 3339."""
    operator: str
    score: float
    """Of the fused comparison."""
    fmr: float
    """At most this share of other people would reach the score."""
    gateway_id: str = ""
    """The office that recorded the person, this one or a neighbour; empty where that is not known."""
    strength: LocalizedText | None = None
    """How sure it is, in words; None where that is not known."""
    exchanged: bool = False
    """They fit with right and left exchanged: one of the two has the hands, or the eyes, the wrong way round."""


class DuplicateSearch(Protocol):
    """Searches everybody recorded here; any thread may call."""

    def search(
        self, fingers: Mapping[FingerPosition, FingerTemplate], eyes: Mapping[EyePosition, IrisCode]
    ) -> Sequence[DuplicateHit]:
        """Who was recorded before, the most alike first; none is an answer.

        Raises
        ------
        NotComparable
            This person cannot be compared with anybody.
        Exception
            Any other: nobody can be searched for now.
        """
        ...

    def remember(
        self,
        enrolment_id: str,
        fingers: Mapping[FingerPosition, FingerTemplate],
        eyes: Mapping[EyePosition, IrisCode],
        operator: str,
        retention_days: int,
    ) -> None:
        """Keep the person for later searches; told again after a crash, with the same id, it keeps one."""
        ...


class CardHolding(Protocol):
    """Keeps what a card needs of a person from the seal until the card is made; any thread may call."""

    def wants(self, profile_id: str) -> bool:
        """Whether people who are recorded by that profile get a card here."""
        ...

    def keep(
        self,
        enrolment_id: str,
        reference: str,
        portrait: bytes | None,
        signature: bytes | None,
        fingers: Mapping[FingerPosition, FingerTemplate],
        scores: Mapping[FingerPosition, int],
        supplements: str,
    ) -> None:
        """Keep it durably; told again under the same id, the later stands. What it raises leaves the enrolment open.

        A supplement has no reference, and names the enrolment that it belongs to.
        """
        ...

    def forget(self, enrolment_id: str) -> bool:
        """Erase what is kept under that id; nothing there is no error."""
        ...


class SpoolCaptures:
    """The captures of the spool."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool

    def get(self, capture_id: str) -> CapturedBytes | None:
        """See `StoredCaptures`."""
        stored = self._spool.get(capture_id)
        if stored is None:
            return None
        try:
            return CapturedBytes(capture_id, stored.jws, self._spool.blobs(capture_id))
        except (CaptureUnknown, SpoolError):
            return None

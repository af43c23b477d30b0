"""A packet on its way to the centre, as the queue knows it."""

from dataclasses import dataclass
from enum import StrEnum

from gateway.centre import PacketNotice


class PacketState(StrEnum):
    """Where a packet stands on its way."""

    WAITING = "waiting"
    """The centre has none of its bytes."""
    PARTIAL = "partial"
    """It has some, or all and has not signed for them yet."""
    RECEIVED = "received"
    """It signed a receipt; the file is kept for the time of grace."""
    ERASED = "erased"
    """The receipt is kept, the file is gone."""
    QUARANTINED = "quarantined"
    """It was refused again and again, or is damaged: a person has to look at it. The file is kept."""
    RELEASED = "released"
    """A person decided that it does not leave from here. The file is kept."""
    MISSING = "missing"
    """Its file is gone without a receipt."""


UNDER_WAY = frozenset({PacketState.WAITING, PacketState.PARTIAL})
"""What still has to leave."""
HELD = frozenset({*UNDER_WAY, PacketState.QUARANTINED, PacketState.RELEASED, PacketState.RECEIVED})
"""What has its file here."""


@dataclass(frozen=True)
class QueuedPacket:
    """One packet; times are in counted seconds (`gateway.elapsed`)."""

    number: int
    """In the order in which they came; never by the wall clock."""
    notice: PacketNotice
    early_bytes: int
    """Where in the file the small parts end."""
    state: PacketState
    added_s: float
    offered: bool = False
    """The centre was told of it, and what it said holds."""
    acknowledged: int = 0
    """Bytes that the centre says it has."""
    attempts: int = 0
    """In a row without progress."""
    refusals: int = 0
    not_before_s: float = 0.0
    reason: str = ""
    """Code of the last refusal, or of why it stands in quarantine."""
    words: str = ""
    received_s: float | None = None
    """When the receipt came."""

    @property
    def packet_id(self) -> str:
        """As in the notice."""
        return self.notice.packet_id

    @property
    def left_bytes(self) -> int:
        """That the centre does not have yet."""
        return self.notice.size - self.acknowledged

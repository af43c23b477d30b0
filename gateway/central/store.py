"""What a centre remembers, and what it asks of whatever remembers it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from gateway.centre import Announcement, EnrolmentStatus
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from gateway.central.chain_forks import ChainFork


@dataclass(frozen=True)
class RegisteredGateway:
    """A gateway whose packets are taken."""

    gateway_id: str
    bundle_pem: str
    """Its trust bundle: the keys that it signs packets with."""
    added: datetime
    last_sequence: int
    """Of the answers for it."""


@dataclass(frozen=True)
class VerifiedPacket:
    """A packet whose file lies under its name, durably, and is what it says."""

    gateway_id: str
    packet_id: str
    sha256: str
    size: int
    chain_id: str
    chain_sequence: int
    digest: str
    """The packet digest, by which the next of its chain names it."""
    remarks: str = ""
    """What was doubted and did not stand against it."""
    previous: str = ""
    """The packet digest of the one before it in its chain, as it says itself; empty for the first."""


@dataclass(frozen=True)
class StoredPacket:
    """A packet that the centre holds."""

    gateway_id: str
    packet_id: str
    sha256: str
    size: int
    chain_id: str
    chain_sequence: int
    digest: str
    remarks: str
    received: datetime
    ordinal: int
    """Its place among all that the store was told."""
    receipt_sequence: int
    """Of its receipt, among the answers for its gateway."""
    status: EnrolmentStatus
    status_at: datetime


@dataclass(frozen=True)
class StoredAnswer:
    """A receipt or a status, not signed yet: it is whenever it is given out."""

    gateway_id: str
    sequence: int
    packet_id: str
    sha256: str
    size: int
    status: EnrolmentStatus | None
    """None: it is the receipt."""
    at: datetime
    words: LocalizedText


@dataclass(frozen=True)
class Reception:
    """What became of packets that were told to the store together."""

    ordinal: int
    """Up to which the store was told."""
    packets: tuple[StoredPacket | None, ...]
    """In their order: as stored now, or before where the same came already (look at `sha256`: another of that name
    stays); None where the gateway is not registered any more."""
    forks: "tuple[ChainFork, ...]" = ()
    """Of their chains, those that showed just now."""


class CentreStore(Protocol):
    """The durable memory of a centre; safe in any thread, every call blocks.

    All calls raise `StoreError`: `StoreFull`, `StoreUnavailable`, or that it cannot be used. A change is durable when
    the call returns, or not there at all; all changes can be told twice.
    """

    def ordinal(self) -> int:
        """How many changes with a receipt or a status it holds: it only grows, unless the store was put back."""
        ...

    def gateway(self, gateway_id: str) -> RegisteredGateway | None:
        """A gateway that is registered."""
        ...

    def gateways(self) -> Sequence[RegisteredGateway]:
        """All that are registered, by id."""
        ...

    def register(self, gateway_id: str, bundle_pem: str, at: datetime) -> None:
        """Take packets of a gateway from now on; another bundle takes the place of the one before."""
        ...

    def unregister(self, gateway_id: str) -> bool:
        """Take no more of it; what was received stays. False where it was not registered."""
        ...

    def packets(self, gateway_id: str, packet_ids: Sequence[str]) -> dict[str, StoredPacket]:
        """Those of a gateway that are held, by id."""
        ...

    def packets_named(self, packet_id: str) -> Sequence[StoredPacket]:
        """Packets of that id, of any gateway."""
        ...

    def newest_packets(self, gateway_id: str | None, limit: int) -> Sequence[StoredPacket]:
        """The newest, of one gateway or of all, newest first."""
        ...

    def packets_with(self, status: EnrolmentStatus, after: int, limit: int) -> Sequence[StoredPacket]:
        """Packets of a status beyond an ordinal, oldest first."""
        ...

    def counts(self) -> dict[EnrolmentStatus, int]:
        """Packets by status."""
        ...

    def receive(self, packets: Sequence[VerifiedPacket], at: datetime, mark: int) -> Reception:
        """Hold packets, all in one: each gets a receipt and the status RECEIVED_AT_CENTRAL.

        Parameters
        ----------
        packets : sequence of VerifiedPacket
        at : datetime
            UTC, whole milliseconds.
        mark : int
            The ordinal that the store had at least.

        Raises
        ------
        StoreWentBack
            It has a smaller one.
        """
        ...

    def set_status(
        self, packet: StoredPacket, status: EnrolmentStatus, at: datetime, words: LocalizedText, mark: int
    ) -> int | None:
        """Move a packet on, with an answer for its gateway; the ordinal, or None where it has that status already.

        Raises
        ------
        StoreWentBack
        """
        ...

    def chain_forks(self, gateway_id: str | None, limit: int) -> "Sequence[ChainFork]":
        """Places of chains that more than one packet claims, of one gateway or of all, the newest found first."""
        ...

    def count_forks(self) -> int:
        """How many such places there are."""
        ...

    def last_sequence(self, gateway_id: str) -> int:
        """Of the answers for a gateway; 0 where there is none."""
        ...

    def answers(self, gateway_id: str, after: int, limit: int) -> Sequence[StoredAnswer]:
        """Answers for a gateway beyond a sequence, oldest first."""
        ...

    def announce(self, announcement: Announcement) -> None:
        """Keep an announcement."""
        ...

    def announcements(self, limit: int) -> Sequence[Announcement]:
        """The newest, newest first."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...

"""What the national search says of a packet: an interface, and a stub that stands in its place.

The centre cannot open packets unless it is given the private key that they are sealed to, and the stub never does: it
compares nobody. A real centre puts its own search behind `DuplicateSearch`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from gateway.central.ledger import Ledger
from gateway.central.store import CentreStore, StoredPacket
from gateway.centre import EnrolmentStatus
from gateway.guidance import LocalizedText

AFTER_SEARCH = frozenset(
    {
        EnrolmentStatus.PRINT_READY_RECORD,
        EnrolmentStatus.DUPLICATE_RECORD,
        EnrolmentStatus.ADJUDICATE_RECORD,
        EnrolmentStatus.SEARCH_FAILURE_AT_CENTRAL,
        EnrolmentStatus.ENROLL_FAILURE_AT_CENTRAL,
        EnrolmentStatus.ENROLL_FAILURE_AT_REGIONAL,
    }
)
"""What a search may find."""
_PAGE = 200


@dataclass(frozen=True)
class SearchFinding:
    """What the search found."""

    status: EnrolmentStatus
    """One of `AFTER_SEARCH`."""
    words: LocalizedText = field(default=LocalizedText(id="", en=""))
    """What the office should know; never data of another person."""


class DuplicateSearch(Protocol):
    """Searches everybody who was recorded for the person of a packet; called in a thread, one packet at a time."""

    def find(self, packet: StoredPacket, path: Path, now: datetime) -> SearchFinding | None:
        """What was found of a packet whose file is `path`; None where there is no answer yet: it is asked again."""
        ...


@dataclass(frozen=True)
class StubSearch:
    """Answers by configuration, and looks at nothing.

    Parameters
    ----------
    status : EnrolmentStatus, optional
        Of every packet that `by_packet` does not name; None leaves them to people (`rekam central status set`).
    after : timedelta
        How long after its reception.
    by_packet : mapping of str to EnrolmentStatus
        By packet id.
    """

    status: EnrolmentStatus | None = None
    after: timedelta = timedelta(0)
    by_packet: Mapping[str, EnrolmentStatus] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        for status in (self.status, *self.by_packet.values()):
            if status is not None and status not in AFTER_SEARCH:
                raise ValueError(f"{status} is nothing that a search finds")

    @property
    def answers(self) -> bool:
        """Whether it ever does."""
        return self.status is not None or bool(self.by_packet)

    def find(self, packet: StoredPacket, path: Path, now: datetime) -> SearchFinding | None:
        """What is configured."""
        status = self.by_packet.get(packet.packet_id, self.status)
        if status is None or now - packet.received < self.after:
            return None
        return SearchFinding(status)


def search_waiting(store: CentreStore, ledger: Ledger, search: DuplicateSearch, folder: Path) -> int:
    """Ask the search for every packet that waits for it; how many moved on.

    Parameters
    ----------
    store : CentreStore
    ledger : Ledger
    search : DuplicateSearch
    folder : Path
        Of packets that are held.

    Raises
    ------
    StoreError, StateUnusable
    """
    moved, after = 0, 0
    while page := store.packets_with(EnrolmentStatus.RECEIVED_AT_CENTRAL, after, _PAGE):
        for packet in page:
            now = datetime.now(UTC)
            found = search.find(packet, folder / packet.gateway_id / f"{packet.packet_id}.rekam", now)
            if found is not None:
                at = now.replace(microsecond=now.microsecond // 1000 * 1000)
                ordinal = store.set_status(packet, found.status, at, found.words, ledger.mark)
                if ordinal is not None:
                    ledger.reached(ordinal)
                    moved += 1
        after = page[-1].ordinal
    return moved

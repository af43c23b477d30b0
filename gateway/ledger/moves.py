"""Which status follows which: pure, and the same whatever order, however often and by whichever way answers came."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.centre import EnrolmentStatus
from gateway.elapsed import Moment
from gateway.guidance import LocalizedText


class Source(StrEnum):
    """Who says that a status holds."""

    OFFICE = "office"
    """This gateway, of its own work."""
    CENTRE = "centre"
    """A signed answer, over the way out."""
    STICK = "stick"
    """The same, carried by hand."""
    BY_HAND = "by_hand"
    """A person at the desk."""


@dataclass(frozen=True)
class Transition:
    """One word on where an enrolment stands."""

    number: int
    """In the order in which they came here."""
    status: EnrolmentStatus
    source: Source
    noted: Moment
    """When it came here."""
    packet_id: str = ""
    ledger_id: str = ""
    """Of the centre's answer, with `sequence`; empty of others."""
    sequence: int = 0
    at: datetime | None = None
    """By the centre's clock; None of others."""
    words: LocalizedText | None = None
    """The centre's."""
    by: str = ""
    """The operator, of what was said by hand."""


class Verdict(StrEnum):
    """What a word does to the status that holds."""

    MOVED = "moved"
    SAME = "same"
    LATE = "late"
    """It was overtaken: no harm."""
    CONFLICT = "conflict"
    """It cannot follow what holds: kept, and told; what holds stays."""


@dataclass(frozen=True)
class Standing:
    """Where an enrolment stands by all that was said."""

    status: EnrolmentStatus
    since: Transition
    """The word that brought it there."""
    conflicts: tuple[Transition, ...]


_S = EnrolmentStatus
VERDICTS = frozenset(
    {
        _S.PRINT_READY_RECORD,
        _S.DUPLICATE_RECORD,
        _S.ADJUDICATE_RECORD,
        _S.ENROLL_FAILURE_AT_REGIONAL,
        _S.ENROLL_FAILURE_AT_CENTRAL,
        _S.SEARCH_FAILURE_AT_CENTRAL,
    }
)
"""What the centre's search comes to."""
_FAILURES = frozenset({_S.ENROLL_FAILURE_AT_REGIONAL, _S.ENROLL_FAILURE_AT_CENTRAL, _S.SEARCH_FAILURE_AT_CENTRAL})
_RANKS = {
    _S.UNREGISTERED: 0,
    _S.BIO_CAPTURED: 1,
    _S.PROCESSING: 2,
    _S.SENT_FOR_ENROLLMENT: 3,
    _S.RECEIVED_AT_CENTRAL: 4,
    **dict.fromkeys(VERDICTS, 5),
    _S.CARD_PRINTED: 6,
    _S.CARD_SHIPPED: 7,
    _S.CARD_ISSUED: 8,
}
_AFTER_VERDICT = {
    _S.ADJUDICATE_RECORD: VERDICTS,
    # Somebody at the centre looked again: a duplicate that was none, a search that was done anew.
    _S.DUPLICATE_RECORD: frozenset({_S.PRINT_READY_RECORD, _S.ADJUDICATE_RECORD}),
    **dict.fromkeys(_FAILURES, VERDICTS),
    _S.PRINT_READY_RECORD: frozenset[EnrolmentStatus](),
}
"""Verdicts that may follow a verdict."""
FINAL = frozenset({_S.CARD_ISSUED})
"""Nothing is waited for any more."""
_PLACES = {Source.OFFICE: 0, Source.CENTRE: 1, Source.STICK: 1, Source.BY_HAND: 2}


def verdict_on(current: EnrolmentStatus, said: EnrolmentStatus) -> Verdict:
    """What `said` does where `current` holds, said in good order."""
    if said is current:
        return Verdict.SAME
    if said in VERDICTS and current in VERDICTS:
        return Verdict.MOVED if said in _AFTER_VERDICT[current] else Verdict.CONFLICT
    if _RANKS[said] > _RANKS[current]:
        # Nobody gets a card for a record that another one has already.
        return Verdict.CONFLICT if current is _S.DUPLICATE_RECORD else Verdict.MOVED
    if said in VERDICTS and said is not _S.PRINT_READY_RECORD:
        return Verdict.CONFLICT  # the card is made, and the centre doubts the record
    return Verdict.LATE


def in_good_order(transitions: Iterable[Transition]) -> list[Transition]:
    """What was said, in the order in which it holds: the office's own, the centre's by their numbers, then what was
    said by hand. The same answer twice, by whichever way, is one."""
    arrived = sorted(transitions, key=lambda each: each.number)
    ledgers: dict[str, int] = {}
    seen: set[tuple[str, int, EnrolmentStatus]] = set()
    found = []
    for each in arrived:
        if each.ledger_id:
            ledgers.setdefault(each.ledger_id, len(ledgers))
            place = (each.ledger_id, each.sequence, each.status)
            if place in seen:
                continue
            seen.add(place)
        found.append(each)
    return sorted(
        found,
        key=lambda each: (_PLACES[each.source], ledgers.get(each.ledger_id, -1), each.sequence, each.number),
    )


def standing_of(transitions: Sequence[Transition]) -> Standing:
    """Where an enrolment stands.

    A function of what was said alone: within one ledger of the centre the order of coming changes nothing.

    Raises
    ------
    ValueError
        Nothing was said.
    """
    first, *others = in_good_order(transitions)
    since, conflicts = first, []
    for each in others:
        match verdict_on(since.status, each.status):
            case Verdict.MOVED:
                since = each
            case Verdict.CONFLICT:
                conflicts.append(each)
            case Verdict.SAME | Verdict.LATE:
                continue
    return Standing(since.status, since, tuple(conflicts))

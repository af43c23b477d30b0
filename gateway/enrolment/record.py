"""An enrolment as its journal tells it: the events applied one after another."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from gateway.enrolment.event import (
    Abandoned,
    Approved,
    CaptureAdded,
    CaptureRemoved,
    Created,
    DuplicatesChecked,
    Event,
    ExceptionAdded,
    ExceptionWithdrawn,
    ImageAdded,
    Paused,
    Resumed,
    Sealed,
    Sealing,
    SealingGivenUp,
)
from gateway.enrolment.mix_ups import MixUpWarning
from gateway.enrolment.ports import SealedPacket
from gateway.enrolment.statement import ClockNote
from gateway.enrolment.values import EnrolmentState, ExceptionReason
from gateway.trust import ClockQuality, SignedTime

CLOCK_STEP_S = 2.0
"""A wall clock that moves by more against the clock since boot was set; slewing moves it by 0.05 % at most."""


@dataclass(frozen=True)
class Entry:
    """One line of the journal."""

    version: int
    """Of the enrolment after it, from 1."""
    event: Event
    time: SignedTime
    boot_id: str


@dataclass(frozen=True)
class Missing:
    """A unit that is missing."""

    reason: ExceptionReason
    by: str
    approved_by: str = ""
    detail: str = ""
    photo: str = ""
    photo_size: int = 0
    photo_sha256: str = ""
    capture_id: str = ""


@dataclass(frozen=True)
class Searched:
    """The last search for duplicates."""

    event: DuplicatesChecked
    time: SignedTime
    current: bool = True
    approved_by: str = ""

    @property
    def waits(self) -> bool:
        """Whether a supervisor has something to approve: who was found, or that nobody could be compared."""
        not_checked = self.current and self.event.not_checked is not None
        return (bool(self.event.hits) or not_checked) and not self.approved_by


@dataclass(frozen=True)
class Record:
    """The state of one enrolment; changed by `applied` alone."""

    enrolment_id: str
    version: int
    created: Created
    started: SignedTime
    last: Entry
    state: EnrolmentState = EnrolmentState.OPEN
    ended: SignedTime | None = None
    captures: tuple[CaptureAdded, ...] = ()
    """Those that count, in order."""
    removed: Mapping[str, tuple[CaptureAdded, str]] = field(default_factory=dict)
    """Those that do not any more, and why."""
    missing: Mapping[str, Missing] = field(default_factory=dict)
    """By unit."""
    images: Mapping[str, ImageAdded] = field(default_factory=dict)
    warnings: tuple[MixUpWarning, ...] = ()
    settled: Mapping[str, str] = field(default_factory=dict)
    """Who approved a warning, by its id; a supervisor's word on one that is gone stays for the statement."""
    accepted: Mapping[str, str] = field(default_factory=dict)
    """Who approved a capture below its threshold, by capture and part, `CAPTURE/PART`."""
    searched: Searched | None = None
    """The last search for duplicates, also one in which nobody could be compared."""
    intent: Sealing | None = None
    """A seal that was begun, and of whose end the journal says nothing."""
    packet_id: str = ""
    """Of the first attempt to seal; every later one takes it again."""
    packet: SealedPacket | None = None
    abandoned_reason: str = ""
    clock_notes: tuple[ClockNote, ...] = ()
    boot_ids: tuple[str, ...] = ()
    requests: frozenset[str] = frozenset()
    """Those that were done."""

    def capture(self, capture_id: str) -> CaptureAdded | None:
        """The capture of that id if it counts."""
        return next((each for each in self.captures if each.capture_id == capture_id), None)


def replayed(enrolment_id: str, entries: Iterable[Entry]) -> Record:
    """The record that a journal tells.

    Raises
    ------
    ValueError
        There is no entry, the first is not `Created`, or one is missing.
    """
    record: Record | None = None
    for entry in entries:
        record = began(enrolment_id, entry) if record is None else applied(record, entry)
    if record is None:
        raise ValueError("the journal holds no entry")
    return record


def began(enrolment_id: str, entry: Entry) -> Record:
    """The record after its first entry."""
    if not isinstance(entry.event, Created) or entry.version != 1:
        raise ValueError("the journal does not begin with its first entry")
    return Record(enrolment_id, 1, entry.event, entry.time, entry, boot_ids=(entry.boot_id,))


def applied(record: Record, entry: Entry) -> Record:
    """The record after one more entry."""
    if entry.version != record.version + 1:
        raise ValueError(f"entry {entry.version} follows entry {record.version}")
    note = clock_note(record.last, entry)
    boots = record.boot_ids if record.boot_ids[-1] == entry.boot_id else (*record.boot_ids, entry.boot_id)
    return replace(
        _changed(record, entry),
        version=entry.version,
        last=entry,
        boot_ids=boots,
        requests=record.requests | {entry.event.request} if entry.event.request else record.requests,
        clock_notes=record.clock_notes if note is None else (*record.clock_notes, note),
    )


def clock_note(before: Entry, after: Entry) -> ClockNote | None:
    """How the wall clock moved against the clock since boot, where it did; order is never taken from it."""
    wall_s = (after.time.wall - before.time.wall).total_seconds()
    restart = before.boot_id != after.boot_id
    # Across a restart nothing says how long the machine was off: any time forward is possible.
    jump_s = min(wall_s, 0.0) if restart else wall_s - (after.time.since_boot_s - before.time.since_boot_s)
    # A clock that is being synchronised for the first time may be set once; that is a jump all the same.
    known = [time.uncertainty_s or 0.0 for time in (before.time, after.time) if time.quality is ClockQuality.HOLDOVER]
    if abs(jump_s) <= CLOCK_STEP_S + sum(known):
        return None
    return ClockNote(after.version, round(jump_s, 3), restart)


def _changed(record: Record, entry: Entry) -> Record:
    match entry.event:
        case CaptureAdded() as event:
            return _capture_added(record, event)
        case CaptureRemoved() as event:
            return _without(replace(_searched_before(record), warnings=event.warnings), event.capture_id, event.reason)
        case ExceptionAdded() as event:
            return _exception_added(record, event)
        case ExceptionWithdrawn() as event:
            return replace(record, missing={k: v for k, v in record.missing.items() if k not in event.units})
        case Approved() as event:
            return _approved(record, event)
        case ImageAdded() as event:
            missing = {unit: why for unit, why in record.missing.items() if unit != event.part}
            return replace(record, images={**record.images, event.part: event}, missing=missing)
        case DuplicatesChecked() as event:
            return replace(record, searched=Searched(event, entry.time))
        case _:
            return _state_changed(record, entry)


def _state_changed(record: Record, entry: Entry) -> Record:
    match entry.event:
        case Paused():
            return replace(record, state=EnrolmentState.PAUSED)
        case Resumed():
            return replace(record, state=EnrolmentState.OPEN)
        case Sealing() as event:
            return replace(record, intent=event, packet_id=event.statement.packet_id)
        case SealingGivenUp():
            return replace(record, intent=None)
        case Sealed() as event:
            packet = SealedPacket(event.packet_id, event.sha256, event.size)
            return replace(record, intent=None, packet=packet, state=EnrolmentState.SEALED, ended=entry.time)
        case Abandoned() as event:
            reason = event.reason
            return replace(record, state=EnrolmentState.ABANDONED, ended=entry.time, abandoned_reason=reason)
        case _:
            raise ValueError("an enrolment begins once")


def _searched_before(record: Record) -> Record:
    """Another sample: the last search for duplicates saw another person, perhaps."""
    return record if record.searched is None else replace(record, searched=replace(record.searched, current=False))


def _without(record: Record, capture_id: str, reason: str) -> Record:
    gone = record.capture(capture_id)
    if gone is None:
        return record
    # What the capture said of missing units goes with it.
    missing = {unit: why for unit, why in record.missing.items() if why.capture_id != capture_id}
    return replace(
        record,
        captures=tuple(each for each in record.captures if each is not gone),
        removed={**record.removed, capture_id: (gone, reason)},
        missing=missing,
    )


def _capture_added(record: Record, event: CaptureAdded) -> Record:
    if event.part != "portrait":  # nobody is searched for by it
        record = _searched_before(record)
    if event.replaces:
        record = _without(record, event.replaces, f"replaced by {event.capture_id}")
    # What is captured is not missing.
    missing = {unit: why for unit, why in record.missing.items() if unit not in event.scores}
    for unit, reason in event.missing.items():
        known = missing.get(unit)
        # A slap states again what an exception of the same reason said before, perhaps with a supervisor's approval.
        if known is None or known.capture_id or known.reason is not reason:
            missing[unit] = Missing(reason, event.actor, capture_id=event.capture_id)
    # A portrait that was captured is in the place of an image that was added.
    images = {part: image for part, image in record.images.items() if part not in event.scores}
    return replace(record, captures=(*record.captures, event), images=images, missing=missing, warnings=event.warnings)


def _exception_added(record: Record, event: ExceptionAdded) -> Record:
    missing = Missing(
        event.reason,
        event.actor,
        event.approver,
        event.detail,
        event.photo,
        event.photo_size,
        event.photo_sha256,
    )
    return replace(record, missing={**record.missing, **dict.fromkeys(event.units, missing)})


def _approved(record: Record, event: Approved) -> Record:
    missing = {
        unit: replace(why, approved_by=event.actor) if unit in event.units else why
        for unit, why in record.missing.items()
    }
    searched = record.searched
    if event.duplicates and searched is not None:
        searched = replace(searched, approved_by=event.actor)
    return replace(
        record,
        missing=missing,
        searched=searched,
        settled={**record.settled, **dict.fromkeys(event.warnings, event.actor)},
        accepted={**record.accepted, **dict.fromkeys(event.captures, event.actor)},
    )

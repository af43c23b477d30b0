"""An enrolment as it is shown: its state, its parts, what is open and what is next."""

from dataclasses import dataclass
from enum import StrEnum

from gateway.enrolment.errors import Lack
from gateway.enrolment.mix_ups import MixUpWarning
from gateway.enrolment.part import PartKind
from gateway.enrolment.ports import DuplicateHit, SealedPacket
from gateway.enrolment.reference import PersonReference, ReferenceRemark
from gateway.enrolment.statement import ClockNote
from gateway.guidance import LocalizedText
from gateway.trust import SignedTime


class EnrolmentState(StrEnum):
    """Where an enrolment stands."""

    OPEN = "open"
    PAUSED = "paused"
    SEALED = "sealed"
    ABANDONED = "abandoned"


class ExceptionReason(StrEnum):
    """Why a part is missing."""

    AMPUTATED = "amputated"
    BANDAGED = "bandaged"
    CANNOT_OPEN_EYE = "cannot_open_eye"
    DEVICE_BROKEN = "device_broken"
    REFUSED = "refused"
    OTHER = "other"


class PartStatus(StrEnum):
    """Where a part stands."""

    OPEN = "open"
    """Nothing of it is there."""
    BELOW_THRESHOLD = "below_threshold"
    """It was tried, and has to be tried again or approved."""
    DONE = "done"
    EXCEPTED = "excepted"
    """It is missing, and may be."""
    AWAITING_APPROVAL = "awaiting_approval"
    """It is missing, and a supervisor has to approve that."""
    NOT_NEEDED = "not_needed"
    """Another part gives what it would give, or it may be left out."""


@dataclass(frozen=True)
class TryView:
    """One try of a part."""

    capture_id: str
    scores: dict[str, int]
    """Of each finger or eye, 0 to 100; 255 where it could not be told."""
    passed: bool
    kept: bool
    """It is the one that the packet would hold."""


@dataclass(frozen=True)
class FileView:
    """A file of a portrait or a signature that is kept."""

    name: str
    """As `portrait.jpg`, `signature.json`."""
    media_type: str
    size: int


@dataclass(frozen=True)
class PartView:
    """One part of the profile as it stands."""

    key: str
    kind: PartKind
    name: LocalizedText
    status: PartStatus
    capture_id: str
    """Of the try that is kept; empty where there is none, and of a portrait and a signature."""
    tries: tuple[TryView, ...]
    required: bool
    files: tuple[FileView, ...] = ()
    """Of a portrait and a signature, while the enrolment is under way."""


@dataclass(frozen=True)
class ExceptionView:
    """A unit that is missing."""

    unit: str
    reason: ExceptionReason
    by: str
    approved_by: str
    """Empty where nobody did."""
    detail: str
    has_photo: bool
    capture_id: str
    """The capture that says so, if one does."""


@dataclass(frozen=True)
class WarningView:
    """A mix-up that was noticed."""

    warning: MixUpWarning
    words: LocalizedText
    approved_by: str


@dataclass(frozen=True)
class DuplicateView:
    """What the search of everybody recorded here came to."""

    checked_at: SignedTime
    current: bool
    """Nothing was captured since."""
    hits: tuple[DuplicateHit, ...]
    approved_by: str
    not_checked: LocalizedText | None = None
    """Why nobody could be compared with this person: never the same as that nobody was found."""


@dataclass(frozen=True)
class EnrolmentSnapshot:
    """The whole of an enrolment, without images; after its end a summary, without the person's reference."""

    enrolment_id: str
    version: int
    """Raised by each change; a change names the version that it saw."""
    state: EnrolmentState
    sealing: bool
    """A seal was begun and its end is not known: `recover`, `seal` or the next change settles it."""
    profile_id: str
    profile_version: int
    profile_name: LocalizedText
    reference: PersonReference | None
    """None once it was erased."""
    reference_remarks: tuple[ReferenceRemark, ...]
    operator: str
    started: SignedTime
    ended: SignedTime | None
    parts: tuple[PartView, ...]
    exceptions: tuple[ExceptionView, ...]
    warnings: tuple[WarningView, ...]
    duplicates: DuplicateView | None
    clock_notes: tuple[ClockNote, ...]
    open: tuple[Lack, ...]
    """What stands between it and its seal."""
    next: str
    """Key of the part to be captured next; empty where none is."""
    packet: SealedPacket | None
    abandoned_reason: str
    supplements: str
    """The enrolment whose packet this one supplements; empty where none."""

    @property
    def can_be_supplemented(self) -> tuple[str, ...]:
        """The units that a broken device would have given."""
        broken = (each.unit for each in self.exceptions if each.reason is ExceptionReason.DEVICE_BROKEN)
        return tuple(broken) if self.state is EnrolmentState.SEALED else ()


@dataclass(frozen=True)
class EnrolmentSummary:
    """One line of a list."""

    enrolment_id: str
    version: int
    state: EnrolmentState
    profile_id: str
    operator: str
    started: SignedTime
    ended: SignedTime | None
    packet_id: str
    """Empty until it was sealed."""

"""The events of an enrolment: what is appended to its journal, and nothing else is its state."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from gateway.enrolment.mix_ups import MixUpWarning
from gateway.enrolment.ports import DuplicateHit
from gateway.enrolment.profile import Profile
from gateway.enrolment.reference import PersonReference, ReferenceRemark
from gateway.enrolment.statement import EnrolmentStatement
from gateway.enrolment.values import ExceptionReason
from gateway.guidance import LocalizedText


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    actor: str
    request: str = ""
    """Of the request that asked for it, a keyed digest; empty where it cannot come again."""


class Created(_Event):
    """It began; the profile is kept as it was then."""

    kind: Literal["created"] = "created"
    profile: Profile
    reference: PersonReference | None
    remarks: tuple[ReferenceRemark, ...]
    supplements: str = ""
    supplements_packet: str = ""
    supplements_sha256: str = ""


class CaptureAdded(_Event):
    """A capture that was verified and is bound to it."""

    kind: Literal["capture_added"] = "capture_added"
    capture_id: str
    part: str
    scores: dict[str, int]
    missing: dict[str, ExceptionReason]
    rolled: bool
    manifest_digest: str
    device_id: str | None
    calibration_id: str | None
    boot_id: str
    replaces: str
    """A capture of a mix-up that this one was made to replace; empty where none."""
    warnings: tuple[MixUpWarning, ...]
    """All that is noticed now."""


class CaptureRemoved(_Event):
    """A capture no longer counts."""

    kind: Literal["capture_removed"] = "capture_removed"
    capture_id: str
    reason: str
    warnings: tuple[MixUpWarning, ...]


class ExceptionAdded(_Event):
    """Units that are missing."""

    kind: Literal["exception_added"] = "exception_added"
    units: tuple[str, ...]
    reason: ExceptionReason
    detail: str
    approver: str
    photo: str
    """Media type of the photo that is kept with it; empty where there is none."""
    photo_size: int = 0
    photo_sha256: str = ""


class ExceptionWithdrawn(_Event):
    """Units that are not missing after all."""

    kind: Literal["exception_withdrawn"] = "exception_withdrawn"
    units: tuple[str, ...]


class Approved(_Event):
    """A supervisor approved what stood at a part then: ids of warnings, units, captures, and duplicates.

    `duplicates` also where nobody could be searched for; `reason` says in words why not.
    """

    kind: Literal["approved"] = "approved"
    part: str
    warnings: tuple[str, ...]
    units: tuple[str, ...]
    captures: tuple[str, ...]
    duplicates: bool
    reason: str = ""


class ImageAdded(_Event):
    """A portrait, or one file of a signature."""

    kind: Literal["image_added"] = "image_added"
    part: Literal["portrait", "signature"]
    files: tuple[tuple[str, str, int, str], ...]
    """Name, media type, size and SHA-256 of each."""


class DuplicatesChecked(_Event):
    """Everybody recorded here was searched, or could not be."""

    kind: Literal["duplicates_checked"] = "duplicates_checked"
    hits: tuple[DuplicateHit, ...]
    not_checked: LocalizedText | None = None
    """Why the person could not be compared with anybody; None where they were."""


class Paused(_Event):
    """Put aside."""

    kind: Literal["paused"] = "paused"
    reason: str


class Resumed(_Event):
    """Taken up again."""

    kind: Literal["resumed"] = "resumed"


class Abandoned(_Event):
    """Given up; its data are erased."""

    kind: Literal["abandoned"] = "abandoned"
    reason: str


class Sealing(_Event):
    """A packet is about to be written; the statement is exactly what it will hold."""

    kind: Literal["sealing"] = "sealing"
    statement: EnrolmentStatement
    sources: dict[str, tuple[str, str]]
    """Where the content of each file is: capture id and blob, or nothing and the name of a content of its own."""


class SealingGivenUp(_Event):
    """There is no packet; the id stays for the next attempt."""

    kind: Literal["sealing_given_up"] = "sealing_given_up"
    reason: str


class Sealed(_Event):
    """The packet is on the disk."""

    kind: Literal["sealed"] = "sealed"
    packet_id: str
    sha256: str
    size: int


Event = Annotated[
    Created
    | CaptureAdded
    | CaptureRemoved
    | ExceptionAdded
    | ExceptionWithdrawn
    | Approved
    | ImageAdded
    | DuplicatesChecked
    | Paused
    | Resumed
    | Abandoned
    | Sealing
    | SealingGivenUp
    | Sealed,
    Field(discriminator="kind"),
]
EVENT: TypeAdapter[Event] = TypeAdapter(Event)
"""Events to JSON and back."""

"""What the journal tells of jobs, cards and steps."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.personalisation.job import JobState, PersonalisationJob


class CardStanding(StrEnum):
    """What the journal knows of a card."""

    BOUND = "bound"
    """It belongs to a job that is not done."""
    FINISHED = "finished"
    SPOILED = "spoiled"
    """It must not be used again."""


@dataclass(frozen=True)
class CardRecord:
    """One card that was met."""

    serial: str
    job_id: str
    """Empty for a blank that was spoiled without one."""
    standing: CardStanding
    reason: str
    """Code of what spoiled it."""
    terminated: bool
    """The chip knows that it is spoiled."""
    card_sha256: str
    """`image_digest` of all that was to stand on it, its seal with it; empty for a blank that was spoiled."""
    result: bytes | None
    """JWS; None where it is not signed yet."""
    at: datetime


@dataclass(frozen=True)
class JobRecord:
    """A job as it stands."""

    job: PersonalisationJob
    signed_by: str
    """Key id of the centre that signed it; empty for a job of this office."""
    state: JobState
    detail: str
    """Of the step, e.g. the file that is written."""
    profile_sha256: str
    closed: bool
    """What was to stand on the card is erased; nothing more is done for this job."""
    cards: tuple[CardRecord, ...]
    """In the order in which they were met."""

    @property
    def card(self) -> CardRecord | None:
        """The one card that is not spoiled."""
        return next((each for each in self.cards if each.standing is not CardStanding.SPOILED), None)


@dataclass(frozen=True)
class JournalStep:
    """One entry, never changed."""

    number: int
    state: JobState
    detail: str
    serial: str
    wall: datetime
    quality: str

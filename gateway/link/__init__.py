"""How the way to the centre does, and every time that it did not; the face of the room."""

from gateway.link.announcement import TypedAnnouncement
from gateway.link.availability import MonthAvailability, monthly_availability
from gateway.link.cause import CAUSE_WORDS, SIDES, LinkCause, Side, cause_words
from gateway.link.errors import (
    AnnouncementRefused,
    HistoryCorrupt,
    HistoryTooNew,
    HistoryUnwritable,
    LinkError,
)
from gateway.link.evidence import AskCentre, LinkTarget, Look
from gateway.link.instant import Instant, WallTime
from gateway.link.judgement import (
    UP,
    Judgement,
    JudgementLimits,
    LinkState,
    Observation,
    ObservedBy,
    Weakness,
    judged,
)
from gateway.link.ledger import LinkLedger
from gateway.link.look import LookBounds, Lookout
from gateway.link.outage import (
    AnnouncedBy,
    EndedBy,
    KnownAnnouncement,
    NoticedBy,
    Outage,
    Tally,
    Waiting,
)
from gateway.link.pace import PaceLimits
from gateway.link.store import LinkStore, RecordedOutage
from gateway.link.watch import LinkView, LinkWatch

__all__ = [
    "CAUSE_WORDS",
    "SIDES",
    "UP",
    "AnnouncedBy",
    "AnnouncementRefused",
    "AskCentre",
    "EndedBy",
    "HistoryCorrupt",
    "HistoryTooNew",
    "HistoryUnwritable",
    "Instant",
    "Judgement",
    "JudgementLimits",
    "KnownAnnouncement",
    "LinkCause",
    "LinkError",
    "LinkLedger",
    "LinkState",
    "LinkStore",
    "LinkTarget",
    "LinkView",
    "LinkWatch",
    "Look",
    "LookBounds",
    "Lookout",
    "MonthAvailability",
    "NoticedBy",
    "Observation",
    "ObservedBy",
    "Outage",
    "PaceLimits",
    "RecordedOutage",
    "Side",
    "Tally",
    "TypedAnnouncement",
    "Waiting",
    "WallTime",
    "Weakness",
    "cause_words",
    "judged",
    "monthly_availability",
]

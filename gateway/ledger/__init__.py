"""Where each enrolment stands, from the desk to the card, by whose word and since when; the face of the room."""

from gateway.ledger.advice import ADVICE, USUAL_DAYS, is_stuck
from gateway.ledger.errors import (
    LedgerCorrupt,
    LedgerError,
    LedgerFull,
    LedgerTooNew,
    LedgerUnwritable,
    StandingUnknown,
    StatusRefused,
)
from gateway.ledger.ledger import BY_HAND, EnrolmentStanding, StatusLedger, place
from gateway.ledger.moves import FINAL, Source, Standing, Transition, Verdict, standing_of, verdict_on

__all__ = [
    "ADVICE",
    "BY_HAND",
    "FINAL",
    "USUAL_DAYS",
    "EnrolmentStanding",
    "LedgerCorrupt",
    "LedgerError",
    "LedgerFull",
    "LedgerTooNew",
    "LedgerUnwritable",
    "Source",
    "Standing",
    "StandingUnknown",
    "StatusLedger",
    "StatusRefused",
    "Transition",
    "Verdict",
    "is_stuck",
    "place",
    "standing_of",
    "verdict_on",
]

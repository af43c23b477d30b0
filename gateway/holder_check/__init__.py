"""Is the card this person's: a live finger against the card's, tries counted, decided and signed; the face."""

from gateway.holder_check.check import HOLDER_FMR, TRIES, HolderCheck
from gateway.holder_check.errors import (
    HolderCheckError,
    StatementRefused,
    TryJournalCorrupt,
    TryJournalFull,
    TryJournalTooNew,
    TryJournalUnwritable,
)
from gateway.holder_check.on_card import OnCardFinger, on_card_fingers
from gateway.holder_check.statement import (
    HolderStatement,
    ReadHolderStatement,
    SignedHolderStatement,
    read_statement,
    sign_decision,
)
from gateway.holder_check.try_journal import CountedTry, TryJournal, TryState
from gateway.holder_check.values import (
    LIVENESS_WORDS,
    CardTemplate,
    ComparisonPlace,
    HandOver,
    HolderDecision,
    HolderOutcome,
    LiveFinger,
    SupervisedApproval,
    SupervisedReason,
)

__all__ = [
    "HOLDER_FMR",
    "LIVENESS_WORDS",
    "TRIES",
    "CardTemplate",
    "ComparisonPlace",
    "CountedTry",
    "HandOver",
    "HolderCheck",
    "HolderCheckError",
    "HolderDecision",
    "HolderOutcome",
    "HolderStatement",
    "LiveFinger",
    "OnCardFinger",
    "ReadHolderStatement",
    "SignedHolderStatement",
    "StatementRefused",
    "SupervisedApproval",
    "SupervisedReason",
    "TryJournal",
    "TryJournalCorrupt",
    "TryJournalFull",
    "TryJournalTooNew",
    "TryJournalUnwritable",
    "TryState",
    "on_card_fingers",
    "read_statement",
    "sign_decision",
]

"""Whom to call back and what for, and the notices that go out."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Purpose(StrEnum):
    """What a person waits for."""

    SERVICE_BACK = "service_back"
    CARD_READY = "card_ready"


class Language(StrEnum):
    """In which a person is told."""

    ID = "id"
    EN = "en"


@dataclass(frozen=True)
class Consent:
    """That the person agreed to be sent messages."""

    asked_at: datetime
    """UTC."""
    asked_by: str
    """The operator."""


@dataclass(frozen=True)
class Wish:
    """What a person leaves at the desk.

    Parameters
    ----------
    name : str
        A name or initials.
    phone : str
        E.164.
    purpose : Purpose
    reference : str
        Of the card that is waited for; empty for the service.
    consent : Consent or None
        None: nothing is sent, and the person is on the printed list alone.
    language : Language
    """

    name: str = field(repr=False)
    phone: str = field(repr=False)
    purpose: Purpose
    reference: str
    consent: Consent | None
    language: Language = Language.ID


class NoticeState(StrEnum):
    """Where a notice stands."""

    QUEUED = "queued"
    SENDING = "sending"
    """It is being handed over; found so after a power cut, nobody knows whether it was."""
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNREPORTED = "unreported"
    """It was taken, and nobody said within its validity whether the telephone got it: delivery unknown."""
    UNCERTAIN = "uncertain"
    """It may have arrived; it is not sent again unless a person says so."""


@dataclass(frozen=True)
class Callback:
    """One line of the list."""

    callback_id: str
    wish: Wish
    created: datetime
    expires: datetime
    notice: NoticeState | None
    """Of the latest notice; None where there was none."""


@dataclass(frozen=True)
class Occasion:
    """Something that a notice tells.

    Parameters
    ----------
    purpose : Purpose
        Who waited for it.
    name : str
        Which it was: the id of an outage that is over, or the reference of a card. A person is told of it once; of the
        service once for each time that they asked, however often it goes and comes back.
    """

    purpose: Purpose
    name: str


@dataclass(frozen=True)
class Notice:
    """A message of the outbox, without whom it is for."""

    notice_id: str
    callback_id: str
    state: NoticeState
    tries: int
    due: datetime
    """When it may be tried, or tried again."""
    changed: datetime
    segments: int
    reason: str
    """Why it failed, waits or is uncertain: a word of A-Z and _; empty where nothing is wrong."""


@dataclass(frozen=True)
class Letter:
    """What a notice holds."""

    phone: str = field(repr=False)
    text: str = field(repr=False)

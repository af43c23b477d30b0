"""A message on its way: what is handed over, what comes back."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True)
class SmsMessage:
    """A message to one telephone.

    Parameters
    ----------
    message_id : str
        Ours; the same for every try.
    phone : str
        E.164, `+6281234567890`. Not shown by `repr`, which may reach a log.
    text : str
    """

    message_id: str
    phone: str = field(repr=False)
    text: str = field(repr=False)


@dataclass(frozen=True)
class Accepted:
    """Whoever carries the message has taken it."""

    references: tuple[str, ...]
    """Theirs, one for each part; delivery reports name them."""
    segments: int
    """Parts that were paid for."""


class Delivery(StrEnum):
    """What a delivery report says."""

    DELIVERED = "delivered"
    TRYING = "trying"
    """The service centre goes on trying."""
    FAILED = "failed"


@dataclass(frozen=True)
class DeliveryReport:
    """What became of one part.

    Parameters
    ----------
    reference : str
        As in `Accepted.references`.
    phone : str
        As the network writes it.
    delivery : Delivery
    submitted : datetime or None
        When the service centre got it, UTC.
    status : int
        TP-Status, 3GPP TS 23.040 clause 9.2.3.15.
    """

    reference: str
    phone: str = field(repr=False)
    delivery: Delivery
    submitted: datetime | None
    status: int


class MessageSender(Protocol):
    """A way out for messages; used by one thread at a time, blocking, bounded in time."""

    @property
    def repeatable(self) -> bool:
        """Whether a message that is handed over twice under one `message_id` arrives once."""
        ...

    def send(self, message: SmsMessage) -> Accepted:
        """Hand a message over.

        Raises
        ------
        SmsRefused, SmsUnavailable, SmsUncertain
        """
        ...

    def reports(self) -> list[DeliveryReport]:
        """Delivery reports that came since the last call.

        One may come twice: what is kept elsewhere is kept until `reports_noted`.

        Raises
        ------
        SmsUnavailable
            Nothing is lost: they come with a later call, or from the network again.
        """
        ...

    def reports_noted(self) -> None:
        """What `reports` gave so far is written down here: whoever keeps it need not any more."""
        ...

    def close(self) -> None:
        """Let go of the port or connection; it is opened again when it is needed."""
        ...

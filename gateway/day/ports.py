"""What a day is counted from."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.trust import SignedTime


@dataclass(frozen=True)
class DayTry:
    """One try of a finger or an eye."""

    unit: str
    """`right-index`, `left-iris`."""
    passed: bool


@dataclass(frozen=True)
class DayEnrolment:
    """An enrolment that was begun or ended on the day."""

    enrolment_id: str
    state: str
    """`open`, `paused`, `sealed` or `abandoned`."""
    operator: str
    started: SignedTime
    ended: SignedTime | None
    tries: tuple[DayTry, ...]
    exceptions: tuple[tuple[str, str], ...]
    """Unit and reason."""
    supplements: bool
    """It adds to a person who was recorded before."""
    clock_set_s: float = 0.0
    """By how much the wall clock was set between its begin and its end; negative: back."""


@dataclass(frozen=True)
class DayCapture:
    """A capture that ended on the day."""

    device: str
    recorded: bool
    time: SignedTime


class DaySources(Protocol):
    """The stores of a gateway, as far as a day needs them; blocking."""

    def enrolments(self, start: datetime, end: datetime) -> Iterable[DayEnrolment]:
        """Those that were begun or ended from `start` to before `end`, UTC."""
        ...

    def captures(self, start: datetime, end: datetime) -> Iterable[DayCapture]:
        """Those that ended from `start` to before `end`, UTC."""
        ...

    def packets_sent(self, start: datetime, end: datetime) -> int | None:
        """Packets that left for the centre; None where nobody keeps count."""
        ...

    def packets_received(self, start: datetime, end: datetime) -> int | None:
        """Packets of which a receipt of the centre came; None where nobody keeps count."""
        ...

    def packets_waiting(self) -> int | None:
        """Packets that wait now; None where nobody keeps count."""
        ...

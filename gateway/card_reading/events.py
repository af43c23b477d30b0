"""What the reading of a card tells while it goes on, and what it comes to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from gateway.card import PassiveVerdict
from gateway.card_reading.mrz import MachineReadableZone
from gateway.card_reading.opening import AccessWay
from gateway.card_reading.portrait import CardPortrait
from gateway.card_reading.travel_document import IndexFinding


class FileOutcome(StrEnum):
    """What became of one file."""

    READ = "read"
    REFUSED = "refused"
    """The card does not show it to this reader; no error."""
    ABSENT = "absent"
    """There is no such file."""
    DAMAGED = "damaged"
    """It is there, and contradicts its own length."""


class SealVerdict(Protocol):
    """What became of the issuer's signature over the contents."""

    @property
    def genuine(self) -> bool:
        """Whether nothing failed."""
        ...

    @property
    def failures(self) -> Sequence[object]:
        """Each thing that is wrong; `str` of it says what."""
        ...


@dataclass(frozen=True)
class ReadFile:
    """One file."""

    name: str
    outcome: FileOutcome
    octets: int = 0
    """How many bytes were read."""
    sw: int | None = None
    """The status word of a refusal; None where the card ended the session instead."""


@dataclass(frozen=True)
class CardOpened:
    """The application was recognised and is open."""

    profile: str
    way: AccessWay


@dataclass(frozen=True)
class FileDone:
    """The `index`-th of `total` files; `total` may grow once the card has told what it holds."""

    file: ReadFile
    index: int
    total: int


@dataclass(frozen=True)
class ReadingRestarted:
    """The card lost its power for a moment; it is read from its beginning, and what was read so far is forgotten."""


@dataclass(frozen=True)
class CardReading:
    """A whole card, as far as it may be seen; its text form shows no content."""

    profile: str
    way: AccessWay
    files: tuple[ReadFile, ...]
    """In the order of reading."""
    contents: Mapping[str, bytes] = field(repr=False)
    """Whole files by name. Personal: never in a log or a message."""
    passive: PassiveVerdict | None = None
    """Of travel documents; None where EF.SOD could not be read."""
    seal: SealVerdict | None = None
    """Of profiles with a seal; None where it was not checked."""
    findings: tuple[IndexFinding, ...] = ()
    """In what the indexes of a travel document contradict each other; of weight beside `passive`, not in its place."""
    mrz: MachineReadableZone | None = field(default=None, repr=False)
    portrait: CardPortrait | None = field(default=None, repr=False)
    undecoded: Mapping[str, str] = field(default_factory=dict)
    """Why a file that was read could not be decoded, by its name."""

    @property
    def genuine(self) -> bool | None:
        """Whether what was read is what the issuer signed; None where nothing could be checked."""
        if self.passive is not None:
            return self.passive.genuine
        return None if self.seal is None else self.seal.genuine

    def names(self, outcome: FileOutcome) -> tuple[str, ...]:
        """The files that it so became of."""
        return tuple(file.name for file in self.files if file.outcome is outcome)


ReadingEvent = CardOpened | FileDone | ReadingRestarted | CardReading

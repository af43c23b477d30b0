"""One outage, as it is told and kept; and what was announced of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.centre import AnnouncementKind
from gateway.guidance import LocalizedText
from gateway.link.cause import LinkCause
from gateway.link.instant import Instant
from gateway.link.judgement import LinkState


class NoticedBy(StrEnum):
    """How it came to light."""

    LOOK = "look"
    FORWARDER = "forwarder"
    """Something that was to be sent could not be."""


class EndedBy(StrEnum):
    """How it ended."""

    RECOVERED = "recovered"
    UNWATCHED = "unwatched"
    """The gateway was told of no centre any more."""


@dataclass(frozen=True)
class Tally:
    """What this gateway ever recorded: counts that only grow, so that two of them give what was done in between."""

    captures: int = 0
    enrolments: int = 0

    def since(self, before: "Tally") -> "Tally":
        """What came to it since `before`."""
        return Tally(max(0, self.captures - before.captures), max(0, self.enrolments - before.enrolments))


@dataclass(frozen=True)
class Waiting:
    """What has yet to leave the office."""

    count: int
    bytes: int
    oldest: datetime | None = None


@dataclass(frozen=True)
class Outage:
    """A time in which nothing could leave the office."""

    outage_id: str
    since: Instant
    """Of the first failure."""
    noticed: Instant
    noticed_by: NoticedBy
    cause: LinkCause
    ended: Instant | None = None
    ended_by: EndedBy | None = None
    before: Tally = Tally()
    """Recorded up to its begin."""
    latest: Tally = Tally()
    """And up to its end, or to now."""

    @property
    def done(self) -> Tally:
        """What was recorded meanwhile."""
        return self.latest.since(self.before)


class AnnouncedBy(StrEnum):
    """The way that an announcement came."""

    LINK = "link"
    FILE = "file"
    TYPED = "typed"
    """By somebody who read it elsewhere, in an SMS; nothing proves it."""


@dataclass(frozen=True)
class KnownAnnouncement:
    """An announcement that this office knows of."""

    key: str
    """Of a signed one centre and announcement id; of a typed one an id of ours."""
    centre_id: str
    kind: AnnouncementKind
    issued: datetime
    begins: datetime
    expected_return: datetime | None
    words: LocalizedText
    by: AnnouncedBy
    received: Instant
    signed: bool
    entered_by: str = ""
    """Who typed or imported it."""
    jws: bytes = b""
    ended: bool = False
    """It is over: the centre is back, or does not say so any more."""


@dataclass(frozen=True)
class Span:
    """A time in which the gateway watched and the link was in one state; between two spans nobody watched."""

    span_id: str
    state: LinkState
    begins: Instant
    ends: Instant
    """As far as is known: it grows until another begins."""
    outage_id: str | None = None

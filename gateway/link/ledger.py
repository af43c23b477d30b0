"""The record of outages and of watched time as it grows; what the disk does not take now is written later."""

from collections.abc import Iterable
from dataclasses import replace
from secrets import token_hex

from gateway.link.availability import PlacedSpan
from gateway.link.cause import LinkCause
from gateway.link.instant import BootClock, Instant, WallTime
from gateway.link.judgement import UP, LinkState
from gateway.link.outage import EndedBy, KnownAnnouncement, NoticedBy, Outage, Span, Tally
from gateway.link.store import Changes, Known
from gateway.trust import SignedTime

UNWATCHED_AFTER_S = 180.0
"""Two looks farther apart than this were not watching in between: the machine slept, or the gateway hung."""


class LinkLedger:
    """Keeps the record of one run; belongs to the event loop's thread.

    Parameters
    ----------
    known : Known
        What earlier runs left. An outage that was open goes on.
    boot_id : str
        Of this boot; a new name where the machine gives none.
    now : SignedTime
    """

    def __init__(self, known: Known, boot_id: str, now: SignedTime) -> None:
        self._boots = dict(known.boots)
        self._changes = Changes()
        last = max(self._boots, default=0)
        same = last > 0 and self._boots[last].boot_id == boot_id
        self.boot = last if same else last + 1
        self._boot_id = boot_id
        self.outage = known.open_outage
        self.announcements = known.announcements
        self._span: Span | None = None
        self._observed_before_s = known.observed_s
        self.note_time(now)

    def instant(self, time: SignedTime) -> Instant:
        """A time of this run."""
        return self.since_boot(time.since_boot_s)

    def since_boot(self, seconds: float) -> Instant:
        """A time of this boot."""
        return Instant(self.boot, round(seconds * 1000))

    def wall_time(self, instant: Instant) -> WallTime:
        """When that was, by the best that is known of the clock of its boot."""
        return self._boots[instant.boot].wall_time(instant.since_boot_ms)

    def duration_s(self, begin: Instant, end: Instant) -> float:
        """Seconds between two times: exact within a boot, by the wall clocks across boots; never negative."""
        if begin.boot == end.boot:
            return max(0.0, (end.since_boot_ms - begin.since_boot_ms) / 1000)
        return max(0.0, (self.wall_time(end).wall - self.wall_time(begin).wall).total_seconds())

    @property
    def observed_s(self) -> float:
        """Of the open outage, the time that was watched; 0 where none is open."""
        return self._observed_before_s + self._length_s(self._span) if self.outage is not None else 0.0

    def note_time(self, now: SignedTime) -> None:
        """Take in a reading of the clock."""
        read = BootClock.of(self._boot_id, now)
        before = self._boots.get(self.boot)
        best = read if before is None else before.better(read)
        if best != before:
            self._boots[self.boot] = best
            self._changes.boots[self.boot] = best

    def watched(self, state: LinkState, now: SignedTime, tally: Tally) -> None:
        """The link is in this state, or still is; what was recorded meanwhile is taken in."""
        self.note_time(now)
        at, span = self.instant(now), self._span
        outage_id = self.outage.outage_id if self.outage is not None else None
        if span is not None and at.since_boot_ms - span.ends.since_boot_ms > UNWATCHED_AFTER_S * 1000:
            span = None
        elif span is not None:
            span = self._keep_span(replace(span, ends=max(span.ends, at)))
        if span is None or span.state is not state or span.outage_id != outage_id:
            # The spans of an outage follow each other; what is no part of the open one is no part of its sum.
            self._observed_before_s += self._length_s(self._span)
            span = self._keep_span(Span(f"span-{token_hex(8)}", state, at, at, outage_id))
        self._span = span
        if self.outage is not None and self.outage.latest != tally:
            self._keep_outage(replace(self.outage, latest=tally))

    def went_offline(
        self, first_failure_s: float, now: SignedTime, noticed_by: NoticedBy, cause: LinkCause, tally: Tally
    ) -> None:
        """An outage begins, unless one is open that goes on."""
        if self.outage is None:
            self._observed_before_s = 0.0
            begin = min(self.since_boot(first_failure_s), self.instant(now))
            outage_id = f"outage-{token_hex(8)}"
            self._keep_outage(Outage(outage_id, begin, self.instant(now), noticed_by, cause, None, None, tally, tally))

    def explained(self, cause: LinkCause) -> None:
        """More is known of the cause of the open outage."""
        if self.outage is not None and cause not in (self.outage.cause, LinkCause.UNKNOWN, LinkCause.OVERLOADED):
            self._keep_outage(replace(self.outage, cause=cause))

    def recovered(self, state: LinkState, now: SignedTime, tally: Tally) -> None:
        """The link is up: what was open ends."""
        assert state in UP
        if self.outage is not None:
            ended = replace(self.outage, ended=self.instant(now), ended_by=EndedBy.RECOVERED, latest=tally)
            self._keep_outage(ended)
            self.outage = None

    def unwatched(self, now: SignedTime) -> None:
        """There is no centre to watch any more: an open outage ends as one of which nobody knows more."""
        if self.outage is not None:
            self._keep_outage(replace(self.outage, ended=self.instant(now), ended_by=EndedBy.UNWATCHED))
            self.outage = None

    def announced(self, announcements: tuple[KnownAnnouncement, ...]) -> bool:
        """Take these in place of those known; whether any changed."""
        before = {each.key: each for each in self.announcements}
        changed = {each.key: each for each in announcements if before.get(each.key) != each}
        self._changes.announcements |= changed
        self.announcements = announcements
        return bool(changed)

    def placed(self, spans: Iterable[Span]) -> list[PlacedSpan]:
        """Spans in wall time; those of boots of which nothing is known are left out."""
        found = []
        for span in spans:
            if span.begins.boot in self._boots:
                begin, end = self.wall_time(span.begins), self.wall_time(span.ends)
                found.append(PlacedSpan(span.state, begin.wall, end.wall, begin.quality))
        return found

    def take_changes(self) -> Changes:
        """What has yet to be written; it counts as written unless it is put back."""
        changes, self._changes = self._changes, Changes()
        return changes

    def put_back(self, changes: Changes) -> None:
        """The disk did not take it."""
        self._changes = changes.under(self._changes)

    def _length_s(self, span: Span | None) -> float:
        if span is None or self.outage is None or span.outage_id != self.outage.outage_id:
            return 0.0
        return (span.ends.since_boot_ms - span.begins.since_boot_ms) / 1000

    def _keep_outage(self, outage: Outage) -> None:
        self.outage = outage
        self._changes.outages[outage.outage_id] = outage

    def _keep_span(self, span: Span) -> Span:
        self._changes.spans[span.span_id] = span
        return span

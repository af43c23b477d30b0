"""What a day is counted from: the journal of enrolments, the audit trail, and whoever keeps count of packets."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from gateway.audit import AuditEntry, AuditLog, AuditQuery
from gateway.day import DayCapture, DayEnrolment, DayTry
from gateway.enrolment import Enrolments, EnrolmentSnapshot, EnrolmentSummary, EnrolmentUnknown
from gateway.service.enrolment_pages import Page, first_page, next_page
from gateway.trust.clock import EARLIEST_PLAUSIBLE

LONGEST_PAUSE = timedelta(days=31)
"""An enrolment that was begun longer before the day than this, and sealed on it, is not counted."""
_PAGE = 500
_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)

CountBetween = Callable[[datetime, datetime], int]


@dataclass(frozen=True)
class PacketCounts:
    """Who keeps count of packets; None where nobody does."""

    sent: CountBetween | None = None
    received: CountBetween | None = None
    waiting: Callable[[], int] | None = None


class GatewayDaySources:
    """The `DaySources` of a gateway; blocking, any thread.

    Parameters
    ----------
    enrolments : Enrolments
    trail : AuditLog
    packets : PacketCounts
    """

    def __init__(self, enrolments: Enrolments, trail: AuditLog, packets: PacketCounts) -> None:
        self._enrolments = enrolments
        self._trail = trail
        self._packets = packets

    def enrolments(self, start: datetime, end: datetime) -> Iterator[DayEnrolment]:
        """See `DaySources`."""
        for line in self._lines(start - LONGEST_PAUSE):
            began = start <= line.started.wall < end
            if not began and (line.ended is None or not start <= line.ended.wall < end):
                continue
            try:
                yield _enrolment(self._enrolments.get(line.enrolment_id))
            except EnrolmentUnknown:
                continue  # purged meanwhile

    def captures(self, start: datetime, end: datetime) -> Iterator[DayCapture]:
        """See `DaySources`."""
        for event, recorded in (("capture.recorded", True), ("capture.ended", False)):
            for entry in self._entries(AuditQuery(from_time=start, to_time=end, event=event)):
                if start <= entry.time.wall < end:
                    yield DayCapture(entry.event.device, recorded, entry.time)

    def packets_sent(self, start: datetime, end: datetime) -> int | None:
        """See `DaySources`."""
        return None if self._packets.sent is None else self._packets.sent(start, end)

    def packets_received(self, start: datetime, end: datetime) -> int | None:
        """See `DaySources`."""
        return None if self._packets.received is None else self._packets.received(start, end)

    def packets_waiting(self) -> int | None:
        """See `DaySources`."""
        return None if self._packets.waiting is None else self._packets.waiting()

    def _lines(self, since: datetime) -> Iterator[EnrolmentSummary]:
        yield from self._begun(first_page(), since)
        if since > EARLIEST_PLAUSIBLE:
            # Begun by a clock that was plainly wrong: nobody knows how long ago, perhaps on the day.
            yield from self._begun(Page(int(EARLIEST_PLAUSIBLE.timestamp() * 1000), ()), _BEFORE_ALL)

    def _begun(self, page: Page, since: datetime) -> Iterator[EnrolmentSummary]:
        while True:
            lines, following = next_page(self._enrolments, (), page, _PAGE)
            for line in lines:
                if line.started.wall < since:
                    return
                yield line
            if following is None:
                return
            page = following

    def _entries(self, query: AuditQuery) -> Iterator[AuditEntry]:
        low = 1
        while True:
            found = self._trail.entries(replace(query, from_sequence=low), limit=_PAGE)
            for stored in found:
                yield AuditEntry.from_bytes(stored.body)
            if len(found) < _PAGE:
                return
            low = found[-1].sequence + 1


def _enrolment(snapshot: EnrolmentSnapshot) -> DayEnrolment:
    tries = tuple(
        DayTry(unit, each.passed) for part in snapshot.parts for each in part.tries for unit in sorted(each.scores)
    )
    return DayEnrolment(
        enrolment_id=snapshot.enrolment_id,
        state=snapshot.state.value,
        operator=snapshot.operator,
        started=snapshot.started,
        ended=snapshot.ended,
        tries=tries,
        exceptions=tuple((each.unit, each.reason.value) for each in snapshot.exceptions),
        supplements=bool(snapshot.supplements),
        clock_set_s=sum(note.jump_s for note in snapshot.clock_notes),
    )

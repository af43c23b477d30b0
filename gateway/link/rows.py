"""Rows of the record's tables, from values and back."""

from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.centre import AnnouncementKind
from gateway.guidance import LocalizedText
from gateway.link.cause import LinkCause
from gateway.link.instant import BootClock, Instant
from gateway.link.outage import AnnouncedBy, EndedBy, KnownAnnouncement, NoticedBy, Outage, Span, Tally

Row = tuple[Any, ...]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

OUTAGE_COLUMNS = (
    "outage_id, since_boot, since_ms, noticed_boot, noticed_ms, noticed_by, cause, ended_boot, ended_ms, ended_by,"
    " captures_before, captures_latest, enrolments_before, enrolments_latest"
)
ANNOUNCEMENT_COLUMNS = (
    "key, centre_id, kind, issued_ms, begins_ms, expected_return_ms, words_id, words_en, received_by, received_boot,"
    " received_ms, signed, entered_by, jws, ended"
)


def boot_row(boot: int, clock: BootClock) -> Row:
    """One boot."""
    return boot, clock.boot_id, clock.offset_ms, clock.quality.value, clock.uncertainty_ms


def outage_row(outage: Outage) -> Row:
    """One outage."""
    ended = outage.ended
    return (
        outage.outage_id,
        outage.since.boot,
        outage.since.since_boot_ms,
        outage.noticed.boot,
        outage.noticed.since_boot_ms,
        outage.noticed_by.value,
        outage.cause.value,
        None if ended is None else ended.boot,
        None if ended is None else ended.since_boot_ms,
        None if outage.ended_by is None else outage.ended_by.value,
        outage.before.captures,
        outage.latest.captures,
        outage.before.enrolments,
        outage.latest.enrolments,
    )


def read_outage(row: Row) -> Outage:
    """What `outage_row` made; ValueError for a word that is not known."""
    return Outage(
        outage_id=row[0],
        since=Instant(row[1], row[2]),
        noticed=Instant(row[3], row[4]),
        noticed_by=NoticedBy(row[5]),
        cause=LinkCause(row[6]),
        ended=None if row[7] is None else Instant(row[7], row[8]),
        ended_by=None if row[9] is None else EndedBy(row[9]),
        before=Tally(captures=row[10], enrolments=row[12]),
        latest=Tally(captures=row[11], enrolments=row[13]),
    )


def span_row(span: Span) -> Row:
    """One span."""
    begins, ends = span.begins, span.ends
    return span.span_id, span.state.value, begins.boot, begins.since_boot_ms, ends.since_boot_ms, span.outage_id


def announcement_row(each: KnownAnnouncement) -> Row:
    """One announcement."""
    return (
        each.key,
        each.centre_id,
        each.kind.value,
        _milliseconds(each.issued),
        _milliseconds(each.begins),
        None if each.expected_return is None else _milliseconds(each.expected_return),
        each.words.id,
        each.words.en,
        each.by.value,
        each.received.boot,
        each.received.since_boot_ms,
        int(each.signed),
        each.entered_by,
        each.jws,
        int(each.ended),
    )


def read_announcement(row: Row) -> KnownAnnouncement:
    """What `announcement_row` made; ValueError for a word that is not known."""
    return KnownAnnouncement(
        key=row[0],
        centre_id=row[1],
        kind=AnnouncementKind(row[2]),
        issued=_moment(row[3]),
        begins=_moment(row[4]),
        expected_return=None if row[5] is None else _moment(row[5]),
        words=LocalizedText(id=row[6], en=row[7]),
        by=AnnouncedBy(row[8]),
        received=Instant(row[9], row[10]),
        signed=bool(row[11]),
        entered_by=row[12],
        jws=row[13],
        ended=bool(row[14]),
    )


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def _moment(milliseconds: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=milliseconds)

"""Rows of the ledger's tables as values, and back."""

from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.centre import EnrolmentStatus
from gateway.elapsed import Moment
from gateway.guidance import LocalizedText
from gateway.ledger.moves import Source, Transition
from gateway.trust import ClockQuality, SignedTime

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
SELECT_TRANSITIONS = (
    "SELECT number, status, source, packet_id, ledger_id, sequence, at_ms, words_id, words_en, by_whom, wall_ms,"
    " since_boot_ms, quality, uncertainty_ms, boot_id FROM transitions"
)
INSERT_TRANSITION = (
    "INSERT INTO transitions (enrolment_id, status, source, packet_id, ledger_id, sequence, at_ms, words_id, words_en,"
    " by_whom, wall_ms, since_boot_ms, quality, uncertainty_ms, boot_id)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)


def read_transition(row: tuple[Any, ...]) -> Transition:
    """A word of its `SELECT_TRANSITIONS`."""
    number, status, source, packet_id, ledger_id, sequence, at, words_id, words_en, by, *noted = row
    wall, since_boot, quality, uncertainty, boot = noted
    time = SignedTime(
        _EPOCH + wall * _MS,
        since_boot / 1000,
        ClockQuality(quality),
        None if uncertainty is None else uncertainty / 1000,
    )
    return Transition(
        number=number,
        status=EnrolmentStatus(status),
        source=Source(source),
        noted=Moment(time, boot),
        packet_id=packet_id,
        ledger_id=ledger_id,
        sequence=sequence,
        at=None if at is None else _EPOCH + at * _MS,
        words=LocalizedText(id=words_id, en=words_en) if words_id or words_en else None,
        by=by,
    )


def transition_row(enrolment_id: str, word: Transition) -> tuple[Any, ...]:
    """The values of `INSERT_TRANSITION`."""
    time = word.noted.time
    words = word.words or LocalizedText(id="", en="")
    return (
        *(enrolment_id, word.status.value, word.source.value, word.packet_id, word.ledger_id, word.sequence),
        *(None if word.at is None else (word.at - _EPOCH) // _MS, words.id, words.en, word.by),
        *((time.wall - _EPOCH) // _MS, round(time.since_boot_s * 1000), time.quality.value),
        *(None if time.uncertainty_s is None else round(time.uncertainty_s * 1000), word.noted.boot_id),
    )

"""Rows of the outbox's tables as values, and back; times are whole milliseconds there and seconds here."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.centre import PacketNotice
from gateway.elapsed import Mark, Moment
from gateway.forwarding.errors import PacketUnknown
from gateway.forwarding.incident import Incident, IncidentKind
from gateway.forwarding.order import Phase, phase_of
from gateway.forwarding.packet import PacketState, QueuedPacket
from gateway.trust import ClockQuality, SignedTime

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SELECT_PACKETS = (
    "SELECT number, packet_id, sha256, size, chain_id, sequence, early_bytes, state, added_ms, offered, acknowledged,"
    " attempts, refusals, not_before_ms, reason, words, received_ms FROM packets"
)
SELECT_MARK = "SELECT counted_ms, boot_id, wall_ms, since_boot_ms, quality, uncertainty_ms FROM counted"
SELECT_INCIDENTS = "SELECT number, kind, packet_id, detail, wall_ms, quality FROM incidents"


def milliseconds(seconds: float) -> int:
    """Seconds as they are kept, never less than they were."""
    return -int(-seconds * 1000 // 1)


def wall_ms(moment: datetime) -> int:
    """Milliseconds since 1970 of a UTC time."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def wall_of(number: int) -> datetime:
    """The UTC time of milliseconds since 1970."""
    return _EPOCH + timedelta(milliseconds=number)


def read_packet(row: tuple[Any, ...]) -> QueuedPacket:
    """A packet of its `SELECT_PACKETS`."""
    number, packet_id, sha256, size, chain_id, sequence, early, state, added, *rest = row
    offered, acknowledged, attempts, refusals, not_before, reason, words, received = rest
    return QueuedPacket(
        number=number,
        notice=PacketNotice(packet_id, sha256, size, chain_id, sequence),
        early_bytes=early,
        state=PacketState(state),
        added_s=added / 1000,
        offered=bool(offered),
        acknowledged=acknowledged,
        attempts=attempts,
        refusals=refusals,
        not_before_s=not_before / 1000,
        reason=reason,
        words=words,
        received_s=None if received is None else received / 1000,
    )


def phase_of_packet(packet: QueuedPacket) -> Phase:
    """What the packet needs next."""
    return phase_of(
        *(packet.state, packet.offered, packet.acknowledged, packet.early_bytes, packet.notice.size), packet.attempts
    )


def write_packet(connection: sqlite3.Connection, packet: QueuedPacket) -> None:
    """Put what changes of a packet into its row."""
    connection.execute(
        "UPDATE packets SET state = ?, offered = ?, acknowledged = ?, attempts = ?, refusals = ?, not_before_ms = ?,"
        " reason = ?, words = ?, received_ms = ?, phase = ? WHERE number = ?",
        (
            packet.state.value,
            int(packet.offered),
            packet.acknowledged,
            packet.attempts,
            packet.refusals,
            milliseconds(packet.not_before_s),
            packet.reason,
            packet.words,
            None if packet.received_s is None else milliseconds(packet.received_s),
            int(phase_of_packet(packet)),
            packet.number,
        ),
    )


def step_packet(
    connection: sqlite3.Connection, packet_id: str, step: Callable[[QueuedPacket], QueuedPacket]
) -> tuple[QueuedPacket, QueuedPacket]:
    """Let a packet take a step within a transaction, from the row as it is; before and after.

    Raises
    ------
    PacketUnknown
    """
    row = connection.execute(SELECT_PACKETS + " WHERE packet_id = ?", (packet_id,)).fetchone()
    if row is None:
        raise PacketUnknown(f"The outbox knows no packet {packet_id}.", "Take one of `rekam outbox list`.")
    before = read_packet(row)
    after = step(before)
    if after != before:
        write_packet(connection, after)
    return before, after


def read_mark(row: tuple[Any, ...]) -> Mark:
    """The count of its `SELECT_MARK`."""
    counted, boot, wall, since_boot, quality, uncertainty = row
    named = ClockQuality(quality)
    time = SignedTime(wall_of(wall), since_boot / 1000, named, None if uncertainty is None else uncertainty / 1000)
    return Mark(counted / 1000, Moment(time, boot))


def mark_row(mark: Mark) -> tuple[Any, ...]:
    """The `SELECT_MARK` of a count."""
    time = mark.moment.time
    uncertainty = None if time.uncertainty_s is None else milliseconds(time.uncertainty_s)
    return (
        int(mark.counted_s * 1000),
        mark.moment.boot_id,
        wall_ms(time.wall),
        round(time.since_boot_s * 1000),
        time.quality.value,
        uncertainty,
    )


def read_incident(row: tuple[Any, ...]) -> Incident:
    """An incident of its `SELECT_INCIDENTS`."""
    number, kind, packet_id, detail, wall, quality = row
    return Incident(number, IncidentKind(kind), packet_id, detail, wall_of(wall), ClockQuality(quality))

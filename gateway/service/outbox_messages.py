"""Between the outbox's and the ledger's values and the API's messages."""

from rekam.v1 import outbox_pb2 as pb

from gateway.bundle import TakenAway
from gateway.centre import STATUS_NAMES, EnrolmentStatus
from gateway.forwarding import Forecast, Incident, PacketState, QueuedPacket
from gateway.forwarding.budget import DAY_S, HOUR_S, Quota, Spending, spent_within
from gateway.ledger import EnrolmentStanding, Transition
from gateway.service import convert

RECEIPTED = frozenset({PacketState.RECEIVED, PacketState.ERASED})
"""States of a packet whose receipt is here."""


def packet(
    value: QueuedPacket, now_s: float, receipts: list[bytes], enrolment_id: str, carried: TakenAway | None
) -> pb.OutboxPacket:
    """One packet, at a moment in counted seconds."""
    message = pb.OutboxPacket(
        packet_id=value.packet_id,
        state=convert.enum_number(value.state, "PACKET_STATE", pb.PacketState),  # type: ignore[arg-type]
        size=value.notice.size,
        acknowledged=value.acknowledged,
        sha256=value.notice.sha256,
        chain_id=value.notice.chain_id,
        sequence=value.notice.sequence,
        age=convert.duration(max(0.0, now_s - value.added_s)),
        attempts=value.attempts,
        refusals=value.refusals,
        reason=value.reason,
        words=value.words,
        receipts=receipts,
        enrolment_id=enrolment_id,
    )
    if value.state in (PacketState.WAITING, PacketState.PARTIAL) and value.not_before_s > now_s:
        message.next_try.CopyFrom(convert.duration(value.not_before_s - now_s))
    if carried is not None:
        message.carried.CopyFrom(
            pb.PacketCarried(
                bundle_id=carried.bundle_id,
                volume=carried.number,
                at=convert.timestamp(carried.at),
                medium=carried.medium,
                receipt_outstanding=value.state not in RECEIPTED,
            )
        )
    return message


def forecast(value: Forecast, *, from_return: bool) -> pb.DrainForecast:
    """When nothing waits any more."""
    message = pb.DrainForecast(unknown="" if value.unknown is None else value.unknown.name, from_return=from_return)
    for name in ("earliest", "likely", "latest"):
        seconds = getattr(value, f"{name}_s")
        if seconds is not None:
            getattr(message, name).CopyFrom(convert.duration(seconds))
    return message


def quota(value: Quota, spending: Spending, now_s: float) -> pb.ByteQuota:
    """What may go, and what went."""
    return pb.ByteQuota(
        per_hour=value.per_hour,
        per_day=value.per_day,
        spent_hour=spent_within(spending, now_s, HOUR_S),
        spent_day=spent_within(spending, now_s, DAY_S),
    )


def incident(value: Incident) -> pb.OutboxIncident:
    """Something that happened."""
    return pb.OutboxIncident(
        code=value.kind.name,
        packet_id=value.packet_id,
        words=convert.localized(value.words),
        at=convert.timestamp(value.wall),
    )


def standing(value: EnrolmentStanding) -> pb.EnrolmentStanding:
    """Where an enrolment stands."""
    message = pb.EnrolmentStanding(
        enrolment_id=value.enrolment_id,
        packet_id=value.packet_id,
        status=status_number(value.status),  # type: ignore[arg-type]
        name=convert.localized(STATUS_NAMES[value.status]),
        since=transition(value.since),
        stuck=value.stuck,
        advice=convert.localized(value.advice),
        conflicts=value.conflicts,
    )
    if value.for_s is not None:
        message.lasted.CopyFrom(convert.duration(value.for_s))
    return message


def transition(value: Transition) -> pb.StatusTransition:
    """One word."""
    message = pb.StatusTransition(
        status=status_number(value.status),  # type: ignore[arg-type]
        source=convert.enum_number(value.source, "STATUS_SOURCE", pb.StatusSource),  # type: ignore[arg-type]
        noted=convert.event_time(value.noted.time),
        sequence=value.sequence,
        operator=value.by,
    )
    if value.at is not None:
        message.at.CopyFrom(convert.timestamp(value.at))
    if value.words is not None:
        message.words.CopyFrom(convert.localized(value.words))
    return message


def status_number(value: EnrolmentStatus) -> int:
    """The API's number of a status."""
    return convert.enum_number(value, "ENROLMENT_STATUS", pb.EnrolmentStatus)


def status(number: int) -> EnrolmentStatus:
    """The status of the API's number."""
    return convert.enum_value(number, "ENROLMENT_STATUS", pb.EnrolmentStatus, EnrolmentStatus)
